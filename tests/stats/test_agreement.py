"""Agreement of two sets of flags: numbers from elsewhere, a slow twin, properties, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.agreement import Agreement, agreement

flags = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), max_size=60)


def of_table(both: int, only_ours: int, only_theirs: int, neither: int) -> Agreement:
    cells = [both, only_ours, only_theirs, neither]
    return agreement(
        np.repeat([True, True, False, False], cells), np.repeat([True, False, True, False], cells)
    )


# statsmodels 0.15.0: k = cohens_kappa(table); k.kappa, k.std_kappa
# scikit-learn 1.9.1: precision_score(theirs, ours), recall_score(theirs, ours);
# cohen_kappa_score(ours, theirs) gives the same kappa to 1e-15
FOREIGN = [
    ((20, 5, 10, 15), 0.4, 0.12699606293110033, 0.8, 0.6666666666666666),
    ((9, 14, 71, 506), 0.12250516173434273, 0.04983984058157268, 0.391304347826087, 0.1125),
    ((88, 14, 10, 21), 0.516949152542373, 0.08578244407157844, 0.8627450980392157,
     0.8979591836734694),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "kappa", "error", "ppv", "back"), FOREIGN)
def test_equals_statsmodels_and_scikit_learn(
    cells: tuple[int, ...], kappa: float, error: float, ppv: float, back: float
) -> None:
    ours = of_table(*cells)
    assert ours.table[0].ravel().tolist() == list(cells)
    assert np.isclose(ours.kappa[0], kappa, rtol=0, atol=1e-12)
    assert np.isclose(ours.standard_error[0], error, rtol=0, atol=1e-12)
    assert np.isclose(ours.precision.value[0], ppv, rtol=0, atol=1e-12)
    assert np.isclose(ours.precision_back.value[0], back, rtol=0, atol=1e-12)


def slow(units: list[tuple[bool, bool, int]], group: int) -> tuple[float, float]:
    """Kappa and precision of one group in words: count, then divide."""
    mine = [(ours, theirs) for ours, theirs, where in units if where == group]
    n = len(mine)
    by_ours = sum(ours for ours, _ in mine)
    by_theirs = sum(theirs for _, theirs in mine)
    both = sum(ours and theirs for ours, theirs in mine)
    precision = both / by_ours if by_ours else np.nan
    if by_ours in (0, n) or by_theirs in (0, n):
        return np.nan, precision
    alike = sum(ours == theirs for ours, theirs in mine) / n
    chance = (by_ours * by_theirs + (n - by_ours) * (n - by_theirs)) / n**2
    return (alike - chance) / (1 - chance), precision


@given(flags)
def test_slow_twin(units: list[tuple[bool, bool, int]]) -> None:
    ours, theirs, group = (np.array([unit[i] for unit in units]) for i in range(3))
    result = agreement(ours.astype(bool), theirs.astype(bool), group=group.astype(int))
    for index in range(len(result.n)):
        expected = slow(units, index)
        found = result.kappa[index], result.precision.value[index]
        assert np.allclose(found, expected, atol=1e-12, equal_nan=True)


@given(flags)
def test_changing_sides_and_meaning_changes_nothing_else(
    units: list[tuple[bool, bool, int]],
) -> None:
    ours, theirs = (np.array([unit[i] for unit in units], dtype=bool) for i in range(2))
    straight, swapped = agreement(ours, theirs), agreement(theirs, ours)
    denied = agreement(~ours, ~theirs)
    for other in (swapped, denied):
        assert np.allclose(straight.kappa, other.kappa, equal_nan=True)
        assert np.allclose(straight.standard_error, other.standard_error, equal_nan=True)
    assert np.array_equal(straight.precision.value, swapped.precision_back.value, equal_nan=True)
    low, high = straight.interval()
    inside = (low <= straight.kappa) & (straight.kappa <= high) & (low >= -1) & (high <= 1)
    assert (inside | np.isnan(straight.kappa)).all()


def test_complete_agreement_and_complete_contradiction() -> None:
    same, opposite = of_table(7, 0, 0, 13), of_table(0, 10, 10, 0)
    assert np.isclose([same.kappa[0], same.standard_error[0]], [1, 0]).all()
    assert np.isclose(opposite.kappa[0], -1)


@pytest.mark.parametrize(
    "cells",
    [(0, 0, 0, 0), (0, 0, 0, 12), (0, 0, 3, 9), (0, 3, 0, 9), (12, 0, 0, 0), (3, 9, 0, 0)],
    ids=["no units", "nobody", "ours nobody", "theirs nobody", "everybody", "ours everybody"],
)
def test_a_set_that_says_nothing_gives_no_kappa(cells: tuple[int, ...]) -> None:
    result = of_table(*cells)
    numbers = np.concatenate([result.kappa, result.standard_error, *result.interval()])
    assert np.isnan(numbers).all()
    flagged = cells[0] + cells[1] > 0
    assert np.isfinite(result.precision.value[0]) == flagged


def test_a_group_without_units_is_nan_and_keeps_its_place() -> None:
    flags = np.array([True, False, True, False])
    result = agreement(flags, flags, group=np.array([0, 0, 2, 2]))
    assert result.n.tolist() == [2, 0, 2]
    assert np.array_equal(result.kappa, [1, np.nan, 1], equal_nan=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([True, False], [True]), ([1, 0], [True, False]), ([[True]], [[True]])],
    ids=["lengths", "numbers", "shape"],
)
def test_refuses_what_is_not_two_sets_of_flags(ours: list, theirs: list) -> None:
    with pytest.raises(StatsInputError):
        agreement(np.array(ours), np.array(theirs))


@pytest.mark.parametrize("n", [20, 60, 600])
@pytest.mark.parametrize(
    "shares",
    [(0.05, 0.08, 0.10, 0.77), (0.01, 0.09, 0.09, 0.81), (0.005, 0.03, 0.12, 0.845)],
    ids=["some agreement", "chance", "chance, few of ours"],
)
def test_the_interval_covers_as_it_says(n: int, shares: tuple[float, ...]) -> None:
    draws = np.random.default_rng(20).multinomial(n, shares, size=4000).T
    low, high = Agreement(*draws).interval()
    true = Agreement(*(np.array([1e6 * part]) for part in shares)).kappa[0]
    known = np.isfinite(low)  # a set that flags nobody has no kappa
    covered = int(((low <= true) & (true <= high))[known].sum())
    # never clearly below the nominal 95 %: the upper 99.9 % limit of the coverage reaches it
    assert binomtest(covered, int(known.sum())).proportion_ci(0.998).high >= 0.95
