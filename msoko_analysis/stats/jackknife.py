"""Intervals of any estimate over schools by leaving out one school at a time.

Two years of a district are measured in the same schools, so their estimates are correlated. Leaving
a school out of both years at once carries that correlation into the error of the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from msoko_analysis.errors import StatsInputError

FEWEST = 3
"""Schools below which there is a difference but no error of it."""


@dataclass(frozen=True)
class JackknifeDifference:
    """Result of :func:`jackknife_difference`.

    ``difference`` as the estimator gave it; ``left_out`` (schools, …) the same without each school;
    ``standard_error`` and ``degrees_of_freedom`` have the shape of ``difference``, nan where the
    estimate is not defined without some school or the schools are too few.
    """

    difference: np.ndarray
    left_out: np.ndarray
    standard_error: np.ndarray
    degrees_of_freedom: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the difference by Student's t."""
        half = t.isf((1 - level) / 2, self.degrees_of_freedom) * self.standard_error
        return self.difference - half, self.difference + half

    @property
    def low(self) -> np.ndarray:
        """Lower end of the 95 % interval."""
        return self.interval()[0]

    @property
    def high(self) -> np.ndarray:
        """Upper end of the 95 % interval."""
        return self.interval()[1]


def jackknife_difference(
    estimator: Callable[..., float | np.ndarray], *arrays: np.ndarray
) -> JackknifeDifference:
    """Difference of a measure between two years, or any other estimate over schools, with interval.

    ``estimator(*arrays)`` → the difference, one number or an array of them. Every array has schools
    along its first axis, all in the same order; a school that is missing in one year has zeros
    there, and the estimator must bear that. Schools are the clusters: pupils are never left out one
    by one. See :func:`from_left_out` for the formula. The estimator must be smooth: means,
    variances, shares, quantiles of pupils; not the median of a dozen schools.

    >>> rng = np.random.default_rng(1)
    >>> level = rng.normal(size=60)
    >>> before, after = (level + rng.normal(0, 0.1, 60) for _ in range(2))
    >>> result = jackknife_difference(lambda a, b: b.mean() - a.mean(), before, after + 0.3)
    >>> exact = (after - before).std(ddof=1) / np.sqrt(60)
    >>> bool(np.isclose(result.standard_error, exact)), bool(result.low < 0.3 < result.high)
    (True, True)
    """
    arrays = tuple(np.asarray(one) for one in arrays)
    if not arrays or len({one.shape[:1] for one in arrays}) > 1 or arrays[0].ndim == 0:
        raise StatsInputError("all arrays must list the same schools along their first axis")
    difference = np.asarray(estimator(*arrays), dtype=float)
    schools = len(arrays[0])
    kept = ~np.eye(schools, dtype=bool)
    left_out = [estimator(*(one[rest] for one in arrays)) for rest in kept] if schools > 1 else []
    shape = (len(left_out), *difference.shape)
    return from_left_out(difference, np.asarray(left_out, dtype=float).reshape(shape))


def from_left_out(difference: np.ndarray, left_out: np.ndarray) -> JackknifeDifference:
    """The same from estimates without each school that are known already: ``left_out`` (schools, …).

    ``SE² = (S−1)/S·Σ_s (d_(s) − d̄)²`` (Tukey 1958; Efron & Stein 1981: on average not too small).
    A variance resting on a few far schools is itself poorly known: degrees of freedom are
    ``2/(2/(S−1) + κ/S)``, κ the excess kurtosis of the values left out, not below 0, which is the
    matching of the first two moments of χ² (Satterthwaite 1946); for normal values it is S − 1.

    >>> even, one_far = np.array([1.0, -1, 1, -1, 1, -1]), np.array([0.0, 0, 0, 0, 0, 6])
    >>> [round(float(from_left_out(0, one).degrees_of_freedom), 1) for one in (even, one_far)]
    [5.0, 3.3]
    """
    difference, left_out = np.asarray(difference, dtype=float), np.asarray(left_out, dtype=float)
    schools = len(left_out)
    if schools < FEWEST:
        unknown = np.full(difference.shape, np.nan)
        return JackknifeDifference(difference, left_out, unknown, unknown)
    deviation = left_out - left_out.mean(axis=0)
    variance = (deviation**2).mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        kurtosis = (deviation**4).mean(axis=0) / variance**2 - 3
    kurtosis = np.where(variance > 0, np.maximum(kurtosis, 0), 0.0)
    degrees = np.where(np.isfinite(variance), 2 / (2 / (schools - 1) + kurtosis / schools), np.nan)
    return JackknifeDifference(difference, left_out, np.sqrt((schools - 1) * variance), degrees)
