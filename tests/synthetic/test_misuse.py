"""Planted misuse changes what it says, whom it says, as much as it says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom

from msoko_analysis.synthetic import draw_schools, draw_tasks, respond
from msoko_analysis.synthetic.misuse import (
    add_points,
    copy_answers,
    correct,
    give_marks,
    hardest,
    leak,
    lift_points,
)
from msoko_analysis.synthetic.world import CUTS, MAXIMA

SHARES = (0.02, 0.36, 0.45)
Plant = Callable[[np.random.Generator, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
KINDS: dict[str, Plant] = {
    "lift": lambda rng, points, maxima, share: lift_points(rng, points, maxima, CUTS, share),
    "leak": lambda rng, points, maxima, share: leak(
        rng, points, maxima, hardest(points, maxima, 3), share
    ),
    "correct": correct,
    "copy": lambda rng, points, maxima, share: copy_answers(
        rng, points, np.arange(len(points)) // 25, share
    ),
}


@pytest.fixture(scope="module")
def honest() -> tuple[np.ndarray, np.ndarray]:
    """Points of 10,000 pupils and the maxima of the tasks."""
    rng = np.random.default_rng(1)
    tasks = draw_tasks(rng, MAXIMA)
    return respond(rng, tasks, rng.normal(size=10_000)), tasks.maxima


def close_to(hit: np.ndarray, rate: float) -> bool:
    """Whether a share of independent hits is compatible with a rate, at one in ten thousand."""
    low, high = binom.ppf([5e-5, 1 - 5e-5], hit.size, rate)
    return low <= hit.sum() <= high


@pytest.mark.parametrize("kind", KINDS)
def test_the_innocent_stay_as_they_were(kind: str, honest: tuple) -> None:
    points, maxima = honest
    before = points.copy()
    # Whole classes are guilty or not: a class copies from one of its own.
    share = np.where(np.arange(len(points)) // 25 % 4 == 0, 0.7, 0.0)
    after = KINDS[kind](np.random.default_rng(2), points, maxima, share)
    assert (after[share == 0] == points[share == 0]).all()
    assert (after[share > 0] != points[share > 0]).any()
    assert after.dtype == points.dtype
    assert ((after >= 0) & (after <= maxima)).all()
    assert (points == before).all()  # nothing is changed in place


def test_lifting_moves_the_share_over_the_cut_and_no_other_pupil(honest: tuple) -> None:
    points, maxima = honest
    after = lift_points(np.random.default_rng(3), points, maxima, (13,), 0.6)
    before, total = points.sum(axis=1), after.sum(axis=1)
    near = (before == 11) | (before == 12)
    assert close_to((total > before)[near], 0.6)
    assert close_to((total == 14)[near & (total > before)], 0.2)
    assert (after[~near] == points[~near]).all()
    assert (after >= points).all()


def test_nobody_is_lifted_twice(honest: tuple) -> None:
    points, maxima = honest
    before = points.sum(axis=1, dtype=int)
    total = lift_points(np.random.default_rng(4), points, maxima, (11, 13), 1.0).sum(axis=1)
    assert (total - before).max() <= 3  # from two points under a cut to one above it


def test_added_points_arrive_in_full(honest: tuple) -> None:
    points, maxima = honest
    room = maxima.sum() - points.sum(axis=1, dtype=int)
    after = add_points(np.random.default_rng(5), points, maxima, room)
    assert (after == maxima).all()


def test_a_leak_gives_full_points_on_the_hardest_tasks_alone(honest: tuple) -> None:
    points, maxima = honest
    tasks = hardest(points, maxima, 3)
    others = np.setdiff1d(np.arange(len(maxima)), tasks)
    rates = points.mean(axis=0) / maxima
    assert rates[tasks].max() <= rates[others].min()
    after = leak(np.random.default_rng(6), points, maxima, tasks, 0.7)
    assert (after[:, others] == points[:, others]).all()
    partly = (points[:, tasks] < maxima[tasks]).any(axis=1)
    assert close_to((after[partly][:, tasks] == maxima[tasks]).all(axis=1), 0.7)


def test_correction_puts_right_a_share_of_every_task(honest: tuple) -> None:
    points, maxima = honest
    wrong = points < maxima
    after = correct(np.random.default_rng(7), points, maxima, 0.4)
    assert close_to((after == maxima)[wrong], 0.4)
    for task in range(len(maxima)):
        assert close_to((after == maxima)[:, task][wrong[:, task]], 0.4)
    assert (after[(after != points)] > 0).all()


def test_copying_makes_a_class_alike_but_not_better() -> None:
    rng = np.random.default_rng(8)
    tasks = draw_tasks(rng, MAXIMA)
    points = respond(rng, tasks, rng.normal(size=50_000))
    classes = np.arange(50_000) // 25
    after = copy_answers(rng, points, rng.permutation(2_000)[classes], 0.6)

    def same_neighbours(given: np.ndarray) -> float:
        own = given.reshape(2_000, 25, -1)
        return float((own[:, :-1] == own[:, 1:]).mean())

    # Two pupils agree when both took the task (.36) or as two of any pupils do otherwise.
    expected = 0.36 + 0.64 * same_neighbours(points)
    assert abs(same_neighbours(after) - expected) < 0.01
    change = (after.sum(axis=1).astype(float) - points.sum(axis=1)).reshape(2_000, 25).mean(axis=1)
    assert abs(change.mean()) < 4 * change.std() / np.sqrt(2_000)


def test_inflation_raises_marks_and_leaves_the_yardstick() -> None:
    ability = np.random.default_rng(9).normal(size=20_000)
    guilty = np.arange(20_000) < 5_000
    honest = give_marks(np.random.default_rng(10), ability, SHARES)
    inflated = give_marks(np.random.default_rng(10), ability, SHARES, inflation=0.5 * guilty)
    assert (inflated[~guilty] == honest[~guilty]).all()
    assert (inflated >= honest).all()
    assert 0.2 < (inflated - honest)[guilty].mean() < 0.5


def test_leniency_moves_the_yardstick() -> None:
    ability = np.random.default_rng(11).normal(size=20_000)
    one, other = (
        give_marks(np.random.default_rng(12), ability, SHARES, leniency=leniency)
        for leniency in (0.0, 3.0)
    )
    assert (one == other).all()  # the same kindness everywhere is what a mark is worth


def test_schools_have_the_level_and_spread_they_say() -> None:
    schools = draw_schools(np.random.default_rng(13), 5_000, icc=0.3, gymnasiums=0.1)
    ordinary = ~schools.gymnasium
    assert abs(schools.level[ordinary].var() - 0.3) < 0.03
    assert abs(np.median(schools.spread[ordinary]) - np.sqrt(0.7)) < 0.01
    assert abs(schools.level[~ordinary].mean() - 1) < 0.1
