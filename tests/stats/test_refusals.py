"""What estimators refuse instead of answering: input that their docstrings rule out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.combination import combine_signs
from msoko_analysis.stats.funnel import funnel
from msoko_analysis.stats.interval_of_change import interval_of_change
from msoko_analysis.stats.jump import Occasion
from msoko_analysis.stats.mark_gap_comparison import mark_gap_of_comparison
from msoko_analysis.stats.mark_likelihood import MarkLikelihood
from msoko_analysis.stats.region_spike import region_spike
from msoko_analysis.stats.reliability import reliability
from msoko_analysis.stats.wilson import share

ONES = np.ones(26)
MARKS = np.full((20, 4), 5.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: combine_signs({}, {}), "at least one sign"),
        (lambda: funnel(np.ones(1), 0.0, np.ones(1)), "at least two units"),
        (lambda: funnel(np.ones(2), 0.0, np.zeros(2)), "positive"),
        (lambda: interval_of_change((0, -1, 1), (0, -1, 1), 1.5), "between -1 and 1"),
        (lambda: Occasion(np.ones(2), np.ones(3), np.ones(2)), "same schools"),
        (lambda: Occasion(np.ones(2), np.ones(2), np.array([5, -1])), "not negative"),
        (lambda: mark_gap_of_comparison(np.ones((20, 3)), MARKS[:9]), "same schools"),
        (lambda: mark_gap_of_comparison(np.full((20, 3), [0, 9, 0]), MARKS), "do not differ"),
        (lambda: mark_gap_of_comparison(np.ones((20, 2)), MARKS), "lower, same, higher"),
        (lambda: mark_gap_of_comparison(-np.ones((20, 3)), MARKS), "not negative"),
        (lambda: MarkLikelihood(np.array([[3, 0], [4, 0]])), "every category"),
        (lambda: region_spike(np.ones((2, 26)), (13,)), "one histogram"),
        (lambda: region_spike(ONES, (13,), reachable=np.ones(9, bool)), "every score"),
        (lambda: region_spike(ONES, ()), "at least one cut"),
        (lambda: region_spike(ONES, (1,)), "no room"),
        (lambda: reliability(9, np.ones(3), np.ones((2, 2))), "tasks x tasks"),
        (lambda: share(np.ones(2), np.ones(3)), "same shape"),
        (lambda: share(np.array([4]), np.array([3])), "between 0 and n"),
    ],
)
def test_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(StatsInputError, match=message):
        call()
