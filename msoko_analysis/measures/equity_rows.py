"""Measures of equity of one year or two: from estimates by paper and unit to rows of the long table.

What a paper is does not matter here: histograms of scores, or only counts by ordered levels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from msoko_analysis.measures.equity_estimates import Estimate, average, school_estimates
from msoko_analysis.measures.equity_years import PaperOfSchools, members, pooled_means, pupils_once
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, listed_rows
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import is_rural

OWN = "own"
_SELECTIVE = ("gymnasium", "lyceum")
Key = tuple[Paper, str, str]
"""Paper, unit, name of the measure."""
Groups = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""First and second group of schools (schools,) bool by the name of their gap."""


def groups_of(schools: pd.DataFrame) -> Groups:
    """Town and village, selective schools and the others, as far as the list of schools tells."""
    location = schools["location"].astype(object)
    placed = location.notna().to_numpy()
    rural = location.fillna("").map(is_rural).to_numpy(dtype=bool)
    typed = schools["school_type"].notna().to_numpy()
    selective = schools["school_type"].isin(_SELECTIVE).to_numpy()
    return {
        "v_gap_location": (placed & ~rural, placed & rural),
        "v_gap_type": (selective, typed & ~selective),
    }


class Fit(Protocol):
    """A fit whose own interval is better than that of leaving schools out."""

    def interval(self) -> tuple[float, float]: ...


@dataclass(frozen=True)
class Value:
    """An estimate, the pupils behind it, and its fit, if there is one with an interval of its own."""

    estimate: Estimate
    n: float
    fit: Fit | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high end of the 95 % interval."""
        if self.fit is not None:
            return self.fit.interval()
        error, freedom = self.estimate.error
        half = stdtrit(freedom, 0.975) * error
        return self.estimate.value - half, self.estimate.value + half


Measure = Callable[[PaperOfSchools, np.ndarray, Groups], Iterator[tuple[str, Value]]]
"""Measures of one paper in the schools of a unit (bool, schools), by name."""


@dataclass(frozen=True)
class Measured:
    """Every measure of every paper by unit; ``home`` the municipality of every school."""

    papers: tuple[PaperOfSchools, ...]
    fewest: float
    home: pd.Series
    found: Mapping[Key, Value]

    @classmethod
    def of(
        cls,
        papers: Sequence[PaperOfSchools],
        schools: pd.DataFrame,
        home: pd.Series,
        fewest: float,
        measure: Measure,
    ) -> Measured:
        """Measure the papers of a year; a school below ``fewest`` pupils is in no gap of schools."""
        groups = groups_of(schools)
        found: dict[Key, Value] = {}
        for paper in papers:
            for unit, mine in members(home).items():
                for name, one in measure(paper, mine, groups):
                    found[(paper.paper, unit, name)] = one
        return cls(tuple(papers), fewest, home, found)

    def of_papers(self, codes: Sequence[Paper]) -> dict[Key, Value]:
        """The measures of some of the papers, and over all of these."""
        return self.over(tuple(one for one in self.papers if one.paper in codes))

    def over(self, papers: tuple[PaperOfSchools, ...]) -> dict[Key, Value]:
        """The measures of some of the papers, and over all of these."""
        codes = [one.paper for one in papers]
        found = {key: one for key, one in self.found.items() if key[0] in codes}
        if not papers:  # nothing is over none
            return found
        parts: dict[tuple[str, str], list[Value]] = {}
        for (_, unit, name), one in found.items():
            if not name.startswith(("school_", "level_share_")):
                parts.setdefault((unit, name), []).append(one)
        schools_of = members(self.home)
        means, once = pooled_means(papers, self.fewest), pupils_once(papers)
        for (unit, name), several in parts.items():
            n = float(once[schools_of[unit]].sum())
            whole = average([one.estimate for one in several], [one.n for one in several])
            fit = several[0].fit if len(several) == 1 else None
            found[(ALL_PAPERS, unit, name)] = Value(whole, n, fit)
        for unit, mine in schools_of.items():
            for name, estimate in school_estimates(np.where(mine, means, np.nan)).items():
                found[(ALL_PAPERS, unit, name)] = Value(estimate, float(once[mine].sum()))
        return found


def spread(estimate: Estimate, there: np.ndarray) -> Estimate:
    """An estimate over some schools as one over all: leaving out another one changes nothing."""
    left_out = np.full(len(there), estimate.value)
    left_out[there] = estimate.left_out
    taking = there.copy()
    taking[there] = estimate.there
    return Estimate(estimate.value, left_out, taking, estimate.freedom)


def value_rows(
    year: int, found: Mapping[Key, Value], method: Callable[[str, bool], str]
) -> pd.DataFrame:
    """One row for every paper, unit and measure.

    ``method`` (name of the measure, whether its interval is that of a fit) → what is printed of it.
    """
    rows = []
    for (paper, unit, name), one in found.items():
        low, high = one.ends
        rows.append({
            "year": year, **paper._asdict(),
            "level": REGION if unit == REGION else "municipality", "municipality": unit,
            "unit": unit, "indicator": name, "n": one.n, "value": one.estimate.value, "low": low,
            "high": high, "method": method(name, one.fit is not None), "source": OWN,
        })  # fmt: skip
    return listed_rows(rows)


def changes(
    now: Mapping[Key, Value],
    before: Mapping[Key, Value],
    fit: Callable[[Value, Value], Fit | None] = lambda now, before: None,
) -> dict[Key, Value]:
    """Changes of all measures of both years that have values without each school.

    ``fit`` (value of this year, of the year before) → an interval of the change that is better than
    that of leaving a school out of both years, or None.
    """
    found = {}
    for (paper, unit, name), one in now.items():
        other = before.get((paper, unit, name))
        if other is not None and np.isfinite(one.estimate.left_out).any():
            found[(paper, unit, f"{name}_change")] = Value(
                one.estimate - other.estimate, min(one.n, other.n), fit(one, other)
            )
    return found
