"""Measure of the level of schools (C2): context, never evidence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.stats.funnel import Funnel, funnel

_TYPE_GROUP = {"gymnasium": "selective", "lyceum": "selective"}
_SCHOOLS_IN_TYPE = 20


def level_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Measure level: mean standardised result over all papers, against schools of the same type.

    value is the distance from the expectation in pupil standard deviations, low and high its 95 %
    interval without the spread of schools, p two-sided with it. Standard errors count every pupil
    of
    a grade once, since the papers of one pupil are not independent.
    """
    result = level_funnel(year)
    if result is None:
        return
    model, schools, n = result
    distance = model.value - model.expected
    yield school_rows(
        year.year, ALL_PAPERS, schools, "level", n, distance,
        low=distance - 1.96 * model.standard_error, high=distance + 1.96 * model.standard_error,
        p=2 * norm.sf(np.abs(model.z)), method="воронка с избыточным разбросом по типу школы",
        source="Spiegelhalter 2005",
    )  # fmt: skip


def level_funnel(year: Year) -> tuple[Funnel, pd.DataFrame, np.ndarray] | None:
    """The funnel of a year, the schools in it and their pupils; None when there is no such school.

    A school whose type is rare in the region has nothing to be compared with and is left out:
    without
    regard to type the rule would fire on 15–31 % of honest gymnasiums (methods.md §3.2).
    """
    sums, papers, within, pupils = _standardised(year)
    types = year.schools["school_type"].astype(object).fillna("other")
    kind = types.map(lambda name: _TYPE_GROUP.get(name, name))
    common = kind.map(kind[papers > 0].value_counts()).fillna(0).to_numpy() >= _SCHOOLS_IN_TYPE
    judged = (papers > 0) & common
    if not judged.any():
        return None
    value = sums[judged] / papers[judged]
    expected = _mean_of_type(value, papers[judged], kind[judged].to_numpy())
    error = np.sqrt(within / pupils[judged])
    return funnel(value, expected, error), year.schools[judged], pupils[judged]


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
        standard = (score - mean) / spread
        mine = arrays.scores @ standard
        sums, papers = sums + mine, papers + arrays.n
        within += (total @ standard**2) - (mine**2 / np.maximum(arrays.n, 1)).sum()
        freedom += total.sum() - (arrays.n > 0).sum()
        key = (arrays.paper.procedure, arrays.paper.grade)
        by_grade[key] = np.maximum(by_grade.get(key, np.zeros(schools)), arrays.n)
    pupils = np.sum(list(by_grade.values()), axis=0) if by_grade else np.zeros(schools)
    return sums, papers, within / max(freedom, 1.0), pupils


def _mean_of_type(value: np.ndarray, weight: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Mean of the schools of the same type (schools,)."""
    _, index = np.unique(kind, return_inverse=True)
    return (np.bincount(index, value * weight) / np.bincount(index, weight))[index]
