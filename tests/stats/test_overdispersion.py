"""Centre and spread of units beyond sampling error, and the curve around which they spread."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import root
from scipy.stats import norm
from scipy.stats import t as student

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import (
    CUT,
    _inner_moments,
    mean_square,
    overdispersion,
    trend,
)

# BCG vaccine trials (Colditz et al. 1994): cases and others, vaccinated and not.
BCG = np.array(
    [
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619],
        [33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619],
        [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600],
        [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
    ],
    dtype=float,
)  # fmt: skip


def test_without_a_cut_it_is_paule_mandel() -> None:
    # metafor's documentation: rma(yi, vi, data=dat.bcg, method="PM") gives tau^2 = 0.3181.
    cases, others, control_cases, control_others = BCG.T
    treated, control = cases + others, control_cases + control_others
    risk = np.log(cases / treated) - np.log(control_cases / control)
    variance = 1 / cases - 1 / treated + 1 / control_cases - 1 / control
    result = overdispersion(risk, np.sqrt(variance), cut=np.inf)
    assert result.tau2 == pytest.approx(0.3181, abs=5e-5)
    assert result.centre == pytest.approx(-0.7150, abs=5e-5)


def test_coursework_minus_written_paper_equals_lme4(shared: Path) -> None:
    # lme4 1.1-31, lmer(course − written ~ 1 + (1 | school)) on Gcsemv: 73.81 and 181.17 (REML).
    pupils = pd.read_csv(shared / "data/mlm_reference/Gcsemv.csv.gz").dropna()
    assert np.corrcoef(pupils["course"], pupils["written"])[0, 1] == pytest.approx(0.474, abs=5e-4)
    difference = (pupils["course"] - pupils["written"]).groupby(pupils["school"])
    n, mean = difference.size().to_numpy(), difference.mean().to_numpy()
    within = (difference.var().fillna(0) * (n - 1)).sum() / (n - 1).sum()
    assert within == pytest.approx(181.17, rel=0.005)
    schools = overdispersion(mean, np.sqrt(within / n), cut=np.inf)
    # The moment estimator is another one than REML; it stands within a quarter of its own error.
    error = 73.81 * np.sqrt(2 / len(n))
    assert abs(schools.tau2 - 73.81) < 0.25 * error


@pytest.mark.parametrize("cut", [CUT, 2.0, np.inf])
def test_freedom_is_that_of_the_estimated_variance(cut: float) -> None:
    """``2v²/Var τ̂²`` against the variance of τ̂² over 1,500 regions of schools of unlike size."""
    rng = np.random.default_rng(5)
    error = rng.uniform(0.1, 0.5, 200)
    y = rng.normal(0, np.sqrt(error**2 + 0.09), (1_500, 200))
    tau2 = np.array([overdispersion(one, error, cut=cut).tau2 for one in y])
    known = overdispersion(y[0], error, cut=cut)
    known = type(known)(known.value, error, cut, 0.0, 0.09)
    simulated = 2 * (error**2 + 0.09) ** 2 / tau2.var()
    # The error of a variance from 1,500 draws is 4 %, four of them; the formula is of first order.
    np.testing.assert_allclose(known.freedom, simulated, rtol=0.2)


def _fourth(z: float, cut: float) -> float:
    return min(abs(z), cut) ** 4 * norm.pdf(z)


def test_moments_of_a_cut_deviate() -> None:
    for cut in (0.5, CUT, 3.0):
        inner = quad(lambda z: z**2 * norm.pdf(z), -cut, cut)[0]
        fourth = quad(_fourth, -12, 12, args=(cut,), points=[-cut, cut])[0]
        assert _inner_moments(cut) == pytest.approx((inner, fourth), rel=1e-7)
    assert _inner_moments(np.inf) == (1.0, 3.0)


def test_the_deviate_has_the_tail_of_student() -> None:
    result = overdispersion(np.linspace(-2, 9, 40), np.full(40, 0.5))
    tail = student.sf(np.abs(result.z), result.freedom)
    np.testing.assert_allclose(norm.sf(np.abs(result.deviate)), tail, rtol=1e-9)
    assert (np.sign(result.deviate) == np.sign(result.z)).all()
    assert (np.abs(result.deviate) < np.abs(result.z)).all()


def slow_twin(value: np.ndarray, error: np.ndarray, cut: float) -> tuple[float, float]:
    """Both estimating equations at once, by a general root finder."""

    def equations(unknown: np.ndarray) -> list[float]:
        centre, spread = unknown
        location = scale = 0.0
        for y, s in zip(value, error, strict=True):
            total = (s * s + spread * spread) ** 0.5
            z = max(-cut, min(cut, (y - centre) / total))
            location += z / total
            scale += z * z
        return [location, scale - (len(value) - 1) * mean_square(cut)]

    found = root(equations, [np.median(value), value.std()], tol=1e-13)
    assert found.success
    return found.x[0], found.x[1] ** 2


@pytest.mark.parametrize("seed", range(5))
def test_equals_slow_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    error = rng.uniform(0.1, 0.5, 60)
    value = rng.normal(1, np.sqrt(error**2 + 0.25))
    value[:5] += 3
    centre, tau2 = slow_twin(value, error, CUT)
    result = overdispersion(value, error)
    assert result.centre == pytest.approx(centre, rel=1e-7)
    assert result.tau2 == pytest.approx(tau2, rel=1e-7)


def test_mean_square_of_a_cut_normal_equals_quadrature() -> None:
    grid = np.linspace(-9, 9, 400_001)
    for cut in (0.5, CUT, 3.0):
        square = (np.clip(grid, -cut, cut) ** 2 * norm.pdf(grid)).sum() * (grid[1] - grid[0])
        assert mean_square(cut) == pytest.approx(square, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-50, 50), scale=st.floats(0.01, 100))
def test_follows_shift_and_scale(seed: int, shift: float, scale: float) -> None:
    rng = np.random.default_rng(seed)
    error, value = rng.uniform(0.2, 1, 30), rng.normal(0, 1, 30)
    plain, moved = (
        overdispersion(v, e) for v, e in ((value, error), (value * scale + shift, error * scale))
    )
    assert moved.tau2 == pytest.approx(plain.tau2 * scale**2, rel=1e-5, abs=1e-9 * scale**2)
    assert np.allclose(moved.z, plain.z, atol=1e-5)


def test_unknown_units_change_nothing() -> None:
    rng = np.random.default_rng(3)
    error, value = rng.uniform(0.2, 1, 30), rng.normal(0, 1, 30)
    with_gaps = overdispersion(np.append(value, np.nan), np.append(error, 1.0))
    assert with_gaps.tau2 == overdispersion(value, error).tau2
    assert np.isnan(with_gaps.z[-1])


def test_trend_is_not_bent_by_a_few_far_units() -> None:
    rng = np.random.default_rng(4)
    level = rng.normal(size=300)
    error = np.full(300, 0.1)
    value = 1 + 0.5 * level + rng.normal(0, np.hypot(0.1, 0.2), 300)
    clean = trend(value, error, level, degree=1)
    far = trend(np.where(level > 1.8, value + 4, value), error, level, degree=1)
    least_squares = np.polyfit(level, np.where(level > 1.8, value + 4, value), 1)[0]
    assert clean.rest.tau2 == pytest.approx(0.04, abs=0.012)
    assert abs(far.coefficients[1] / level.std() - 0.5) < 0.15 < abs(least_squares - 0.5)


def test_refusals() -> None:
    with pytest.raises(StatsInputError, match="two units"):
        overdispersion(np.array([1.0, np.nan]), np.array([1.0, 1.0]))
    with pytest.raises(StatsInputError, match="positive"):
        overdispersion(np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    with pytest.raises(StatsInputError, match="at least 20 units"):
        trend(np.zeros(19), np.ones(19), np.arange(19.0), degree=3)
