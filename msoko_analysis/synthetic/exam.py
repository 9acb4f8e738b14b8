"""The pupils of the demo region and how they write their papers.

Four cohorts grow up in the schools of ``region``: the pupils of grade 4 in the first year are those
of grade 5 in the second, so school means of a cohort go together. Everywhere teachers lift some
pupils over the pass cut, as real regions show; only the schools with a role do more than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from msoko_analysis.synthetic.misuse import add_points, give_marks, hardest, leak
from msoko_analysis.synthetic.region import ROLES, Role
from msoko_analysis.synthetic.world import draw_tasks, lift, respond

YEARS = (2025, 2026)
CLASS_SIZE = 28
REGION_THETA = 0.3  # of those 1–2 points under «3», lifted by kind teachers in every school
ABSENT = 0.065
COHORT_SD, SUBJECT_SD = 0.12, 0.12  # how a school differs between cohorts and between subjects
COMMON = 0.8  # loading of what Russian and mathematics share: they correlate at its square
OWN_SCHOOL = 0.3  # how far teachers mark by the level of their own school
LEAKED_TASKS, LEAK_SHARE = 3, 0.7


@dataclass(frozen=True)
class Paper:
    """Blueprint of a paper: how many tasks of 1, 2, 3 points, how hard, and the school marks.

    ``prior`` holds the shares of school marks 2, 3, 4 in the region.
    """

    grade: int
    subject: str
    tasks: tuple[int, int, int]
    difficulty: float
    prior: tuple[float, float, float]


PAPERS = (
    Paper(4, "RU", (8, 6, 6), -0.85, (0.01, 0.34, 0.52)),
    Paper(4, "MA", (8, 6, 0), -0.4, (0.01, 0.29, 0.51)),
    Paper(5, "RU", (7, 7, 8), -0.56, (0.01, 0.40, 0.47)),
    Paper(5, "MA", (8, 6, 0), 0.06, (0.012, 0.40, 0.455)),
    Paper(6, "RU", (6, 9, 9), -0.78, (0.01, 0.44, 0.45)),
    Paper(6, "MA", (8, 4, 0), -0.05, (0.014, 0.465, 0.42)),
)


@dataclass(frozen=True)
class Cohort:
    """The pupils of all schools who start together; arrays (N,), one entry a pupil.

    ``school`` index in the region, ``number`` within the school, ``letter`` of the class,
    ``ability`` by subject, ``leniency`` of the teachers who give the school marks.
    """

    school: np.ndarray
    number: np.ndarray
    letter: np.ndarray
    gender: np.ndarray
    ability: dict[str, np.ndarray]
    leniency: np.ndarray


@dataclass(frozen=True)
class Sitting:
    """One paper written: points (N, I), totals (N,), presence (N,), and what was done to them.

    ``lifted`` gives for each cut the pupils (N,) whom a planted school lifted over it; ``leaked``
    the numbers, from 1, of the tasks known beforehand.
    """

    points: np.ndarray
    total: np.ndarray
    present: np.ndarray
    lifted: dict[int, np.ndarray]
    leaked: np.ndarray


def draw_cohort(rng: np.random.Generator, region: pl.DataFrame) -> Cohort:
    """Draw the pupils of one starting year in every school of the region.

    >>> from msoko_analysis.synthetic.region import draw_region
    >>> rng = np.random.default_rng(1)
    >>> cohort = draw_cohort(rng, draw_region(rng))
    >>> shared = np.corrcoef(cohort.ability["RU"], cohort.ability["MA"])[0, 1]
    >>> bool(0.6 < shared < 0.8)
    True
    """
    sizes = np.maximum(rng.poisson(region["size"].to_numpy()), 2)
    school = np.repeat(np.arange(region.height), sizes)
    number = np.arange(len(school)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1
    classes = np.ceil(sizes / CLASS_SIZE)[school]
    letter = np.array(list("АБВГДЕЖ"))[((number - 1) * classes / sizes[school]).astype(int)]
    level = region["level"].to_numpy() + rng.normal(0, COHORT_SD, region.height)
    spread, common = region["spread"].to_numpy()[school], rng.normal(size=len(school))
    ability = {}
    for subject in ("RU", "MA"):
        own = rng.normal(size=len(school))
        of_school = level + rng.normal(0, SUBJECT_SD, region.height)
        mixed = COMMON * common + np.sqrt(1 - COMMON**2) * own
        ability[subject] = of_school[school] + spread * mixed
    gender = np.where(rng.random(len(school)) < 0.51, "m", "f")
    # Teachers see pupils beside their classmates, so part of the school's level is lost in marks.
    leniency = (region["leniency"] - OWN_SCHOOL * region["level"]).to_numpy()[school]
    return Cohort(school, number, letter, gender, ability, leniency)


def sit(
    rng: np.random.Generator,
    roles: list[int | None],
    cohort: Cohort,
    paper: Paper,
    year: int,
    cuts: tuple[int, int, int],
) -> Sitting:
    """Let a cohort write a paper: honest points, the region's habit, then the planted schools.

    ``roles`` gives for each school the index in ``ROLES`` or None, ``cuts`` the first scores of the
    marks 3, 4, 5. Points always sum to the total: a lifted pupil gains them task by task.

    >>> from msoko_analysis.synthetic.region import draw_region
    >>> rng = np.random.default_rng(1)
    >>> region = draw_region(rng)
    >>> cohort = draw_cohort(rng, region)
    >>> sitting = sit(rng, region["role"].to_list(), cohort, PAPERS[1], 2026, (6, 10, 15))
    >>> bool((sitting.points.sum(axis=1) == sitting.total).all())
    True
    """
    maxima = rng.permutation(np.repeat([1, 2, 3], paper.tasks))
    tasks = draw_tasks(rng, maxima, difficulty=paper.difficulty)
    points = respond(rng, tasks, cohort.ability[paper.subject])
    present = rng.random(len(points)) >= ABSENT
    leaked = np.array([], dtype=np.int64)
    if year == YEARS[-1] and paper.grade > PAPERS[0].grade:
        leaked = hardest(points, tasks.maxima, LEAKED_TASKS)
        leaking = np.array([role is not None and ROLES[role].kind == "leak" for role in roles])
        points = leak(rng, points, tasks.maxima, leaked, LEAK_SHARE * leaking[cohort.school])
    honest = points.sum(axis=1, dtype=np.int64)
    total = lift(rng, honest, cuts[0], REGION_THETA)
    theta = np.array([_planted_theta(role, year, paper) for role in roles])
    lifted = {}
    for cut in (cuts[1], cuts[0]):  # from above: nobody is lifted twice
        before, total = total, lift(rng, total, cut, theta[cohort.school])
        lifted[cut] = (total > before) & present
    points = add_points(rng, points, tasks.maxima, total - honest)
    return Sitting(points, total, present, lifted, np.sort(leaked) + 1)


def manipulates(role: Role, year: int, paper: Paper) -> bool:
    """Whether a spike school lifts pupils here: every paper of the last year but the spared one.

    >>> manipulates(ROLES[0], 2025, PAPERS[1]), manipulates(ROLES[0], 2026, PAPERS[1])
    (False, True)
    """
    own = role.kind == "spike" and role.spared != (paper.grade, paper.subject)
    return own and year == YEARS[-1]


def school_marks(rng: np.random.Generator, cohort: Cohort, paper: Paper) -> np.ndarray:
    """School marks 2–5 of the previous term (N,): ability, leniency of the school, and chance.

    >>> from msoko_analysis.synthetic.region import draw_region
    >>> rng = np.random.default_rng(1)
    >>> cohort = draw_cohort(rng, draw_region(rng))
    >>> np.unique(school_marks(rng, cohort, PAPERS[0])).tolist()
    [2, 3, 4, 5]
    """
    ability = cohort.ability[paper.subject]
    return give_marks(rng, ability, paper.prior, leniency=cohort.leniency)


def _planted_theta(role: int | None, year: int, paper: Paper) -> float:
    """Share of pupils within reach a school lifts over its cuts, beyond the region's habit."""
    if role is None or not manipulates(ROLES[role], year, paper):
        return 0.0
    return ROLES[role].theta
