"""Means of groups of schools: the jackknife as a twin, Welch's test, honest districts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind_from_stats

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.cluster_means import cluster_means


def schools(seed: int, number: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Schools of very unequal size that differ among themselves."""
    rng = np.random.default_rng(seed)
    n = np.rint(np.clip(30 * np.exp(0.8 * rng.normal(size=number)), 2, 200))
    return n * rng.normal(0, np.sqrt(0.04 + 0.5 / n)), n


def test_variance_is_what_leaving_a_school_out_changes() -> None:
    total, n = schools(1, 9)
    result = cluster_means(total, n, np.zeros(9))
    mean = total.sum() / n.sum()
    changes = [np.delete(total, one).sum() / np.delete(n, one).sum() - mean for one in range(9)]
    assert result.mean[0] == pytest.approx(mean)
    assert result.variance[0] == pytest.approx(np.sum(np.square(changes)))
    assert result.freedom[0] == pytest.approx(n.sum() ** 2 / (n**2).sum() - 1)


def test_schools_of_one_size_give_welchs_test() -> None:
    rng = np.random.default_rng(2)
    for _ in range(5):
        inside, outside = rng.normal(0.5, 1, 7), rng.normal(0, 2, 30)
        p = cluster_means(
            10 * np.concatenate([inside, outside]), np.full(37, 10.0), np.arange(37) >= 7
        ).p
        # With w = 1/S the jackknife is S/(S − 1) times the usual variance, S − 1 degrees of freedom.
        spread = [one.std(ddof=1) * np.sqrt(len(one) / (len(one) - 1)) for one in (inside, outside)]
        welch = ttest_ind_from_stats(
            inside.mean(), spread[0], 7, outside.mean(), spread[1], 30, equal_var=False
        )
        assert p == pytest.approx([welch.pvalue] * 2)


@given(seed=st.integers(0, 10_000), shift=st.floats(-5, 5), scale=st.floats(0.1, 10))
def test_units_of_measurement(seed: int, shift: float, scale: float) -> None:
    total, n = schools(seed, 20)
    group = np.arange(20) % 3
    one, other = cluster_means(total, n, group), cluster_means(scale * total + shift * n, n, group)
    assert np.allclose(other.mean, scale * one.mean + shift, atol=1e-9)
    assert np.allclose(other.p, one.p, atol=1e-6)


def test_edges() -> None:
    total, n = np.array([3.0, 1, 2, 0]), np.array([5.0, 5, 5, 0])
    result = cluster_means(total, n, np.array(["A", "B", "B", "C"]))
    assert result.n.tolist() == [5, 10, 0]
    assert np.isnan(result.mean[2])
    assert np.isnan(result.variance[[0, 2]]).all()
    assert np.isnan(result.p).all()  # one school alone on either side
    assert np.isnan(cluster_means(total, n, np.zeros(4)).p).all()  # nobody outside
    flat = cluster_means(np.full(4, 2.0), np.full(4, 5.0), np.array([0, 0, 1, 1]))
    assert np.isnan(flat.p).all()
    with pytest.raises(StatsInputError, match="same schools"):
        cluster_means(total, n[:2], np.zeros(4))
    with pytest.raises(StatsInputError, match="finite"):
        cluster_means(np.full(4, np.nan), n, np.zeros(4))


@pytest.mark.parametrize("size", [800, pytest.param(8_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("inside", [4, 8, 15, 40])
def test_honest_districts(inside: int, size: int) -> None:
    called = covered = 0
    for seed in range(size):
        result = cluster_means(*schools(seed), np.arange(300) >= inside)
        called += result.p[0] < 0.05
        low, high = result.interval()
        covered += low[0] < 0 < high[0]
    error = 3 * np.sqrt(0.05 * 0.95 / size)
    assert 0.02 - error < called / size < 0.06 + error, called / size
    assert 0.94 - error < covered / size < 0.985 + error, covered / size
