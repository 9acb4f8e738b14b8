"""The first page: requisites and what matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from msoko_analysis.facts import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.prose import Bullets, Heading, Paragraph, Stack, escaped, stack
from msoko_analysis.russian import (
    NBSP,
    counted,
    first_capital,
    listed,
    natural,
    number,
    percent,
)
from msoko_analysis.wording.advice import term_text
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.equity import change, change_sentence, share_text
from msoko_analysis.wording.forms import marks_sign, not_determined
from msoko_analysis.wording.levels import only_levels
from msoko_analysis.wording.levels import result as levels_result
from msoko_analysis.wording.levels import scope as levels_scope
from msoko_analysis.wording.names import (
    all_papers,
    district_cases,
    of_procedures,
    over_papers,
    paper_name,
    papers,
    procedures,
    school_name,
    school_names,
)
from msoko_analysis.wording.numbering import in_table, see_table
from msoko_analysis.wording.procedures import disagreements
from msoko_analysis.wording.results import low_beside_shnor, margin, works
from msoko_analysis.wording.sign_kinds import KINDS

MARKING = "Для служебного пользования"
_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
_WORKS = ("работа", "работы", "работ")
# More names than this push the summary off its page; the section has them all.
_NAMES = 6


@dataclass(frozen=True)
class Requisites:
    """The head of an official document, with what is left to fill by hand."""

    rows: tuple[tuple[str, str], ...]
    marking: str = ""  # printed on every sheet of the page and of the Word document

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(value)}</td></tr>'
            for name, value in self.rows
        )
        marked = f' restricted" data-marking="{self.marking}' if self.marking else ""
        return f'<table class="meta{marked}"><tbody>{rows}</tbody></table>'


def requisites(facts: Facts) -> Requisites:
    """Requisites of the note; date, number and ground are given when it is registered."""
    name = district_cases(facts)
    about = f"О результатах {of_procedures(facts)} {facts.year} года в {name.prepositional}"
    official = facts.issue == "official"
    return Requisites(
        (
            *([("Гриф", f"{MARKING}. Экз. №{NBSP}____")] if official else []),
            ("Организация", facts.run.organisation),
            ("Вид документа", "Аналитическая справка"),
            ("Заголовок к тексту", about),
            ("Дата и номер", "«___» __________ 20__ г. № ______"),
            ("Муниципалитет", f"{first_capital(name.nominative)}, {facts.run.region.nominative}"),
            ("Цель", "методическая помощь школам; не оценка работы школ и учителей"),
            ("Основание", "______________________________"),
        ),
        marking=MARKING if official else "",
    )


def summary(facts: Facts) -> Stack:
    """What took part, what stands out, what to do first: one page."""
    parts = (
        *(_results, levels_result, _marks_of_forms, _signs, _independent),
        *(_equity, _low, _official, _participation),
    )
    points = [Paragraph(part(facts), _behind(facts, part)) for part in parts]
    first = _first_steps(facts)
    return stack(
        [
            _opened(facts),
            Paragraph(_scope(facts)),
            Bullets(tuple(point for point in points if point.text)),
            not_determined(facts),
            Heading("Что сделать в первую очередь") if first else None,
            Bullets(first, numbered=True) if first else None,
        ],
        box="lead",
    )


def _opened(facts: Facts) -> Paragraph | None:
    """What the official issue shows and the public one does not."""
    if facts.issue == "public":
        return None
    small = number(facts.run.thresholds["small_cell"].value)
    least = number(facts.run.thresholds["share_min_n"].value)
    shown = counted(
        facts.opened, "рассчитанное значение", "рассчитанных значения", "рассчитанных значений"
    )
    return Paragraph(
        f"{MARKING}, не для публикации. Только в этом выпуске есть {shown}: показатели "
        f"групп меньше {small} учеников, доли при числе участников меньше {least} и числа, по которым их "
        "можно восстановить. Результат единственного ученика не показан и здесь. Выводы и рекомендации "
        "в обоих выпусках одни и те же."
    )


def _behind(facts: Facts, part: Callable[[Facts], str]) -> tuple[Finding, ...]:
    """Findings a point of the summary tells; of schools only where it names them."""
    named, changed = facts.of("signs_school", Verdict.CONCERN), change(facts)
    return {
        _signs: named if len(named) <= 2 * _NAMES else (),
        _equity: (*facts.of("inequality_district", *Verdict), *([changed] if changed else [])),
        _participation: facts.of("participation_district", Verdict.WATCH),
    }.get(part, ())


def works_total(facts: Facts) -> int:
    """Works of the district over all papers, hidden numbers left out."""
    known = [works(facts, paper) for paper in facts.papers]
    known += [
        of_unit(facts, "municipality", "mean_test_score", paper, column="n")
        for paper in facts.exams
    ]
    return round(sum(n for n in known if not isinstance(n, str)))


def _scope(facts: Facts) -> str:
    if only_levels(facts):
        return levels_scope(facts)
    n = facts.n_schools
    schools = counted(n, *_SCHOOLS) if np.isfinite(n) else "школы"
    total = counted(works_total(facts), *_WORKS)
    return (
        f"{first_capital(procedures(facts))} {facts.year} года: {schools} {district_cases(facts).genitive}, "
        f"{papers(facts, len(facts.papers) + len(facts.exams))} (предмет и класс), {total} учеников. "
        "Ученик, писавший по двум предметам, учтён дважды."
    )


def _difference(facts: Facts, other: str) -> float:
    """Mean difference of the district over papers, weighted by works, in percentage points."""
    differences, weights = [], []
    for paper, (district, _) in facts.distributions.items():
        mine = facts.value("municipality", "mean_percent", paper)
        if other == "region":
            base = facts.value("region", "mean_percent", paper)
        else:
            base = facts.value("municipality", "mean_percent", paper, year=facts.year - 1)
        if np.isfinite(mine - base):
            differences.append(mine - base)
            weights.append(district.n)
    return float(np.average(differences, weights=weights)) if differences else float("nan")


def _compared(difference: float, base: str, same: str) -> str:
    """«на 0,5 п. п. выше регионального», or ``same`` when the printed digits do not differ."""
    points = number(abs(difference), 1)
    if points == number(0, 1):
        return same
    return f"на {points}{NBSP}п.{NBSP}п. {'выше' if difference > 0 else 'ниже'} {base}"


def _results(facts: Facts) -> str:
    region = _difference(facts, "region")
    if not np.isfinite(region):
        return ""
    text = (
        f"Результаты. В среднем по {all_papers(facts)} результат (доля максимального балла) "
        f"{_compared(region, 'регионального', 'такой же, как в регионе')}"
    )
    year = _difference(facts, "year")
    if np.isfinite(year):
        text += f", {_compared(year, 'прошлогоднего', 'такой же, как годом раньше')}"
    return f"{text}. {_beyond_margin(facts)}".rstrip()


def _marks_of_forms(facts: Facts) -> str:
    """Shares of marks against the region where forms are all there is."""
    if facts.distributions:
        return ""
    said = []
    for indicator, marks in (("share_2", "«2»"), ("share_45", "«4» и «5»")):
        apart = _apart(facts, indicator)
        if np.isfinite(apart):
            points = number(abs(apart), 1)
            more = f"на {points}{NBSP}п.{NBSP}п. {'больше' if apart > 0 else 'меньше'}, чем"
            same = points == number(0, 1)
            said.append(f"отметок {marks} {'столько же, сколько' if same else more} в регионе")
    return f"Отметки (по формам ФИС ОКО). В среднем {', '.join(said)}." if said else ""


def _apart(facts: Facts, indicator: str) -> float:
    """District less region over papers, weighted by the district's works; nan when not known."""
    differences, weights = [], []
    for paper in facts.papers:
        mine = facts.measure("municipality", indicator, paper)
        if mine is not None and not mine["hidden"]:
            differences.append(mine["value"] - facts.value("region", indicator, paper))
            weights.append(mine["n"])
    known = np.isfinite(differences)
    if not known.any():
        return float("nan")
    return float(np.average(np.array(differences)[known], weights=np.array(weights)[known]))


def _beyond_margin(facts: Facts) -> str:
    """In how many papers the district differs from the region by more than the margin."""
    margins = {paper: margin(facts, paper) for paper in facts.papers}
    known = [paper for paper, half in margins.items() if np.isfinite(half)]
    if not known:
        return "Оценить погрешность нельзя: школ слишком мало."
    beyond = sum(
        abs(
            facts.value("municipality", "mean_percent", paper)
            - facts.value("region", "mean_percent", paper)
        )
        > margins[paper]
        for paper in known
    )
    where = f"больше неё {over_papers(facts, beyond)}" if beyond else "нигде не больше неё"
    shown = see_table(facts, "results")
    if len(known) == len(facts.papers):
        where = where.replace("неё", "погрешности")
        among = f" из {len(known)}" if beyond else ""
        return f"Отличие от региона {where}{among} ({shown})."
    return (
        f"Погрешность можно оценить {over_papers(facts, len(known))} из {len(facts.papers)}; отличие от "
        f"региона {where} ({shown})."
    )


def _signs(facts: Facts) -> str:
    levels = facts.of("signs_school", *Verdict)
    named = facts.of("signs_school", Verdict.CONCERN)
    few = facts.of("signs_school", Verdict.TOO_FEW)
    tested = len(levels) - len(few)
    if levels and not facts.distributions:
        return marks_sign(facts)
    if not levels:
        # where there are only forms, the paragraph on what they can not tell says so
        unknown = "Признаки, требующие проверки, по этим данным не определяются."
        said_once = facts.papers_without_scores or only_levels(facts)
        return "" if said_once and not facts.distributions else unknown
    said = ["Объективность."]
    if named:
        said.append(
            f"Из {counted(tested, *_OF_SCHOOLS)}, по которым можно судить, признаки, требующие проверки, "
            f"есть у {counted(len(named), *_OF_SCHOOLS)}{_with_signs(facts, named)}. Это повод "
            "посмотреть работы и документы, а не вывод о нарушении."
        )
    elif tested:
        said.append(
            f"Признаков, требующих проверки, нет; судить можно по "
            f"{counted(tested, 'школе', 'школам', 'школам')}."
        )
    if few:
        schools = counted(len(few), "школе", "школам", "школам")
        said.append(f"По {schools} работ слишком мало, чтобы судить.")
    return " ".join(said)


def _independent(facts: Facts) -> str:
    """School marks, procedures and medals against one another, in one bullet."""
    said = [part(facts) for part in (_district_marks, _links, _medals)]
    told = "; ".join(part for part in said if part)
    if not told:
        return ""
    return f"Отметки школы и независимые процедуры. {first_capital(told)}."


def _district_marks(facts: Facts) -> str:
    found = facts.of("marks_district", Verdict.WATCH)
    if not found:
        return ""
    names = listed(paper_name(facts, one.paper) for one in found)
    return (
        f"отметки школ расходятся с отметками других школ региона по следующим предметам: {names}"
    )


def _links(facts: Facts) -> str:
    judged = {one.unit for one in facts.of("link_school", *Verdict)}
    if not judged:
        return ""
    found = disagreements(facts)
    among = f"из {counted(len(judged), *_OF_SCHOOLS)}, где процедуры можно сопоставить"
    if not found:
        return f"{among}, более поздняя процедура нигде не расходится с более ранней"
    units = list(dict.fromkeys(one.unit for one in found))
    return (
        f"{among}, более поздняя процедура расходится с более ранней у "
        f"{counted(len(units), *_OF_SCHOOLS)} ({_named(facts, units)}), к сведению"
    )


def _medals(facts: Facts) -> str:
    found = facts.of("medals_school", Verdict.CONCERN)
    if not facts.of("medals_school", *Verdict):
        return ""
    if not found:
        return "результаты ЕГЭ медалистов ни в одной школе заметно не отличаются от обычных для региона"
    units = [one.unit for one in found]
    return (
        "результаты ЕГЭ медалистов ниже порога заметно чаще, чем в регионе, у "
        f"{counted(len(units), *_OF_SCHOOLS)} ({_named(facts, units)}): признак, требующий проверки"
    )


def _named(facts: Facts, units: list[str]) -> str:
    """Names of schools, or where to find them when they are many."""
    return listed(school_names(facts, units)) if len(units) <= _NAMES else "перечень — в разделе"


def _with_signs(facts: Facts, found: tuple[Finding, ...]) -> str:
    """Every school with its signs; only names, then only the table, as the schools grow many."""
    if len(found) > 2 * _NAMES:
        return f" (перечень — {in_table(facts, 'signs')})"
    if len(found) > _NAMES:
        return f" ({see_table(facts, 'signs')}): {listed(school_names(facts, [one.unit for one in found]))}"
    ordered = sorted(found, key=lambda one: natural(school_name(facts, one.unit)))
    return ": " + "; ".join(
        f"{school_name(facts, one.unit)} — {_kinds(facts, one.unit)}" for one in ordered
    )


def _kinds(facts: Facts, unit: str) -> str:
    return "; ".join(
        _with_size(one)
        for code in KINDS
        for one in facts.of(code, Verdict.CONCERN)
        if one.unit == unit
    )


def _with_size(one: Finding) -> str:
    """The name of a sign with its size in a few words; the whole of it stands in the table of signs."""
    name = KINDS[one.code].name
    size = number(abs(one.value), 1)
    match one.code:
        case "spike_school":
            return f"{name} (лишних примерно {number(one.value)} из {number(one.n)})"
        case "mark_gap_school":
            return f"{name} (примерно на {size} отметки)"
        case "jump_school":
            side = "выше" if one.value > 0 else "ниже"
            return f"{name} ({side} на {size} стандартного отклонения)"
    return name


def _equity(facts: Facts) -> str:
    one = next(iter(facts.of("inequality_district", *Verdict)), None)
    if one is None:
        return ""
    text = (
        f"Равенство. На различия между школами приходится {share_text(one)} всех "
        f"различий результатов учеников, по региону — {percent(100 * one.limit)}."
    )
    changed = change(facts)
    return f"{text} {change_sentence(changed)}" if changed else text


def _low(facts: Facts) -> str:
    """Schools of the ШНОР rule, then those with many «2» beside them: one place for low results."""
    listed_now = facts.of("shnor_school", Verdict.WATCH)
    low = low_beside_shnor(facts)
    said = []
    if listed_now:
        said.append(
            f"По правилу ШНОР (расчётная модель, чтение «или»): {_some(facts, listed_now)}."
        )
    if low:
        said.append(
            f"Отметок «2» не меньше {percent(low[0].limit)} {over_papers(facts, 2)} и более, и это "
            f"больше, чем по региону, с учётом погрешности: {_some(facts, low)}."
        )
    return f"Низкие результаты. {' '.join(said)}" if said else ""


def _some(facts: Facts, found: tuple[Finding, ...]) -> str:
    """The names of the schools, or how many they are and where they stand."""
    if len(found) > _NAMES:
        return f"{counted(len(found), *_SCHOOLS)} (перечень — в разделе «Низкие результаты и ШНОР»)"
    return listed(school_names(facts, [one.unit for one in found]))


def _official(facts: Facts) -> str:
    row = facts.measure("municipality", "p19")
    if row is None:
        return ""
    region = facts.value("region", "p19")
    return (
        f"Официальные признаки ФИОКО (2019). Хотя бы один признак — у {number(row['count'])} из "
        f"{counted(row['n'], *_OF_SCHOOLS)}; 100 − доля таких школ (основа показателя П19) — "
        f"{percent(row['value'], 1)}, по региону {percent(region, 1)}. Один признак часто бывает и у "
        "честных школ."
    )


def _participation(facts: Facts) -> str:
    found = facts.of("participation_district", Verdict.WATCH)
    if not found:
        return ""
    return (
        f"Участие. Работ на {percent(found[0].value)} меньше, чем годом раньше: сравнение с прошлым "
        "годом надёжно, только если известно, кто не писал."
    )


def _first_steps(facts: Facts) -> tuple[str, ...]:
    urgent = [one for one in facts.recommendations if one.entry.verdict == "CONCERN"]
    chosen = urgent or list(facts.recommendations)
    return tuple(
        f"{one.entry.addressee}: {one.entry.measure[0].lower()}{one.entry.measure[1:]} "
        f"({term_text(one.entry.term, facts.year)})."
        for one in chosen[:3]
    )
