"""The curve through one histogram where hardly a score is filled."""

from __future__ import annotations

import numpy as np
import pytest

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
