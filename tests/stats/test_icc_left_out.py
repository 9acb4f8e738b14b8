"""ICC without each school against fitting the rest anew."""

from __future__ import annotations

import numpy as np
import pytest

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.icc_left_out import icc_left_out
from msoko_analysis.stats.school_moments import of_counts
from msoko_analysis.stats.variance_components import random_intercept


@pytest.mark.parametrize(("seed", "spread"), [(1, 3.0), (2, 1.0), (3, 0.3), (4, 0.0), (5, 6.0)])
def test_equals_fitting_the_rest(seed: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    level = rng.normal(10, spread, 15)
    counts = np.array(
        [np.bincount(np.clip(np.rint(rng.normal(one, 3.5, rng.integers(3, 50))), 0, 20).astype(int),
                     minlength=21) for one in level]
    )  # fmt: skip
    found = icc_left_out(counts)
    for school in range(15):
        twin = random_intercept(of_counts(np.delete(counts, school, axis=0))).icc
        assert found[school] == pytest.approx(twin, abs=1e-4, rel=1e-3)


def test_edges() -> None:
    counts = np.array([[3, 5, 2, 0], [0, 2, 5, 3], [0, 0, 0, 0]])
    assert np.isnan(icc_left_out(counts)[:2]).all()
    assert np.isfinite(icc_left_out(counts)[2])
    constant = np.array([[5, 0], [0, 5], [5, 0], [0, 5]])
    assert np.isnan(icc_left_out(constant)).all()
    with pytest.raises(StatsInputError, match="negative"):
        icc_left_out(-counts)
