"""Worlds for the checks of school marks and of jumps: leniency, inflation, drift, one-year help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.jump import Occasion, standardised
from msoko_analysis.stats.reliability import reliability
from msoko_analysis.synthetic import count_scores
from msoko_analysis.synthetic.world import LARGEST, SMALLEST, draw_tasks, respond

TASKS = [1] * 6 + [1, 2] * 5 + [2, 2]
CUTS = (7, 13, 19)
MARK_SHARES = (0.02, 0.36, 0.45)  # school marks 2, 3, 4 in the region
MARK_NOISE = 0.5  # what a school mark reflects besides ability, in pupil SD
LENIENCY = 0.1  # SD of honest schools in how kindly they mark
DRIFT = 0.15  # SD of an honest school's level from one occasion to the next


@dataclass(frozen=True)
class MarkWorld:
    """A region with school marks: pairs (schools × marks × scores), α, and who inflates."""

    pairs: np.ndarray
    alpha: float
    inflating: np.ndarray
    gymnasium: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean score of every school."""
        by_score = self.pairs.sum(axis=1)
        return by_score @ np.arange(by_score.shape[1]) / by_score.sum(axis=1)

    @property
    def mark_of_score(self) -> np.ndarray:
        """The exam mark of every score."""
        return 2 + np.searchsorted(CUTS, np.arange(self.pairs.shape[2]), side="right")

    @property
    def exam_marks(self) -> np.ndarray:
        """Counts of exam marks (schools × 4)."""
        return self.pairs.sum(axis=1) @ (self.mark_of_score[:, None] == np.arange(2, 6))


def mark_world(
    seed: int,
    schools: int,
    *,
    inflation: float = 0.0,
    share: float = 0.1,
    own_level: float = 0.0,
) -> MarkWorld:
    """Schools that mark by ability, kindness, chance and, in part, by their own level.

    A ``share`` of the schools adds ``inflation`` pupil SD to what it sees of every pupil;
    ``own_level`` is the part of the school's level that is lost in its marks.
    """
    rng = np.random.default_rng(seed)
    level, spread, sizes, gymnasium = _schools(rng, schools)
    school = np.repeat(np.arange(schools), sizes)
    ability = level[school] + spread[school] * rng.normal(size=len(school))
    points = respond(rng, draw_tasks(rng, TASKS), ability).astype(float)
    inflating = rng.random(schools) < share
    kindness = rng.normal(0, LENIENCY, schools) - own_level * level
    seen = ability + kindness[school] + rng.normal(0, MARK_NOISE, len(school))
    limits = np.quantile(seen, np.cumsum(MARK_SHARES))
    mark = np.searchsorted(limits, seen + inflation * inflating[school])
    top = int(sum(TASKS))
    pairs = count_scores(school * 4 + mark, points.sum(axis=1).astype(int), schools * 4, top)
    alpha = reliability(len(points), points.sum(axis=0), points.T @ points).alpha
    return MarkWorld(pairs.reshape(schools, 4, top + 1).astype(float), alpha, inflating, gymnasium)


def occasions(
    seed: int, schools: int, helped: tuple[np.ndarray, ...], *, drift: float = DRIFT
) -> list[Occasion]:
    """The same schools on several occasions with new pupils, new exams and real drift.

    ``helped``: for each occasion what is added to the ability of a school's pupils (schools,).
    """
    rng = np.random.default_rng(seed)
    level, spread, sizes, _ = _schools(rng, schools)
    return [
        _occasion(rng, level + rng.normal(0, drift, schools) + extra, spread, sizes)
        for extra in helped
    ]


def _occasion(
    rng: np.random.Generator, level: np.ndarray, spread: np.ndarray, sizes: np.ndarray
) -> Occasion:
    now = np.maximum(rng.poisson(sizes), SMALLEST)
    school = np.repeat(np.arange(len(now)), now)
    ability = level[school] + spread[school] * rng.normal(size=len(school))
    total = respond(rng, draw_tasks(rng, TASKS), ability).sum(axis=1, dtype=np.int64)
    return standardised(count_scores(school, total, len(now), int(sum(TASKS))))


def _schools(
    rng: np.random.Generator, schools: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Level, spread, size and gymnasium of every school, as in ``honest_world``."""
    gymnasium = rng.random(schools) < 0.05
    level = rng.normal(0, np.sqrt(0.2), schools) + gymnasium
    spread = np.sqrt(0.8) * np.where(gymnasium, 0.8, 1.0) * np.exp(rng.normal(0, 0.1, schools))
    sizes = np.rint(45 * np.exp(0.8 * rng.normal(size=schools)))
    return level, spread, np.clip(sizes, SMALLEST, LARGEST).astype(int), gymnasium


def cohort(
    seed: int,
    schools: int,
    helped: np.ndarray,
    *,
    slope: float = 0.85,
    drift: float = DRIFT,
    stay: float = 1.0,
) -> tuple[list[Occasion], np.ndarray]:
    """One cohort in two procedures, and which schools are gymnasiums.

    The second measures the school's level in part (``slope``), a pupil's place within the school in
    part (.8), and has its own exam. A share ``stay`` of the pupils writes it, the able ones sooner.
    ``helped`` is what is added to the ability of a school's pupils in the second (schools,).
    """
    rng = np.random.default_rng(seed)
    level, spread, sizes, gymnasium = _schools(rng, schools)
    school = np.repeat(np.arange(schools), sizes)
    own = rng.normal(size=len(school))
    later = slope * level + rng.normal(0, drift, schools) + helped
    abilities = (
        level[school] + spread[school] * own,
        later[school] + spread[school] * (0.8 * own + 0.6 * rng.normal(size=len(school))),
    )
    wrote = rng.random(len(school)) < stay * 2 / (1 + np.exp(-own)) if stay < 1 else school >= 0
    found = []
    for ability, who in zip(abilities, (school >= 0, wrote), strict=True):
        total = respond(rng, draw_tasks(rng, TASKS), ability[who]).sum(axis=1, dtype=np.int64)
        found.append(standardised(count_scores(school[who], total, schools, int(sum(TASKS)))))
    return found, gymnasium
