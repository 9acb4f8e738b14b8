"""The curve through one histogram where hardly a score is filled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.stats.region_spike import region_spike


@pytest.mark.parametrize(
    "pupils",
    [
        {3: 50, 5: 1, 6: 21, 14: 53, 23: 57},  # nobody is left below the cut at 13
        {2: 902_592, 5: 215_051, 15: 105_030},
        {17: 42, 19: 56},
    ],
)
def test_the_fit_stops_at_the_edge_of_what_is_possible(pupils: dict[int, int]) -> None:
    """There every further step makes some expected count negative; the total is kept up to there."""
    counts = np.zeros(26)
    counts[list(pupils)] = list(pupils.values())
    result = region_spike(counts, (13,))
    assert result.smooth.sum() == pytest.approx(counts.sum(), rel=0.005)
    assert np.isfinite([result.share, result.pupils, result.share_error, result.z]).all()


def test_where_everybody_within_reach_was_lifted_the_share_is_one() -> None:
    smooth = np.round(400 * np.exp(-(((np.arange(31) - 15) / 7) ** 2)))
    near = smooth[[13, 14]].sum()
    smooth[[15, 16]] += np.array([0.8, 0.2]) * near
    smooth[[13, 14]] = 0
    result = region_spike(smooth, (15,))
    assert result.share[0] == pytest.approx(1, abs=1e-6)
    assert result.p[0] < 1e-12
    assert result.pupils[0] == pytest.approx(near, abs=3 * result.pupils_error[0])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.integers(0, 25), st.integers(1, 3_000), min_size=1, max_size=3),
    st.sampled_from([(13,), (6, 12, 20), (5, 9, 13)]),
)
def test_pupils_at_one_two_or_three_scores_have_an_answer(
    pupils: dict[int, int], cuts: tuple[int, ...]
) -> None:
    counts = np.zeros(26)
    counts[list(pupils)] = list(pupils.values())
    result = region_spike(counts, cuts)
    for numbers in (result.share, result.share_error, result.z, result.p, *result.interval()):
        assert np.isfinite(numbers).all()
    assert (result.share_error > 0).all()


def heaped(scores: int, cut: int, second: int, left: float) -> np.ndarray:
    """A smooth histogram; nearly all within a seventh of the scale under ``cut`` stand on it, and at
    ``second``, where no mark changes, the two scores below are emptied."""
    rng = np.random.default_rng(1)
    middle, spread = 0.42 * scores, 0.17 * scores
    pmf = np.exp(-(((np.arange(scores) - middle) / spread) ** 2) / 2)
    counts = rng.multinomial(10_600, pmf / pmf.sum()).astype(float)
    for score in range(cut - scores // 7, cut):
        stay = rng.binomial(int(counts[score]), left)
        counts[cut] += counts[score] - stay
        counts[score] = stay
    counts[second] += counts[second - 2 : second].sum()
    counts[second - 2 : second] = 0
    return counts


@pytest.mark.parametrize("left", [0.05, 0.3])
def test_a_second_heap_is_left_out_of_the_scale_and_counted(left: float) -> None:
    """Where no mark changes a heap ends on the edge, share 1: it says nothing of honest scatter."""
    counts = heaped(201, 100, 120, left)
    result = region_spike(counts, (100, 140, 180))
    assert result.placebos_left_out > 0
    assert result.scale < 3
    assert result.share[0] > 0.9
    assert result.z[0] > 10
    low, high = result.interval()
    assert 0 < low[0] < high[0] < counts.sum() / 10


def test_one_placebo_decides_nothing() -> None:
    counts = np.random.default_rng(4).poisson(
        4000 * np.exp(-(((np.arange(41) - 20) / 9) ** 2)) + 20
    )
    result = region_spike(counts, (13,))
    mad = replace(result, placebo_z=np.append(result.placebo_z[:-1], 1e8))
    assert mad.scale < 1.5 * result.scale
    # Up to three times the usual one nothing is cut: the root mean square.
    plain = np.sqrt((result.placebo_z**2).mean())
    assert result.scale == pytest.approx(max(plain, 1.0), rel=0.05)


@pytest.mark.parametrize("scores", [41, 101, 201])
def test_cost_does_not_grow_with_the_heap_or_the_scale(
    scores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in evaluations of the curve: at most 150 a fit, forty placebos and the region itself."""
    from msoko_analysis.stats import region_spike as module

    calls, curve = [], module._curve
    monkeypatch.setattr(module, "_curve", lambda *given: calls.append(1) or curve(*given))
    region_spike(heaped(scores, scores // 2, round(0.6 * scores), 0.05), (scores // 2,))
    assert len(calls) < 150 * 41
