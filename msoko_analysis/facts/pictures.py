"""What the figures of named schools show: public counts beside what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import (
    Issue,
    PublicCounts,
    count_to_entitled,
    hide_small,
    publish_counts,
)
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.arrays import MARKS, PaperArrays, Year, papers_of
from msoko_analysis.measures.prepare import Prepared
from msoko_analysis.measures.spike import expected_of
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.signs import load_signs

# Steps from a cut that are shown: one beyond reach, all within reach, where the lifted land.
DISTANCES = np.arange(-3, 2)
_TOLD = (Verdict.CONCERN, Verdict.WATCH)


@dataclass(frozen=True)
class AgainstUsual:
    """Pupils of a school in cells, and how many are usual there (cells,)."""

    seen: PublicCounts
    usual: np.ndarray


@dataclass(frozen=True)
class TasksOfPaper:
    """One paper of a school task by task, from easy to hard: shares of the points in per cent.

    ``seen`` is nan where it would tell of a group that is too small; ``usual`` is that of the
    region's pupils with the same scores.
    """

    paper: Paper
    tasks: tuple[str, ...]
    seen: np.ndarray
    usual: np.ndarray


@dataclass(frozen=True)
class SchoolPicture:
    """One named school: works around the cuts and over tenths of the scale against its own level,
    school marks (2…5) against those of pupils with the same scores, tasks of the paper that decided.

    None where the year has nothing of the kind. ``stepped``: some scale has steps of several points.
    """

    near: AgainstUsual
    tenths: AgainstUsual
    marks: AgainstUsual | None
    tasks: TasksOfPaper | None
    stepped: bool = False


def pictures(
    year: Year,
    findings: Sequence[Finding],
    prepared: Prepared,
    thresholds: Thresholds,
    issue: Issue = "public",
) -> dict[str, SchoolPicture]:
    """Pictures of all schools one of whose signs is told, by code.

    ``year`` and ``findings`` those of the note, ``prepared`` the tables of its region. A school
    without works of papers that are marked at school has none.
    """
    signs = load_signs().by_finding
    told = dict.fromkeys(one.unit for one in findings if one.code in signs and one.verdict in _TOLD)
    return pictures_of(year, list(told), prepared, thresholds, issue)


def pictures_of(
    year: Year,
    units: Sequence[str],
    prepared: Prepared,
    thresholds: Thresholds,
    issue: Issue = "public",
) -> dict[str, SchoolPicture]:
    """The same of any schools, told of or not; tasks are known of schools with a sign of tasks."""
    mine = papers_of(year, "school")
    wrote = sum((arrays.n for arrays in mine.papers), np.zeros(len(year.schools)))
    places = [place for place in year.schools.index.get_indexer(list(units)) if place >= 0]
    places = np.array([place for place in places if wrote[place]], dtype=int)
    if not len(places):
        return {}
    near, tenths = _against_level(mine, places, prepared.measures)
    marks = _marks(year, places)
    tasks = prepared.school_tasks[prepared.school_tasks["year"] == year.year]

    def against(cells: np.ndarray, usual: np.ndarray) -> AgainstUsual:
        whole = issue == "official"
        seen = count_to_entitled(cells) if whole else publish_counts(cells, thresholds)
        return AgainstUsual(seen, usual)

    return {
        unit: SchoolPicture(
            against(*near[:, row]),
            against(*tenths[:, row]),
            against(*marks[:, row]) if marks[0, row].any() else None,
            _tasks(tasks[tasks["school"] == unit], thresholds),
            any(arrays.scale.step > 1 for arrays in mine.papers),
        )
        for row, unit in enumerate(year.schools.index[places])
    }


def _against_level(
    year: Year, places: np.ndarray, measures: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Works around the cuts and by tenths of the scale: (seen and expected × schools × cells)."""
    weight = of_schools(year, measures, "spike_weight", 1.0)
    own_shape = of_schools(year, measures, "spike_own_shape", 0.0) > 0
    near = np.zeros((2, len(places), len(DISTANCES)))
    tenths = np.zeros((2, len(places), 10))
    for arrays in year.papers:
        expected = expected_of(year, arrays, weight, own_shape, places)
        for place, counts in enumerate((arrays.scores[places], expected)):
            near[place] += _around_cuts(arrays, counts)
            tenths[place] += _by_tenths(counts)
    return near, tenths


def of_schools(year: Year, measures: pd.DataFrame, indicator: str, absent: float) -> np.ndarray:
    """A pooled measure of all schools of a year (schools,)."""
    rows = measures[(measures["year"] == year.year) & (measures["indicator"] == indicator)]
    return rows.set_index("unit")["value"].reindex(year.schools.index).fillna(absent).to_numpy()


def _around_cuts(arrays: PaperArrays, counts: np.ndarray) -> np.ndarray:
    step = arrays.scale.step
    cells = np.zeros((len(counts), len(DISTANCES)))
    for cut in arrays.near_cuts():
        for place, start in enumerate(cut + DISTANCES * step):
            cells[:, place] += counts[:, start : start + step].sum(axis=1)
    return cells


def _by_tenths(counts: np.ndarray) -> np.ndarray:
    top = counts.shape[1] - 1
    tenth = np.minimum(np.arange(top + 1) * 10 // top, 9)
    return counts @ (tenth[:, None] == np.arange(10)).astype(float)


def _marks(year: Year, places: np.ndarray) -> np.ndarray:
    """School marks seen and usual for the same scores in the region (2 × schools × marks 2…5)."""
    marks = np.zeros((2, len(places), len(MARKS)))
    for arrays in year.papers:
        region = arrays.pairs.sum(axis=0)
        shares = region / np.maximum(region.sum(axis=0), 1)
        mine = arrays.pairs[places]
        marks[0] += mine.sum(axis=2)
        marks[1] += mine.sum(axis=1) @ shares.T
    return marks


def _tasks(rows: pd.DataFrame, thresholds: Thresholds) -> TasksOfPaper | None:
    """The tasks of a school; points stand for pupils when small groups are looked for."""
    if rows.empty or rows["n"].iloc[0] < thresholds["share_min_n"].value:
        return None
    rows = rows.sort_values("difficulty", kind="stable")
    points, most = rows["points"].to_numpy(dtype=float), rows["most"].to_numpy(dtype=float)
    limit = int(thresholds["small_cell"].value)
    hidden = np.array([
        hide_small(np.array([got, all_points - got]), limit).any()
        for got, all_points in zip(points, most, strict=True)
    ])  # fmt: skip
    first = rows.iloc[0]
    return TasksOfPaper(
        Paper(first["procedure"], int(first["grade"]), first["subject"]),
        tuple(rows["task"]),
        np.where(hidden, np.nan, 100 * points / most),
        100 * rows["usual_points"].to_numpy(dtype=float) / most,
    )
