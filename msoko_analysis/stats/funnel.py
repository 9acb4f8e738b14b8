"""Funnel of school results around an expectation, with overdispersion (check C2).

Poorest data accepted: a mean and a number of pupils per school. Level says that a school differs,
not why: it is context, never evidence of anything by itself (methods.md §3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import overdispersion


@dataclass(frozen=True)
class Funnel:
    """Result of :func:`funnel`; arrays are (units,).

    ``tau2`` is the variance between units beyond sampling error, in squared units of ``value``;
    ``expected_error`` the standard error of the expectation, where it was estimated.
    """

    value: np.ndarray
    expected: np.ndarray
    standard_error: np.ndarray
    tau2: float
    expected_error: np.ndarray

    @property
    def total_error(self) -> np.ndarray:
        """Standard error of the distance from the expectation, without the spread of units."""
        return np.hypot(self.standard_error, self.expected_error)

    @property
    def z(self) -> np.ndarray:
        """Distance from the expectation in standard errors that include the spread of units."""
        return (self.value - self.expected) / np.sqrt(self.total_error**2 + self.tau2)

    def limits(self, standard_error: np.ndarray, level: float) -> np.ndarray:
        """Half-width of the control limits at given standard errors, for a two-sided level.

        The limits say where most units would lie; they are not probabilities of misuse.
        """
        return norm.isf((1 - level) / 2) * np.sqrt(np.asarray(standard_error) ** 2 + self.tau2)


def funnel(
    value: np.ndarray,
    expected: np.ndarray | float,
    standard_error: np.ndarray,
    *,
    expected_error: np.ndarray | float = 0.0,
) -> Funnel:
    """How far units lie from their expectation, with the spread of units as part of the error.

    ``z_i = (y_i − e_i)/√(s_i² + se_i² + τ²)``: the additive model of Spiegelhalter (2005), §4.2, with
    τ² by :func:`msoko_analysis.stats.overdispersion.overdispersion`, which is consistent at the
    normal: the published estimate takes a winsorised mean square for the whole, so is about two
    thirds of the real variance and makes too many alarms. ``expected_error`` (se) is the standard
    error of an expectation that was itself estimated
    (:func:`msoko_analysis.stats.expectation.expectation`). Fewer than two units, or a standard error
    that is not positive, is refused.
    Source: Spiegelhalter, Statist. Med. 24:1185–1202 (2005); methods.md §1.5.

    >>> rng = np.random.default_rng(1)
    >>> error = rng.uniform(0.05, 0.2, 500)
    >>> homogeneous = funnel(rng.normal(0, error), 0.0, error)
    >>> spread = funnel(rng.normal(0, np.sqrt(error**2 + 0.09)), 0.0, error)
    >>> bool(homogeneous.tau2 < 0.005), bool(0.07 < spread.tau2 < 0.11)
    (True, True)
    """
    value = np.asarray(value, dtype=float)
    standard_error = np.asarray(standard_error, dtype=float)
    expected = np.broadcast_to(np.asarray(expected, dtype=float), value.shape)
    if len(value) < 2:
        raise StatsInputError("a funnel needs at least two units")
    if not (standard_error > 0).all():
        raise StatsInputError("standard errors must be positive")
    expected_error = np.broadcast_to(np.asarray(expected_error, dtype=float), value.shape)
    total = np.hypot(standard_error, expected_error)
    tau2 = overdispersion(value - expected, total).tau2
    return Funnel(value, expected, standard_error, tau2, expected_error)
