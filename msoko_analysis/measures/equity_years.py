"""Schools and papers of one year or two side by side, as the measures of equity need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.results import REGION
from msoko_analysis.params.scales import Paper


class PaperOfSchools(Protocol):
    """A paper over the schools of a year: pupils ``n`` (schools,) and their mean result."""

    @property
    def paper(self) -> Paper: ...

    @property
    def n(self) -> np.ndarray: ...

    def mean_percent(self) -> np.ndarray: ...


def members(municipality: pd.Series) -> dict[str, np.ndarray]:
    """Schools (schools,) bool of the region and of every municipality, by name."""
    names = municipality.to_numpy()
    everybody = {REGION: np.ones(len(names), dtype=bool)}
    return everybody | {name: names == name for name in np.unique(names)}


def pooled_means(papers: Sequence[PaperOfSchools], fewest: float) -> np.ndarray:
    """Mean result of every school over its papers in per cent of the maximum (schools,).

    Each paper is taken as the distance from the region's mean of that paper, since schools did not
    all write the same ones; the region's mean over papers is added again. Weights are participants;
    papers with fewer than ``fewest`` in the school are left out, a school without any is nan.
    """
    if not papers:
        return np.zeros(0)
    n = np.column_stack([np.where(one.n >= fewest, one.n, 0.0) for one in papers])
    mean = np.nan_to_num(np.column_stack([one.mean_percent() for one in papers]))
    whole = np.array([one.n.sum() for one in papers])
    total = np.array([one.n @ np.nan_to_num(one.mean_percent()) for one in papers])
    usual = total / np.maximum(whole, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = (n * (mean - usual)).sum(axis=1) / n.sum(axis=1)
    return distance + total.sum() / max(whole.sum(), 1)


def pupils_once(papers: Sequence[PaperOfSchools]) -> np.ndarray:
    """Pupils of every school, those of a grade counted once (schools,)."""
    most: dict[tuple[str, int], np.ndarray] = {}
    for one in papers:
        key = (one.paper.procedure, one.paper.grade)
        most[key] = np.maximum(most.get(key, np.zeros(len(one.n))), one.n)
    return np.sum(list(most.values()), axis=0)


def papers_of_both(year: Year, previous: Year) -> tuple[pd.Index, pd.Series, list[Paper]]:
    """Schools of either year, their municipalities, and the papers with the same scale in both."""
    schools = year.schools.index.union(previous.schools.index)
    home = year.schools["municipality"].reindex(schools)
    home = home.fillna(previous.schools["municipality"].reindex(schools))
    pairs = ((one, previous.paper(one.paper)) for one in year.papers)
    same = [one.paper for one, other in pairs if other is not None and _same_scale(one, other)]
    return schools, home, same


def _same_scale(one: PaperArrays, other: PaperArrays) -> bool:
    """Whether the two years are of one scale; where there is none nobody knows."""
    known = one.scale.cuts != ()
    same = (one.scale.max_primary, one.scale.cuts) == (other.scale.max_primary, other.scale.cuts)
    return known and same


def on_schools(year: Year, schools: pd.Index) -> Year:
    """The year over another list of schools: those it lacks have no pupils and no context."""
    place = year.schools.index.get_indexer(schools)
    papers = tuple(one.over(place) for one in year.papers)
    return Year(year.year, year.schools.reindex(schools), papers)
