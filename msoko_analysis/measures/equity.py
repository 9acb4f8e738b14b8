"""Measures of equality of opportunity: how unequal pupils and schools are, and whether it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.equity_estimates import (
    group_estimate,
    icc_estimate,
    pupil_estimates,
    quick_icc_estimate,
    school_estimates,
)
from msoko_analysis.measures.equity_rows import (
    OWN,
    Groups,
    Key,
    Measured,
    Value,
    changes,
    spread,
    value_rows,
)
from msoko_analysis.measures.equity_years import (
    on_schools,
    papers_of_both,
    pupils_once,
)
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.methods import method
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.shrunken_share import shrunken_share


def equity_rows(
    year: Year,
    previous: Year | None,
    thresholds: Thresholds,
    reliability: Mapping[Paper, float],
) -> Iterator[pd.DataFrame]:
    """Rows of the long table for the region and every municipality, by paper and over all papers.

    Measures: icc (the region's with its profile interval), icc_corrected of the region for the papers in
    ``reliability``, pupil_gap, school_gap_quarter, school_ratio_quarter and the same of tenths,
    school_p90_p10, isolation, theil, gini and their parts between schools, v_gap_location,
    v_gap_type; over all papers the mean of the papers by participants, except for gaps of schools,
    which are those of the schools' mean results. ``…_change`` is the change to the year before over
    papers with the same scale, its interval from leaving a school out of both years at once. School
    rows: low_share, the share below the minimum drawn towards that of the region. v_gap_gender has
    no value: counts do not know gender. A school with fewer than ``share_min_n`` pupils has no part
    in gaps of schools.
    """
    fewest = thresholds["share_min_n"].value
    yield from _low_share_rows(year)
    schools, home, same = papers_of_both(year, previous or year)
    now = _measured(on_schools(year, schools), home, fewest)
    whole = now.over(now.papers)
    yield value_rows(year.year, whole, _method)
    yield from _corrected_rows(year, whole, reliability)
    yield from _gender_rows(year)
    if previous is not None and same:
        before = _measured(on_schools(previous, schools), home, fewest)
        found = changes(now.of_papers(same), before.of_papers(same))
        yield value_rows(year.year, found, _method)


def _measured(year: Year, home: pd.Series, fewest: float) -> Measured:
    sheets = {one.paper: _Sheet.of(one, fewest) for one in year.papers}

    def measure(
        paper: PaperArrays, mine: np.ndarray, groups: Groups
    ) -> Iterator[tuple[str, Value]]:
        return _of_paper(sheets[paper.paper], mine, groups)

    return Measured.of(year.papers, year.schools, home, fewest, measure)


# ---- values of one paper


@dataclass(frozen=True)
class _Sheet:
    """What the units need of one paper, worked out once; arrays (schools,) but for ``scores``.

    ``low`` are pupils below the minimum, None without marks.
    """

    scores: np.ndarray
    maximum: int
    n: np.ndarray
    low: np.ndarray | None
    mean: np.ndarray

    @classmethod
    def of(cls, arrays: PaperArrays, fewest: float) -> _Sheet:
        n = arrays.n
        mean = np.where(n >= fewest, arrays.mean_percent(), np.nan)
        low = arrays.mark_counts()[:, 0] if arrays.marked else None
        return cls(arrays.scores, arrays.scale.max_primary, n, low, mean)


def _of_paper(sheet: _Sheet, mine: np.ndarray, groups: Groups) -> Iterator[tuple[str, Value]]:
    """Measures of one paper in one unit, left-out values spread over all schools of the year."""
    there = mine & (sheet.n > 0)
    if there.sum() < 2:
        return
    scores, n = sheet.scores[there], float(sheet.n[there].sum())
    low = None if sheet.low is None else sheet.low[there]
    for name, estimate in pupil_estimates(scores, sheet.maximum, low).items():
        yield name, Value(spread(estimate, there), n)
    for name, estimate in school_estimates(np.where(mine, sheet.mean, np.nan)).items():
        yield name, Value(estimate, n)
    fits = []
    if there.sum() == (sheet.n > 0).sum():
        fits.append(("icc", icc_estimate(scores)))
    elif (quick := quick_icc_estimate(scores)) is not None:
        yield "icc", Value(spread(quick, there), n)
    for name, (first, second) in groups.items():
        fits.append((name, group_estimate(scores, first[there], second[there])))
    for name, found in fits:
        if found is not None:
            yield name, Value(spread(found[0], there), n, found[1])


def _method(name: str, own_interval: bool) -> str:
    measure = name.removesuffix("_change")
    steps = [measure]
    if measure.startswith(("gini", "theil")):
        steps.append("scale_caveat")
    if not own_interval and measure != "school_p90_p10":
        steps.append("jackknife")
    if name != measure:
        steps.append("same_papers")
    return method(*steps)


# ---- rows of another shape


def _low_share_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Share below the minimum of every school, drawn towards the usual share of the region."""
    below = [(one.paper, one.mark_counts()[:, 0], one.n) for one in year.marked]
    if len(below) > 1:
        once = pupils_once(year.marked)
        low, n = (np.sum([part[place] for part in below], axis=0) for place in (1, 2))
        # Papers of one pupil are not independent: each pupil of a grade counts once.
        below.append((ALL_PAPERS, low * once / np.maximum(n, 1), once))
    for paper, low, n in below:
        result = shrunken_share(low, n)
        if np.isfinite(result.mean):
            ends = result.interval()
            yield school_rows(
                year.year, paper, year.schools, "low_share", n, 100 * result.value,
                count=np.round(low), low=100 * ends[0], high=100 * ends[1],
                method="low_share", source=OWN,
            )  # fmt: skip


def _corrected_rows(
    year: Year, now: Mapping[Key, Value], reliability: Mapping[Paper, float]
) -> Iterator[pd.DataFrame]:
    """Between-school share of true scores, where the reliability of the paper is known."""
    for (paper, unit, name), one in now.items():
        if unit == REGION and name == "icc" and reliability.get(paper, 0) > 0:
            value, low, high = (np.array([end]) for end in one.fit.corrected(reliability[paper]))
            yield unit_rows(
                year.year, paper, REGION, [REGION], "icc_corrected", np.array([one.n]), value,
                low=low, high=high, source=OWN,
                method="icc_corrected",
            )  # fmt: skip


def _gender_rows(year: Year) -> Iterator[pd.DataFrame]:
    n = pupils_once(year.papers).sum() if year.papers else 0.0
    yield unit_rows(
        year.year, ALL_PAPERS, REGION, [REGION], "v_gap_gender", np.array([n]),
        np.array([np.nan]), method="v_gap_gender",
        source=OWN,
    )  # fmt: skip
