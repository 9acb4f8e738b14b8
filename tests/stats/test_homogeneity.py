"""Homogeneity: the χ² test of a variance where it applies, a slow twin, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, f, kurtosis, loggamma, norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.overdispersion import trend
from msoko_analysis.synthetic import honest_world


def counted(scores: np.ndarray, top: int) -> np.ndarray:
    return np.array([np.bincount(row, minlength=top + 1) for row in scores])


def test_equals_the_textbook_test_of_a_variance() -> None:
    # Normal scores, all schools alike: df is n − 1, nobody drifts, and p is that of (n−1)s²/σ² ~ χ².
    rng = np.random.default_rng(1)
    n, sigma = 30, 12.0
    scores = np.clip(np.rint(rng.normal(100, sigma, (4_000, n))), 0, 200).astype(int)
    result = homogeneity(counted(scores, 200))
    textbook = chi2.cdf((n - 1) * scores.var(axis=1, ddof=1) / (sigma**2 + 1 / 12), n - 1)
    # σ² and κ are estimated from 120,000 pupils: √(2/120000) = .4 % of σ², √(24/120000) = 1.4 % of df.
    assert np.median(result.df) == pytest.approx(n - 1, rel=3 * 0.014)
    assert np.abs(norm.ppf(result.p) - norm.ppf(textbook)).max() < 0.15
    assert result.tau < 0.02


def slow_twin(counts: np.ndarray) -> np.ndarray:
    """Pupil by pupil, school by school; the curve over the schools is proven on its own."""
    judged, mean, sd, shape, size = [], [], [], [], []
    for index, row in enumerate(counts):
        pupils = np.repeat(np.arange(len(row)), row.astype(int))
        if len(pupils) >= 8 and 0 < pupils.mean() < len(row) - 1:
            judged.append(index)
            size.append(len(pupils))
            mean.append(pupils.mean())
            sd.append(max(pupils.std(ddof=1), 12**-0.5))
            correction = (len(pupils) + 1) / (len(pupils) - 1)
            shape.append(kurtosis(pupils, fisher=False) * correction if pupils.std() else np.nan)
    size, mean, sd, shape = (np.array(column) for column in (size, mean, sd, shape))
    known = np.isfinite(shape)
    curve = np.polyfit(mean[known], shape[known], 2, w=np.sqrt(size[known]))
    df = 2 * size / (np.maximum(np.polyval(curve, mean), 1.2) - (size - 3) / (size - 1))
    bias = loggamma.mean(df / 2) - np.log(df / 2)  # χ²_d/2 is a gamma variable of shape d/2
    error = loggamma.std(df / 2)
    fit = trend(np.log(sd) - bias / 2, error / 2, mean, degree=3)
    # the prior degrees of freedom by bisection on the variance of log χ²
    low, high = 1.0, 1e9
    for _ in range(60):
        half = np.sqrt(low * high)
        variance = loggamma.var(half / 2)
        low, high = (half, high) if variance > 4 * fit.rest.tau2 else (low, half)
    usual = fit.fitted + fit.rest.centre
    centre = loggamma.mean(half / 2) - np.log(half / 2)
    p = np.full(len(counts), np.nan)
    p[judged] = f.cdf(np.exp(2 * np.log(sd) - 2 * usual - centre), df, half)
    return p


@pytest.mark.parametrize("seed", range(3))
def test_equals_slow_twin(seed: int) -> None:
    counts = honest_world(np.random.default_rng(seed), 120, median_size=40).counts
    assert np.allclose(homogeneity(counts).p, slow_twin(counts), rtol=1e-6, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_reversing_the_scale_changes_nothing(seed: int) -> None:
    counts = honest_world(np.random.default_rng(seed), 40, median_size=20).counts
    there, back = homogeneity(counts), homogeneity(counts[:, ::-1])
    assert np.allclose(there.p, back.p, rtol=1e-6, equal_nan=True)
    assert np.allclose(there.ratio, back.ratio, equal_nan=True)


def test_direction_and_size_of_the_effect() -> None:
    rng = np.random.default_rng(3)
    counts = honest_world(rng, 300, size_spread=0, gymnasiums=0).counts.astype(float)
    alike, apart = np.zeros(26), np.zeros(26)
    alike[11:15] = [6, 17, 16, 6]
    apart[[4, 5, 20, 21]] = [12, 11, 11, 11]
    counts[0], counts[1] = alike, apart
    result = homogeneity(counts)
    assert result.p[0] < 1e-6
    assert result.p[1] > 1 - 1e-4
    assert result.ratio[0] > 4
    assert result.ratio[1] < 1
    low, high = result.ratio_interval()
    assert low[0] < result.ratio[0] < high[0]


def test_edges() -> None:
    counts = honest_world(np.random.default_rng(4), 60).counts.astype(float)
    counts[0] = 0
    counts[1] = np.eye(26)[25] * 40  # all at the maximum
    counts[2] = np.eye(26)[12] * 40  # all at one inner score
    counts[3] = np.eye(26)[12] * 4 + np.eye(26)[13] * 3  # seven pupils
    result = homogeneity(counts)
    assert np.isnan(result.p[[0, 1, 3]]).all()
    assert result.p[2] < 1e-10
    assert np.isfinite(result.z[2])
    assert result.sd[2] == pytest.approx(12**-0.5)
    with pytest.raises(StatsInputError, match="at least 20"):
        homogeneity(counts[:15])
    with pytest.raises(StatsInputError, match="not negative"):
        homogeneity(-counts)
