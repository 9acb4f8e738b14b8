"""Tasks of units of schools: published and exact values, a slow twin, honest regions, planted topics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable
from task_worlds import TaskWorld, task_counts, task_world

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.items import task_profile
from msoko_analysis.stats.unit_tasks import unit_tasks
from msoko_analysis.synthetic import respond

MUNICIPALITIES = 8


def judged(world: TaskWorld, unit: np.ndarray, points: np.ndarray | None = None):
    return unit_tasks(task_profile(world.counts(points)), unit, least=10)


def test_without_natural_variation_it_is_mantel_and_haenszel() -> None:
    """Tasks of one point, the unit against the rest of the region, scores as strata: statsmodels.

    With the natural part set to none the squares of z are the statistics of Mantel and Haenszel
    without correction.
    """
    rng = np.random.default_rng(3)
    points = (rng.random((1200, 6)) < np.linspace(0.3, 0.7, 6)).astype(int)
    school = np.repeat(np.arange(2), 600)
    counts = task_counts(points, school, 2, np.ones(6, dtype=int))
    profile = replace(task_profile(counts), natural=np.zeros(6))
    found = unit_tasks(profile, school[[0, 600]], least=10)
    total = points.sum(axis=1)
    for task in range(6):
        tables = [
            np.array(
                [
                    [((school == s) & (total == k) & (points[:, task] == x)).sum() for x in (1, 0)]
                    for s in (0, 1)
                ]
            )
            for k in range(1, 6)
        ]
        foreign = StratifiedTable(tables).test_null_odds().statistic
        assert (found.gain[0, task] / found.error[0, task]) ** 2 == pytest.approx(foreign, rel=1e-9)


def test_equals_slow_twin() -> None:
    """Pupil by pupil: residual about the region's mean of the score, variance over score groups."""
    world = task_world(np.random.default_rng(5), 12, variation=0.4)
    unit = np.arange(12) % 3
    profile = task_profile(world.counts())
    found = unit_tasks(profile, unit, least=10)
    total, of = world.points.sum(axis=1), unit[world.school]
    for u in range(3):
        for task in (0, 7, 12):
            residual = variance = weight = 0.0
            for score in np.unique(total):
                x = world.points[total == score, task].astype(float)
                mine = of[total == score] == u
                residual += (x[mine] - x.mean()).sum()
                if len(x) > 1:
                    w = mine.sum() * (1 - mine.sum() / len(x))
                    weight, variance = weight + w, variance + w * x.var(ddof=1)
            variance += profile.natural[task] * (profile.sampling[unit == u, task] ** 2).sum()
            most = world.tasks.maxima[task] * weight
            assert found.gain[u, task] == pytest.approx(residual / most, rel=1e-9)
            assert found.error[u, task] == pytest.approx(np.sqrt(variance) / most, rel=1e-9)
            share = world.points[of == u, task].mean() / world.tasks.maxima[task]
            assert found.share[u, task] == pytest.approx(share)


def _false_alarms(worlds: int, variation: float) -> np.ndarray:
    """Share of p below .05 and .01 in honest regions of 80 schools and eight municipalities."""
    p = []
    for seed in range(worlds):
        world = task_world(np.random.default_rng([seed, 9]), 80, variation=variation)
        p.append(judged(world, np.arange(80) % MUNICIPALITIES).p.ravel())
    return np.array([(np.concatenate(p) < alpha).mean() for alpha in (0.05, 0.01)])


# Tasks of a region are dependent: of eight municipalities and 18 tasks about 100 are worth one each.
# Standard errors of 25 regions: .0044 and .0020; of 300: .0013 and .0006.
@pytest.mark.parametrize("variation", [0.0, 0.4])
def test_honest_regions_have_few_topics(variation: float) -> None:
    often, seldom = _false_alarms(25, variation)
    assert often < 0.063
    assert seldom < 0.017


@pytest.mark.slow
@pytest.mark.parametrize("variation", [0.0, 0.25, 0.4])
def test_honest_regions_have_few_topics_in_full(variation: float) -> None:
    often, seldom = _false_alarms(300, variation)
    assert 0.035 < often < 0.056
    assert 0.005 < seldom < 0.013


def test_a_topic_that_a_municipality_left_out_is_named_and_nothing_else() -> None:
    """A third of its pupils lose a point they had: the gap and its interval; other tasks are not."""
    rng = np.random.default_rng(2)
    world = task_world(rng, 80, variation=0.25)
    unit = np.arange(80) % MUNICIPALITIES
    lost = (unit[world.school] == 0) & (rng.random(len(world.school)) < 0.33)
    points = world.points.copy()
    points[lost, 4] = 0
    found = judged(world, unit, points)
    assert found.p[0].argmin() == 4
    assert found.p[0, 4] < 1e-4
    low, high = found.interval()
    before = judged(world, unit)
    truth = (points[:, 4] - world.points[:, 4].astype(int))[unit[world.school] == 0].mean()
    # What is lost also lowers the score and with it what is expected, by about a fifth here.
    assert low[0, 4] < 0.8 * truth + before.gain[0, 4] < high[0, 4] + 0.02
    assert found.below[0, 4] >= 0.7 * found.schools[0]
    assert (found.p[1:, 4] > 0.01).all()


def test_a_unit_weaker_at_everything_alike_has_no_topic() -> None:
    """Municipality 0 is .8 SD weaker; its p are as of any other."""
    rng = np.random.default_rng(4)
    world = task_world(rng, 80)
    unit = np.arange(80) % MUNICIPALITIES
    ability = rng.normal(size=len(world.school)) - 0.8 * (unit[world.school] == 0)
    found = judged(world, unit, respond(rng, world.tasks, ability))
    assert found.share[0].mean() < found.region_share.mean() - 0.1
    assert found.p[0].min() > 0.05 / 18 / 2


def test_nothing_is_said_where_nothing_varies() -> None:
    world = task_world(np.random.default_rng(1), 6)
    alone = judged(world, np.zeros(6))
    assert np.isnan(alone.gain).all()
    assert np.isnan(alone.p).all()
    full = np.broadcast_to(world.tasks.maxima, world.points.shape)
    assert np.isnan(judged(world, np.arange(6) % 2, full).p).all()
    with pytest.raises(StatsInputError):
        judged(world, np.zeros(5))
