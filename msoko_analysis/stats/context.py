"""Results of schools against their circumstances: gradient, above expectation, against the odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, owens_t

from msoko_analysis.errors import StatsInputError

FEWEST_PER_TERM = 5
"""Schools needed for every coefficient."""
_SPREADS = 41


@dataclass(frozen=True)
class Context:
    """Result of :func:`context`; arrays over schools are (schools,), nan without estimate or covariate.

    ``coefficients`` (1 + covariates,), the intercept first, and their ``covariance``; ``tau2`` the
    variance of schools around the line, ``tau2_alone`` without covariates, both in squared units of
    ``value``.
    """

    value: np.ndarray
    standard_error: np.ndarray
    covariates: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    tau2: float
    tau2_alone: float

    @property
    def strength(self) -> float:
        """Part of the variance between schools that goes with the covariates: 1 − τ²/τ²_alone.

        Not below 0; nan where schools do not differ beyond sampling error.
        """
        return max(0.0, 1 - self.tau2 / self.tau2_alone) if self.tau2_alone > 0 else np.nan

    @property
    def _known(self) -> np.ndarray:
        return _known(self.value, self.standard_error, self.covariates)

    @property
    def _design(self) -> np.ndarray:
        return np.column_stack([np.ones(len(self.covariates)), self.covariates])

    @property
    def expected(self) -> np.ndarray:
        """What the covariates lead to expect of each school."""
        return np.where(self._known, self._design @ self.coefficients, np.nan)

    @property
    def above_expected(self) -> np.ndarray:
        """Posterior mean of a school's deviation: ``τ²/(τ² + s²)·(y − expected)``."""
        return self.tau2 / (self.tau2 + self.standard_error**2) * (self.value - self.expected)

    def probability_above_expected(self) -> np.ndarray:
        """Probability that the school is really above expectation, given all data.

        No ranks: schools of like probability can not be told apart.
        """
        return self._probability(-np.inf)

    def probability_resilient(self, level: float) -> np.ndarray:
        """Probability that the school is above expectation and its true result is at least ``level``.

        With ``level`` the region's median school it is the definition of a school that succeeds
        against the odds, once the school stands in the bottom quarter of the context; which quarter
        and which probability count is for the caller to say (methods.md §1.8).
        """
        if not np.isfinite(level):
            raise StatsInputError("the level to reach must be a number")
        return self._probability(level)

    def _probability(self, level: float) -> np.ndarray:
        """P(u > 0 and x'β + u ≥ level), over what is unknown of τ, β and u.

        τ is weighted by its restricted likelihood with a flat prior: with few schools, or τ
        estimated at 0, its maximum alone would be too sure.
        """
        known = self._known
        y, s2, x = self.value[known], self.standard_error[known] ** 2, self._design[known]
        out = np.zeros(len(y))
        for tau2, weight in zip(*_spreads(y, s2, x), strict=True):
            beta, variance, _ = _line(y, s2 + tau2, x)
            line, unsure = x @ beta, np.einsum("sp,pq,sq->s", x, variance, x)
            shrink = tau2 / (tau2 + s2)
            own = shrink * (y - line)
            own_error = np.sqrt(shrink * s2 + shrink**2 * unsure)
            total_error = np.sqrt(shrink * s2 + (1 - shrink) ** 2 * unsure)
            together = (shrink * s2 - shrink * (1 - shrink) * unsure) / (own_error * total_error)
            reached = (line + own - level) / total_error
            out += weight * both_below(own / own_error, reached, together)
        result = np.full(len(self.value), np.nan)
        result[known] = out
        return result


def context(value: np.ndarray, standard_error: np.ndarray, covariates: np.ndarray) -> Context:
    """Random-effects regression of school results on circumstances of the school.

    ``y_s = x_s'β + u_s + ε_s``, ``u_s ~ N(0, τ²)``, ``ε_s ~ N(0, s_s²)`` with known s: τ² by
    restricted maximum likelihood, covariance of β after Knapp & Hartung (Statistics in Medicine
    22:2693–2710, 2003), which keeps its level with few schools. ``value``, ``standard_error``
    (schools,), for scores of one paper the pupil SD inside schools over √n; ``covariates`` (schools
    × covariates) or (schools,). The gradient is one of schools: pupils of poorer families inside one
    school may differ more or less, or not at all.
    Fewer than :data:`FEWEST_PER_TERM` schools for each coefficient are refused, so are covariates
    that do not vary.

    >>> rng = np.random.default_rng(1)
    >>> wealth = rng.normal(size=200)
    >>> result = context(0.5 * wealth + rng.normal(0, 0.5, 200), np.full(200, 0.3), wealth)
    >>> bool(0.4 < result.coefficients[1] < 0.6), bool(0.4 < result.strength < 0.8)
    (True, True)
    """
    value = np.asarray(value, dtype=float)
    standard_error = np.broadcast_to(np.asarray(standard_error, dtype=float), value.shape)
    covariates = np.asarray(covariates, dtype=float)
    covariates = covariates[:, None] if covariates.ndim == 1 else covariates
    if value.ndim != 1 or covariates.shape[:1] != value.shape:
        raise StatsInputError("value, standard error and covariates must list the same schools")
    known = _known(value, standard_error, covariates)
    terms = 1 + covariates.shape[1]
    if known.sum() < FEWEST_PER_TERM * terms:
        raise StatsInputError(
            f"{terms} coefficients need at least {FEWEST_PER_TERM * terms} schools with a result "
            f"and covariates, got {known.sum()}: pass the whole region or fewer covariates"
        )
    y, s2 = value[known], standard_error[known] ** 2
    if not (s2 > 0).all():
        raise StatsInputError("standard errors must be positive")
    x = np.column_stack([np.ones(len(y)), covariates[known]])
    scale = np.linalg.norm(x, axis=0)
    if not (scale > 0).all() or np.linalg.cond(x / scale) > 1e6:
        raise StatsInputError("covariates must vary and not depend on each other")
    tau2 = _restricted(y, s2, x)
    beta, variance, rest = _line(y, s2 + tau2, x)
    inflation = max(1.0, rest / (len(y) - terms))
    alone = _restricted(y, s2, x[:, :1])
    return Context(
        value, standard_error, covariates, beta, variance * inflation, float(tau2), float(alone)
    )


def both_below(first: np.ndarray, second: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """P(X ≤ first, Y ≤ second) of standard normals with a correlation, by Owen's T (1956).

    >>> bool(np.isclose(both_below(np.array(0.0), np.array(0.0), np.array(0.5)), 1 / 3))
    True
    >>> round(float(both_below(np.array(0.0), np.array(np.inf), np.array(0.5))), 9)
    0.5
    """
    # The formula divides by both: a value of 0 is moved by less than counts. Far is far enough at 30.
    h, k = (np.clip(np.where(one == 0, 1e-12, one), -30, 30) for one in (first, second))
    other = np.sqrt(np.maximum(1 - correlation**2, 1e-14))
    apart = np.where(h * k < 0, 0.5, 0.0)
    tails = owens_t(h, (k / h - correlation) / other) + owens_t(k, (h / k - correlation) / other)
    return np.clip(0.5 * (ndtr(h) + ndtr(k)) - tails - apart, 0, 1)


def _known(value: np.ndarray, standard_error: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Schools with a result, its error and all covariates."""
    return np.isfinite(value) & np.isfinite(standard_error) & np.isfinite(covariates).all(axis=1)


def _line(
    y: np.ndarray, variance: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Weighted least squares: coefficients, their covariance, weighted squares left."""
    weighted = x / variance[:, None]
    covariance = np.linalg.inv(x.T @ weighted)
    beta = covariance @ (weighted.T @ y)
    return beta, covariance, float(((y - x @ beta) ** 2 / variance).sum())


def _deviance(tau2: float, y: np.ndarray, s2: np.ndarray, x: np.ndarray) -> float:
    """−2 log restricted likelihood of τ²."""
    _, covariance, rest = _line(y, s2 + tau2, x)
    return float(np.log(s2 + tau2).sum() - np.linalg.slogdet(covariance)[1] + rest)


def _restricted(y: np.ndarray, s2: np.ndarray, x: np.ndarray) -> float:
    """τ² of highest restricted likelihood."""
    highest = np.sqrt(4 * y.var() + s2.max())
    grid = np.linspace(0, highest, _SPREADS)
    best = int(np.argmin([_deviance(tau**2, y, s2, x) for tau in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda tau: _deviance(tau**2, y, s2, x),
        bounds=around,
        method="bounded",
        options={"xatol": 1e-9 * highest},
    )
    return 0.0 if best == 0 and _deviance(0.0, y, s2, x) <= found.fun else float(found.x) ** 2


def _spreads(y: np.ndarray, s2: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values of τ² and their posterior weights."""
    highest = np.sqrt(4 * y.var() + s2.max())
    tau = np.linspace(highest / 1000, highest, 200)
    log = np.array([-0.5 * _deviance(one**2, y, s2, x) for one in tau])
    likely = np.flatnonzero(log > log.max() - 8)
    tau = np.linspace(tau[likely[0]], tau[likely[-1]], _SPREADS)
    log = np.array([-0.5 * _deviance(one**2, y, s2, x) for one in tau])
    weight = np.exp(log - log.max())
    return tau**2, weight / weight.sum()
