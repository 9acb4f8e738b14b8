"""Building blocks of the long table of measures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from msoko_analysis.params.measures import measure, registered
from msoko_analysis.params.methods import steps_of
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.cluster_means import cluster_means

COLUMNS = (
    "year", "procedure", "grade", "subject", "level", "municipality", "unit", "indicator",
    "n", "count", "value", "low", "high", "p", "q", "method", "source",
)  # fmt: skip
_NUMBERS = ("n", "count", "value", "low", "high", "p", "q")
ALL_PAPERS = Paper("", 0, "")
"""Stands for a measure pooled over the papers of a year."""
_TYPES = {
    name: "int64" if name in ("year", "grade") else "float64" if name in _NUMBERS else "str"
    for name in COLUMNS
}


def school_rows(
    year: int,
    paper: Paper,
    schools: pd.DataFrame,
    indicator: str,
    n: np.ndarray,
    value: np.ndarray,
    *,
    method: str,
    source: str,
    **more: np.ndarray,
) -> pd.DataFrame:
    """Rows of one indicator for all schools that have pupils; ``more`` holds count, low, high, p,
    q.
    """
    places = {"municipality": schools["municipality"].to_numpy(), "unit": schools.index.to_numpy()}
    told = {"method": method, "source": source}
    return _rows(year, paper, "school", indicator, n, {**places, "value": value, **more, **told})


def unit_rows(
    year: int,
    paper: Paper,
    level: str,
    units: Iterable[str],
    indicator: str,
    n: np.ndarray,
    value: np.ndarray,
    *,
    method: str,
    source: str,
    **more: np.ndarray,
) -> pd.DataFrame:
    """Rows of one indicator for municipalities or the region."""
    names = np.array(list(units), dtype=object)
    told = {"method": method, "source": source}
    columns = {"municipality": names, "unit": names, "value": value, **more, **told}
    return _rows(year, paper, level, indicator, n, columns)


def percent_rows(
    year: int,
    paper: Paper,
    level: str,
    group: np.ndarray,
    indicator: str,
    part: np.ndarray,
    whole: np.ndarray,
    *,
    source: str,
    counted: bool = True,
) -> pd.DataFrame:
    """Rows of ``100·Σ part / Σ whole`` over the schools of every group, within 0…100.

    ``part``, ``whole``, ``group`` (schools,); the 95 % interval takes schools as clusters
    (:func:`cluster_means`); ``counted``: the part is pupils, so their number is kept as ``count``.
    """
    means = cluster_means(part, whole, group)
    low, high = means.interval()
    count = np.round(np.nan_to_num(means.mean) * means.n) if counted else np.nan
    return unit_rows(
        year, paper, level, means.units, indicator, means.n, 100 * means.mean, count=count,
        low=100 * np.clip(low, 0, 1), high=100 * np.clip(high, 0, 1),
        method="sums", source=source,
    )  # fmt: skip


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables of rows under one another, every column of its type; one without rows for none.

    >>> joined([]).dtypes["value"], list(joined([]).columns) == list(COLUMNS)
    (dtype('float64'), True)
    """
    filled = [table for table in tables if len(table)]
    whole = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(COLUMNS))
    return whole.astype(_TYPES)


def listed_rows(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of the long table given one by one, every code and method a registered one."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    registered(table["indicator"])
    for method in table["method"].unique():
        steps_of(method)
    return table


def _rows(
    year: int, paper: Paper, level: str, indicator: str, n: np.ndarray, columns: dict[str, object]
) -> pd.DataFrame:
    """The table in one piece, for columns added one by one cost most of the time of a region.

    ParamsError where the measure or its method is not a registered one.
    """
    measure(indicator)
    steps_of(str(columns["method"]))
    n = np.asarray(n)
    kept = np.flatnonzero(n > 0)
    labels = {"year": year, **paper._asdict(), "level": level, "indicator": indicator}
    given = {
        name: np.asarray(values)[kept] if np.ndim(values) else values
        for name, values in {**columns, "n": n}.items()
    }
    # objects, for to find a type for every column costs four times the rest: :func:`joined` does it
    told = {**dict.fromkeys(COLUMNS, np.nan), **labels, **given}
    return pd.DataFrame(told, index=kept, dtype=object)
