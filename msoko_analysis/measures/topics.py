"""Tasks a municipality solves worse than the region's pupils with the same scores: topics for teachers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.item_arrays import ItemArrays
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import unit_rows
from msoko_analysis.measures.signs import enough_schools
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.combination import benjamini_hochberg
from msoko_analysis.stats.items import task_profile
from msoko_analysis.stats.unit_tasks import UnitTasks, unit_tasks

GAP, SHARE, BELOW = "topic_gap_", "topic_share_", "topic_schools_"
"""Indicators of a task are these with its name, ``item_03``."""
_OWN = "own"
_METHOD = "topics"


def topic_rows(year: Year, items: Mapping[Paper, ItemArrays], least: int) -> Iterator[pd.DataFrame]:
    """Measures topic_gap, topic_share, topic_schools of every task, municipality and the region.

    ``topic_gap`` percentage points of the maximum beyond the expected, p one-sided downwards, q over
    all tasks and papers of the municipality; ``topic_share`` per cent of the points possible, for the
    region too; ``topic_schools`` schools below the expected of the ``n`` with at least ``least``
    pupils. Only papers whose region is large enough for an expectation.
    """
    municipality = year.schools["municipality"].to_numpy()
    found = {
        paper: unit_tasks(task_profile(one.counts), municipality, least=least)
        for paper, one in items.items()
        if enough_schools(one.counts.n)
    }
    if not found:
        return
    # One family for every municipality: all its tasks of the year (units × tasks of all papers).
    p = np.concatenate([one.p for one in found.values()], axis=1)
    q = np.stack([benjamini_hochberg(row) for row in p])
    place = 0
    for paper, one in found.items():
        names = items[paper].items
        yield from _paper_rows(year.year, paper, names, one, q[:, place : place + len(names)])
        place += len(names)


def _paper_rows(
    year: int, paper: Paper, names: tuple[str, ...], one: UnitTasks, q: np.ndarray
) -> Iterator[pd.DataFrame]:
    low, high = one.interval()
    for task, name in enumerate(names):
        judged = np.where(np.isfinite(one.p[:, task]), one.n, 0.0)
        told = {"method": _METHOD, "source": _OWN}
        yield unit_rows(
            year, paper, "municipality", one.units, f"{GAP}{name}", judged,
            100 * one.gain[:, task], low=100 * low[:, task], high=100 * high[:, task],
            p=one.p[:, task], q=q[:, task], **told,
        )  # fmt: skip
        yield unit_rows(
            year, paper, "municipality", one.units, f"{SHARE}{name}", judged,
            100 * one.share[:, task], **told,
        )  # fmt: skip
        yield unit_rows(
            year, paper, "municipality", one.units, f"{BELOW}{name}",
            np.where(judged > 0, one.schools, 0.0), one.below[:, task], **told,
        )  # fmt: skip
        yield unit_rows(
            year, paper, REGION, [REGION], f"{SHARE}{name}", np.array([one.n.sum()]),
            100 * one.region_share[[task]], **told,
        )  # fmt: skip
