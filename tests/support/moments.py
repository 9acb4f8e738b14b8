"""What published data hold row by row, in the form the estimators take it."""

from __future__ import annotations

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.school_moments import SchoolMoments


def of_pupils(school: np.ndarray, columns: np.ndarray) -> SchoolMoments:
    """Moments from one row per pupil; schools in the order of ``np.unique(school)``.

    ``school`` (pupils,) codes; ``columns`` (pupils × columns) or (pupils,), no missing values.

    >>> moments = of_pupils(np.array([7, 7, 9]), np.array([1.0, 3, 5]))
    >>> moments.n.tolist(), moments.mean.ravel().tolist(), moments.within.tolist()
    ([2, 1], [2.0, 5.0], [[2.0]])
    """
    columns = np.asarray(columns, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    _, number = np.unique(school, return_inverse=True)
    if number.shape != columns.shape[:1]:
        raise StatsInputError("one row of columns for every pupil")
    n = np.bincount(number)
    mean = np.stack([np.bincount(number, column) for column in columns.T], axis=1) / n[:, None]
    deviation = columns - mean[number]
    return SchoolMoments(n, mean, deviation.T @ deviation)
