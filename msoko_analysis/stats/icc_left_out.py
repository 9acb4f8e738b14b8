"""The between-school share of the variance without each school in turn, all at once."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from msoko_analysis.errors import StatsInputError

_GRID = np.concatenate([[0.0], np.geomspace(1e-4, 0.95, 300)])


def icc_left_out(counts: np.ndarray) -> np.ndarray:
    """ICC by restricted likelihood of the other schools (schools,), nan where it is not defined.

    With λ = ρ/(1 − ρ) and ``w_s = n_s/(1 + n_sλ)`` the restricted deviance of
    :func:`msoko_analysis.stats.variance_components.random_intercept` depends on sums over schools
    only: ``(N−1) ln(q/(N−1)) + Σ ln(1+n_sλ) + ln Σw_s``, ``q = SSW + Σw_s ȳ_s² − (Σw_s ȳ_s)²/Σw_s``.
    So a school is left out by subtraction, on a grid of shares with a parabola through the lowest
    points (within a thousandth of its value). ``counts`` (schools × scores) pupils; a school without
    pupils changes nothing. Fewer than three schools, or no spread within the rest: nan.
    Source: methods.md §1.8.

    >>> counts = np.array([[3, 5, 2, 0], [0, 2, 5, 3], [1, 4, 4, 1], [2, 4, 3, 1]])
    >>> from msoko_analysis.stats.school_moments import of_counts
    >>> from msoko_analysis.stats.variance_components import random_intercept
    >>> bool(abs(icc_left_out(counts)[0] - random_intercept(of_counts(counts[1:])).icc) < 1e-4)
    True
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise StatsInputError("counts must be schools x scores and not negative")
    score = np.arange(counts.shape[1]) - counts.shape[1] / 2
    n = counts.sum(axis=1)
    mean = counts @ score / np.maximum(n, 1)
    squares = (counts * (score - mean[:, None]) ** 2).sum(axis=1)
    ratio = _GRID / (1 - _GRID)
    weight = n[:, None] / (1 + n[:, None] * ratio)
    rest = [
        part.sum(axis=0) - part
        for part in (weight, weight * mean[:, None], weight * mean[:, None] ** 2,
                     np.log1p(n[:, None] * ratio))
    ]  # fmt: skip
    schools = (n > 0).sum() - (n > 0)
    pupils = (n.sum() - n)[:, None]
    within = (squares.sum() - squares)[:, None]
    fine = (schools >= 2) & (pupils[:, 0] > schools) & (within[:, 0] > 1e-9)
    with np.errstate(invalid="ignore", divide="ignore"):
        q = within + rest[2] - rest[1] ** 2 / rest[0]
        deviance = xlogy(pupils - 1, q) + rest[3] + np.log(rest[0])
    return np.where(fine, _lowest(np.nan_to_num(deviance, nan=np.inf)), np.nan)


def _lowest(deviance: np.ndarray) -> np.ndarray:
    """Share at the minimum of every row, by a parabola through the lowest point and its neighbours."""
    place = deviance.argmin(axis=1)
    middle = np.clip(place, 1, len(_GRID) - 2)
    rows = np.arange(len(deviance))
    x = [_GRID[middle + step] for step in (-1, 0, 1)]
    y = [deviance[rows, middle + step] for step in (-1, 0, 1)]
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        bend = (right - left) / (x[2] - x[0])
        vertex = (x[0] + x[1]) / 2 - left / (2 * bend)
    inside = (place > 0) & (place < len(_GRID) - 1) & (bend > 0)
    return np.where(inside, np.clip(vertex, x[0], x[2]), _GRID[place])
