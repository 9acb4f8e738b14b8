"""Addressed recommendations: the catalogue's words with the finding as their ground."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding
from msoko_analysis.findings.recommendations import Addressed, Ground, Since
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, behind, escaped, stack
from msoko_analysis.params.recommendations import Term
from msoko_analysis.russian import NBSP, counted, first_capital, long_date, natural, number, percent
from msoko_analysis.wording.equity import change_sentence, share_text
from msoko_analysis.wording.medals import medals_size
from msoko_analysis.wording.names import over_papers, paper_name, school_name
from msoko_analysis.wording.procedures import link_text
from msoko_analysis.wording.shnor import shnor_ground
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.signs import q_text
from msoko_analysis.wording.topics import topic_ground

_LEVEL = {
    "municipality": "Муниципальный уровень",
    "school": "Уровень школы",
    "teachers": "Учителя и методические объединения",
}


_GROUND = "Основание"


@dataclass(frozen=True)
class Card:
    """One recommendation as a two-column table: field and text; ``findings`` are its ground."""

    title: str
    rows: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr{behind(self.findings if name == _GROUND else ())}>"
            f'<th scope="row">{escaped(name)}</th><td>{escaped(first_capital(text))}</td></tr>'
            for name, text in self.rows
        )
        return (
            f'<table class="data card"><caption>{escaped(self.title)}</caption>'
            f"<tbody>{rows}</tbody></table>"
        )


def recommendations(facts: Facts) -> Stack:
    """All recommendations of the note, grouped by level, numbered through."""
    if not facts.recommendations:
        return stack(
            [Paragraph("Находок, из которых следовали бы рекомендации, нет; мер не предлагается.")]
        )
    several = len({one.entry.finding for one in facts.recommendations}) > 1
    blocks, place = [Paragraph(_IN_ORDER) if several else None], 0
    for level, title in _LEVEL.items():
        mine = [one for one in facts.recommendations if one.entry.level == level]
        blocks.append(Heading(title) if mine else None)
        for one in mine:
            place += 1
            blocks.append(_card(facts, one, place))
    return stack([*blocks, *_changes(facts)])


_IN_ORDER = (
    "На каждом уровне рекомендации стоят в порядке очерёдности: сначала признаки, требующие проверки, "
    "затем сведения к вниманию; среди них — по уровню признака школы, меры с назначенным днём раньше "
    "прочих, затем по числу работ, к которым относится основание, и по числу повторов с прошлого года."
)


def _changes(facts: Facts) -> list[Heading | Paragraph | Bullets]:
    """What became of the grounds of the year before."""
    if not facts.compared:
        return []
    grounds = {one.finding.id: one for made in facts.recommendations for one in made.grounds}
    since = Counter(one.since for one in grounds.values())
    lines = gone_lines(facts)
    return [
        Heading("Что изменилось с прошлого года"),
        Paragraph(
            f"Основания этого года: повторяются — {number(since[Since.REPEATED])}, новые — "
            f"{number(since[Since.NEW])}, год назад не определялись — {number(since[Since.UNKNOWN])}."
            + (" Основания прошлого года, которых больше нет:" if lines else "")
        ),
        *([Bullets(lines)] if lines else []),
    ]


def gone_lines(facts: Facts) -> tuple[str, ...]:
    """What was told a year ago and is not told now, a line each."""
    return tuple(
        f"{_GONE if one.judged else _NOT_JUDGED}: {ground(facts, one.finding)}."
        for one in sorted(facts.gone, key=lambda one: natural(school_name(facts, one.finding.unit)))
    )


_GONE = "Признак больше не отмечен"
_NOT_JUDGED = "В этом году судить нельзя"
SINCE = {
    Since.NEW: "новое",
    Since.REPEATED: "повторяется",
    Since.UNKNOWN: "год назад не определялось",
}


def _card(facts: Facts, one: Addressed, place: int) -> Card:
    entry = one.entry
    return Card(
        f"{place}. {entry.measure}",
        (
            ("Адресат", entry.addressee),
            ("Проблема", f"{entry.problem}."),
            (_GROUND, _grounds(facts, one.grounds)),
            ("Возможные причины (проверить)", "; ".join(entry.causes) + "."),
            ("Ответственный", entry.responsible),
            ("Срок", term_text(entry.term, facts.year)),
            ("Показатель контроля", entry.control_indicator),
            ("Ожидаемый результат", entry.expected_result),
            ("Подтверждение", entry.evidence),
        ),
        tuple(ground.finding for ground in one.grounds),
    )


_OCCASIONS = {
    "next_procedure": "до следующей процедуры",
    "next_meeting": "при ближайшей встрече со школой",
}


def term_text(term: Term, year: int) -> str:
    """«до 1 ноября 2026 года» in a note on the procedures of ``year``, or the occasion."""
    due = term.due(year)
    return _OCCASIONS[term.when] if due is None else f"до {long_date(due)}"


def _grounds(facts: Facts, grounds: tuple[Ground, ...]) -> str:
    ordered = sorted(grounds, key=lambda one: natural(school_name(facts, one.finding.unit)))
    return "; ".join(_ground(facts, one) for one in ordered) + "."


def _ground(facts: Facts, one: Ground) -> str:
    """A ground and, where there is a year before, whether it is new."""
    text = ground(facts, one.finding)
    return f"{text} ({SINCE[one.since]})" if facts.compared else text


def ground(facts: Facts, one: Finding) -> str:
    """Indicator, value and limit of one finding, in words."""
    name = school_name(facts, one.unit)
    if one.code in KINDS:
        works = counted(one.n, "работа", "работы", "работ")
        return f"{name}: {KINDS[one.code].name} — {size_text(one)}; {works}, {q_text(one.q)}"
    match one.code:
        case "low_share_school":
            return (
                f"{name}: отметок «2» не меньше {percent(one.limit)} "
                f"{over_papers(facts, one.details['papers'])}, наибольшая доля {percent(one.value)} из "
                f"{counted(one.n, 'работы', 'работ', 'работ')}"
            )
        case "shnor_school":
            return shnor_ground(facts, one)
        case "inequality_district":
            return (
                f"на различия между школами приходится {share_text(one)} различий результатов, "
                f"по региону — {percent(100 * one.limit)}"
            )
        case "gap_change_district":
            text = change_sentence(one).rstrip(".")
            return f"{text[0].lower()}{text[1:]}"
        case "topic_district":
            return topic_ground(facts, one)
        case "fioko_markers_school":
            marks = counted(one.value, "признак", "признака", "признаков")
            return f"{name}: {marks} ФИОКО (2019), к сведению — с {number(one.limit)}"
        case "level_school":
            return (
                f"{name}: отличие от школ в таких же условиях {number(one.value, 2)} стандартного "
                f"отклонения балла ученика ({counted(one.n, 'ученик', 'ученика', 'учеников')}; z{NBSP}={NBSP}"
                f"{number(one.details['z'], 1)} при пределе {number(one.limit)})"
            )
        case "medals_school":
            return f"{name}: {medals_size(facts, one)}"
        case "link_school":
            return f"{name}: {link_text(facts, one)}; {q_text(one.q)}"
        case "marks_district":
            side = "выше" if one.value > 0 else "ниже"
            return (
                f"{paper_name(facts, one.paper)}: отметки школ муниципалитета {side} на "
                f"{number(abs(one.value), 2)} отметки, чем следует из результатов; {q_text(one.q)}"
            )
        case "participation_district":
            before, now = number(one.details["before"]), number(one.details["now"])
            return f"работ стало меньше на {percent(one.value)}: было {before}, стало {now}"
    raise ValueError(f"no words for finding {one.code}")
