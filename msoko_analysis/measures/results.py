"""Results as they are: means, shares of marks, school mark against exam mark."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import MARKS, PaperArrays, Year
from msoko_analysis.measures.rows import percent_rows, school_rows
from msoko_analysis.stats.wilson import share

_COUNTED = "counted"
_WILSON = "wilson"
_NORMAL = "mean_normal"
REGION = "region"


def result_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Measures mean_percent, share_2, share_45, prior_lower/same/higher for every paper.

    A paper without marks has the mean only, in per cent of the highest score in the data; a scale
    without the cut «4» has no share_45, one without all marks 2…5 no prior_*.
    """
    for arrays in year.papers:
        yield from _of_schools(year, arrays)
        for level, groups in _groupings(year):
            yield from _of_groups(year, arrays, level, groups)


def _of_schools(year: Year, arrays: PaperArrays) -> Iterator[pd.DataFrame]:
    score = np.arange(arrays.scores.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = arrays.scores @ score / arrays.n
        squares = (arrays.scores * (score - mean[:, None]) ** 2).sum(axis=1)
        half = 1.96 * np.sqrt(squares / (arrays.n - 1) / arrays.n)
    half = 100 * np.where(arrays.n > 1, half, np.nan) / arrays.scale.max_primary
    value = arrays.mean_percent()
    yield school_rows(
        year.year, arrays.paper, year.schools, "mean_percent", arrays.n, value,
        low=value - half, high=value + half, method=_NORMAL, source=_COUNTED,
    )  # fmt: skip
    for indicator, count, n in _shares(arrays):
        estimate = share(count, n)
        low, high = estimate.interval()
        yield school_rows(
            year.year, arrays.paper, year.schools, indicator, n, 100 * estimate.value,
            count=count, low=100 * low, high=100 * high, method=_WILSON, source=_COUNTED,
        )  # fmt: skip


def _of_groups(
    year: Year, arrays: PaperArrays, level: str, groups: pd.Series
) -> Iterator[pd.DataFrame]:
    points = arrays.scores @ np.arange(arrays.scores.shape[1]) / arrays.scale.max_primary
    parts = [("mean_percent", points, arrays.n), *_shares(arrays)]
    for indicator, part, whole in parts:
        yield percent_rows(
            year.year, arrays.paper, level, groups.to_numpy(), indicator, part, whole,
            counted=indicator != "mean_percent", source=_COUNTED,
        )  # fmt: skip


def _shares(arrays: PaperArrays) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Names, numerators and denominators (schools,) of the shares of one paper."""
    if not arrays.marked:
        return
    marks = arrays.mark_counts()
    yield "share_2", marks[:, 0], arrays.n
    if arrays.fully_marked or len(arrays.scale.cuts) > 1:
        yield "share_45", marks[:, 2:].sum(axis=1), arrays.n
    if not arrays.fully_marked:
        return
    pairs = arrays.mark_pairs()
    known = pairs.sum(axis=(1, 2))
    for name, wanted in (
        ("prior_lower", MARKS[:, None] > MARKS),
        ("prior_same", MARKS[:, None] == MARKS),
        ("prior_higher", MARKS[:, None] < MARKS),
    ):
        yield name, (pairs * wanted).sum(axis=(1, 2)), known


def _groupings(year: Year) -> Iterator[tuple[str, pd.Series]]:
    yield "municipality", year.schools["municipality"]
    yield REGION, pd.Series(REGION, index=year.schools.index)
