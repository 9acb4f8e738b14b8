"""Has the share of schools in the variance changed between two years?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.jackknife import (
    JackknifeDifference,
    from_left_out,
    jackknife_difference,
)
from msoko_analysis.stats.ordered_probit import ordered_probit
from msoko_analysis.stats.school_moments import SchoolMoments, of_counts
from msoko_analysis.stats.variance_components import random_intercept


@dataclass(frozen=True)
class IccChange:
    """Result of :func:`icc_change` and :func:`icc_change_of_marks`.

    ``before``, ``after`` the two shares; ``change`` their difference with its interval.
    """

    before: float
    after: float
    change: JackknifeDifference


def icc_change(before: np.ndarray, after: np.ndarray) -> IccChange:
    """Change of the between-school share of scores, from two histograms of the same schools.

    ``before``, ``after`` (schools × scores), the scores of either year may differ; a row of zeros
    where a school did not write. Fitted by :func:`variance_components.random_intercept` with each
    school left out of both years at once, so the likeness of a school's two years counts for
    narrower intervals, as it should. The share is free of the scale and the difficulty of the
    papers, but not of their reliability: compare papers of one make.

    >>> rng = np.random.default_rng(1)
    >>> level = rng.normal(0, 0.5, (100, 1))
    >>> year = lambda spread: np.stack([np.bincount(row, minlength=21) for row in np.clip(np.rint(
    ...     10 + 3 * (spread * level + rng.normal(size=(100, 40)))), 0, 20).astype(int)])
    >>> result = icc_change(year(1.0), year(0.4))
    >>> round(result.before, 2), round(result.after, 2), bool(result.change.high < 0)
    (0.15, 0.02, True)
    """
    before, after = _same_schools(before, after)
    first, second = _of_each_school(before), _of_each_school(after)
    change = jackknife_difference(lambda one, other: _icc(other) - _icc(one), first, second)
    return IccChange(_icc(first), _icc(second), change)


def icc_change_of_marks(before: np.ndarray, after: np.ndarray) -> IccChange:
    """The same from counts of marks (schools × categories), by the ordered probit.

    >>> rng = np.random.default_rng(1)
    >>> level = rng.normal(0, 0.5, (100, 1))
    >>> year = lambda spread: np.stack([np.bincount(row, minlength=4) for row in np.digitize(
    ...     spread * level + rng.normal(size=(100, 40)), [-1.5, 0, 1])])
    >>> result = icc_change_of_marks(year(1.0), year(0.4))
    >>> round(result.before, 2), round(result.after, 2), bool(result.change.high < 0)
    (0.15, 0.02, True)
    """
    first, second = (ordered_probit(one) for one in _same_schools(before, after))
    left_out = second.without_each_school() - first.without_each_school()
    change = from_left_out(np.array(second.icc - first.icc), left_out)
    return IccChange(first.icc, second.icc, change)


def interval_of_change(
    before: tuple[float, float, float],
    after: tuple[float, float, float],
    likeness: float = 0.0,
) -> tuple[float, float]:
    """Interval of a difference from the intervals of its parts, which need not be symmetric.

    ``before``, ``after`` value, low and high end; ``likeness`` r the correlation of their errors.
    With b, a the values, ``L = (a − b) − √((a − l_a)² + (u_b − b)² − 2r (a − l_a)(u_b − b))`` and the
    same upwards. Unlike a standard error it stays honest where a share lies at 0. With r = 0, for
    years of the same schools, it is too wide rather than too narrow.
    Source: Zou, Donner, Stat. Med. 27:1693–1702 (2008); Zou, Am. J. Epidemiol. 168:212–224 (2008).

    >>> [round(end, 3) for end in interval_of_change((0.10, 0.05, 0.20), (0.20, 0.10, 0.35))]
    [-0.041, 0.258]
    >>> interval_of_change((0.0, 0.0, 0.1), (0.0, 0.0, 0.1))
    (-0.1, 0.1)
    """
    if not -1 <= likeness <= 1:
        raise StatsInputError("a correlation lies between -1 and 1")
    (first, first_low, first_high), (second, second_low, second_high) = before, after
    difference = second - first
    down = _joint(second - second_low, first_high - first, likeness)
    up = _joint(second_high - second, first - first_low, likeness)
    return difference - down, difference + up


def _joint(one: float, other: float, likeness: float) -> float:
    return float(np.sqrt(max(one**2 + other**2 - 2 * likeness * one * other, 0.0)))


def _same_schools(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both years without the schools that are in neither."""
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.ndim != 2 or after.ndim != 2 or len(before) != len(after):
        raise StatsInputError("both years must list the same schools, counts in columns")
    there = (before.sum(axis=1) > 0) | (after.sum(axis=1) > 0)
    return before[there], after[there]


def _of_each_school(counts: np.ndarray) -> np.ndarray:
    """Pupils, mean and sum of squares around it of each school (schools × 3), of one year."""
    moments = of_counts(counts)
    mean = np.nan_to_num(moments.mean)
    squares = (counts * (np.arange(counts.shape[1]) - mean) ** 2).sum(axis=1)
    return np.column_stack([moments.n, mean, squares])


def _icc(schools: np.ndarray) -> float:
    """Between-school share of scores of one year."""
    n, mean, squares = schools.T
    return random_intercept(SchoolMoments(n, mean[:, None], np.array([[squares.sum()]]))).icc
