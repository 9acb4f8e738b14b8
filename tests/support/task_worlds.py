"""Pupils with points for tasks, their count tables, and the exact distribution of an exam's scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.given_score import TaskCounts
from msoko_analysis.synthetic import Schools, Tasks, draw_schools, draw_tasks, respond
from msoko_analysis.synthetic.world import MAXIMA


@dataclass(frozen=True)
class TaskWorld:
    """Honest pupils of many schools: points (N, I) and the school (N,) of each."""

    schools: Schools
    tasks: Tasks
    school: np.ndarray
    points: np.ndarray

    def counts(self, points: np.ndarray | None = None) -> TaskCounts:
        """Count tables of these pupils, or of the same pupils with other points."""
        points = self.points if points is None else points
        return task_counts(points, self.school, len(self.schools.sizes), self.tasks.maxima)


def task_counts(
    points: np.ndarray, school: np.ndarray, schools: int, maxima: np.ndarray
) -> TaskCounts:
    """Count tables of pupils (N, I); the region is all of them."""
    points = np.asarray(points, dtype=int)
    total, top, tasks = points.sum(axis=1), int(sum(maxima)), points.shape[1]
    width = int(max(maxima)) + 1
    scores = np.bincount(school * (top + 1) + total, minlength=schools * (top + 1))
    values = np.stack(
        [np.bincount(school * width + x, minlength=schools * width) for x in points.T], axis=1
    )
    region = np.stack(
        [np.bincount(total * width + x, minlength=(top + 1) * width) for x in points.T], axis=1
    )
    products = np.zeros((top + 1, tasks, tasks))
    for score in np.unique(total):
        at_score = points[total == score].astype(float)
        products[score] = at_score.T @ at_score
    return TaskCounts(
        scores.reshape(schools, top + 1),
        values.reshape(schools, width, tasks).transpose(0, 2, 1),
        region.reshape(top + 1, width, tasks).transpose(0, 2, 1),
        products,
    )


def task_world(
    rng: np.random.Generator,
    schools: int,
    *,
    variation: float = 0.0,
    maxima: tuple[int, ...] = MAXIMA,
    sizes: np.ndarray | None = None,
    **kwargs: object,
) -> TaskWorld:
    """Honest schools; a task is harder to some by a logit of standard deviation ``variation``."""
    drawn = draw_schools(rng, schools, **kwargs)
    sizes = drawn.sizes if sizes is None else sizes
    drawn = Schools(sizes, drawn.gymnasium, drawn.bimodal, drawn.level, drawn.spread)
    tasks = draw_tasks(rng, maxima)
    school = np.repeat(np.arange(schools), sizes)
    ability = drawn.level[school] + drawn.spread[school] * rng.normal(size=len(school))
    if variation == 0:
        return TaskWorld(drawn, tasks, school, respond(rng, tasks, ability))
    shift = rng.normal(0, variation, (schools, len(maxima))) / tasks.slope
    points = [
        respond(rng, _one_task(tasks, task), ability + shift[school, task])
        for task in range(len(maxima))
    ]
    return TaskWorld(drawn, tasks, school, np.concatenate(points, axis=1))


def _one_task(tasks: Tasks, task: int) -> Tasks:
    one = slice(task, task + 1)
    return Tasks(tasks.maxima[one], tasks.slope[one], tasks.steps[one])


def score_distribution(tasks: Tasks, ability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Exact distribution of the primary score (scores,) for a mixture of abilities, task by task."""
    odds = np.exp(np.cumsum(tasks.slope[:, None] * (ability[:, None, None] - tasks.steps), axis=2))
    odds = np.concatenate([np.ones((*odds.shape[:2], 1)), odds], axis=2)
    chance = odds / odds.sum(axis=2, keepdims=True)
    scores = np.ones((len(ability), 1))
    for task, top in enumerate(tasks.maxima):
        wider = np.zeros((len(ability), scores.shape[1] + top))
        for value in range(top + 1):
            wider[:, value : value + scores.shape[1]] += scores * chance[:, task, value, None]
        scores = wider
    mixed = weight @ scores
    return mixed / mixed.sum()
