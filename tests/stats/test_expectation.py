"""The expectation from other units: against refits by statsmodels, its symmetries, its edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import WLS

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.expectation import expectation
from msoko_analysis.stats.overdispersion import CUT, overdispersion


def schools(seed: int, units: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, standard errors and a design: ones, a group, a number; five units far away."""
    rng = np.random.default_rng(seed)
    group = (np.arange(units) % 5 == 0).astype(float)
    design = np.column_stack([np.ones(units), group, rng.normal(size=units)])
    error = rng.uniform(0.05, 0.3, units)
    value = design @ [0.2, 1.0, -0.3] + rng.normal(0, np.hypot(error, 0.2))
    value[:5] += 3.0
    return value, error, design


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_unit_against_a_refit_without_it(seed: int) -> None:
    value, error, design = schools(seed)
    fit = expectation(value, error, design)
    huber = np.minimum(1.0, CUT / np.abs(fit.z))
    weight = huber / (error**2 + fit.tau2)
    for unit in (0, 4, 17, 60, 119):
        others = np.arange(len(value)) != unit
        foreign = WLS(value[others], design[others], weights=weight[others]).fit()
        at = design[unit]
        assert fit.expected[unit] == pytest.approx(foreign.predict(at)[0], abs=1e-5)
        variance = at @ foreign.normalized_cov_params @ at
        assert fit.error[unit] == pytest.approx(np.sqrt(variance), rel=1e-4)


def test_spread_is_that_of_the_distances() -> None:
    value, error, design = schools(4)
    fit = expectation(value, error, design)
    rest = overdispersion(value - fit.expected, np.hypot(error, fit.error))
    assert fit.tau2 == pytest.approx(rest.tau2, rel=1e-9)
    assert 0.02 < fit.tau2 < 0.08  # .04 was planted
    assert (np.abs(fit.z[:5]) > 5).all()  # far units do not hide themselves


def test_without_conditions_it_is_the_mean_of_the_others() -> None:
    value = np.array([1.0, 1.0, 1.2, 0.8, 1.1, 0.9])
    fit = expectation(value, np.full(6, 10.0), np.ones((6, 1)))  # so wide that all weigh the same
    assert fit.expected == pytest.approx((value.sum() - value) / 5)
    assert fit.error == pytest.approx(10 / np.sqrt(5))
    assert fit.tau2 == 0.0


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0.1, 10),
    st.floats(-5, 5),
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
)
def test_units_of_value_and_the_choice_of_terms_do_not_matter(
    seed: int, factor: float, shift: float, slopes: list[float]
) -> None:
    value, error, design = schools(seed, 60)
    one = expectation(value, error, design)
    moved = value + design @ np.array(slopes) + shift
    other_terms = design @ np.array([[1.0, 1.0, 0.5], [0.0, 2.0, 0.0], [0.0, 1.0, -3.0]])
    two = expectation(factor * moved, factor * error, other_terms)
    assert two.z == pytest.approx(one.z, abs=1e-9)
    assert two.tau2 == pytest.approx(factor**2 * one.tau2, rel=1e-9, abs=1e-12)
    twice = np.column_stack([design, design[:, 1], 1 - design[:, 1]])  # nothing new is said
    assert expectation(value, error, twice).z == pytest.approx(one.z, abs=1e-6)


def test_a_unit_alone_under_a_condition_has_no_expectation() -> None:
    value, error, design = schools(5)
    alone = np.zeros(len(value))
    alone[7] = 1.0
    fit = expectation(value, error, np.column_stack([design, alone]))
    assert np.isnan(fit.expected[7])
    assert np.isnan(fit.z[7])
    assert np.isfinite(np.delete(fit.z, 7)).all()
    missing = np.where(np.arange(len(value)) == 7, np.nan, value)
    assert np.delete(fit.expected, 7) == pytest.approx(
        np.delete(expectation(missing, error, design).expected, 7)
    )


def test_edges() -> None:
    value, error, design = schools(6)
    constant = expectation(np.ones(40), 0.1, np.ones((40, 1)))
    assert constant.expected == pytest.approx(1.0)
    assert constant.tau2 == 0.0
    with pytest.raises(StatsInputError, match="at least 15 units"):
        expectation(value[:14], error[:14], design[:14])
    for nobody in (value[:0], np.full(14, np.nan)):
        with pytest.raises(StatsInputError, match="at least 5 units"):
            expectation(nobody, np.full(len(nobody), 0.1), np.ones((len(nobody), 1)))
    with pytest.raises(StatsInputError, match="positive"):
        expectation(value, np.zeros(len(value)), design)
    with pytest.raises(StatsInputError, match="design"):
        expectation(value, error, design[:5])
    with pytest.raises(StatsInputError, match="design"):
        expectation(value, error, np.full_like(design, np.nan))
