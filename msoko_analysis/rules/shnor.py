"""The 30 % rule for ШНОР lists, in both readings of its «а также».

Source: rule of ФИОКО for the list of 2025, by a retelling (domain.md §3). «По двум и более процедурам
в 2025 году, а также по одной и той же процедуре в 2024 и 2025 годах» may join its two conditions by
«и» or by «или»; both are computed and shown. The rule knows no least number of pupils, but in small
schools a third below the minimum comes by chance: there the answer is «требует уточнения», here nan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Shnor:
    """Result of :func:`shnor`: 1 yes, 0 no, nan «требует уточнения»; arrays are (schools,).

    ``low`` (schools × procedures) of this year; ``several`` condition A, ``again`` condition B,
    ``either`` A or B, ``both`` A and B.
    """

    low: np.ndarray
    several: np.ndarray
    again: np.ndarray

    @property
    def either(self) -> np.ndarray:
        """A or B: yes as soon as one is, unclear when an unclear one decides."""
        parts = np.stack([self.several, self.again])
        unclear = np.isnan(parts).any(axis=0) & ~(parts == 1).any(axis=0)
        return np.where(unclear, np.nan, (parts == 1).any(axis=0))

    @property
    def both(self) -> np.ndarray:
        """A and B: no as soon as one is not, unclear when an unclear one decides."""
        parts = np.stack([self.several, self.again])
        unclear = np.isnan(parts).any(axis=0) & ~(parts == 0).any(axis=0)
        return np.where(unclear, np.nan, (parts == 1).all(axis=0))


def shnor(
    shares: np.ndarray,
    n: np.ndarray,
    shares_before: np.ndarray | None,
    n_before: np.ndarray | None,
    *,
    limit: float,
    procedures: int,
    smallest: int,
) -> Shnor:
    """Conditions A and B of every school.

    A: at least ``procedures`` procedures with ``share ≥ limit``; B: a procedure with that both this
    year and the year before. ``shares``, ``n`` (schools × procedures) share below the minimum, 0…1,
    and participants; ``shares_before``, ``n_before`` the same of the year before in the same order,
    None when that year is not known: then B is unclear for a school that is low anywhere now. The
    limit is reached by an equal share. n = 0: did not take part, which is not low. A share that
    reaches the limit with fewer than ``smallest`` participants may count or not, so the condition
    is unclear when it hangs on such shares.

    >>> result = shnor(
    ...     np.array([[0.31, 0.30, 0.10]]), np.full((1, 3), 40), np.array([[0.1, 0.1, 0.1]]),
    ...     np.full((1, 3), 40), limit=0.30, procedures=2, smallest=10,
    ... )
    >>> result.several.tolist(), result.again.tolist(), result.either.tolist(), result.both.tolist()
    ([1.0], [0.0], [1.0], [0.0])
    """
    sure, possible = _low(shares, n, limit, smallest)
    if shares_before is None or n_before is None:
        sure_again, possible_again = np.zeros_like(sure), possible
    else:
        before = _low(shares_before, n_before, limit, smallest)
        if before[0].shape != sure.shape:
            raise StatsInputError("both years must list the same schools and procedures")
        sure_again, possible_again = sure & before[0], possible & before[1]
    several = [one.sum(axis=1) >= procedures for one in (sure, possible)]
    again = [one.any(axis=1) for one in (sure_again, possible_again)]
    return Shnor(_answer(sure, possible), _answer(*several), _answer(*again))


def _low(
    shares: np.ndarray, n: np.ndarray, limit: float, smallest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Low for sure, and low if small groups count too (schools × procedures)."""
    shares, n = np.asarray(shares, dtype=float), np.asarray(n, dtype=float)
    if shares.ndim != 2 or shares.shape != n.shape:
        raise StatsInputError("shares and n must be schools x procedures")
    known = shares[n > 0]
    if not ((known >= 0) & (known <= 1)).all():
        raise StatsInputError("shares must lie between 0 and 1 where somebody took part")
    possible = (n > 0) & (shares >= limit)
    return possible & (n >= smallest), possible


def _answer(sure: np.ndarray, possible: np.ndarray) -> np.ndarray:
    return np.where(sure == possible, sure.astype(float), np.nan)
