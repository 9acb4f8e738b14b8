"""School results against circumstances: published meta-regression, dense twin, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.context import both_below, context

# BCG vaccine trials (Colditz et al. 1994): cases and others, vaccinated and not; latitude.
BCG = np.array(
    [
        [4, 119, 11, 128, 44], [6, 300, 29, 274, 55], [3, 228, 11, 209, 42],
        [62, 13536, 248, 12619, 52], [33, 5036, 47, 5761, 13], [180, 1361, 372, 1079, 44],
        [8, 2537, 10, 619, 19], [505, 87886, 499, 87892, 13], [29, 7470, 45, 7232, 27],
        [17, 1699, 65, 1600, 42], [186, 50448, 141, 27197, 18], [5, 2493, 3, 2338, 33],
        [27, 16886, 29, 17825, 33],
    ],
    dtype=float,
)  # fmt: skip


def test_meta_regression_equals_metafor() -> None:
    # metafor's documentation, rma(yi, vi, mods = ~ ablat, data = dat.bcg): tau^2 = 0.0764,
    # R^2 = 75.62 %, coefficients 0.2515 and -0.0291, SE (z) 0.2491 and 0.0072; 0.3132 without.
    # Its iterations stop at changes of 1e-5, so its last digit is not the maximum's.
    cases, others, control_cases, control_others, latitude = BCG.T
    treated, control = cases + others, control_cases + control_others
    risk = np.log(cases / treated) - np.log(control_cases / control)
    error = np.sqrt(1 / cases - 1 / treated + 1 / control_cases - 1 / control)
    result = context(risk, error, latitude)
    assert result.tau2 == pytest.approx(0.0764, abs=1e-4)
    assert result.tau2_alone == pytest.approx(0.3132, abs=5e-5)
    assert result.strength == pytest.approx(0.7562, abs=1e-4)
    assert result.coefficients == pytest.approx([0.2515, -0.0291], abs=5e-5)
    weight = 1 / (error**2 + result.tau2)
    left = (weight * (risk - result.expected) ** 2).sum() / (13 - 2)
    plain = np.sqrt(np.diag(result.covariance) / max(left, 1))
    assert plain == pytest.approx([0.2491, 0.0072], abs=5e-5)


def world(seed: int, schools: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, error = rng.normal(size=schools), rng.uniform(0.1, 0.4, schools)
    return 0.3 * x + rng.normal(0, np.hypot(0.25, error)), error, x


@pytest.mark.parametrize("seed", range(3))
def test_tau_equals_dense_restricted_likelihood(seed: int) -> None:
    y, error, x = world(seed)
    design = np.column_stack([np.ones(30), x])
    contrast = np.linalg.svd(design, full_matrices=True)[0][:, 2:].T

    def minus_log(tau: float) -> float:
        # Restricted likelihood by its definition: of contrasts that do not see the line.
        covariance = contrast @ np.diag(error**2 + tau**2) @ contrast.T
        z = contrast @ y
        return np.linalg.slogdet(covariance)[1] + z @ np.linalg.solve(covariance, z)

    found = minimize_scalar(minus_log, bounds=(0, 2), method="bounded", options={"xatol": 1e-9})
    assert np.sqrt(context(y, error, x).tau2) == pytest.approx(found.x, abs=1e-5)


def test_probabilities_equal_drawing_from_the_posterior() -> None:
    y, error, x = world(4, 15)
    result = context(y, error, x)
    design, rng = np.column_stack([np.ones(15), x]), np.random.default_rng(5)
    taus = np.linspace(0.001, 2.0, 400)
    log, lines = [], []
    for tau in taus:
        weight = 1 / (error**2 + tau**2)
        variance = np.linalg.inv(design.T * weight @ design)
        beta = variance @ (design.T * weight @ y)
        left = (weight * (y - design @ beta) ** 2).sum()
        log.append(0.5 * (np.log(weight).sum() + np.linalg.slogdet(variance)[1] - left))
        lines.append((beta, variance))
    chance = np.exp(np.array(log) - max(log))
    above, resilient, draws = np.zeros(15), np.zeros(15), 40_000
    for which, times in enumerate(rng.multinomial(draws, chance / chance.sum())):
        if times:
            line = rng.multivariate_normal(*lines[which], times) @ design.T
            shrink = taus[which] ** 2 / (taus[which] ** 2 + error**2)
            u = rng.normal(shrink * (y - line), np.sqrt(shrink) * error)
            above += (u > 0).sum(axis=0)
            resilient += ((u > 0) & (line + u >= 0.1)).sum(axis=0)
    # Five standard errors of the drawing.
    assert result.probability_above_expected() == pytest.approx(above / draws, abs=0.0125)
    assert result.probability_resilient(0.1) == pytest.approx(resilient / draws, abs=0.0125)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_follows_shift_and_scale(seed: int, shift: float, scale: float) -> None:
    y, error, x = world(seed)
    plain, moved = context(y, error, x), context(scale * y + shift, scale * error, x + 3)
    assert moved.coefficients[1] == pytest.approx(scale * plain.coefficients[1], rel=1e-4)
    assert moved.tau2 == pytest.approx(scale**2 * plain.tau2, rel=1e-3, abs=1e-6 * scale**2)
    above = plain.probability_above_expected()
    assert moved.probability_above_expected() == pytest.approx(above, abs=1e-3)
    level = plain.probability_resilient(0.1)
    assert moved.probability_resilient(scale * 0.1 + shift) == pytest.approx(level, abs=1e-3)
    assert (level <= above + 1e-9).all()
    assert plain.probability_resilient(-1e6) == pytest.approx(above)


def test_large_certain_schools_know_where_they_stand() -> None:
    y, _, x = world(6, 200)
    result = context(y, np.full(200, 1e-4), x)
    clear = np.abs(y - result.expected) > 0.1
    # All that is left to doubt is the line, and that by .02 in the middle, .05 at the ends.
    probability = result.probability_above_expected()[clear]
    assert np.allclose(probability, y[clear] > result.expected[clear], atol=0.01)


def test_both_below_equals_scipy() -> None:
    rng = np.random.default_rng(9)
    first, second = 1.5 * rng.normal(size=(2, 40))
    correlation = rng.uniform(-0.99, 0.99, 40)
    for h, k, r in zip(first, second, correlation, strict=True):
        exact = multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([h, k])
        assert both_below(h, k, r) == pytest.approx(exact, abs=1e-6)
    assert both_below(0.0, -0.5, 0.3) == pytest.approx(
        multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]]).cdf([0, -0.5]), abs=1e-6
    )


def test_unknown_schools_stay_unknown_and_change_nothing() -> None:
    y, error, x = world(7)
    plain = context(y, error, x)
    more = context(
        np.append(y, [np.nan, 1]), np.append(error, 0.2 * np.ones(2)), np.append(x, [0, np.nan])
    )
    assert more.tau2 == plain.tau2
    probability = more.probability_above_expected()
    assert np.isnan(probability[-2:]).all()
    assert probability[:-2] == pytest.approx(plain.probability_above_expected())
    assert np.isnan(more.above_expected[-2:]).all()


def test_alike_schools_have_no_strength() -> None:
    result = context(np.zeros(20), np.ones(20), np.arange(20.0))
    assert result.tau2 == 0
    assert np.isnan(result.strength)
    # Nothing is known about such schools beyond a coin.
    assert result.probability_above_expected() == pytest.approx(0.5, abs=1e-6)


def test_refusals() -> None:
    y, error, x = world(8)
    with pytest.raises(StatsInputError, match="at least 10 schools"):
        context(y[:9], error[:9], x[:9])
    with pytest.raises(StatsInputError, match="vary"):
        context(y, error, np.ones(30))
    with pytest.raises(StatsInputError, match="positive"):
        context(y, 0 * error, x)
    with pytest.raises(StatsInputError, match="same schools"):
        context(y, error, x[1:])
    with pytest.raises(StatsInputError, match="number"):
        context(y, error, x).probability_resilient(np.nan)
