"""Means over groups of schools of unequal size, and their difference, with schools as clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class ClusterMeans:
    """Result of :func:`cluster_means`; arrays are (groups,).

    ``units`` names of the groups in order; ``n`` pupils; ``mean`` over them; ``variance`` of the mean
    and its degrees of ``freedom``, nan where a group has fewer than two schools; ``other_…`` the same
    of all schools outside the group.
    """

    units: np.ndarray
    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    freedom: np.ndarray
    other_mean: np.ndarray
    other_variance: np.ndarray
    other_freedom: np.ndarray

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the mean by Student's t (groups,), (groups,)."""
        half = student.isf((1 - level) / 2, self.freedom) * np.sqrt(self.variance)
        return self.mean - half, self.mean + half

    @property
    def p(self) -> np.ndarray:
        """Two-sided p of the difference of a group from the schools outside it (groups,).

        Student's t with the degrees of freedom of Welch and Satterthwaite; nan where either side has
        fewer than two schools or nothing varies.
        """
        both = self.variance + self.other_variance
        with np.errstate(invalid="ignore", divide="ignore"):
            freedom = both**2 / (
                self.variance**2 / self.freedom + self.other_variance**2 / self.other_freedom
            )
            distance = np.abs(self.mean - self.other_mean) / np.sqrt(both)
        return np.where(both > 0, 2 * student.sf(distance, freedom), np.nan)


def cluster_means(total: np.ndarray, n: np.ndarray, group: np.ndarray) -> ClusterMeans:
    """Mean per pupil ``Σ total / Σ n`` over the schools of every group, with its error.

    With ``w_s = n_s/Σn`` and ``e_s = w_s(ȳ_s − ȳ)`` the variance is ``Σ (e_s/(1 − w_s))²``, the sum of
    squares of what leaving a school out changes (the jackknife, HC3 by clusters), on
    ``1/Σ w_s² − 1`` degrees of freedom, the effective number of schools less one (Kish). Pupils of a
    school are alike, and a district is a few schools of very unequal size: the usual ratio estimator
    on S − 1 degrees of freedom calls one honest district of eight schools in ten at 5 %.

    Parameters: ``total``, ``n`` (schools,) sum of the values of a school's pupils and their number, 0
    without pupils; ``group`` (schools,) of each school.
    Source: MacKinnon & White, J. Econometrics 29:305–325 (1985), eq. 11–13; Bell & McCaffrey, Survey
    Methodology 28:169–181 (2002); Kish, Survey Sampling (1965), §11.7.

    >>> total, n = np.array([9.0, 11, 1, 0, -1]), np.full(5, 10.0)
    >>> result = cluster_means(total, n, np.array(["A", "A", "B", "B", "B"]))
    >>> result.mean.tolist(), bool(result.p[0] < 0.05)
    ([1.0, 0.0], True)
    """
    total, n = np.asarray(total, dtype=float), np.asarray(n, dtype=float)
    group = np.asarray(group)
    if not total.shape == n.shape == group.shape or total.ndim != 1:
        raise StatsInputError("total, n and group must list the same schools")
    if not np.isfinite(total).all() or not np.isfinite(n).all() or (n < 0).any():
        raise StatsInputError("total and n must be finite, n not negative")
    units = np.unique(group)
    inside = group == units[:, None]
    return ClusterMeans(units, inside @ n, *_side(total, n, inside), *_side(total, n, ~inside))


def _side(
    total: np.ndarray, n: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and degrees of freedom over the chosen schools (groups × schools)."""
    chosen = chosen & (n > 0)
    schools = chosen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = (chosen @ n)[:, None]
        mean = (chosen @ total)[:, None] / size
        weight = np.where(chosen, n / size, 0.0)
        left_out = np.where(chosen, (total - mean * n) / size / (1 - weight), 0.0)
        variance = np.where(schools > 1, (left_out**2).sum(axis=1), np.nan)
        freedom = np.where(schools > 1, 1 / (weight**2).sum(axis=1) - 1, np.nan)
    return mean[:, 0], variance, freedom
