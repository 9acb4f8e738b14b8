"""School marks against exam marks, paper by paper: what is lower, how far, and how much is level.

The official shares «понизили», «подтвердили», «повысили» are in
:mod:`msoko_analysis.measures.results`, the sign of a school over all its papers in
:mod:`msoko_analysis.measures.signs`. Raw shares and shifts mix marking with the level of pupils: a
mark below the exam's is likelier in a strong school. The gap sets both apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.stats import t as student

from msoko_analysis.measures.arrays import MARKS, PaperArrays, Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, percent_rows, school_rows, unit_rows
from msoko_analysis.measures.signs import alpha, enough_schools
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.cluster_means import cluster_means
from msoko_analysis.stats.combination import benjamini_hochberg
from msoko_analysis.stats.given_score import TaskCounts
from msoko_analysis.stats.mark_gap import MarkGap, compare_marks, mark_gap
from msoko_analysis.stats.wilson import share

FAR = 2
"""Marks between school and exam from which a difference is told apart (ФИОКО 2026, § 3, с. 11)."""
_APART = MARKS[:, None] - MARKS
_COUNTED = "counted"
_FIOKO = "fioko_2026"
_WILSON = "wilson"
_SHIFT = "mark_shift"
_GAP = "mark_gap"


def mark_rows(year: Year, tasks: Mapping[Paper, TaskCounts]) -> Iterator[pd.DataFrame]:
    """Rows of every paper with school marks, for schools, municipalities and the region.

    ``prior_far`` share of pupils, %, whose two marks differ by 2 or more; ``mark_shift`` mean of
    (school mark − exam mark), in marks; ``mark_gap_paper`` the same beyond what scores and the
    level of the school explain, where the tasks are known (:func:`mark_gap`), with p one-sided
    and q over the schools of the paper. For municipalities ``mark_shift`` and ``mark_gap_paper`` have
    p two-sided of the difference from the region and q over the papers of the municipality: the view
    by subject and grade. Papers without all marks 2…5 give ``mark_gap_paper`` only: a pass is not a
    mark to set a school mark beside. Over all papers: ``prior_lower``, ``prior_same``, ``prior_higher``,
    ``prior_far``, ``mark_shift``. ``n`` pupils with a school mark. Intervals of municipalities and of
    the region come from the spread between schools.
    """
    papers = [arrays for arrays in year.papers if arrays.pairs.any()]
    if not papers:
        return
    views: list[pd.DataFrame] = []
    for arrays in papers:
        known = arrays.paper in tasks and enough_schools(arrays.pairs.sum(axis=(1, 2)))
        gap = mark_gap(arrays.pairs, reliability=alpha(tasks[arrays.paper])) if known else None
        if arrays.fully_marked:
            yield from _far_rows(year, arrays.paper, *_far(arrays))
            yield _shift_of_schools(year, arrays.paper, [arrays])
            views.extend(_shift_of_groups(year, arrays.paper, [arrays]))
        if gap is not None:
            yield _gap_of_schools(year, arrays.paper, gap)
            views.extend(_gap_of_groups(year, arrays.paper, gap))
    if views:
        yield from _over_papers(pd.concat(views, ignore_index=True))
    if marked := [arrays for arrays in papers if arrays.fully_marked]:
        yield from _pooled(year, marked)


def _pooled(year: Year, papers: list[PaperArrays]) -> Iterator[pd.DataFrame]:
    """Counts over all papers: a pupil stands in them once for every paper."""
    compared = [compare_marks(one.mark_pairs(), MARKS) for one in papers]
    known = sum(one.pairs.sum(axis=(1, 2)) for one in papers)
    for way in ("lower", "same", "higher"):
        count = sum(getattr(one, way) for one in compared)
        yield from _share_rows(year, ALL_PAPERS, f"prior_{way}", count, known, _COUNTED)
    yield from _far_rows(year, ALL_PAPERS, sum(_far(one)[0] for one in papers), known)
    yield _shift_of_schools(year, ALL_PAPERS, papers)
    yield from _shift_of_groups(year, ALL_PAPERS, papers)


def _far(arrays: PaperArrays) -> tuple[np.ndarray, np.ndarray]:
    """Pupils whose two marks differ by :data:`FAR` or more, and with both (schools,)."""
    pairs = arrays.mark_pairs()
    return (pairs * (np.abs(_APART) >= FAR)).sum(axis=(1, 2)), pairs.sum(axis=(1, 2))


def _far_rows(year: Year, paper: Paper, count: np.ndarray, n: np.ndarray) -> Iterator[pd.DataFrame]:
    yield from _share_rows(year, paper, "prior_far", count, n, _FIOKO)


def _share_rows(
    year: Year, paper: Paper, indicator: str, count: np.ndarray, n: np.ndarray, source: str
) -> Iterator[pd.DataFrame]:
    estimate = share(count, n)
    low, high = estimate.interval()
    yield school_rows(
        year.year, paper, year.schools, indicator, n, 100 * estimate.value, count=count,
        low=100 * low, high=100 * high, method=_WILSON, source=source,
    )  # fmt: skip
    for level, group in _groupings(year):
        yield percent_rows(year.year, paper, level, group, indicator, count, n, source=source)


def _moments(papers: list[PaperArrays]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pupils, sum and sum of squares of (school mark − exam mark) over papers (schools,)."""
    n, total, squares = 0.0, 0.0, 0.0
    for arrays in papers:
        pairs = arrays.mark_pairs()
        n = n + pairs.sum(axis=(1, 2))
        total = total + (pairs * _APART).sum(axis=(1, 2))
        squares = squares + (pairs * _APART**2).sum(axis=(1, 2))
    return n, total, squares


def _shift_of_schools(year: Year, paper: Paper, papers: list[PaperArrays]) -> pd.DataFrame:
    """Mean shift of every school; interval by Student's t over its pupils, none for one pupil."""
    n, total, squares = _moments(papers)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / n
        variance = np.maximum(squares - n * mean**2, 0) / (n - 1)
        half = student.ppf(0.975, np.maximum(n - 1, 1)) * np.sqrt(variance / n)
    half = np.where(n > 1, half, np.nan)
    return school_rows(
        year.year, paper, year.schools, "mark_shift", n, mean, low=mean - half, high=mean + half,
        method=_SHIFT, source=_COUNTED,
    )  # fmt: skip


def _shift_of_groups(year: Year, paper: Paper, papers: list[PaperArrays]) -> Iterator[pd.DataFrame]:
    n, total, _ = _moments(papers)
    yield from _against_region(year, paper, "mark_shift", total, n, _SHIFT)


def _gap_of_schools(year: Year, paper: Paper, gap: MarkGap) -> pd.DataFrame:
    low, high = gap.interval()
    n = np.where(np.isfinite(gap.p), gap.n, 0)
    return school_rows(
        year.year, paper, year.schools, "mark_gap_paper", n, gap.gap, low=low, high=high, p=gap.p,
        q=benjamini_hochberg(gap.p), method=_GAP, source=_COUNTED,
    )  # fmt: skip


def _gap_of_groups(year: Year, paper: Paper, gap: MarkGap) -> Iterator[pd.DataFrame]:
    n = np.where(np.isfinite(gap.gap), gap.n, 0)
    yield from _against_region(year, paper, "mark_gap_paper", np.nan_to_num(gap.gap) * n, n, _GAP)


def _against_region(
    year: Year, paper: Paper, indicator: str, total: np.ndarray, n: np.ndarray, method: str
) -> Iterator[pd.DataFrame]:
    """Means of groups of schools, and p of the difference of each from the rest of the region."""
    for level, group in _groupings(year):
        means = cluster_means(total, n, group)
        low, high = means.interval()
        yield unit_rows(
            year.year, paper, level, means.units, indicator, means.n, means.mean, low=low,
            high=high, p=means.p, method=method, source=_COUNTED,
        )  # fmt: skip


def _over_papers(views: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of single papers with q of every municipality over its papers."""
    adjusted = views.groupby(["indicator", "level", "unit"])["p"].transform(
        lambda p: benjamini_hochberg(p.to_numpy(dtype=float))
    )
    yield views.assign(q=adjusted)


def _groupings(year: Year) -> Iterator[tuple[str, np.ndarray]]:
    yield "municipality", year.schools["municipality"].to_numpy()
    yield REGION, np.full(len(year.schools), REGION)
