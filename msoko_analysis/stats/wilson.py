"""Wilson score interval of a share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Share:
    """A share ``successes / n`` of every unit, arrays (units,). A share of nobody is nan."""

    successes: np.ndarray
    n: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """The observed share, 0…1."""
        with np.errstate(invalid="ignore"):
            return self.successes / self.n

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Wilson's interval without continuity correction (Wilson 1927); nan where n = 0.

        ``(p̂ + z²/2n ± z√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n)``. At 0 of n and n of n it stays inside
        0…1 and is not empty, unlike the textbook interval.

        >>> low, high = share(np.array([0, 8]), np.array([10, 20])).interval()
        >>> low.round(4).tolist(), high.round(4).tolist()
        ([0.0, 0.2188], [0.2775, 0.6134])
        """
        z = norm.isf((1 - level) / 2)
        n = self.n
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = self.value + z**2 / (2 * n)
            half = z * np.sqrt(self.value * (1 - self.value) / n + z**2 / (4 * n**2))
            scale = 1 + z**2 / n
            low, high = (centre - half) / scale, (centre + half) / scale
        return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def share(successes: np.ndarray, n: np.ndarray) -> Share:
    """Share of ``successes`` (units,) among ``n`` (units,) independent trials.

    >>> share(np.array([3]), np.array([12])).value.tolist()
    [0.25]
    """
    successes = np.asarray(successes, dtype=float)
    n = np.asarray(n, dtype=float)
    if successes.shape != n.shape:
        raise StatsInputError("successes and n must have the same shape")
    if (successes < 0).any() or (successes > n).any():
        raise StatsInputError("successes must lie between 0 and n")
    return Share(successes, n)
