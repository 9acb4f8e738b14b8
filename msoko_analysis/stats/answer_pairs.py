"""Pairs of pupils with unusually many identical answers: only for a school that is flagged already.

Poorest data accepted: points of every pupil of ONE school for every task. A pair is a place to look
at, never a verdict; among the 1,770 pairs of 60 pupils some are alike by chance. On a paper of twenty
tasks two identical works are hardly rarer than that: one pair seldom stands out, a group of works
handed in alike does (tests/calibration/test_pairs.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class AnswerPairs:
    """Result of :func:`answer_pairs`; arrays are (pairs,), pairs in the order 0–1, 0–2 … 1–2 ….

    ``first``, ``second`` rows of the pupils; ``same`` identical answers; ``p`` of so many or
    more for two who work apart, exact and one-sided (GBT).
    """

    points: np.ndarray
    shares: np.ndarray
    first: np.ndarray
    second: np.ndarray
    same: np.ndarray
    p: np.ndarray

    @property
    def q(self) -> np.ndarray:
        """p adjusted by Benjamini and Yekutieli (2001): pairs of a school hang together."""
        return false_discovery_control(self.p, method="by")

    def alike(self, level: float) -> tuple[int, int]:
        """Pairs with q at most ``level``, and how many pupils are in them."""
        found = self.q <= level
        return int(found.sum()), len({*self.first[found], *self.second[found]})


def answer_pairs(points: np.ndarray, shares: np.ndarray) -> AnswerPairs:
    """The exact tail of the number of identical answers for every pair of pupils of a school.

    Two who work apart give the same answer to task i with ``P_i = Σ_v π_piv π_qiv``;
    ``p = P(S ≥ s)`` is the tail of the Poisson-binomial
    distribution, worked out exactly task by task. Takes 1,770 pairs of 60 pupils at once.

    ``points`` (pupils × tasks) whole, from 0; ``shares`` (pupils × tasks × values) how likely each
    number of points is for each pupil: from a test model, or the shares of the region at the pupil's
    score, ``given_score(counts).shares[scores]``. Fewer than two pupils are refused.
    Source: generalised binomial test: van der
    Linden & Sotaridona, J. Educ. Behav. Stat. 31:283–304 (2006); methods.md §1.4.

    >>> coins = np.full((3, 10, 2), 0.5)
    >>> points = np.array([[0] * 10, [0] * 10, [0, 1] * 5])
    >>> pairs = answer_pairs(points, coins)
    >>> pairs.p.round(5).tolist()
    [0.00098, 0.62305, 0.62305]
    """
    points = np.asarray(points)
    shares = np.asarray(shares, dtype=float)
    if points.ndim != 2 or len(points) < 2:
        raise StatsInputError("points must be (pupils >= 2) x tasks")
    if shares.shape[:2] != points.shape or not np.allclose(shares.sum(axis=2), 1.0):
        raise StatsInputError("shares must be pupils x tasks x values, summing to 1 over values")
    if (points < 0).any() or (points >= shares.shape[2]).any():
        raise StatsInputError("points must be whole numbers from 0 that shares has a place for")
    first, second = np.triu_indices(len(points), 1)
    alike = np.einsum("piv,qiv->pqi", shares, shares, optimize=True)[first, second]
    alike = np.clip(alike, 0.0, 1.0)
    same = (points[first] == points[second]).sum(axis=1)
    return AnswerPairs(
        points,
        shares,
        first,
        second,
        same,
        _upper_tail(alike, same),
    )


def _upper_tail(chance: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """P(number of successes ≥ observed) for independent trials of unequal chance (rows × trials)."""
    rows, trials = chance.shape
    exactly = np.zeros((trials + 1, rows))
    exactly[0] = 1.0
    for trial in range(trials):
        success = np.ascontiguousarray(chance[:, trial])
        reached = exactly[: trial + 1] * success
        exactly[: trial + 1] -= reached
        exactly[1 : trial + 2] += reached
    at_least = exactly[::-1].cumsum(axis=0)[::-1]
    return np.minimum(at_least[observed, np.arange(rows)], 1.0)
