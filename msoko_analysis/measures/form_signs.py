"""The one sign that forms of ФИС ОКО allow: school marks against exam marks, from counts (check C4).

A spike can not be seen in counts of marks, nor homogeneity, tasks or likeness of answers; a level
is told by the shares themselves. All that is left is whether more pupils than usual at schools of
such results were given a higher mark by the school than by the exam.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.measures.aggregates import METHOD, placed
from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.measures.signs import combined_rows, enough_schools
from msoko_analysis.params.methods import method
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.combination import benjamini_hochberg
from msoko_analysis.stats.mark_gap_comparison import MarkGapOfComparison, mark_gap_of_comparison
from msoko_analysis.stats.pooling import pooled_z

_METHOD = method(METHOD, "forms_mark_gap")
_SIDES = ["lower", "same", "higher"]
_PAPER = ["procedure", "grade", "subject"]
_CONFIDENCE = 0.95


def form_sign_rows(
    mark_statistics: pd.DataFrame,
    mark_vs_prior: pd.DataFrame,
    places: Places,
    papers: set[Paper],
    pupils: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    """Measures mark_gap, signs and family_marks of schools of which there are only forms.

    ``mark_gap`` in marks over the papers whose two forms list at least 30 schools of ten pupils;
    ``pupils`` the measures of pupils' results: a school with signs of its own there is judged by them
    alone. q over all schools of the region's forms. Arguments else as in
    :func:`msoko_analysis.measures.aggregates.aggregate_rows`.
    """
    if mark_statistics.empty or mark_vs_prior.empty:
        return
    both = _of_schools(mark_statistics, mark_vs_prior, places, papers)
    judged = pupils[pupils["indicator"].eq("signs") & pupils["level"].eq("school")]
    for number, rows in both.groupby("year"):
        schools = rows.drop_duplicates("unit").set_index("unit")[["municipality"]].sort_index()
        gaps = [
            gap
            for _, paper in rows.groupby(_PAPER)
            if enough_schools(paper[_SIDES].sum(axis=1).to_numpy())
            for gap in [_gap(paper.set_index("unit").reindex(schools.index))]
        ]
        known = set(judged.loc[judged["year"] == number, "unit"])
        for part in _rows(Year(int(number), schools, ()), gaps) if gaps else ():
            yield part[~part["unit"].isin(known)]


def _of_schools(
    mark_statistics: pd.DataFrame, mark_vs_prior: pd.DataFrame, places: Places, papers: set[Paper]
) -> pd.DataFrame:
    """Schools that stand in both forms of a paper, one row each."""
    keys = ["year", *_PAPER, "municipality", "unit"]
    forms = (placed(form, places, papers) for form in (mark_statistics, mark_vs_prior))
    marks, sides = (form[form["level"] == "school"].drop_duplicates(keys) for form in forms)
    shares = ["share_2", "share_4", "share_5"]
    both = marks[[*keys, "n", *shares]].merge(sides[[*keys, *_SIDES]], on=keys)
    return both.dropna(subset=["n", *shares, *_SIDES])


def _gap(paper: pd.DataFrame) -> MarkGapOfComparison:
    """One paper, rows as the schools of the year; a school without it has no pupils."""
    two, four, five = (paper[f"share_{mark}"] / 100 for mark in (2, 4, 5))
    shares = np.stack([two, (1 - two - four - five).clip(lower=0), four, five], axis=1)
    marks = paper["n"].to_numpy(dtype=float)[:, None] * shares
    sides = paper[_SIDES].to_numpy(dtype=float)
    return mark_gap_of_comparison(np.nan_to_num(sides), np.nan_to_num(marks))


def _rows(year: Year, gaps: list[MarkGapOfComparison]) -> Iterator[pd.DataFrame]:
    def columns(of: str) -> np.ndarray:
        return np.stack([getattr(one, of) for one in gaps], axis=1)

    z, gap = columns("z"), columns("gap")
    n = np.where(np.isfinite(z), columns("n"), 0.0)
    works = n.sum(axis=1)
    errors = np.stack([one.curve.rest.standard_error for one in gaps], axis=1)
    with np.errstate(invalid="ignore"):
        mean = np.where(n > 0, gap * n, 0.0).sum(axis=1) / works
        error = np.sqrt(np.where(n > 0, (errors * n) ** 2, 0.0).sum(axis=1)) / works
    half = norm.isf((1 - _CONFIDENCE) / 2) * error
    p = pooled_z(z).p
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "mark_gap", works, mean, low=mean - half,
        high=mean + half, p=p, q=benjamini_hochberg(p), method=_METHOD,
        source="forms",
    )  # fmt: skip
    yield from combined_rows(year, works, {"mark_gap": p})
