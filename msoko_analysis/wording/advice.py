"""Addressed recommendations: the catalogue's words with the finding as their ground."""

from __future__ import annotations

from dataclasses import dataclass

from msoko_analysis.catalogue import Term
from msoko_analysis.facts import Facts
from msoko_analysis.findings import Finding
from msoko_analysis.prose import Heading, Paragraph, Stack, escaped, stack
from msoko_analysis.recommendations import Addressed
from msoko_analysis.russian import NBSP, counted, long_date, natural, number, percent
from msoko_analysis.wording.names import over_papers, school_name
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.signs import q_text

_LEVEL = {
    "municipality": "Муниципальный уровень",
    "school": "Уровень школы",
    "teachers": "Учителя и методические объединения",
}


@dataclass(frozen=True)
class Card:
    """One recommendation as a two-column table: field and text."""

    title: str
    rows: tuple[tuple[str, str], ...]

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(text)}</td></tr>'
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
    blocks, place = [], 0
    for level, title in _LEVEL.items():
        mine = [one for one in facts.recommendations if one.entry.level == level]
        blocks.append(Heading(title) if mine else None)
        for one in mine:
            place += 1
            blocks.append(_card(facts, one, place))
    return stack(blocks)


def _card(facts: Facts, one: Addressed, place: int) -> Card:
    entry = one.entry
    return Card(
        f"{place}. {entry.measure}",
        (
            ("Адресат", entry.addressee),
            ("Проблема", f"{entry.problem}."),
            ("Основание", _grounds(facts, one.findings)),
            ("Возможные причины (проверить)", "; ".join(entry.causes) + "."),
            ("Ответственный", entry.responsible),
            ("Срок", term_text(entry.term, facts.year)),
            ("Показатель контроля", entry.control_indicator),
            ("Ожидаемый результат", entry.expected_result),
            ("Подтверждение", entry.evidence),
        ),
    )


_OCCASIONS = {
    "next_procedure": "до следующей процедуры",
    "next_meeting": "при ближайшей встрече со школой",
}


def term_text(term: Term, year: int) -> str:
    """«до 1 ноября 2026 года» in a note on the procedures of ``year``, or the occasion."""
    due = term.due(year)
    return _OCCASIONS[term.when] if due is None else f"до {long_date(due)}"


def _grounds(facts: Facts, findings: tuple[Finding, ...]) -> str:
    ordered = sorted(findings, key=lambda one: natural(school_name(facts, one.unit)))
    return "; ".join(ground(facts, one) for one in ordered) + "."


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
        case "fioko_markers_school":
            marks = counted(one.value, "признак", "признака", "признаков")
            return f"{name}: {marks} ФИОКО (2019), к сведению — с {number(one.limit)}"
        case "level_school":
            return (
                f"{name}: отличие от школ в таких же условиях {number(one.value, 2)} стандартного "
                f"отклонения балла ученика ({counted(one.n, 'ученик', 'ученика', 'учеников')}; z{NBSP}={NBSP}"
                f"{number(one.details['z'], 1)} при пределе {number(one.limit)})"
            )
        case "participation_district":
            before, now = number(one.details["before"]), number(one.details["now"])
            return f"работ стало меньше на {percent(one.value)}: было {before}, стало {now}"
    raise ValueError(f"no words for finding {one.code}")
