"""Ordered probit of mark counts: foreign value, dense quadrature, properties, edges; ICC change."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm
from statsmodels.discrete.discrete_model import Probit

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.mark_likelihood import MarkLikelihood
from msoko_analysis.stats.ordered_probit import ordered_probit

CUTS = np.array([-1.4, 0.1, 1.2])


def marks(seed: int, n: np.ndarray, icc: float = 0.2, cuts: np.ndarray = CUTS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, np.sqrt(icc / (1 - icc)), len(n))
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    return rng.multinomial(n, np.diff(norm.cdf(edges - effect[:, None]), axis=1))


def dense_likelihood(
    counts: np.ndarray, cuts: np.ndarray, tau: float, places: int = 40_001
) -> np.ndarray:
    """Sum over places of the school effect, written out."""
    u = np.linspace(-9 * tau, 9 * tau, places)
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    log = np.log(np.maximum(np.diff(norm.cdf(edges - u[:, None]), axis=1), 1e-300))
    density = norm.pdf(u, scale=tau) * (u[1] - u[0])
    power = counts @ log.T
    highest = power.max(axis=1, keepdims=True)
    return highest[:, 0] + np.log(np.exp(power - highest) @ density)


@pytest.mark.parametrize("n", [1, 12, 200, 5_000])
def test_likelihood_equals_dense_quadrature_at_any_size(n: int) -> None:
    counts = marks(n, np.full(8, n))
    counts[0] = [n, 0, 0, 0]  # all at the minimum and all at the maximum
    counts[1] = [0, 0, 0, n]
    counts[2:4] += 1
    total, gradient, second = MarkLikelihood(counts).evaluate(CUTS, 0.7)
    assert total == pytest.approx(dense_likelihood(counts, CUTS, 0.7), abs=2e-5)
    # Derivatives by differences of the dense likelihood.
    for term, step in enumerate(np.eye(4) * 1e-4):
        ends = [
            dense_likelihood(counts, CUTS + sign * step[:3], 0.7 * np.exp(sign * step[3]))
            for sign in (1, -1)
        ]
        assert gradient[term] == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-3, abs=2e-3)
    assert np.allclose(second, second.transpose(0, 2, 1))


def test_nodes_fixed_on_the_prior_would_fail_for_large_schools() -> None:
    counts = marks(1, np.full(50, 200))
    node, weight = np.polynomial.hermite.hermgauss(21)
    edges = np.concatenate([[-np.inf], CUTS, [np.inf]])
    cells = np.diff(norm.cdf(edges - np.sqrt(2) * 0.5 * node[:, None]), axis=1)
    fixed = np.log(np.exp(counts @ np.log(cells).T) @ (weight / np.sqrt(np.pi)))
    exact = dense_likelihood(counts, CUTS, 0.5)
    adaptive = MarkLikelihood(counts).evaluate(CUTS, 0.5)[0]
    assert np.abs(fixed - exact).max() > 0.1
    assert np.abs(adaptive - exact).max() < 1e-6


def test_without_differences_between_schools_it_is_plain_probit() -> None:
    # statsmodels' probit of one binary variable on a constant: the same likelihood and cut.
    counts = np.tile([[7, 13]], (30, 1))
    result = ordered_probit(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = Probit(np.repeat([0, 1], [210, 390]), np.ones(600)).fit(disp=False)
    assert (result.icc, result.interval()[0]) == (0, 0)
    assert result.cuts[0] == pytest.approx(-fit.params[0], abs=1e-6)
    total, _, _ = MarkLikelihood(counts).evaluate(result.cuts, 0.0)
    assert total.sum() == pytest.approx(fit.llf)


@pytest.mark.parametrize("seed", range(2))
def test_equals_direct_maximisation(seed: int) -> None:
    # The adjustment is written out with the numerical curvature of the dense likelihood.
    counts = marks(seed, np.random.default_rng(seed).integers(5, 40, 25), cuts=CUTS[:2])

    def profile(root: float) -> float:
        tau = root / np.sqrt(1 - root**2)

        def minus_log(marginal: np.ndarray) -> float:
            return -dense_likelihood(counts, marginal * np.sqrt(1 + tau**2), tau, 1_001).sum()

        found = minimize(minus_log, [-1.2, 0.1], method="Nelder-Mead", options={"xatol": 1e-6})
        step = 1e-3 * np.eye(2)
        curvature = [
            [
                sum(i * j * minus_log(found.x + i * a + j * b) for i in (1, -1) for j in (1, -1))
                for a in step
            ]
            for b in step
        ]
        return 2 * found.fun + np.linalg.slogdet(np.array(curvature) / 4e-6)[1]

    result = ordered_probit(counts)
    grid = np.sqrt(result.icc) + np.array([-0.03, 0.0, 0.03])
    bend, slope, _ = np.polyfit(grid - grid[1], [profile(root) for root in grid], 2)
    assert -slope / (2 * bend) == pytest.approx(0, abs=0.003)


def test_one_step_equals_leaving_out() -> None:
    counts = marks(3, np.random.default_rng(3).integers(4, 60, 40))
    result = ordered_probit(counts)
    exact = [ordered_probit(np.delete(counts, school, axis=0)).icc for school in range(40)]
    step = result.without_each_school()
    assert np.corrcoef(step, exact)[0, 1] > 0.995
    assert step.std() == pytest.approx(np.std(exact), rel=0.05)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_of_marks_and_of_schools(seed: int) -> None:
    counts = marks(seed, np.random.default_rng(seed).integers(1, 50, 20))
    plain, mirrored = ordered_probit(counts), ordered_probit(counts[::-1, ::-1])
    assert mirrored.icc == pytest.approx(plain.icc, abs=1e-4)
    assert mirrored.cuts == pytest.approx(-plain.cuts[::-1], abs=1e-3)
    low, high = plain.interval()
    assert low <= plain.icc <= high


def test_empty_categories_and_schools_change_nothing() -> None:
    counts = marks(5, np.full(30, 20))
    plain = ordered_probit(counts)
    more = ordered_probit(np.insert(np.insert(counts, [0, 2, 4], 0, axis=1), 3, 0, axis=0))
    assert more.icc == pytest.approx(plain.icc, abs=1e-6)
    first, second, third = plain.cuts
    assert more.cuts == pytest.approx([-np.inf, first, second, second, third, np.inf], abs=1e-5)
    assert more.without_each_school()[3] == more.icc


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), schools=st.integers(2, 12), most=st.integers(1, 40))
def test_any_small_table_gets_an_answer(seed: int, schools: int, most: int) -> None:
    # Two schools, schools of one mark only, shares near 1: nothing may run away or warn.
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, most + 1, (schools, rng.integers(2, 6))) * (
        rng.random() < rng.random()
    )
    counts = counts + rng.poisson(rng.gamma(0.1, 20, (schools, counts.shape[1])))
    result = ordered_probit(counts)
    low, high = result.interval()
    assert np.isnan(result.icc) or low <= result.icc <= high
    left_out = result.without_each_school()
    assert np.isnan(result.icc) or ((left_out >= 0) & (left_out <= 1)).all()


def test_the_climb_goes_on_where_the_nodes_bend_the_wrong_way() -> None:
    # Schools of one category and a wide prior: a Newton step would lead down from the start at 4.18.
    counts = np.array([[0.0, 10], [50, 0], [0, 3]])
    start = norm.ppf([50 / 63]) * np.sqrt(26)
    height, _, cuts = MarkLikelihood(counts).best_cuts(start, 5.0)
    found = minimize(lambda c: -dense_likelihood(counts, c, 5.0, 4_001).sum(), [-2.0])
    assert height == pytest.approx(-found.fun, abs=0.1)
    assert cuts == pytest.approx(found.x, abs=0.3)
    assert dense_likelihood(counts, start, 5.0).sum() < -found.fun - 1


def test_three_schools_nearly_apart_rule_out_no_share_above() -> None:
    low, high = ordered_probit(np.array([[5, 0], [0, 5], [4, 1]])).interval()
    assert 0 < low < high == 1


def test_too_few_is_an_answer() -> None:
    # Two pupils of 300 stand beside their school: the share runs to 1.
    apart = [[1, 99], [99, 1], [100, 0]]
    for counts in ([[3, 4, 5]], [[0, 9, 0], [0, 4, 0]], [[1, 0], [0, 1]], [[0, 0], [3, 3]], apart):
        result = ordered_probit(np.array(counts))
        assert np.isnan([result.icc, *result.interval(), *result.cuts]).all()
        assert np.isnan(result.without_each_school()).all()
    for counts in ([[1, -1], [2, 3]], [[1], [2]], [1, 2], [[np.nan, 1], [2, 3]]):
        with pytest.raises(StatsInputError):
            ordered_probit(np.array(counts, dtype=float))
