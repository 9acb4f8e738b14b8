"""The profile of the lifted share against a general optimiser, and its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import MEADOW, best_tilt, log_likelihood, tilted
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom, chi2

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.spike import PaperScores

STEP = 0.02


def lifted_school(seed: int, pupils: int, theta: float) -> np.ndarray:
    """A tilted school with a share of the pupils at 4 and 5 lifted to 6."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(pupils, tilted((0.2, 0.1), MEADOW)).astype(float)
    moved = rng.binomial(counts[[4, 5]].astype(int), theta)
    counts[[4, 5]] -= moved
    counts[6] += moved.sum()
    return counts


def profile(counts: np.ndarray, cuts: tuple[int, ...], theta: float) -> float:
    beta = best_tilt(counts, MEADOW, cuts, theta)
    return log_likelihood(beta, counts, MEADOW, cuts, theta)


@pytest.mark.parametrize(
    ("seed", "pupils", "theta", "cuts"),
    [(1, 30, 0.5, (6,)), (2, 150, 0.3, (6,)), (3, 150, 0.9, (6,)), (4, 80, 0.5, (3, 6, 9))],
)
def test_profile_is_the_maximum_over_level_and_spread(
    seed: int, pupils: int, theta: float, cuts: tuple[int, ...]
) -> None:
    counts = lifted_school(seed, pupils, theta)
    result = lifted_pupils([PaperScores(counts[None], MEADOW, cuts)])
    for step in range(0, len(result.grid), 7):
        share = float(result.grid[step])
        beta = best_tilt(counts, MEADOW, cuts, share)
        assert result.log_likelihood[step, 0] == pytest.approx(
            log_likelihood(beta, counts, MEADOW, cuts, share), abs=1e-4
        )
        p = tilted(beta, MEADOW)
        near = sum(p[k] for cut in cuts for k in (cut - 2, cut - 1))
        assert result.within_reach[step, 0] == pytest.approx(pupils * near, rel=1e-3)


def test_estimate_and_interval_are_those_of_the_continuous_profile() -> None:
    counts = lifted_school(5, 200, 0.5)
    result = lifted_pupils([PaperScores(counts[None], MEADOW, (6,))])
    best = minimize_scalar(
        lambda theta: -profile(counts, (6,), theta), bounds=(0, 0.98), method="bounded"
    )
    assert result.share[0] == pytest.approx(best.x, abs=STEP)

    def drop(theta: float) -> float:
        return 2 * (-best.fun - profile(counts, (6,), theta)) - chi2.ppf(0.95, 1)

    low, high = result.interval()
    assert low[0] == pytest.approx(brentq(drop, 0.0, best.x), abs=STEP)
    assert high[0] == pytest.approx(brentq(drop, best.x, 0.98), abs=STEP)


def test_papers_pool_into_one_share() -> None:
    """The pooled profile is the sum, each paper with its own level and spread."""
    papers = [
        PaperScores(lifted_school(seed, pupils, 0.5)[None], MEADOW, (6,))
        for seed, pupils in ((6, 40), (7, 90))
    ]
    each = [lifted_pupils([paper]) for paper in papers]
    both = lifted_pupils(papers)
    assert both.log_likelihood == pytest.approx(sum(one.log_likelihood for one in each))
    assert both.within_reach == pytest.approx(sum(one.within_reach for one in each))


def test_interval_of_pupils_is_a_mixture_of_exact_binomials() -> None:
    """Where the lifted land, each pupil came from below with the same chance: 6 and 7 of cut 6."""
    counts = lifted_school(10, 120, 0.6)
    result = lifted_pupils([PaperScores(counts[None], MEADOW, (6,))])
    likelihood = np.exp(result.log_likelihood[:, 0] - result.log_likelihood.max())
    number = np.arange(counts[6] + counts[7] + 1)
    mixture = np.zeros(len(number))
    for share, weight in zip(result.grid, likelihood / likelihood.sum(), strict=True):
        p = tilted(best_tilt(counts, MEADOW, (6,), float(share)), MEADOW)
        lifted = share * (p[4] + p[5])
        exactly, above = (
            binom.pmf(np.arange(counts[at] + 1), int(counts[at]), part * lifted / (p[at] + part * lifted))
            for at, part in ((6, 0.8), (7, 0.2))
        )  # fmt: skip
        mixture += weight * np.convolve(exactly, above)
    below = mixture.cumsum() - mixture / 2  # half of the number itself: mid-p
    low, high = result.pupils_interval()
    assert low[0] == pytest.approx(number[below >= 0.025].min(), abs=1)
    assert high[0] == pytest.approx(number[below <= 0.975].max() + 1, abs=1)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=50), st.floats(0.5, 0.99))
def test_estimates_stand_inside_their_intervals(scores: list[int], level: float) -> None:
    counts = np.bincount(scores, minlength=13)[None]
    result = lifted_pupils([PaperScores(counts, MEADOW, (6,))])
    low, high = result.interval(level)
    assert 0 <= low[0] <= result.share[0] <= high[0] <= 0.98
    fewest, most = result.pupils_interval(level)
    assert 0 <= fewest[0] <= result.pupils[0] <= most[0] <= len(scores)
    wider = result.interval(0.995)
    assert wider[0][0] <= low[0]
    assert wider[1][0] >= high[0]


def test_schools_do_not_mix_and_an_empty_one_knows_nothing() -> None:
    schools = np.stack([lifted_school(8, 60, 0.6), np.zeros(13), lifted_school(9, 60, 0.0)])
    result = lifted_pupils([PaperScores(schools, MEADOW, (6,))])
    for index in (0, 2):
        alone = lifted_pupils([PaperScores(schools[[index]], MEADOW, (6,))])
        assert result.log_likelihood[:, index] == pytest.approx(
            alone.log_likelihood[:, 0], abs=1e-3
        )
    low, high = result.interval()
    assert (result.share[1], low[1], high[1], result.pupils[1]) == (0.0, 0.0, 0.98, 0.0)


def test_nobody_and_everybody() -> None:
    """Nobody left within reach: a share near one; nobody at the cut: a share of none."""
    emptied = np.round(MEADOW * 300)
    emptied[6] += emptied[[4, 5]].sum()
    emptied[[4, 5]] = 0
    untouched = np.round(MEADOW * 300)
    untouched[6] = 0
    result = lifted_pupils([PaperScores(np.stack([emptied, untouched]), MEADOW, (6,))])
    assert result.share[0] == result.grid[-1]
    assert result.share[1] == 0
    with pytest.raises(StatsInputError, match="at least one paper"):
        lifted_pupils([])
