"""Shares of few trials per school: an honest group and a group of high rates (check C5).

Poorest data accepted: x of n per school, such as medalists below the bar among medalists. A high share
says that something differs; a school may have few and unlucky medalists.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, logit
from scipy.stats import beta, binom

from msoko_analysis.errors import StatsInputError

SMALLEST = 4
"""Trials below which a school gets no p: with three even all of three prove nothing."""
FEWEST_SCHOOLS = 20
"""Schools with trials needed to tell how honest schools differ."""
_HIGH_SPREAD = 0.1
# Weak prior knowledge, so that a region without doubtful schools does not invent them out of the tail
# of the honest ones: overdispersion Beta(1.5, 3), share of the high group Beta(2, 10), its distance
# from the honest rate normal(1.8, 1) in log odds.
_STARTS = (1.0, 2.5)
_BOUNDS = ((-8.0, 4.0), (-7.0, 2.0), (-6.0, 0.0), (np.log(0.3), np.log(5.0)))
_MOST = 200


@dataclass(frozen=True)
class TwoRates:
    """Result of :func:`two_rates`; arrays are (schools,).

    ``x`` of ``n``; ``rate`` and ``overdispersion`` (intraclass correlation of trials) of honest
    schools; ``high_share`` the share of schools in the high group, ``high_rate`` its rate.
    """

    x: np.ndarray
    n: np.ndarray
    rate: float
    overdispersion: float
    high_share: float
    high_rate: float

    @property
    def regional(self) -> float:
        """Σx / Σn over all schools, those of the high group included."""
        return float(self.x.sum() / self.n.sum())

    @property
    def p(self) -> np.ndarray:
        """``P(X ≥ x)`` in an honest school; nan below :data:`SMALLEST` trials."""
        tail = _tails(self.n, self.rate, self.overdispersion)
        own = tail[np.arange(len(self.n)), self.x.astype(int)]
        return np.where(self.n >= SMALLEST, own, np.nan)

    @property
    def posterior_high(self) -> np.ndarray:
        """Probability that a school belongs to the high group, given its data."""
        honest, high = self._log_joint()
        return expit(high - honest)

    def posterior_above(self, rate: float) -> np.ndarray:
        """Probability that the school's own rate exceeds ``rate``, given its data.

        The mixture of ``Beta(a_k + x, b_k + n − x)`` of the two groups k by their posterior weights.
        Without trials it is what the region says of any school.
        """
        tails = [
            beta.sf(rate, a + self.x, b + self.n - self.x)
            for a, b in (
                _shape(self.rate, self.overdispersion),
                _shape(self.high_rate, _HIGH_SPREAD),
            )
        ]
        high = self.posterior_high
        return (1 - high) * tails[0] + high * tails[1]

    def needed(self, rate: float, *, level: float, power: float) -> float:
        """Trials from which a school of the true rate ``rate`` has p ≤ ``level`` with ``power``.

        The least n such that this n and every larger one up to 200 have the power; nan if none has,
        for instance where honest schools differ so much that ``rate`` is nothing unusual.
        """
        n = np.arange(1, _MOST + 1)
        # The tail falls with x and is 0 beyond n: those above the level are 0 … critical − 1.
        critical = (_tails(n, self.rate, self.overdispersion) > level).sum(axis=1)
        enough = (binom.sf(critical - 1, n, rate) >= power) & (n >= SMALLEST)
        lasting = np.logical_and.accumulate(enough[::-1])[::-1]
        return float(n[lasting][0]) if lasting.any() else float("nan")

    def _log_joint(self) -> tuple[np.ndarray, np.ndarray]:
        return (
            np.log1p(-self.high_share) + _log_pmf(self.x, self.n, self.rate, self.overdispersion),
            np.log(self.high_share) + _log_pmf(self.x, self.n, self.high_rate, _HIGH_SPREAD),
        )


def two_rates(x: np.ndarray, n: np.ndarray) -> TwoRates:
    """Two-group beta-binomial model of x of n: the schools looked for do not widen the yardstick.

    ``x_s ~ (1 − π)·BB(n_s, μ_0, ρ_0) + π·BB(n_s, μ_1, ρ_1)``, BB the beta-binomial of mean μ and
    intraclass correlation ρ = 1/(a + b + 1), ``μ_1 > μ_0``; ρ_1 is .1, for the schools of the high
    group are too few to tell. Maximum posterior under weak priors (see the source); a school is then
    held against the honest group alone. A single beta-binomial takes doubtful schools for natural
    variety: it calls none where a tenth of the schools is doubtful.

    Parameters: ``x``, ``n`` (schools,) of one year, or sums over up to three years; schools with
    n = 0 are allowed. Years should have like regional rates: the sum treats them as one.
    Refused: fewer than :data:`FEWEST_SCHOOLS` schools with trials. Trials are taken as
    exchangeable within a school: several papers of one medalist count as one trial.
    Source: methods.md §3.5; beta-binomial: Griffiths, Biometrics 29:637–648 (1973).

    >>> rng = np.random.default_rng(1)
    >>> n = rng.integers(1, 12, 300)
    >>> x = rng.binomial(n, rng.beta(2, 10, 300)); n[0], x[0] = 6, 6; n[1], x[1] = 3, 3
    >>> result = two_rates(x, n)
    >>> bool(result.p[0] < 0.01), bool(np.isnan(result.p[1])), bool(result.posterior_above(0.33)[0] > 0.9)
    (True, True, True)
    >>> 4 <= result.needed(0.8, level=0.05, power=0.5) <= 6
    True
    """
    x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if x.shape != n.shape or x.ndim != 1:
        raise StatsInputError("x and n must list the same schools")
    if not (np.isfinite(x).all() and np.isfinite(n).all()) or (x < 0).any() or (x > n).any():
        raise StatsInputError("x must lie between 0 and n")
    if (n > 0).sum() < FEWEST_SCHOOLS:
        raise StatsInputError(f"at least {FEWEST_SCHOOLS} schools with trials are needed")
    cells, schools = np.unique(np.stack([x, n])[:, n > 0], axis=1, return_counts=True)
    start = logit((x.sum() + 0.5) / (n.sum() + 1))
    fits = [
        minimize(
            _loss,
            (start - 0.2, logit(0.05), logit(0.08), np.log(apart)),
            args=(*cells, schools),
            method="L-BFGS-B",
            bounds=_BOUNDS,
        )
        for apart in _STARTS
    ]
    best = min(fits, key=lambda fit: fit.fun)
    return TwoRates(x, n, *_parameters(best.x))


def _parameters(free: np.ndarray) -> tuple[float, float, float, float]:
    """Honest rate, overdispersion, share of the high group, its rate."""
    rate, spread, share = (float(expit(value)) for value in free[:3])
    return rate, spread, share, float(expit(free[0] + np.exp(free[3])))


def _loss(free: np.ndarray, x: np.ndarray, n: np.ndarray, schools: np.ndarray) -> float:
    """Minus the log posterior, up to a constant."""
    rate, spread, share, high = _parameters(free)
    mixed = np.logaddexp(
        np.log1p(-share) + _log_pmf(x, n, rate, spread),
        np.log(share) + _log_pmf(x, n, high, _HIGH_SPREAD),
    )
    prior = 0.5 * np.log(spread) + 2 * np.log1p(-spread)
    prior += np.log(share) + 9 * np.log1p(-share) - 0.5 * (np.exp(free[3]) - 1.8) ** 2
    return -float((schools * mixed).sum() + prior)


def _shape(rate: float, spread: float) -> tuple[float, float]:
    """The parameters a, b of a beta distribution of mean ``rate`` and ``1/(a + b + 1) = spread``."""
    total = (1 - spread) / spread
    return rate * total, (1 - rate) * total


def _tails(n: np.ndarray, rate: float, spread: float) -> np.ndarray:
    """``P(X ≥ x)`` (schools × x = 0 … largest n)."""
    x, n = np.arange(n.max() + 1), n[:, None]
    mass = np.where(x <= n, np.exp(_log_pmf(np.minimum(x, n), n, rate, spread)), 0.0)
    return np.minimum(mass[:, ::-1].cumsum(axis=1)[:, ::-1], 1.0)


def _log_pmf(x: np.ndarray, n: np.ndarray, rate: float, spread: float) -> np.ndarray:
    a, b = _shape(rate, spread)
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return ways + betaln(a + x, b + n - x) - betaln(a, b)
