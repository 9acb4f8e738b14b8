"""Pupils of schools by ordered levels, where a source gives no more: arrays, and shares of levels.

A level is a band of results («160–219») or a mark. Some sources leave out the lowest levels: then all that
is said holds for the pupils on the levels that are counted, and years are compared on the levels both
count (docs/decisions/0019).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import CONTEXT
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import percent_rows, school_rows
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.wilson import share

PREFIX = "level_share_"
"""Share of the counted pupils who are on a level, then its number."""
#: Columns of a table of levels: pupils of a school on one level.
COUNTS = ("year", "procedure", "grade", "subject", "municipality", "school", "level", "n")
_PAPER = ["procedure", "grade", "subject"]
_COUNTED = "counted"
_WILSON = "level_wilson"


@dataclass(frozen=True)
class LevelPaper:
    """One paper of one year, rows in the order of ``LevelYear.schools``.

    ``levels`` the numbers of the levels that are counted, lowest first; ``counts`` (schools × levels)
    pupils; ``high`` how many of the upper levels are a high result.
    """

    paper: Paper
    levels: tuple[int, ...]
    counts: np.ndarray
    high: int = 1

    @property
    def n(self) -> np.ndarray:
        """Pupils on any counted level (schools,)."""
        return self.counts.sum(axis=1)

    @property
    def highest(self) -> np.ndarray:
        """Pupils with a high result (schools,)."""
        return self.counts[:, -self.high :].sum(axis=1)

    @property
    def lowest(self) -> np.ndarray | None:
        """Pupils on level 1 (schools,); None where that level is not counted."""
        return self.counts[:, 0] if self.levels[0] == 1 else None

    def mean_percent(self) -> np.ndarray:
        """Share of a high result, per cent of the counted pupils (schools,); nan without pupils."""
        with np.errstate(invalid="ignore"):
            return 100 * self.highest / self.n

    def on_levels(self, levels: Sequence[int]) -> LevelPaper:
        """The paper as if only these of its levels were counted."""
        chosen = [self.levels.index(level) for level in levels]
        return replace(self, levels=tuple(levels), counts=self.counts[:, chosen])

    def on_places(self, places: np.ndarray) -> LevelPaper:
        """The paper over another list of schools: their places in this one, −1 for a new school."""
        counts = np.where((places >= 0)[:, None], self.counts[places], 0.0)
        return replace(self, counts=counts)


@dataclass(frozen=True)
class LevelYear:
    """All papers of a year that have only levels; ``schools`` as in :class:`arrays.Year`."""

    year: int
    schools: pd.DataFrame
    papers: tuple[LevelPaper, ...]

    def paper(self, paper: Paper) -> LevelPaper | None:
        """The counts of a paper, or None when the year has none."""
        return next((one for one in self.papers if one.paper == paper), None)

    def on_schools(self, schools: pd.Index) -> LevelYear:
        """The year over another list of schools: those it lacks have no pupils and no context."""
        places = self.schools.index.get_indexer(schools)
        papers = tuple(one.on_places(places) for one in self.papers)
        return LevelYear(self.year, self.schools.reindex(schools), papers)


def arrange_levels(
    counts: pd.DataFrame, schools: pd.DataFrame, papers: Sequence[Paper], *, high: int = 1
) -> dict[int, LevelYear]:
    """Years with the papers that have at least two levels, by year.

    ``counts`` has the columns :data:`COUNTS`, municipalities as districts of the run; ``schools`` is the
    table of that contract. A level counts as counted in a year if most schools have a row for it; a
    school that lacks a row for such a level is left out of the paper, since a missing level is not 0.

    >>> rows = [(2016, "EGE", 11, "SUM3", "A", "S1", level, n) for level, n in ((2, 9), (3, 4))]
    >>> schools = pd.DataFrame({"school": ["S1"], "school_type": None, "location": None,
    ...     "settlement_size": None, "pupils": np.nan})
    >>> paper = Paper("EGE", 11, "SUM3")
    >>> year = arrange_levels(pd.DataFrame(rows, columns=list(COUNTS)), schools, [paper])[2016]
    >>> year.papers[0].levels, year.papers[0].counts.tolist(), year.papers[0].lowest is None
    ((2, 3), [[9.0, 4.0]], True)
    """
    years = {}
    for year, rows in counts.groupby("year"):
        listed = rows.drop_duplicates("school").set_index("school")[["municipality"]].sort_index()
        context = schools.set_index("school").reindex(index=listed.index, columns=list(CONTEXT))
        listed = listed.join(context.astype(dict.fromkeys(CONTEXT[:-1], object)))
        by_paper = {Paper(*key): mine for key, mine in rows.groupby(_PAPER)}
        arranged = (
            _paper(paper, by_paper[paper], listed.index, high)
            for paper in papers
            if paper in by_paper
        )
        found = tuple(one for one in arranged if len(one.levels) > 1)
        if found:
            years[int(year)] = LevelYear(int(year), listed, found)
    return years


def _paper(paper: Paper, rows: pd.DataFrame, schools: pd.Index, high: int) -> LevelPaper:
    table = rows.pivot_table(index="school", columns="level", values="n", aggfunc="sum")
    counted = table.columns[table.notna().mean() > 0.5]
    table = table[counted].dropna().reindex(schools).fillna(0.0)
    return LevelPaper(paper, tuple(int(one) for one in counted), table.to_numpy(float), high)


def common_levels(one: LevelPaper, other: LevelPaper | None) -> tuple[int, ...]:
    """Levels that both years count, in order; empty where there are not two."""
    both = tuple(level for level in one.levels if other and level in other.levels)
    return both if len(both) > 1 else ()


def level_rows(year: LevelYear) -> Iterator[pd.DataFrame]:
    """Measures level_share_1, level_share_2 … of schools, municipalities and the region.

    Per cent of the counted pupils on each level; a school has Wilson's interval, larger units one
    from the spread between their schools.
    """
    home = year.schools["municipality"].to_numpy()
    for paper in year.papers:
        for place, level in enumerate(paper.levels):
            count, name = paper.counts[:, place], f"{PREFIX}{level}"
            estimate = share(count, paper.n)
            low, high = estimate.interval()
            yield school_rows(
                year.year, paper.paper, year.schools, name, paper.n, 100 * estimate.value,
                count=count, low=100 * low, high=100 * high, method=_WILSON, source=_COUNTED,
            )  # fmt: skip
            for kind, group in (
                ("municipality", home),
                (REGION, np.full(len(home), REGION)),
            ):
                yield percent_rows(
                    year.year, paper.paper, kind, group, name, count, paper.n, source=_COUNTED
                )


def schools_counted(measures: pd.DataFrame, district: str, year: int) -> tuple[str, ...]:
    """Schools of a district that a year's counts by level are about."""
    mine = measures[
        measures["year"].eq(year)
        & measures["municipality"].eq(district)
        & measures["level"].eq("school")
        & measures["indicator"].str.startswith(PREFIX)
    ]
    return tuple(sorted(mine["unit"].unique()))
