"""Official ФИОКО markers of every school and П19, kept under their own names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.scales import Paper
from msoko_analysis.rules.fioko import (
    cohort_jump,
    inflated_mean,
    mark_agreement,
    objectivity_index,
)

SOURCE = "fioko_2019"
#: Papers of rules (b) and (c), and those of rule (a): the fourteen markers of the document.
MARK_PAPERS = tuple(Paper("VPR", grade, subject) for grade in (4, 5) for subject in ("RU", "MA"))
MEAN_PAPERS = (*MARK_PAPERS, Paper("OGE", 9, "RU"), Paper("OGE", 9, "MA"))


def official_rows(year: Year, previous: Year | None) -> Iterator[pd.DataFrame]:
    """Measures fioko_a, fioko_b, fioko_c (1 marked, 0 not), fioko_markers (their number), p19.

    Rule (a) is that of six papers, ОГЭ among them, rule (b) of the four of ВПР, rule (c) of two
    subjects, where a rise and a fall are a marker each; a school takes part when it wrote at least
    one of the six. Rules (a) and (b) need no scale. Rule (c) needs the year before and the most
    points of both papers, which a paper without a scale does not tell.
    """
    marks = []
    for paper in MEAN_PAPERS:
        arrays = year.paper(paper)
        if arrays is None or arrays.n.sum() < 2:  # one pupil has no spread to be compared with
            continue
        mean = inflated_mean(arrays.scores)
        found = [("fioko_a", mean.marked, mean.n, mean.lower - mean.regional_upper)]
        if paper in MARK_PAPERS:
            marks_of = mark_agreement(arrays.pairs)
            found.append(("fioko_b", marks_of.marked, marks_of.n, marks_of.published))
        for indicator, marked, n, figure in found:
            marks.append(marked & (n > 0))
            yield school_rows(
                year.year, paper, year.schools, indicator, n, marked.astype(float),
                low=figure, method=indicator, source=SOURCE,
            )  # fmt: skip
    for subject in ("RU", "MA"):
        jump = _jump(year, previous, subject)
        if jump is not None:
            ratio, marked, n = jump
            marks.append(marked)
            yield school_rows(
                year.year, Paper("VPR", 5, subject), year.schools, "fioko_c", n,
                marked.astype(float), low=ratio, method="fioko_c", source=SOURCE,
            )  # fmt: skip
    if marks:
        yield from _summary(year, np.array(marks).T)


def _jump(
    year: Year, previous: Year | None, subject: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    if previous is None:
        return None
    later = year.paper(Paper("VPR", 5, subject))
    earlier = previous.paper(Paper("VPR", 4, subject))
    if later is None or earlier is None or not (later.scale.every_cut and earlier.scale.every_cut):
        return None
    before = pd.Series(earlier.mean_percent(), index=previous.schools.index)
    jump = cohort_jump(before.reindex(year.schools.index).to_numpy(), later.mean_percent())
    return jump.ratio, jump.marked, np.where(np.isfinite(jump.ratio), later.n, 0)


def _summary(year: Year, marks: np.ndarray) -> Iterator[pd.DataFrame]:
    written = [year.paper(paper) for paper in MEAN_PAPERS]
    n = np.max([arrays.n for arrays in written if arrays is not None], axis=0)
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "fioko_markers", n, marks.sum(axis=1).astype(float),
        method="fioko_number", source=SOURCE,
    )  # fmt: skip
    took_part = n > 0
    municipality = year.schools["municipality"].to_numpy()
    units = np.unique(municipality[took_part])
    places = [took_part & (municipality == unit) for unit in units]
    for level, names, groups in (
        ("municipality", units, places),
        (REGION, [REGION], [took_part]),
    ):
        yield unit_rows(
            year.year, ALL_PAPERS, level, names, "p19",
            np.array([group.sum() for group in groups], dtype=float),
            np.array([objectivity_index(marks[group]) for group in groups]),
            count=np.array([marks[group].any(axis=1).sum() for group in groups], dtype=float),
            method="p19", source=SOURCE,
        )  # fmt: skip
