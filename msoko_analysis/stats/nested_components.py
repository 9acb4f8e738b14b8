"""Municipality and school: at which level results differ, by restricted likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.school_moments import SchoolMoments
from msoko_analysis.stats.variance_components import Profile, identified, regress

_HIGHEST = 1 - 1e-6
_EXACT = 1e-10


@dataclass(frozen=True)
class NestedComponents:
    """Result of :func:`nested_components`: shares of the variance that covariates leave.

    ``school_share`` and ``municipality_share`` of the sum of ``school_variance``,
    ``municipality_variance`` and ``pupil_variance``; ``coefficients`` (1 + covariates,) with the
    intercept first. All nan where the levels can not be told apart.
    """

    moments: SchoolMoments
    municipality: np.ndarray
    school_share: float
    municipality_share: float
    school_variance: float
    municipality_variance: float
    pupil_variance: float
    coefficients: np.ndarray
    deviance: float

    def school_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Profile-likelihood interval of the share between schools inside municipalities."""
        return self._interval(self.school_share, 0, level)

    def municipality_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Profile-likelihood interval of the share between municipalities."""
        return self._interval(self.municipality_share, 1, level)

    def _interval(self, share: float, which: int, level: float) -> tuple[float, float]:
        if not np.isfinite(share):
            return np.nan, np.nan
        profile = _Nested(self.moments, self.municipality)
        least = profile(self.school_share, self.municipality_share)
        limit = float(chi2.isf(1 - level, 1))

        def excess(value: float) -> float:
            return profile.least(value, which)[0] - least - limit

        low = brentq(excess, 0.0, share, xtol=1e-7) if share > 0 and excess(0.0) > 0 else 0.0
        high = brentq(excess, share, _HIGHEST, xtol=1e-7) if excess(_HIGHEST) > 0 else 1.0
        return float(low), float(high)


class _Nested(Profile):
    """The profile of two shares: schools' and municipalities'.

    With ``λ = school, μ = municipality variance / σ²``, ``w_s = n_s/(1 + n_s·λ)``, ``W_m`` and
    ``S_m`` the sums of w_s and w_s·m_s over a municipality, the generalised products are
    ``A = W + Σ_s w_s·m_s·m_s' − Σ_m μ/(1 + μ·W_m)·S_m·S_m'`` and the log determinant is
    ``Σ_s ln(1 + n_s·λ) + Σ_m ln(1 + μ·W_m)``.
    """

    def __init__(self, moments: SchoolMoments, municipality: np.ndarray) -> None:
        super().__init__(moments, restricted=True)
        _, self.number = np.unique(municipality[moments.n > 0], return_inverse=True)
        order = np.argsort(self.number, kind="stable")
        self.n, self.means, self.products, self.number = (
            column[order] for column in (self.n, self.means, self.products, self.number)
        )
        self.starts = np.flatnonzero(np.diff(self.number, prepend=-1))

    def solution(self, school: float, municipality: float) -> tuple[tuple, float]:
        """Regression at the two shares, and the log determinant of the levels."""
        rest = 1 - school - municipality
        weight = self.n / (1 + self.n * school / rest)
        summed = np.add.reduceat(weight[:, None] * self.means, self.starts)
        ratio = municipality / rest
        total = np.add.reduceat(weight, self.starts)
        products = self.within + (weight @ self.products).reshape(self.within.shape)
        products = products - (summed.T * (ratio / (1 + ratio * total))) @ summed
        spread = np.log1p(self.n * school / rest).sum() + np.log1p(ratio * total).sum()
        return regress(products), float(spread)

    def __call__(self, school: float, municipality: float) -> float:
        (inner, _, left), spread = self.solution(school, municipality)
        known = np.linalg.slogdet(inner)[1]
        return float(self.degrees * np.log(left / self.degrees) + spread + known)

    def least(self, value: float, which: int) -> tuple[float, float]:
        """Smallest deviance with one share given, 0 the schools' or 1 the other, and where."""

        def at(other: float) -> float:
            return self(value, other) if which == 0 else self(other, value)

        room = (1 - value) * _HIGHEST
        found = minimize_scalar(at, bounds=(0, room), method="bounded", options={"xatol": _EXACT})
        return min((at(0.0), 0.0), (float(found.fun), float(found.x)))


def nested_components(moments: SchoolMoments, municipality: np.ndarray) -> NestedComponents:
    """Random intercepts of municipalities and of schools inside them.

    ``y = Xβ + v_m + u_ms + e`` by restricted maximum likelihood. ``moments``: covariates first, the
    result last; ``municipality`` (schools,) the code of each school's municipality, see
    :func:`municipality_of` for pupil rows: a school belongs to one municipality, crossed groups are
    refused. Fewer than two municipalities, or none with two schools: all nan.
    Source: Goldstein, Multilevel Statistical Models (2011), ch. 2; Chem97 of lme4 in the tests.

    >>> rng = np.random.default_rng(1)
    >>> municipality = np.repeat(np.arange(40), 8)
    >>> mean = rng.normal(0, 1, 40)[municipality] + rng.normal(0, 1.2, 320)
    >>> moments = SchoolMoments(np.full(320, 10**6), mean[:, None], np.array([[8.0 * 320 * 10**6]]))
    >>> result = nested_components(moments, municipality)
    >>> abs(result.municipality_share - 0.1) < 0.05, abs(result.school_share - 0.14) < 0.02
    (True, True)
    """
    municipality = np.asarray(municipality)
    if municipality.shape != np.shape(moments.n):
        raise StatsInputError("one municipality for every school")
    profile = _Nested(moments, municipality)
    groups = len(profile.starts)
    if not identified(profile) or not 2 <= groups < len(profile.n):
        unknown = np.full(profile.terms, np.nan)
        return NestedComponents(moments, municipality, *[np.nan] * 5, unknown, np.nan)
    found = minimize_scalar(
        lambda share: profile.least(share, 1)[0],
        bounds=(0, _HIGHEST),
        method="bounded",
        options={"xatol": _EXACT},
    )
    second = 0.0 if profile.least(0.0, 1)[0] <= found.fun else float(found.x)
    deviance, first = profile.least(second, 1)
    (_, slope, left), _ = profile.solution(first, second)
    pupil = float(left / profile.degrees)
    total = pupil / (1 - first - second)
    deviance += profile.degrees * (1 + np.log(2 * np.pi))
    return NestedComponents(
        moments, municipality, first, second, first * total, second * total, pupil, slope, deviance
    )


def municipality_of(school: np.ndarray, municipality: np.ndarray) -> np.ndarray:
    """Municipality of every school, in the order of ``np.unique(school)``, from rows of both.

    >>> municipality_of(np.array(["b", "a", "b"]), np.array(["north", "south", "north"])).tolist()
    ['south', 'north']
    """
    school, municipality = np.asarray(school), np.asarray(municipality)
    if school.shape != municipality.shape:
        raise StatsInputError("one municipality for every row")
    _, first, number = np.unique(school, return_index=True, return_inverse=True)
    crossed = municipality[first][number] != municipality
    if crossed.any():
        raise StatsInputError(
            f"{len(np.unique(school[crossed]))} schools stand in more than one municipality: "
            "crossed groups are another model, which is not offered"
        )
    return municipality[first]
