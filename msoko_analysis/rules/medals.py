"""Medal «За особые успехи в учении» against ЕГЭ: the rule of the year, and the indicator П29.

Two different things. :func:`follows_rule` asks whether results agree with the rule by which the medal
was given; rules changed often and stand as data in ``params/medal_rules.yaml``, with their sources.
:func:`p29` is an indicator of the motivating monitoring with one bar for every year. An honest medal
may well count in П29: under the rule of 2024 a third paper below 70 is allowed. A medalist who counts
in either is a discrepancy to look into, never a breach. Source: domain.md §4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.params.medals import MedalRule

RUSSIAN = "RU"


@dataclass(frozen=True)
class MedalExams:
    """Results of medalists: ``scores`` (medalists × subjects) of ЕГЭ 0…100, nan where not taken;
    ``base_mark`` (medalists,) the mark 2…5 of base mathematics, nan where not taken.
    """

    subjects: tuple[str, ...]
    scores: np.ndarray
    base_mark: np.ndarray

    def __post_init__(self) -> None:
        if np.shape(self.scores) != (len(self.base_mark), len(self.subjects)):
            raise StatsInputError("scores must be medalists x subjects, base_mark (medalists,)")

    @property
    def least(self) -> np.ndarray:
        """The lowest score of every medalist (medalists,), nan without any."""
        return _extreme(self.scores, np.fmin)


def follows_rule(
    rule: MedalRule, exams: MedalExams, thresholds: np.ndarray | None = None
) -> np.ndarray:
    """«Соответствие правилу года»: 1 results agree with the rule, 0 they do not, nan can not be said.

    The conditions are those of :class:`msoko_analysis.params.medals.MedalRule`. A condition about a
    paper the medalist has no result in can not be checked (state exam in another form, a file that
    was not given): nan, unless another condition already fails. A rule that does not look at ЕГЭ
    gives nan for everybody. ``thresholds`` (subjects,) the minimums of the year, nan unknown: needed
    where the rule has the condition ``threshold``; base mathematics is not held against it, as it
    was not held in the year of that rule.

    >>> rule = MedalRule(
    ...     years=(2024, 2024), degree=1, title_ru="…", status="found_secondary", source="№ 730",
    ...     russian=70, other=70, base_mark=5, base_alone=True,
    ... )
    >>> exams = MedalExams(
    ...     ("RU", "MA"), np.array([[80, 72], [80, 60], [69, 90], [90, np.nan]]),
    ...     np.array([np.nan, np.nan, np.nan, 5]),
    ... )
    >>> follows_rule(rule, exams).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    if not rule.looks_at_exams:
        return np.full(len(exams.base_mark), np.nan)
    conditions = []
    if rule.russian is not None:
        russian = _extreme(exams.scores[:, [s == RUSSIAN for s in exams.subjects]], np.fmax)
        conditions.append(_at_least(russian, rule.russian))
    if rule.other is not None:
        conditions.append(_other(rule, exams))
    if rule.threshold:
        if thresholds is None:
            raise StatsInputError("this rule needs the minimums of the year")
        conditions.append(_above_thresholds(exams.scores, np.asarray(thresholds, dtype=float)))
    failed = (np.array(conditions) == 0).any(axis=0)
    return np.where(failed, 0.0, np.where(np.isnan(conditions).any(axis=0), np.nan, 1.0))


def p29(exams: MedalExams, bar: float) -> np.ndarray:
    """1 for a medalist with a score below ``bar`` in any subject, 0 for others, nan without scores.

    П29 is 100 · their number / number of medalists: «доля выпускников 11 классов, получивших медаль
    …, которые набрали по одному из предметов ЕГЭ менее 70 баллов, в общей численности медалистов».
    Base mathematics has no test score and does not count.

    >>> p29(MedalExams(("RU", "FI"), np.array([[90, 69], [70, 70]]), np.full(2, np.nan)), 70).tolist()
    [1.0, 0.0]
    """
    least = exams.least
    return np.where(np.isnan(least), np.nan, least < bar)


def _other(rule: MedalRule, exams: MedalExams) -> np.ndarray:
    """The condition on one more paper, or base mathematics in its place."""
    wanted = [s != RUSSIAN and rule.other_subject in (None, s) for s in exams.subjects]
    best = _extreme(exams.scores[:, wanted], np.fmax)
    passed = _at_least(best, rule.other)
    if rule.base_mark is None:
        return passed
    instead = _at_least(exams.base_mark, rule.base_mark)
    if rule.base_alone:
        taken = [s != RUSSIAN for s in exams.subjects]
        alone = np.isnan(exams.scores[:, taken]).all(axis=1)
        instead = np.where(alone, instead, np.nan)
    return np.fmax(passed, instead)


def _above_thresholds(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    taken = np.isfinite(scores)
    failed = (scores < thresholds).any(axis=1)
    unknown = (taken & np.isnan(thresholds)).any(axis=1) | ~taken.any(axis=1)
    return np.where(failed, 0.0, np.where(unknown, np.nan, 1.0))


def _at_least(values: np.ndarray, bar: float) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, values >= bar)


def _extreme(scores: np.ndarray, of: np.ufunc) -> np.ndarray:
    """Largest or smallest known score of every row; nan without any."""
    return of.reduce(np.asarray(scores, dtype=float), axis=1, initial=np.nan)
