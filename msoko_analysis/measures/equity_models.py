"""П22, П23 and П24 of the region and its municipalities by every way of the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from msoko_analysis.measures.arrays import MARKS, PaperArrays, Year
from msoko_analysis.measures.equity_estimates import Estimate, without_each
from msoko_analysis.measures.equity_years import (
    members,
    on_schools,
    papers_of_both,
    pooled_means,
    pupils_once,
)
from msoko_analysis.measures.exams import ExamScores
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, listed_rows
from msoko_analysis.params.equity import EquityModel, EquityModels
from msoko_analysis.params.run import Thresholds
from msoko_analysis.rules.equity_models import PaperResults, SchoolResults, model_values

_SMOOTH = ("tails", "gini")
"""Formulas that leaving one school out gives an interval for: not quantiles and shares of schools."""


def model_rows(
    year: Year,
    previous: Year | None,
    thresholds: Thresholds,
    models: EquityModels,
    icc: Mapping[str, float],
    exams: Sequence[ExamScores] = (),
) -> Iterator[pd.DataFrame]:
    """Rows p22_…, p23_…, p24_… with the name of the way after it, in per cent, over all papers.

    ``icc`` the pooled between-school share by unit, for the way of П24 that needs it. П24 has an
    interval over schools where its formula is smooth in them, and ``…_change`` to the year before
    over the papers with the same scale. ``exams`` the papers of ЕГЭ with test scores: they count in
    П22 and П23, and not in П24, which compares schools by papers that all of them write.
    """
    rows = list(_rows(year, previous, models, icc, exams, thresholds["share_min_n"].value))
    if rows:
        yield listed_rows(rows)


def _rows(
    year: Year,
    previous: Year | None,
    models: EquityModels,
    icc: Mapping[str, float],
    exams: Sequence[ExamScores],
    fewest: float,
) -> Iterator[dict]:
    if not (year.marked or exams):
        return
    once = pupils_once((*year.marked, *exams))
    scaled = tuple(one for one in year.papers if one.scale.cuts)
    for unit, mine in members(year.schools["municipality"]).items():
        n = float(once[mine].sum())
        schools = _schools(scaled, mine, fewest, icc.get(unit, float("nan")))
        papers = [_results(one, mine) for one in year.marked]
        for exam in exams:
            least = exam.minimum.minimum if exam.minimum is not None else None
            papers.append(PaperResults("EGE", exam.scores[mine], least))
        for indicator in ("p22", "p23", "p24"):
            for one in model_values(models, indicator, papers, schools):
                if np.isfinite(one.value):
                    estimate = _estimate(one.model, schools.mean)
                    yield _row(year, unit, one.model, n, one.value, estimate, "")
    if previous is not None:
        yield from _change_rows(year, previous, models, fewest)


def _change_rows(year: Year, previous: Year, models: EquityModels, fewest: float) -> Iterator[dict]:
    schools, home, codes = papers_of_both(year, previous)
    if not codes:
        return
    now, before = (
        [arrays for arrays in on_schools(which, schools).papers if arrays.paper in codes]
        for which in (year, previous)
    )
    first, second = (pooled_means(tuple(papers), fewest) for papers in (before, now))
    once = np.minimum(pupils_once(tuple(before)), pupils_once(tuple(now)))
    for unit, mine in members(home).items():
        for model in models.of("p24"):
            estimates = [_estimate(model, np.where(mine, one, np.nan)) for one in (first, second)]
            if None not in estimates:
                change = estimates[1] - estimates[0]
                n = float(once[mine].sum())
                yield _row(year, unit, model, n, change.value, change, "_change")


def _results(arrays: PaperArrays, mine: np.ndarray) -> PaperResults:
    """Results on the paper's own scale, or on that of the marks where only they are told."""
    if arrays.given is not None:
        by_mark = np.pad(arrays.mark_counts()[mine], ((0, 0), (int(MARKS[0]), 0)))
        return PaperResults(arrays.paper.procedure, by_mark, MARKS[1], tuple(MARKS[1:]))
    cuts = arrays.scale.cuts
    return PaperResults(arrays.paper.procedure, arrays.scores[mine], cuts[0], tuple(cuts))


def _schools(
    papers: tuple[PaperArrays, ...], mine: np.ndarray, fewest: float, icc: float
) -> SchoolResults:
    """Mean results of the unit's schools, nan for others and where no paper has marks."""
    if not papers:
        unknown = np.full(len(mine), np.nan)
        return SchoolResults(unknown, unknown, icc)
    means = np.where(mine, pooled_means(papers, fewest), np.nan)
    n = np.column_stack([np.where(one.n >= fewest, one.n, 0.0) for one in papers])
    over = np.column_stack(
        [
            np.nan_to_num(one.mean_percent()) - 100 * one.scale.cuts[0] / one.scale.max_primary
            for one in papers
        ]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        above = (n * over).sum(axis=1) / n.sum(axis=1)
    return SchoolResults(means, np.where(mine, above, np.nan), icc)


def _estimate(model: EquityModel, means: np.ndarray) -> Estimate | None:
    """The value of a smooth way of П24 with its values without each school."""
    if model.formula not in _SMOOTH or not np.isfinite(means).any():
        return None
    only = EquityModels(models=(model,))

    def rows(several: np.ndarray) -> np.ndarray:
        results = (SchoolResults(one, one) for one in several)
        return np.array([model_values(only, "p24", (), one)[0].value for one in results])

    estimate = without_each(means, rows)
    return estimate if np.isfinite(estimate.value) else None


def _row(
    year: Year,
    unit: str,
    model: EquityModel,
    n: float,
    value: float,
    estimate: Estimate | None,
    ending: str,
) -> dict:
    error, freedom = estimate.error if estimate else (np.nan, np.nan)
    half = stdtrit(freedom, 0.975) * error
    return {
        "year": year.year, **ALL_PAPERS._asdict(),
        "level": REGION if unit == REGION else "municipality", "municipality": unit, "unit": unit,
        "indicator": f"{model.indicator}_{model.variant}{ending}", "n": n, "value": value,
        "low": value - half, "high": value + half, "source": model.source,
        "method": "equity_model",
    }  # fmt: skip
