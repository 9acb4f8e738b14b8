"""Measure of the level of schools (C2): context, never evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.stats.expectation import expectation
from msoko_analysis.stats.funnel import Funnel, funnel

_SELECTIVE = ("gymnasium", "lyceum")
# A group of schools under one condition must be so large to be compared inside.
_FEWEST = 20


def level_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Measure level: mean standardised result over all papers, against schools in like conditions.

    value is the distance from the expectation in pupil standard deviations, low and high its 95 %
    interval without the spread of schools, p two-sided with it. Standard errors count every pupil
    of a grade once, since the papers of one pupil are not independent. The method names the
    conditions that were known.
    """
    result = level_funnel(year)
    if result is None:
        return
    model, schools, n = result
    distance, half = model.value - model.expected, 1.96 * model.total_error
    yield school_rows(
        year.year, ALL_PAPERS, schools, "level", n, distance, low=distance - half,
        high=distance + half, p=2 * norm.sf(np.abs(model.z)),
        method=method(Step("level", conditions(schools, n).names)), source="funnel",
    )  # fmt: skip


def level_funnel(year: Year) -> tuple[Funnel, pd.DataFrame, np.ndarray] | None:
    """The funnel of a year, the schools in it and their pupils; None when there is no such school.

    The expectation of a school is a weighted regression over the other schools on what is known of
    them (:func:`conditions`). Selective schools, or all others, that are too few in the region have
    nothing to be compared with and are left out: without regard to selection the rule would fire on
    15–31 % of honest gymnasiums (methods.md §3.2).
    """
    sums, papers, within, pupils = _standardised(year)
    selective = year.schools["school_type"].isin(_SELECTIVE).to_numpy()
    like = np.where(selective, (papers > 0)[selective].sum(), (papers > 0)[~selective].sum())
    judged = (papers > 0) & (like >= _FEWEST)
    if not judged.any():
        return None
    value, schools, n = sums[judged] / papers[judged], year.schools[judged], pupils[judged]
    error = np.sqrt(within / n)
    others = expectation(value, error, conditions(schools, n).design)
    model = funnel(value, others.expected, error, expected_error=others.error)
    return model, schools, n


@dataclass(frozen=True)
class Conditions:
    """What is known of the schools: ``design`` (schools × terms), a column of ones first; names are
    codes of words in params/methods.yaml."""

    design: np.ndarray
    names: tuple[str, ...]


def conditions(schools: pd.DataFrame, wrote: np.ndarray) -> Conditions:
    """Selection, settlement and size of schools as the terms of a regression.

    Terms: gymnasium or lyceum; size of the settlement, or where it is known of fewer than half of
    the schools the kind of settlement, in groups of at least 20 schools; logarithm of the number of
    pupils. ``wrote`` (schools,) the pupils with results stand in, by their usual share, for a number
    of pupils that is not known. A condition that all schools share is no term.
    """
    selective = schools["school_type"].isin(_SELECTIVE).to_numpy(dtype=float)
    terms = [np.ones(len(schools))]
    names = ["school_type"] if schools["school_type"].notna().any() else []
    if 0 < selective.mean() < 1:
        terms.append(selective)
    for column in ("settlement_size", "location"):
        if schools[column].notna().mean() >= 0.5:
            group = _large_groups(schools[column])
            kinds = sorted(group.unique())[1:]
            terms += [(group == kind).to_numpy(dtype=float) for kind in kinds]
            names += [column] if kinds else []
            break
    size = np.log(_pupils(schools["pupils"], wrote))
    if np.ptp(size) > 0:
        terms, names = [*terms, size - size.mean()], [*names, "pupils"]
    return Conditions(np.column_stack(terms), tuple(names))


def _large_groups(labels: pd.Series) -> pd.Series:
    """Labels in groups of at least 20 schools (or one group of all).

    The lists number their categories from small to large, so a rare one joins its smaller
    neighbour; a school whose category is not known joins the most frequent one.
    """
    labels = labels.fillna(labels.mode().iloc[0]).astype(str)
    while True:
        sizes = labels.value_counts().sort_index()
        if len(sizes) == 1 or sizes.min() >= _FEWEST:
            return labels
        place = int(np.argmin(sizes.to_numpy()))
        beside = [one for one in (place - 1, place + 1) if 0 <= one < len(sizes)]
        joined = min(beside, key=lambda one: sizes.iloc[one])
        labels = labels.replace(sizes.index[place], sizes.index[joined])


def _pupils(pupils: pd.Series, wrote: np.ndarray) -> np.ndarray:
    """Pupils of the schools; from those who wrote, by the median ratio, where it is not known."""
    known = pupils.to_numpy(dtype=float)
    there = np.isfinite(known) & (known > 0)
    ratio = np.median(known[there] / wrote[there]) if there.any() else 1.0
    return np.where(there, known, ratio * wrote)


def _standardised(year: Year) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Sum of standardised scores, papers written, variance within schools, pupils (schools,)."""
    schools = len(year.schools)
    sums, papers, within, freedom = np.zeros(schools), np.zeros(schools), 0.0, 0.0
    by_grade: dict[tuple[str, int], np.ndarray] = {}
    for arrays in year.papers:
        score = np.arange(arrays.scores.shape[1])
        total = arrays.scores.sum(axis=0)
        mean = total @ score / total.sum()
        spread = np.sqrt(total @ (score - mean) ** 2 / total.sum())
        if spread == 0:  # one pupil, or one score for all: nothing is above or below
            continue
        standard = (score - mean) / spread
        mine = arrays.scores @ standard
        sums, papers = sums + mine, papers + arrays.n
        within += (total @ standard**2) - (mine**2 / np.maximum(arrays.n, 1)).sum()
        freedom += total.sum() - (arrays.n > 0).sum()
        key = (arrays.paper.procedure, arrays.paper.grade)
        by_grade[key] = np.maximum(by_grade.get(key, np.zeros(schools)), arrays.n)
    pupils = np.sum(list(by_grade.values()), axis=0) if by_grade else np.zeros(schools)
    return sums, papers, within / max(freedom, 1.0), pupils
