"""Measures of inequality with their values when each school is left out: intervals and changes.

An estimate carries its twin without every school, so estimates can be averaged over papers and
subtracted between years, and what comes out still has its interval over schools.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.gaps import VGap, mid_quantiles, tails, v_gap
from msoko_analysis.stats.icc_left_out import icc_left_out
from msoko_analysis.stats.inequality import inequality
from msoko_analysis.stats.isolation import isolation, isolation_without_each
from msoko_analysis.stats.jackknife import from_left_out
from msoko_analysis.stats.school_moments import of_counts
from msoko_analysis.stats.variance_components import RandomIntercept, random_intercept

QUARTER, TENTH = 0.25, 0.1
_ROWS_AT_ONCE = 256
_FEWEST_IN_TAIL = 2
"""Schools that a quarter or a tenth must hold: one school is no tail."""


@dataclass(frozen=True)
class Estimate:
    """``value``; ``left_out`` (schools,) the value without each school; ``there`` (schools,) bool the
    schools that have a part in it: for the others ``left_out`` is the value itself. ``freedom`` caps
    the degrees of freedom: a gap of groups is known no better than its smaller group.
    """

    value: float
    left_out: np.ndarray
    there: np.ndarray
    freedom: float = np.inf

    def __sub__(self, other: Estimate) -> Estimate:
        """The change from ``other`` to this one, over the schools of either."""
        return Estimate(
            self.value - other.value,
            self.left_out - other.left_out,
            self.there | other.there,
            min(self.freedom, other.freedom),
        )

    @property
    def error(self) -> tuple[float, float]:
        """Standard error by the jackknife over schools and its degrees of freedom, nan undefined."""
        result = from_left_out(np.asarray(self.value), self.left_out[self.there])
        return float(result.standard_error), min(float(result.degrees_of_freedom), self.freedom)


def average(estimates: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Mean of estimates over papers with weights that stay as they are."""
    share = np.asarray(weights, dtype=float) / np.sum(weights)
    return Estimate(
        float(sum(w * one.value for w, one in zip(share, estimates, strict=True))),
        sum(w * one.left_out for w, one in zip(share, estimates, strict=True)),
        np.any([one.there for one in estimates], axis=0),
        min(one.freedom for one in estimates),
    )


def pupil_estimates(
    scores: np.ndarray, maximum: int, low: np.ndarray | None
) -> dict[str, Estimate]:
    """Measures of one paper over pupils, by name; scores are taken in per cent of the maximum.

    ``scores`` (schools × scores) pupils; ``low`` (schools,) pupils below the minimum, None where
    nobody knows the minimum. A measure that
    these pupils do not define is left out.

    >>> found = pupil_estimates(np.array([[2, 3, 5], [5, 3, 2.0]]), 2, np.array([2.0, 5.0]))
    >>> round(found["pupil_gap"].value, 1), round(found["isolation"].value, 3)
    (100.0, 0.046)
    """
    there = scores.sum(axis=1) > 0
    values = 100 * np.arange(scores.shape[1]) / maximum
    total = scores.sum(axis=0)
    quantiles = mid_quantiles(np.vstack([total, total - scores]), values, np.array([0.1, 0.9]))
    gap = quantiles[:, 1] - quantiles[:, 0]
    indices = inequality(scores, values)
    whole, rest = indices.whole, indices.left_out
    n = scores.sum(axis=1)
    found = {"pupil_gap": Estimate(float(gap[0]), gap[1:], there)}
    if low is not None:
        found["isolation"] = Estimate(
            float(isolation(low, n).excess), isolation_without_each(low, n).excess, there
        )
    for name in ("theil", "theil_between", "gini", "gini_between"):
        found[name] = Estimate(float(getattr(whole, name)), getattr(rest, name), there)
    return {name: one for name, one in found.items() if np.isfinite(one.value)}


def school_estimates(mean: np.ndarray) -> dict[str, Estimate]:
    """Gaps between the best and the weakest schools, by name.

    ``mean`` (schools,) results in per cent of the maximum, nan for a school that is not judged. The
    difference and the ratio of the highest and the lowest quarter; the same of tenths where a tenth
    is two schools, and then P90 − P10 too, which has no interval: leaving one school out does not
    tell the error of a quantile of schools.

    >>> found = school_estimates(np.arange(40.0, 60))
    >>> round(found["school_gap_quarter"].value, 2), round(found["school_ratio_tenth"].value, 3)
    (15.0, 1.444)
    """
    found = {}
    for name, fraction in (("quarter", QUARTER), ("tenth", TENTH)):
        if fraction * np.isfinite(mean).sum() < _FEWEST_IN_TAIL:
            continue
        for kind, measure in (("gap", "difference"), ("ratio", "ratio")):
            estimate = without_each(
                mean, lambda rows, f=fraction, m=measure: getattr(tails(rows, f), m)
            )
            if np.isfinite(estimate.value):
                found[f"school_{kind}_{name}"] = estimate
    known = np.isfinite(mean)
    if TENTH * known.sum() >= _FEWEST_IN_TAIL:
        values, counts = np.unique(mean[known], return_counts=True)
        low, high = mid_quantiles(counts[None], values, np.array([0.1, 0.9]))[0]
        unknown = np.full(len(mean), np.nan)
        found["school_p90_p10"] = Estimate(float(high - low), unknown, known)
    return found


def without_each(mean: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """An estimate of the means of schools (schools,), nan not judged.

    ``measure`` takes rows of schools (rows × schools) and returns one value a row; the order of the
    schools must not matter to it.
    """
    there = np.isfinite(mean)
    known = mean[there]
    schools = len(known)
    value = float(measure(known[None])[0])
    left_out = np.full(len(mean), value)
    # some rows at a time: all of them are as many cells as schools by schools
    places = np.array_split(np.arange(schools), 1 + schools // _ROWS_AT_ONCE)
    rests = (np.array([np.delete(known, place) for place in some]) for some in places)
    left_out[there] = np.concatenate([measure(rest) for rest in rests])
    return Estimate(value, left_out, there)


def group_estimate(
    scores: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[Estimate, VGap] | None:
    """V-gap of the pupils of two groups of schools (bool, schools).

    None where a group has no pupils or the groups do not overlap.
    """
    one, other = scores * first[:, None], scores * second[:, None]
    if not one.any() or not other.any():
        return None
    gap = v_gap(one, other)
    there = (scores.sum(axis=1) > 0) & (first | second)
    estimate = Estimate(gap.value, gap.left_out, there, gap.freedom)
    return (estimate, gap) if np.isfinite(gap.value) else None


def icc_estimate(scores: np.ndarray) -> tuple[Estimate, RandomIntercept] | None:
    """Between-school share from scores (schools × scores); None where it is not defined."""
    fit = random_intercept(of_counts(scores))
    if not np.isfinite(fit.icc):
        return None
    return Estimate(fit.icc, icc_left_out(scores), scores.sum(axis=1) > 0), fit


def quick_icc_estimate(scores: np.ndarray) -> Estimate | None:
    """The same without an interval of its own: the fit for every municipality would take too long.

    The share of all schools is that without a school that has no pupils.

    >>> counts = np.array([[3, 5, 2, 0], [0, 2, 5, 3], [1, 4, 4, 1], [2, 4, 3, 1]])
    >>> abs(quick_icc_estimate(counts).value - icc_estimate(counts)[0].value) < 1e-4
    True
    """
    *left_out, value = icc_left_out(np.vstack([scores, np.zeros_like(scores[:1])]))
    if not np.isfinite(value):
        return None
    return Estimate(float(value), np.array(left_out), scores.sum(axis=1) > 0)
