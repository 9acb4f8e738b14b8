"""The plan of independent observation and re-checking of one district for the next procedures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.measures.spike import expected_of
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.signs import load_signs
from msoko_analysis.stats.combination import smallest
from msoko_analysis.stats.observation_plan import (
    Reason,
    choose_visits,
    choose_works,
    probability_of_effect,
)

BLOCK = 5
"""Works are given out in blocks of so many: exact numbers at the cuts are small groups."""


@dataclass(frozen=True)
class PlannedVisit:
    """An observer at a school, and why."""

    school: str
    reason: Reason


@dataclass(frozen=True)
class PlannedRecheck:
    """So many works of a school and paper to be marked again, and why."""

    school: str
    paper: Paper
    works: int
    reason: Reason


@dataclass(frozen=True)
class ObservationPlan:
    """What the district's capacity is best spent on."""

    visits: tuple[PlannedVisit, ...]
    rechecks: tuple[PlannedRecheck, ...]


def plan_observation(
    run: RunParams, measures: pd.DataFrame, year: Year, district: str
) -> ObservationPlan | None:
    """The plan after the procedures of ``year``, None where the run has no capacity.

    ``measures`` of the whole region, for the probability of a school comes from all of them;
    ``year`` the papers that schools marked themselves. The same seed gives the same plan.
    """
    mine = year.schools.index[year.schools["municipality"] == district]
    if run.observation is None or mine.empty:
        return None
    rng = np.random.default_rng([run.seed, year.year, *district.encode()])
    now = measures[(measures["year"] == year.year) & (measures["subject"] == ALL_PAPERS.subject)]
    rules = {name: run.thresholds[f"observation_{name}"].value for name in ("least", "lot")}
    schools = year.schools.index
    # What a school does with its own marks is not seen by an observer.
    seen = [name for name, family in load_signs().families.items() if family.observed]
    p = np.stack([_of(now, f"family_{name}", "p", schools) for name in seen], axis=1)
    visits = choose_visits(
        probability_of_effect(smallest(p))[schools.get_indexer(mine)],
        np.zeros(len(mine)),
        mine.isin(run.observation.observed.get(year.year, ())),
        run.observation.observers,
        again=run.thresholds["observation_again"].value,
        **rules,
        rng=rng,
    )
    return ObservationPlan(
        tuple(PlannedVisit(mine[one.school], one.reason) for one in visits),
        tuple(_rechecks(run, now, year, mine, rules, rng)),
    )


def _rechecks(
    run: RunParams,
    now: pd.DataFrame,
    year: Year,
    mine: pd.Index,
    rules: dict[str, float],
    rng: np.random.Generator,
) -> Iterable[PlannedRecheck]:
    schools = year.schools.index
    places = schools.get_indexer(mine)
    cuts = [one.near_cuts() for one in year.papers]
    weight, own_shape = (
        np.nan_to_num(_of(now, name, "value", schools), nan=absent)
        for name, absent in (("spike_weight", 1.0), ("spike_own_shape", 0.0))
    )
    papers = [(one, list(at)) for one, at in zip(year.papers, cuts, strict=True) if at]
    if not papers:
        return

    def works(counts: Callable[..., np.ndarray]) -> np.ndarray:
        return np.stack([counts(one)[:, at].sum(axis=1) for one, at in papers], axis=1)

    chosen = choose_works(
        probability_of_effect(_of(now, "family_cuts", "p", schools))[places],
        works(lambda one: one.scores[places]),
        works(lambda one: expected_of(year, one, weight, own_shape > 0, places)),
        run.observation.works,
        **rules,
        block=BLOCK,
        rng=rng,
    )
    for one in chosen:
        yield PlannedRecheck(mine[one.school], papers[one.paper][0].paper, one.works, one.reason)


def _of(rows: pd.DataFrame, indicator: str, column: str, schools: pd.Index) -> np.ndarray:
    """A pooled measure of schools, nan where there is none."""
    mine = rows[(rows["indicator"] == indicator) & (rows["level"] == "school")]
    return mine.set_index("unit")[column].reindex(schools).to_numpy(dtype=float)
