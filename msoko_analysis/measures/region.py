"""Measures of a region and its municipalities against a smooth curve (C9)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import unit_rows
from msoko_analysis.stats.region_spike import DEGREE, region_spike

_OWN = "own"
# A histogram of fewer pupils does not tell a habit from chance.
_FEWEST_PUPILS = 300
_SPARE_SCORES = 4


def region_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Measure lifted_3: share of the pupils one or two steps under the cut «3» who were lifted, in
    per cent, against a smooth curve, with its interval and p; n the pupils of the histogram.

    Scales too short for the curve (degree 7 and one parameter a cut) give no row.
    """
    municipality = year.schools["municipality"].to_numpy()
    names = np.unique(municipality)
    for arrays in year.papers:
        cuts = arrays.near_cuts()
        first = arrays.scale.min_3
        if first not in cuts or arrays.scores.shape[1] < DEGREE + len(cuts) + _SPARE_SCORES:
            continue
        whole = arrays.scores.sum(axis=0)
        yield from _rows(year, arrays, cuts, REGION, {REGION: whole})
        parts = {name: arrays.scores[municipality == name].sum(axis=0) for name in names}
        yield from _rows(year, arrays, cuts, "municipality", parts)


def _rows(
    year: Year,
    arrays: PaperArrays,
    cuts: tuple[int, ...],
    level: str,
    histograms: dict[str, np.ndarray],
) -> Iterator[pd.DataFrame]:
    large = {name: one for name, one in histograms.items() if one.sum() >= _FEWEST_PUPILS}
    if not large:
        return
    place = cuts.index(arrays.scale.min_3)
    results = [region_spike(one, cuts, step=arrays.scale.step) for one in large.values()]
    share = np.array([100 * one.share[place] for one in results])
    half = np.array([196 * one.share_error[place] * one.scale for one in results])
    yield unit_rows(
        year.year, arrays.paper, level, large, "lifted_3",
        np.array([one.sum() for one in large.values()]), share, low=share - half,
        high=share + half, p=np.array([one.p[place] for one in results]),
        method="region_spike", source=_OWN,
    )  # fmt: skip
