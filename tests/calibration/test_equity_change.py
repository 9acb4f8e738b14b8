"""«Разрыв сократился» on regions where nothing changed, and where it did."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t
from worlds import check_rate, size

from msoko_analysis.measures.equity_estimates import (
    Estimate,
    icc_estimate,
    pupil_estimates,
    school_estimates,
)
from msoko_analysis.stats.ordered_probit import ordered_probit

MAXIMUM, CUT = 25, 8
# The share of a measure that may move by chance beyond its interval on one side, nominal .025.
NOMINAL = 0.025


def year(rng: np.random.Generator, level: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Histograms (schools × scores) of pupils who are normal around their school, SD 5 points."""
    edges = norm.cdf((np.arange(MAXIMUM) + 0.5 - 13 - 5 * level[:, None]) / 5)
    p = np.diff(edges, axis=1, prepend=0, append=1)
    return np.array([rng.multinomial(k, row) for k, row in zip(n, p, strict=True)], dtype=float)


def estimates(scores: np.ndarray) -> dict[str, Estimate]:
    found = pupil_estimates(scores, MAXIMUM, scores[:, :CUT].sum(axis=1))
    mean = 100 * scores @ np.arange(MAXIMUM + 1) / MAXIMUM / scores.sum(axis=1)
    found |= school_estimates(mean)
    icc = icc_estimate(scores)
    if icc is not None:
        found["icc"] = icc[0]
    of_marks = ordered_probit(np.add.reduceat(scores, [0, 8, 13, 19], axis=1))
    there = scores.sum(axis=1) > 0
    found["icc_marks"] = Estimate(of_marks.icc, of_marks.without_each_school(), there)
    return {name: one for name, one in found.items() if np.isfinite(one.left_out).any()}


def changes(seed: list[int], regions: int, schools: int, narrower: float) -> dict[str, np.ndarray]:
    """Whether the interval of the change is below, above zero (regions × 2), by measure.

    Levels of schools (SD .45) mostly persist between the years, with a drift of .15; ``narrower`` is
    what the spread of levels is multiplied by in the second year. Sizes differ from school to school.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list] = {}
    for _ in range(regions):
        lasting = rng.normal(0, 0.42, schools)
        n = np.maximum(10, rng.lognormal(3.4, 0.6, schools)).astype(int)
        before, after = (
            estimates(year(rng, factor * (lasting + rng.normal(0, 0.15, schools)), n))
            for factor in (1.0, narrower)
        )
        for name in before.keys() & after.keys():
            change = after[name] - before[name]
            error, freedom = change.error
            half = t.isf(NOMINAL, freedom) * error
            found.setdefault(name, []).append([change.value + half < 0, change.value - half > 0])
    return {name: np.array(hits) for name, hits in found.items()}


@size(60, 1_000)
@pytest.mark.parametrize("schools", [10, 30, 100])
def test_nothing_changed(schools: int, size: int) -> None:
    if schools == 100:
        size //= 3
    for name, hits in sorted(changes([61, schools], size, schools, 1.0).items()):
        check_rate(f"{schools} schools, {name}, narrowed", hits[:, 0], 0.0, 0.03)
        check_rate(f"{schools} schools, {name}, widened", hits[:, 1], 0.0, 0.03)


@size(20, 300)
def test_a_narrower_region_is_seen(size: int) -> None:
    """Spread of school levels halved in 60 schools: shares between schools tell it nearly always."""
    found = changes([62, 60], size, 60, 0.5)
    for name in ("icc", "icc_marks", "school_gap_quarter", "theil_between", "gini_between"):
        check_rate(f"halved, {name}", found[name][:, 0], 0.9, 1.0)
        check_rate(f"halved, {name}, widened", found[name][:, 1], 0.0, 0.005)
