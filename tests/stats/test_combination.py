"""Combination of signs: twins, properties, and the promised error rate under an honest null."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.combination import _holm, combine_signs, smallest
from msoko_analysis.stats.pooling import pooled_z

FAMILIES = {"A": ("a",), "B": ("b", "c"), "C": ("d",)}


@settings(deadline=None)
@given(st.lists(st.floats(1e-6, 1) | st.just(float("nan")), min_size=1, max_size=6))
def test_holm_equals_the_textbook_procedure(p: list[float]) -> None:
    tested = sorted((value, place) for place, value in enumerate(p) if value == value)
    expected, running = [float("nan")] * len(p), 0.0
    for step, (value, place) in enumerate(tested):
        running = max(running, min(1.0, (len(tested) - step) * value))
        expected[place] = running
    np.testing.assert_allclose(_holm(np.array([p]))[0], expected)


def test_smallest_rejects_when_holm_rejects_anything() -> None:
    rng = np.random.default_rng(4)
    p = rng.random((500, 4))
    np.testing.assert_allclose(smallest(p), np.nanmin(_holm(p), axis=1))


def test_honest_region_is_seldom_named() -> None:
    # 400 honest regions of 300 schools with correlated signs inside family B: the share of regions
    # with any selection must not exceed the level by more than its Monte-Carlo error (3 s.e.).
    rng = np.random.default_rng(7)
    regions, any_selected = 400, 0
    for _ in range(regions):
        common = rng.normal(size=300)
        z = {name: rng.normal(size=300) for name in "abcd"}
        z["c"] = 0.8 * common + 0.6 * z["c"]
        z["b"] = 0.8 * common + 0.6 * z["b"]
        result = combine_signs({k: norm.sf(v) for k, v in z.items()}, FAMILIES)
        any_selected += (result.q <= 0.1).any()
    assert any_selected / regions <= 0.1 + 3 * np.sqrt(0.09 / regions)


def test_false_share_among_the_named_is_kept() -> None:
    # 30 of 300 schools carry one true sign; false discoveries over 200 regions stay at the level.
    rng = np.random.default_rng(8)
    shares, found = [], []
    for _ in range(200):
        z = {name: rng.normal(size=300) for name in "abcd"}
        z["a"][:15] += 4.5
        z["d"][15:30] += 4.5
        result = combine_signs({k: norm.sf(v) for k, v in z.items()}, FAMILIES)
        selected = result.q <= 0.1
        shares.append(selected[30:].sum() / max(selected.sum(), 1))
        significant = result.inside["A"] <= 0.1
        found.append(significant[:15].mean())
        assert not (significant & ~selected).any()
        # The published two-stage rule at this level, written out.
        adjusted = _holm(np.stack(list(result.families.values()), axis=1))[:, 0]
        expected = selected & (adjusted <= 0.1 * selected.sum() / 300)
        np.testing.assert_array_equal(significant, expected)
    error = np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) <= 0.1 + 3 * error
    assert np.mean(found) > 0.8


def test_a_sign_without_a_family_is_refused() -> None:
    with pytest.raises(StatsInputError, match="without a family: e"):
        combine_signs({"e": np.array([0.5])}, FAMILIES)


def test_pooling_ignores_papers_that_were_not_written() -> None:
    z = np.array([[1.0, np.nan, 2.0], [np.nan, np.nan, np.nan], [0.5, np.nan, np.nan]])
    result = pooled_z(z)
    assert result.papers.tolist() == [2, 0, 1]
    assert np.isnan(result.pooled[1])
    assert result.pooled[2] == 0.5
    assert result.p == pytest.approx(norm.sf(result.pooled), nan_ok=True)


def test_guilty_schools_do_not_hide_themselves_in_the_correlation() -> None:
    rng = np.random.default_rng(9)
    z = rng.normal(size=(1000, 4))
    z[:50] += 6
    assert pooled_z(z).correlation < 0.25
