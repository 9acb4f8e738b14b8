"""Jumps and residual gain: published flags, slow twins, properties, edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.jump import Occasion, jump, standardised, vanished_rise
from msoko_analysis.stats.overdispersion import overdispersion


def years(seed: int, schools: int = 60) -> tuple[Occasion, Occasion]:
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.4, schools)
    occasions = []
    for _ in range(2):
        n = rng.integers(5, 80, schools).astype(float)
        mean = level + rng.normal(0, 0.15, schools) + rng.normal(0, 0.9 / np.sqrt(n))
        occasions.append(Occasion(mean, rng.uniform(0.7, 1.1, schools), n))
    return occasions[0], occasions[1]


def test_equals_slow_twin() -> None:
    before, after = years(1)
    pooled = [
        sum((n - 1) * sd**2 for n, sd in zip(one.n, one.sd, strict=True)) / sum(one.n - 1)
        for one in (before, after)
    ]
    error = [
        (pooled[0] / a + pooled[1] / b - 2 * 0.001) ** 0.5
        for a, b in zip(before.n, after.n, strict=True)
    ]
    drift = overdispersion(after.mean - before.mean, np.array(error))
    result = jump(before, after, covariance=0.001)
    for school in range(len(before.n)):
        total = (error[school] ** 2 + drift.tau2) ** 0.5
        change = after.mean[school] - before.mean[school]
        z = (change - drift.centre) / total
        tail = student.sf(abs(z), drift.freedom[school])
        assert norm.sf(abs(result.z[school])) == pytest.approx(tail, rel=1e-9)
        assert np.sign(result.z[school]) == np.sign(z)
        assert result.effect[school] == pytest.approx(change - drift.centre)


def test_linked_pupils_make_the_error_smaller() -> None:
    before, after = years(2)
    same = 0.5 * 0.8 * np.minimum(before.n, after.n) / (before.n * after.n)
    linked, apart = jump(before, after, covariance=same), jump(before, after)
    assert (linked.standard_error < apart.standard_error).all()
    assert linked.drift.tau2 > apart.drift.tau2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.floats(-3, 3), scale=st.floats(0.1, 10))
def test_time_reversed_and_units(seed: int, shift: float, scale: float) -> None:
    before, after = years(seed)
    there, back = jump(before, after), jump(after, before)
    assert np.allclose(there.z, -back.z, atol=1e-6)
    assert np.allclose(there.p, back.p, atol=1e-6)
    moved = Occasion(after.mean * scale + shift, after.sd * scale, after.n)
    other = jump(Occasion(before.mean * scale, before.sd * scale, before.n), moved)
    assert np.allclose(other.z, there.z, atol=1e-5)
    assert np.allclose(other.effect, scale * there.effect, atol=1e-5 * scale)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_standardised_counts_have_the_moments_of_pupils(seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 4, (5, 12))
    occasion = standardised(counts)
    pupils = [np.repeat(np.arange(12), row) for row in counts]
    everyone = np.concatenate(pupils)
    for school, scores in enumerate(pupils):
        units = (scores - everyone.mean()) / everyone.std()
        assert occasion.mean[school] == pytest.approx(units.mean())
        assert occasion.sd[school] == pytest.approx(units.std(ddof=1))
    assert (occasion.n * occasion.mean).sum() == pytest.approx(0, abs=1e-9)


def test_a_rise_that_stayed_is_not_a_rise_that_vanished() -> None:
    first, second = years(3)
    third = years(4)[1]
    third = Occasion(second.mean + 0.1 * third.mean, second.sd, second.n)
    first.n[:3] = second.n[:3] = 60
    for one, levels in ((first, (0, 0, 0)), (second, (2, 2, -2)), (third, (0, 2, 0))):
        one.mean[:3] = levels
    result = vanished_rise(first, second, third)
    assert result.p[0] < 1e-6
    assert result.p[1] > 0.2
    assert result.p[2] > 0.99  # a fall that was made good is the other way round


def test_edges() -> None:
    before, after = years(5)
    before.n[:3] = 0, 4, 1
    before.mean[0] = before.sd[0] = before.sd[2] = np.nan
    result = jump(before, after)
    assert np.isnan(result.departure[0])
    assert np.isfinite(result.departure[[1, 2]]).all()
    assert np.isnan(result.p[:3]).all()
    assert np.isfinite(result.p[3:]).all()
    with pytest.raises(StatsInputError, match="covariance"):
        jump(*years(6), covariance=1.0)
    with pytest.raises(StatsInputError, match="same schools"):
        jump(years(6)[0], years(6, 61)[1])
    with pytest.raises(StatsInputError, match="do not vary"):
        standardised(np.array([[0, 5, 0]]))
    with pytest.raises(StatsInputError, match="different results"):
        jump(Occasion(np.zeros(3), np.zeros(3), np.full(3, 9.0)), years(6, 3)[1])
