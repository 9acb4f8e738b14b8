"""Gaps against numpy, hand counts, slow twins and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm, t

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.gaps import mid_quantiles, tails, v_gap, v_gap_of_marks
from msoko_analysis.stats.hetop import hetop


@settings(max_examples=50, deadline=None)
@given(values=st.sets(st.integers(0, 200), min_size=1, max_size=30))
def test_without_ties_equals_hazen(values: set[int]) -> None:
    """Every value once: the mid-distribution quantile is Hazen's, which numpy has."""
    there = np.array(sorted(values))
    levels = np.array([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
    ours = mid_quantiles(np.ones((1, len(there))), there, levels)[0]
    assert np.allclose(ours, np.quantile(there, levels, method="hazen"))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), times=st.integers(2, 9), shift=st.integers(-5, 5))
def test_quantiles_do_not_depend_on_size_or_zero(seed: int, times: int, shift: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 5, (3, 9)) + np.eye(3, 9, dtype=int)
    levels = np.array([0.1, 0.5, 0.9])
    first = mid_quantiles(counts, np.arange(9), levels)
    assert np.allclose(mid_quantiles(counts * times, np.arange(9) + shift, levels), first + shift)
    mirrored = mid_quantiles(counts[:, ::-1], np.arange(9), levels)
    assert np.allclose(mirrored[:, ::-1], 8 - first)
    assert (np.diff(first, axis=1) >= 0).all()


def test_quantiles_of_a_fine_normal_scale() -> None:
    """On a fine scale the gap is that of the population: 2·1.2816 standard deviations."""
    score = np.arange(401)
    counts = 1e6 * norm.pdf(score, 200, 40)[None]
    low, high = mid_quantiles(counts, score, [0.1, 0.9])[0]
    assert (high - low) / 40 == pytest.approx(2 * norm.isf(0.1), abs=1e-3)


def test_a_coarse_scale_moves_smoothly() -> None:
    """One pupil more moves the gap by less than a tenth of a point, never by a whole one."""
    counts = np.array([[10, 30, 40, 30, 10]])
    gaps = []
    for extra in range(12):
        counts[0, 0] = 10 + extra
        low, high = mid_quantiles(counts, np.arange(5), [0.1, 0.9])[0]
        gaps.append(high - low)
    assert np.abs(np.diff(gaps)).max() < 0.1


def test_tails_by_hand() -> None:
    # Ten schools, a quarter = 2.5 of them: 1, 2 and half of 3; 10, 9 and half of 8.
    result = tails(np.arange(10.0, 0, -1), 0.25)
    assert result.low == pytest.approx((1 + 2 + 1.5) / 2.5)
    assert result.high == pytest.approx((10 + 9 + 4) / 2.5)
    assert result.difference == pytest.approx(7.4)
    few = tails(np.array([1.0, 2, 3]), 0.25)
    assert np.isnan(few.difference)
    assert np.isnan(tails(np.array([0.0, 0, 3, 4]), 0.25).ratio)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 4))
def test_tails_of_rows_and_halves(seed: int, rows: int) -> None:
    value = np.random.default_rng(seed).normal(size=(rows, 12))
    result = tails(value, 0.5)
    assert np.allclose(result.low + result.high, 2 * value.mean(axis=1))
    assert (result.difference >= 0).all()
    assert np.allclose(tails(3 * value + 1, 0.25).low, 3 * tails(value, 0.25).low + 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_chance_is_that_of_mann_and_whitney(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 4, (2, 6, 8)) + np.eye(6, 8, dtype=int)
    a, b = (np.repeat(np.arange(8), one.sum(axis=0)) for one in (first, second))
    there, back = v_gap(first, second), v_gap(second, first)
    assert there.chance == pytest.approx(mannwhitneyu(a, b).statistic / (len(a) * len(b)))
    assert there.value == pytest.approx(-back.value)
    assert there.chance_error == pytest.approx(back.chance_error)


def test_normal_groups_half_a_deviation_apart() -> None:
    score = np.arange(81)
    first, second = (1e6 * norm.pdf(score, mean, 8)[None] for mean in (42, 38))
    assert v_gap(first, second).value == pytest.approx(0.5, abs=1e-3)
    stretched = np.zeros((1, 200))
    stretched[0, np.arange(81) * 2 + 3] = first[0]
    other = np.zeros((1, 200))
    other[0, np.arange(81) * 2 + 3] = second[0]
    assert v_gap(stretched, other).value == pytest.approx(v_gap(first, second).value)


def test_error_of_single_pupils_is_delong() -> None:
    """Schools of one pupil each: the clustered error is DeLong's, worked out pupil by pupil."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 12, 40), rng.integers(2, 14, 30)
    first, second = np.zeros((70, 14)), np.zeros((70, 14))
    first[np.arange(40), a] = 1
    second[40 + np.arange(30), b] = 1
    above = (a[:, None] > b) + 0.5 * (a[:, None] == b)
    variance = above.mean(axis=1).var(ddof=1) / 40 + above.mean(axis=0).var(ddof=1) / 30
    gap = v_gap(first, second)
    assert gap.chance_error == pytest.approx(np.sqrt(variance))
    # V is a smooth function of the chance: its error is that of the chance times the slope.
    slope = np.sqrt(2) * np.diff(norm.ppf(gap.chance + np.array([-1e-6, 1e-6])))[0] / 2e-6
    low, high = gap.interval()
    assert gap.freedom == 29
    assert (high - low) / 2 == pytest.approx(t.isf(0.025, 29) * slope * np.sqrt(variance), rel=1e-6)
    assert (high + low) / 2 == pytest.approx(gap.value)


def test_left_out_equals_doing_it() -> None:
    first, second = np.random.default_rng(4).integers(0, 5, (2, 7, 9))
    gap = v_gap(first, second)
    for school in range(7):
        rest = np.arange(7) != school
        assert gap.left_out[school] == pytest.approx(v_gap(first[rest], second[rest]).value)


def test_marks_give_the_gap_that_ties_hide() -> None:
    cuts = np.array([-0.8, 0.4, 1.4])
    p = [np.diff(norm.cdf(cuts, mean), prepend=0, append=1) for mean in (0.6, 0.0)]
    first, second = 1e5 * np.array(p)
    assert v_gap_of_marks(first, second) == pytest.approx(0.6, abs=1e-6)
    assert v_gap(first[None], second[None]).value < 0.57


def test_many_pairs_at_once_are_each_by_itself() -> None:
    """The same fits as of hetop one by one; an empty mark costs nobody else anything."""
    draws = np.random.default_rng(5)
    first, second = draws.integers(1, 60, (2, 40, 4))
    first[7, 1] = second[9, 3] = first[11, 0] = 0
    together = v_gap_of_marks(first, second)
    assert together.shape == (40,)
    for place in range(40):
        fit = hetop(np.stack([first[place], second[place]]))
        apart = (fit.mean[0] - fit.mean[1]) / np.sqrt((fit.spread**2).mean())
        assert together[place] == pytest.approx(apart, abs=1e-7)
        assert v_gap_of_marks(first[place], second[place]) == pytest.approx(apart, abs=1e-7)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 0, 0], [1, 2, 2, 1]),  # nobody
        ([5, 0, 0, 0], [1, 2, 2, 1]),  # all at the lowest of the marks given
        ([3, 0, 4, 0], [0, 5, 0, 6]),  # two marks each, and no two of them the same
        ([3, 0, 4, 1], [0, 5, 0, 6]),  # where the mark 3 lies is told by a group of two marks only
    ],
)
def test_marks_that_tell_no_gap(first: list, second: list) -> None:
    assert np.isnan(v_gap_of_marks(np.array(first), np.array(second)))
    assert np.isnan(v_gap_of_marks(np.array(second), np.array(first)))


def test_edges() -> None:
    one, other = np.eye(2, 4), np.eye(2, 4, 2)
    apart = v_gap(other, one)
    assert apart.chance == 1
    assert np.isnan(apart.value)
    single = v_gap(np.array([[0, 3, 3]]), np.array([[3, 3, 0]]))
    assert np.isnan(single.interval()).all()
    assert np.isfinite(single.value)
    with pytest.raises(StatsInputError, match="no pupils"):
        v_gap(np.zeros((2, 4)), one)
    with pytest.raises(StatsInputError, match="same schools"):
        v_gap(one, np.eye(3, 4))
    with pytest.raises(StatsInputError, match="increasing"):
        mid_quantiles(one, np.arange(4)[::-1], [0.5])
    with pytest.raises(StatsInputError, match="levels"):
        mid_quantiles(one, np.arange(4), [90])
    with pytest.raises(StatsInputError, match="fraction"):
        tails(np.arange(9), 0.9)
    with pytest.raises(StatsInputError, match="same number"):
        tails(np.array([[1.0, 2], [1, np.nan]]), 0.5)
