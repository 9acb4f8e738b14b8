"""Pairs of pupils: ω and GBT against aberrance, the tail against all outcomes."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.answer_pairs import answer_pairs


def rasch_shares(ability: np.ndarray, difficulty: np.ndarray) -> np.ndarray:
    right = 1 / (1 + np.exp(difficulty - ability[:, None]))
    return np.stack([1 - right, right], axis=2)


def test_equals_aberrance_on_all_pairs(shared: Path) -> None:
    """R package aberrance 0.3.0, detect_as: GBT_S of 780 pairs (methods.md §1.9)."""
    golden = shared / "reference" / "golden"
    points = np.loadtxt(golden / "rasch40x30.csv", delimiter=",", skiprows=1, dtype=int)
    foreign = pd.read_csv(golden / "aberrance_as.csv", usecols=[2]).to_numpy()[:, 0]
    pairs = answer_pairs(points, rasch_shares(np.linspace(-2, 2, 40), np.linspace(-2, 2, 30)))
    assert pairs.p[0] == pytest.approx(9.1489e-05, rel=1e-5)
    assert np.allclose(pairs.p, foreign, rtol=0, atol=1e-10)
    assert (pairs.first[0], pairs.second[0]) == (0, 1)
    assert pairs.q.argmin() == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_tail_is_the_sum_over_all_outcomes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(3), (3, 6))
    points = rng.integers(0, 3, (3, 6))
    pairs = answer_pairs(points, shares)
    for index, (p, q) in enumerate(combinations(range(3), 2)):
        alike = (shares[p] * shares[q]).sum(axis=1)
        same = int((points[p] == points[q]).sum())
        tail = sum(
            np.where(outcome, alike, 1 - alike).prod()
            for outcome in product((False, True), repeat=6)
            if sum(outcome) >= same
        )
        assert pairs.p[index] == pytest.approx(tail)
        assert pairs.same[index] == same


def test_equal_chances_are_binomial() -> None:
    rng = np.random.default_rng(1)
    points = rng.integers(0, 4, (20, 15))
    pairs = answer_pairs(points, np.full((20, 15, 4), 0.25))
    assert np.allclose(pairs.p, binom.sf(pairs.same - 1, 15, 0.25))


def test_honest_pairs_are_at_most_nominal() -> None:
    """Exact, discrete, so below the level: 120 pupils who answer apart, 7,140 pairs."""
    rng = np.random.default_rng(2)
    shares = rasch_shares(rng.normal(size=120), np.linspace(-2, 2, 25))
    points = (rng.random((120, 25)) < shares[:, :, 1]).astype(int)
    pairs = answer_pairs(points, shares)
    for level in (0.05, 0.01):
        assert (pairs.p <= level).mean() < level * 1.2
        assert (pairs.p <= level).mean() > level * 0.2
    assert (pairs.q > 0.05).all()


def test_certain_answers_say_nothing() -> None:
    sure = np.tile([0.0, 1.0], (2, 4, 1))
    pairs = answer_pairs(np.ones((2, 4), dtype=int), sure)
    assert pairs.p[0] == 1.0


def test_pupils_of_alike_pairs_are_counted_once() -> None:
    rng = np.random.default_rng(1)
    points = rng.integers(0, 2, (8, 40))
    points[[1, 2]] = points[0]  # three copies: three pairs of three pupils
    pairs = answer_pairs(points, np.full((8, 40, 2), 0.5))
    assert pairs.alike(0.01) == (3, 3)
    assert pairs.alike(0.0) == (0, 0)


def test_wrong_input_is_refused() -> None:
    shares = np.full((2, 3, 2), 0.5)
    with pytest.raises(StatsInputError, match="pupils >= 2"):
        answer_pairs(np.zeros((1, 3), dtype=int), shares[:1])
    with pytest.raises(StatsInputError, match="summing to 1"):
        answer_pairs(np.zeros((2, 3), dtype=int), shares / 2)
    with pytest.raises(StatsInputError, match="whole numbers"):
        answer_pairs(np.full((2, 3), 2), shares)
