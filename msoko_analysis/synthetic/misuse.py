"""Kinds of misuse, each planted into honest work with known truth.

Everywhere ``share`` says whom it touches and how much, one number a pupil (N,) or one for all: 0
leaves a pupil as he was, so ``share`` times "the school is guilty" is the truth itself. Nothing is
changed in place. The spike over a cut is :func:`msoko_analysis.synthetic.world.lift`; here it gets
its points task by task.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from msoko_analysis.synthetic.world import lift

MARK_NOISE = 0.5  # what a school mark reflects besides ability, in pupil SD


def lift_points(
    rng: np.random.Generator,
    points: np.ndarray,
    maxima: np.ndarray,
    cuts: Sequence[int],
    share: np.ndarray | float,
) -> np.ndarray:
    """Spike: of the pupils within reach under a cut a ``share`` gets the points that are missing.

    ``points`` (N, I) of tasks worth ``maxima`` (I,). The highest cut comes first, so that nobody is
    lifted twice; the points are added to random tasks, as a kind marker would find them.

    >>> rng = np.random.default_rng(1)
    >>> before = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0]])
    >>> lift_points(rng, before, np.array([1, 1, 2]), (3,), 1.0).sum(axis=1).tolist()
    [3, 3, 0]
    """
    before = points.sum(axis=1, dtype=np.int64)
    total = before
    for cut in sorted(cuts, reverse=True):
        total = lift(rng, total, cut, share)
    return add_points(rng, points, maxima, total - before)


def add_points(
    rng: np.random.Generator, points: np.ndarray, maxima: np.ndarray, missing: np.ndarray
) -> np.ndarray:
    """Points (N, I) after ``missing`` (N,) more were given to each pupil, one at a time.

    Each falls on a random task that is not full; there must be room for them.

    >>> rng = np.random.default_rng(1)
    >>> add_points(rng, np.array([[1, 0], [0, 0]]), np.array([1, 2]), np.array([2, 0])).tolist()
    [[1, 2], [0, 0]]
    """
    points = points.copy()
    for done in range(int(missing.max(initial=0))):
        row = np.flatnonzero(missing > done)
        task = np.argmax(rng.random((len(row), points.shape[1])) * (points[row] < maxima), 1)
        points[row, task] += 1
    return points


def hardest(points: np.ndarray, maxima: np.ndarray, number: int) -> np.ndarray:
    """Indices (number,) of the tasks with the smallest mean share of their maximum, hardest first.

    >>> hardest(np.array([[1, 0, 1], [1, 0, 0]]), np.array([1, 1, 2]), 2).tolist()
    [1, 2]
    """
    return np.argsort(points.mean(axis=0) / maxima)[:number]


def leak(
    rng: np.random.Generator,
    points: np.ndarray,
    maxima: np.ndarray,
    tasks: np.ndarray,
    share: np.ndarray | float,
) -> np.ndarray:
    """Leak: a ``share`` of the pupils knew ``tasks`` beforehand and has all their points.

    >>> rng = np.random.default_rng(1)
    >>> leak(rng, np.zeros((2, 3), int), np.array([1, 1, 2]), [1, 2], np.array([1.0, 0.0])).tolist()
    [[0, 1, 2], [0, 0, 0]]
    """
    points = points.copy()
    known = rng.random(len(points)) < share
    points[np.ix_(known, tasks)] = maxima[tasks]
    return points


def correct(
    rng: np.random.Generator, points: np.ndarray, maxima: np.ndarray, share: np.ndarray | float
) -> np.ndarray:
    """Upward correction: every task not solved in full is put right with probability ``share``.

    Each pupil and task by itself, so pupils do not become alike.

    >>> rng = np.random.default_rng(1)
    >>> after = correct(rng, np.zeros((1000, 2)), np.array([1, 2]), 0.4)
    >>> bool(0.35 < (after[:, 1] == 2).mean() < 0.45), bool((after[:, 0] <= 1).all())
    (True, True)
    """
    share = np.broadcast_to(share, len(points))
    corrected = rng.random(points.shape) < share[:, None]
    return np.where(corrected, maxima, points).astype(points.dtype)


def copy_answers(
    rng: np.random.Generator, points: np.ndarray, group: np.ndarray, share: np.ndarray | float
) -> np.ndarray:
    """Copying: pupils take each task from one classmate with probability ``share``.

    ``group`` (N,) the class of every pupil; the classmate is drawn by lot, one for a class, so a
    class grows alike and, on average, neither better nor worse.

    >>> rng = np.random.default_rng(1)
    >>> copy_answers(rng, np.array([[1, 0], [0, 1], [1, 1]]), np.array([7, 7, 8]), 1.0)[2].tolist()
    [1, 1]
    """
    share = np.broadcast_to(share, len(points))
    shuffled = rng.permutation(len(points))
    _, first, place = np.unique(group[shuffled], return_index=True, return_inverse=True)
    source = np.empty(len(points), dtype=np.int64)
    source[shuffled] = shuffled[first][place]
    copied = rng.random(points.shape) < share[:, None]
    return np.where(copied, points[source], points)


def give_marks(
    rng: np.random.Generator,
    ability: np.ndarray,
    shares: Sequence[float],
    *,
    leniency: np.ndarray | float = 0.0,
    inflation: np.ndarray | float = 0.0,
) -> np.ndarray:
    """School marks 2–5 (N,): ability, the usual leniency of the school, chance — and inflation.

    ``shares`` of the marks 2, 3, 4 in the region fix what a mark is worth; ``leniency`` is part of
    that, as honest schools differ in it; ``inflation`` (pupil SD) comes on top.

    >>> rng = np.random.default_rng(1)
    >>> marks = give_marks(rng, rng.normal(size=10_000), (0.02, 0.36, 0.45))
    >>> [round(float((marks == mark).mean()), 2) for mark in (2, 3, 4, 5)]
    [0.02, 0.36, 0.45, 0.17]
    """
    seen = ability + leniency + rng.normal(0, MARK_NOISE, len(ability))
    limits = np.quantile(seen, np.cumsum(shares))
    return 2 + np.searchsorted(limits, seen + inflation)
