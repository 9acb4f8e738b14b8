"""Theil's and Gini's indices of results, and the part of them that lies between schools.

Poorest data accepted: a histogram of scores per school (tier T1). They are of the second rank for
test scores: unlike a variance share they change when the paper gets easier or a constant is added
to the scale, so they compare schools on one paper, not papers or years (Ferreira, Gignoux, World
Bank Econ. Rev. 28:210–246 (2014)). Values must be a share or per cent of the maximum, from zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Indices:
    """The indices that have no condition: numbers, or arrays with one value for every school left out.

    ``theil`` is ``Σ (y_i/Nȳ) ln(y_i/ȳ)`` over pupils (0 ln 0 = 0), ``theil_between`` the same if
    every pupil had the mean of the school: ``Σ (n_s ȳ_s/Nȳ) ln(ȳ_s/ȳ)``. ``gini`` is
    ``Σ_i Σ_j |y_i − y_j| / (2N²ȳ)``, ``gini_between`` the same of school means; the rest of it is
    within schools and overlap. All nan without pupils and when all values are 0.
    """

    theil: np.ndarray
    theil_between: np.ndarray
    gini: np.ndarray
    gini_between: np.ndarray


@dataclass(frozen=True)
class Inequality:
    """Result of :func:`inequality`: ``counts`` (schools × scores) and ``values`` (scores,)."""

    counts: np.ndarray
    values: np.ndarray

    @property
    def whole(self) -> Indices:
        """The indices of all schools together."""
        n, total, logs, school_logs = self._sums
        pupils = self.counts.sum(axis=0)
        between = (n * self._distance).sum() / 2
        return Indices(
            _theil(n.sum(), total.sum(), logs.sum()),
            _theil(n.sum(), total.sum(), school_logs.sum()),
            _gini(pupils, pupils * self.values),
            _through(between, n.sum() * total.sum()),
        )

    @property
    def left_out(self) -> Indices:
        """The indices of the other schools when each is left out in turn (schools,).

        All of them are functions of sums over schools, so a school is left out by subtraction.
        """
        n, total, *logs = self._sums
        n_rest, total_rest = n.sum() - n, total.sum() - total
        pupils = self.counts.sum(axis=0) - self.counts
        between = (n * self._distance).sum() / 2 - n * self._distance
        return Indices(
            *(_theil(n_rest, total_rest, part.sum() - part) for part in logs),
            _gini(pupils, pupils * self.values),
            _through(between, n_rest * total_rest),
        )

    @property
    def _sums(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Pupils, Σy, Σ y ln y and Σ y ln(school mean) of every school (schools,)."""
        n, total = self.counts.sum(axis=1), self.counts @ self.values
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(n > 0, total / n, 0.0)
        return n, total, self.counts @ xlogy(self.values, self.values), xlogy(total, mean)

    @property
    def _distance(self) -> np.ndarray:
        """``Σ_t n_t |ȳ_s − ȳ_t|`` of every school s (schools,), from sums in order of the means."""
        n, total = self._sums[:2]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(n > 0, total / n, 0.0)
        order = np.argsort(mean, kind="stable")
        n_below, total_below = n[order].cumsum(), total[order].cumsum()
        n_above, total_above = n.sum() - n_below, total.sum() - total_below
        distance = np.empty(len(n))
        distance[order] = mean[order] * (n_below - n_above) - total_below + total_above
        return distance


def inequality(counts: np.ndarray, values: np.ndarray) -> Inequality:
    """Indices of inequality of pupils in schools, from counts: O(schools × scores).

    ``counts`` (schools × scores) pupils; ``values`` (scores,) increasing from 0 or more, results in
    per cent of the maximum. Source: Theil (1967), Economics and Information Theory; Gini as in
    Shorrocks, Econometrica 48:613–625 (1980); methods.md §1.8.

    >>> result = inequality(np.array([[2, 0, 0], [0, 1, 1]]), np.array([10.0, 20.0, 30.0])).whole
    >>> [round(float(one), 4) for one in (result.theil, result.theil_between, result.gini)]
    [0.1093, 0.0949, 0.25]
    """
    counts, values = np.asarray(counts, dtype=float), np.asarray(values, dtype=float)
    if counts.ndim != 2 or counts.shape[1:] != values.shape:
        raise StatsInputError("counts must be schools x scores over the values")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise StatsInputError("counts must be finite and not negative")
    if not (np.isfinite(values).all() and (values >= 0).all() and (np.diff(values) > 0).all()):
        raise StatsInputError("values must increase from zero or more")
    return Inequality(counts, values)


def _through(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.divide(part, whole), np.nan)


def _theil(n: np.ndarray, total: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """T from sums: ``Σ y ln y / Σ y − ln ȳ``, which a stray digit must not carry below 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.maximum(_through(logs, total) - np.log(_through(total, n)), 0.0)


def _gini(n: np.ndarray, total: np.ndarray) -> np.ndarray:
    """G of groups in rising order along the last axis: 1 less twice the area under Lorenz's curve."""
    area = (n * (2 * total.cumsum(axis=-1) - total)).sum(axis=-1)
    return 1 - _through(area, n.sum(axis=-1) * total.sum(axis=-1))
