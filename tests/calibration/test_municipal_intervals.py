"""Intervals of municipal means: a municipality is a few schools of very unequal size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from worlds import check_rate

from msoko_analysis.measures.rows import percent_rows
from msoko_analysis.params.scales import Paper

PAPER = Paper("VPR", 4, "MA")
REGIONAL = 0.6
TOGETHER = 50  # municipalities of one region
worlds = pytest.mark.parametrize(
    "number",
    [pytest.param(400, id="small"), pytest.param(6_000, marks=pytest.mark.slow, id="full")],
)


def municipality(rng: np.random.Generator, schools: int) -> np.ndarray:
    """Pupils at the mark and pupils of schools that differ by .05 of the share among themselves."""
    n = np.rint(np.clip(30 * np.exp(0.8 * rng.normal(size=schools)), 2, 200))
    own = np.clip(rng.normal(REGIONAL, 0.05, schools), 0.05, 0.95)
    return np.array([rng.binomial(n.astype(int), own), n])


def usual(part: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """The ratio estimator on S − 1 degrees of freedom (Cochran 1977, §6.3)."""
    ratio, schools = part.sum() / n.sum(), len(n)
    variance = ((part - ratio * n) ** 2).sum() / n.sum() ** 2 * schools / (schools - 1)
    half = student.isf(0.025, schools - 1) * np.sqrt(variance)
    return 100 * (ratio - half), 100 * (ratio + half)


@worlds
@pytest.mark.parametrize("schools", [4, 8, 20])
def test_nineteen_of_twenty_intervals_hold_the_truth(number: int, schools: int) -> None:
    rng = np.random.default_rng(schools)
    missed, missed_before = [], []
    for _ in range(number // TOGETHER):
        region = [municipality(rng, schools) for _ in range(TOGETHER)]
        part, n = np.concatenate(region, axis=1)
        group = np.repeat(np.arange(TOGETHER), schools)
        rows = percent_rows(2026, PAPER, "municipality", group, "share_2", part, n, source="own")
        missed += [~rows["low"].lt(100 * REGIONAL) | ~rows["high"].gt(100 * REGIONAL)]
        before = np.array([usual(*one) for one in region])
        missed_before += [(before[:, 0] >= 100 * REGIONAL) | (before[:, 1] <= 100 * REGIONAL)]
    missed, missed_before = (np.concatenate(one) for one in (missed, missed_before))
    check_rate(f"municipal share, {schools} schools, missed at .05", missed, 0.02, 0.06)
    if schools < 20:
        check_rate(f"the same by the ratio estimator, {schools}", missed_before, 0.065, 1.0)
