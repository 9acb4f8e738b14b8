"""Counts of one school beside what its own level would give: what the explorer shows, for service use.

Nothing here has passed the gate of :mod:`msoko_analysis.disclosure`: the counts are for those who own
the data. What is printed for others is made of :class:`msoko_analysis.facts.district.Facts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from msoko_analysis.facts.pictures import of_schools
from msoko_analysis.measures.arrays import MARKS, PaperArrays, Year
from msoko_analysis.measures.procedures import score_counts
from msoko_analysis.measures.spike import expected_of
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.tilt import fit_tilt

# With fewer schools outside the municipality there is nothing to compare an exam with.
_FEWEST_OUTSIDE = 20
HIGHEST_TEST_SCORE = 100


@dataclass(frozen=True)
class PaperCounts:
    """Works of one school in one paper.

    ``seen`` and ``expected`` (scores,) works at every score 0…maximum, ``expected`` nan where there
    are too few works to expect anything; ``cuts`` the lowest scores of the marks 3, 4, 5, empty for
    papers without a scale; ``marks`` works at the marks 2…5, nan for marks the scale has not, empty for
    papers without marks; ``pairs`` (school marks 2…5 × marks 2…5) works whose school mark is known, nan
    where the paper has not all marks.
    """

    paper: Paper
    seen: np.ndarray
    expected: np.ndarray
    cuts: tuple[int, ...]
    marks: np.ndarray
    pairs: np.ndarray

    @property
    def n(self) -> int:
        """Works with a score."""
        return int(self.seen.sum())

    @property
    def mean_percent(self) -> float:
        """Mean score in per cent of the maximum; nan without works."""
        top = len(self.seen) - 1
        return float(100 * self.seen @ np.arange(top + 1) / self.n / top) if self.n else np.nan


def counts_of_school(
    year: Year, mark_pairs: pd.DataFrame, measures: pd.DataFrame, unit: str, thresholds: Thresholds
) -> dict[Paper, PaperCounts]:
    """Every paper of the year that the school wrote.

    Papers with a scale are expected as the test of the spike sees them
    (:func:`msoko_analysis.measures.spike.expected_of`), ЕГЭ by the region without the school's own
    municipality, tilted to the school's mean and spread. Fewer than ``spike_min_tested`` works
    expect nothing.
    """
    place = year.schools.index.get_indexer([unit])
    if place[0] < 0:
        return {}
    weight = of_schools(year, measures, "spike_weight", 1.0)
    own_shape = of_schools(year, measures, "spike_own_shape", 0.0) > 0
    found = []
    for arrays in year.papers:
        if arrays.scores[place[0]].any():
            expected = expected_of(year, arrays, weight, own_shape, place)[0]
            found.append(_with_scale(arrays, place[0], expected))
    mine = mark_pairs[(mark_pairs["year"] == year.year) & (mark_pairs["procedure"] == "EGE")]
    own = mine[mine["school"] == unit]
    written = own[["procedure", "grade", "subject"]].drop_duplicates()
    known = {one.paper for one in found}
    for paper in (Paper(*key) for key in written.itertuples(index=False, name=None)):
        if paper not in known:
            found.append(_exam(year, mine, paper, place[0], weight))
    least = thresholds["spike_min_tested"].value
    return {one.paper: one if one.n >= least else _unexpected(one) for one in found}


def _with_scale(arrays: PaperArrays, place: int, expected: np.ndarray) -> PaperCounts:
    cuts, marks, pairs = arrays.scale.cuts, np.zeros(0), np.full((len(MARKS),) * 2, np.nan)
    if arrays.marked:
        given = arrays.fully_marked | (len(cuts) >= MARKS - MARKS[0])
        marks = np.where(given, arrays.mark_counts()[place], np.nan)
    if arrays.fully_marked:
        pairs = arrays.mark_pairs()[place]
    return PaperCounts(arrays.paper, arrays.scores[place], expected, cuts, marks, pairs)


def _exam(
    year: Year, rows: pd.DataFrame, paper: Paper, place: int, weight: np.ndarray
) -> PaperCounts:
    scores = score_counts(rows, year.year, paper, year.schools.index, HIGHEST_TEST_SCORE)
    municipality = year.schools["municipality"].to_numpy()
    others = municipality != municipality[place]
    expected = np.full(scores.shape[1], np.nan)
    if (scores[others].sum(axis=1) > 0).sum() >= _FEWEST_OUTSIDE:
        reference = outside_municipality(scores, municipality, weight=weight)[[place]]
        expected = scores[place].sum() * fit_tilt(scores[[place]], reference).pmf[0]
    pairs = np.zeros((len(MARKS), len(MARKS)))
    return PaperCounts(paper, scores[place], expected, (), np.zeros(0), pairs)


def _unexpected(counts: PaperCounts) -> PaperCounts:
    return replace(counts, expected=np.full(len(counts.seen), np.nan))
