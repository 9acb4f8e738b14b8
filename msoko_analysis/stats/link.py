"""A school's result in one procedure against what its result in another predicts (check C6).

Poorest data accepted: a mean, a standard deviation and a number of pupils per school in both. The two
may be a cohort's papers of two years (ВПР 8 → ОГЭ 9) or two papers of one year. A departure says that
the procedures disagree about a school, not which of them is right, nor why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import exp1
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.jump import SMALLEST, Departure, Occasion
from msoko_analysis.stats.overdispersion import CUT, overdispersion

FEWEST_SCHOOLS = 20
"""Schools with enough pupils in both procedures that the expectation needs."""
_ROUNDS = 4
# Mean of w·z² over mean of w for a standard normal z and Huber's w = min(1, CUT/|z|).
_KEPT = 1 - 2 * norm.sf(CUT)
_CONSISTENCY = _KEPT / (_KEPT + CUT * exp1(CUT**2 / 2) / np.sqrt(2 * np.pi))
_LARGEST_CORRELATION = 0.95
_PRECISION = {"ftol": 1e-7}  # of a log likelihood of hundreds: far below its own uncertainty
_BOUNDS = ((-3, 3), (-3, 3), (-6, 2), (-3, 3), (-6, 2), (0.0, _LARGEST_CORRELATION))


@dataclass(frozen=True)
class Link(Departure):
    """Result of :func:`link`; arrays are (schools,), nan without pupils in both procedures.

    ``slope`` how much of the true distance from the region in the first procedure is found again in
    the second; ``expected`` the second mean given the first; ``departure`` from it, in units of the
    second procedure.
    """

    first: Occasion
    second: Occasion
    slope: float
    expected: np.ndarray


def link(first: Occasion, second: Occasion) -> Link:
    """The second mean of every school against its expectation from the first.

    True means of schools ``(a, b)`` have mean ``(μ_a, μ_b)`` and covariance ``T``; the means observed
    have the sampling covariance ``[[σ_a²/n_a, κ_s], [κ_s, σ_b²/n_b]]``, σ² pooled within schools and
    ``κ_s = r·σ_a·σ_b/max(n_a, n_b)`` for pupils who wrote both. T, μ and r ≥ 0 are fitted by maximum
    likelihood, schools far from their expectation weighted down as Huber does, and

    ``E[b̄|ā] = μ_b + β_s(ā − μ_a)``, ``β_s = (T_ab + κ_s)/(T_aa + σ_a²/n_a)``.

    A school that stood high by chance in the first procedure is thus expected to stand lower in the
    second: a small school more so (regression to the mean; for κ = 0 the regression calibrated by
    Kelley's formula). The departure has the sampling variance ``s_s² = Var(b̄|ā) − Var(b|a)`` and
    beyond it τ², how honest schools differ from the line, estimated robustly
    (:func:`overdispersion`). A plain difference of two means (:func:`msoko_analysis.stats.jump.jump`)
    has slope 1 and calls strong and weak schools where the procedures are alike in part only.

    ``first``, ``second`` list the same schools, those of the region. A school of fewer than 5 pupils
    in either gets an effect but no z and p. Refused: fewer than 20 schools to judge.
    Source: Fuller, Measurement Error Models (1987), §1.2, §2.2; methods.md §1.7.

    >>> rng = np.random.default_rng(1)
    >>> true, n = rng.normal(0, 0.5, 200), np.full(200, 25.0)
    >>> mean = lambda level: level + rng.normal(0, 0.9 / 5, 200)
    >>> first = Occasion(mean(true), np.full(200, 0.9), n)
    >>> second = Occasion(mean(0.8 * true + rng.normal(0, 0.1, 200)), np.full(200, 0.9), n)
    >>> second.mean[0] += 1.5
    >>> result = link(first, second)
    >>> bool(abs(result.slope - 0.8) < 0.15), bool(result.p[0] < 1e-4), bool((result.p[1:] < 0.01).sum() < 7)
    (True, True, True)
    """
    if np.shape(first.n) != np.shape(second.n):
        raise StatsInputError("both procedures must list the same schools")
    both = (first.n > 0) & (second.n > 0)
    judged = both & (np.minimum(first.n, second.n) >= SMALLEST)
    if judged.sum() < FEWEST_SCHOOLS:
        raise StatsInputError(
            f"a link needs at least {FEWEST_SCHOOLS} schools of {SMALLEST} pupils"
        )
    model = _Model(first, second, judged)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected, error = model.prediction(first, second)
    expected, error = (np.where(both, column, np.nan) for column in (expected, error))
    departure = second.mean - expected
    drift = overdispersion(np.where(judged, departure, np.nan), error)
    return Link(departure, error, drift, first, second, model.slope, expected)


class _Model:
    """Bivariate normal true means with known sampling error, fitted over the judged schools."""

    def __init__(self, first: Occasion, second: Occasion, judged: np.ndarray) -> None:
        self.within = first.pupil_variance, second.pupil_variance
        means = np.stack([first.mean[judged], second.mean[judged]])
        sizes = first.n[judged], second.n[judged]
        self.free = np.array([*means.mean(axis=1), -1.0, 0.3, -1.5, 0.5])
        weight, consistency = np.ones(means.shape[1]), 1.0
        for _ in range(_ROUNDS):
            known = means, sizes, weight, consistency
            fit = minimize(
                self._loss, self.free, known, "L-BFGS-B", bounds=_BOUNDS, options=_PRECISION
            )
            self.free = fit.x
            covariance, slope = self._covariance(self.free, *sizes)
            departure = means[1] - self.free[1] - slope * (means[0] - self.free[0])
            z = departure / np.sqrt(covariance[2] - slope * covariance[1])
            weight = np.minimum(1.0, CUT / np.maximum(np.abs(z), 1e-12))
            consistency = _CONSISTENCY

    @property
    def slope(self) -> float:
        """``T_ab/T_aa``, of true means."""
        return float(self.free[3] / np.exp(self.free[2]))

    def prediction(self, first: Occasion, second: Occasion) -> tuple[np.ndarray, np.ndarray]:
        """Expected second mean of every school and its error from sampling."""
        covariance, slope = self._covariance(self.free, first.n, second.n)
        expected = self.free[1] + slope * (first.mean - self.free[0])
        drift = np.exp(2 * self.free[4])  # Var(b|a)
        return expected, np.sqrt(covariance[2] - slope * covariance[1] - drift)

    def _covariance(
        self, free: np.ndarray, n_first: np.ndarray, n_second: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
        """Variance, covariance, variance of the two observed means, and β (schools,)."""
        root, cross, rest = np.exp(free[2]), free[3], np.exp(free[4])
        common = free[5] * np.sqrt(self.within[0] * self.within[1]) / np.maximum(n_first, n_second)
        one = root**2 + self.within[0] / n_first
        two = cross**2 + rest**2 + self.within[1] / n_second
        both = root * cross + common
        return (one, both, two), both / one

    def _loss(
        self,
        free: np.ndarray,
        means: np.ndarray,
        sizes: tuple[np.ndarray, np.ndarray],
        weight: np.ndarray,
        consistency: float,
    ) -> float:
        """Minus the weighted log likelihood: of the first mean, and of the second given it."""
        (one, both, two), slope = self._covariance(free, *sizes)
        rest = two - slope * both
        first = means[0] - free[0]
        departure = means[1] - free[1] - slope * first
        terms = np.log(one) + first**2 / one + np.log(rest) + departure**2 / rest / consistency
        return float((weight * terms).sum() / 2)
