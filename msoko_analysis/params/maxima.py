"""Highest primary scores of papers whose scale nobody has published, each with its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from msoko_analysis.errors import Problem
from msoko_analysis.params.scales import (
    STATUS_RU,
    PaperOfYear,
    PlacedRow,
    RowOfYears,
    Scale,
    highest_known,
)
from msoko_analysis.params.schema import read_csv, shown

FILE = "maximum.csv"
"""Stands beside the scales, but has columns of its own."""


class MaximumRow(RowOfYears):
    """One line of ``params/scales/maximum.csv``: a maximum and the years in which it holds."""

    max_primary: Annotated[int, Field(ge=1)]


def read_maxima(
    file: Path, problems: list[Problem]
) -> tuple[list[PlacedRow], dict[PaperOfYear, MaximumRow]]:
    """The rows of the file with their places, and the maximum of every paper and year.

    Two rows for one paper and year are a problem.
    """
    rows = [PlacedRow(row, file, line) for row, line in read_csv(MaximumRow, file, problems)]
    found: dict[PaperOfYear, MaximumRow] = {}
    for row, _, line in rows:
        for year in range(row.year_from, row.year_to + 1):
            key = PaperOfYear(year, *row.paper)
            if key in found:
                rule = f"максимум {row.paper.code} {year} года уже есть выше"
                problems.append(Problem(rule, "оставьте одну строку", shown(file), row=line))
            found[key] = row
    return rows, found


def without_marks(paper: PaperOfYear, score: int, known: MaximumRow | None) -> Scale:
    """What stands for the scale of a paper that has none; ``score`` is the highest in the data.

    A known maximum is taken unless somebody has more: then one of the two is wrong, and nobody is
    left out for it.

    >>> without_marks(PaperOfYear(2026, "VPR", 7, "MA"), 19, None).max_primary
    19
    """
    if known is None or known.max_primary < score:
        return highest_known(paper, score)
    source = f"{known.source} ({STATUS_RU[known.status]})"
    update = {"max_primary": known.max_primary, "source": source}
    return highest_known(paper, score).model_copy(update=update)
