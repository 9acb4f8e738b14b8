"""The tilt and the references against general optimisers and defining properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import FARTHEST, MEADOW, WALL, best_tilt, polynomials, tilted
from scipy.optimize import minimize

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.reference import outside_municipality, smoothed_without_self
from msoko_analysis.stats.tilt import fit_tilt, orthonormal

histograms = st.lists(st.integers(0, 12), min_size=1, max_size=60).map(
    lambda scores: np.bincount(scores, minlength=13).astype(float)
)


@pytest.mark.parametrize("pupils", [1, 5, 30, 200])
@pytest.mark.parametrize("degree", [1, 2, 4])
@pytest.mark.parametrize("together", [(), (slice(2, 6),), (slice(1, 5), slice(6, 10))])
def test_tilt_is_the_penalised_maximum(
    pupils: int, degree: int, together: tuple[slice, ...]
) -> None:
    counts = np.random.default_rng([1, pupils]).multinomial(pupils, MEADOW)
    twin = best_tilt(counts, MEADOW, degree=degree, together=together)
    tilt = fit_tilt(counts[None], MEADOW, degree=degree, together=together)
    assert tilt.coefficients[0] == pytest.approx(twin, abs=1e-5)
    assert tilt.pmf[0] == pytest.approx(tilted(twin, MEADOW), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(histograms, st.integers(1, 4))
def test_moments_equal_the_schools_own_up_to_the_prior(counts: np.ndarray, degree: int) -> None:
    """At the maximum ``n(m_d − E t^d) = r_d β_d``, whatever the histogram."""
    tilt = fit_tilt(counts[None], MEADOW, degree=degree)
    gap = (counts - tilt.n[0] * tilt.pmf[0]) @ tilt.basis
    far = tilt.coefficients[0] - tilt.coefficients[0].clip(-FARTHEST, FARTHEST)
    far[0] = 0  # the wall stands before the higher terms alone
    asked = tilt.precision * tilt.coefficients[0] + tilt.n[0] * WALL * far
    assert gap == pytest.approx(asked, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(histograms, st.integers(1, 4), st.randoms(use_true_random=False))
def test_where_pupils_stand_within_a_window_does_not_move_the_fit(
    counts: np.ndarray, degree: int, random: object
) -> None:
    moved, together = counts.copy(), (slice(1, 5), slice(6, 10))
    for window in together:
        inside = list(moved[window])
        random.shuffle(inside)
        moved[window] = inside
    one, other = fit_tilt(np.stack([counts, moved]), MEADOW, degree=degree, together=together).pmf
    assert one == pytest.approx(other, abs=1e-12)


def test_a_reference_with_hardly_anybody_at_its_ends_has_polynomials() -> None:
    """A smooth curve through two heaps falls to 1e-79: there rounding must not become the basis."""
    reference = np.exp(-((np.arange(21.0) - 10) ** 2) / 0.6)
    basis = orthonormal(reference / reference.sum(), 4)
    assert np.abs(basis).max() < 1e5
    counts = np.zeros((2, 21))
    counts[0, [14, 18]], counts[1, [8, 12]] = 5, 5
    tilt = fit_tilt(counts, reference / reference.sum(), together=(slice(12, 17),))
    assert np.isfinite(tilt.pmf).all()


@pytest.mark.parametrize("pupils", [1, 25, 1000])
@pytest.mark.parametrize("degree", [2, 4])
def test_a_school_of_one_score_is_not_all_alike(pupils: int, degree: int) -> None:
    """However many pupils have the same score, the fitted curve stays wider than that score."""
    for score in (0, 5, 12):
        counts = pupils * np.eye(13)[[score]]
        tilt = fit_tilt(counts, MEADOW, degree=degree)
        assert (np.abs(tilt.coefficients[0, 1:]) < FARTHEST + 0.1).all()
        assert tilt.coefficients[0] == pytest.approx(
            best_tilt(counts[0], MEADOW, degree=degree), abs=1e-3
        )
        if score == 5:
            assert tilt.pmf[0].max() < 0.6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=6, max_size=30), st.integers(1, 4))
def test_the_polynomials_are_orthonormal(weights: list[int], degree: int) -> None:
    reference = np.array(weights) / sum(weights)
    basis = np.column_stack([np.ones(len(reference)), orthonormal(reference, degree)])
    assert (basis * reference[:, None]).T @ basis == pytest.approx(np.eye(degree + 1), abs=1e-9)
    twin = np.array(polynomials(reference, degree)).T
    assert basis[:, 1:] == pytest.approx(twin, abs=1e-6)
    assert (np.diff(basis[:, 1]) > 0).all()


@settings(max_examples=40, deadline=None)
@given(histograms, st.floats(-2, 2), st.floats(-2, 2))
def test_what_level_and_spread_explain_is_projected_away(
    counts: np.ndarray, level: float, spread: float
) -> None:
    tilt = fit_tilt(1e6 * counts[None] + MEADOW, MEADOW)
    explained = (tilt.basis @ np.array([level, spread]))[None]
    left = tilt.project(explained)
    left = left - (tilt.pmf * left).sum()
    assert (tilt.pmf * left**2).sum() == pytest.approx(0.0, abs=1e-4)


def test_a_school_without_pupils_keeps_its_reference() -> None:
    tilt = fit_tilt(np.zeros((1, 13)), MEADOW)
    assert tilt.pmf[0] == pytest.approx(MEADOW, abs=1e-15)


@pytest.mark.parametrize(
    ("counts", "reference", "words"),
    [
        (np.ones(13), MEADOW, "counts must be"),
        (np.ones((0, 13)), MEADOW, "counts must be"),
        (np.ones((1, 2)), np.full(2, 0.5), "counts must be"),
        (-np.ones((1, 13)), MEADOW, "not negative"),
        (np.full((1, 13), np.nan), MEADOW, "finite"),
        (np.full((1, 13), np.inf), MEADOW, "finite"),
        (np.ones((1, 13)), np.where(np.arange(13) == 4, 0, MEADOW), "smooth it first"),
        (np.ones((1, 13)), MEADOW * 89, "sum to 1"),
    ],
)
def test_bad_input_is_named(counts: np.ndarray, reference: np.ndarray, words: str) -> None:
    with pytest.raises(StatsInputError, match=words):
        fit_tilt(counts, reference)


# ---- references


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), min_size=2, max_size=6))
def test_outside_counts_the_others_and_knows_no_names(rows: list[list[int]]) -> None:
    counts = np.array(rows)
    homes = np.array(["a", "b", "c"])[np.arange(len(rows)) % 3]
    reference = outside_municipality(counts, homes)
    for school, home in enumerate(homes):
        others = [sum(n for n, h in zip(counts[:, k], homes, strict=True) if h != home)
                  for k in range(8)]  # fmt: skip
        twin = [(n + 0.5 / 8) / (sum(others) + 0.5) for n in others]
        assert reference[school] == pytest.approx(twin)
    renamed = np.array([{"a": "z", "b": "y", "c": "x"}[home] for home in homes])
    assert np.array_equal(outside_municipality(counts, renamed), reference)
    weight = np.arange(len(rows)) % 2
    only = outside_municipality(counts, homes, weight=weight)
    assert only == pytest.approx(outside_municipality(counts * weight[:, None], homes))


def test_smooth_keeps_five_moments_and_is_the_poisson_maximum() -> None:
    counts = np.random.default_rng(4).multinomial(40, np.full(11, 1 / 11), size=3)
    curves = smoothed_without_self(counts)
    grid = np.linspace(-1, 1, 11)
    powers = np.vander(grid, 6, increasing=True)
    for school in range(3):
        others = [sum(column) - column[school] for column in counts.T.tolist()]
        assert curves[school] @ powers == pytest.approx(others @ powers / sum(others), abs=1e-9)

        def deviance(beta: np.ndarray, others: list[float] = others) -> float:
            logs = powers @ beta
            return sum(math.exp(m) - n * m for n, m in zip(others, logs, strict=True))

        start = np.r_[math.log(np.mean(others)), np.zeros(5)]
        twin = np.exp(powers @ minimize(deviance, start, method="BFGS").x)
        assert curves[school] == pytest.approx(twin / twin.sum(), abs=1e-5)


def test_smooth_gives_back_a_smooth_curve_and_loses_a_spike() -> None:
    grid = np.linspace(-1, 1, 26)
    curve = np.exp(7 + grid - 2 * grid**2 + 0.5 * grid**3)
    spiked = curve.copy()
    spiked[[8, 9]] -= 150
    spiked[10] += 300
    few = np.ones(26)
    smooth = smoothed_without_self(np.stack([few, curve]))[0]
    assert smooth == pytest.approx(curve / curve.sum(), abs=1e-9)
    smooth = smoothed_without_self(np.stack([few, spiked]))[0] * spiked.sum()
    assert abs(smooth[10] - curve[10]) < 60  # of the 300 put there


def test_smooth_needs_somebody_else() -> None:
    with pytest.raises(StatsInputError, match="at least two schools"):
        smoothed_without_self(np.ones((1, 11)))
    with pytest.raises(StatsInputError, match="no pupils"):
        smoothed_without_self(np.stack([np.ones(11), np.zeros(11)]))
