"""Isolation of low performers: are they gathered in few schools more than chance would gather them?

Poorest data accepted: counts of low performers and of pupils per school (tier T0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Isolation:
    """Result of :func:`isolation`; numbers, or arrays over repeated rows of schools.

    ``eta2`` is the isolation as observed, ``expected`` what chance alone makes of it. Both nan when
    nobody or everybody is low, or with fewer than two pupils.
    """

    eta2: np.ndarray
    expected: np.ndarray

    @property
    def excess(self) -> np.ndarray:
        """Isolation beyond chance: 0 on average when pupils are dealt out at random."""
        return self.eta2 - self.expected


def isolation(low: np.ndarray, n: np.ndarray) -> Isolation:
    """``η² = (xPx − P)/(1 − P)``, ``xPx = Σ (x_s/X)(x_s/n_s)``, and its expectation.

    xPx is the share of low performers in the school of an average low performer, P that of all
    pupils; η² is the intraclass correlation of being low: 0 when every school has the share P, 1
    when schools are all low or not at all. Small schools make it large by chance: when X low
    performers are dealt out at random over the places, its mean is ``(J − 1)/(N − 1)`` exactly for
    J schools with pupils. ``low``, ``n`` (…, schools) low performers and pupils.
    Source: Massey, Denton, Social Forces 67:281–315 (1988); methods.md §1.8.

    >>> result = isolation(np.array([5, 1, 0]), np.array([10, 10, 10]))
    >>> round(float(result.eta2), 4), round(float(result.expected), 4)
    (0.2917, 0.069)
    """
    low, n = _checked(low, n)
    square = _squares(low, n).sum(axis=-1)
    return _of_sums(square, low.sum(axis=-1), n.sum(axis=-1), (n > 0).sum(axis=-1))


def isolation_without_each(low: np.ndarray, n: np.ndarray) -> Isolation:
    """:func:`isolation` of the schools less one, for each of them (schools,): by subtraction.

    Memory and time grow with the schools, not with their square.

    >>> low, n = np.array([5, 1, 0]), np.array([10, 10, 10])
    >>> bool(np.isclose(isolation_without_each(low, n).eta2[2], isolation(low[:2], n[:2]).eta2))
    True
    """
    low, n = _checked(low, n)
    square, there = _squares(low, n), n > 0
    return _of_sums(
        square.sum() - square, low.sum() - low, n.sum() - n, there.sum() - there.astype(int)
    )


def _checked(low: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, n = np.asarray(low, dtype=float), np.asarray(n, dtype=float)
    if low.shape != n.shape or not n.ndim:
        raise StatsInputError("low and n must list the same schools")
    if not (np.isfinite(n).all() and (low >= 0).all() and (low <= n).all()):
        raise StatsInputError("low must lie between 0 and n")
    return low, n


def _squares(low: np.ndarray, n: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, low**2 / n, 0.0)


def _of_sums(
    square: np.ndarray, lows: np.ndarray, pupils: np.ndarray, schools: np.ndarray
) -> Isolation:
    with np.errstate(invalid="ignore", divide="ignore"):
        share = lows / pupils
        defined = (lows > 0) & (lows < pupils) & (pupils > 1)
        eta2 = np.where(defined, (square / lows - share) / (1 - share), np.nan)
        expected = np.where(defined, (schools - 1) / (pupils - 1), np.nan)
    return Isolation(eta2, expected)
