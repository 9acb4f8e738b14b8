"""Frandsen's test of the three scores around a cut: kept as published, to compare with.

Poorest data accepted: pupils at three neighbouring scores (tier T1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class ThreeCells:
    """Result of :func:`three_cells`: pupils at ``cut − 1``, ``cut``, ``cut + 1`` (schools × 3), the
    curvature allowed, and the one-sided p (schools,): 1 where all three scores are empty."""

    cells: np.ndarray
    curvature: float
    p: np.ndarray


def three_cells(counts: np.ndarray, cut: int, *, curvature: float = 0.0) -> ThreeCells:
    """Exact one-sided test of "too many pupils exactly at the cut for a smooth distribution".

    With a second difference of at most ``curvature`` (k, share of the mean), given the pupils in the
    three cells, ``N_c ~ Bin(n, π)`` with ``π ≤ (1 + k)/(3 + k)``; p is the upper tail at that bound.
    It needs no reference and no large n, but sees three scores only, and natural bumps of the test
    are spikes to it: what :func:`msoko_analysis.stats.spike.spike_test` must be better than.

    ``counts`` (schools × scores); ``cut`` not at an end of the scale; ``curvature`` from 0 to below 1.
    Source: Frandsen, Advances in Econometrics 38:281–315 (2017), here with the exact tail instead of
    the published bisection (methods.md §1.9).

    >>> three_cells(np.array([[10, 25, 10], [20, 21, 19]]), 1).p.round(4).tolist()
    [0.0018, 0.4397]
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not 0 < cut < counts.shape[1] - 1:
        raise StatsInputError("counts must be schools x scores, with a score on either side of cut")
    if not 0 <= curvature < 1:
        raise StatsInputError(f"curvature must lie in [0, 1), got {curvature}")
    cells = counts[:, cut - 1 : cut + 2]
    p = binom.sf(cells[:, 1] - 1, cells.sum(axis=1), (1 + curvature) / (3 + curvature))
    return ThreeCells(cells, curvature, p)
