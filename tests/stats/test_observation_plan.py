"""The plan of observation: a calibrated probability, its rules, and better than other ways."""

from __future__ import annotations

import bench_plan
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.observation_plan import (
    Reason,
    choose_visits,
    choose_works,
    probability_of_effect,
)

RULES = {"least": 0.2, "again": 0.5, "lot": 0.2}


def visits(chance, observers, *, seed=1, municipality=None, visited=None, **rules):
    n = len(chance)
    return choose_visits(
        np.asarray(chance, dtype=float),
        np.zeros(n) if municipality is None else municipality,
        np.zeros(n, bool) if visited is None else np.asarray(visited, bool),
        observers,
        **{**RULES, **rules},
        rng=np.random.default_rng(seed),
    )


# --- the probability ------------------------------------------------------------------------------


def test_probability_is_bayes_formula_of_the_true_mixture() -> None:
    """With 20,000 schools the estimated prior is the true one: P follows from two normal densities.

    A tenth of the schools stands at a shift of 3. At z the truth is .1φ(z−3)/(.1φ(z−3) + .9φ(z));
    the grid has the shift among its points, so what remains is the error of the estimated shares.
    """
    rng = np.random.default_rng(1)
    guilty = rng.random(20_000) < 0.1
    z = rng.normal(3.0 * guilty)
    found = probability_of_effect(norm.sf(z))
    # At z = 1.55 and 3.70 the truth is .120 and .986.
    for at in (1.55, 2.25, 3.0, 3.7):
        truth = 0.1 * norm.pdf(at - 3) / (0.1 * norm.pdf(at - 3) + 0.9 * norm.pdf(at))
        near = np.abs(z - at) < 0.02
        assert abs(found[near].mean() - truth) < 0.06


def test_in_an_honest_region_hardly_anybody_is_probable() -> None:
    """40 honest regions of 150 schools, uniform p: P ≥ .2 for 0.6 %, standard error 0.2 points."""
    named = [
        (probability_of_effect(np.random.default_rng(seed).random(150)) >= 0.2).mean()
        for seed in range(40)
    ]
    assert np.mean(named) < 0.012


def test_schools_without_p_and_regions_without_any() -> None:
    assert np.isnan(probability_of_effect(np.full(3, np.nan))).all()
    chance = probability_of_effect(np.array([0.5, np.nan, 1.0, 0.0]))
    assert np.isfinite(chance).all()
    with pytest.raises(StatsInputError):
        probability_of_effect(np.array([1.5]))


# --- the rules ------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    chance = np.zeros(50)
    assert visits(chance, 5) == visits(chance, 5)
    assert visits(chance, 5) != visits(chance, 5, seed=2)


def test_nobody_twice_in_a_row_unless_still_probable() -> None:
    chance, was = [0.9, 0.4, 0.3, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0]
    plan = {one.school: one.reason for one in visits(chance, 4, visited=was)}
    assert plan[0] == Reason.AGAIN
    assert plan[2] == Reason.PROBABLE
    assert 1 not in plan


def test_no_municipality_gets_more_than_twice_its_share() -> None:
    chance = np.append(np.full(10, 0.9), np.full(30, 0.5))
    municipality = np.repeat(["a", "b", "c", "d"], 10)
    chosen = [one.school for one in visits(chance, 10, municipality=municipality, lot=0.0)]
    assert sum(school < 10 for school in chosen) == 5  # twice 10 · 10/40


def test_every_school_can_be_chosen() -> None:
    """One of two observers goes by lot; 60 schools, 600 seeds: each is missed with P < e⁻¹⁰."""
    chance = np.append(0.99, np.zeros(59))
    seen = {one.school for seed in range(600) for one in visits(chance, 2, seed=seed)}
    assert seen == set(range(60))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
    st.integers(0, 40),
    st.integers(0, 99),
)
def test_capacity_is_used_and_nobody_chosen_twice(chance, observers, seed) -> None:
    plan = visits(chance, observers, seed=seed)
    assert len(plan) == min(observers, len(chance))
    assert len({one.school for one in plan}) == len(plan)
    for one in plan:
        assert one.reason == Reason.LOT or chance[one.school] >= RULES["least"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), st.integers(0, 300), st.sampled_from([0.0, 0.2, 1.0]))
def test_works_stay_within_the_capacity_and_the_cells(seed, works, lot) -> None:
    rng = np.random.default_rng(seed)
    chance, at_cut = rng.random(8), rng.integers(0, 20, (8, 3))
    plan = choose_works(
        chance, at_cut, rng.uniform(0, 20, (8, 3)), works, least=0.2, lot=lot, block=5, rng=rng
    )
    assert sum(one.works for one in plan) <= works
    assert len({(one.school, one.paper) for one in plan}) == len(plan)
    for one in plan:
        assert at_cut[one.school, one.paper] > 0
        assert one.works % 5 == 0
        assert one.works < at_cut[one.school, one.paper] + 5
        assert one.reason == Reason.LOT or chance[one.school] >= 0.2


def test_a_school_without_extra_works_is_not_marked_again_but_by_lot() -> None:
    plan = choose_works(
        np.array([0.9]), np.array([[10]]), np.array([[12.0]]), 100, least=0.2, lot=0.0, block=5,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert plan == ()


@pytest.mark.parametrize("wrong", [{"lot": 1.5}, {"observers": -1}, {"chance": [1.2]}])
def test_arguments_that_can_not_be_are_refused(wrong) -> None:
    chance, observers = wrong.pop("chance", [0.5]), wrong.pop("observers", 1)
    with pytest.raises(StatsInputError):
        visits(chance, observers, **wrong)


# --- better than other ways -----------------------------------------------------------------------


def test_the_plan_beats_lot_and_the_largest_mean() -> None:
    """A small version of benchmarks/bench_plan.py: 4 regions of 200 schools, twenty guilty each."""
    assert bench_plan.wins(bench_plan.compare(4))
