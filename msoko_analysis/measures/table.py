"""The long table of measures of one year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year, papers_of
from msoko_analysis.measures.level import level_rows
from msoko_analysis.measures.marks import mark_rows
from msoko_analysis.measures.official import official_rows
from msoko_analysis.measures.region import region_rows
from msoko_analysis.measures.result_change import result_change_rows
from msoko_analysis.measures.results import result_rows
from msoko_analysis.measures.rows import joined
from msoko_analysis.measures.signs import combined_rows, other_signs
from msoko_analysis.measures.spike import aligned, cut_rows, spike_rows
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.given_score import TaskCounts

_ORDER = ["procedure", "grade", "subject", "level", "municipality", "unit", "indicator"]


def measure_year(
    year: Year,
    previous: Year | None,
    thresholds: Thresholds,
    tasks: Mapping[Paper, TaskCounts],
    earlier: Year | None = None,
) -> pd.DataFrame:
    """Every measure of every school, municipality and the region, one row each.

    ``previous`` is the year before and ``earlier`` two years before, None where there is none.
    ``tasks`` are the task counts of the papers whose tasks are known; without them school marks are
    not compared with scores, and the signs of tasks are not determined.

    Columns: :data:`COLUMNS`. ``n`` is the number of pupils (or schools, for p19) behind the value,
    ``count`` the numerator of a share, ``low``/``high`` a 95 % interval unless the method says
    otherwise, ``p``/``q`` filled for tests only. A measure pooled over papers has an empty subject.
    """
    parts = [
        *result_rows(year),
        *mark_rows(year, tasks),
        *(rows for arrays in year.papers for rows in cut_rows(year, arrays)),
        *_sign_rows(year, previous, earlier, thresholds, tasks),
        *region_rows(year),
        *(result_change_rows(year, previous) if previous else ()),
        *level_rows(year),
        *official_rows(year, previous),
    ]
    return joined(parts).sort_values(_ORDER, kind="stable", ignore_index=True)


def _sign_rows(
    year: Year,
    previous: Year | None,
    earlier: Year | None,
    thresholds: Thresholds,
    tasks: Mapping[Paper, TaskCounts],
) -> Iterator[pd.DataFrame]:
    """All signs of our own and their combination.

    The spike is looked for in papers that schools marked themselves: docs/decisions/0014.
    """
    own = papers_of(year, "school")
    own_before = papers_of(previous, "school") if previous else None
    spikes = list(spike_rows(own, own_before, thresholds))
    yield from spikes
    before, long_before = (aligned(one, year) if one else None for one in (previous, earlier))
    signs = {sign.name: sign for sign in other_signs(year, before, tasks, thresholds, long_before)}
    for sign in signs.values():
        yield sign.rows(year)
    p = {name: sign.p for name, sign in signs.items()}
    spike = _pooled_spike(year, spikes)
    if spike is not None:
        p["spike"] = spike
    if p:
        yield from combined_rows(year, sum(arrays.n for arrays in year.papers), p)


def _pooled_spike(year: Year, spikes: list[pd.DataFrame]) -> np.ndarray | None:
    """p of the pooled spike test (schools,), nan where there were too few pupils to conclude."""
    for rows in spikes:
        mine = rows[(rows["indicator"] == "spike") & (rows["subject"] == "") & rows["q"].notna()]
        if len(mine):
            return mine.set_index("unit")["p"].reindex(year.schools.index).to_numpy(dtype=float)
    return None
