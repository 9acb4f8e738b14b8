"""The funnel: limits that hold most units, whatever their size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from msoko_analysis.stats.funnel import funnel


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_units_at_the_limits_have_the_z_of_the_level(level: float) -> None:
    rng = np.random.default_rng(1)
    error = rng.uniform(0.5, 3, 500)
    part = 0.6 * error, 0.8 * error  # an expectation with an error of its own widens the whole
    result = funnel(rng.normal(0, np.sqrt(error**2 + 4)), 0.0, part[0], expected_error=part[1])
    assert result.total_error == pytest.approx(error)
    assert result.tau2 == pytest.approx(4, rel=0.3)
    half = result.limits(error, level)
    assert half == pytest.approx(norm.isf((1 - level) / 2) * np.sqrt(error**2 + result.tau2))
    inside = np.abs(result.value) < half
    assert inside.tolist() == (np.abs(result.z) < norm.isf((1 - level) / 2)).tolist()
    assert inside.mean() == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 500))
