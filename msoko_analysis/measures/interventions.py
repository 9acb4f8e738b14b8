"""Whether measures given to schools worked: results of schools that got one against comparable ones.

The table of measures keeps the contract ``school_measures``. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from msoko_analysis.errors import StatsInputError
from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.outcomes import Outcome, school_outcome
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.effect import (
    FEWEST,
    Effect,
    baseline_adjusted,
    difference_in_differences,
    event_study,
    permutation_p,
    smallest_detectable,
)
from msoko_analysis.stats.overdispersion import overdispersion

FEW_TREATED = 10  # below it the choice of schools is also dealt out anew by chance


@dataclass(frozen=True)
class SchoolResults:
    """What an effect is estimated from; rows of all arrays are the schools compared.

    ``school`` codes; ``stratum`` type and location; ``treated`` bool; ``outcome`` (schools × years),
    nan without a result, ``years`` of its columns; ``before`` the index of the last year before the
    measure, the year after it follows; ``error`` (schools,) sampling error of the outcome of that
    year; ``placebo`` (schools × 2) before and after in papers the measure is not about, nan without,
    ``placebo_error`` (schools,) sampling error of the first.
    """

    school: np.ndarray
    stratum: np.ndarray
    treated: np.ndarray
    outcome: np.ndarray
    years: tuple[int, ...]
    before: int
    error: np.ndarray
    placebo: np.ndarray
    placebo_error: np.ndarray

    def __post_init__(self) -> None:
        rows = {len(one) for one in (self.school, self.stratum, self.treated, self.outcome)}
        if len(rows | {len(self.error), len(self.placebo), len(self.placebo_error)}) > 1:
            raise StatsInputError("all columns of the results must have one row a school")
        if not 0 <= self.before < self.outcome.shape[1] - 1 or len(self.years) < 2:
            raise StatsInputError("there must be a year before the measure and one after")

    @property
    def covariates(self) -> np.ndarray:
        """One column of 0 and 1 for every stratum but the first (schools × strata − 1)."""
        names = np.unique(self.stratum.astype(str))
        return (self.stratum.astype(str)[:, None] == names[1:]).astype(float)


@dataclass(frozen=True)
class Power:
    """What could be seen: ``deviation`` SD of the changes of compared schools, ``during`` whether over
    the measure's own year, for want of an earlier one; ``smallest`` effect found in 80 of 100 cases.
    """

    deviation: float
    during: bool
    smallest: float


@dataclass(frozen=True)
class MeasureEffect:
    """Effect of one measure on one outcome, with all that it was computed from.

    ``adjusted`` effect at the same earlier result (the main one: schools are mostly chosen for a low
    result, and such schools rise by themselves), ``difference`` in differences; ``placebo_time`` the
    "effect" on the year before the measure, ``placebo_outcome`` on other papers; ``study`` by year.
    None where there are too few schools or no such data. ``permutation`` p of the adjusted effect
    where few were treated, else nan. Effects are in units of the outcome: SD of pupils of the region,
    or percentage points of mark 2. ``left_out`` counts of schools by reason.
    """

    measure: str
    title: str
    direction: str
    outcome: Outcome
    papers: tuple[Paper, ...]
    placebo_papers: tuple[Paper, ...]
    results: SchoolResults
    power: Power | None
    adjusted: Effect | None
    difference: Effect | None
    placebo_time: Effect | None
    placebo_outcome: Effect | None
    study: Mapping[int, Effect | None]
    permutation: float
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def treated(self) -> int:
        """Schools with the measure and results before and after it."""
        return int((self.results.treated & self._known).sum())

    @property
    def compared(self) -> int:
        """Comparable schools without it, with results before and after."""
        return int((~self.results.treated & self._known).sum())

    @property
    def _known(self) -> np.ndarray:
        place = self.results.before
        return np.isfinite(self.results.outcome[:, place : place + 2]).all(axis=1)


def measure_effects(
    measures: pd.DataFrame,
    years: Sequence[Year],
    papers: Sequence[Paper],
    *,
    outcome: Outcome = "mean",
    placebo_papers: Sequence[Paper] = (),
    rng: np.random.Generator,
) -> tuple[MeasureEffect, ...]:
    """Effect of every measure of every year that has results before and after it.

    Parameters
    ----------
    measures : columns of the contract ``school_measures``
    years : results of the region's schools; the year of the measure and the next must be there
    papers : the papers the measures are about, pooled by pupils
    outcome : mean in SD of pupils around the region's, or share of mark 2 in per cent
    placebo_papers : papers they are not about
    rng : for the choice dealt out anew

    Returns
    -------
    One MeasureEffect for every measure and year with a year after it, in the order of the table.
    Compared are schools of the type and location of a treated one that got no measure at all in that
    year and not this one before; a school that had the measure before is not counted as treated.

    >>> none = pd.DataFrame(columns=["year", "school", "measure"])
    >>> measure_effects(none, [], [], rng=np.random.default_rng(1))
    ()
    """
    by_year = {year.year: year for year in years}
    found = []
    for (year, measure), rows in measures.groupby(["year", "measure"], sort=False):
        if int(year) in by_year and int(year) + 1 in by_year:
            results, left_out = _results(
                measures, rows, by_year, int(year), tuple(papers), outcome, tuple(placebo_papers)
            )
            found.append(
                estimate(
                    results, measure=str(measure), title=_first(rows, "title") or str(measure),
                    direction=_first(rows, "direction"), outcome=outcome, papers=tuple(papers),
                    placebo_papers=tuple(placebo_papers), left_out=left_out, rng=rng,
                )
            )  # fmt: skip
    return tuple(found)


def _first(rows: pd.DataFrame, column: str) -> str:
    """The first filled cell of a column, "" without one."""
    filled = rows[column].dropna() if column in rows else ()
    return str(filled.iloc[0]) if len(filled) else ""


def _results(
    measures: pd.DataFrame,
    rows: pd.DataFrame,
    years: Mapping[int, Year],
    year: int,
    papers: tuple[Paper, ...],
    outcome: Outcome,
    placebo_papers: tuple[Paper, ...],
) -> tuple[SchoolResults, dict[str, int]]:
    """The comparable schools of one measure, and how many were left out for which reason."""
    schools = years[year].schools
    same = measures["measure"] == rows["measure"].iloc[0]
    earlier = set(measures[same & (measures["year"] < year)]["school"])
    any_measure = set(measures[measures["year"] == year]["school"])
    given = set(rows["school"])
    stratum = schools["school_type"].fillna("").str.cat(schools["location"].fillna(""), sep=" · ")
    chosen = schools.index.isin(given - earlier)
    free = ~schools.index.isin(any_measure | earlier)
    alike = stratum.isin(stratum[chosen]) & stratum.isin(stratum[free])
    left_out = {
        "without_results": len(given - set(schools.index)),
        "had_it_before": len(given & earlier),
        "nothing_comparable": int((chosen & ~alike).sum()),
        "other_measure": int((~chosen & ~free & ~schools.index.isin(earlier)).sum()),
    }
    kept = schools.index[(chosen | free) & alike]
    listed = tuple(sorted(years))
    tables = [school_outcome(years[one], papers, outcome).reindex(kept) for one in listed]
    placebo = [
        school_outcome(years[one], placebo_papers, outcome).reindex(kept)
        for one in (year, year + 1)
    ]
    place = listed.index(year)
    return SchoolResults(
        kept.to_numpy(), stratum[kept].to_numpy(), np.isin(kept, list(given - earlier)),
        np.column_stack([one["value"] for one in tables]), listed, place,
        tables[place]["error"].to_numpy(),
        np.column_stack([one["value"] for one in placebo]), placebo[0]["error"].to_numpy(),
    ), left_out  # fmt: skip


def estimate(
    results: SchoolResults,
    *,
    measure: str,
    title: str = "",
    direction: str = "",
    outcome: Outcome = "mean",
    papers: tuple[Paper, ...] = (),
    placebo_papers: tuple[Paper, ...] = (),
    left_out: Mapping[str, int] | None = None,
    rng: np.random.Generator,
    rounds: int = 9999,
) -> MeasureEffect:
    """All estimates of one measure; power first.

    The placebo in time is the adjusted estimate with the year before in the place of the year after:
    at the same result of the measure's year the two groups must not differ a year earlier either. It
    holds for schools chosen by that result, where an ordinary placebo in time fails by itself. The
    placebo in other papers is adjusted for the earlier result of both. The permutation deals out the
    measure among what the earlier result and the stratum leave unexplained.

    >>> rng = np.random.default_rng(2)
    >>> level = rng.normal(0, 0.4, 60)
    >>> outcome = level[:, None] + rng.normal(0, 0.15, (60, 3))
    >>> treated = np.arange(60) < 20
    >>> outcome[treated, 2] += 0.5
    >>> results = SchoolResults(
    ...     np.arange(60), np.full(60, ""), treated, outcome, (2024, 2025, 2026), 1,
    ...     np.full(60, 0.1), np.full((60, 2), np.nan), np.full(60, np.nan))
    >>> found = estimate(results, measure="наставник", rng=rng)
    >>> bool(0.3 < found.adjusted.estimate < 0.7), found.adjusted.p < 0.001
    (True, True)
    """
    before, after = results.outcome[:, results.before], results.outcome[:, results.before + 1]
    earlier = results.outcome[:, results.before - 1] if results.before else None
    adjusted = _tried(lambda: _adjusted(results, after))
    known = np.isfinite(before) & np.isfinite(after)
    chosen = int((results.treated & known).sum())
    few = adjusted is not None and chosen < FEW_TREATED
    return MeasureEffect(
        measure, title or measure, direction, outcome, papers, placebo_papers, results,
        power=_power(results),
        adjusted=adjusted,
        difference=_tried(lambda: difference_in_differences(before, after, results.treated)),
        placebo_time=None if earlier is None else _tried(lambda: _adjusted(results, earlier)),
        placebo_outcome=_tried(lambda: _other_papers(results)),
        study=_study(results),
        permutation=_permuted(results, after, rng, rounds) if few else float("nan"),
        left_out=dict(left_out or {}),
    )  # fmt: skip


def _tried(compute: Callable[[], Effect]) -> Effect | None:
    """The estimate, None where there are too few schools for it."""
    try:
        return compute()
    except StatsInputError:
        return None


def _adjusted(results: SchoolResults, after: np.ndarray) -> Effect:
    return baseline_adjusted(
        results.outcome[:, results.before], after, results.treated,
        sampling_error=results.error, covariates=results.covariates,
    )  # fmt: skip


def _other_papers(results: SchoolResults) -> Effect:
    covariates = np.column_stack([results.covariates, _expected(results)])
    return baseline_adjusted(
        results.placebo[:, 0], results.placebo[:, 1], results.treated,
        sampling_error=results.placebo_error, covariates=covariates,
    )  # fmt: skip


def _expected(results: SchoolResults) -> np.ndarray:
    """The earlier result drawn to the mean by its reliability."""
    return overdispersion(results.outcome[:, results.before], results.error, cut=np.inf).shrunk


def _power(results: SchoolResults) -> Power | None:
    """From changes before the measure; from the measure's own year only for want of them."""
    place, free = results.before, ~results.treated
    change = np.diff(results.outcome, axis=1)
    known = np.isfinite(change[:, place])
    during = place == 0 or np.isfinite(change[free, place - 1]).sum() <= FEWEST
    seen = change[free, place if during else place - 1]
    seen = seen[np.isfinite(seen)]
    if len(seen) <= FEWEST or not seen.std() > 0:
        return None
    deviation = float(seen.std(ddof=1))
    sides = int((results.treated & known).sum()), int((free & known).sum())
    if min(sides) < FEWEST:
        return None
    alone = smallest_detectable(deviation, *sides)
    return Power(deviation, bool(during), alone * _price_of_adjusting(results, known))


def _price_of_adjusting(results: SchoolResults, known: np.ndarray) -> float:
    """How much wider the adjusted effect is for treated schools not being spread over the baseline.

    √(Σ(t − t̄)²/Σ(t − t̂)²), t̂ the choice fitted by the earlier result and the stratum.
    """
    columns = _columns(results)
    known = known & np.isfinite(columns).all(axis=1)
    chosen, columns = results.treated[known].astype(float), columns[known]
    rest = chosen - columns @ np.linalg.lstsq(columns, chosen, rcond=None)[0]
    left = (rest**2).sum()
    return float(np.sqrt(((chosen - chosen.mean()) ** 2).sum() / left)) if left > 1e-9 else 1.0


def _columns(results: SchoolResults) -> np.ndarray:
    """What the choice and the later result are explained by besides the measure."""
    return np.column_stack([np.ones(len(results.treated)), results.covariates, _expected(results)])


def _study(results: SchoolResults) -> dict[int, Effect | None]:
    """Differences of every year against the last before; {} with two years or too few schools."""
    if len(results.years) == 2:
        return {}
    try:
        found = event_study(results.outcome, results.treated, reference=results.before)
    except StatsInputError:
        return {}
    return dict(zip(results.years, found, strict=True))


def _permuted(
    results: SchoolResults, after: np.ndarray, rng: np.random.Generator, rounds: int
) -> float:
    """p of the adjusted effect when the measure is dealt out anew."""
    columns = _columns(results)
    known = np.isfinite(after) & np.isfinite(columns).all(axis=1)
    fitted = columns[known] @ np.linalg.lstsq(columns[known], after[known], rcond=None)[0]
    return permutation_p(fitted, after[known], results.treated[known], rng=rng, rounds=rounds)
