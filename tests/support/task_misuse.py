"""Kinds of misuse planted in the guilty schools of a world of tasks; each gives the points anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from task_worlds import TaskWorld

from msoko_analysis.synthetic.misuse import copy_answers, correct, hardest

Planted = Callable[[np.random.Generator, TaskWorld, np.ndarray], np.ndarray]


def leak(number: int) -> Planted:
    """Seven pupils in ten of a guilty school knew ``number`` tasks, other ones in every school."""

    def plant(rng: np.random.Generator, world: TaskWorld, guilty: np.ndarray) -> np.ndarray:
        points, maxima = world.points.copy(), world.tasks.maxima
        order = rng.random((len(guilty), len(maxima))).argsort(axis=1)
        knew = guilty[world.school] & (rng.random(len(points)) < 0.7)
        known = knew[:, None] & (order < number)[world.school]
        return np.where(known, maxima, points)

    return plant


def upward(rng: np.random.Generator, world: TaskWorld, guilty: np.ndarray) -> np.ndarray:
    return correct(rng, world.points, world.tasks.maxima, 0.4 * guilty[world.school])


def upward_hard(rng: np.random.Generator, world: TaskWorld, guilty: np.ndarray) -> np.ndarray:
    """The same for the six hardest tasks only."""
    points, hard = world.points.copy(), hardest(world.points, world.tasks.maxima, 6)
    points[:, hard] = upward(rng, world, guilty)[:, hard]
    return points


def copying(rng: np.random.Generator, world: TaskWorld, guilty: np.ndarray) -> np.ndarray:
    number = np.arange(len(world.school)) - np.searchsorted(world.school, world.school)
    room = world.school * 20 + number // 28
    return copy_answers(rng, world.points, room, 0.6 * guilty[world.school])


def neighbours(rng: np.random.Generator, world: TaskWorld, guilty: np.ndarray) -> np.ndarray:
    """Every pupil copies three answers in five from some schoolmate of his own."""
    start = np.searchsorted(world.school, world.school)
    sizes = world.schools.sizes[world.school]
    source = start + (rng.random(len(start)) * sizes).astype(int)
    copied = (rng.random(world.points.shape) < 0.6) & guilty[world.school][:, None]
    return np.where(copied, world.points[source], world.points)
