"""Pairs of works in schools whose answers are alike: opened only there, only counts leave (check C8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.item_arrays import ItemArrays
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.answer_pairs import answer_pairs
from msoko_analysis.stats.given_score import given_score

INDICATOR = "similar_pairs"
_OWN = "own"
_SIGNS = ("similarity", "similarity_paper")
_METHOD = "similar_pairs"
# A pair stands out when it does among all pairs of its school and paper at this level.
_LEVEL = 0.01
_LEAST_WORKS = 2


def similar_pair_rows(
    year: Year,
    measures: pd.DataFrame,
    items: Mapping[Paper, ItemArrays],
    points_of: Callable[[Paper, list[str]], pd.DataFrame],
    thresholds: Thresholds,
) -> Iterator[pd.DataFrame]:
    """Measure similar_pairs, school × paper: ``value`` pairs that stand out, ``count`` works in them.

    ``n`` works of the paper, so n(n − 1)/2 pairs were tested. Only schools whose similarity, over
    papers or in one, has q up to ``spike_q`` in ``measures`` are opened;
    ``points_of(paper, schools)`` reads their works: school, total and points for every task.
    """
    flagged = measures[
        measures["indicator"].isin(_SIGNS)
        & measures["subject"].eq(ALL_PAPERS.subject)
        & (measures["q"] <= thresholds["spike_q"].value)
    ]
    opened = [school for school in year.schools.index if school in set(flagged["unit"])]
    if not opened:
        return
    for paper, tasks in items.items():
        found = dict(_of_paper(tasks, points_of(paper, opened)))
        schools = year.schools.loc[list(found)]
        if len(found):
            n, pairs, works = np.array(list(found.values()), dtype=float).T
            yield school_rows(
                year.year, paper, schools, INDICATOR, n, pairs, count=works,
                method=_METHOD, source=_OWN,
            )  # fmt: skip


def _of_paper(tasks: ItemArrays, works: pd.DataFrame) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Every school with its works, pairs that stand out and works in these."""
    shares = given_score(tasks.counts).shares
    maxima = tasks.counts.maxima
    known = works[works["total"].isin(tasks.levels)]
    for school, rows in known.groupby("school"):
        if len(rows) >= _LEAST_WORKS:
            level = np.searchsorted(tasks.levels, rows["total"])
            points = rows[list(tasks.items)].fillna(0).to_numpy(dtype=int)
            # As in the count tables: points a task does not have are none.
            points = np.where((points >= 0) & (points <= maxima), points, 0)
            yield str(school), (len(rows), *answer_pairs(points, shares[level]).alike(_LEVEL))
