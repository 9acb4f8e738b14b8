"""Our own signs: spike at mark cuts (C1) and level (C2)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params import Thresholds
from msoko_analysis.stats.funnel import Funnel, funnel
from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.reference import outside_municipality, smoothed_without_self
from msoko_analysis.stats.spike import PaperScores, SpikeTest, spike_test, usable_cuts

_OWN = "msoko_analysis: методика пакета"
_SPIKE = "наклонённый эталон, критерий счёта, седловая точка"
_SMOOTH = "эталон — гладкая кривая по остальным школам муниципалитета"
_OUTSIDE = "эталон — регион без своего муниципалитета"
# The size of an effect is worked out where a conclusion is possible, not for hundreds of clean
# schools.
_WORTH_SIZING = 0.10
# Power is stated for a half of the pupils within reach lifted, at one per cent: methods.md §3.11.
_STATED_SHARE, _STATED_ALPHA = 0.5, 0.01
_TYPE_GROUP = {"gymnasium": "selective", "lyceum": "selective"}
_SCHOOLS_IN_TYPE = 20


def spike_rows(year: Year, thresholds: Thresholds) -> Iterator[pd.DataFrame]:
    """Measures spike (per paper and pooled), spike_share, spike_pupils, spike_papers_needed.

    q is Benjamini–Hochberg over all schools of the region and year that were tested with enough
    pupils (docs/decisions/0003). Papers with a short scale or cuts too near its ends take no part.
    """
    usable = [(arrays, _paper_scores(year, arrays)) for arrays in year.papers]
    usable = [(arrays, scores) for arrays, scores in usable if scores.cuts]
    if not usable:
        return
    method = f"{_SPIKE}; {_OUTSIDE if _has_outside(year) else _SMOOTH}"
    for arrays, scores in usable:
        test = spike_test([scores])
        yield school_rows(
            year.year, arrays.paper, year.schools, "spike", test.n, test.z, p=test.p,
            method=method, source=_OWN,
        )  # fmt: skip
        yield from _cut_rows(year, arrays, scores.cuts)
    papers = [scores for _, scores in usable]
    test = spike_test(papers)
    enough = test.n >= thresholds["spike_min_tested"].value
    q = np.full(len(test.p), np.nan)
    if enough.any():
        q[enough] = false_discovery_control(test.p[enough])
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "spike", test.n, test.z, p=test.p, q=q,
        method=method, source=_OWN,
    )  # fmt: skip
    yield school_rows(
        year.year, ALL_PAPERS, year.schools, "spike_papers_needed", test.n,
        test.papers_needed(_STATED_SHARE, _STATED_ALPHA), method=_SPIKE, source=_OWN,
    )  # fmt: skip
    yield unit_rows(
        year.year, ALL_PAPERS, REGION, [REGION], "spike_median_z",
        np.array([enough.sum()]), np.array([_median_z(test.p[enough])]),
        method="медиана нормальных квантилей p", source=_OWN,
    )  # fmt: skip
    yield from _size_rows(year, papers, test, enough)


def _median_z(p: np.ndarray) -> float:
    """Median normal quantile of p: near zero when the reference is right, whatever the skewness of
    z.
    """
    return float(np.median(norm.isf(p))) if len(p) else float("nan")


def _size_rows(
    year: Year, papers: list[PaperScores], test: SpikeTest, enough: np.ndarray
) -> Iterator[pd.DataFrame]:
    worth = enough & (np.nan_to_num(test.p, nan=1.0) <= _WORTH_SIZING)
    if not worth.any():
        return
    some = [PaperScores(one.counts[worth], one.reference[worth], one.cuts) for one in papers]
    lifted = lifted_pupils(some)
    schools, n = year.schools[worth], test.n[worth]
    method = "наибольшее правдоподобие, профильный интервал 95 %"
    low, high = lifted.interval()
    yield school_rows(
        year.year, ALL_PAPERS, schools, "spike_share", n, 100 * lifted.share,
        low=100 * low, high=100 * high, method=method, source=_OWN,
    )  # fmt: skip
    low, high = lifted.pupils_interval()
    yield school_rows(
        year.year, ALL_PAPERS, schools, "spike_pupils", n, lifted.pupils,
        low=low, high=high, method=method, source=_OWN,
    )  # fmt: skip


def _has_outside(year: Year) -> bool:
    return year.schools["municipality"].nunique() > 1


def reference_of(year: Year, arrays: PaperArrays) -> np.ndarray:
    """What each school is compared with (schools × scores): region without its municipality, or the
    smoothed rest of the only municipality."""
    if _has_outside(year):
        return outside_municipality(arrays.scores, year.schools["municipality"].to_numpy())
    return smoothed_without_self(arrays.scores)


def _paper_scores(year: Year, arrays: PaperArrays) -> PaperScores:
    cuts = usable_cuts(arrays.scale.max_primary, arrays.scale.cuts)
    return PaperScores(arrays.scores, reference_of(year, arrays), cuts)


def _cut_rows(year: Year, arrays: PaperArrays, cuts: tuple[int, ...]) -> Iterator[pd.DataFrame]:
    """cut_ratio_3/4/5: pupils exactly at a cut per pupil one point below; n is both together."""
    municipality = year.schools["municipality"].to_numpy()
    units, index = np.unique(municipality, return_inverse=True)
    for mark, cut in zip((3, 4, 5), arrays.scale.cuts, strict=True):
        if cut not in cuts:
            continue
        for level, names, place in (
            ("municipality", units, index),
            (REGION, [REGION], np.zeros(len(municipality), dtype=int)),
        ):
            at = np.bincount(place, arrays.scores[:, cut], len(names))
            below = np.bincount(place, arrays.scores[:, cut - 1], len(names))
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = at / below
            yield unit_rows(
                year.year, arrays.paper, level, names, f"cut_ratio_{mark}", at + below, ratio,
                count=below, method="отношение числа работ", source=_OWN,
            )  # fmt: skip


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
    kind = year.schools["school_type"].map(lambda name: _TYPE_GROUP.get(name, name)).fillna("other")
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
