"""ФИОКО rules against the worked numbers of domain.md §10, scipy, and the real region."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from msoko_analysis.errors import StatsInputError
from msoko_analysis.rules.fioko import cohort_jump, inflated_mean, mark_agreement, objectivity_index


def _counts_with(n: int, mean: float, spread: float) -> np.ndarray:
    """Counts on a fine scale with that n, mean and standard deviation (n − 1 below)."""
    half = n // 2
    low = mean - spread * np.sqrt((n - 1) / n)
    high = mean + spread * np.sqrt((n - 1) / n)
    fine = np.zeros(2001)
    fine[round(low * 100)] += half
    fine[round(high * 100)] += half
    return fine


@pytest.mark.parametrize(("pupils", "marked"), [(26, True), (10, False)])
def test_inflated_mean_worked_case(pupils: int, marked: bool) -> None:
    # domain.md §10: region n=20000, mean 12.0, S 3.8, upper 12.0527; school mean 13.5, s 3.0:
    # marked at m=25 (lower 12.324), not at m=9 (11.54). Even sizes are used to build exact counts.
    region = _counts_with(20000, 12.0, 3.8)
    result = inflated_mean(_counts_with(pupils, 13.5, 3.0)[None], region)
    assert result.regional_upper / 100 == pytest.approx(12.0527, abs=0.002)
    assert result.lower[0] / 100 == pytest.approx(13.5 - 1.96 * 3.0 / np.sqrt(pupils), abs=0.01)
    assert bool(result.marked[0]) is marked


def test_one_pupil_is_never_marked() -> None:
    counts = np.zeros((1, 21))
    counts[0, 20] = 1
    result = inflated_mean(counts, np.full(21, 100.0))
    assert np.isnan(result.lower[0])
    assert not result.marked[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=3, max_size=40),
)
def test_mark_agreement_equals_scipy(pupils: list[tuple[int, int]]) -> None:
    marks, scores = np.array(pupils).T
    pairs = np.zeros((1, 4, 10))
    np.add.at(pairs[0], (marks, scores), 1)
    result = mark_agreement(pairs)
    n = len(marks)
    d = rankdata(marks) - rankdata(scores)
    assert result.published[0] == pytest.approx(1 - 6 * (d**2).sum() / (n * (n**2 - 1)))


def test_marks_that_run_against_the_scores_are_marked() -> None:
    pairs = np.zeros((3, 4, 3))
    pairs[0, [0, 1, 2], [2, 1, 0]] = pairs[1, [0, 1, 2], [0, 1, 2]] = 4
    pairs[2, 1, 1] = 1  # one pupil has no order
    assert mark_agreement(pairs).marked.tolist() == [True, False, False]


def test_jump_needs_both_years() -> None:
    jump = cohort_jump(np.array([0.6, np.nan, 0.61]), np.array([0.6, 0.5, np.nan]))
    assert not jump.marked.any()
    assert np.isnan(jump.ratio[1:]).all()
    nobody = cohort_jump(np.array([0.6, np.nan]), np.array([np.nan, 0.5]))
    assert np.isnan([*nobody.ratio, nobody.lower_limit, nobody.upper_limit]).all()
    assert nobody.marked.tolist() == [False, False]


@pytest.mark.parametrize("pupils", [0, 1])
def test_a_region_of_one_pupil_has_no_limit(pupils: int) -> None:
    with pytest.raises(StatsInputError, match="at least two pupils"):
        inflated_mean(np.zeros((1, 21)), np.eye(1, 21, 4)[0] * pupils)


def test_index_without_schools_is_unknown() -> None:
    assert np.isnan(objectivity_index(np.zeros((0, 4), dtype=bool)))
