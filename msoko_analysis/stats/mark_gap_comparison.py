"""School marks against exam marks when only «понизили», «подтвердили», «повысили» are known (C4, tier T0).

Weaker than :mod:`msoko_analysis.stats.mark_gap`, as it does not see who got which mark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.mark_gap import MARKS, SMALLEST, Gap
from msoko_analysis.stats.overdispersion import CUT, Trend, mean_square, trend

_DEGREE = 2
_MARKS = np.array(MARKS)
#: Exam mark lower, same, higher: the school mark stood higher, …
_SIDES = np.array([1.0, 0.0, -1.0])
#: Variance of a pupil's residual, in variances of the sides within schools.
_RANGE = (0.1, 2.0)


@dataclass(frozen=True)
class MarkGapOfComparison(Gap):
    """Result of :func:`mark_gap_of_comparison`; arrays are (schools,).

    ``comparison`` (schools × 3) pupils whose exam mark was lower than, the same as, higher than the
    school mark; ``pupil_variance`` of one pupil's side (1, 0, −1) around the curve of the schools;
    ``curve`` the net share usual at such a mean exam mark.
    """

    comparison: np.ndarray
    exam_marks: np.ndarray
    pupil_variance: float


def mark_gap_of_comparison(comparison: np.ndarray, exam_marks: np.ndarray) -> MarkGapOfComparison:
    """Net share of pupils who lost marks against the mean exam mark: weighted quadratic.

    With every difference taken for one mark, the mean school mark is ``x̄_s + (lower − higher)/n``, x̄
    the mean exam mark. It is inside the quadratic of x̄, so the rest is that of the net share itself:
    ``(lower − higher)/n = b_0 + b_1 x̄ + b_2 x̄² + rest``, ``Var(rest) = σ²/n + τ²``. The counts do not
    tell σ² (it hangs on the correlation inside schools), so it is the value at which the smaller
    half of the schools scatters as the larger half does. A difference of two marks counts as one,
    so the gap is a lower bound. What it can not do: tell who got which mark, or part marking from
    level where all schools of a level mark alike.

    ``comparison`` (schools × 3) pupils whose exam mark was lower than, the same as, higher than the
    school mark; ``exam_marks`` (schools × marks 2…5) pupils at every mark. n is the smaller of the
    two totals; schools of fewer than 5 pupils get nan. All schools of the region, at least 15.
    Refused: no school of five pupils in which sides differ. Source: methods.md §1.6.

    >>> rng = np.random.default_rng(1)
    >>> able = rng.normal(0, 0.4, (200, 1)) + rng.normal(size=(200, 50))
    >>> lenient = np.zeros((200, 1)); lenient[0] = 0.8
    >>> mark = lambda x: 2 + np.digitize(x, [-1.5, -0.2, 1])
    >>> school = mark(able + lenient + rng.normal(0, 0.5, able.shape))
    >>> exam = mark(able + rng.normal(0, 0.5, able.shape))
    >>> side = (np.sign(exam - school)[:, :, None] == [-1, 0, 1]).sum(axis=1)
    >>> result = mark_gap_of_comparison(side, (exam[:, :, None] == range(2, 6)).sum(axis=1))
    >>> bool(result.p[0] < 1e-4), bool((result.p[1:] < 0.01).sum() < 8)
    (True, True)
    """
    comparison, exam_marks = _checked(comparison, len(_SIDES)), _checked(exam_marks, len(MARKS))
    if len(comparison) != len(exam_marks):
        raise StatsInputError("comparison and exam_marks must list the same schools")
    n = np.minimum(comparison.sum(axis=1), exam_marks.sum(axis=1))
    net = _mean(comparison, n >= SMALLEST, _SIDES)
    exam = _mean(exam_marks, n >= SMALLEST, _MARKS)
    within = _within(comparison, n)
    if not within > 0:
        raise StatsInputError("marks do not differ inside schools of five pupils or more")
    variance, curve = _against_level(net, exam, n, within)
    return MarkGapOfComparison(n, curve, comparison, exam_marks, variance)


def _within(comparison: np.ndarray, n: np.ndarray) -> float:
    """Variance inside schools, pooled; nan without schools of five pupils."""
    judged = n >= SMALLEST
    mean = _mean(comparison, judged, _SIDES)
    squares = (comparison * (_SIDES - mean[:, None]) ** 2)[judged]
    return squares.sum() / (comparison.sum(axis=1)[judged] - 1).sum() if len(squares) else np.nan


def _against_level(
    value: np.ndarray, exam: np.ndarray, n: np.ndarray, within: float
) -> tuple[float, Trend]:
    """σ² at which small and large schools scatter alike around the curve, and the curve."""

    def curve(variance: float) -> Trend:
        return trend(value, np.sqrt(variance / np.maximum(n, 1)), exam, degree=_DEGREE)

    smaller = n <= np.median(n[n >= SMALLEST])

    def excess(log_variance: float) -> float:
        z = curve(float(np.exp(log_variance))).rest.z[smaller & (n >= SMALLEST)]
        return float((np.clip(z, -CUT, CUT) ** 2).mean() - mean_square(CUT))

    low, high = np.log(within * np.array(_RANGE))
    if excess(low) <= 0:
        variance = np.exp(low)
    elif excess(high) >= 0:
        variance = np.exp(high)
    else:
        variance = np.exp(brentq(excess, low, high, xtol=1e-4))
    return float(variance), curve(float(variance))


def _checked(table: np.ndarray, columns: int) -> np.ndarray:
    table = np.asarray(table, dtype=float)
    if table.ndim != 2 or table.shape[1] != columns:
        raise StatsInputError(
            "counts must be schools x marks 2..5, a comparison schools x (lower, same, higher)"
        )
    if not np.isfinite(table).all() or (table < 0).any():
        raise StatsInputError("counts of marks must be finite and not negative")
    return table


def _mean(table: np.ndarray, judged: np.ndarray, values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(judged, table @ values / table.sum(axis=1), np.nan)
