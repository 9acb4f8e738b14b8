"""Numbers of the public table as cells: a hidden value is not an absent one, and neither is zero."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.page.tables import HIDDEN
from msoko_analysis.params.scales import Paper

Cell = float | str


def of_unit(
    facts: Facts,
    level: str,
    indicator: str,
    paper: Paper | None = None,
    *,
    year: int | None = None,
    column: str = "value",
) -> Cell:
    """A value of the municipality or the region: a number, HIDDEN, or nan when there is no such row."""
    return _cell(facts.measure(level, indicator, paper, year=year), column)


def of_school(
    facts: Facts, unit: str, indicator: str, column: str = "value", *, paper: Paper = ALL_PAPERS
) -> Cell:
    """A value of one school in a paper, or pooled over its papers, as :func:`of_unit`."""
    return _cell(facts.of_paper(unit, indicator, paper), column)


def minus(first: Cell, second: Cell) -> Cell:
    """The difference: hidden when a part is hidden, nan when a part does not exist."""
    if HIDDEN in (first, second):
        return HIDDEN
    return first - second


def _cell(row: pd.Series | None, column: str) -> Cell:
    if row is None:
        return float("nan")
    return HIDDEN if row["hidden"] else float(row[column])
