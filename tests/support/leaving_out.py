"""Slow twin of the jackknife: any estimator, called again without each school."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.jackknife import JackknifeDifference, from_left_out


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
