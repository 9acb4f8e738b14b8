"""A region on trial: two years of one paper, some schools misuse the second, and it is known which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.synthetic.misuse import (
    copy_answers,
    correct,
    give_marks,
    hardest,
    leak,
    lift_points,
)
from msoko_analysis.synthetic.world import (
    CUTS,
    MAXIMA,
    SMALLEST,
    Schools,
    count_scores,
    draw_schools,
    draw_tasks,
    respond,
)

CLASS_SIZE = 28
DRIFT = 0.15  # SD of an honest school's level from one year to the next
LENIENCY = 0.1  # SD of honest schools in how kindly they mark
MARK_SHARES = (0.02, 0.36, 0.45)  # school marks 2, 3, 4 in the region
LEAKED_TASKS = 3


@dataclass(frozen=True)
class Misuse:
    """How strongly guilty schools misuse the second year; all 0 is an honest region.

    Shares (0…1) of the pupils within reach lifted over a cut, of the pupils who knew the hardest
    tasks, of the wrong answers corrected, of the answers copied from one classmate; ``inflation`` of
    school marks and ``help`` to everybody on the day in pupil SD.
    """

    spike: float = 0.0
    leak: float = 0.0
    correction: float = 0.0
    copying: float = 0.0
    inflation: float = 0.0
    help: float = 0.0


@dataclass(frozen=True)
class Sitting:
    """One year's works of a region, one entry a pupil: school, class, points (N, I), school mark.

    ``n_schools`` schools are numbered from 0; ``maxima`` (I,) points of each task.
    """

    n_schools: int
    maxima: np.ndarray
    school: np.ndarray
    class_group: np.ndarray
    points: np.ndarray
    mark: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Primary score of every pupil (N,)."""
        return self.points.sum(axis=1, dtype=np.int64)

    @property
    def counts(self) -> np.ndarray:
        """Pupils at every primary score (schools × scores)."""
        return count_scores(self.school, self.total, self.n_schools, int(self.maxima.sum()))

    @property
    def pairs(self) -> np.ndarray:
        """Pupils at every school mark and primary score (schools × marks 2…5 × scores)."""
        row, top = self.school * 4 + self.mark - 2, int(self.maxima.sum())
        table = count_scores(row, self.total, 4 * self.n_schools, top)
        return table.reshape(self.n_schools, 4, top + 1)


@dataclass(frozen=True)
class Trial:
    """A region with an honest year, a year of misuse, and the schools that are guilty of it."""

    schools: Schools
    guilty: np.ndarray
    before: Sitting
    now: Sitting


def draw_trial(
    rng: np.random.Generator, n_schools: int, misuse: Misuse, *, share: float = 0.1
) -> Trial:
    """Draw a region in which a ``share`` of the schools does ``misuse`` in the second year.

    Schools are those of :func:`msoko_analysis.synthetic.world.draw_schools`; each year has new
    pupils and a new paper, and the level of honest schools drifts by :data:`DRIFT`.

    >>> trial = draw_trial(np.random.default_rng(1), 50, Misuse(spike=0.8))
    >>> trial.now.counts.shape, trial.now.pairs.shape, bool(0 < trial.guilty.sum() < 20)
    ((50, 26), (50, 4, 26), True)
    """
    schools = draw_schools(rng, n_schools)
    guilty = rng.random(n_schools) < share
    leniency = rng.normal(0, LENIENCY, n_schools)
    before = _sit(rng, schools, leniency, guilty, Misuse())
    return Trial(schools, guilty, before, _sit(rng, schools, leniency, guilty, misuse))


def _sit(
    rng: np.random.Generator,
    schools: Schools,
    leniency: np.ndarray,
    guilty: np.ndarray,
    misuse: Misuse,
) -> Sitting:
    n_schools = len(schools.sizes)
    sizes = np.maximum(rng.poisson(schools.sizes), SMALLEST)
    school = np.repeat(np.arange(n_schools), sizes)
    number = np.arange(len(school)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    class_group = number // CLASS_SIZE
    level = schools.level + rng.normal(0, DRIFT, n_schools)
    ability = level[school] + schools.spread[school] * rng.normal(size=len(school))
    touched = guilty[school].astype(float)

    mark = give_marks(
        rng, ability, MARK_SHARES, leniency=leniency[school], inflation=misuse.inflation * touched
    )
    tasks = draw_tasks(rng, MAXIMA)
    points = respond(rng, tasks, ability + misuse.help * touched)
    leaked = hardest(points, tasks.maxima, LEAKED_TASKS)
    room = school * (number.max() + 1) + class_group
    points = leak(rng, points, tasks.maxima, leaked, misuse.leak * touched)
    points = copy_answers(rng, points, room, misuse.copying * touched)
    points = correct(rng, points, tasks.maxima, misuse.correction * touched)
    points = lift_points(rng, points, tasks.maxima, CUTS, misuse.spike * touched)
    return Sitting(n_schools, tasks.maxima, school, class_group, points, mark)
