"""Comparison of procedures: every school over all of them, what disagrees and what does not."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.procedures import earlier_paper
from msoko_analysis.page.prose import Absent, Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Table
from msoko_analysis.russian import (
    DASH,
    NBSP,
    between,
    counted,
    first_capital,
    listed,
    natural,
    number,
)
from msoko_analysis.wording.names import procedure_name, school_name, school_names
from msoko_analysis.wording.numbering import see_table, table_title
from msoko_analysis.wording.sign_kinds import LINK
from msoko_analysis.wording.signs import q_text

# More names than this would only repeat the table above them.
_MANY = 6
_TOLD = (Verdict.CONCERN, Verdict.WATCH)
# Columns of links: (earlier, later procedure) → heading.
_LINKS = {
    ("VPR", "VPR"): "ВПР прошлого класса → ВПР",
    ("VPR", "OGE"): "ВПР 8 → ОГЭ 9",
    ("OGE", "EGE"): "ОГЭ 9 → ЕГЭ 11",
}
_MARKS = {
    Verdict.CONCERN: "отметки школы выше: требует проверки",
    Verdict.WATCH: "отметки школы выше: к сведению",
    Verdict.NO_CONCERN: "согласуется",
    Verdict.TOO_FEW: "данных недостаточно",
}
NOTHING = (
    "Сопоставить процедуры одних и тех же учеников нельзя: нет результатов более ранних лет или школ в обеих "
    "процедурах меньше 30."
)


def procedures_text(facts: Facts) -> Stack:
    """What is compared, the table, disagreements in sentences, schools consistent everywhere."""
    if not facts.of("link_school", *Verdict):
        return stack([Absent(NOTHING)])
    apart = disagreements(facts)
    alike = consistent(facts)
    return stack(
        [
            Paragraph(_EXPLAINED),
            procedures_table(facts),
            Paragraph("Расхождения:" if apart else _NONE),
            Bullets(tuple(_sentence(facts, one) for one in apart)) if apart else None,
            Paragraph(_innocent()) if apart else None,
            Paragraph(f"{_alike(facts)}: {_names(facts, alike)}.") if alike else None,
        ]
    )


def _alike(facts: Facts) -> str:
    """What is true of the schools of :func:`consistent`."""
    lists = ", и в официальных списках школы нет" if facts.year in facts.list_years else ""
    return (
        "Согласуются все сопоставленные процедуры, нет признаков ни по отметкам школы, ни по медалистам"
        f"{lists}"
    )


def _names(facts: Facts, units: list[str]) -> str:
    """Names of schools; of many only their number, for the table has them all."""
    if len(units) <= _MANY:
        return listed(school_names(facts, units))
    shown = see_table(facts, "procedures")
    return f"{counted(len(units), 'школа', 'школы', 'школ')} ({shown})"


_EXPLAINED = (
    "Результат школы в более поздней процедуре сравнивается с тем, который следует из результата тех же "
    "учеников в более ранней: с учётом того, что оба измерены с погрешностью, и того, насколько обычно "
    "расходятся школы региона. Расхождение говорит, что две процедуры не согласны между собой; какая из них "
    "точнее и почему, по числам не видно."
)
_NONE = "Расхождений между процедурами сверх обычных для школ региона нет."


def disagreements(facts: Facts) -> list[Finding]:
    """Links that disagree, by the names of schools."""
    found = [one for one in facts.of("link_school", *Verdict) if one.details["apart"]]
    return sorted(found, key=lambda one: (natural(school_name(facts, one.unit)), one.paper))


def link_text(facts: Facts, one: Finding) -> str:
    """«в ОГЭ (русский язык, 9 класс) ниже, чем следует из ВПР 8 класса годом раньше: −0,78 ст. откл.»."""
    earlier, years = earlier_paper(one.paper)
    side = "ниже" if one.value < 0 else "выше"
    subject = facts.run.subjects[one.paper.subject].nominative
    return (
        f"в{NBSP}{procedure_name(one.paper.procedure)} ({subject}, {one.paper.grade}{NBSP}класс) {side}, чем "
        f"следует из {procedure_name(earlier.procedure)} {earlier.grade}{NBSP}класса "
        f"{'годом' if years == 1 else 'двумя годами'} раньше: {_size(one)}"
    )


def _size(one: Finding) -> str:
    plus = "+" if one.value > 0 else ""
    return f"{plus}{number(one.value, 2)}{NBSP}ст.{NBSP}откл."


def _sentence(facts: Facts, one: Finding) -> Paragraph:
    pupils = counted(one.n, "ученик", "ученика", "учеников")
    text = (
        f"{school_name(facts, one.unit)}: {link_text(facts, one)} (95{NBSP}%: "
        f"{between(one.low, one.high, 2)}; {pupils}, {q_text(one.q)})."
    )
    return Paragraph(text, (one,))


def _innocent() -> str:
    return (
        f"Обычные причины, которые нужно исключить до любых выводов: {'; '.join(LINK.causes)}. Сначала "
        f"посмотреть: {LINK.look_first}."
    )


def consistent(facts: Facts) -> list[str]:
    """Schools with a link judged and nothing told about them by marks, links, medals or the list."""
    judged = {one.unit for one in facts.of("link_school", *Verdict)}
    told = {one.unit for one in disagreements(facts)}
    for code in ("mark_gap_school", "medals_school"):
        told |= {one.unit for one in facts.of(code, *_TOLD)}
    listed_now = facts.lists[facts.lists["year"] == facts.year]["school"]
    return sorted(judged - told - set(listed_now))


def procedures_table(facts: Facts) -> Table:
    """A row for every school, a column for every comparison the year allows."""
    links: dict[tuple[str, tuple[str, str]], list[Finding]] = {}
    for one in facts.of("link_school", *Verdict):
        kind = (earlier_paper(one.paper)[0].procedure, one.paper.procedure)
        links.setdefault((one.unit, kind), []).append(one)
    kinds = [kind for kind in _LINKS if any(kind == of for _, of in links)]
    marks = {one.unit: one for one in facts.of("mark_gap_school", *Verdict)}
    rows, told = [], []
    for unit in sorted(facts.schools, key=lambda code: natural(school_name(facts, code))):
        row = {"Школа": school_name(facts, unit)}
        row |= {_LINKS[kind]: _cell(facts, links.get((unit, kind), [])) for kind in kinds}
        row["Отметки школы и работы"] = _MARKS[marks[unit].verdict] if unit in marks else DASH
        of_links = [one for kind in kinds for one in links.get((unit, kind), [])]
        told.append((*of_links, *([marks[unit]] if unit in marks else [])))
        if facts.year in facts.list_years:
            row["Официальный список"] = _on_list(facts, unit)
        rows.append(row)
    return Table(
        "procedures",
        table_title(facts, "procedures", "Согласованность процедур по школам"),
        pd.DataFrame(rows) if links else pd.DataFrame(),
        {},
        (
            "Величины — в стандартных отклонениях балла ученика. В скобках — число сопоставленных предметов "
            "и классов. Прочерк — сопоставить нечего: школа не писала одну из процедур или учеников меньше "
            "пяти. По алфавиту.",
        ),
        empty=NOTHING,
        findings=tuple(told),
    )


def _cell(facts: Facts, found: list[Finding]) -> str:
    if not found:
        return DASH
    apart = [one for one in sorted(found, key=lambda one: one.paper) if one.details["apart"]]
    if not apart:
        return f"согласуется{NBSP}({len(found)})"
    said = [
        f"{facts.run.subjects[one.paper.subject].nominative}, {one.paper.grade}{NBSP}класс: "
        f"{'ниже' if one.value < 0 else 'выше'} ожидаемого, {_size(one)}"
        for one in apart
    ]
    rest = len(found) - len(apart)
    return first_capital(
        "; ".join([*said, *([f"остальное согласуется{NBSP}({rest})"] if rest else [])])
    )


def _on_list(facts: Facts, unit: str) -> str:
    mine = facts.lists[(facts.lists["year"] == facts.year) & (facts.lists["school"] == unit)]
    return "школа в списке" if len(mine) else "в списке нет"
