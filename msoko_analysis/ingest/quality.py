"""What is wrong with the input itself: counts of faults by paper and municipality, no prose.

Computed once for a whole derived folder; a district is a filter over the table. Every check gives
the rows it could be made on (``n_rows``) and the rows found (``n_found``), so that "checked and
clean" (0 of 500) differs from "could not be checked" (0 of 0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import polars as pl

from msoko_analysis.errors import DataError, Problem

PAPER = ("year", "procedure", "grade", "subject")
COLUMNS = ("check", *PAPER, "municipality", "n_rows", "n_found")

#: Checks and what n_found of n_rows means.
CHECKS: dict[str, str] = {
    "total_above_max": "scores above the maximum of the scale, of scores of papers with a scale",
    "total_ne_items": "primary scores that differ from the sum of tasks, of those with any task",
    "no_scale": "primary scores of papers without a scale, of primary scores",
    "unknown_school": "rows of schools that the table of schools does not know, of rows",
    "absent": "pupils without a score and without any task, of rows",
    "no_total": "pupils with tasks but without a score, of rows",
    "set_aside": "rows set aside by ingest, of rows read",
    "cells_blanked": "cells emptied by ingest (marks outside 2–5 …), of rows read",
    "participation": "scores of this year (n_found) against the year before (n_rows)",
}


class HasMaximum(Protocol):
    """A scale, as far as quality needs it."""

    @property
    def max_primary(self) -> int: ...


ScaleKey = tuple[int, str, int, str]


@dataclass(frozen=True)
class QualityItem:
    """One finding: ``n`` of ``total`` rows of a paper in a municipality (None = not told)."""

    code: str
    paper: ScaleKey | None
    municipality: str | None
    n: int
    total: int


@dataclass(frozen=True)
class QualityReport:
    """All findings with n > 0, and every participation pair, sorted by check, paper, place."""

    items: tuple[QualityItem, ...]

    def count(self, code: str) -> int:
        """Rows found by a check, over papers and municipalities."""
        return sum(item.n for item in self.items if item.code == code)


def assess(
    data: Path, scales: Mapping[ScaleKey, HasMaximum], district: str | None = None
) -> QualityReport:
    """The findings of ``quality_table``, of one municipality if ``district`` names it.

    Parameters are those of :func:`quality_table`; ``district`` is a municipality code.
    """
    table = quality_table(data, scales)
    if district is not None:
        table = table[table["municipality"] == district]
    found = table[(table["n_found"] > 0) | (table["check"] == "participation")]
    return QualityReport(tuple(_item(*row) for row in found[list(COLUMNS)].itertuples(index=False)))


def _item(
    check: str, year: Any, procedure: Any, grade: Any, subject: Any, municipality: Any,
    n_rows: int, n_found: int,
) -> QualityItem:  # fmt: skip
    paper = None if pd.isna(year) else (int(year), str(procedure), int(grade), str(subject))
    place = None if pd.isna(municipality) else str(municipality)
    return QualityItem(str(check), paper, place, int(n_found), int(n_rows))


def quality_table(data: Path, scales: Mapping[ScaleKey, HasMaximum]) -> pd.DataFrame:
    """Faults of the input by check, paper and municipality.

    Parameters
    ----------
    data : derived folder written by ``ingest``.
    scales : (year, procedure, grade, subject) → anything with ``max_primary``, in points.

    Returns
    -------
    One row per check × paper × municipality with ``n_rows`` and ``n_found`` as in ``CHECKS``. A
    task marked X is empty and counts 0 towards the sum, because sources make their sums so: in the
    regional exports all 498 rows with an X agree, in a whole region 62,126 of 62,258. Participation
    has a row where the paper was held in the year before anywhere in the data. Rows set aside whose
    paper can not be read have an empty paper.

    Raises DataError if the folder is not a derived one.
    """
    files = data / "results"
    if not files.is_dir():
        problem = Problem(f"в «{data}» нет результатов", "загрузите данные командой msoko ingest")
        raise DataError.from_problems("Качество данных не проверено", [problem])
    rows = pl.scan_parquet(files / "**/*.parquet", hive_partitioning=False)
    counted = _counted(rows, data, scales)
    table = pl.concat(
        [_row_checks(counted), _ingest_checks(data, counted), _participation(counted)]
    )
    order = pl.Enum(list(CHECKS))
    table = table.sort(pl.col("check").cast(order), *PAPER, "municipality", nulls_last=True)
    whole = {"year": "Int64", "grade": "Int64", "n_rows": "int64", "n_found": "int64"}
    return table.select(COLUMNS).to_pandas().astype(whole)


def _counted(
    results: pl.LazyFrame, data: Path, scales: Mapping[ScaleKey, HasMaximum]
) -> pl.DataFrame:
    """All counts per paper and municipality in one pass over the rows."""
    names = results.collect_schema().names()
    items = [name for name in names if name.startswith("item_")]
    total = pl.col("total")
    has_task = pl.any_horizontal([pl.col(i).is_not_null() for i in items] or [pl.lit(False)])
    task_sum = pl.sum_horizontal([pl.col(i).fill_null(0) for i in items] or [pl.lit(0)])
    schools = pl.read_parquet(data / "schools.parquet", columns=["school"])["school"]
    maximum = pl.col("max_primary")
    # the total of ЕГЭ is a test score: no sum of tasks, and minimums stand in place of a scale
    primary = pl.col("procedure") != "EGE"
    return (
        results.join(_maxima(scales), on=list(PAPER), how="left")
        .group_by(*PAPER, "municipality")
        .agg(
            pl.len().alias("rows"),
            total.count().alias("scored"),
            (total.is_not_null() & maximum.is_not_null()).sum().alias("with_scale"),
            (total > maximum).sum().alias("total_above_max"),
            (total.is_not_null() & has_task & primary).sum().alias("with_tasks"),
            (has_task & primary & (total != task_sum)).sum().alias("total_ne_items"),
            (total.is_not_null() & primary).sum().alias("with_primary"),
            (total.is_not_null() & primary & maximum.is_null()).sum().alias("no_scale"),
            (~pl.col("school").is_in(schools.implode())).sum().alias("unknown_school"),
            (total.is_null() & ~has_task).sum().alias("absent"),
            (total.is_null() & has_task).sum().alias("no_total"),
        )
        .collect()
    )


def _maxima(scales: Mapping[ScaleKey, HasMaximum]) -> pl.LazyFrame:
    types = {"year": pl.Int32, "procedure": pl.String, "grade": pl.Int32, "subject": pl.String}
    rows = [(*key, scale.max_primary) for key, scale in scales.items()]
    return pl.LazyFrame(rows, schema=types | {"max_primary": pl.Int32}, orient="row")


#: Check → the column of counts that tells how many rows it could be made on.
_BASE = {
    "total_above_max": "with_scale",
    "total_ne_items": "with_tasks",
    "no_scale": "with_primary",
    "unknown_school": "rows",
    "absent": "rows",
    "no_total": "rows",
}


def _row_checks(counted: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(
        counted.select(
            pl.lit(check).alias("check"),
            *PAPER,
            "municipality",
            pl.col(base).cast(pl.Int64).alias("n_rows"),
            pl.col(check).cast(pl.Int64).alias("n_found"),
        )
        for check, base in _BASE.items()
    )


def _ingest_checks(data: Path, counted: pl.DataFrame) -> pl.DataFrame:
    """Rows set aside and cells emptied, as ``ingest`` counted them in quality.json."""
    types = {"check": pl.String, "table": pl.String, "year": pl.Int32, "procedure": pl.String}
    types |= {"grade": pl.Int32, "subject": pl.String, "municipality": pl.String, "n": pl.Int64}
    counts = json.loads((data / "quality.json").read_text(encoding="utf-8"))
    place = [*PAPER, "municipality"]
    faults = (
        pl.DataFrame(counts, schema=types)
        .filter(pl.col("table") == "results")
        .group_by("check", *place)
        .agg(pl.col("n").sum())
    )
    aside = faults.filter(pl.col("check") == "set_aside").select(*place, pl.col("n").alias("aside"))
    known = counted.select(*place, pl.col("rows").cast(pl.Int64))
    every = known.join(aside, on=place, how="full", nulls_equal=True, coalesce=True)
    read = every.select(*place, pl.sum_horizontal("rows", "aside").alias("n_rows"))
    return pl.concat(
        read.join(
            faults.filter(pl.col("check") == check).select(*place, pl.col("n").alias("n_found")),
            on=place,
            how="left",
            nulls_equal=True,
        ).select(pl.lit(check).alias("check"), *place, "n_rows", pl.col("n_found").fill_null(0))
        for check in ("set_aside", "cells_blanked")
    )


def _participation(counted: pl.DataFrame) -> pl.DataFrame:
    """Scores of this year and of the year before, where the paper was held in both."""
    place = [*PAPER, "municipality"]
    now = counted.select(*place, pl.col("scored").cast(pl.Int64).alias("n_found"))
    before = now.with_columns(pl.col("year") + 1).rename({"n_found": "n_rows"})
    held = now.select(PAPER).unique()
    both = held.join(before.select(PAPER).unique(), on=list(PAPER))
    return (
        now.join(before, on=place, how="full", coalesce=True)
        .join(both, on=list(PAPER), how="semi")
        .select(
            pl.lit("participation").alias("check"),
            *place,
            pl.col("n_rows").fill_null(0),
            pl.col("n_found").fill_null(0),
        )
    )
