"""Frandsen's test against exact tails worked out by hand and the published program."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from three_cells import three_cells

from msoko_analysis.errors import StatsInputError

# Cells, curvature k, exact upper tail, and the p of R rddisttest, which knows p in steps of 2^-10 only
# and picks the shortest region; all four recorded in methods.md §1.9.
CASES = [
    ((10, 25, 10), 0.0, 0.00178, 0.0024),
    ((10, 25, 10), 0.05, 0.00294, 0.0034),
    ((5, 14, 8), 0.02, 0.0401, 0.0649),
    ((100, 140, 100), 0.0, 0.00151, 0.0024),
    ((100, 140, 100), 0.1, 0.01700, 0.0171),
    ((20, 21, 19), 0.0, 0.4397, 0.786),
]


@pytest.mark.parametrize(("cells", "k", "exact", "published"), CASES)
def test_reference_values(cells: tuple, k: float, exact: float, published: float) -> None:
    p = three_cells(np.array([cells]), 1, curvature=k).p[0]
    assert p == pytest.approx(exact, rel=4e-3)
    assert p <= published  # one side of a region that has two


def test_the_tail_is_the_sum_of_its_terms() -> None:
    counts = np.random.default_rng(1).integers(0, 12, (50, 8))
    given = three_cells(counts, 4, curvature=0.05)
    share = 1.05 / 3.05
    for cells, p in zip(given.cells.astype(int), given.p, strict=True):
        n = cells.sum()
        slow = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(cells[1], n + 1))
        assert p == pytest.approx(slow, abs=1e-12)


def test_on_a_line_it_keeps_its_level() -> None:
    counts = np.random.default_rng(2).multinomial(60, np.array([3, 4, 5, 6, 7]) / 25, 40_000)
    assert (three_cells(counts, 2).p < 0.05).mean() < 0.05


def test_nobody_near_the_cut_is_no_evidence() -> None:
    assert three_cells(np.array([[5, 0, 0, 0]]), 2).p.tolist() == [1.0]


def test_what_is_refused() -> None:
    with pytest.raises(StatsInputError, match="either side"):
        three_cells(np.ones((2, 5)), 4)
    with pytest.raises(StatsInputError, match="curvature"):
        three_cells(np.ones((2, 5)), 2, curvature=-0.1)
