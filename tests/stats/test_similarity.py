"""Similarity of answers: all draws, all pairs, random draws, properties, edges."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from task_worlds import TaskWorld, task_counts, task_world

from msoko_analysis.stats.given_score import given_score
from msoko_analysis.stats.similarity import similarity
from msoko_analysis.synthetic.misuse import copy_answers


def by_pairs(world: TaskWorld, school: int) -> tuple[float, float, float]:
    """Identical answers, their expectation, and the sum over pairs of T, pupil by pupil."""
    shares = given_score(world.counts()).shares
    total = world.points.sum(axis=1, dtype=int)
    mine = np.flatnonzero(world.school == school)
    tasks = np.arange(world.points.shape[1])
    rest = -shares[total]
    rest[np.arange(len(rest))[:, None], tasks, world.points] += 1
    same = expected = linked = 0.0
    for p, q in combinations(mine, 2):
        same += (world.points[p] == world.points[q]).sum()
        linked += (rest[p] * rest[q]).sum()
        if total[p] != total[q]:
            expected += (shares[total[p]] * shares[total[q]]).sum()
            continue
        pool = world.points[total == total[p]]
        pairs = [(a == b).sum() for a, b in combinations(pool, 2)]
        expected += np.mean(pairs)
    return same, expected, linked


@pytest.mark.parametrize("seed", range(2))
def test_equals_a_loop_over_pairs(seed: int) -> None:
    world = task_world(np.random.default_rng(seed), 6, median_size=14, size_spread=0.3)
    result = similarity(world.counts())
    given_ = given_score(world.counts())
    total = world.points.sum(axis=1, dtype=int)
    for school in range(6):
        same, expected, linked = by_pairs(world, school)
        n = result.n[school]
        answers = 18 * n * (n - 1) / 2
        assert result.identical[school] == pytest.approx(same / answers)
        assert result.expected[school] == pytest.approx(expected / answers)
        # p = q enters by its mean under the draw: 1 − Σπ², times (1 − N_sk/N_k)·N_k/(N_k − 1).
        mine = total[world.school == school]
        own = 0.0
        for pupil in np.flatnonzero(world.school == school):
            seen = given_.shares[total[pupil], np.arange(18), world.points[pupil]]
            own += (1 - 2 * seen + (given_.shares[total[pupil]] ** 2).sum(axis=1)).sum()
        mean = 0.0
        for score in np.unique(mine):
            in_region, here = (total == score).sum(), (mine == score).sum()
            spread = 18 - (given_.shares[score] ** 2).sum()
            if in_region > 1:
                mean += here * (1 - here / in_region) * in_region / (in_region - 1) * spread
        assert result.statistic[school] == pytest.approx(linked + (own - mean) / 2)


def test_expectations_are_means_over_all_draws() -> None:
    """One school of two pupils, drawn in every way from five who have the same score."""
    pool = np.array([[2, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1], [2, 0, 0]])
    results = []
    for pair in combinations(range(5), 2):
        school = np.ones(5, dtype=int)
        school[list(pair)] = 0
        results.append(similarity(task_counts(pool, school, 2, np.array([2, 1, 1]))))
    assert np.mean([one.statistic[0] for one in results]) == pytest.approx(0.0, abs=1e-12)
    identical = np.mean([one.identical[0] for one in results])
    assert all(one.expected[0] == pytest.approx(identical) for one in results)


def test_moments_and_tail_under_random_draws() -> None:
    """Pupils of one score change places: the honest null itself, tasks of one and two points."""
    rng = np.random.default_rng(3)
    world = task_world(rng, 100, sizes=np.full(100, 40))
    total = world.points.sum(axis=1, dtype=int)
    drawn = []
    for _ in range(120):
        points = world.points.copy()
        for score in np.unique(total):
            same = np.flatnonzero(total == score)
            points[same] = points[rng.permutation(same)]
        result = similarity(world.counts(points))
        drawn.append(result)
    z = np.concatenate([one.statistic / np.sqrt(one.variance) for one in drawn])
    variance = np.concatenate([one.variance for one in drawn])
    p = np.concatenate([one.p for one in drawn])
    # 12,000 schools, weakly dependent: twice the error of independent ones.
    error = 2 / np.sqrt(len(z))
    assert abs(z.mean()) < 3 * error
    assert abs((z**2).mean() - 1) < 3 * error * np.sqrt(2) + 0.05  # τ² is above 0 by chance
    assert (variance > 0).all()
    for level in (0.05, 0.01):
        assert abs((p < level).mean() - level) < 3 * error * np.sqrt(level) + 0.2 * level
    skewness = np.concatenate([one.skewness for one in drawn])
    assert (z**3).mean() == pytest.approx(skewness.mean(), abs=0.15)


def test_the_tail_is_longer_than_a_normal_one() -> None:
    result = similarity(task_world(np.random.default_rng(4), 200).counts())
    top = result.z > 3
    assert top.any()
    assert (result.p[top] > norm.sf(result.z[top])).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_tasks_and_names_of_values_do_not_matter(seed: int) -> None:
    """Only whether answers are the same counts, so a task may be graded upside down."""
    rng = np.random.default_rng(seed)
    world = task_world(rng, 15, median_size=15, maxima=(1,) * 10)
    counts = world.counts()
    one = similarity(counts)
    order = rng.permutation(10)
    other = similarity(task_counts(world.points[:, order], world.school, 15, np.ones(10, int)))
    assert np.allclose(one.p, other.p, rtol=1e-6, equal_nan=True)
    upside_down = similarity(task_counts(1 - world.points, world.school, 15, np.ones(10, int)))
    assert np.allclose(one.identical, upside_down.identical, equal_nan=True)
    assert np.allclose(one.p, upside_down.p, rtol=1e-6, equal_nan=True)


def test_copying_is_measured_in_answers() -> None:
    """Three fifths of the answers come from one classmate: 60 % × 60 % of pairs are copies."""
    rng = np.random.default_rng(5)
    world = task_world(rng, 300, sizes=np.full(300, 50))
    share = np.where(world.school < 10, 0.6, 0.0)
    points = copy_answers(rng, world.points, world.school, share)
    honest, copied = similarity(world.counts()), similarity(world.counts(points))
    gained = copied.identical[:10] - copied.expected[:10]
    # A classmate whom everybody is like already leaves little trace.
    assert np.median(copied.p[:10]) < 1e-30
    assert (copied.p[:10] < 0.01).all()
    # The part of pairs and the whole differ by what makes single pupils usual or not.
    assert copied.excess[:10].mean() == pytest.approx(gained.mean(), abs=0.03)
    assert abs(np.median(honest.excess)) < 0.005


def test_likeness_common_to_the_region_is_nobodys_fault() -> None:
    """Every school teaches differently: τ² is found, and there are no more alarms than nominal."""
    world = task_world(np.random.default_rng(6), 400, variation=0.6)
    result = similarity(world.counts())
    assert result.tau2 == pytest.approx(0.36, rel=0.4)
    assert (result.p < 0.05).mean() < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_edges() -> None:
    world = task_world(np.random.default_rng(7), 6, sizes=np.array([1, 2, 30, 30, 30, 30]))
    points = world.points.copy()
    points[33:63] = world.tasks.maxima
    result = similarity(world.counts(points))
    assert np.isnan(result.p[0])  # one pupil has no pair
    assert np.isfinite(result.p[1])
    assert np.isnan(result.p[3])  # all at the maximum: all alike, and nothing else was possible
    assert result.identical[3] == result.expected[3] == 1.0
