"""Which years and papers are told by levels, from whatever source counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.aggregates import placed
from msoko_analysis.measures.equity_levels import equity_level_rows
from msoko_analysis.measures.levels import COUNTS, PREFIX, LevelYear, arrange_levels, level_rows
from msoko_analysis.measures.places import Places
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper

_KEY = list(COUNTS[:4])
_MARKS = (2, 3, 4, 5)


@dataclass(frozen=True)
class LevelsTold:
    """Pupils of schools by level, columns :data:`levels.COUNTS`.

    ``counts`` papers of which there is nothing better; ``marks`` the same of forms, whose levels are
    the marks 2–5, of years without other counts; ``with_results`` years that have pupils' results:
    their differences between schools are told from those.
    """

    counts: pd.DataFrame
    marks: pd.DataFrame
    with_results: frozenset[int]


def levels_told(
    counts: pd.DataFrame,
    mark_statistics: pd.DataFrame,
    places: Places,
    papers: set[Paper],
    mark_pairs: pd.DataFrame,
) -> LevelsTold:
    """What counts by level and the form of marks tell that pupils' results do not.

    ``counts`` of the papers of the run, in its districts; ``mark_statistics`` the form as it stands.
    """
    told = pd.MultiIndex.from_frame(mark_pairs[_KEY].drop_duplicates())
    new = counts[~pd.MultiIndex.from_frame(counts[_KEY]).isin(told)]
    with_results = frozenset(int(year) for year in mark_pairs["year"].unique())
    marks = _marks(placed(mark_statistics, places, papers))
    known = with_results | set(new["year"])
    return LevelsTold(new, marks[~marks["year"].isin(known)], with_results)


def _marks(form: pd.DataFrame) -> pd.DataFrame:
    """Pupils at every mark: a form prints shares with two decimals, which give them back."""
    schools = form[form["level"] == "school"].drop_duplicates([*_KEY, "unit"])
    parts = [
        schools[[*_KEY, "municipality"]].assign(
            school=schools["unit"],
            level=mark - 1,
            n=np.rint(schools["n"].astype(float) * schools[f"share_{mark}"].astype(float) / 100),
        )
        for mark in _MARKS
    ]
    return pd.concat(parts, ignore_index=True)[list(COUNTS)]


def counted_rows(
    told: LevelsTold, schools: pd.DataFrame, papers: Sequence[Paper], thresholds: Thresholds
) -> Iterator[pd.DataFrame]:
    """Rows of the long table: shares of levels, and equity of the years without pupils' results."""
    by_level = arrange_levels(told.counts, schools, papers)
    for year in by_level.values():
        yield from level_rows(year)
    yield from _equity(by_level, told, thresholds)
    for rows in _equity(arrange_levels(told.marks, schools, papers, high=2), told, thresholds):
        # Shares of marks are told by the form itself.
        yield rows[~rows["indicator"].str.startswith(PREFIX)]


def _equity(
    years: Mapping[int, LevelYear], told: LevelsTold, thresholds: Thresholds
) -> Iterator[pd.DataFrame]:
    alone = {year: one for year, one in years.items() if year not in told.with_results}
    for year, one in alone.items():
        yield from equity_level_rows(one, alone.get(year - 1), thresholds)
