"""Residual gain: a cohort's mean against what its mean a year before predicts.

Poorest data accepted: a mean and a number of pupils per school on both occasions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from msoko_analysis.errors import StatsInputError

_FEWEST = 4


@dataclass(frozen=True)
class ResidualGain:
    """Result of :func:`residual_gain`; arrays are (schools,).

    ``predicted`` later mean; ``t`` externally studentised residual; ``p`` two-sided.
    """

    before: np.ndarray
    after: np.ndarray
    n_before: np.ndarray
    n_after: np.ndarray
    predicted: np.ndarray
    t: np.ndarray
    p: np.ndarray


def residual_gain(
    before: np.ndarray, after: np.ndarray, *, n_before: np.ndarray, n_after: np.ndarray
) -> ResidualGain:
    """Weighted regression of later on earlier school means; each school judged by the others.

    Weights ``w = n_1 + n_2``, ``e = y − ŷ``, ``h`` the leverage;
    ``t_i = e_i √w_i / (s_(i) √(1 − h_i))`` with ``s²_(i) = (Σ w e² − w_i e_i²/(1 − h_i))/(I − 3)``; p
    two-sided from Student's t on ``min(n_1, n_2) − 1`` degrees of freedom. All arrays (schools,),
    one subject, grade and year, without missing values.

    This is the screen of The Atlanta Journal-Constitution (2012), kept as published to compare
    with. Its weights know sampling error only, not the real drift of schools, so it calls large
    schools several times as often as small ones, and an earlier mean with error makes strong
    schools seem to gain. Use :func:`msoko_analysis.stats.jump.jump` for a verdict. Fewer than four
    schools are refused; a school that alone decides the line (leverage 1) gets nan.

    >>> before, after = np.array([40.0, 42, 45, 47, 50]), np.array([41.0, 43, 52, 48, 51])
    >>> gain = residual_gain(before, after, n_before=np.full(5, 30), n_after=np.full(5, 30))
    >>> gain.p.argmin(), bool(gain.p[2] < 0.001)
    (np.int64(2), True)
    """
    columns = [np.asarray(c, dtype=float) for c in (before, after, n_before, n_after)]
    before, after, n_before, n_after = columns
    if len({column.shape for column in columns}) > 1 or before.ndim != 1:
        raise StatsInputError("all arrays must list the same schools")
    if len(before) < _FEWEST or not all(np.isfinite(column).all() for column in columns):
        raise StatsInputError(f"at least {_FEWEST} schools and no missing values are needed")
    if min(n_before.min(), n_after.min()) < 2 or not np.ptp(before) > 0:
        raise StatsInputError("every n must be at least 2, and before must vary")
    root = np.sqrt(n_before + n_after)
    q, _ = np.linalg.qr(np.column_stack([np.ones_like(before), before]) * root[:, None])
    fitted = q @ (q.T @ (after * root))
    residual, leverage = after * root - fitted, (q**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.where(leverage < 1 - 1e-9, residual**2 / (1 - leverage), np.nan)
        left = ((residual**2).sum() - own) / (len(before) - 3)
        studentised = residual / np.sqrt(left * (1 - leverage))
    p = 2 * t.sf(np.abs(studentised), np.minimum(n_before, n_after) - 1)
    return ResidualGain(before, after, n_before, n_after, fitted / root, studentised, p)
