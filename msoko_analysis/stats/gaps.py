"""Gaps: between high and low pupils, between the best and the weakest schools, between two groups.

Poorest data accepted: a histogram of scores per school (tier T1); for :func:`v_gap_of_marks` counts
of marks (T0). Gaps in points depend on how hard the paper is and where it is hard; only the V-gap
and the ratio to a standard deviation can be set beside those of another paper or year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.hetop import hetop, means_and_spreads

_EXACT = 3
"""So many marks give means and spreads of two groups without a fit."""


def mid_quantiles(counts: np.ndarray, values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles of grouped data by mid-distribution interpolation (units × levels).

    Points (x_k, F(x_k) − f(x_k)/2) of the scores that occur, joined by straight lines, and the
    lowest or highest score beyond them: unlike a score of the scale, the result moves smoothly when
    a few pupils do. ``counts`` (units × scores) pupils, ``values`` (scores,) increasing,
    ``levels`` (levels,) within 0…1. Nobody: nan; one score only: that score.
    Source: Ma, Genton, Parzen, Ann. Inst. Stat. Math. 63:227–243 (2011).

    >>> mid_quantiles(np.array([[2, 4, 2], [0, 3, 0], [0, 0, 0]]), np.arange(3), [0.25, 0.5]).tolist()
    [[0.3333333333333333, 1.0], [1.0, 1.0], [nan, nan]]
    """
    counts, values, levels = (np.asarray(one, dtype=float) for one in (counts, values, levels))
    if counts.ndim != 2 or counts.shape[1:] != values.shape or (np.diff(values) <= 0).any():
        raise StatsInputError("counts must be units x scores and values increasing over the scores")
    if not (counts >= 0).all() or not ((levels >= 0) & (levels <= 1)).all():
        raise StatsInputError("counts must not be negative and levels must lie between 0 and 1")
    result = np.full((len(counts), len(levels)), np.nan)
    for row, n in enumerate(counts):
        if n.any():
            there = n > 0
            middle = (n.cumsum() - n / 2)[there] / n.sum()
            result[row] = np.interp(levels, middle, values[there])
    return result


@dataclass(frozen=True)
class Tails:
    """Means of the lowest and the highest units: arrays of any shape, nan where too few units."""

    low: np.ndarray
    high: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """Highest less lowest."""
        return self.high - self.low

    @property
    def ratio(self) -> np.ndarray:
        """Highest through lowest; nan where the lowest is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.low > 0, self.high / self.low, np.nan)


def tails(value: np.ndarray, fraction: float) -> Tails:
    """Mean of the lowest and of the highest ``fraction`` of the units along the last axis.

    Every unit weighs the same. ``fraction · units`` need not be whole: the unit at the edge counts
    in part, so that one unit more or less does not make the gap jump. ``value`` (…, units); units
    with nan are left out (all rows must miss the same number). Fewer than one unit in a tail: nan.

    >>> result = tails(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, np.nan]), 0.25)
    >>> float(result.low), float(result.high), float(result.ratio)
    (1.5, 7.5, 5.0)
    """
    value = np.asarray(value, dtype=float)
    if not 0 < fraction <= 0.5:
        raise StatsInputError("a tail is a fraction above 0 and not above a half")
    known = np.isfinite(value).sum(axis=-1)
    if np.ptp(known) != 0:
        raise StatsInputError("all rows must have the same number of units with a value")
    units = int(np.max(known))
    size = fraction * units
    if size < 1:
        nothing = np.full(value.shape[:-1], np.nan)
        return Tails(nothing, nothing)
    ordered = np.sort(value, axis=-1)[..., :units]
    weight = np.clip(size - np.arange(units), 0, 1) / size
    return Tails(ordered @ weight, ordered @ weight[::-1])


@dataclass(frozen=True)
class VGap:
    """Result of :func:`v_gap`: the chance that a pupil of the first group is above one of the second.

    ``first``, ``second`` as given; ``chance`` counts ties as a half; ``chance_error`` is its standard
    error over schools and ``freedom`` the degrees of freedom of that, nan and 0 with fewer than two
    schools in a group.
    """

    first: np.ndarray
    second: np.ndarray
    chance: float
    chance_error: float
    freedom: int

    @property
    def value(self) -> float:
        """``V = √2·Φ⁻¹(chance)``, the gap in standard deviations; nan when groups do not overlap."""
        return float(_deviate(np.array(self.chance)))

    @property
    def left_out(self) -> np.ndarray:
        """V without each school in turn (schools,); nan where a group is then empty."""
        rest = (one.sum(axis=0) - one for one in (self.first, self.second))
        return _deviate(_chance(*rest))

    @property
    def standard_error(self) -> float:
        """Of V: ``√2·SE(chance)/φ(Φ⁻¹(chance))``."""
        return float(np.sqrt(2) * self.chance_error / norm.pdf(self.value / np.sqrt(2)))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of V with Student's t on the degrees of freedom; nan without a standard error."""
        if self.freedom < 1:
            return float("nan"), float("nan")
        half = t.isf((1 - level) / 2, self.freedom) * self.standard_error
        return self.value - half, self.value + half


def v_gap(first: np.ndarray, second: np.ndarray) -> VGap:
    """V-gap of two groups of pupils from ordered counts by school.

    ``V = √2·Φ⁻¹(Pr(Y_a > Y_b) + Pr(Y_a = Y_b)/2)`` is the distance of the means in standard
    deviations whenever some stretching of the scale makes both groups normal, and does not change
    when the scale is stretched. ``first``, ``second`` (schools × scores) pupils of the two groups
    in the same schools, zeros where a school has none; scores should be many, since ties pull V to
    0 (marks: :func:`v_gap_of_marks`). A group without pupils is refused.

    The standard error takes schools as clusters: with ``ψ_as = Σ_k n_ask (G_b(k) − P)/N_a``, G_b
    the chance to be above a pupil of b, and likewise for b,
    ``Var P = S_a/(S_a−1) Σψ_a² + S_b/(S_b−1) Σψ_b² + 2 S/(S−1) Σψ_aψ_b``. Degrees of freedom:
    schools of the smaller group less one.
    Source: Ho, Reardon, J. Educ. Behav. Stat. 37:489–517 (2012); Obuchowski, Biometrics 53:567–578
    (1997) for the clusters.

    >>> town = np.array([[0, 1, 2, 3], [0, 2, 2, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    >>> village = np.array([[0, 0, 0, 0], [0, 0, 0, 0], [2, 2, 1, 0], [1, 3, 1, 0]])
    >>> gap = v_gap(town, village)
    >>> round(gap.chance, 3), round(gap.value, 2), gap.freedom
    (0.841, 1.41, 1)
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.ndim != 2 or first.shape != second.shape:
        raise StatsInputError("both groups must be schools x scores of the same schools")
    if not (first >= 0).all() or not (second >= 0).all():
        raise StatsInputError("counts must not be negative")
    if not first.any() or not second.any():
        raise StatsInputError("a group has no pupils")
    share_a, share_b = (one.sum(axis=0) / one.sum() for one in (first, second))
    chance = float(_chance(first.sum(axis=0), second.sum(axis=0)))
    psi_a = first @ (share_b.cumsum() - share_b / 2 - chance) / first.sum()
    psi_b = second @ (1 - share_a.cumsum() + share_a / 2 - chance) / second.sum()
    schools_a, schools_b = ((one.sum(axis=1) > 0).sum() for one in (first, second))
    fewest = min(int(schools_a), int(schools_b))
    if fewest < 2:
        return VGap(first, second, chance, float("nan"), 0)
    both = ((first.sum(axis=1) + second.sum(axis=1)) > 0).sum()
    variance = schools_a / (schools_a - 1) * (psi_a @ psi_a)
    variance += schools_b / (schools_b - 1) * (psi_b @ psi_b)
    variance += 2 * both / (both - 1) * (psi_a @ psi_b)
    return VGap(first, second, chance, float(np.sqrt(max(variance, 0.0))), fewest - 1)


def _chance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """``Pr(Y_a > Y_b) + Pr(Y_a = Y_b)/2`` from pupils at every score (…, scores)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (second.cumsum(axis=-1) - second / 2) / second.sum(axis=-1, keepdims=True)
        return (first * above).sum(axis=-1) / first.sum(axis=-1)


def _deviate(chance: np.ndarray) -> np.ndarray:
    inside = (chance > 0) & (chance < 1)
    return np.sqrt(2) * norm.ppf(np.where(inside, chance, np.nan))


def v_gap_of_marks(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """V-gap of two groups from counts of few ordered marks, where ties would hide a part of it.

    ``V = (μ_a − μ_b)/√((σ_a² + σ_b²)/2)`` of the two groups as two schools of :func:`hetop`: their
    chance to be above each other when both are normal on one scale. ``first``, ``second`` (…, marks)
    pupils of one pair of groups or of many, each fitted for itself; returns V (…,). Marks that nobody
    got are left out. Two marks do not tell spreads: they are taken as equal, and
    ``V = Φ⁻¹(p_a) − Φ⁻¹(p_b)`` of the shares of the higher one. nan where a group has nobody, all of
    a group have the lowest or all the highest mark, or one of more marks occurs only in a group of
    fewer than three.
    Source: Ho, Reardon 2012, "probit-probit" estimate.

    >>> float(v_gap_of_marks(np.array([10, 30, 40, 20]), np.array([20, 40, 30, 10])).round(3))
    0.47
    >>> float(v_gap_of_marks(np.array([20, 80]), np.array([50, 50])).round(3))
    0.842
    """
    groups = np.broadcast_arrays(np.asarray(first, dtype=float), np.asarray(second, dtype=float))
    counts = np.stack(groups, axis=-2)
    pairs = counts.reshape(-1, *counts.shape[-2:])
    gaps = np.full(len(pairs), np.nan)
    full = (pairs > 0).all(axis=(1, 2)) & (counts.shape[-1] > _EXACT)
    if full.any():
        mean, spread = means_and_spreads(pairs[full])
        gaps[full] = (mean[:, 0] - mean[:, 1]) / np.sqrt((spread**2).mean(axis=1))
    for place in np.flatnonzero(~full):
        gaps[place] = _gap_of_sparse(pairs[place])
    return gaps.reshape(counts.shape[:-2])[()]


def _gap_of_sparse(counts: np.ndarray) -> float:
    """V-gap of two groups (2 × marks) that do not have pupils at each of many marks."""
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not _spans(counts):
        return float("nan")
    if counts.shape[1] <= _EXACT and (counts > 0).all():
        mean, spread = _exact(counts)
    elif not counts[(counts > 0).sum(axis=1) >= 3].sum(axis=0).all():
        return float("nan")
    else:
        fit = hetop(counts)
        mean, spread = fit.mean, fit.spread
    return float((mean[0] - mean[1]) / np.sqrt((spread**2).mean()))


def _spans(counts: np.ndarray) -> bool:
    """Whether both groups (2 × marks) have pupils and neither has one of the ends alone."""
    n = counts.sum(axis=1)
    return bool((n > 0).all() and (counts[:, 0] < n).all() and (counts[:, -1] < n).all())


def _exact(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and spreads of the groups that give two or three marks exactly, cuts 0 (and 1)."""
    z = norm.ppf(counts.cumsum(axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True))
    spread = 1 / np.diff(z).ravel() if z.shape[1] == 2 else np.ones(len(z))
    return -z[:, 0] * spread, spread
