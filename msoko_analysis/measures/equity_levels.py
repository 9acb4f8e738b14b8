"""Measures of equality of opportunity from counts of pupils by ordered levels alone.

The same measures as from scores as far as levels allow them: no spread of pupils, no indices of points,
and the result of a school is its share of a high result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from msoko_analysis.measures.equity_estimates import Estimate, school_estimates
from msoko_analysis.measures.equity_rows import (
    OWN,
    Fit,
    Groups,
    Measured,
    Value,
    changes,
    spread,
    value_rows,
)
from msoko_analysis.measures.equity_years import pupils_once
from msoko_analysis.measures.levels import PREFIX, LevelPaper, LevelYear, common_levels
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.run import Thresholds
from msoko_analysis.stats.gaps import v_gap_of_marks
from msoko_analysis.stats.interval_of_change import interval_of_change
from msoko_analysis.stats.isolation import isolation, isolation_without_each
from msoko_analysis.stats.ordered_probit import OrderedProbit, ordered_probit
from msoko_analysis.stats.shrunken_share import shrunken_share

METHOD = "by_levels"
"""The step that every measure made here names."""
_STEPS = {
    "icc": "level_icc",
    "isolation": "level_isolation",
    "isolation_highest": "level_isolation_highest",
    "school_gap_quarter": "level_gap_quarter",
    "school_gap_tenth": "level_gap_tenth",
    "school_p90_p10": "level_p90_p10",
    "v_gap_location": "level_v_gap_location",
    "v_gap_type": "level_v_gap_type",
}
_SHARES = {"highest_share": "highest", "lowest_share": "lowest"}
_RATIO = "school_ratio"
"""Ratios of shares only follow how many pupils are on the level: no measure of inequality."""
_FEWEST_OF_LIKENESS = 10
"""Schools from which on the likeness of two years is estimated; with fewer they count as unlike."""


def equity_level_rows(
    year: LevelYear, previous: LevelYear | None, thresholds: Thresholds
) -> Iterator[pd.DataFrame]:
    """Rows of the long table for the region and every municipality, by paper and over all papers.

    Measures: icc with the profile interval of the ordered probit, isolation of the pupils on level 1
    where that is counted, isolation_highest, gaps of the schools' shares of a high result,
    v_gap_location, v_gap_type. ``…_change`` is the change to the year before, both years taken on the
    levels that both count; that of the share between schools has an interval from those of the years,
    the others from leaving a school out of both years at once. ``level_share_…_change`` of the
    shares of levels, by paper. School rows: highest_share and lowest_share over all papers, drawn
    towards the usual share of the region.
    """
    fewest = thresholds["share_min_n"].value
    yield from _share_rows(year)
    now = _measured(year.papers, year.schools, year.schools["municipality"], fewest)
    values = now.over(now.papers)
    shown = {key: one for key, one in values.items() if not key[2].startswith((PREFIX, _RATIO))}
    yield value_rows(year.year, shown, _method)
    if previous is not None:
        yield from _change_rows(year, previous, fewest)


def _change_rows(year: LevelYear, previous: LevelYear, fewest: float) -> Iterator[pd.DataFrame]:
    schools = year.schools.index.union(previous.schools.index)
    home = year.schools["municipality"].reindex(schools)
    home = home.fillna(previous.schools["municipality"].reindex(schools))
    sides = [one.on_schools(schools) for one in (year, previous)]
    both = {one.paper: common_levels(one, previous.paper(one.paper)) for one in year.papers}
    same = {paper: levels for paper, levels in both.items() if levels}
    if not same:
        return
    now, before = (
        _measured(
            tuple(
                one.on_levels(same[one.paper]) for one in side.papers if one.paper in same
            ),
            side.schools, home, fewest,
        )
        for side in sides
    )  # fmt: skip
    found = changes(now.over(now.papers), before.over(before.papers), _change_of_share)
    shown = {key: one for key, one in found.items() if not key[2].startswith(_RATIO)}
    yield value_rows(year.year, shown, _method)


def _measured(
    papers: tuple[LevelPaper, ...], schools: pd.DataFrame, home: pd.Series, fewest: float
) -> Measured:
    def measure(paper: LevelPaper, mine: np.ndarray, groups: Groups) -> Iterator[tuple[str, Value]]:
        return _of_paper(paper, mine, groups, fewest)

    return Measured.of(papers, schools, home, fewest, measure)


def _of_paper(
    paper: LevelPaper, mine: np.ndarray, groups: Groups, fewest: float
) -> Iterator[tuple[str, Value]]:
    """Measures of one paper in one unit, left-out values spread over all schools of the year."""
    there = mine & (paper.n > 0)
    if there.sum() < 2:
        return
    counts, pupils = paper.counts[there], paper.n[there]
    n = float(pupils.sum())
    for name, estimate in _pupil_estimates(paper, there).items():
        yield name, Value(spread(estimate, there), n)
    judged = np.where(mine & (paper.n >= fewest), paper.mean_percent(), np.nan)
    for name, estimate in school_estimates(judged).items():
        yield name, Value(estimate, n)
    fit = _fit(counts.shape, counts.tobytes())
    if np.isfinite(fit.icc):
        everybody = np.ones(len(counts), dtype=bool)
        estimate = Estimate(fit.icc, fit.without_each_school(), everybody)
        yield "icc", Value(spread(estimate, there), n, _Probit(fit))
    for name, (first, second) in groups.items():
        gap = _group_estimate(counts, first[there], second[there])
        if gap is not None:
            yield name, Value(spread(gap, there), n)


@lru_cache(maxsize=4096)
def _fit(shape: tuple[int, int], counts: bytes) -> OrderedProbit:
    """A year is fitted as this year and again as the year before of the next one."""
    return ordered_probit(np.frombuffer(counts, dtype=float).reshape(shape))


@dataclass(frozen=True)
class _Probit:
    """The fit of one unit; its interval is worked out once."""

    fit: OrderedProbit

    def interval(self) -> tuple[float, float]:
        return _interval(self.fit.counts.shape, self.fit.counts.tobytes())


@lru_cache(maxsize=4096)
def _interval(shape: tuple[int, int], counts: bytes) -> tuple[float, float]:
    return _fit(shape, counts).interval()


@dataclass(frozen=True)
class _Change:
    """The change of a share between two fits."""

    now: Value
    before: Value

    def interval(self) -> tuple[float, float]:
        return interval_of_change(
            (self.before.estimate.value, *self.before.ends),
            (self.now.estimate.value, *self.now.ends),
            _likeness(self.now.estimate, self.before.estimate),
        )


def _change_of_share(now: Value, before: Value) -> Fit | None:
    known = isinstance(now.fit, _Probit) and isinstance(before.fit, _Probit)
    return _Change(now, before) if known else None


def _likeness(now: Estimate, before: Estimate) -> float:
    """Correlation of the errors of two years, from what leaving a school out does to either."""
    both = now.there & before.there
    if both.sum() < _FEWEST_OF_LIKENESS:
        return 0.0
    either = now.there | before.there
    one, other = now.left_out[either], before.left_out[either]
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    return float(np.clip(np.corrcoef(one, other)[0, 1], 0.0, 1.0))


def _pupil_estimates(paper: LevelPaper, there: np.ndarray) -> dict[str, Estimate]:
    """Isolation of the ends and the shares of all levels, with their values without each school."""
    counts, n = paper.counts[there], paper.n[there]
    schools = np.ones(len(n), dtype=bool)
    ends = {"isolation_highest": paper.highest[there]}
    if paper.lowest is not None:
        ends["isolation"] = paper.lowest[there]
    found = {
        name: Estimate(
            float(isolation(part, n).excess), isolation_without_each(part, n).excess, schools
        )
        for name, part in ends.items()
    }
    for place, level in enumerate(paper.levels):
        part = counts[:, place]
        with np.errstate(invalid="ignore", divide="ignore"):
            rest = 100 * (part.sum() - part) / (n.sum() - n)
        share = Estimate(float(100 * part.sum() / n.sum()), rest, schools)
        found[f"{PREFIX}{level}"] = share
    return {name: one for name, one in found.items() if np.isfinite(one.value)}


def _group_estimate(counts: np.ndarray, first: np.ndarray, second: np.ndarray) -> Estimate | None:
    """V-gap of two groups of schools; None where it has no value."""
    one, other = counts * first[:, None], counts * second[:, None]
    sizes = [int((part.sum(axis=1) > 0).sum()) for part in (one, other)]
    if min(sizes) == 0:
        return None
    whole = one.sum(axis=0), other.sum(axis=0)
    value = _gaps(*whole)
    if not np.isfinite(value):
        return None
    left_out = _gaps(whole[0] - one, whole[1] - other)
    return Estimate(float(value), left_out, first | second, float(min(sizes) - 1))


def _gaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """V-gaps (…,) of pairs of groups (…, levels), nan where one has nobody on a level: with gaps it
    rests on guesses."""
    full = (one > 0).all(axis=-1) & (other > 0).all(axis=-1)
    gaps = np.full(full.shape, np.nan)
    gaps[full] = v_gap_of_marks(one[full], other[full])
    return gaps


def _share_rows(year: LevelYear) -> Iterator[pd.DataFrame]:
    """Shares of the ends over all papers of every school, drawn towards the region's usual share."""
    once = pupils_once(year.papers)
    for name, where in _SHARES.items():
        parts = [
            (one.highest if name == "highest_share" else one.lowest, one.n) for one in year.papers
        ]
        parts = [(part, n) for part, n in parts if part is not None]
        if not parts:
            continue
        part, n = (np.sum([pair[place] for pair in parts], axis=0) for place in (0, 1))
        # Papers of one pupil are not independent: each pupil of a grade counts once.
        pupils = np.minimum(once, n)
        result = shrunken_share(part * pupils / np.maximum(n, 1), pupils)
        if np.isfinite(result.mean):
            low, high = result.interval()
            yield school_rows(
                year.year, ALL_PAPERS, year.schools, name, pupils, 100 * result.value,
                count=np.round(result.count), low=100 * low, high=100 * high, source=OWN,
                method=method(Step("level_low_share", (where,))),
            )  # fmt: skip
            yield unit_rows(
                year.year, ALL_PAPERS, REGION, [REGION], name, np.array([pupils.sum()]),
                np.array([100 * part.sum() / n.sum()]), source=OWN,
                method=method(Step("level_end", (where,))),
            )  # fmt: skip


def _method(name: str, own_interval: bool) -> str:
    measure = name.removesuffix("_change")
    steps = [_STEPS.get(measure, "level_part"), METHOD]
    if not own_interval and measure != "school_p90_p10":
        steps.append("jackknife")
    if name != measure:
        steps.append("same_levels")
    return method(*steps)
