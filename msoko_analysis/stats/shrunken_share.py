"""Shares of schools drawn towards the usual share: beta-binomial, empirical Bayes.

Poorest data accepted: counts of pupils and of those meant (low performers, say) per school (tier
T0). One group of schools is assumed; where a few schools stand apart from honest ones, the groups
must be told apart first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma
from scipy.stats import beta

from msoko_analysis.errors import StatsInputError

_LOG_PRECISION = (np.log(0.05), np.log(1e5))
_LOGIT = (-14.0, 14.0)


@dataclass(frozen=True)
class ShrunkenShare:
    """Result of :func:`shrunken_share`; ``count`` and ``n`` (schools,).

    Before a school is seen its share has the beta distribution of mean ``mean`` and precision
    ``precision`` (a + b); a precision at its upper end of 100,000 says that schools do not differ.
    Both nan where they can not be estimated, and so is everything else.
    """

    count: np.ndarray
    n: np.ndarray
    mean: float
    precision: float

    @property
    def value(self) -> np.ndarray:
        """Posterior mean ``(x + μM)/(n + M)`` (schools,); a school without pupils has μ."""
        return (self.count + self.mean * self.precision) / (self.n + self.precision)

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Equal-tailed interval of ``Beta(x + μM, n − x + (1 − μ)M)`` (schools,), (schools,).

        The distribution of schools is taken as known, which is right for a region of some dozen
        schools and more.
        """
        return self._quantile((1 - level) / 2), self._quantile((1 + level) / 2)

    def _quantile(self, chance: float) -> np.ndarray:
        return beta.ppf(chance, *self._shape)

    @property
    def _shape(self) -> tuple[np.ndarray, np.ndarray]:
        a = self.count + self.mean * self.precision
        return a, self.n + self.precision - a


def shrunken_share(count: np.ndarray, n: np.ndarray) -> ShrunkenShare:
    """Beta-binomial model of shares: ``x_s ~ Bin(n_s, π_s)``, ``π_s ~ Beta(μM, (1−μ)M)``.

    μ and M maximise the marginal likelihood
    ``Σ ln B(x_s + μM, n_s − x_s + (1−μ)M) − ln B(μM, (1−μ)M)``. ``count``, ``n`` (schools,), all
    schools of the region; ``n`` in effective pupils may be fractional. Fewer than two schools with
    pupils, or shares that are all 0 or all 1, tell nothing of the distribution: nan.
    Source: Griffiths, Biometrics 29:637–648 (1973); methods.md §1.8.

    >>> result = shrunken_share(np.array([0, 1, 3, 9, 30, 0]), np.array([4, 10, 10, 30, 50, 0]))
    >>> bool(0 < result.value[0] < result.mean), bool(result.mean < result.value[4] < 0.6)
    (True, True)
    >>> bool(result.value[5] == result.mean)
    True
    """
    count, n = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    if count.shape != n.shape or count.ndim != 1:
        raise StatsInputError("count and n must list the same schools")
    if not (np.isfinite(n).all() and (count >= 0).all() and (count <= n).all()):
        raise StatsInputError("count must lie between 0 and n")
    there = n > 0
    if there.sum() < 2 or not 0 < count.sum() < n.sum():
        return ShrunkenShare(count, n, float("nan"), float("nan"))
    x, size = count[there], n[there]
    usual = x.sum() / size.sum()
    start = [np.log(usual / (1 - usual)), np.log(20.0)]
    best = minimize(
        _minus_likelihood, start, args=(x, size), jac=True, method="L-BFGS-B",
        bounds=[_LOGIT, _LOG_PRECISION], options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
    )  # fmt: skip
    return ShrunkenShare(count, n, float(1 / (1 + np.exp(-best.x[0]))), float(np.exp(best.x[1])))


def _minus_likelihood(
    parameters: np.ndarray, count: np.ndarray, n: np.ndarray
) -> tuple[float, np.ndarray]:
    """Minus the mean log marginal likelihood at (logit μ, ln M), and its slope."""
    mean, precision = 1 / (1 + np.exp(-parameters[0])), np.exp(parameters[1])
    a, b = mean * precision, (1 - mean) * precision
    value = betaln(count + a, n - count + b) - betaln(a, b)
    shared = digamma(a + b) - digamma(n + a + b)
    by_a = (digamma(count + a) - digamma(a) + shared).mean()
    by_b = (digamma(n - count + b) - digamma(b) + shared).mean()
    slope = [(by_a - by_b) * a * (1 - mean), by_a * a + by_b * b]
    return -float(value.mean()), -np.array(slope)
