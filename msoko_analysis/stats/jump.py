"""Jumps of a school's mean between two occasions, and rises that vanished (check C6).

Poorest data accepted: a mean, a standard deviation and a number of pupils per school and occasion
(tier T1). A change says that something changed, a new teacher or a new intake as well as help.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import Overdispersion, overdispersion

SMALLEST = 5
"""Pupils on either occasion below which a school gets a change but no p."""


@dataclass(frozen=True)
class Occasion:
    """Results of one paper in comparable units: ``mean``, ``sd``, ``n`` (schools,).

    ``mean`` and ``sd`` are nan where n is 0, ``sd`` also where n is 1.
    """

    mean: np.ndarray
    sd: np.ndarray
    n: np.ndarray

    def __post_init__(self) -> None:
        shapes = {np.shape(column) for column in (self.mean, self.sd, self.n)}
        if len(shapes) > 1:
            raise StatsInputError("mean, sd and n of an occasion must list the same schools")
        if not (np.isfinite(self.n).all() and (np.asarray(self.n) >= 0).all()):
            raise StatsInputError("n must be finite and not negative")

    @property
    def pupil_variance(self) -> float:
        """Variance of pupils within schools, pooled: a school's own sd is too noisy when small."""
        weight = np.maximum(self.n - 1, 0)
        squares = np.where(weight > 0, np.nan_to_num(self.sd) ** 2, 0.0)
        if not (weight * squares).sum() > 0:
            raise StatsInputError("no school has two pupils with different results")
        return float((weight * squares).sum() / weight.sum())


def standardised(counts: np.ndarray) -> Occasion:
    """An occasion from histograms: scores in pupil SD around the mean of the whole region.

    ``counts`` (schools × scores) pupils of one paper at every primary score, all schools of the
    region. So papers of different length and difficulty can be set side by side; that the region as
    a whole rose or fell can not be seen any more.

    >>> occasion = standardised(np.array([[1, 0, 1], [0, 2, 2], [0, 0, 0]]))
    >>> occasion.mean.round(3).tolist(), occasion.n.tolist()
    ([-0.447, 0.224, nan], [2.0, 4.0, 0.0])
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be schools x scores, finite and not negative")
    score, total = np.arange(counts.shape[1]), counts.sum(axis=0)
    centre = total @ score / max(total.sum(), 1)
    variance = total @ (score - centre) ** 2 / max(total.sum(), 1)
    if not variance > 0:
        raise StatsInputError("scores do not vary")
    score = (score - centre) / np.sqrt(variance)
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ score / n
        squares = (counts * (score - mean[:, None]) ** 2).sum(axis=1)
        sd = np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
    return Occasion(mean, sd, n)


@dataclass(frozen=True)
class Departure:
    """How far schools are from what is expected of them; arrays are (schools,).

    ``departure`` of the observed mean; ``standard_error`` of it from the sampling of pupils;
    ``drift`` the usual departure and τ², the variance of honest ones beyond sampling error.
    """

    departure: np.ndarray
    standard_error: np.ndarray
    drift: Overdispersion

    @property
    def effect(self) -> np.ndarray:
        """The departure beyond the usual one of the region's schools."""
        return self.departure - self.drift.centre

    @property
    def z(self) -> np.ndarray:
        """The effect in standard errors that include the real drift of schools, as it is known."""
        return self.drift.deviate

    @property
    def p(self) -> np.ndarray:
        """Two-sided probability of such a departure in a school that drifts as others do."""
        return 2 * norm.sf(np.abs(self.z))

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the effect from the sampling of pupils (schools,), (schools,)."""
        half = norm.isf((1 - level) / 2) * self.standard_error
        return self.effect - half, self.effect + half


@dataclass(frozen=True)
class Jump(Departure):
    """Result of :func:`jump`; arrays are (schools,), nan without pupils on both occasions.

    ``departure`` is the later minus the earlier mean, ``drift`` the usual change with τ², the
    variance of honest changes beyond sampling error.
    """

    before: Occasion
    after: Occasion
    covariance: np.ndarray


def jump(before: Occasion, after: Occasion, *, covariance: np.ndarray | float = 0.0) -> Jump:
    """Test of an unusual change of school means between two occasions.

    ``Δ_s = ȳ_s2 − ȳ_s1``, ``Var = σ²_1/n_1 + σ²_2/n_2 − 2cov_s + τ²``, σ² pooled within schools, τ²
    the variance of real changes of honest schools, estimated robustly over the schools with at
    least 5 pupils on both occasions (:func:`overdispersion`). Year to year in one grade the pupils
    differ and ``covariance`` is 0; for a cohort followed to the next grade it is the covariance of
    the two means given the school, ``r·σ_1·σ_2·n_both/(n_1·n_2)`` when r is the correlation of the
    two scores of a pupil within schools and ``n_both`` the pupils who wrote both. Leaving it out
    only makes τ² smaller and the test a little conservative for small schools.

    Without τ² a fifth of honest schools are called at 5 %, and a fixed limit of 0.3 SD calls half
    of the small ones. Schools must be those of the region: τ² of eight schools is a guess. Refused:
    schools that differ between occasions, a covariance larger than the variances allow.
    Source: methods.md §1.7, §3.6.

    >>> rng = np.random.default_rng(1)
    >>> level, n, one = rng.normal(0, 0.4, 200), np.full(200, 40.0), np.ones(200)
    >>> year = lambda: Occasion(level + rng.normal(0, 0.15, 200) + rng.normal(0, 0.16, 200), one, n)
    >>> before, after = year(), year()
    >>> after.mean[0] = before.mean[0] + 1.5
    >>> result = jump(before, after)
    >>> bool(result.p[0] < 1e-4), bool((result.p[1:] < 0.01).sum() < 6)
    (True, True)
    """
    if np.shape(before.n) != np.shape(after.n):
        raise StatsInputError("both occasions must list the same schools")
    covariance = np.broadcast_to(np.asarray(covariance, dtype=float), np.shape(before.n))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = before.pupil_variance / before.n + after.pupil_variance / after.n
        variance = variance - 2 * covariance
    both = (before.n > 0) & (after.n > 0)
    if not (variance[both] > 0).all():
        raise StatsInputError("covariance exceeds what the variances of the two means allow")
    change = np.where(both, after.mean - before.mean, np.nan)
    error = np.sqrt(np.where(both, variance, np.nan))
    judged = (before.n >= SMALLEST) & (after.n >= SMALLEST)
    drift = overdispersion(np.where(judged, change, np.nan), error)
    return Jump(change, error, drift, before, after, covariance)


@dataclass(frozen=True)
class VanishedRise:
    """Result of :func:`vanished_rise`: the two jumps that make up and down."""

    rise: Jump
    fall: Jump

    @property
    def p(self) -> np.ndarray:
        """One-sided p of "rose unusually and then fell unusually" (schools,).

        The larger of the two one-sided p: both must hold (intersection–union test), so a school
        that rose and stayed there is not called at more than the nominal rate.
        """
        return np.maximum(norm.sf(self.rise.z), norm.cdf(self.fall.z))


def vanished_rise(first: Occasion, second: Occasion, third: Occasion) -> VanishedRise:
    """«Подъём, который исчез»: up from the first to the second occasion and down to the third.

    A real gain fades little; help given on one day is gone on the next (Jacob & Levitt 2003). The
    three occasions are those of one grade in three years or of one cohort in three grades.

    >>> rng = np.random.default_rng(1)
    >>> n, one = np.full(100, 30.0), np.ones(100)
    >>> first, second, third = (Occasion(rng.normal(0, 0.25, 100), one, n) for _ in range(3))
    >>> second.mean[0] = 1.5; third.mean[0] = 0.1; second.mean[1] = 1.5; third.mean[1] = 1.5
    >>> result = vanished_rise(first, second, third)
    >>> bool(result.p[0] < 0.001), bool(result.p[1] > 0.2)
    (True, True)
    """
    return VanishedRise(jump(first, second), jump(second, third))
