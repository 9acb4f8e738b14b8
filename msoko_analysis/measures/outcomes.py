"""One number a school and year, pooled over papers, with its sampling error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.jump import standardised

Outcome = Literal["mean", "share_2"]


def school_outcome(year: Year, papers: Iterable[Paper], outcome: Outcome) -> pd.DataFrame:
    """Result of every school over some papers, and its sampling error.

    ``mean``: mean of the standardised scores (SD of pupils around the region's mean of the paper),
    ``share_2``: per cent of mark 2; both over the pupils of all papers. Papers of one grade are written
    by the same pupils: their errors are added as if wholly alike, so the error is not too small.

    Returns a frame indexed by school: value, error, n; nan without pupils.

    >>> nobody = Year(2025, pd.DataFrame(index=["S1"]), ())
    >>> bool(school_outcome(nobody, [Paper("VPR", 4, "MA")], "mean").isna().all().all())
    True
    """
    one_of = _standard_mean if outcome == "mean" else _share_of_2
    papers_of_year = year.papers if outcome == "mean" else year.marked
    arrays = [one for one in papers_of_year if one.paper in papers]
    schools = len(year.schools)
    total, n = np.zeros(schools), np.zeros(schools)
    by_grade: dict[tuple[str, int], np.ndarray] = {}
    for paper in arrays:
        mean, deviation = one_of(paper)
        grade = paper.paper.procedure, paper.paper.grade
        total += paper.n * np.nan_to_num(mean)
        n += paper.n
        by_grade[grade] = by_grade.get(grade, 0) + deviation * np.sqrt(paper.n)
    variance = sum((one**2 for one in by_grade.values()), np.zeros(schools))
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {"value": total / n, "error": np.sqrt(variance) / n, "n": n}
    frame = pd.DataFrame(columns, index=year.schools.index)
    return frame.where(frame["n"] > 0)


def _standard_mean(paper: PaperArrays) -> tuple[np.ndarray, float]:
    occasion = standardised(paper.scores)
    return occasion.mean, float(np.sqrt(occasion.pupil_variance))


def _share_of_2(paper: PaperArrays) -> tuple[np.ndarray, float]:
    marks = paper.mark_counts()
    # half a pupil to each side: a region without a «2» still has an error
    share = (marks[:, 0].sum() + 0.5) / (marks.sum() + 1)
    with np.errstate(invalid="ignore"):
        return 100 * marks[:, 0] / marks.sum(axis=1), 100 * float(np.sqrt(share * (1 - share)))
