"""School marks against an external exam: are marks higher than results explain? (check C4)

Poorest data accepted: school mark × primary score for every pupil, as counts (tier T2); for
aggregate tables of marks there is :mod:`msoko_analysis.stats.mark_gap_comparison`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import Trend, trend

MARKS = (2.0, 3.0, 4.0, 5.0)
SMALLEST = 5
"""Pupils below which a school gets a gap but no p."""
LEVEL_DEGREE = 3
_DEGREE = 3
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Gap:
    """Marks of schools against what is usual at their level; arrays are (schools,).

    ``n`` pupils; ``curve`` what is usual, with the schools around it in ``rest``.
    """

    n: np.ndarray
    curve: Trend

    @property
    def gap(self) -> np.ndarray:
        """Marks above what is usual at such a level, per pupil."""
        return self.curve.rest.value - self.curve.rest.centre

    @property
    def z(self) -> np.ndarray:
        """The gap in standard errors that include how honest schools differ; + is inflation."""
        return self.curve.rest.deviate

    @property
    def p(self) -> np.ndarray:
        """One-sided probability of such a gap upwards in a school that marks as others do."""
        return norm.sf(self.z)

    @property
    def pupils(self) -> np.ndarray:
        """The gap in pupils whose mark stands one too high: ``n·gap``."""
        return self.n * self.gap


@dataclass(frozen=True)
class MarkGap(Gap):
    """Result of :func:`mark_gap`; arrays are (schools,), nan without pupils.

    ``against_region`` mean of (school mark − mark expected from the score), in marks;
    ``standard_error`` of it from the sampling of pupils; ``level`` the mean true score of the
    school's pupils in regional pupil SD; ``curve`` what is usual at such a level (its ``rest``
    leaves out schools of fewer than 5 pupils).
    """

    pairs: np.ndarray
    reliability: float
    marks: np.ndarray
    against_region: np.ndarray
    standard_error: np.ndarray
    level: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the gap from the sampling of pupils, in marks (schools,), (schools,)."""
        half = norm.isf((1 - level) / 2) * self.standard_error
        return self.gap - half, self.gap + half


def mark_gap(
    pairs: np.ndarray,
    *,
    reliability: float,
    level_degree: int = LEVEL_DEGREE,
    marks: tuple[float, ...] = MARKS,
) -> MarkGap:
    """Mean of (school mark − mark expected from the true score) of every school of a region.

    A score is the true score plus error, so equal scores mean less in a strong school. With σ²_e =
    (1 − ρ)·Var(x), σ²_w and τ²_b the variances of scores within and between schools, the best linear
    prediction of the true score of pupil p in school s of n pupils is

    ``x* = μ + B_s(x̄_s − μ) + ρ_w(x − x̄_s)``, ``ρ_w = 1 − σ²_e/σ²_w``, ``B_s = 1 − σ²_e/(nτ²_b + σ²_w)``.

    g, a cubic of the mark on x* over all pupils, gives ``d_s = mean(m − g(x*))``. The error of d is
    that of ``u = m − g(x*) − g'(x*)(B_s − ρ_w)(x − x̄_s)``, pooled: ``s² = Var_w(u)/n``. Schools mark
    by their own level too (strong ones more strictly), so d is compared with a polynomial of degree
    ``level_degree`` in ``B_s(x̄_s − μ)``; 0 compares with one standard for the whole region. The
    rest has its own variance τ² between honest schools (:func:`trend`, winsorised).

    Parameters: ``pairs`` (schools × marks × scores) pupils of one paper at every school mark and
    primary score, all schools of the region; ``reliability`` ρ of the score, 0…1
    (:func:`msoko_analysis.stats.reliability.reliability`); ``marks`` the values on the mark axis.
    ``reliability=1, level_degree=0`` is the naive residual, which blames strong schools.
    Edges: a school without pupils is nan; below 5 pupils it has ``against_region`` but no z and p;
    a school that inflates the exam as much as its marks is not seen. Refused: ρ outside (0, 1] or
    so low that σ²_e exceeds σ²_w; too few schools for the curve of level.
    Source: methods.md §1.6, §3.4; Kelley, Fundamentals of Statistics (1947), p. 409; B_s is the best
    linear unbiased predictor of the one-way model.

    >>> rng = np.random.default_rng(1)
    >>> true = rng.normal(size=(100, 40))
    >>> score = np.clip(np.rint(10 + 4 * true + rng.normal(0, 2, true.shape)), 0, 20).astype(int)
    >>> lenient = np.zeros((100, 1)); lenient[0] = 0.8
    >>> mark = np.digitize(true + lenient + rng.normal(0, 0.5, true.shape), [-2, -0.3, 1])
    >>> pairs = np.zeros((100, 4, 21))
    >>> np.add.at(pairs, (np.arange(100)[:, None], mark, score), 1)
    >>> result = mark_gap(pairs, reliability=0.8)
    >>> bool(result.p[0] < 1e-4), bool(10 < result.pupils[0] < 30), bool((result.p[1:] < 0.01).sum() < 5)
    (True, True, True)
    """
    pairs, marks = _checked(pairs, np.asarray(marks, dtype=float))
    if not 0 < reliability <= 1:
        raise StatsInputError(f"reliability must lie in (0, 1], got {reliability}")
    n = pairs.sum(axis=(1, 2))
    there = n > 0
    model = _Expectation(pairs[there], marks, reliability)
    against, error, level = (
        _scatter(column, there) for column in (model.residual(), model.error(), model.level)
    )
    judged = np.where(n >= SMALLEST, against, np.nan)
    curve = trend(judged, error, level, degree=level_degree)
    return MarkGap(n, curve, pairs, reliability, marks, against, error, level)


@dataclass(frozen=True)
class MarkComparison:
    """Result of :func:`compare_marks`: pupils (schools,) whose exam mark was lower, same, higher."""

    lower: np.ndarray
    same: np.ndarray
    higher: np.ndarray


def compare_marks(
    pairs: np.ndarray, mark_of_score: np.ndarray, *, marks: tuple[float, ...] = MARKS
) -> MarkComparison:
    """Count the pupils whose exam mark is lower than, the same as, higher than the school mark.

    ``pairs`` as in :func:`mark_gap`; ``mark_of_score`` (scores,) the mark each score earns. These
    are the official «понизили», «подтвердили», «повысили»; they mix level and marking.

    >>> pairs = np.zeros((1, 4, 3)); pairs[0, 1] = [1, 2, 3]  # six pupils with a school mark of 3
    >>> compared = compare_marks(pairs, np.array([2, 3, 4]))
    >>> compared.lower.tolist(), compared.same.tolist(), compared.higher.tolist()
    ([1.0], [2.0], [3.0])
    """
    pairs, marks = _checked(pairs, np.asarray(marks, dtype=float))
    side = np.sign(np.asarray(mark_of_score, dtype=float)[None] - marks[:, None])
    return MarkComparison(*((pairs * (side == way)).sum(axis=(1, 2)) for way in (-1, 0, 1)))


class _Expectation:
    """The expected mark of every score in every school; scores in regional pupil SD."""

    def __init__(self, pairs: np.ndarray, marks: np.ndarray, reliability: float) -> None:
        self.by_score = pairs.sum(axis=1)
        self.mark_sum = np.einsum("smk,m->sk", pairs, marks)
        self.square_sum = np.einsum("smk,m->sk", pairs, marks**2)
        self.n = self.by_score.sum(axis=1)
        score = _standardised(self.by_score.sum(axis=0))
        mean = self.by_score @ score / self.n
        self.deviation = score - mean[:, None]
        within, between = self._variances(mean)
        noise = 1 - reliability
        if noise >= within:
            raise StatsInputError(
                f"reliability {reliability} leaves no true differences within schools: "
                f"it must exceed {1 - within:.3f}"
            )
        self.shrink_pupil = 1 - noise / within
        self.shrink_mean = 1 - noise / (self.n * between + within)
        self.level = self.shrink_mean * mean
        self._fit(self.level[:, None] + self.shrink_pupil * self.deviation)

    def residual(self) -> np.ndarray:
        """``d_s``, mean of mark − expected mark (schools,)."""
        return (self.mark_sum - self.by_score * self.expected).sum(axis=1) / self.n

    def error(self) -> np.ndarray:
        """Standard error of ``d_s`` (schools,): g moves with the school's own mean."""
        moved = (self.shrink_mean[:, None] - self.shrink_pupil) * self.deviation
        line = self.expected + self.slope * moved
        total = (self.mark_sum - self.by_score * line).sum(axis=1)
        square = self.square_sum - 2 * line * self.mark_sum + self.by_score * line**2
        # Where every mark follows from the score, only rounding is left, of either sign.
        least = _ROUNDING * self.square_sum.sum()
        within = max(square.sum() - (total**2 / self.n).sum(), least)
        return np.sqrt(within / (self.n - 1).sum() / self.n)

    def _variances(self, mean: np.ndarray) -> tuple[float, float]:
        """Variance of scores within and between schools, by the moments of a one-way layout."""
        schools, pupils = len(self.n), self.n.sum()
        if schools < 2 or pupils <= schools:
            raise StatsInputError("pairs must hold at least two schools with more than one pupil")
        within = (self.by_score * self.deviation**2).sum() / (pupils - schools)
        typical = (pupils - (self.n**2).sum() / pupils) / (schools - 1)
        between = ((self.n * mean**2).sum() / (schools - 1) - within) / typical
        return within, max(between, 0.0)

    def _fit(self, true_score: np.ndarray) -> None:
        powers = true_score[:, :, None] ** np.arange(_DEGREE + 1)
        weighted = self.by_score[:, :, None] * powers
        gram = np.einsum("ski,skj->ij", weighted, powers, optimize=True)
        target = np.einsum("sk,ski->i", self.mark_sum, powers)
        coefficients = np.linalg.lstsq(gram, target, rcond=None)[0]
        self.expected = powers @ coefficients
        self.slope = powers[:, :, :-1] @ (coefficients[1:] * np.arange(1, _DEGREE + 1))


def _checked(pairs: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.asarray(pairs, dtype=float)
    if pairs.ndim != 3 or pairs.shape[1] != len(marks):
        raise StatsInputError(f"pairs must be schools x {len(marks)} marks x scores")
    if not np.isfinite(pairs).all() or (pairs < 0).any():
        raise StatsInputError("pairs must be finite and not negative")
    return pairs, marks


def _standardised(total: np.ndarray) -> np.ndarray:
    """Scores with mean 0 and variance 1 over all pupils of the region."""
    score = np.arange(len(total))
    mean = total @ score / total.sum()
    variance = total @ (score - mean) ** 2 / total.sum()
    if not variance > 0:
        raise StatsInputError("scores do not vary")
    return (score - mean) / np.sqrt(variance)


def _scatter(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    full = np.full(len(there), np.nan)
    full[there] = values
    return full
