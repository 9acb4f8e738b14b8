"""What the variance components need of the pupils: per-school sizes and means, pooled products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class SchoolMoments:
    """Sufficient statistics of pupils in schools for every model with normal errors.

    ``n`` (schools,) pupils; ``mean`` (schools × columns), nan where n is 0; ``within`` (columns ×
    columns) sums over all schools of squares and products of deviations from the school's mean.
    Additive over papers and workers in the form they come from; columns are chosen with
    :meth:`columns`.
    """

    n: np.ndarray
    mean: np.ndarray
    within: np.ndarray

    def __post_init__(self) -> None:
        n, mean, within = np.asarray(self.n), np.asarray(self.mean), np.asarray(self.within)
        if mean.shape[:1] != n.shape or mean.ndim != 2:
            raise StatsInputError("mean must be (schools x columns) over the schools of n")
        if within.shape != (mean.shape[1],) * 2:
            raise StatsInputError("within must be (columns x columns)")
        if not (np.isfinite(n).all() and (n >= 0).all()):
            raise StatsInputError("n must be finite and not negative")
        if not (np.isfinite(mean[n > 0]).all() and np.isfinite(within).all()):
            raise StatsInputError("means of schools with pupils and products must be finite")
        if (np.diag(within) < 0).any():
            raise StatsInputError("sums of squares must not be negative")


def of_counts(counts: np.ndarray, scores: np.ndarray | None = None) -> SchoolMoments:
    """Moments from a histogram per school: ``counts`` (schools × scores); a single column.

    ``scores`` (scores,) are the values counted, 0, 1, 2, … unless given.

    >>> moments = of_counts(np.array([[0, 1, 0, 1], [0, 0, 0, 0]]))
    >>> moments.n.tolist(), moments.mean.ravel().tolist(), moments.within.tolist()
    ([2.0, 0.0], [2.0, nan], [[2.0]])
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be schools x scores, finite and not negative")
    values = np.arange(counts.shape[1]) if scores is None else np.asarray(scores, dtype=float)
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ values / n
    deviation = values - np.where(n > 0, mean, 0.0)[:, None]
    return SchoolMoments(n, mean[:, None], np.array([[(counts * deviation**2).sum()]]))
