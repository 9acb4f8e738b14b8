"""What other units under the same conditions would give: the expectation of a funnel (check C2).

Poorest data accepted: an estimate with its standard error and a few conditions per unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import CUT, FEWEST_PER_TERM, overdispersion

_ROUNDS = 10
_ALONE = 1e-9


@dataclass(frozen=True)
class Expectation:
    """Result of :func:`expectation`; arrays are (units,), nan for a unit nothing can be said of.

    ``expected`` is what the other units give for the conditions of this one, ``error`` its standard
    error; ``tau2`` the variance of units around it beyond sampling error.
    """

    value: np.ndarray
    standard_error: np.ndarray
    expected: np.ndarray
    error: np.ndarray
    tau2: float

    @property
    def z(self) -> np.ndarray:
        """Distance from the expectation in standard errors, those of the expectation included."""
        variance = self.standard_error**2 + self.error**2 + self.tau2
        return (self.value - self.expected) / np.sqrt(variance)


def expectation(value: np.ndarray, standard_error: np.ndarray, design: np.ndarray) -> Expectation:
    """Weighted least squares on the conditions, each unit left out of its own expectation.

    ``min Σ w_i (y_i − x_i'β)²`` with ``w_i = h_i/(s_i² + τ²)``, ``h_i = min(1, cut/|z_i|)`` so that a
    few far units bend nothing (Huber). Without unit i the expectation is
    ``x_i'β₋ᵢ = y_i − (y_i − ŷ_i)/(1 − l_i)``, its variance ``(l_i/w_i)/(1 − l_i)``, with ``l_i`` the
    leverage; so ``z`` is the studentised residual, and a rare condition widens its own band. τ² is that
    of :func:`msoko_analysis.stats.overdispersion.overdispersion` around the expectation; weights and τ²
    are repeated ten times. Source: Cook & Weisberg (1982), §2.2; methods.md §3.2.

    Parameters: ``value``, ``standard_error`` (units,), nan for a unit without an estimate; ``design``
    (units × terms) with its column of ones. A unit that alone determines a term (the only gymnasium)
    gets nan. Refused: fewer than :data:`FEWEST_PER_TERM` units for each term that can be told apart.

    >>> rng = np.random.default_rng(1)
    >>> rural = np.arange(300) < 100
    >>> y = np.where(rural, -0.5, 0.0) + rng.normal(0, 0.2, 300)
    >>> fit = expectation(y, np.full(300, 0.1), np.column_stack([np.ones(300), rural]))
    >>> bool(np.abs(fit.expected - np.where(rural, -0.5, 0.0)).max() < 0.06)
    True
    """
    value, design = np.asarray(value, dtype=float), np.asarray(design, dtype=float)
    standard_error = np.broadcast_to(np.asarray(standard_error, dtype=float), value.shape)
    if design.ndim != 2 or len(design) != len(value) or not np.isfinite(design).all():
        raise StatsInputError("design must be (units × terms) and finite")
    known = np.isfinite(value) & np.isfinite(standard_error)
    y, s2, x = value[known], standard_error[known] ** 2, design[known]
    needed = FEWEST_PER_TERM * (int(np.linalg.matrix_rank(x)) if len(y) else 1)
    if len(y) < needed:
        raise StatsInputError(f"at least {needed} units are needed for these terms, got {len(y)}")
    if not (s2 > 0).all():
        raise StatsInputError("standard errors must be positive")
    # the rounds begin at the spread around plain least squares, so that terms added to y change nothing
    huber, tau2 = np.ones(len(y)), float((y - x @ np.linalg.lstsq(x, y)[0]).var())
    for _ in range(_ROUNDS):
        weight = huber / (s2 + tau2)
        expected, variance = _without_self(y, x, weight)
        rest = overdispersion(y - expected, np.sqrt(s2 + variance))
        tau2 = rest.tau2
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.abs(y - expected) / np.sqrt(s2 + variance + tau2)
            huber = np.where(np.isfinite(z), np.minimum(1.0, CUT / z), 1.0)
    nothing = np.full((2, len(value)), np.nan)
    nothing[:, known] = expected, np.sqrt(variance)
    return Expectation(value, standard_error, *nothing, tau2)


def _without_self(
    y: np.ndarray, x: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expectation of every unit from all others, and its variance; nan where the others know not."""
    root = np.sqrt(weight)
    basis, size, _ = np.linalg.svd(x * root[:, None], full_matrices=False)
    basis = basis[:, size > size[0] * max(x.shape) * np.finfo(float).eps]
    residual = y - basis @ (basis.T @ (root * y)) / root
    leverage = (basis**2).sum(axis=1)
    others = np.where(leverage < 1 - _ALONE, 1 - leverage, np.nan)
    return y - residual / others, leverage / weight / others
