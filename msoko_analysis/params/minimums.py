"""Lowest scores of ЕГЭ by year: for the certificate and for universities, each with its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from msoko_analysis.errors import Problem
from msoko_analysis.params.scales import (
    STATUS_RU,
    PaperOfYear,
    PlacedRow,
    RowOfYears,
)
from msoko_analysis.params.schema import Strict, read_csv, shown

FILE = "ege_minimum.csv"
"""Stands beside the scales, but has columns of its own."""
Kind = Literal["threshold", "university", "minobrnauki", "minprosveshcheniya"]


class MinimumRow(RowOfYears):
    """One line of ``params/scales/ege_minimum.csv``: one minimum and the years in which it holds.

    ``kind``: ``threshold`` the school programme is mastered; ``university`` the least for any
    university (Рособрнадзор); ``minobrnauki`` and ``minprosveshcheniya`` the least for the
    universities of that ministry, by the year of the exam. ``unit``: ``score`` of the test, 0–100,
    or ``mark`` 2–5 (base mathematics).
    """

    kind: Kind
    unit: Literal["score", "mark"]
    minimum: Annotated[int, Field(ge=1, le=100)]


class Minimum(Strict):
    """The minimums of one paper of one year, by kind."""

    rows: dict[Kind, MinimumRow]

    def of(self, kind: Kind) -> int | None:
        """The minimum of a kind, None where it is not known or there is none."""
        return self.rows[kind].minimum if kind in self.rows else None

    @property
    def unit(self) -> str:
        """``score`` or ``mark``, the same for all kinds."""
        return next(iter(self.rows.values())).unit

    def note(self, kind: Kind) -> str | None:
        """What a reader must know about a minimum that is not official, in Russian; else None."""
        row = self.rows.get(kind)
        if row is None or row.status == "found_official":
            return None
        return f"минимальный балл: {STATUS_RU[row.status]} ({row.source})"


def read_minimums(
    file: Path, problems: list[Problem]
) -> tuple[list[PlacedRow], dict[PaperOfYear, Minimum]]:
    """The rows of the file with their places, and the minimums of every paper and year.

    Two rows of one kind for one paper and year, and two units for one paper, are problems.
    """
    rows = [PlacedRow(row, file, line) for row, line in read_csv(MinimumRow, file, problems)]
    found: dict[PaperOfYear, dict[Kind, MinimumRow]] = {}
    for row, _, line in rows:
        for year in range(row.year_from, row.year_to + 1):
            kinds = found.setdefault(PaperOfYear(year, *row.paper), {})
            if row.kind in kinds or any(other.unit != row.unit for other in kinds.values()):
                rule = f"минимум {row.paper.code} {year} года ({row.kind}) противоречит строке выше"
                problems.append(Problem(rule, "оставьте одну", shown(file), row=line))
            kinds[row.kind] = row
    return rows, {key: Minimum(rows=kinds) for key, kinds in found.items()}
