"""Honest exams and planted spikes: the small world that calibrates the checks and makes the demo.

Every task follows a partial credit model: the odds of each further point are
``exp(slope · (ability − step))``. A test of tasks worth 1–3 points has the natural bumps of real
primary-score distributions, which a detector must not mistake for manipulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GYMNASIUM_LEVEL = 1.0  # a selective school stands this many pupil SD above the others …
GYMNASIUM_SPREAD = 0.8  # … and its pupils differ less
BLOCK = 50_000  # pupils answered at once: bounds the memory of a large world
SMALLEST, LARGEST = 3, 300  # pupils of one paper in one school
MAXIMA = (*[1] * 6, *[1, 2] * 5, 2, 2)  # 11 one-point and 7 two-point tasks: 25 points
CUTS = (7, 13, 19)  # first scores of the marks 3, 4, 5 of that paper


@dataclass(frozen=True)
class Tasks:
    """The tasks of one paper.

    ``maxima`` (I,) points of each task; ``slope`` (I,) discrimination; ``steps`` (I, M) ability at
    which the next point becomes as likely as the one before, ``inf`` beyond the task's maximum.
    """

    maxima: np.ndarray
    slope: np.ndarray
    steps: np.ndarray

    @property
    def max_score(self) -> int:
        """The largest primary score of the paper."""
        return int(self.maxima.sum())


@dataclass(frozen=True)
class Schools:
    """What schools are like before anybody writes anything; arrays (S,).

    ``sizes`` pupils; ``gymnasium``, ``bimodal`` (two unlike streams); ``level`` and ``spread`` mean
    and SD of the ability of the pupils.
    """

    sizes: np.ndarray
    gymnasium: np.ndarray
    bimodal: np.ndarray
    level: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True)
class World:
    """Pupils of many schools with their primary scores on one paper.

    ``school`` (N,) index of the school, ``scores`` (N,) primary score of each pupil;
    ``sizes``, ``gymnasium``, ``bimodal`` (S,) describe the schools.
    """

    tasks: Tasks
    school: np.ndarray
    scores: np.ndarray
    sizes: np.ndarray
    gymnasium: np.ndarray
    bimodal: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Histograms of the primary score, schools × (max_score + 1)."""
        return count_scores(self.school, self.scores, len(self.sizes), self.tasks.max_score)


def draw_tasks(
    rng: np.random.Generator, maxima: Sequence[int], *, difficulty: float = 0.0
) -> Tasks:
    """Draw the tasks of a paper: easy first, hard last, with uneven steps inside a task.

    ``maxima`` gives the points of each task, ``difficulty`` is the mean level of a point (in pupil
    SD): at 0 an average pupil earns about half of them.

    >>> tasks = draw_tasks(np.random.default_rng(1), [1, 1, 2, 3])
    >>> tasks.max_score, tasks.steps.shape
    (7, (4, 3))
    """
    points = np.asarray(maxima, dtype=np.int64)
    level = np.linspace(-1.7, 1.7, len(points)) + rng.normal(0, 0.25, len(points))
    level += difficulty - np.average(level, weights=points)
    # Points of one task may come nearly together (negative gap): that is what makes real bumps.
    gap = rng.uniform(-0.2, 0.9, len(points))
    order = np.arange(points.max())
    steps = level[:, None] + gap[:, None] * (order - (points[:, None] - 1) / 2)
    steps[order >= points[:, None]] = np.inf
    return Tasks(points, rng.lognormal(0.05, 0.22, len(points)), steps)


def respond(rng: np.random.Generator, tasks: Tasks, ability: np.ndarray) -> np.ndarray:
    """Points of every pupil for every task, (N, I) of uint8, given abilities (N,).

    >>> rng = np.random.default_rng(1)
    >>> tasks = draw_tasks(rng, [1, 1, 2])
    >>> respond(rng, tasks, np.array([-9.0, 9.0])).tolist()
    [[0, 0, 0], [1, 1, 2]]
    """
    points = np.empty((len(ability), len(tasks.maxima)), dtype=np.uint8)
    for start in range(0, len(ability), BLOCK):
        block = ability[start : start + BLOCK, None, None]
        odds = np.exp(np.cumsum(tasks.slope[:, None] * (block - tasks.steps), axis=2))
        below = np.concatenate([np.ones((*odds.shape[:2], 1)), 1 + np.cumsum(odds, axis=2)], axis=2)
        thrown = rng.random(odds.shape[:2]) * below[..., -1]
        points[start : start + BLOCK] = (thrown[..., None] > below[..., :-1]).sum(axis=2)
    return points


def count_scores(
    school: np.ndarray, scores: np.ndarray, n_schools: int, max_score: int
) -> np.ndarray:
    """Histograms of the primary score, n_schools × (max_score + 1), from pupils (N,), (N,).

    >>> count_scores(np.array([0, 0, 1]), np.array([2, 2, 0]), 2, 2)
    array([[0, 0, 2],
           [1, 0, 0]])
    """
    cell = school.astype(np.int64) * (max_score + 1) + scores
    width = n_schools * (max_score + 1)
    return np.bincount(cell, minlength=width).reshape(n_schools, max_score + 1)


def lift(
    rng: np.random.Generator,
    scores: np.ndarray,
    cut: int,
    theta: float | np.ndarray,
    *,
    reach: int = 2,
    overshoot: float = 0.2,
) -> np.ndarray:
    """Plant a spike: scores (N,) after a share of those just under a cut were lifted over it.

    A pupil with a score in ``cut − reach … cut − 1`` is lifted with probability ``theta`` (one
    number, or one for each pupil) to the cut, or with probability ``overshoot`` to the next score.
    ``theta`` is the θ of the tilted-reference test: a share of those within reach, not of all.

    >>> lift(np.random.default_rng(1), np.array([3, 4, 5, 6]), 6, 1.0, overshoot=0.0).tolist()
    [3, 6, 6, 6]
    """
    near = (scores >= cut - reach) & (scores < cut)
    lifted = near & (rng.random(len(scores)) < theta)
    landing = cut + (rng.random(len(scores)) < overshoot)
    return np.where(lifted, landing, scores).astype(scores.dtype)


def draw_schools(
    rng: np.random.Generator,
    n_schools: int,
    *,
    median_size: float = 45.0,
    size_spread: float = 0.8,
    icc: float = 0.2,
    gymnasiums: float = 0.05,
    bimodal: float = 0.0,
) -> Schools:
    """Draw schools; the parameters are those of :func:`honest_world`.

    >>> schools = draw_schools(np.random.default_rng(1), 2000)
    >>> bool(40 < np.median(schools.sizes) < 50), bool(0.03 < schools.gymnasium.mean() < 0.07)
    (True, True)
    """
    drawn = np.rint(median_size * np.exp(size_spread * rng.normal(size=n_schools)))
    sizes = np.clip(drawn, SMALLEST, LARGEST).astype(np.int64)
    gymnasium = rng.random(n_schools) < gymnasiums
    streamed = rng.random(n_schools) < bimodal
    level = rng.normal(0, np.sqrt(icc), n_schools) + GYMNASIUM_LEVEL * gymnasium
    spread = np.sqrt(1 - icc) * np.exp(rng.normal(0, 0.1, n_schools))
    spread = np.where(gymnasium, GYMNASIUM_SPREAD * spread, spread)
    return Schools(sizes, gymnasium, streamed, level, spread)


def honest_world(
    rng: np.random.Generator,
    n_schools: int,
    *,
    median_size: float = 45.0,
    size_spread: float = 0.8,
    icc: float = 0.2,
    gymnasiums: float = 0.05,
    bimodal: float = 0.0,
    gap: float = 1.6,
    tasks: Tasks | None = None,
) -> World:
    """A region where nobody manipulates anything, for calibration under an honest null.

    Sizes are lognormal (``median_size`` pupils, log-SD ``size_spread``; 0 makes all equal), ability
    has variance 1 before selection, ``icc`` of it between schools. A share ``gymnasiums`` of the
    schools is one SD better with less spread; a share ``bimodal`` consists of two equal streams
    ``gap`` within-school SD apart. ``tasks`` default to 11 one-point and 7 two-point tasks.

    >>> world = honest_world(np.random.default_rng(1), 50, median_size=20)
    >>> world.counts.shape, bool((world.counts.sum(axis=1) == world.sizes).all())
    ((50, 26), True)
    """
    if tasks is None:
        tasks = draw_tasks(rng, MAXIMA)
    schools = draw_schools(
        rng,
        n_schools,
        median_size=median_size,
        size_spread=size_spread,
        icc=icc,
        gymnasiums=gymnasiums,
        bimodal=bimodal,
    )
    sizes, gymnasium, streamed = schools.sizes, schools.gymnasium, schools.bimodal
    school = np.repeat(np.arange(n_schools), sizes)
    own = rng.normal(size=len(school))
    stream = np.where(rng.random(len(school)) < 0.5, gap / 2, -gap / 2)
    own += np.where(streamed[school], stream, 0.0)
    points = respond(rng, tasks, schools.level[school] + schools.spread[school] * own)
    scores = points.sum(axis=1, dtype=np.int64)
    return World(tasks, school, scores, sizes, gymnasium, streamed)
