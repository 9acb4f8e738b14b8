"""What may be concluded about a measure: only what a comparison bears out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from msoko_analysis.measures.interventions import MeasureEffect
from msoko_analysis.params.run import Thresholds
from msoko_analysis.stats.effect import Effect


class Conclusion(StrEnum):
    """What the comparison says; UNCLEAR is an answer, not a failure."""

    IMPROVED = "IMPROVED"
    WORSENED = "WORSENED"
    UNCLEAR = "UNCLEAR"


class Reason(StrEnum):
    """Why nothing can be concluded."""

    FEW_SCHOOLS = "FEW_SCHOOLS"
    NO_OVERLAP = "NO_OVERLAP"
    WIDE_INTERVAL = "WIDE_INTERVAL"
    CHANCE = "CHANCE"
    SIGNS_DISAGREE = "SIGNS_DISAGREE"
    PLACEBO_TIME = "PLACEBO_TIME"
    PLACEBO_OUTCOME = "PLACEBO_OUTCOME"


@dataclass(frozen=True)
class EffectFinding:
    """The conclusion about one measure and outcome.

    ``reasons`` all that stand against a conclusion, () where there is one; ``low``, ``high`` the
    interval of the adjusted effect that decided, nan without one; ``level`` of its error.
    """

    result: MeasureEffect
    conclusion: Conclusion
    reasons: tuple[Reason, ...]
    low: float
    high: float
    level: float


def judge_effect(result: MeasureEffect, thresholds: Thresholds) -> EffectFinding:
    """Whether a measure is followed by better results than comparable schools have.

    IMPROVED when the interval of the adjusted effect lies on the good side of zero, the difference in
    differences has the same sign, most treated schools have their like among the compared, and no
    placebo differs from zero; with few treated schools chance alone must not do as well either.
    WORSENED alike on the other side. Otherwise UNCLEAR with every reason. A placebo there are no data
    for can not speak against. For mark 2 less is better.

    >>> from msoko_analysis.measures.interventions import SchoolResults, estimate
    >>> from msoko_analysis.params.run import load_run
    >>> alone = SchoolResults(
    ...     np.arange(2), np.array(["", ""]), np.array([True, False]), np.array([[0.0, 1], [0, 0]]),
    ...     (2025, 2026), 0, np.ones(2), np.full((2, 2), np.nan), np.full(2, np.nan))
    >>> result = estimate(alone, measure="курсы", rng=np.random.default_rng(1))
    >>> judge_effect(result, load_run("params/runs/demo.yaml").thresholds).reasons
    (<Reason.FEW_SCHOOLS: 'FEW_SCHOOLS'>,)
    """
    level = thresholds["effect_level"].value
    adjusted = result.adjusted
    low, high = adjusted.interval(1 - level) if adjusted else (np.nan, np.nan)
    reasons = tuple(_reasons(result, low, high, level, thresholds))
    conclusion = Conclusion.UNCLEAR
    if not reasons:
        good = (adjusted.estimate > 0) == (result.outcome == "mean")
        conclusion = Conclusion.IMPROVED if good else Conclusion.WORSENED
    return EffectFinding(result, conclusion, reasons, low, high, level)


def _reasons(
    result: MeasureEffect, low: float, high: float, level: float, thresholds: Thresholds
) -> Iterator[Reason]:
    adjusted, difference = result.adjusted, result.difference
    enough = result.treated >= thresholds["effect_min_treated"].value
    if adjusted is None or difference is None or not enough:
        yield Reason.FEW_SCHOOLS
        return
    if adjusted.inside < thresholds["effect_overlap"].value * adjusted.treated:
        yield Reason.NO_OVERLAP
    if low <= 0 <= high:
        yield Reason.WIDE_INTERVAL
    elif result.permutation > level:
        yield Reason.CHANCE
    if adjusted.estimate * difference.estimate <= 0:
        yield Reason.SIGNS_DISAGREE
    if _fails(result.placebo_time, level):
        yield Reason.PLACEBO_TIME
    if _fails(result.placebo_outcome, level):
        yield Reason.PLACEBO_OUTCOME


def _fails(placebo: Effect | None, level: float) -> bool:
    """Whether an "effect" is there where there can be none."""
    return placebo is not None and placebo.p < level
