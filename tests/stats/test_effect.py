"""Effect of a measure: foreign references, an exact twin, size under regression to the mean."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, ttest_ind

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.effect import (
    baseline_adjusted,
    difference_in_differences,
    event_study,
    permutation_p,
    smallest_detectable,
)


def world(
    rng: np.random.Generator, schools: int, *, effect: float, share: float = 0.15
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Schools chosen for a low last year: before, after, chosen, sampling error (schools,).

    Real school levels with SD .4 drift by .12 a year; a paper of n pupils adds 1/√n.
    """
    n = np.clip(rng.lognormal(np.log(30), 0.7, schools), 6, 150)
    level, error = rng.normal(0, 0.4, schools), 1 / np.sqrt(n)
    before = level + rng.normal(0, 0.12, schools) + rng.normal(0, error)
    chosen = rng.random(schools) < np.where(before < np.quantile(before, 0.3), share / 0.3, 0)
    after = level + rng.normal(0, 0.12, schools) + rng.normal(0, error) + effect * chosen
    return before, after, chosen, error


# --- foreign references ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_difference_is_welch_and_statsmodels_hc2(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after, chosen, _ = world(rng, 60, effect=0.2)
    ours = difference_in_differences(before, after, chosen)
    change = after - before
    welch = ttest_ind(change[chosen], change[~chosen], equal_var=False)
    fit = sm.OLS(change, sm.add_constant(chosen.astype(float))).fit(cov_type="HC2")
    assert ours.p == pytest.approx(welch.pvalue, abs=1e-3)  # freedom: Bell–McCaffrey, not Welch
    assert ours.estimate / ours.standard_error == pytest.approx(welch.statistic, rel=1e-6)
    assert (ours.estimate, ours.standard_error) == pytest.approx(
        (fit.params[1], fit.bse[1]), rel=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_two_way_fixed_effects_with_clusters_agree(seed: int) -> None:
    """With two periods the regression on school and period dummies, clustered by school, gives the
    same effect; its CR0 variance is HC0 of the changes, so it is compared by that factor."""
    before, after, chosen, _ = world(np.random.default_rng(seed), 40, effect=0.1)
    schools = len(before)
    dummies = np.tile(np.eye(schools), (2, 1))
    late = np.repeat([0.0, 1.0], schools)
    design = np.column_stack([dummies, late, late * np.tile(chosen, 2)])
    fit = sm.OLS(np.r_[before, after], design).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.tile(np.arange(schools), 2), "use_correction": False},
    )
    ours = difference_in_differences(before, after, chosen)
    change = after - before
    hc0 = np.sqrt(sum(change[side].var() / side.sum() for side in (chosen, ~chosen)))
    assert ours.estimate == pytest.approx(fit.params[-1], rel=1e-6)
    assert hc0 == pytest.approx(fit.bse[-1], rel=1e-6)
    hc2 = np.sqrt(sum(change[side].var(ddof=1) / side.sum() for side in (chosen, ~chosen)))
    assert ours.standard_error == pytest.approx(hc2, rel=1e-9)


def test_adjusted_agrees_with_statsmodels_when_the_baseline_is_exact() -> None:
    """Without sampling error the earlier result is not drawn in, and this is plain regression."""
    rng = np.random.default_rng(5)
    before, after, chosen, _ = world(rng, 80, effect=0.3)
    size = rng.normal(size=(80, 1))
    ours = baseline_adjusted(
        before, after, chosen, sampling_error=np.full(80, 1e-9), covariates=size
    )
    design = sm.add_constant(np.column_stack([chosen, before, size]).astype(float))
    fit = sm.OLS(after, design).fit(cov_type="HC2")
    assert (ours.estimate, ours.standard_error) == pytest.approx(
        (fit.params[1], fit.bse[1]), rel=1e-6
    )


# --- twins and properties ----------------------------------------------------------------------


def test_permutation_agrees_with_all_choices() -> None:
    rng = np.random.default_rng(2)
    change = rng.normal(size=11)
    chosen = np.arange(11) < 3
    change[chosen] += 1.2

    def statistic(pick: tuple[int, ...]) -> float:
        side = np.isin(np.arange(11), pick)
        return abs(ttest_ind(change[side], change[~side], equal_var=False).statistic)

    every = np.array([statistic(pick) for pick in combinations(range(11), 3)])
    exact = (every >= statistic((0, 1, 2)) * (1 - 1e-12)).mean()
    drawn = permutation_p(np.zeros(11), change, chosen, rng=rng, rounds=20_000)
    assert drawn == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_detectable_effect_has_the_power_it_promises() -> None:
    rng = np.random.default_rng(3)
    size, runs = smallest_detectable(0.5, 12, 40), 2000
    chosen = np.arange(52) < 12
    after = rng.normal(0, 0.5, (runs, 52)) + size * chosen
    found = sum(difference_in_differences(np.zeros(52), one, chosen).p < 0.05 for one in after)
    # unequal groups: Welch loses a little against the pooled t the formula is about
    assert binom.ppf(0.001, runs, 0.77) <= found <= binom.ppf(0.999, runs, 0.81)


@settings(max_examples=25, deadline=None)
@given(shift=st.floats(-5, 5), scale=st.floats(0.1, 10), seed=st.integers(0, 100))
def test_units_of_the_outcome_do_not_matter(shift: float, scale: float, seed: int) -> None:
    before, after, chosen, error = world(np.random.default_rng(seed), 60, effect=0.2, share=0.3)
    plain = baseline_adjusted(before, after, chosen, sampling_error=error)
    moved = baseline_adjusted(
        shift + scale * before, shift + scale * after, chosen, sampling_error=scale * error
    )
    assert moved.estimate == pytest.approx(scale * plain.estimate, abs=1e-6 * scale)
    assert moved.p == pytest.approx(plain.p, abs=1e-5)


def test_event_study_sees_groups_that_already_went_apart() -> None:
    rng = np.random.default_rng(4)
    chosen = np.arange(60) < 20
    drift = np.outer(chosen, [-0.6, -0.3, 0.0, 0.3])
    study = event_study(drift + rng.normal(0, 0.1, (60, 4)), chosen, reference=2)
    assert study[2] is None
    assert study[0].p < 1e-6
    assert study[0].estimate < study[1].estimate < 0


@pytest.mark.parametrize(
    ("before", "treated", "message"),
    [
        (np.zeros(6), np.zeros(6, dtype=bool), "got 0 and 6"),
        (np.zeros(6), np.ones(6, dtype=bool), "got 6 and 0"),
        (np.r_[np.full(5, np.nan), 0.0], np.arange(6) < 3, "got 0 and 1"),
        (np.zeros(5), np.arange(6) < 3, "same schools"),
        (np.zeros(6), np.arange(6), "true or false"),
    ],
)
def test_no_comparison_no_effect(before: np.ndarray, treated: np.ndarray, message: str) -> None:
    with pytest.raises(StatsInputError, match=message):
        difference_in_differences(before, np.zeros(6), treated)


# --- size and power when the measure goes to schools with a bad year ---------------------------


def _rates(runs: int, effect: float) -> tuple[int, int, float]:
    naive, honest, estimates = 0, 0, []
    for seed in range(runs):
        before, after, chosen, error = world(np.random.default_rng(seed), 150, effect=effect)
        naive += difference_in_differences(before, after, chosen).p < 0.05
        adjusted = baseline_adjusted(before, after, chosen, sampling_error=error)
        honest += adjusted.p < 0.05
        estimates.append(adjusted.estimate)
    return naive, honest, float(np.mean(estimates))


@pytest.mark.parametrize("runs", [400, pytest.param(4000, marks=pytest.mark.slow)])
def test_regression_to_the_mean_is_no_effect(runs: int) -> None:
    naive, honest, mean = _rates(runs, effect=0.0)
    assert naive > 0.5 * runs  # the trap: chosen low schools rise by themselves
    assert binom.ppf(0.001, runs, 0.05) <= honest <= binom.ppf(0.999, runs, 0.05)
    assert abs(mean) < 4 * 0.08 / np.sqrt(runs)


@pytest.mark.parametrize("runs", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_real_effect_is_found_and_not_inflated(runs: int) -> None:
    _, honest, mean = _rates(runs, effect=0.3)
    assert honest > 0.85 * runs
    assert mean == pytest.approx(0.3, abs=4 * 0.08 / np.sqrt(runs))
