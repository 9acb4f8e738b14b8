"""How unequal schools are: variance between and within schools by restricted likelihood.

Every fit needs only the sizes and means of schools and the pooled products within them, so a count
table is enough and a fit takes about a millisecond, whatever the number of pupils.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.school_moments import SchoolMoments

_GRID = np.concatenate([[0.0], np.geomspace(1e-4, 0.5, 25), 1 - np.geomspace(0.49, 1e-6, 15)])
"""Shares at which the likelihood is looked at before it is maximised between the best ones."""


@dataclass(frozen=True)
class RandomIntercept:
    """Result of :func:`random_intercept` and :func:`random_intercept_regression`.

    ``y = Xβ + u_s + e``. ``icc`` the share τ²/(τ² + σ²) of schools in the variance that X leaves;
    ``tau2``, ``sigma2`` its two parts; ``coefficients`` (1 + covariates,), the intercept first, and
    their ``covariance``. All nan where the data can not tell the parts apart.
    """

    moments: SchoolMoments
    restricted: bool
    icc: float
    tau2: float
    sigma2: float
    coefficients: np.ndarray
    covariance: np.ndarray

    @property
    def standard_error(self) -> np.ndarray:
        """Of the coefficients, given the variance components (1 + covariates,)."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def deviance(self) -> float:
        """−2 log of the (restricted) likelihood at the maximum, with lme4's constants."""
        profile = _Profile(self.moments, self.restricted)
        degrees = profile.degrees
        return float(profile(np.array([self.icc]))[0] + degrees * (1 + np.log(2 * np.pi)))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Profile-likelihood interval of the ICC.

        Shares whose deviance is above the minimum by less than the quantile of χ²(1): covers at
        .93–.98 from five schools on, while a percentile bootstrap of schools is short at 300. 0
        belongs to it when the data do not rule out that schools are alike.
        """
        if not np.isfinite(self.icc):
            return np.nan, np.nan
        profile = _Profile(self.moments, self.restricted)
        limit = float(chi2.isf(1 - level, 1))
        least = profile(np.array([self.icc]))[0]

        def excess(share: float) -> float:
            return float(profile(np.array([share]))[0] - least - limit)

        low = brentq(excess, 0.0, self.icc) if self.icc > 0 and excess(0.0) > 0 else 0.0
        high = brentq(excess, self.icc, _GRID[-1]) if excess(_GRID[-1]) > 0 else 1.0
        return float(low), float(high)

    def corrected(self, reliability: float, level: float = 0.95) -> tuple[float, float, float]:
        """ICC of true scores and its interval: the observed one divided by the test's reliability.

        Errors of measurement add to the variance of pupils but average out over a school, so
        ``ICC_observed = ρ·ICC_true`` with ρ the reliability between all pupils, which is taken as
        known (:mod:`msoko_analysis.stats.reliability`). Above 1 is cut at 1.

        >>> moments = SchoolMoments(np.full(4, 9), np.array([[1.0], [2], [3], [4]]), [[32.0]])
        >>> result = random_intercept(moments)
        >>> round(result.icc, 4), round(result.corrected(0.8)[0], 4)
        (0.6087, 0.7609)
        """
        if not 0 < reliability <= 1:
            raise StatsInputError("reliability must be above 0 and at most 1")
        low, high = self.interval(level)
        return tuple(float(np.minimum(one / reliability, 1)) for one in (self.icc, low, high))


class _Profile:
    """−2 log likelihood of the share of schools, everything else maximised out; up to a constant.

    With λ = τ²/σ² and ``w_s = n_s/(1 + n_s·λ)``, the generalised products of intercept, covariates
    and outcome are ``A = W + Σ_s w_s·m_s·m_s'`` (m_s the school's means, W the products within), so
    ``q = A_yy − A_yx·A_xx⁻¹·A_xy`` and ``−2ℓ = D·ln(q/D) + Σ ln(1 + n_s·λ) [+ ln|A_xx|]`` with
    D = N − p in restricted likelihood, D = N without the last term in the ordinary one.
    """

    def __init__(self, moments: SchoolMoments, restricted: bool) -> None:
        there = moments.n > 0
        self.n = np.asarray(moments.n, dtype=float)[there]
        mean = np.asarray(moments.mean, dtype=float)[there]
        self.means = np.column_stack([np.ones(len(mean)), mean])
        self.products = (self.means[:, :, None] * self.means[:, None, :]).reshape(len(mean), -1)
        self.within = np.pad(np.asarray(moments.within, dtype=float), ((1, 0), (1, 0)))
        self.restricted = restricted
        self.terms = self.means.shape[1] - 1
        self.degrees = self.n.sum() - (self.terms if restricted else 0)

    def parts(self, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A_xx, coefficients and q at every share (shares, …)."""
        ratio = (share / (1 - share))[:, None]
        weight = self.n / (1 + self.n * ratio)
        return _regress(self.within + (weight @ self.products).reshape(-1, *self.within.shape))

    def __call__(self, share: np.ndarray) -> np.ndarray:
        inner, _, rest = self.parts(share)
        spread = np.log1p(self.n * (share / (1 - share))[:, None]).sum(axis=1)
        known = np.linalg.slogdet(inner)[1] if self.restricted else 0.0
        return self.degrees * np.log(rest / self.degrees) + spread + known


def random_intercept(moments: SchoolMoments, *, restricted: bool = True) -> RandomIntercept:
    """Between-school share of the variance of results (ICC), by restricted maximum likelihood.

    ``moments`` of one column, the result; see :func:`school_moments.of_counts` for histograms.
    Normal schools and pupils are assumed, equal spread inside schools. Fewer than two schools, no
    school with two pupils, or pupils who do not differ inside schools: all nan.
    Source: methods.md §1.8; Raudenbush & Bryk, Hierarchical Linear Models (2002), ch. 3–4.

    >>> moments = SchoolMoments(np.full(4, 9), np.array([[1.0], [2], [3], [4]]), [[32.0]])
    >>> result = random_intercept(moments)  # balanced: τ² = (MSB − MSW)/n = (15 − 1)/9
    >>> round(result.tau2, 4), round(result.sigma2, 4), [round(x, 2) for x in result.interval()]
    (1.5556, 1.0, [0.23, 0.94])
    """
    if np.shape(moments.mean)[1] != 1:
        raise StatsInputError("one column, the result: use random_intercept_regression")
    return random_intercept_regression(moments, restricted=restricted)


def random_intercept_regression(
    moments: SchoolMoments, *, restricted: bool = True
) -> RandomIntercept:
    """Random-intercept model with covariates of pupils and of schools.

    ``moments``: covariates first, the result last. A covariate of the school is the same for all its
    pupils, so its products within are 0. Covariates that depend on each other are refused; too few
    schools for the terms, or nothing left inside schools, gives nan.

    >>> mean = np.column_stack([np.zeros(4), [1, 2, 3, 4]])
    >>> within = np.array([[32, 64], [64, 160]])  # inside schools the result rises by 64/32
    >>> result = random_intercept_regression(SchoolMoments(np.full(4, 9), mean, within))
    >>> result.coefficients.round(6).tolist(), round(result.sigma2, 4)  # (160 − 64²/32)/(36 − 5)
    ([2.5, 2.0], 1.0323)
    """
    profile = _Profile(moments, restricted)
    terms = profile.terms
    if not _identified(profile):
        unknown = np.full(terms, np.nan)
        covariance = np.full((terms, terms), np.nan)
        return RandomIntercept(moments, restricted, np.nan, np.nan, np.nan, unknown, covariance)
    deviance = profile(_GRID)
    best = int(deviance.argmin())
    around = _GRID[max(best - 1, 0)], _GRID[min(best + 1, len(_GRID) - 1)]
    found = minimize_scalar(
        lambda share: profile(np.array([share]))[0],
        bounds=around,
        method="bounded",
        options={"xatol": 1e-9 * max(around[1], 1e-3)},
    )
    share = 0.0 if best == 0 and deviance[0] <= found.fun else float(found.x)
    inner, slope, rest = profile.parts(np.array([share]))
    sigma2 = float(rest[0] / profile.degrees)
    tau2 = sigma2 * share / (1 - share)
    covariance = sigma2 * np.linalg.inv(inner[0])
    return RandomIntercept(moments, restricted, share, tau2, sigma2, slope[0], covariance)


def _regress(products: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Regression of the last column on the others from products (…, columns, columns).

    Returns products of the regressors, coefficients and the residual sum of squares.
    """
    inner, cross = products[..., :-1, :-1], products[..., :-1, -1]
    slope = np.linalg.solve(inner, cross[..., None])[..., 0]
    return inner, slope, products[..., -1, -1] - (cross * slope).sum(axis=-1)


def _identified(profile: _Profile) -> bool:
    """Whether both variances can be estimated at all; dependent covariates are refused."""
    if len(profile.n) <= profile.terms or profile.n.sum() - len(profile.n) < 1:
        return False
    weighted = profile.means[:, :-1] * np.sqrt(profile.n)[:, None]
    inner = weighted.T @ weighted + profile.within[:-1, :-1]
    scale = np.sqrt(np.diag(inner))
    if not (scale > 0).all() or np.linalg.cond(inner / np.outer(scale, scale)) > 1e12:
        raise StatsInputError("covariates must not depend on each other")
    inside, cross, total = (
        profile.within[1:-1, 1:-1],
        profile.within[1:-1, -1],
        profile.within[-1, -1],
    )
    left = total - cross @ np.linalg.lstsq(inside, cross, rcond=None)[0]
    varying = np.linalg.matrix_rank(inside) if len(inside) else 0
    return profile.n.sum() - len(profile.n) - varying >= 1 and left > 1e-12 * total
