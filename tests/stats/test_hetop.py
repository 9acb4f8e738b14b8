"""HETOP against the R package, a general optimiser, and its own conditions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.hetop import Hetop, hetop, means_and_spreads


def marks(rng: np.random.Generator, mean: np.ndarray, spread: np.ndarray, n: np.ndarray):
    """Counts of four marks (schools × 4) of pupils who are normal within schools."""
    edges = norm.cdf((np.array([-0.9, 0.1, 1.1]) - mean[:, None]) / spread[:, None])
    p = np.diff(edges, axis=1, prepend=0, append=1)
    return np.array([rng.multinomial(k, row) for k, row in zip(n, p, strict=True)])


def log_likelihood(result: Hetop) -> float:
    """``Σ n_gk ln p_gk`` by the definition of the model."""
    edges = (result.cuts - result.mean[:, None]) / result.spread[:, None]
    p = np.diff(norm.cdf(edges), axis=1, prepend=0, append=1)
    return float((result.counts * np.log(p)).sum())


def test_equals_the_r_package(shared: Path) -> None:
    # R HETOP (mle_hetop, fixed first two cuts) on golden/hetop_ngk.csv: methods.md §1.9.
    golden = shared / "reference" / "golden"
    counts = np.loadtxt(golden / "hetop_ngk.csv", delimiter=",", skiprows=1)
    theirs = np.loadtxt(golden / "hetop_est_star.csv", delimiter=",", skiprows=1)
    result = hetop(counts)
    assert log_likelihood(result) == pytest.approx(-2840.33266, abs=5e-6)
    assert np.abs(result.mean - theirs[:, 0]).max() < 1e-4
    assert np.abs(result.spread - theirs[:, 1]).max() < 1e-4
    assert np.abs(result.cuts - [-0.82431, 0.01322, 0.98632]).max() < 1e-5


@pytest.mark.parametrize("kinds", [3, 4, 6])
def test_equals_a_general_optimiser(kinds: int) -> None:
    """The same likelihood by BFGS with numerical slopes, in another parametrisation."""
    rng = np.random.default_rng(kinds)
    counts = rng.integers(3, 40, (5, kinds)).astype(float)

    def minus_likelihood(parameters: np.ndarray) -> float:
        # School 0 is N(0, 1); all cuts are free.
        mean = np.append(0, parameters[:4])
        spread = np.exp(np.append(0, parameters[4:8]))
        cuts = parameters[8] + np.append(0, np.exp(parameters[9:]).cumsum())
        edges = norm.cdf((cuts - mean[:, None]) / spread[:, None])
        p = np.diff(edges, axis=1, prepend=0, append=1)
        return -(counts * np.log(np.maximum(p, 1e-300))).sum()

    best = minimize(minus_likelihood, np.append(np.zeros(8), -np.ones(kinds - 1)), method="BFGS")
    result = hetop(counts)
    assert log_likelihood(result) == pytest.approx(-best.fun, abs=1e-6)
    ratio = result.spread[1:] / result.spread[0]
    assert np.allclose(np.log(ratio), best.x[4:8], atol=2e-4)
    distance = (result.mean[1:] - result.mean[0]) / result.spread[0]
    assert np.allclose(distance, best.x[:4], atol=2e-4)


@pytest.mark.parametrize(
    "counts", [[[1, 3, 26], [20, 3, 21]], [[10, 21, 15], [16, 6, 23], [0, 1, 27]]]
)
def test_a_step_too_long_is_taken_back(counts: list) -> None:
    """Of three marks every school's μ and σ reproduce its shares, also where full steps overshoot."""
    shares = np.array([row for row in counts if min(row) > 0], dtype=float)
    result = hetop(np.array(counts))
    edges = (result.cuts - result.mean[:, None]) / result.spread[:, None]
    p = np.diff(norm.cdf(edges), axis=1, prepend=0, append=1)[: len(shares)]
    assert p == pytest.approx(shares / shares.sum(axis=1, keepdims=True), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), schools=st.integers(1, 12))
def test_star_scale_and_mirror(seed: int, schools: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 6, (schools, 4)) + np.eye(4, dtype=int)[rng.integers(0, 4, schools)]
    counts = np.vstack([counts, [2, 1, 3, 1]])
    result = hetop(counts)
    weight = counts.sum(axis=1) / counts.sum()
    assert weight @ result.mean == pytest.approx(0, abs=1e-9)
    assert weight @ (result.mean**2 + result.spread**2) == pytest.approx(1, abs=1e-9)
    assert (np.diff(result.cuts) > 0).all()
    mirrored = hetop(counts[::-1, ::-1])
    if result.spread.max() < 20:  # an edge estimate creeps to infinity from either side
        assert np.allclose(mirrored.mean[::-1], -result.mean, atol=1e-4)
        assert np.allclose(mirrored.cuts[::-1], -result.cuts, atol=1e-4)


def test_normal_schools_are_found_again() -> None:
    """Big schools: estimates within their own error of the truth (0.02 at 4,000 pupils)."""
    rng = np.random.default_rng(1)
    mean, spread = rng.normal(0, 0.5, 40), np.exp(rng.normal(0, 0.1, 40))
    result = hetop(marks(rng, mean, spread, np.full(40, 4000)))
    scale = np.sqrt(((mean - mean.mean()) ** 2 + spread**2).mean())
    assert np.abs(result.mean - (mean - mean.mean()) / scale).max() < 0.1
    assert np.sqrt(np.mean((result.mean - (mean - mean.mean()) / scale) ** 2)) < 0.03
    assert np.sqrt(np.mean((result.spread - spread / scale) ** 2)) < 0.03


def test_sparse_schools() -> None:
    counts = np.array(
        [[9, 20, 20, 9], [5, 10, 25, 15], [3, 4, 0, 0], [0, 6, 0, 0], [8, 0, 0, 0], [0, 0, 0, 8],
         [0, 0, 0, 0]]
    )  # fmt: skip
    result = hetop(counts)
    assert result.spread_estimated.tolist() == [True, True] + [False] * 5
    assert result.mean_estimated.tolist() == [True] * 4 + [False] * 3
    usual = np.exp(np.log(result.spread[:2]).mean())
    assert np.allclose(result.spread[2:6], usual)
    assert result.mean[4] == np.nanmin(result.mean)
    assert result.mean[5] == np.nanmax(result.mean)
    assert np.isnan([result.mean[6], result.spread[6]]).all()
    # With the spread given a school of one middle mark has its mean midway between the cuts.
    assert result.mean[3] == pytest.approx(result.cuts[:2].mean(), abs=1e-6)

    # Two marks, cuts and spread given: the mean of greatest likelihood, found by a line search.
    def minus_likelihood(mean: float) -> float:
        p = np.diff(norm.cdf((result.cuts - mean) / usual), prepend=0, append=1)
        return -(counts[2] * np.log(p)).sum()

    best = minimize_scalar(minus_likelihood, bounds=(-3, 3), method="bounded")
    assert result.mean[2] == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, 2], [3, 4]], "three marks"),
        ([[1, 2, 0], [3, 4, 0]], "merge"),
        ([[3, 0, 0], [0, 3, 2]], "no school"),
        ([[5, 0, 1, 2], [0, 4, 0, 0]], "fewer than three"),
        ([[0, 1, 0, 7, 7, 9], [3, 6, 2, 0, 0, 0], [0, 3, 7, 0, 0, 9]], "did not settle"),
        ([[0, 0, 0, 7, 3, 1], [0, 0, 3, 2, 2, 6], [6, 5, 1, 0, 0, 3]], "did not settle"),
        ([[1, -1, 2]], "not negative"),
        ([[1, np.nan, 2]], "finite"),
    ],
)
def test_refusals(counts: list, message: str) -> None:
    with pytest.raises(StatsInputError, match=message):
        hetop(np.array(counts))


@pytest.mark.parametrize("counts", [[[1, 2], [3, 4]], [[1, 0, 2], [3, 4, 1]]])
def test_many_tables_are_full(counts: list) -> None:
    with pytest.raises(StatsInputError, match="must occur in every school"):
        means_and_spreads(np.array(counts))


def test_many_tables_at_once_are_each_by_itself() -> None:
    tables = np.random.default_rng(8).integers(2, 80, (30, 3, 5))
    mean, spread = means_and_spreads(tables)
    for place, table in enumerate(tables):
        alone = means_and_spreads(table)
        np.testing.assert_allclose(mean[place], alone[0], atol=1e-8)
        np.testing.assert_allclose(spread[place], alone[1], atol=1e-8)
        star = hetop(table)
        # the same model on another scale: ratios of spreads do not know it
        np.testing.assert_allclose(spread[place] / spread[place, 0], star.spread / star.spread[0])
