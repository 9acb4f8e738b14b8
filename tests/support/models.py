"""Slow readable twins: the model of methods.md §3.1 written down once more, one school at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

PRIOR = (0.05, 2.0, 2.0, 2.0)
"""Precisions of the normal priors on the coefficients of the tilt (methods.md §3.1)."""
FARTHEST, WALL = 2.5, 50.0
"""Where the wall before the higher terms stands, and how steep it is, per pupil."""
MEADOW = np.array([1, 2, 4, 7, 9, 10, 11, 11, 10, 9, 7, 5, 3]) / 89
"""A reference over 0…12, one hump."""


def standard_scores(reference: Sequence[float]) -> list[float]:
    """Scores standardised by the reference."""
    mean = sum(k * p for k, p in enumerate(reference))
    variance = sum((k - mean) ** 2 * p for k, p in enumerate(reference))
    return [(k - mean) / math.sqrt(variance) for k in range(len(reference))]


def polynomials(reference: Sequence[float], degree: int) -> list[list[float]]:
    """Polynomials of the score by Gram and Schmidt, each freed of the ones before it, variance 1."""
    made: list[list[float]] = [[1.0] * len(reference)]
    t = standard_scores(reference)
    for _ in range(degree):
        new = [x * y for x, y in zip(t, made[-1], strict=True)]
        for _twice in range(2):  # the second time takes away what rounding left
            for old in made:
                along = sum(f * x * y for f, x, y in zip(reference, new, old, strict=True))
                new = [x - along * y for x, y in zip(new, old, strict=True)]
        length = math.sqrt(sum(f * x * x for f, x in zip(reference, new, strict=True)))
        made.append([x / length for x in new])
    return made[1:]


def tilted(beta: Sequence[float], reference: Sequence[float]) -> np.ndarray:
    """``p(k) ∝ f(k)·exp(Σ β_d P_d(k))``."""
    basis = polynomials(reference, len(beta))
    weights = [
        f * math.exp(sum(b * one[k] for b, one in zip(beta, basis, strict=True)))
        for k, f in enumerate(reference)
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
    together: Sequence[slice] = (),
) -> float:
    """Multinomial log-likelihood of a histogram, without the prior; of each window only its sum."""
    q = with_lifting(tilted(beta, reference), cuts, theta)
    cells = [
        slice(k, k + 1) for k in range(len(q)) if not any(w.start <= k < w.stop for w in together)
    ]
    return sum(
        sum(counts[cell]) * math.log(sum(q[cell]))
        for cell in (*cells, *together)
        if sum(counts[cell])
    )


def best_tilt(
    counts: Sequence[float],
    reference: Sequence[float],
    cuts: Sequence[int] = (),
    theta: float = 0.0,
    degree: int = 2,
    start: np.ndarray | None = None,
    together: Sequence[slice] = (),
) -> np.ndarray:
    """Coefficients that maximise likelihood and prior together, by a general optimiser."""

    def loss(beta: np.ndarray) -> float:
        prior = sum(r * b * b for r, b in zip(PRIOR, beta, strict=False)) / 2
        prior += sum(counts) * WALL / 2 * sum(max(abs(b) - FARTHEST, 0) ** 2 for b in beta[1:])
        return prior - log_likelihood(beta, counts, reference, cuts, theta, together)

    begin = np.zeros(degree) if start is None else start
    return minimize(loss, begin, method="BFGS", options={"gtol": 1e-8}).x
