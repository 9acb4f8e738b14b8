"""Estimators against numbers obtained elsewhere."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from msoko_analysis.stats.funnel import funnel
from msoko_analysis.stats.wilson import share


def test_overdispersion_equals_funnelplotr() -> None:
    # FunnelPlotR 0.6.0 on these proportions, recorded in methods.md §1.9.
    x = np.array([13, 27, 23, 31, 63, 45, 57, 68, 88, 132, 195, 170])
    n = np.array([20, 35, 50, 60, 75, 80, 100, 120, 150, 200, 250, 300])
    overall = np.arcsin(np.sqrt(x.sum() / n.sum()))
    result = funnel(np.arcsin(np.sqrt(x / n)), overall, 1 / (2 * np.sqrt(n)))
    assert np.isclose(result.phi, 4.609232, rtol=1e-6)
    assert np.isclose(result.tau2_published, 0.008791581, rtol=1e-6)


def test_wilson_equals_scipy() -> None:
    successes = np.array([0, 1, 7, 30, 30])
    n = np.array([5, 12, 12, 40, 30])
    low, high = share(successes, n).interval(0.9)
    for index in range(len(n)):
        foreign = binomtest(int(successes[index]), int(n[index])).proportion_ci(0.9, "wilson")
        assert np.isclose(low[index], foreign.low)
        assert np.isclose(high[index], foreign.high)
