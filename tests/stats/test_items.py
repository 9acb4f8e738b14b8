"""Tasks given the sum score: Mantel–Haenszel, exact draws, loops over pupils, properties, edges."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom, norm
from task_worlds import TaskWorld, task_counts, task_world

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.given_score import TaskCounts, given_score, natural_variance
from msoko_analysis.stats.items import task_profile

# Two-by-two tables (a, b, c, d) per stratum: first group succeeded and failed, second group likewise.
RABBITS = ((0, 6, 0, 5), (3, 3, 0, 6), (6, 0, 2, 4), (5, 1, 6, 0), (2, 0, 5, 0))
BERKELEY = (
    *((512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391)),
    *((138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317)),
)


def two_groups(strata: tuple[tuple[int, ...], ...]) -> TaskCounts:
    """Two groups as two schools, strata as sum scores, success as the only task."""
    a, b, c, d = np.array(strata, dtype=float).T
    right = a + c
    return TaskCounts(
        np.array([a + b, c + d]),
        np.array([[[b.sum(), a.sum()]], [[d.sum(), c.sum()]]]),
        np.stack([b + d, right], axis=1)[:, None],
        right[:, None, None],
    )


@pytest.mark.parametrize(
    ("strata", "statistic", "digits"),
    [
        # R, help page of mantelhaen.test: Rabbits "p = 0.047"; printed statistic 3.9286.
        pytest.param(RABBITS, 3.9286, 4, id="rabbits"),
        # R: mantelhaen.test(UCBAdmissions) "Mantel-Haenszel X-squared = 1.4269, p-value = 0.2323".
        pytest.param(BERKELEY, 1.4269, 4, id="berkeley"),
    ],
)
def test_one_task_is_mantel_haenszel(strata: tuple, statistic: float, digits: int) -> None:
    profile = task_profile(two_groups(strata))
    with_correction = (abs(profile.residual[0, 0]) - 0.5) ** 2 / profile.sampling[0, 0]
    assert with_correction == pytest.approx(statistic, abs=0.5 * 10**-digits)
    exact = sum(
        hypergeom.var(a + b + c + d, a + c, a + b)
        for a, b, c, d in strata
        if a + c and b + d  # scipy warns where all succeeded or all failed; the variance is 0
    )
    assert profile.sampling[0, 0] == pytest.approx(exact, rel=1e-12)
    assert profile.residual.sum() == pytest.approx(0.0, abs=1e-9)


def test_moments_are_those_of_all_possible_draws() -> None:
    """Every way to draw two pupils of score 2 out of five and one of score 3 out of three."""
    two = np.array([[2, 0, 0], [1, 1, 0], [0, 1, 1], [1, 0, 1], [2, 0, 0]])
    three = np.array([[2, 1, 0], [1, 1, 1], [2, 0, 1]])
    region = np.concatenate([two, three])
    sums = []
    for pair, one in product(combinations(range(5), 2), range(3)):
        sums.append(two[list(pair)].sum(axis=0) + three[one])
    school = np.array([0, 0, 1, 1, 1, 0, 1, 1])
    moments = given_score(task_counts(region, school, 2, np.array([2, 1, 1])))
    covariance = np.tensordot(moments.weight, moments.covariance, axes=1)[0]
    assert np.allclose(covariance, np.cov(np.array(sums).T, ddof=0))
    assert np.allclose(moments.counts.scores[0] @ moments.expected, np.mean(sums, axis=0))


def slow_twin(world: TaskWorld) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Residuals, their variances, and the contrast with its variance, pupil by pupil."""
    points = world.points.astype(float)
    total = world.points.sum(axis=1, dtype=int)
    schools, tasks = len(world.schools.sizes), points.shape[1]
    hard = 1 - points.mean(axis=0) / world.tasks.maxima
    hard = hard - hard.mean()
    residual, variance = np.zeros((2, schools, tasks))
    contrast = np.zeros((2, schools))
    for school in range(schools):
        for score in np.unique(total[world.school == school]):
            same = points[total == score]
            mine = points[(total == score) & (world.school == school)]
            part = len(mine) * (1 - len(mine) / len(same))
            residual[school] += (mine - same.mean(axis=0)).sum(axis=0)
            contrast[0, school] += ((mine - same.mean(axis=0)) @ hard).sum()
            if len(same) > 1:
                variance[school] += part * same.var(axis=0, ddof=1)
                contrast[1, school] += part * (same @ hard).var(ddof=1)
    return residual, variance, contrast


@pytest.mark.parametrize("seed", range(3))
def test_equals_slow_twin(seed: int) -> None:
    world = task_world(np.random.default_rng(seed), 25, median_size=20)
    profile = task_profile(world.counts())
    residual, variance, contrast = slow_twin(world)
    assert np.allclose(profile.residual, residual)
    assert np.allclose(profile.sampling, variance)
    assert np.allclose(profile.contrast, contrast[0])
    assert np.allclose(profile.contrast_sampling, contrast[1])
    natural = np.array([bisected(residual[:, task], variance[:, task]) for task in range(18)])
    common = bisected(residual.ravel(), variance.ravel())
    drawn = (25 * natural + 10 * common) / 35
    # The median of an even number of values is a whole interval; both ways stop inside it.
    assert np.allclose(profile.natural, drawn, atol=1e-3)
    drawn = profile.natural
    z = residual / np.sqrt(variance + drawn * variance**2)
    assert np.allclose(profile.task_z, z, atol=1e-5)
    assert np.allclose(profile.profile, 17 / 18 * (z**2).sum(axis=1), rtol=1e-4)


def bisected(residual: np.ndarray, variance: np.ndarray) -> float:
    """τ² under which the median of the squared z is that of χ²₁, searched for."""
    low, high = 0.0, 100.0
    for _ in range(80):
        middle = (low + high) / 2
        square = np.median(residual**2 / (variance + middle * variance**2))
        low, high = (middle, high) if square > norm.ppf(0.75) ** 2 else (low, middle)
    return high if high > 1e-12 else 0.0


def test_natural_variance_survives_many_guilty_schools() -> None:
    rng = np.random.default_rng(1)
    variance = rng.uniform(2, 10, (3001, 1))
    honest = rng.normal(0, np.sqrt(variance + 0.09 * variance**2))
    guilty = np.where(np.arange(3001)[:, None] < 900, honest + 100, honest)
    assert natural_variance(honest, variance, variance)[0] == pytest.approx(0.09, rel=0.2)
    # 30 % out of sight move the median to the .714 quantile of the honest: 1.14/.455 = 2.5 times
    # the variance, not 100².
    assert natural_variance(guilty, variance, variance)[0] < 0.7


# ---- properties

worlds = st.integers(0, 10_000).map(
    lambda seed: task_world(np.random.default_rng(seed), 12, median_size=15)
)


@settings(max_examples=15, deadline=None)
@given(worlds)
def test_points_only_move_between_tasks(world: TaskWorld) -> None:
    """Given the sum score, what a school has more on one task it has less on others."""
    profile = task_profile(world.counts())
    assert np.allclose(profile.residual.sum(axis=1), 0, atol=1e-8)
    assert np.allclose(profile.residual.sum(axis=0), 0, atol=1e-8)


@settings(max_examples=15, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_order_of_tasks_and_schools_does_not_matter(world: TaskWorld, random: object) -> None:
    tasks, schools = list(range(18)), list(range(12))
    random.shuffle(tasks)
    random.shuffle(schools)
    counts = world.counts()
    mixed = TaskCounts(
        counts.scores[schools],
        counts.values[schools][:, tasks],
        counts.region_values[:, tasks],
        counts.region_products[:, tasks][:, :, tasks],
    )
    one, other = task_profile(counts), task_profile(mixed)
    assert np.allclose(one.task_z[schools][:, tasks], other.task_z, equal_nan=True)
    assert np.allclose(one.profile_p[schools], other.profile_p, equal_nan=True)
    assert np.allclose(one.contrast_z[schools], other.contrast_z, equal_nan=True)


def test_a_known_task_is_named_with_its_size() -> None:
    """Sixty of a hundred pupils knew the hardest task, hardly anybody else could do it."""
    world = task_world(
        np.random.default_rng(4), 200, sizes=np.full(200, 100), gymnasiums=0.0, icc=0.1
    )
    hard = int((world.points.mean(axis=0) / world.tasks.maxima).argmin())
    points = world.points.copy()
    points[:60, hard] = world.tasks.maxima[hard]
    profile = task_profile(world.counts(points))
    assert profile.task_z[0].argmax() == hard
    assert norm.sf(profile.task_z[0, hard]) < 1e-6
    gained = (points[:100, hard] - world.points[:100, hard]).mean() / world.tasks.maxima[hard]
    # The raised sum scores hide a part of the leak, never more than half here.
    assert gained / 2 < profile.task_gain[0, hard] < gained
    assert (np.delete(profile.task_gain[0], hard) < 0.1).all()
    assert profile.contrast_p[0] < 1e-4


# ---- edges


def test_where_nothing_can_vary_nothing_is_said() -> None:
    world = task_world(np.random.default_rng(5), 10, sizes=np.full(10, 20))
    points = world.points.copy()
    points[:20] = world.tasks.maxima  # all at the maximum
    points[20:40] = 0
    profile = task_profile(world.counts(points))
    assert np.isnan(profile.profile_p[:2]).all()
    assert np.isnan(profile.contrast_p[:2]).all()
    assert np.isfinite(profile.profile_p[2:]).all()
    assert np.isnan(profile.task_gain[:2]).all()


def test_a_school_that_is_its_own_region_is_not_tested() -> None:
    world = task_world(np.random.default_rng(6), 1, sizes=np.array([50]))
    profile = task_profile(world.counts())
    assert np.isnan(profile.profile_p).all()
    assert np.allclose(profile.sampling, 0)


def test_tables_that_contradict_are_refused() -> None:
    counts = task_world(np.random.default_rng(7), 5, median_size=15).counts()
    tables = [getattr(counts, name) for name in TaskCounts.__dataclass_fields__]
    for index, message in (
        (0, "every pupil"), (1, "every pupil"), (2, "same pupils|include"), (3, "different pupils")
    ):  # fmt: skip
        broken = [table.copy() for table in tables]
        broken[index].flat[np.flatnonzero(broken[index])[0]] += 1
        with pytest.raises(StatsInputError, match=message):
            TaskCounts(*broken)
    with pytest.raises(StatsInputError, match="include the schools"):
        TaskCounts(3 * tables[0], 3 * tables[1], tables[2], tables[3])
    with pytest.raises(StatsInputError, match="not negative"):
        TaskCounts(-tables[0], *tables[1:])
    with pytest.raises(StatsInputError, match="as in values"):
        TaskCounts(tables[0], tables[1], tables[2][:-1], tables[3])
