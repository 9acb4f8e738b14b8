"""The district as a whole at the pass cut, beside the region."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import DASH, number
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.names import paper_name
from msoko_analysis.wording.numbering import in_table, table_title, tables
from msoko_analysis.wording.signs import against_region

_ALONE = (
    "Сколько работ ровно на границе «3» приходится на одну работу, которой не хватило одного балла. Если бы "
    "граница ничего не значила, соседние баллы встречались бы примерно одинаково часто; но и строение работы "
    "сдвигает это число, а сравнить его здесь не с чем."
)


def district_text(facts: Facts) -> Stack:
    """How the district as a whole departs from a smooth curve at the pass cut, beside the region."""
    if not facts.distributions:
        return stack([Absent(NOT_DETERMINED)])
    if facts.alone:
        return stack([Paragraph(_ALONE), cuts_table(facts)])
    unseen = ", и сравнение школ с регионом его не видит" if against_region(facts) else ""
    return stack(
        [
            Paragraph(
                f"Скопление на границе «3» часто есть и в регионе целиком{unseen}. "
                f"Насколько отличается муниципалитет, {_shown(facts)}: сколько работ "
                "ровно на границе приходится на одну работу, которой не хватило одного балла. Если бы "
                "граница ничего не значила, соседние баллы встречались бы примерно одинаково часто; но "
                "и строение работы сдвигает это число, поэтому сравнивать нужно с регионом, а не с "
                "единицей."
            ),
            cuts_table(facts),
        ]
    )


def _shown(facts: Facts) -> str:
    shown = "cuts" in tables(facts)
    return f"показано {in_table(facts, 'cuts')}" if shown else "показывает сравнение с регионом"


def cuts_table(facts: Facts) -> Table:
    """Works at the cut «3» per work one point below, district and region.

    Where the ratio is hidden its n is hidden too: with the bar of the distribution it would give the other
    cell away.
    """
    rows = []
    for paper in facts.papers:
        ratio = of_unit(facts, "municipality", "cut_ratio_3", paper)
        if ratio != ratio:
            continue
        n = of_unit(facts, "municipality", "cut_ratio_3", paper, column="n")
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ на границе «3» и на балл ниже": n,
                "На одну работу ниже границы": ratio,
                "В регионе": of_unit(facts, "region", "cut_ratio_3", paper),
                "Поднято в муниципалитете, %": _lifted(facts, "municipality", paper),
                "Поднято в регионе, %": _lifted(facts, "region", paper),
            }
        )
    return Table(
        "cuts",
        table_title(
            facts, "cuts", "Граница «3»" if facts.alone else "Граница «3»: муниципалитет и регион"
        ),
        pd.DataFrame(rows),
        {
            "Работ на границе «3» и на балл ниже": Digits(),
            "На одну работу ниже границы": Digits(1),
            "В регионе": Digits(1),
        },
        (
            "Поднято — какая доля тех, кому не хватало 1–2 баллов до «3», оказалась над границей, если "
            "сравнивать с гладкой кривой по баллам (95 %). Прочерк — на балл ниже границы нет ни одной "
            "работы, работ меньше 300 или шкала коротка.",
        ),
        empty="Границы отметок по этим работам не позволяют такого сравнения.",
    )


def _lifted(facts: Facts, level: str, paper: Paper) -> str:
    """Share lifted over the cut «3» against a smooth curve, with its interval."""
    row = facts.measure(level, "lifted_3", paper)
    if row is None or row["hidden"]:
        return DASH
    low, high = (number(min(max(one, 0.0), 100.0)) for one in (row["low"], row["high"]))
    return f"{number(max(row['value'], 0.0))} ({low}–{high})"
