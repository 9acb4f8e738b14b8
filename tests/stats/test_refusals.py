"""What estimators refuse instead of answering: input that their docstrings rule out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.combination import combine_signs
from msoko_analysis.stats.effect import baseline_adjusted, event_study, smallest_detectable
from msoko_analysis.stats.funnel import funnel
from msoko_analysis.stats.gaps import v_gap
from msoko_analysis.stats.given_score import TaskCounts
from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.inequality import inequality
from msoko_analysis.stats.interval_of_change import interval_of_change
from msoko_analysis.stats.jump import Occasion, standardised
from msoko_analysis.stats.loglinear import loglinear_fit
from msoko_analysis.stats.mark_gap import mark_gap
from msoko_analysis.stats.mark_gap_comparison import mark_gap_of_comparison
from msoko_analysis.stats.mark_likelihood import MarkLikelihood
from msoko_analysis.stats.observation_plan import choose_works
from msoko_analysis.stats.pooling import pooled_z
from msoko_analysis.stats.reference import control_reference
from msoko_analysis.stats.region_spike import region_spike
from msoko_analysis.stats.reliability import reliability
from msoko_analysis.stats.school_moments import SchoolMoments
from msoko_analysis.stats.two_groups import two_groups
from msoko_analysis.stats.wilson import share

ONES = np.ones(26)
MARKS = np.full((20, 4), 5.0)
HALF = np.arange(12) < 6
GRID = np.array([0.0, 0.5])


def moments(n: tuple = (2, 2), mean: tuple = (1, 2), within: float = 3.0) -> SchoolMoments:
    return SchoolMoments(np.array(n), np.array(mean)[:, None], np.array([[within]]))


def tasks(
    scores=((0, 2),), values=((((0, 2),),)), region=None, products=((0,), (2,))
) -> TaskCounts:
    """Two pupils of one school with the one task done; by default nothing is wrong."""
    region = [[[0, 0]], [[0, 2]]] if region is None else region
    return TaskCounts(scores, values, region, np.array(products)[:, :, None])


def pairs(schools: int, *, pupils: int, scores: tuple[int, ...]) -> np.ndarray:
    """Pupils of every school with a mark of 3 or 4, at the scores in turn."""
    table = np.zeros((schools, 4, 9))
    for number in range(schools * pupils):
        table[number // pupils, 1 + number // 3 % 2, scores[number % len(scores)]] += 1
    return table


def works(at_cut: np.ndarray, expected: np.ndarray, block: int) -> object:
    rng = np.random.default_rng(1)
    return choose_works(np.ones(2), at_cut, expected, 9, least=0.2, lot=0.2, block=block, rng=rng)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: combine_signs({}, {}), "at least one sign"),
        (
            lambda: baseline_adjusted(
                np.ones(12), np.ones(12), HALF, sampling_error=ONES[:12], covariates=np.ones(12)
            ),
            "schools x covariates",
        ),
        (
            lambda: baseline_adjusted(
                np.arange(12.0), np.ones(12), HALF, sampling_error=ONES[:12],
                covariates=HALF[:, None],
            ),
            "can not be told apart",
        ),
        (lambda: event_study(np.ones((12, 3)), HALF, reference=3), "hold the reference period"),
        (lambda: event_study(np.ones(12), HALF, reference=0), "schools x periods"),
        (lambda: smallest_detectable(1.0, 1, 9), "two schools on each side"),
        (lambda: smallest_detectable(1.0, 9, 1), "two schools on each side"),
        (lambda: smallest_detectable(0.0, 9, 9), "positive deviation"),
        (lambda: funnel(np.ones(1), 0.0, np.ones(1)), "at least two units"),
        (lambda: funnel(np.ones(2), 0.0, np.zeros(2)), "positive"),
        (lambda: v_gap(-np.eye(2), np.eye(2)), "not be negative"),
        (lambda: v_gap(np.eye(2), -np.eye(2)), "not be negative"),
        (lambda: tasks(scores=(0, 2)), "schools x scores"),
        (lambda: tasks(scores=((0, 2), (0, 0))), "same schools"),
        (lambda: tasks(values=np.zeros((1, 0, 2))), "with tasks"),
        (lambda: tasks(region=[[[0, 2]]]), "as in values"),
        (lambda: tasks(products=((0,),)), "scores x tasks x tasks"),
        (lambda: homogeneity(np.ones((30, 2))), "scores >= 3"),
        (lambda: homogeneity(np.ones(30)), "schools x"),
        # Nobody differs from his school, so no kurtosis is known and no school can be judged.
        (lambda: homogeneity(np.tile(9.0 * np.eye(1, 9, 4), (30, 1))), "at least 20"),
        (lambda: inequality(-np.ones((1, 2)), np.array([0.0, 1])), "not negative"),
        (lambda: inequality(np.full((1, 2), np.nan), np.array([0.0, 1])), "finite"),
        (lambda: interval_of_change((0, -1, 1), (0, -1, 1), 1.5), "between -1 and 1"),
        (lambda: Occasion(np.ones(2), np.ones(3), np.ones(2)), "same schools"),
        (lambda: Occasion(np.ones(2), np.ones(2), np.array([5, -1])), "not negative"),
        (lambda: standardised(np.array([3, 4])), "schools x scores"),
        (lambda: standardised(np.array([[3, -4]])), "not negative"),
        (lambda: loglinear_fit(-ONES), "not negative"),
        (lambda: loglinear_fit(np.full(26, np.nan)), "finite"),
        (lambda: loglinear_fit(np.ones(6)), "at least 7 scores"),
        (lambda: loglinear_fit(np.stack([ONES, 0 * ONES])), "without pupils"),
        (lambda: mark_gap(pairs(20, pupils=1, scores=(3, 4)), reliability=0.8), "more than one pupil"),
        (lambda: mark_gap(pairs(1, pupils=9, scores=(3, 4)), reliability=0.8), "two schools"),
        (lambda: mark_gap(pairs(20, pupils=9, scores=(3,)), reliability=0.8), "do not vary"),
        (lambda: mark_gap(-pairs(20, pupils=9, scores=(3, 4)), reliability=0.8), "not negative"),
        (lambda: mark_gap_of_comparison(np.ones((20, 3)), MARKS[:9]), "same schools"),
        (lambda: mark_gap_of_comparison(np.full((20, 3), [0, 9, 0]), MARKS), "do not differ"),
        (lambda: mark_gap_of_comparison(np.ones((20, 2)), MARKS), "lower, same, higher"),
        (lambda: mark_gap_of_comparison(-np.ones((20, 3)), MARKS), "not negative"),
        (lambda: MarkLikelihood(np.array([[3, 0], [4, 0]])), "every category"),
        (lambda: works(np.ones((2, 3)), np.ones((2, 2)), 5), "schools x papers"),
        (lambda: works(np.ones((3, 2)), np.ones((3, 2)), 5), "schools x papers"),
        (lambda: works(np.ones((2, 2)), np.ones((2, 2)), 0), "block at least 1"),
        (lambda: pooled_z(np.ones(3)), "schools x papers"),
        (lambda: control_reference(np.ones((2, 3))), "one row of counts"),
        (lambda: control_reference(np.array([3, -1])), "not negative"),
        (lambda: control_reference(np.zeros(3)), "without pupils"),
        (lambda: region_spike(np.ones((2, 26)), (13,)), "one histogram"),
        (lambda: region_spike(ONES, (13,), reachable=np.ones(9, bool)), "every score"),
        (lambda: region_spike(ONES, ()), "at least one cut"),
        (lambda: region_spike(ONES, (1,)), "no room"),
        (lambda: region_spike(np.ones(11), (5,)), "degree 7 with 1 cuts needs 12 scores, got 11"),
        (lambda: reliability(9, np.ones(3), np.ones((2, 2))), "tasks x tasks"),
        (lambda: moments(mean=(1, 2, 3)), "over the schools of n"),
        (lambda: SchoolMoments(np.ones(2), np.ones((2, 1)), np.ones((2, 2))), "columns x columns"),
        (lambda: moments(n=(2, -1)), "not negative"),
        (lambda: moments(mean=(1, np.nan)), "must be finite"),
        (lambda: moments(within=-1.0), "sums of squares"),
        (lambda: two_groups(np.zeros((3, 4)), GRID), "over the grid"),
        (lambda: two_groups(np.zeros((2, 4)), GRID + 0.1), "increase from 0"),
        (lambda: two_groups(np.zeros((2, 4)), 0 * GRID), "increase from 0"),
        (lambda: share(np.ones(2), np.ones(3)), "same shape"),
        (lambda: share(np.array([4]), np.array([3])), "between 0 and n"),
    ],
)  # fmt: skip
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(StatsInputError, match=message):
        call()


def test_what_is_built_here_is_refused_for_nothing_else() -> None:
    assert tasks().n.tolist() == [2]
    assert moments(n=(2, 0), mean=(1, np.nan)).n.tolist() == [2, 0]
    gap = mark_gap(pairs(20, pupils=9, scores=(3, 4)), reliability=0.8)
    assert np.isfinite(gap.against_region).all()
    assert works(np.ones((2, 2)), np.ones((2, 2)), 5) == ()
    assert two_groups(np.zeros((2, 4)), GRID).prior.sum() == pytest.approx(1)
