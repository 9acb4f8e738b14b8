"""Comparison of procedures: every link a school's papers of the year have to papers before them.

Links follow a cohort in one subject: ВПР to ВПР of the next grade, ВПР 8 to ОГЭ a year later, ОГЭ to
ЕГЭ two years later. What else is compared stands elsewhere: school marks in
:mod:`msoko_analysis.measures.marks`, official lists in :mod:`msoko_analysis.measures.markers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.measures.signs import enough_schools
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.combination import benjamini_hochberg
from msoko_analysis.stats.jump import Occasion, standardised
from msoko_analysis.stats.link import Link, link
from msoko_analysis.stats.pooling import pooled_z

_OWN = "own"
_HIGHEST = 100  # test score of ЕГЭ
# Years between the papers of a cohort; the earlier paper is the only one of its procedure.
_COHORT = {("VPR", "VPR"): 1, ("VPR", "OGE"): 1, ("OGE", "EGE"): 2}


@dataclass(frozen=True)
class Linked:
    """One link over ``schools``: the indicator, the later paper, and what came out."""

    indicator: str
    earlier: Paper
    years: int
    later: Paper
    result: Link


def earlier_paper(later: Paper) -> tuple[Paper, int] | None:
    """The paper that the cohort of ``later`` wrote before it, and how many years before.

    >>> earlier_paper(Paper("VPR", 5, "MA"))
    (Paper(procedure='VPR', grade=4, subject='MA'), 1)
    >>> earlier_paper(Paper("EGE", 11, "FI"))
    (Paper(procedure='OGE', grade=9, subject='FI'), 2)
    >>> earlier_paper(Paper("VPR", 4, "MA")) is None, earlier_paper(Paper("DIAG", 8, "MA")) is None
    (True, True)
    """
    before = {"VPR": "VPR", "OGE": "VPR", "EGE": "OGE"}.get(later.procedure)
    if before is None:
        return None
    years = _COHORT[before, later.procedure]
    grade = later.grade - years
    if grade < 4 or (before == "VPR" and grade > 8):
        return None
    return Paper(before, grade, later.subject), years


def score_counts(
    mark_pairs: pd.DataFrame, year: int, paper: Paper, schools: pd.Index, highest: int = _HIGHEST
) -> np.ndarray:
    """Pupils at every score 0…``highest`` (schools × scores) from the rows of the count table.

    For papers of ЕГЭ, which have no scale and so no place in a :class:`Year`; rows of schools that
    are not among ``schools`` and scores above ``highest`` are left out.
    """
    wanted = (mark_pairs["year"] == year) & (mark_pairs["score"] <= highest)
    for column, value in paper._asdict().items():
        wanted &= mark_pairs[column] == value
    rows = mark_pairs[wanted]
    place = schools.get_indexer(rows["school"])
    counts = np.zeros((len(schools), highest + 1))
    known = place >= 0
    score, n = rows["score"].to_numpy(dtype=int), rows["n"].to_numpy(dtype=float)
    np.add.at(counts, (place[known], score[known]), n[known])
    return counts


def linked_papers(
    year: int, years: Mapping[int, Year], mark_pairs: pd.DataFrame, schools: pd.DataFrame
) -> list[Linked]:
    """All links of the papers of a year that the data allow, in the order of procedure and grade.

    ``years`` the arrays of every year of the data; ``mark_pairs`` the count table, for ЕГЭ;
    ``schools`` indexed by school: the list over which the arrays of the result run. A link needs 30
    schools of ten pupils in both procedures.
    """
    papers = [one.paper for one in years[year].papers] if year in years else []
    ege = mark_pairs[(mark_pairs["year"] == year) & (mark_pairs["procedure"] == "EGE")]
    keys = ege[["grade", "subject"]].drop_duplicates().sort_values(["grade", "subject"])
    papers += [Paper("EGE", int(g), s) for g, s in keys.itertuples(index=False)]
    found = []
    for later in papers:
        known = earlier_paper(later)
        if known is None:
            continue
        earlier, apart = known
        before = _occasion(year - apart, earlier, years, mark_pairs, schools.index)
        after = _occasion(year, later, years, mark_pairs, schools.index)
        if before and after and enough_schools(np.minimum(before.n, after.n)):
            name = f"link_{earlier.procedure.lower()}"
            found.append(Linked(name, earlier, apart, later, link(before, after)))
    return found


def link_rows(year: Year, linked: list[Linked]) -> Iterator[pd.DataFrame]:
    """Rows of the links of a year, for schools; ``linked`` over ``year.schools``.

    ``link_vpr``, ``link_oge``: paper the later one, the name says the earlier procedure (its grade and
    year follow, and stand in the method). value the later mean above what the earlier one predicts,
    in pupil standard deviations of the region, low and high from the sampling of pupils, p two-sided
    with the drift of honest schools, q over all links of all schools of the year, n the pupils of the
    smaller of the two papers. ``link`` over all links of a school: value weighted by n, p of the pooled z.
    ``link_number``: how many links the school has.
    """
    every = [one.result.p for one in linked]
    q_of = np.split(benjamini_hochberg(np.concatenate(every)), len(every)) if linked else []
    for one, q in zip(linked, q_of, strict=True):
        result = one.result
        n = np.minimum(result.first.n, result.second.n)
        low, high = result.interval()
        yield school_rows(
            year.year, one.later, year.schools, one.indicator, np.where(np.isfinite(result.p), n, 0),
            result.effect, low=low, high=high, p=result.p, q=q,
            method=method(Step("link", (f"{one.earlier.code} {year.year - one.years}",))),
            source=_OWN,
        )  # fmt: skip
    if linked:
        yield from _pooled(year, linked)


def _pooled(year: Year, linked: list[Linked]) -> Iterator[pd.DataFrame]:
    z = np.stack([one.result.z for one in linked], axis=1)
    there = np.isfinite(z)
    n = np.stack([np.minimum(one.result.first.n, one.result.second.n) for one in linked], axis=1)
    n = np.where(there, n, 0.0)
    error = np.stack([one.result.standard_error for one in linked], axis=1)
    effect = np.stack([one.result.effect for one in linked], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = n / n.sum(axis=1, keepdims=True)
        value = np.where(there, weight * effect, 0.0).sum(axis=1)
        # Pupils are the same in the links of a cohort, so errors are taken as going together.
        half = 1.96 * np.where(there, weight * error, 0.0).sum(axis=1)
    pooled = pooled_z(z)
    p = np.minimum(1.0, 2 * np.minimum(pooled.p, 1 - pooled.p))
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "link", n.sum(axis=1), value, low=value - half,
        high=value + half, p=p, q=benjamini_hochberg(p),
        method="links_pooled", source=_OWN,
    )  # fmt: skip
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "link_number", n.sum(axis=1),
        there.sum(axis=1).astype(float), method="links_number", source=_OWN,
    )  # fmt: skip


def _occasion(
    year: int,
    paper: Paper,
    years: Mapping[int, Year],
    mark_pairs: pd.DataFrame,
    schools: pd.Index,
) -> Occasion | None:
    """A paper in regional pupil SD over ``schools``; None where the data do not have it."""
    if paper.procedure == "EGE":
        own = mark_pairs[(mark_pairs["year"] == year) & (mark_pairs["procedure"] == "EGE")]
        every = pd.Index(own["school"].unique())
        counts = score_counts(own, year, paper, every)
    else:
        arrays = years[year].paper(paper) if year in years else None
        if arrays is None:
            return None
        every, counts = years[year].schools.index, arrays.scores
    if not ((counts.sum(axis=1) > 1).any() and (counts.sum(axis=0) > 0).sum() > 1):
        return None
    # The region is all schools of the paper; only then are they put in the order asked for.
    whole = standardised(counts)
    place = every.get_indexer(schools)
    known = place >= 0
    mean, sd = (np.where(known, column[place], np.nan) for column in (whole.mean, whole.sd))
    return Occasion(mean, sd, np.where(known, whole.n[place], 0.0))
