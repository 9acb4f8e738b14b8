"""Theil and Gini against known numbers, definitions pupil by pupil, and their speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.inequality import inequality


def test_ten_known_incomes() -> None:
    # Gini and Theil T of these ten numbers: methods.md §1.9.
    y = np.array([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261])
    result = inequality(np.eye(10), y)
    assert result.whole.gini == pytest.approx(0.4620911, abs=5e-8)
    assert result.whole.theil == pytest.approx(0.3623412, abs=5e-8)
    assert result.whole.theil_between == pytest.approx(result.whole.theil)  # one pupil a school
    assert result.whole.gini_between == pytest.approx(result.whole.gini)


def slow_theil(y: np.ndarray) -> float:
    """T by its definition, pupil by pupil."""
    total = 0.0
    for value in y:
        if value > 0:
            total += value / (len(y) * y.mean()) * np.log(value / y.mean())
    return total


def slow_theil_parts(y: np.ndarray, school: np.ndarray) -> tuple[float, float]:
    """Between and within parts of T, school by school."""
    between = within = 0.0
    for name in np.unique(school):
        mine = y[school == name]
        part = mine.sum() / y.sum()
        if part > 0:
            between += part * np.log(mine.mean() / y.mean())
            within += part * slow_theil(mine)
    return between, within


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_equals_definitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (6, 8)) + np.eye(6, 8, 1, dtype=int)
    values = np.sort(rng.choice(100, 8, replace=False)).astype(float)
    school, score = (np.repeat(one.ravel(), counts.ravel()) for one in np.indices(counts.shape))
    y = values[score]
    result = inequality(counts, values).whole
    between, within = slow_theil_parts(y, school)
    assert result.theil == pytest.approx(slow_theil(y), abs=1e-12)
    assert result.theil_between == pytest.approx(between, abs=1e-12)
    assert result.theil - result.theil_between == pytest.approx(within, abs=1e-12)
    gini = np.abs(y[:, None] - y).sum() / (2 * len(y) ** 2 * y.mean())
    assert result.gini == pytest.approx(gini, abs=1e-12)
    mean = np.array([y[school == name].mean() for name in school])
    gini = np.abs(mean[:, None] - mean).sum() / (2 * len(y) ** 2 * y.mean())
    assert result.gini_between == pytest.approx(gini, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 10), times=st.integers(2, 5))
def test_units_and_copies_change_nothing_a_constant_does(
    seed: int, scale: float, times: int
) -> None:
    counts = np.random.default_rng(seed).integers(1, 5, (4, 6))
    values = np.arange(6) * 10.0
    first = inequality(counts, values).whole
    for other in (inequality(counts, scale * values), inequality(counts * times, values)):
        assert other.whole.theil == pytest.approx(first.theil)
        assert other.whole.gini_between == pytest.approx(first.gini_between)
    shifted = inequality(counts, values + 50).whole
    assert shifted.theil < first.theil
    assert shifted.gini < first.gini
    assert 0 <= first.gini_between <= first.gini <= 1
    assert 0 <= first.theil_between <= first.theil


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_left_out_equals_doing_it(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 5, (6, 7))
    values = np.linspace(0, 100, 7)
    left_out = inequality(counts, values).left_out
    for school in range(6):
        whole = inequality(np.delete(counts, school, axis=0), values).whole
        for name in ("theil", "theil_between", "gini", "gini_between"):
            twin = getattr(whole, name)
            assert getattr(left_out, name)[school] == pytest.approx(twin, abs=1e-9, nan_ok=True)


def test_edges() -> None:
    values = np.array([0.0, 50, 100])
    equal = inequality(np.array([[0, 5, 0], [0, 9, 0]]), values).whole
    assert np.allclose([equal.theil, equal.gini, equal.gini_between], 0, atol=1e-15)
    for counts in (np.zeros((2, 3)), np.array([[4, 0, 0]])):  # nobody; nobody above zero
        nothing = inequality(counts, values).whole
        assert np.isnan([nothing.theil, nothing.gini, nothing.theil_between]).all()
    one_has_all = inequality(np.array([[9, 0, 1]]), values).whole
    assert one_has_all.gini == pytest.approx(0.9)
    assert one_has_all.theil == pytest.approx(np.log(10))
    with pytest.raises(StatsInputError, match="increase"):
        inequality(np.ones((1, 3)), values[::-1])
    with pytest.raises(StatsInputError, match="scores"):
        inequality(np.ones((1, 4)), values)


def test_faster_than_pupil_by_pupil() -> None:
    """60,000 pupils in 1,000 schools: at least 100 times the twin (measured: about 1,000)."""
    rng = np.random.default_rng(1)
    counts = rng.multinomial(60, np.full(26, 1 / 26), size=1000)
    values = np.linspace(0, 100, 26)
    school, score = (np.repeat(one.ravel(), counts.ravel()) for one in np.indices(counts.shape))
    start = time.perf_counter()
    between, within = slow_theil_parts(values[score], school)
    slow = time.perf_counter() - start
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        ours = inequality(counts, values).whole
        best = min(best, time.perf_counter() - start)
    assert ours.theil_between == pytest.approx(between, abs=1e-12)
    assert ours.theil - ours.theil_between == pytest.approx(within, abs=1e-12)
    print(f"pupil by pupil {slow:.3f} s, ours {best:.5f} s: {slow / best:.0f} times")
    assert slow / best > 100
