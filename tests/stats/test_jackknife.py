"""Leaving out one school at a time: closed forms, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leaving_out import jackknife_difference

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.jackknife import from_left_out


def mean_change(before: np.ndarray, after: np.ndarray) -> float:
    return after.mean() - before.mean()


def test_of_a_mean_it_is_the_paired_t_interval() -> None:
    # Student's sleep data (1908), ten patients: t.test(extra ~ drug, paired) of R gives the
    # interval [0.7001, 2.4599] on 9 degrees of freedom.
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    result = jackknife_difference(mean_change, first, second)
    assert result.difference == pytest.approx(1.58)
    assert result.standard_error == pytest.approx(1.58 / 4.0621, rel=1e-4)
    # One patient slept 4.6 hours longer: the heavy tail costs degrees of freedom, never adds any.
    assert 4 < result.degrees_of_freedom < 9
    low, high = result.interval()
    assert low < 0.7001
    assert high > 2.4599


def test_of_a_ratio_it_is_linearisation() -> None:
    # Cochran, Sampling Techniques, eq. 2.39: the variance of a ratio of means from residuals.
    rng = np.random.default_rng(1)
    n = rng.integers(10, 60, 400).astype(float)
    points = n * rng.normal(12, 1.5, 400)
    result = jackknife_difference(lambda a, b: a.sum() / b.sum(), points, n)
    ratio = points.sum() / n.sum()
    linear = np.sqrt(((points - ratio * n) ** 2).sum() * 400 / 399) / n.sum()
    assert result.standard_error == pytest.approx(linear, rel=0.01)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_follows_units_and_order(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    before, after = rng.normal(size=(2, 12))
    plain = jackknife_difference(mean_change, before, after)
    moved = jackknife_difference(mean_change, before * scale, after * scale + shift)
    assert moved.standard_error == pytest.approx(plain.standard_error * scale, rel=1e-6)
    assert moved.difference == pytest.approx(plain.difference * scale + shift, abs=1e-9 * scale)
    order = rng.permutation(12)
    again = jackknife_difference(mean_change, before[order], after[order])
    assert again.standard_error == pytest.approx(plain.standard_error)
    assert again.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom)
    assert plain.degrees_of_freedom <= 11


def test_many_measures_at_once() -> None:
    rng = np.random.default_rng(2)
    before, after = rng.normal(size=(2, 30, 5))
    both = jackknife_difference(lambda a, b: b.mean(axis=0) - a.mean(axis=0), before, after)
    assert both.difference.shape == both.low.shape == (5,)
    for which in range(5):
        one = jackknife_difference(mean_change, before[:, which], after[:, which])
        assert both.standard_error[which] == pytest.approx(one.standard_error)
        assert both.high[which] == pytest.approx(one.high)


def test_edges() -> None:
    two = jackknife_difference(mean_change, np.arange(2.0), np.arange(2.0) + 1)
    assert two.difference == 1
    assert np.isnan([two.standard_error, two.low, two.high]).all()
    same = jackknife_difference(mean_change, np.ones(5), np.ones(5))
    assert (same.low, same.high) == (0, 0)
    undefined = from_left_out(np.array(1.0), np.array([1.0, np.nan, 1.2, 0.9]))
    assert np.isnan(undefined.standard_error)
    assert np.isnan(undefined.low)
    with pytest.raises(StatsInputError, match="same schools"):
        jackknife_difference(mean_change, np.ones(5), np.ones(4))
