"""A region against a smooth curve (C9): honest exams are left alone, lifted pupils are counted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from task_worlds import score_distribution
from worlds import check_mean, check_rate, size

from msoko_analysis.stats.region_spike import RegionSpike, region_spike
from msoko_analysis.synthetic import draw_tasks, lift
from msoko_analysis.synthetic.world import MAXIMA

ABILITY = np.linspace(-4.5, 4.5, 61)
ONE_PEAK = norm.pdf(ABILITY)
TWO_PEAKS = norm.pdf(ABILITY, -1.0, 0.7) + norm.pdf(ABILITY, 1.1, 0.6)


def exam(rng: np.random.Generator, ability: np.ndarray) -> np.ndarray:
    """Distribution of scores of an exam with a random structure: tasks of one to four points."""
    chances = rng.dirichlet([4, 3, 1, 0.5])
    maxima = list(rng.choice([1, 2, 3, 4], rng.integers(12, 22), p=chances))
    maxima += [1] * max(0, 20 - sum(maxima))
    tasks = draw_tasks(rng, maxima, difficulty=rng.uniform(-0.8, 0.4))
    return score_distribution(tasks, ABILITY, ability / ability.sum())


def inner_cut(rng: np.random.Generator, scores: int) -> int:
    return round((scores - 1) * rng.uniform(0.25, 0.75))


@size(120, 2_000)
@pytest.mark.parametrize(
    ("ability", "pupils", "low"),
    [
        pytest.param(ONE_PEAK, 30_000, 0.03, id="a region"),
        pytest.param(TWO_PEAKS, 30_000, 0.03, id="a region of two kinds of pupils"),
        pytest.param(ONE_PEAK, 3_000, 0.02, id="a large municipality"),
        pytest.param(ONE_PEAK, 600, 0.01, id="a municipality"),
    ],
)
def test_honest_exams(ability: np.ndarray, pupils: int, low: float, size: int) -> None:
    rng = np.random.default_rng([21, pupils])
    z, quasi = [], []
    for _ in range(size):
        counts = rng.multinomial(pupils, exam(rng, ability))
        result = region_spike(counts, (inner_cut(rng, len(counts)),))
        assert result.scaled_by_placebo
        z.append(result.z[0])
        quasi.append(with_phi(result)[0])
    check_rate("placebo-scaled, .05", np.array(z) > norm.isf(0.05), low, 0.06)
    check_rate("placebo-scaled, .01", np.array(z) > norm.isf(0.01), 0.0, 0.015)
    check_rate("quasi-Poisson, .05", np.array(quasi) > norm.isf(0.05), 0.02, 0.06)


def with_phi(result: RegionSpike) -> np.ndarray:
    return result.share / (result.share_error * np.sqrt(max(result.phi, 1.0)))


@size(100, 1_000)
def test_honest_exams_with_three_cuts(size: int) -> None:
    """Twenty-five points and three cuts leave no placebo: the quasi-Poisson scale."""
    rng = np.random.default_rng(22)
    z = []
    for _ in range(size):
        pmf = score_distribution(draw_tasks(rng, MAXIMA), ABILITY, ONE_PEAK / ONE_PEAK.sum())
        result = region_spike(rng.multinomial(30_000, pmf), (7, 13, 19))
        assert not result.scaled_by_placebo
        z.append(result.z)
    check_rate("three cuts, .05", np.array(z) > norm.isf(0.05), 0.02, 0.06)


@size(100, 1_000)
@pytest.mark.parametrize("slope", [0.0, 0.1], ids=["flat", "sloped"])
def test_shapes_without_an_exam(slope: float, size: int) -> None:
    rng = np.random.default_rng(23)
    pmf = np.exp(slope * np.arange(31))
    z = [region_spike(rng.multinomial(20_000, pmf / pmf.sum()), (12,)).z[0] for _ in range(size)]
    check_rate("no bumps at all, .05", np.array(z) > norm.isf(0.05), 0.01, 0.06)


@size(60, 500)
@pytest.mark.parametrize("theta", [0.2, 0.6])
def test_lifted_pupils_are_counted(theta: float, size: int) -> None:
    rng = np.random.default_rng(24)
    ratio, covered, found = [], [], []
    for _ in range(size):
        pmf = exam(rng, ONE_PEAK)
        scores = rng.choice(len(pmf), 30_000, p=pmf)
        cut = inner_cut(rng, len(pmf))
        after = lift(rng, scores, cut, theta)
        lifted = (after != scores).sum()
        result = region_spike(np.bincount(after, minlength=len(pmf)), (cut,))
        low, high = result.interval()
        ratio.append(result.pupils[0] / lifted)
        covered.append(low[0] <= lifted <= high[0])
        found.append(result.p[0] < 0.01)
    check_mean(f"estimated to lifted, θ {theta}", np.array(ratio), 0.95, 1.05)
    check_rate(f"95 % interval, θ {theta}", np.array(covered), 0.92, 0.985)
    check_rate(f"found, θ {theta}", np.array(found), 0.95, 1.0)
