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
from msoko_analysis.stats.school_moments import of_counts
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
    change = jackknife_difference(lambda first, second: _icc(second) - _icc(first), before, after)
    return IccChange(_icc(before), _icc(after), change)


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


def _same_schools(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both years without the schools that are in neither."""
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.ndim != 2 or after.ndim != 2 or len(before) != len(after):
        raise StatsInputError("both years must list the same schools, counts in columns")
    there = (before.sum(axis=1) > 0) | (after.sum(axis=1) > 0)
    return before[there], after[there]


def _icc(counts: np.ndarray) -> float:
    """Between-school share of scores of one year."""
    return random_intercept(of_counts(counts)).icc
