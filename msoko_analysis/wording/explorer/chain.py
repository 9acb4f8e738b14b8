"""«Почему эта школа в списке?»: every finding with its limits, its rows of measures and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.basis import basis_of
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.measures import measure
from msoko_analysis.params.methods import method_text
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.sources import OWN, source_text
from msoko_analysis.russian import DASH, NBSP, first_capital, percent
from msoko_analysis.wording.advice import ground, term_text
from msoko_analysis.wording.explorer.school import name_of, told_of
from msoko_analysis.wording.methods import limit_row
from msoko_analysis.wording.names import paper_name, school_name
from msoko_analysis.wording.sign_kinds import KINDS, LINK, MEDALS, SignKind
from msoko_analysis.wording.signs import Q, sentence

Counted = Callable[[Finding], Sequence[Any]]


def why(facts: Facts, unit: str, counted: Counted) -> Stack:
    """The chain finding → measure → counts for everything that is told of a school.

    ``counted`` gives the blocks with the counts behind a finding.
    """
    told = told_of(facts, unit)
    if not told:
        return stack([Paragraph(_nothing(facts, unit))], box="lead")
    blocks = [Paragraph(_NOT_GUILT)]
    for one in told:
        blocks += [Heading(_title(one)), *_chain(facts, one, counted(one))]
    return stack(blocks)


_NOT_GUILT = (
    "Ниже — каждая находка о школе: вывод, предел и его источник, показатели, по которым сделан вывод, и "
    "подсчёты за ними. Признак, требующий проверки, не означает нарушения."
)


def _nothing(facts: Facts, unit: str) -> str:
    few = any(
        one.unit == unit and one.verdict == Verdict.TOO_FEW
        for one in facts.of("signs_school", *Verdict)
    )
    if few:
        return (
            f"{school_name(facts, unit)}: работ слишком мало, чтобы сказать, есть признаки, требующие "
            "проверки, или нет. Других находок нет."
        )
    return (
        f"{school_name(facts, unit)}: признаков нет, в списке школы нет. Это не доказывает, что всё в "
        "порядке: подсказок и завышения всех баллов поровну такая проверка может не увидеть."
    )


def _title(one: Finding) -> str:
    verdict = (
        "признак, требующий проверки" if one.verdict == Verdict.CONCERN else "сведения к вниманию"
    )
    return f"{first_capital(name_of(one))}: {verdict}"


def _chain(facts: Facts, one: Finding, counts: Sequence[Any]) -> list[Any]:
    kind = _kind(one)
    measures = [
        f"{entry.measure} ({entry.addressee.lower()}; {term_text(entry.term, facts.year)})."
        for entry in recommended(facts, one)
    ]
    return [
        Paragraph(f"1. Вывод. {_said(facts, one)}"),
        Paragraph("2. Предел: с чем сравнивалось."),
        limits_table(facts, one),
        Paragraph("3. Показатели, по которым сделан вывод."),
        measures_table(facts, one),
        Paragraph("4. Подсчёты за показателями."),
        *counts,
        *_causes(kind, facts, one),
        Paragraph(
            f"6. Что рекомендуется.{'' if measures else ' По этой находке мер не предлагается.'}"
        ),
        *([Bullets(tuple(measures))] if measures else []),
    ]


def _said(facts: Facts, one: Finding) -> str:
    if one.code in KINDS:
        return sentence(facts, one)
    text = ground(facts, one).removeprefix(f"{school_name(facts, one.unit)}: ")
    return f"{first_capital(text)}."


def _kind(one: Finding) -> SignKind | None:
    return {**KINDS, "link_school": LINK, "medals_school": MEDALS}.get(one.code)


def _causes(kind: SignKind | None, facts: Facts, one: Finding) -> list[Any]:
    """Innocent causes: of the sign, else those of the recommendations."""
    if kind is not None:
        causes, first = kind.causes, f" Сначала посмотреть: {kind.look_first}."
    else:
        mine = recommended(facts, one)
        causes = tuple(dict.fromkeys(cause for entry in mine for cause in entry.causes))
        first = ""
    if not causes:
        return []
    head = "5. Возможные обычные причины, которые нужно исключить до любых выводов."
    return [
        Paragraph(f"{head}{first}"),
        Bullets((*(f"{cause};" for cause in causes[:-1]), f"{causes[-1]}.")),
    ]


def recommended(facts: Facts, one: Finding) -> list[Any]:
    """Entries of the catalogue that rest on a finding."""
    return [
        made.entry
        for made in facts.recommendations
        if any(ground.finding.id == one.id for ground in made.grounds)
    ]


def limits_table(facts: Facts, one: Finding) -> Table:
    """Every limit that decided about a finding, with its source."""
    names = basis_of(one.code).limits
    rows = [
        limit_row(entry) | {"Действует с": entry.date.strftime("%d.%m.%Y")}
        for entry in (facts.run.thresholds[name] for name in names)
    ]
    if one.code == "shnor_school":
        rows = [_shnor_row(facts)]
    return Table("limits", "Пределы", pd.DataFrame(rows), empty="Предела у этой находки нет.")


def _shnor_row(facts: Facts) -> dict[str, str]:
    rule = facts.run.shnor_rules.of(facts.year)
    return {
        "Предел": rule.title_ru,
        "Значение": percent(rule.low_share.percent),
        "Чей": "официальное правило, по пересказу",
        "Источник": rule.source,
        "Действует с": f"{rule.valid_from} года",
    }


def measures_behind(facts: Facts, one: Finding) -> pd.DataFrame:
    """The rows of the public table of measures that a finding about a school rests on."""
    table, shown = facts.public.table, basis_of(one.code).measures
    mine = table[
        table["year"].eq(facts.year)
        & table["level"].eq("school")
        & table["unit"].eq(one.unit)
        & table["indicator"].isin(shown)
    ]
    if one.paper is not None:
        mine = mine[(mine[list(Paper._fields)] == list(one.paper)).all(axis=1)]
    order = {name: place for place, name in enumerate(shown)}
    pooled = mine["subject"].eq("")
    return mine.assign(order=mine["indicator"].map(order), pooled=~pooled).sort_values(
        ["order", "pooled", "procedure", "grade", "subject"], kind="stable"
    )


def measures_table(facts: Facts, one: Finding) -> Table:
    """The rows of measures behind a finding, as they passed the gate."""
    rows = [_measure_row(facts, row) for row in measures_behind(facts, one).to_dict("records")]
    return _measures("Показатели", rows)


def behind_table(facts: Facts, unit: str) -> Table:
    """The rows of measures behind everything that is told of a school."""
    rows = [
        {"Находка": first_capital(name_of(one)), **_measure_row(facts, row)}
        for one in told_of(facts, unit)
        for row in measures_behind(facts, one).to_dict("records")
    ]
    return _measures(f"{school_name(facts, unit)}: показатели, по которым сделаны выводы", rows)


def _measures(caption: str, rows: list[dict[str, Any]]) -> Table:
    two = Digits(2)
    return Table(
        "measures",
        caption,
        pd.DataFrame(rows),
        {
            "Число": Digits(), "Значение": two, "от": two, "до": two, "p": Digits(3, least=0.001),
            "q": Q,
        },
        (
            "Число — работ, учеников, медалистов или настроек, по которым посчитано. "
            f"От и до — интервал 95{NBSP}%; p и q есть только у проверок. «Скрыто» — группа слишком мала для "
            "открытой таблицы; прочерк — не рассчитывается.",
        ),
        empty="Находок о школе нет.",
    )  # fmt: skip


def _measure_row(facts: Facts, row: Mapping[str, Any]) -> dict[str, Any]:
    paper = Paper(row["procedure"], int(row["grade"]), row["subject"])
    n = HIDDEN if row["hidden"] and pd.isna(row["n"]) else row["n"]
    numbers = {name: HIDDEN if row["hidden"] else row[name] for name in ("value", "low", "high")}
    tests = {name: DASH if pd.isna(row[name]) else row[name] for name in ("p", "q")}
    return {
        "Показатель": first_capital(measure(row["indicator"]).heading),
        "Предмет, класс": _about(facts, paper),
        "Число": n,
        "Значение": numbers["value"],
        "от": numbers["low"],
        "до": numbers["high"],
        **tests,
        "Метод": _made(row),
    }


def _made(row: Mapping[str, Any]) -> str:
    """The method, and whose rule it is where it is not the package's own."""
    told = method_text(row["method"])
    return told if row["source"] in OWN else f"{told} ({source_text(row['source'])})"


def _about(facts: Facts, paper: Paper) -> str:
    if not paper.subject:
        return "все работы вместе"
    subject = facts.run.subjects.get(paper.subject)
    if subject is None:  # a pooled key of its own, such as that of medalists
        return "все предметы"
    if not paper.grade:
        return f"{subject.nominative}, все классы"
    return paper_name(facts, paper)
