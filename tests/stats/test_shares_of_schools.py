"""Isolation of low performers and shrunken shares: exact expectations, published fits, twins."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import betabinom

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.isolation import isolation, isolation_without_each
from msoko_analysis.stats.shrunken_share import _minus_likelihood, shrunken_share

# Tumours in 71 groups of rats (Tarone 1982), table 5.1 of Gelman et al., Bayesian Data Analysis.
TUMOURS = np.array(
    [*[0] * 14, *[1] * 8, *[2] * 9, 1, 5, 2, 5, 3, 2, 7, 7, 3, 3, 2, 9, 10, *[4] * 7, 10, 4, 4, 4,
     5, 11, 12, 5, 5, 6, 5, 6, 6, 16, 15, 15, 9, 4]
)  # fmt: skip
RATS = np.array(
    [20, 20, 20, 20, 20, 20, 20, 19, 19, 19, 19, 18, 18, 17, 20, 20, 20, 20, 19, 19, 18, 18, 25, 24,
     23, 20, 20, 20, 20, 20, 20, 10, 49, 19, 46, 27, 17, 49, 47, 20, 20, 13, 48, 50, 20, 20, 20, 20,
     20, 20, 20, 48, 19, 19, 19, 22, 46, 49, 20, 20, 23, 19, 22, 20, 52, 46, 47, 24, 14]
)  # fmt: skip


def test_isolation_by_hand() -> None:
    # Two schools of 10, 4 of 20 low: xPx = (3/4)(3/10) + (1/4)(1/10) = .25; P = .2.
    result = isolation(np.array([3, 1, 0]), np.array([10, 10, 0]))
    assert result.eta2 == pytest.approx(0.05 / 0.8)
    assert result.expected == pytest.approx(1 / 19)
    assert isolation(np.array([10, 0]), np.array([10, 10])).eta2 == pytest.approx(1)
    assert isolation(np.array([2, 4]), np.array([10, 20])).eta2 == pytest.approx(0)


def test_expectation_over_all_deals() -> None:
    """Every way of dealing 3 low performers over 8 places in schools of 1, 3 and 4: the mean."""
    from itertools import combinations

    place = np.repeat([0, 1, 2], [1, 3, 4])
    deals = [np.bincount(place[list(who)], minlength=3) for who in combinations(range(8), 3)]
    result = isolation(np.array(deals), np.tile([1, 3, 4], (len(deals), 1)))
    assert result.eta2.mean() == pytest.approx(result.expected[0], abs=1e-12)
    assert result.excess.mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_leaving_a_school_out_is_the_rest_alone(seed: int) -> None:
    """The slow twin computes every rest anew; one school is empty, the last two have all the low."""
    rng = np.random.default_rng(seed)
    n = np.append(rng.integers(0, 30, 12), [0, 5, 7])
    low = np.append(rng.binomial(n[:12], 0.3) * (seed > 0), [0, 5, 2])
    rests = [np.delete(np.arange(len(n)), school) for school in range(len(n))]
    twin = [isolation(low[rest], n[rest]) for rest in rests]
    fast = isolation_without_each(low, n)
    np.testing.assert_allclose(fast.eta2, [one.eta2 for one in twin], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(fast.expected, [one.expected for one in twin], rtol=1e-12)


def test_many_schools_fit_in_memory() -> None:
    """18,000 schools: a table of schools by schools would hold 2.6 GB."""
    tracemalloc.start()
    isolation_without_each(np.ones(18_000), np.full(18_000, 10.0))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10e6


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_isolation_bounds_and_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 30, 8)
    low = rng.binomial(n, 0.3)
    n[0], low[0] = 5, 2
    result = isolation(low, n)
    assert -1e-12 <= result.eta2 <= 1 + 1e-12
    order = rng.permutation(8)
    assert isolation(low[order], n[order]).eta2 == pytest.approx(float(result.eta2))
    # Those who are not low are isolated as much.
    assert isolation(n - low, n).eta2 == pytest.approx(float(result.eta2))


def test_isolation_edges() -> None:
    for low in ([0, 0], [4, 5]):
        assert np.isnan(isolation(np.array(low), np.array([4, 5])).excess)
    with pytest.raises(StatsInputError, match="between 0 and n"):
        isolation(np.array([5]), np.array([4]))
    with pytest.raises(StatsInputError, match="same schools"):
        isolation(np.array([5]), np.array([4, 4]))


def test_likelihood_of_the_rats() -> None:
    """Posterior means of α and β by Gelman et al. (BDA3, p. 113): 2.4 and 14.3.

    Their prior is p(α, β) ∝ (α + β)^(−5/2) on the 70 earlier and the one current group.
    """
    assert len(TUMOURS) == len(RATS)
    logit, log_total = np.meshgrid(np.linspace(-2.5, -1.1, 57), np.linspace(1.0, 5.5, 73))
    alpha = np.exp(log_total) / (1 + np.exp(-logit))
    beta = np.exp(log_total) - alpha
    likelihood = np.array(
        [-len(RATS) * _minus_likelihood(np.array(point), TUMOURS, RATS)[0]
         for point in zip(logit.ravel(), log_total.ravel(), strict=True)]
    ).reshape(logit.shape)  # fmt: skip
    # Jacobian of (logit, log total) is αβ.
    posterior = likelihood + np.log(alpha) + np.log(beta) - 2.5 * log_total
    weight = np.exp(posterior - posterior.max())
    assert (weight * alpha).sum() / weight.sum() == pytest.approx(2.4, abs=0.1)
    assert (weight * beta).sum() / weight.sum() == pytest.approx(14.3, abs=0.6)


def test_fit_equals_scipys_distribution() -> None:
    def minus_likelihood(parameters: np.ndarray) -> float:
        return -betabinom.logpmf(TUMOURS, RATS, *np.exp(parameters)).sum()

    best = minimize(minus_likelihood, [0.5, 2.0], method="Nelder-Mead", options={"xatol": 1e-8})
    a, b = np.exp(best.x)
    result = shrunken_share(TUMOURS, RATS)
    assert result.mean == pytest.approx(a / (a + b), rel=1e-4)
    assert result.precision == pytest.approx(a + b, rel=1e-3)
    # The posterior is that of the conjugate prior: integrated over a grid of shares.
    grid = np.linspace(0.0005, 0.9995, 1000)
    log = (TUMOURS[70 - 2] + a - 1) * np.log(grid)
    log += (RATS[70 - 2] - TUMOURS[70 - 2] + b - 1) * np.log1p(-grid)
    weight = np.exp(log - log.max())
    cumulative = weight.cumsum() / weight.sum()
    low, high = result.interval()
    assert result.value[68] == pytest.approx((weight * grid).sum() / weight.sum(), abs=1e-3)
    assert low[68] == pytest.approx(grid[np.searchsorted(cumulative, 0.025)], abs=2e-3)
    assert high[68] == pytest.approx(grid[np.searchsorted(cumulative, 0.975)], abs=2e-3)


def test_slope_is_that_of_the_likelihood() -> None:
    point = np.array([-1.3, 2.2])
    slope = _minus_likelihood(point, TUMOURS, RATS)[1]
    for place in range(2):
        step = np.zeros(2)
        step[place] = 1e-5
        up, down = (_minus_likelihood(point + s * step, TUMOURS, RATS)[0] for s in (1, -1))
        assert slope[place] == pytest.approx((up - down) / 2e-5, abs=1e-7)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_shrunken_towards_the_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 60, 30)
    count = rng.binomial(n, rng.beta(2, 6, 30))
    result = shrunken_share(count, n)
    observed = count / n
    between = np.minimum(observed, result.mean), np.maximum(observed, result.mean)
    assert (result.value >= between[0] - 1e-9).all()
    assert (result.value <= between[1] + 1e-9).all()
    low, high = result.interval()
    assert (low <= result.value).all()
    assert (high >= result.value).all()
    assert np.allclose(shrunken_share(n - count, n).value, 1 - result.value, atol=1e-4)


def test_covers_the_shares_of_schools() -> None:
    """95 % intervals in 60 regions; 60 schools of 5–60 pupils a region.

    Monte-Carlo error of the coverage over 3,600 schools is .004; the prior counted as known may
    cost a point.
    """
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(60):
        n = rng.integers(5, 60, 60)
        truth = rng.beta(2, 8, 60)
        low, high = shrunken_share(rng.binomial(n, truth), n).interval()
        inside.append((low <= truth) & (truth <= high))
    assert 0.93 <= np.mean(inside) <= 0.965


def test_schools_alike_and_edges() -> None:
    same = shrunken_share(np.full(40, 5), np.full(40, 20))
    assert np.allclose(same.value, 0.25, atol=1e-3)
    assert same.precision == pytest.approx(1e5)
    for count, n in (([0, 0], [4, 5]), ([4, 5], [4, 5]), ([1, 0], [4, 0]), ([0], [0])):
        nothing = shrunken_share(np.array(count), np.array(n))
        assert np.isnan(nothing.value).all()
        assert np.isnan(nothing.interval()[0]).all()
    with pytest.raises(StatsInputError, match="between 0 and n"):
        shrunken_share(np.array([5]), np.array([4]))
    with pytest.raises(StatsInputError, match="same schools"):
        shrunken_share(np.array([5]), np.array([4, 4]))
