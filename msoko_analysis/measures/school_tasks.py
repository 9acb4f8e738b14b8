"""Tasks of schools whose sign about tasks is sure: what the figure of a named school shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year, papers_of
from msoko_analysis.measures.item_arrays import ItemArrays
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.items import TaskProfile, task_profile

COLUMNS = (
    "year", "procedure", "grade", "subject", "municipality", "school",
    "task", "n", "most", "points", "usual_points", "difficulty",
)  # fmt: skip
# The sign that speaks of hard tasks chooses the paper where a school has both.
_SIGNS = {
    "items_hard": "contrast_p",
    "items_hard_paper": "contrast_p",
    "items_profile": "profile_p",
}


def school_tasks(
    year: Year,
    measures: pd.DataFrame,
    items: Mapping[Paper, ItemArrays],
    thresholds: Thresholds,
) -> Iterator[pd.DataFrame]:
    """Every task of the paper where a sign is strongest, for schools with a sure sign of tasks.

    Columns: :data:`COLUMNS`; ``points`` the school's pupils got of ``most`` there were to get,
    ``usual_points`` the region's pupils with the same scores would have got; ``n`` pupils;
    ``difficulty`` of the task in the region. ``measures`` the rows of the year: a sign is sure at q
    up to ``spike_q``.
    """
    sure = measures[
        measures["subject"].eq(ALL_PAPERS.subject)
        & (measures["q"] <= thresholds["spike_q"].value)
        & measures["indicator"].isin(_SIGNS)
    ].sort_values("indicator")
    if sure.empty:
        return
    marked_here = {arrays.paper for arrays in papers_of(year, "school").papers}
    profiles = {
        paper: task_profile(arrays.counts)
        for paper, arrays in items.items()
        if paper in marked_here
    }
    for row in sure.drop_duplicates("unit").itertuples(index=False):
        place = year.schools.index.get_loc(row.unit)
        decides = {
            paper: np.nan_to_num(getattr(profile, _SIGNS[row.indicator])[place], nan=2.0)
            for paper, profile in profiles.items()
        }
        paper = min(decides, key=decides.get)
        yield _tasks(profiles[paper], place, items[paper].items).assign(
            year=year.year, procedure=paper.procedure, grade=paper.grade, subject=paper.subject,
            municipality=row.municipality, school=row.unit,
        )[list(COLUMNS)]  # fmt: skip


def _tasks(profile: TaskProfile, place: int, names: tuple[str, ...]) -> pd.DataFrame:
    counts = profile.given.counts
    points = counts.values[place] @ np.arange(counts.values.shape[2])
    return pd.DataFrame(
        {
            "task": names,
            "n": profile.n[place],
            "most": np.maximum(counts.maxima, 1) * profile.n[place],
            "points": points,
            "usual_points": points - profile.residual[place],
            "difficulty": profile.difficulty,
        }
    )
