"""A school in one procedure given another: exact conditional normal, recovery, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats import link as module
from msoko_analysis.stats.jump import Occasion
from msoko_analysis.stats.link import link
from msoko_analysis.stats.overdispersion import CUT, overdispersion


def procedures(
    seed: int, schools: int = 300, *, slope: float = 0.8, drift: float = 0.2, r: float = 0.5
) -> tuple[Occasion, Occasion]:
    """Normal schools and pupils, exactly as the model says, a tenth of the second's pupils gone."""
    rng = np.random.default_rng(seed)
    n = rng.integers(5, 90, schools).astype(float)
    left = np.maximum(np.rint(0.9 * n), 5)
    true = rng.normal(0, 0.45, schools)
    common = 0.9 * 0.8 * r / n
    noise = np.array(
        [
            rng.multivariate_normal([0, 0], [[0.81 / a, c], [c, 0.64 / b]])
            for a, b, c in zip(n, left, common, strict=True)
        ]
    )
    later = 0.1 + slope * true + rng.normal(0, drift, schools)
    one = Occasion(true + noise[:, 0], np.full(schools, 0.9), n)
    return one, Occasion(later + noise[:, 1], np.full(schools, 0.8), left)


def test_the_planted_model_is_recovered() -> None:
    found = [link(*procedures(seed, 1_000)) for seed in range(3)]
    assert np.mean([one.slope for one in found]) == pytest.approx(0.8, abs=0.04)
    assert np.mean([one.drift.tau2 for one in found]) == pytest.approx(0.04, abs=0.006)
    z = np.concatenate([one.z for one in found])
    assert z.std() == pytest.approx(1, abs=0.04)


def test_expectation_and_error_are_those_of_the_conditional_normal(monkeypatch) -> None:
    monkeypatch.setattr(module, "_ROUNDS", 1)  # plain maximum likelihood: free of weights
    first, second = procedures(1, 60)
    result = link(first, second)
    judged = np.ones(60, dtype=bool)
    free = module._Model(first, second, judged).free
    root, cross, rest, r = np.exp(free[2]), free[3], np.exp(free[4]), free[5]
    true = np.array([[root**2, root * cross], [root * cross, cross**2 + rest**2]])
    for school in range(60):
        a, b = first.n[school], second.n[school]
        common = r * 0.9 * 0.8 * min(a, b) / (a * b)
        whole = true + np.array([[0.81 / a, common], [common, 0.64 / b]])
        expected = free[1] + whole[0, 1] / whole[0, 0] * (first.mean[school] - free[0])
        spread = whole[1, 1] - whole[0, 1] ** 2 / whole[0, 0]
        assert result.expected[school] == pytest.approx(expected)
        assert result.standard_error[school] ** 2 + rest**2 == pytest.approx(spread)
    departures = second.mean - result.expected
    assert np.allclose(result.z, overdispersion(departures, result.standard_error).deviate)


def test_the_objective_is_the_likelihood_of_pairs() -> None:
    first, second = procedures(2, 40)
    model = module._Model(first, second, np.ones(40, dtype=bool))
    means, sizes = np.stack([first.mean, second.mean]), (first.n, second.n)
    free = np.array([0.05, 0.1, -0.9, 0.3, -1.7, 0.4])
    slow = 0.0
    for school in range(40):
        (one, both, two), _ = model._covariance(free, first.n, second.n)
        matrix = [[one[school], both[school]], [both[school], two[school]]]
        slow -= multivariate_normal(free[:2], matrix).logpdf(means[:, school])
    fast = model._loss(free, means, sizes, np.ones(40), 1.0)
    assert fast + 40 * np.log(2 * np.pi) == pytest.approx(slow)


def test_weights_do_not_shrink_the_variance() -> None:
    def weight(z: float) -> float:
        return min(1.0, CUT / abs(z)) if z else 1.0

    kept = [quad(lambda z, k=k: weight(z) * z**k * norm.pdf(z), -9, 9)[0] for k in (2, 0)]
    assert pytest.approx(kept[0] / kept[1], rel=1e-6) == module._CONSISTENCY


def test_a_lucky_small_school_is_expected_to_fall_back_further() -> None:
    first, second = procedures(3)
    for one in (first, second):
        one.n[:2] = 5, 80
    first.mean[:2] = 0.8
    result = link(first, second)
    assert result.expected[0] < result.expected[1] - 0.02


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 500), shift=st.floats(-1, 1), scale=st.floats(0.8, 1.3))
def test_units_and_order(seed: int, shift: float, scale: float) -> None:
    first, second = procedures(seed, 80)
    result = link(first, second)
    moved = Occasion(scale * second.mean + shift, scale * second.sd, second.n)
    assert np.allclose(link(first, moved).z, result.z, atol=0.02)
    order = np.random.default_rng(seed).permutation(80)
    mixed = [Occasion(one.mean[order], one.sd[order], one.n[order]) for one in (first, second)]
    assert np.allclose(link(*mixed).z, result.z[order], atol=0.02)


def test_edges() -> None:
    first, second = procedures(4)
    first.n[:3] = 0, 4, 1
    first.mean[0] = first.sd[0] = first.sd[2] = np.nan
    result = link(first, second)
    assert np.isnan(result.effect[0])
    assert np.isfinite(result.effect[1:]).all()
    assert np.isnan(result.p[:3]).all()
    assert np.isfinite(result.p[3:]).all()
    low, high = result.interval()
    assert (low[1:] < result.effect[1:]).all()
    assert (result.effect[1:] < high[1:]).all()
    with pytest.raises(StatsInputError, match="same schools"):
        link(procedures(5)[0], procedures(5, 301)[1])
    with pytest.raises(StatsInputError, match="at least 20 schools"):
        link(*procedures(6, 19))
