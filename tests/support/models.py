"""Slow readable twins: the model of methods.md §3.1 written down once more, one school at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

PRIOR = (0.05, 2.0, 2.0, 2.0)
"""Precisions of the normal priors on the coefficients of the tilt (methods.md §3.1)."""
MEADOW = np.array([1, 2, 4, 7, 9, 10, 11, 11, 10, 9, 7, 5, 3]) / 89
"""A reference over 0…12, one hump."""


def standard_scores(reference: Sequence[float]) -> list[float]:
    """Scores standardised by the reference."""
    mean = sum(k * p for k, p in enumerate(reference))
    variance = sum((k - mean) ** 2 * p for k, p in enumerate(reference))
    return [(k - mean) / math.sqrt(variance) for k in range(len(reference))]


def tilted(beta: Sequence[float], reference: Sequence[float]) -> np.ndarray:
    """``p(k) ∝ f(k)·exp(Σ β_d t^d)``."""
    weights = [
        f * math.exp(sum(b * t ** (d + 1) for d, b in enumerate(beta)))
        for f, t in zip(reference, standard_scores(reference), strict=True)
    ]
    return np.array(weights) / sum(weights)


def with_lifting(p: np.ndarray, cuts: Sequence[int], theta: float, reach: int = 2) -> np.ndarray:
    """``q_θ``: a share θ of those within reach of each cut stands at the cut (.8) or above (.2)."""
    q = p.copy()
    for cut in cuts:
        for k in range(cut - reach, cut):
            q[k] -= theta * p[k]
            q[cut] += 0.8 * theta * p[k]
            q[cut + 1] += 0.2 * theta * p[k]
    return q


def log_likelihood(
    beta: Sequence[float],
    counts: Sequence[float],
    reference: Sequence[float],
    cuts: Sequence[int] = (),
    theta: float = 0.0,
) -> float:
    """Multinomial log-likelihood of a histogram, without the prior."""
    q = with_lifting(tilted(beta, reference), cuts, theta)
    return sum(n * math.log(x) for n, x in zip(counts, q, strict=True) if n)


def best_tilt(
    counts: Sequence[float],
    reference: Sequence[float],
    cuts: Sequence[int] = (),
    theta: float = 0.0,
    degree: int = 2,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Coefficients that maximise likelihood and prior together, by a general optimiser."""

    def loss(beta: np.ndarray) -> float:
        prior = sum(r * b * b for r, b in zip(PRIOR, beta, strict=False)) / 2
        return prior - log_likelihood(beta, counts, reference, cuts, theta)

    begin = np.zeros(degree) if start is None else start
    return minimize(loss, begin, method="BFGS", options={"gtol": 1e-8}).x
