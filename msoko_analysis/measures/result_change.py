"""Change of results against the year before, with an interval over schools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.equity_years import members, on_schools, papers_of_both
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, unit_rows
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.jackknife import JackknifeDifference, from_left_out

_METHOD = "mean_change+other_pupils"
_COUNTED = "counted"


def result_change_rows(year: Year, previous: Year) -> Iterator[pd.DataFrame]:
    """Measure mean_change: result of this year less the year before, in points of 100.

    For every paper with the same scale in both years and over all of them together (weights: works
    of this year), for municipalities and the region. n is the works of this year; the interval comes
    from leaving out one school of both years at a time, and is not known with fewer than three.
    """
    schools, home, same = papers_of_both(year, previous)
    if not same:
        return
    sides = [on_schools(one, schools) for one in (year, previous)]
    arrays = [[side.paper(paper) for paper in same] for side in sides]
    # (schools, years, papers)
    points = np.array([[_points(one) for one in side] for side in arrays]).transpose(2, 0, 1)
    works = np.array([[one.n for one in side] for side in arrays]).transpose(2, 0, 1)
    views = [(paper, [place]) for place, paper in enumerate(same)]
    for paper, places in (*views, (ALL_PAPERS, list(range(len(same))))):
        gained, wrote = points[..., places], works[..., places]
        found = {
            unit: (wrote[here, 0].sum(), change(gained[here], wrote[here]))
            for unit, here in members(home).items()
        }
        whole = {REGION: found.pop(REGION)}
        yield _rows(year.year, paper, "municipality", found)
        yield _rows(year.year, paper, REGION, whole)


def change(points: np.ndarray, works: np.ndarray) -> JackknifeDifference:
    """Change of the mean over papers, weighted by the works of this year.

    ``points``, ``works`` (schools, 2, papers): points as a share of the maximum and works, this year
    first. Papers that nobody wrote in one of the years are left out.

    >>> points = np.array([[[6.0], [5.0]], [[3.0], [3.0]], [[8.0], [6.0]]])
    >>> found = change(points, np.full((3, 2, 1), 10.0))
    >>> round(float(found.difference), 2), round(float(found.standard_error), 4)
    (10.0, 5.7735)
    """
    wrote = works.sum(axis=(1, 2)) > 0
    points, works = points[wrote], works[wrote]
    total, n = points.sum(axis=0), works.sum(axis=0)
    return from_left_out(_weighted(total, n), _weighted(total - points, n - works))


def _weighted(total: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Mean over papers of the change, in points of 100, from sums (…, 2, papers)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = 100 * total / n
        gap = mean[..., 0, :] - mean[..., 1, :]
        weight = np.where(np.isfinite(gap), n[..., 0, :], 0.0)
        return (np.nan_to_num(gap) * weight).sum(axis=-1) / weight.sum(axis=-1)


def _points(one: PaperArrays) -> np.ndarray:
    return one.scores @ np.arange(one.scores.shape[1]) / one.scale.max_primary


def _rows(
    year: int, paper: Paper, level: str, found: Mapping[str, tuple[float, JackknifeDifference]]
) -> pd.DataFrame:
    known = {unit: one for unit, one in found.items() if np.isfinite(one[1].difference)}
    value, low, high = (
        np.array([float(getattr(one, name)) for _, one in known.values()])
        for name in ("difference", "low", "high")
    )
    n = np.array([n for n, _ in known.values()])
    return unit_rows(
        year, paper, level, known, "mean_change", n, value, low=low, high=high, method=_METHOD,
        source=_COUNTED,
    )  # fmt: skip
