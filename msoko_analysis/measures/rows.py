"""Building blocks of the long table of measures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from msoko_analysis.scales import Paper
from msoko_analysis.stats.cluster_means import cluster_means

COLUMNS = (
    "year", "procedure", "grade", "subject", "level", "municipality", "unit", "indicator",
    "n", "count", "value", "low", "high", "p", "q", "method", "source",
)  # fmt: skip
ALL_PAPERS = Paper("", 0, "")
"""Stands for a measure pooled over the papers of a year."""
POOLED = "все работы"


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
    frame = pd.DataFrame(
        {
            "municipality": schools["municipality"].to_numpy(),
            "unit": schools.index.to_numpy(),
            "n": n,
            "value": value,
            **more,
        }
    )
    return _labelled(frame[n > 0], year, paper, "school", indicator, method, source)


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
    units = list(units)
    frame = pd.DataFrame({"municipality": units, "unit": units, "n": n, "value": value, **more})
    return _labelled(frame[np.asarray(n) > 0], year, paper, level, indicator, method, source)


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
        method="отношение сумм, разброс между школами", source=source,
    )  # fmt: skip


def _labelled(
    frame: pd.DataFrame,
    year: int,
    paper: Paper,
    level: str,
    indicator: str,
    method: str,
    source: str,
) -> pd.DataFrame:
    labels = {
        "year": year,
        "procedure": paper.procedure,
        "grade": paper.grade,
        "subject": paper.subject,
        "level": level,
        "indicator": indicator,
        "method": method,
        "source": source,
    }
    return frame.assign(**labels).reindex(columns=list(COLUMNS))
