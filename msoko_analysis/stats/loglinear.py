"""A smooth curve through a histogram: Poisson log-linear smoothing that keeps its moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

_STEPS = 100
_TOLERANCE = 1e-10
_RIDGE = 1e-9  # keeps the last steps solvable where the counts leave a coefficient undetermined


@dataclass(frozen=True)
class LoglinearFit:
    """Result of :func:`loglinear_fit`; B histograms of K scores.

    ``counts`` (B × K); ``design`` (K × degree + 1) orthogonal polynomials of the score;
    ``coefficients`` (B × degree + 1); ``expected`` (B × K) pupils on the smooth curve.
    """

    counts: np.ndarray
    design: np.ndarray
    coefficients: np.ndarray
    expected: np.ndarray

    @property
    def pmf(self) -> np.ndarray:
        """The curves as distributions (B × K), each row summing to 1."""
        return self.expected / self.expected.sum(axis=1, keepdims=True)


def loglinear_fit(counts: np.ndarray, *, degree: int = 5) -> LoglinearFit:
    """Smooth histograms by ``log μ_k = Σ_d β_d P_d(k)``, N_k Poisson, P_d Legendre polynomials.

    Maximum likelihood by Newton's method. The curve has the same total and the same first
    ``degree`` moments as the counts, and loses both spikes and the natural bumps of a test.
    ``counts`` (histograms × scores) or one histogram (scores,); scores are equally spaced. There
    must be more scores than coefficients, and at least one pupil in every histogram.
    Source: Holland & Thayer, Univariate and bivariate loglinear models for discrete test score
    distributions, J. Educ. Behav. Stat. 25:133–183 (2000); methods.md §1.1(a).

    >>> fit = loglinear_fit(np.array([3, 9, 20, 28, 31, 40, 19, 8, 5]), degree=3)
    >>> score = np.arange(9.0)
    >>> [round(float((fit.expected - fit.counts)[0] @ score**d), 6) for d in range(4)]
    [0.0, 0.0, 0.0, 0.0]
    """
    counts = np.atleast_2d(np.asarray(counts, dtype=float))
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be finite and not negative")
    if counts.shape[1] < degree + 2:
        raise StatsInputError(f"degree {degree} needs at least {degree + 2} scores")
    if not (counts.sum(axis=1) > 0).all():
        raise StatsInputError("a histogram without pupils has no curve")
    # Legendre polynomials span the same curves as powers and keep the Newton steps well
    # conditioned.
    grid = np.linspace(-1.0, 1.0, counts.shape[1])
    design = np.polynomial.legendre.legvander(grid, degree)
    coefficients = np.zeros((len(counts), degree + 1))
    coefficients[:, 0] = np.log(counts.mean(axis=1))
    for _ in range(_STEPS):
        expected = np.exp(coefficients @ design.T)
        gradient = (counts - expected) @ design
        curvature = (expected[:, :, None] * design).transpose(0, 2, 1) @ design
        curvature = curvature + _RIDGE * np.eye(degree + 1)
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        coefficients = coefficients + step * np.minimum(1.0, 1.0 / np.maximum(longest, 1e-12))
        if longest.max() < _TOLERANCE:
            break
    return LoglinearFit(counts, design, coefficients, np.exp(coefficients @ design.T))
