"""One statistic per school from one per paper, when the papers are written by the same pupils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError

_WINSOR = 2.0


@dataclass(frozen=True)
class Pooled:
    """Result of :func:`pooled_z`: inputs, papers counted and pooled z (schools,); nan without papers."""

    z: np.ndarray
    papers: np.ndarray
    correlation: float
    pooled: np.ndarray

    @property
    def p(self) -> np.ndarray:
        """One-sided upper tail (schools,)."""
        return norm.sf(self.pooled)

    @property
    def repeated_p(self) -> np.ndarray:
        """One-sided tail of the same sum without the school's strongest paper (schools,).

        Small only where at least two papers show the trait: a test that not more than one of them is
        other than null (partial conjunction, Benjamini & Heller, Biometrics 64:1215–1222, 2008). 1
        where there is one paper, nan without papers.

        >>> pooled_z(np.array([[4.0, 0.0], [3.0, 3.0], [5.0, np.nan]])).repeated_p.round(3).tolist()
        [0.5, 0.001, 1.0]
        """
        there = np.isfinite(self.z)
        strongest = np.where(there, self.z, -np.inf).max(axis=1)
        rest = np.where(there, self.z, 0.0).sum(axis=1) - np.where(self.papers, strongest, 0.0)
        fewer = np.maximum(self.papers - 1, 1)
        tail = norm.sf(rest / np.sqrt(fewer + fewer * (fewer - 1) * self.correlation))
        return np.where(self.papers > 1, tail, np.where(self.papers == 1, 1.0, np.nan))


def pooled_z(z: np.ndarray) -> Pooled:
    """Sum of a school's z over its papers, scaled by their common correlation.

    ``Z_s = Σ_j z_sj / √(M + M(M−1)ρ)`` over the M papers the school has; ρ is the mean product of the
    z of two papers over all schools and pairs, z cut at ±2 so that the schools the test is looking
    for do not make it large, and scaled by the variance a cut normal has; not below 0. ``z`` (schools
    × papers), standard normal where nothing is wrong, nan where a school did not write a paper.

    >>> rng = np.random.default_rng(2)
    >>> common, own = rng.normal(size=(4000, 1)), rng.normal(size=(4000, 3))
    >>> result = pooled_z(np.sqrt(0.3) * common + np.sqrt(0.7) * own)
    >>> bool(abs(result.correlation - 0.3) < 0.03), bool(abs(result.pooled.std() - 1) < 0.03)
    (True, True)
    """
    z = np.asarray(z, dtype=float)
    if z.ndim != 2:
        raise StatsInputError("z must be (schools x papers)")
    there = np.isfinite(z)
    cut = np.clip(np.where(there, z, 0.0), -_WINSOR, _WINSOR)
    pairs = (there.sum(axis=1) * (there.sum(axis=1) - 1)).sum()
    products = (cut.sum(axis=1) ** 2 - (cut**2).sum(axis=1)).sum()
    correlation = max(0.0, products / pairs / _cut_variance()) if pairs else 0.0
    papers = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt(papers + papers * (papers - 1) * correlation)
        pooled = np.where(papers > 0, np.where(there, z, 0.0).sum(axis=1) / scale, np.nan)
    return Pooled(z, papers, float(correlation), pooled)


def _cut_variance() -> float:
    """Variance of a standard normal cut at ±2."""
    inside = norm.cdf(_WINSOR) - norm.cdf(-_WINSOR)
    return float(inside - 2 * _WINSOR * norm.pdf(_WINSOR) + 2 * norm.sf(_WINSOR) * _WINSOR**2)
