"""ФИОКО 2019: markers of biased results and the index of objectivity, as published.

Source of every rule here: «Методика расчёта показателя "Уровень объективности оценки
образовательных результатов в субъекте РФ"», ФИОКО, 19.04.2019 (14 markers; retold in domain.md
§1.1).
The document is silent about ties, single pupils and quartile conventions; what we chose there is
said in each docstring. On honest schools rule (a) fires in 19–24 % of cases (methods.md §0.1), so a
marker is reported under its own name and is never evidence by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

_Z = 1.96


@dataclass(frozen=True)
class InflatedMean:
    """Rule (a), one entry per school: its lower limit against the region's upper limit.

    ``lower`` is nan and ``marked`` False where the rule is not defined (fewer than two pupils).
    """

    n: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    regional_upper: float
    marked: np.ndarray


def inflated_mean(counts: np.ndarray, regional: np.ndarray | None = None) -> InflatedMean:
    """Rule (a): ``x̄ − 1.96·s/√m > X̄ + 1.96·S/√n``.

    ``counts`` (schools × scores) pupils at every primary score; ``regional`` (scores,) the same for
    the whole region, by default the sum of the schools. Standard deviations have n − 1 below.
    A school of one pupil has no s: the rule is not computed. A school whose pupils all have one
    score has s = 0 and is marked when its mean is above the regional limit, as the formula says.

    >>> school = np.zeros((1, 41)); school[0, [10, 14]] = 5, 5
    >>> region = np.full(41, 20.0)
    >>> bool(inflated_mean(school, region).marked[0])
    False
    """
    counts = np.asarray(counts, dtype=float)
    regional = counts.sum(axis=0) if regional is None else np.asarray(regional, dtype=float)
    _, regional_mean, regional_error = _mean_and_error(regional[None])
    if not np.isfinite(regional_error[0]):
        raise StatsInputError("the region needs at least two pupils")
    upper = float(regional_mean[0] + _Z * regional_error[0])
    n, mean, error = _mean_and_error(counts)
    lower = mean - _Z * error
    return InflatedMean(n, mean, lower, upper, np.nan_to_num(lower, nan=-np.inf) > upper)


@dataclass(frozen=True)
class MarkAgreement:
    """Rule (b), one entry per school: agreement of school marks with primary scores.

    ``published`` is the document's formula with mean ranks for ties.
    """

    n: np.ndarray
    published: np.ndarray

    @property
    def marked(self) -> np.ndarray:
        """The published formula is below zero."""
        return np.nan_to_num(self.published, nan=0.0) < 0


def mark_agreement(pairs: np.ndarray) -> MarkAgreement:
    """Rule (b): ``r_s = 1 − 6Σd²/(n(n²−1)) < 0``, d the difference of ranks.

    ``pairs`` (schools × marks × scores) pupils at every school mark and primary score. The document
    does not mention ties though there are four marks only; mean ranks are our convention (domain.md
    §1.1), under which equal marks for everybody give +0.5. Fewer than two pupils: nan.

    >>> equal_marks = np.zeros((1, 4, 6)); equal_marks[0, 1] = 1
    >>> mark_agreement(equal_marks).published.round(12).tolist()
    [0.5]
    """
    pairs = np.asarray(pairs, dtype=float)
    n = pairs.sum(axis=(1, 2))
    mark_rank = _mean_ranks(pairs.sum(axis=2))
    score_rank = _mean_ranks(pairs.sum(axis=1))
    difference = mark_rank[:, :, None] - score_rank[:, None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        published = 1 - 6 * (pairs * difference**2).sum(axis=(1, 2)) / (n * (n**2 - 1))
    return MarkAgreement(n, np.where(n < 2, np.nan, published))


@dataclass(frozen=True)
class CohortJump:
    """Rule (c), one entry per school: K and the limits it was compared with."""

    ratio: np.ndarray
    lower_limit: float
    upper_limit: float

    @property
    def rose(self) -> np.ndarray:
        """Sharp rise of the cohort's results: K below the lower limit."""
        return self.ratio < self.lower_limit

    @property
    def fell(self) -> np.ndarray:
        """Sharp fall of the cohort's results: K above the upper limit."""
        return self.ratio > self.upper_limit

    @property
    def marked(self) -> np.ndarray:
        """Either of the two."""
        return self.rose | self.fell


def cohort_jump(earlier: np.ndarray, later: np.ndarray) -> CohortJump:
    """Rule (c): ``K = S(N, year) / S(N+1, year+1)``, marked outside ``P25 − 3·IQR … P75 + 3·IQR``.

    ``earlier``, ``later`` (schools,) mean share of the maximum in the lower grade a year before and
    in the next grade now; nan where a school did not write both: K is nan and not marked. Quartiles
    are over all schools given (the document: the whole sample; a municipality of 10–30 schools is
    too small for them), by linear interpolation, which the document leaves open.

    >>> jump = cohort_jump(np.array([0.8, 0.5, 0.52, 0.48, 0.5]), np.full(5, 0.5))
    >>> jump.ratio[0], jump.fell.tolist()
    (np.float64(1.6), [True, False, False, False, False])
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.asarray(earlier, dtype=float) / np.asarray(later, dtype=float)
    known = ratio[np.isfinite(ratio)]
    if len(known) == 0:
        return CohortJump(ratio, np.nan, np.nan)
    low, high = np.quantile(known, [0.25, 0.75])
    return CohortJump(ratio, low - 3 * (high - low), high + 3 * (high - low))


def objectivity_index(marked: np.ndarray) -> float:
    """Index of objectivity: ``100 − share of schools with at least one marker, %``.

    ``marked`` (schools × markers) for the schools that took part. It is the ground of П19 of the
    motivating monitoring; that П19 equals it is inferred from both descriptions, not stated in a
    document (domain.md §1.1). Nobody took part: nan.

    >>> objectivity_index(np.array([[True, False], [False, False], [False, False], [True, True]]))
    50.0
    """
    marked = np.asarray(marked, dtype=bool)
    return float("nan") if len(marked) == 0 else float(100 - 100 * marked.any(axis=1).mean())


def _mean_and_error(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    score = np.arange(counts.shape[1])
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ score / n
        squares = (counts * (score - mean[:, None]) ** 2).sum(axis=1)
        error = np.where(n > 1, np.sqrt(squares / (n - 1)) / np.sqrt(n), np.nan)
    return n, mean, error


def _mean_ranks(counts: np.ndarray) -> np.ndarray:
    return counts.cumsum(axis=1) - counts + (counts + 1) / 2
