"""Estimators against numbers obtained elsewhere."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from msoko_analysis.stats.wilson import share


def test_wilson_equals_scipy() -> None:
    successes = np.array([0, 1, 7, 30, 30])
    n = np.array([5, 12, 12, 40, 30])
    low, high = share(successes, n).interval(0.9)
    for index in range(len(n)):
        foreign = binomtest(int(successes[index]), int(n[index])).proportion_ci(0.9, "wilson")
        assert np.isclose(low[index], foreign.low)
        assert np.isclose(high[index], foreign.high)
