"""Intervals of any estimate over schools by leaving out one school at a time.

Two years of a district are measured in the same schools, so their estimates are correlated. Leaving
a school out of both years at once carries that correlation into the error of the change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

FEWEST = 3
"""Schools below which there is a difference but no error of it."""


@dataclass(frozen=True)
class JackknifeDifference:
    """Result of :func:`from_left_out`.

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


def from_left_out(difference: np.ndarray, left_out: np.ndarray) -> JackknifeDifference:
    """A difference, or any other estimate, and its error from the same without each school.

    ``difference`` one number or an array; ``left_out`` (schools, …). A school is left out of both
    years at once, and pupils never one by one. The estimator must be smooth: means, variances,
    shares, quantiles of pupils; not the median of a dozen schools. Fewer than three schools: no
    error (nan).

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
