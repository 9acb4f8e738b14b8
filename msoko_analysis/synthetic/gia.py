"""State exams of the same schools: ОГЭ, ЕГЭ, the ВПР of grade 8 before them, and the medals.

Every school keeps the level, spread and kindness in marking it has in ``region``, so an honest
school tells the same story in every procedure. Exams are written honestly everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from msoko_analysis.synthetic.exam import ABSENT, REGION_THETA, Cohort, draw_cohort
from msoko_analysis.synthetic.medals import Graduates, award
from msoko_analysis.synthetic.misuse import add_points, give_marks
from msoko_analysis.synthetic.world import draw_tasks, lift, respond

YEARS = (2024, 2025, 2026)
MOST_TASKS = 27
ABSENCE = {"VPR": ABSENT, "OGE": 0.01, "EGE": 0.01}
DRIFT = 0.08  # SD of a school's level from one exam to the next
STAY = 0.47  # of the pupils of schools with upper grades go on to grade 11
# What teachers of an elective see of Russian and of mathematics; the rest is the subject's own.
ELECTIVES = {
    "OB": (0.65, 0.35),
    "IS": (0.7, 0.3),
    "BI": (0.5, 0.5),
    "FI": (0.2, 0.8),
    "IN": (0.2, 0.8),
}
OWN_SD = 0.4
# Chance of an elective: in grade 9; in grade 11 with advanced mathematics, with the base paper.
CHOSEN_9 = {"OB": 0.45, "BI": 0.25}
CHOSEN_11 = {
    "OB": (0.25, 0.5),
    "IS": (0.06, 0.2),
    "BI": (0.08, 0.25),
    "FI": (0.3, 0.01),
    "IN": (0.3, 0.03),
}
Cuts = Mapping[tuple[int, str], tuple[int, int, int]]


@dataclass(frozen=True)
class Exam:
    """Blueprint of an exam: how many tasks of 1, 2, 3 points, and how hard.

    ``prior`` holds the shares of school marks 2, 3, 4 in the region, if the file gives them;
    ``anchors`` pairs (primary score, test score) between which the test score is interpolated.
    """

    procedure: str
    grade: int
    subject: str
    tasks: tuple[int, int, int]
    difficulty: float
    prior: tuple[float, float, float] | None = None
    anchors: tuple[tuple[int, int], ...] = ()

    @property
    def max_primary(self) -> int:
        """The largest primary score."""
        return int(np.dot(self.tasks, (1, 2, 3)))


EXAMS = (
    Exam("VPR", 8, "RU", (6, 9, 9), -0.85, (0.01, 0.46, 0.42)),
    Exam("VPR", 8, "MA", (13, 6, 0), 0.1, (0.015, 0.49, 0.39)),
    Exam("OGE", 9, "RU", (12, 5, 5), -1.1, (0.005, 0.43, 0.42)),
    Exam("OGE", 9, "MA", (19, 6, 0), 0.0, (0.01, 0.49, 0.39)),
    Exam("OGE", 9, "OB", (14, 7, 3), -0.5, (0.005, 0.42, 0.43)),
    Exam("OGE", 9, "BI", (12, 9, 6), -0.15, (0.005, 0.36, 0.46)),
    Exam("EGE", 11, "RU", (20, 9, 4), -0.45, anchors=((10, 24), (15, 36), (38, 70))),
    Exam("EGE", 11, "MA", (14, 6, 2), 1.75, anchors=((5, 27), (12, 70))),
    Exam("EGE", 11, "MAB", (21, 0, 0), -0.9),
    Exam("EGE", 11, "OB", (10, 15, 6), 0.0, anchors=((21, 42), (41, 70))),
    Exam("EGE", 11, "IS", (8, 8, 6), 0.4, anchors=((8, 32), (28, 70))),
    Exam("EGE", 11, "BI", (8, 14, 7), 0.4, anchors=((15, 36), (35, 70))),
    Exam("EGE", 11, "FI", (12, 12, 3), 0.9, anchors=((8, 36), (28, 70))),
    Exam("EGE", 11, "IN", (25, 2, 0), 0.9, anchors=((6, 40), (17, 70))),
)


@dataclass(frozen=True)
class Gia:
    """What :func:`draw_gia` draws.

    ``results`` and ``medalists`` follow the contracts of those names; ``medals`` has one row for
    each medal and beside the contract's columns the truth: ``favoured`` (given without regard to
    ability and exams), ``against_rule``, ``lowest`` (smallest test score, 0–100, nan without one).
    """

    results: pl.DataFrame
    medals: pl.DataFrame

    @property
    def medalists(self) -> pl.DataFrame:
        """The medals in the columns of the contract."""
        return self.medals.select("year", "municipality", "school", "person", "degree")


@dataclass(frozen=True)
class Pupils:
    """A cohort with what the exams need: arrays (N,), one entry a pupil.

    ``person`` links the papers of a pupil; ``stays``: goes on to grade 11; ``advanced``: takes the
    advanced paper of mathematics there.
    """

    cohort: Cohort
    person: np.ndarray
    ability: dict[str, np.ndarray]
    stays: np.ndarray
    advanced: np.ndarray


@dataclass(frozen=True)
class Written:
    """One exam written by some of a cohort: arrays (n,), one entry a pupil listed for it.

    ``row`` index in the cohort; ``there`` came; ``total`` primary or test score; ``mark`` of the
    exam and ``prior``, the mark of the school, or None; ``points`` (n, I) for the tasks shown.
    """

    row: np.ndarray
    there: np.ndarray
    total: np.ndarray
    mark: np.ndarray | None
    prior: np.ndarray | None
    points: np.ndarray

    def scores(self, n: int) -> np.ndarray:
        """The score of everybody in the cohort (n,), nan without one."""
        scores = np.full(n, np.nan)
        scores[self.row[self.there]] = self.total[self.there]
        return scores


def draw_gia(
    rng: np.random.Generator,
    region: pl.DataFrame,
    cuts: Cuts,
    *,
    years: tuple[int, ...] = YEARS,
    favoured: np.ndarray | int = 0,
    helped: np.ndarray | float = 0.0,
) -> Gia:
    """Draw ОГЭ, ЕГЭ and medals of consecutive years, and ВПР 8 of those who sit the last ОГЭ.

    Parameters
    ----------
    rng : its children draw the parts, so one part changed leaves the others as they were
    region : one row a school: municipality, school, school_type, size (pupils of a cohort), level,
        spread, leniency (all three in pupil SD), as of
        :func:`msoko_analysis.synthetic.region.draw_region`
    cuts : first scores of the marks 3, 4, 5 by grade and subject; of ЕГЭ only the base paper has them
    years : consecutive; the rule of the medals is that of 2024
    favoured : medals a year (schools,) given without regard to ability and exams
    helped : what everybody at a school is helped by in ВПР 8, pupil SD (schools,)

    Examples
    --------
    >>> from msoko_analysis.synthetic.demo import read_cuts
    >>> from msoko_analysis.synthetic.region import draw_region
    >>> region = draw_region(np.random.default_rng(1))
    >>> gia = draw_gia(np.random.default_rng(2), region, read_cuts(), years=(2026,))
    >>> sorted(gia.results["procedure"].unique()), gia.medalists["degree"].unique().to_list()
    (['EGE', 'OGE', 'VPR'], [1, 2])
    """
    pupils_rng, exams_rng, medals_rng = rng.spawn(3)
    leaving = range(years[0] - 2, years[-1] + 1)  # years in which the cohorts end grade 9
    cohorts = {
        year: _draw_pupils(child, region)
        for year, child in zip(leaving, pupils_rng.spawn(len(leaving)), strict=True)
    }
    helped, favoured = (np.broadcast_to(one, region.height) for one in (helped, favoured))
    tables, medals = [], []
    for year, medal_rng in zip(years, medals_rng.spawn(len(years)), strict=True):
        scores: dict[str, np.ndarray] = {}
        for exam, child in zip(EXAMS, exams_rng.spawn(len(EXAMS)), strict=True):
            if exam.grade == 8 and year != years[-1]:
                continue
            pupils = cohorts[year - 2 if exam.grade == 11 else year]
            written = _write(child, region, pupils, exam, cuts, helped * (exam.grade == 8))
            tables.append(_table(region, pupils, exam, year - (exam.grade == 8), written))
            if exam.grade == 11:
                scores[exam.subject] = written.scores(len(pupils.person))
        best = cuts[11, "MAB"][2]
        medals.append(_medals(medal_rng, region, cohorts[year - 2], scores, best, favoured, year))
    order = ["year", "procedure", "grade", "subject", "municipality", "school"]
    results = pl.concat(tables).sort(order, maintain_order=True)
    return Gia(results, pl.concat(medals).sort("year", "municipality", "school", "person"))


def to_hundred(exam: Exam, primary: np.ndarray) -> np.ndarray:
    """Test scores 0–100 of primary scores (N,): straight lines between the anchors of the exam.

    >>> to_hundred(EXAMS[6], np.array([0, 10, 38, 50])).tolist()
    [0, 24, 70, 100]
    """
    known = np.array([(0, 0), *exam.anchors, (exam.max_primary, 100)])
    return np.rint(np.interp(primary, known[:, 0], known[:, 1])).astype(np.int64)


def _draw_pupils(rng: np.random.Generator, region: pl.DataFrame) -> Pupils:
    """A cohort with its electives; the abler rather stay, and rather take advanced mathematics."""
    cohort = draw_cohort(rng, region)
    n = len(cohort.school)
    ability = dict(cohort.ability)
    for subject, weights in ELECTIVES.items():
        mixed = np.dot(weights, [cohort.ability["RU"], cohort.ability["MA"]])
        ability[subject] = mixed + rng.normal(0, OWN_SD, n)
    ability["MAB"] = cohort.ability["MA"]
    person = np.array([f"{key:016x}" for key in rng.integers(0, 2**63, n)])
    level = region["level"].to_numpy()[cohort.school]
    upper = (region["school_type"] != "basic").to_numpy()[cohort.school]
    wish = (ability["RU"] + ability["MA"]) / 2 - 0.6 * level + rng.normal(0, 0.8, n)
    stays = upper & (wish > np.quantile(wish[upper], 1 - STAY))
    taste = ability["MA"] + rng.normal(0, 0.6, n)
    advanced = stays & (taste > np.quantile(taste[stays], 0.5))
    return Pupils(cohort, person, ability, stays, advanced)


def _listed(rng: np.random.Generator, pupils: Pupils, exam: Exam) -> np.ndarray:
    """Indices of those who are to write an exam."""
    n, chance = len(pupils.person), 1.0
    if exam.grade == 11 and exam.subject in CHOSEN_11:
        chance = np.where(pupils.advanced, *CHOSEN_11[exam.subject])
    if exam.grade == 9 and exam.subject in CHOSEN_9:
        chance = CHOSEN_9[exam.subject]
    groups = {(11, "MA"): pupils.advanced, (11, "MAB"): pupils.stays & ~pupils.advanced}
    everybody = pupils.stays if exam.grade == 11 else np.ones(n, dtype=bool)
    group = groups.get((exam.grade, exam.subject), everybody)
    return np.flatnonzero(group & (rng.random(n) < chance))


def _write(
    rng: np.random.Generator,
    region: pl.DataFrame,
    pupils: Pupils,
    exam: Exam,
    cuts: Cuts,
    helped: np.ndarray,
) -> Written:
    """Let the pupils write one exam."""
    row, cut = _listed(rng, pupils, exam), cuts.get((exam.grade, exam.subject))
    that_day = helped + rng.normal(0, DRIFT, region.height)
    ability = pupils.ability[exam.subject]
    maxima = rng.permutation(np.repeat([1, 2, 3], exam.tasks))
    tasks = draw_tasks(rng, maxima, difficulty=exam.difficulty)
    points = respond(rng, tasks, ability[row] + that_day[pupils.cohort.school[row]])
    total = points.sum(axis=1, dtype=np.int64)
    mark = prior = None
    if exam.procedure == "VPR":
        lifted = lift(rng, total, cut[0], REGION_THETA)
        points, total = add_points(rng, points, maxima, lifted - total), lifted
    elif cut:
        mark = 2 + np.searchsorted(cut, total, side="right")
    if exam.anchors:
        total = to_hundred(exam, total)
    if exam.prior:
        prior = give_marks(rng, ability, exam.prior, leniency=pupils.cohort.leniency)[row]
    there = rng.random(len(row)) >= ABSENCE[exam.procedure]
    return Written(row, there, total, mark, prior, points[:, : None if exam.grade < 11 else 0])


def _table(
    region: pl.DataFrame, pupils: Pupils, exam: Exam, year: int, written: Written
) -> pl.DataFrame:
    """Rows of the contract «results»; an absent pupil keeps only the school mark."""
    row, there, cohort = written.row, written.there, pupils.cohort
    n, given = written.points.shape
    key = {"year": year, "procedure": exam.procedure, "grade": exam.grade, "subject": exam.subject}
    person = pl.Series(pupils.person[row]) if exam.procedure != "VPR" else [None] * n
    columns = {
        **{name: pl.Series([value] * n) for name, value in key.items()},
        "municipality": region["municipality"].gather(cohort.school[row]),
        "school": region["school"].gather(cohort.school[row]),
        "class_group": [f"{exam.grade}{letter}" for letter in cohort.letter[row]],
        "pupil": cohort.number[row].astype(str),
        "person": pl.Series(person, dtype=pl.String),
        "gender": pl.Series(cohort.gender[row]),
        "prior_mark": _where(np.ones(n, dtype=bool), written.prior),
        "total": _where(there, written.total),
        "mark": _where(there, written.mark),
    }
    padded = np.pad(written.points.astype(np.int64), ((0, 0), (0, MOST_TASKS - given)))
    for task in range(MOST_TASKS):
        columns[f"item_{task + 1:02}"] = _where(there & (task < given), padded[:, task])
    return pl.DataFrame(columns)


def _where(known: np.ndarray, values: np.ndarray | None) -> pl.Series:
    """Values, null where not known or not given at all."""
    if values is None:
        return pl.Series([None] * len(known), dtype=pl.Int64)
    return pl.Series(values).set(pl.Series(~known), None)


def _medals(
    rng: np.random.Generator,
    region: pl.DataFrame,
    pupils: Pupils,
    scores: dict[str, np.ndarray],
    base_excellent: int,
    favoured: np.ndarray,
    year: int,
) -> pl.DataFrame:
    """The medals of a year with the truth about them, as :class:`Gia` says."""
    row = np.flatnonzero(pupils.stays)
    school = pupils.cohort.school[row]
    graduates = Graduates(
        school=school,
        ability=np.mean([pupils.ability[name][row] for name in ("RU", "MA", *ELECTIVES)], axis=0),
        leniency=pupils.cohort.leniency[row],
        scores={name: values[row] for name, values in scores.items()},
    )
    medals = award(rng, graduates, base_excellent, favoured)
    return pl.DataFrame(
        {
            "year": pl.Series([year] * len(medals.pupil)),
            "municipality": region["municipality"].gather(school[medals.pupil]),
            "school": region["school"].gather(school[medals.pupil]),
            "person": pupils.person[row[medals.pupil]],
            "degree": medals.degree,
            "favoured": medals.favoured,
            "against_rule": medals.against_rule,
            "lowest": medals.lowest,
        }
    )
