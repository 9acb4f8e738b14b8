"""Homogeneity: do the pupils of a school differ less than pupils of such a level do? (check C3)

Poorest data accepted: a histogram of primary scores per school (tier T1). Selection of pupils makes
a school homogeneous as well, so this is never evidence by itself (methods.md §3.3, §3.11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma
from scipy.stats import chi2, f, norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import trend

SMALLEST = 8
"""Pupils below which the spread of a school is not judged."""
_DEGREE = 3
_KURTOSIS_DEGREE = 2
_LEAST_KURTOSIS = 1.2  # a half-and-half split has 1, the least there is
_ROUNDING = 1 / 12  # a score is known to half a point: variance of a uniform unit
_NO_SPREAD = 1e-8


@dataclass(frozen=True)
class Homogeneity:
    """Result of :func:`homogeneity`; arrays are (schools,), nan where not judged.

    ``mean``, ``sd`` of the scores in points; ``expected_sd`` the usual spread at such a mean;
    ``df`` what the school's variance is worth in degrees of freedom of a χ² (depends on n and on
    the shape of the scores); ``tau`` the spread of log sd among honest schools beyond sampling
    error, ``prior_df`` the same in degrees of freedom; ``p`` one-sided: small = suspiciously alike.
    """

    counts: np.ndarray
    n: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    expected_sd: np.ndarray
    df: np.ndarray
    tau: float
    prior_df: float
    p: np.ndarray

    @property
    def z(self) -> np.ndarray:
        """Normal score of p, positive where the spread is less than expected; never infinite."""
        return norm.isf(np.clip(self.p, np.finfo(float).tiny, 1 - np.finfo(float).epsneg))

    @property
    def ratio(self) -> np.ndarray:
        """How many times the spread is less than expected: «разброс в 1,4 раза меньше»."""
        return self.expected_sd / self.sd

    def ratio_interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the ratio from the sampling of this school's pupils (schools,), (schools,).

        ``ratio·√(χ²_{α/2}(df)/df) … ratio·√(χ²_{1−α/2}(df)/df)``.
        """
        tail = (1 - level) / 2
        low, high = (np.sqrt(chi2.ppf(q, self.df) / self.df) for q in (tail, 1 - tail))
        return self.ratio * low, self.ratio * high


def homogeneity(counts: np.ndarray) -> Homogeneity:
    """Test of "less spread than usual at such a mean" for every school of a region.

    On a bounded scale the spread depends on the mean, so ``log sd`` is compared with a cubic
    ``m(mean)`` fitted over the schools. A variance of n scores with kurtosis κ is worth
    ``df = 2n/(κ − (n−3)/(n−1))`` degrees of freedom (n − 1 when normal), κ a quadratic in the mean.
    Honest schools differ beyond that with variance τ² of log sd, estimated robustly; as in the
    moderated variances of Smyth (2004) it becomes ``prior_df`` by ``ψ'(prior_df/2) = 4τ²``, and

    ``p = P(F(df, prior_df) ≤ sd²/σ²(mean))``,

    where σ² is the cubic, corrected for the mean of log F. The plain normal score of methods.md
    §3.3 with one scale for all has twice the nominal false alarms above 90 pupils and half below
    15; this form holds at every size.

    ``counts`` (schools × scores 0…max): the pupils of one paper at every score, all schools of the
    region (at least 20 with 8 pupils: the expectation comes from them). Not judged (nan): fewer
    than 8 pupils, or everybody at 0 or at the maximum, where the mean alone leaves no spread.
    Everybody at one inner score counts as the spread within a point, ``√(1/12)``.
    Source: methods.md §3.3; Smyth, Stat. Appl. Genet. Mol. Biol. 3:3 (2004); df of a variance:
    Box, Biometrika 40:318–335 (1953).

    >>> rng = np.random.default_rng(1)
    >>> scores = rng.binomial(20, rng.beta(8, 6, (60, 40)))
    >>> scores[0] = rng.integers(11, 13, 40)
    >>> result = homogeneity(np.array([np.bincount(row, minlength=21) for row in scores]))
    >>> bool(result.p[0] < 1e-6), bool(result.ratio[0] > 3), bool((result.p[1:] > 0.001).all())
    (True, True, True)
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.shape[1] < 3:
        raise StatsInputError("counts must be schools x (scores >= 3)")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be finite and not negative")
    n, mean, variance, kurtosis = _moments(counts)
    top = counts.shape[1] - 1
    judged = (n >= SMALLEST) & (mean > 0) & (mean < top)
    variance = np.where(judged, np.maximum(variance, _ROUNDING), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = 2 * n / (_smooth_kurtosis(mean, kurtosis, n, judged) - (n - 3) / (n - 1))
    df = np.where(judged, df, np.nan)

    shift = _mean_log_chi2(df) / 2
    error = np.sqrt(polygamma(1, df / 2)) / 2
    curve = trend(np.log(variance) / 2 - shift, error, mean, degree=_DEGREE)
    tau = float(np.sqrt(curve.rest.tau2))
    prior_df = _prior_df(tau)
    usual = curve.fitted + curve.rest.centre
    p = _lower_tail(np.log(variance) - 2 * usual, df, prior_df)
    return Homogeneity(counts, n, mean, np.sqrt(variance), np.exp(usual), df, tau, prior_df, p)


def _lower_tail(log_ratio: np.ndarray, df: np.ndarray, prior_df: float) -> np.ndarray:
    """P(F ≤ ratio); the variance of an honest school is centred in its logarithm."""
    if not np.isfinite(prior_df):
        return chi2.cdf(df * np.exp(log_ratio), df)
    return f.cdf(np.exp(log_ratio - _mean_log_chi2(prior_df)), df, prior_df)


def _moments(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """n, mean, variance (n − 1 below) and kurtosis of every school; nan where undefined."""
    score = np.arange(counts.shape[1])
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = counts @ score / n
        deviation = score - mean[:, None]
        second = (counts * deviation**2).sum(axis=1)
        variance = np.where(n > 1, second / (n - 1), np.nan)
        # (n + 1)/(n − 1) takes away the bias that the kurtosis of a normal sample has.
        kurtosis = n * (counts * deviation**4).sum(axis=1) / second**2 * (n + 1) / (n - 1)
    return n, mean, variance, kurtosis


def _smooth_kurtosis(
    mean: np.ndarray, kurtosis: np.ndarray, n: np.ndarray, judged: np.ndarray
) -> np.ndarray:
    """Kurtosis expected at each mean: one school's own is far too noisy to use."""
    use = judged & np.isfinite(kurtosis)
    if not use.any():
        return np.full(len(n), np.nan)
    fitted = np.polynomial.Polynomial.fit(
        mean[use], kurtosis[use], _KURTOSIS_DEGREE, w=np.sqrt(n[use])
    )
    return np.maximum(fitted(np.where(judged, mean, mean[use].mean())), _LEAST_KURTOSIS)


def _mean_log_chi2(df: np.ndarray | float) -> np.ndarray | float:
    """Mean of ``log(χ²/df)``."""
    return digamma(df / 2) - np.log(df / 2)


def _prior_df(tau: float) -> float:
    """Degrees of freedom of an inverse χ² whose log, halved, has standard deviation τ."""
    if tau**2 < _NO_SPREAD:
        return np.inf
    return 2 * float(brentq(lambda half: polygamma(1, half) - 4 * tau**2, 1e-3, 1 / _NO_SPREAD))
