"""The one gate for small groups: what may be printed about whom.

A cell of 1…4 pupils is hidden, and so is one more cell wherever the hidden one could be worked out
from a printed total; shares are printed from ten pupils on. Hidden is not zero: a hidden value is
nan with ``hidden`` True, a true zero stays 0. Limits: ``small_cell`` and ``share_min_n`` of the
parameters; no law sets them (domain.md §8). Everything a note prints about pupils must come as
:class:`PublicMeasures` or :class:`PublicCounts`, and only this module makes them.

The official issue of a note, for those entitled to full numbers, passes a wider gate: it keeps back only
what is the result of one pupil (:func:`publish_to_entitled`, :func:`count_to_entitled`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.params.run import Thresholds

#: For whom a document is: everybody, or those entitled to full numbers («для служебного пользования»).
Issue = Literal["public", "official"]
_VALUES = ["count", "value", "low", "high", "p", "q"]
_WHOLE = ("mean_percent", "mean_test_score", "spike", "level", "fioko_a", "fioko_b", "fioko_c")
# Measures whose n counts schools or lists, not pupils.
_OF_SCHOOLS = r"p19|p19_list|official_\w+|list_\w+|spike_median_z|medals_needed|topic_schools_\w+"
_PARTITION = {"prior_lower": "prior", "prior_same": "prior", "prior_higher": "prior"} | {
    f"{whole}_{degree}": whole
    for whole in ("medals", "medals_rule", "medals_below_university", "medals_below_ministry")
    for degree in (1, 2)
}
# Shares of ordered levels, from 1 to 99 (contracts): everybody counted is on one of them.
_LEVEL = "level_share_"
_PARTITION |= {f"{_LEVEL}{level}": _LEVEL for level in range(1, 100)}
# Measures of medalists of one degree: their n and the n of the other degree give all medalists.
_OF_DEGREE = (*(name for name in _PARTITION if name[-1] in "12"), "medals_p29", "medals_p29_second")
# Bands that every medalist of a unit stands in once.
_BANDS = ("medals_least_", _LEVEL)
# Measures of how schools of a unit differ, and how few schools make them one about single schools.
_BETWEEN = r"(icc|isolation|school|theil_between|gini_between|v_gap|p24)(_\w+)?"
_FEWEST_SCHOOLS = 3
_PAPER = ["year", "procedure", "grade", "subject"]


@dataclass(frozen=True)
class PublicMeasures:
    """Measures that have passed the gate; ``table`` has one more column, ``hidden``."""

    table: pd.DataFrame

    @property
    def hidden(self) -> int:
        """How many values the gate has hidden."""
        return int(self.table["hidden"].sum())


@dataclass(frozen=True)
class PublicCounts:
    """A histogram that has passed the gate: nan where a cell is hidden, ``n`` its true total."""

    counts: np.ndarray
    n: int

    @property
    def hidden(self) -> int:
        """How many cells are hidden."""
        return int(np.isnan(self.counts).sum())


def hide_small(cells: np.ndarray, limit: int) -> np.ndarray:
    """Which cells of one additive row must be hidden (cells,), bool.

    Cells of 1…limit−1, and then, while only one cell is hidden or the hidden ones together hold
    fewer than ``limit``, the smallest other cell that is not zero (else a zero one): the printed
    total gives away the sum of the hidden cells, which must not be a small group itself.

    >>> hide_small(np.array([3, 12, 7, 0]), 5).tolist()
    [True, False, True, False]
    >>> hide_small(np.array([1, 2, 12, 7]), 5).tolist()
    [True, True, False, True]
    >>> hide_small(np.array([5, 12, 0]), 5).tolist()
    [False, False, False]
    """
    cells = np.asarray(cells)
    hidden = (cells > 0) & (cells < limit)
    while hidden.any() and not hidden.all() and _gives_away(cells, hidden, limit):
        hidden[_complement(cells, hidden)] = True
    return hidden


def _gives_away(cells: np.ndarray, hidden: np.ndarray, limit: int) -> bool:
    small = cells[hidden].sum() < limit and (cells[~hidden] > 0).any()
    return bool(hidden.sum() == 1 or small)


def publish_counts(cells: np.ndarray, thresholds: Thresholds) -> PublicCounts:
    """A histogram (cells,) with its small cells hidden."""
    cells = np.asarray(cells, dtype=float)
    hidden = hide_small(cells, int(thresholds["small_cell"].value))
    return PublicCounts(np.where(hidden, np.nan, cells), int(cells.sum()))


def publish_scores(cells: np.ndarray, marks: np.ndarray, thresholds: Thresholds) -> PublicCounts:
    """A histogram over scores (scores,) whose marks (scores,) are printed in a table beside it.

    The shares of «2» and of «4» and «5» give the totals of these bands and of «3», so each band is
    hidden as a row of its own; and where a whole band is a small group, its total being hidden in
    the table, every other band keeps back a cell too.
    """
    cells = np.asarray(cells, dtype=float)
    limit = int(thresholds["small_cell"].value)
    bands = [np.flatnonzero(np.isin(marks, band)) for band in ((2,), (3,), (4, 5))]
    hidden = np.zeros(len(cells), dtype=bool)
    for band in bands:
        hidden[band] = hide_small(cells[band], limit)
    if any(0 < cells[band].sum() < limit for band in bands):
        for band in bands:
            if cells[band].any() and not (hidden[band] & (cells[band] > 0)).any():
                hidden[band[_complement(cells[band], hidden[band])]] = True
    return PublicCounts(np.where(hidden, np.nan, cells), int(cells.sum()))


def publish(measures: pd.DataFrame, thresholds: Thresholds) -> PublicMeasures:
    """Pass the long table of measures of one district and its region through the gate.

    Rows about schools, municipalities and the region are treated alike: a value from fewer than
    ``small_cell`` pupils is hidden together with its n; a share needs ``share_min_n`` pupils and a
    numerator and a remainder that are zero or at least ``small_cell``. Parts of one whole (lower /
    same / higher) and the schools of one municipality, whose totals are printed, are hidden in
    twos; the n of a hidden ratio of two cells goes with it, since one of the cells is in a figure.
    Differences between the schools of a municipality need three schools.
    """
    limit = int(thresholds["small_cell"].value)
    table = measures.reset_index(drop=True)
    pupils = ~table["indicator"].str.fullmatch(_OF_SCHOOLS).astype(bool)
    small = pupils & (table["n"] < limit)
    share = pupils & table["count"].notna()
    few = share & (table["n"] < thresholds["share_min_n"].value)
    rest = table["n"] - table["count"]
    numerator = table["count"].between(1, limit - 1) | rest.between(1, limit - 1)
    hidden = small | few | (share & numerator) | _about_few_schools(table)
    hidden = _hide_bands(table, _hide_rest_of_marks(table, hidden, limit), limit)
    small_degree = _small_degrees(table, limit)
    hidden |= small_degree
    settled = None
    while not hidden.equals(settled):
        settled = hidden
        hidden = _hide_second_school(table, _hide_second_part(table, hidden))
        hidden = _hide_share_of_top(table, hidden)
    hidden |= _shift_of_hidden_marks(table, hidden) | _change_of_hidden_level(table, hidden)
    table = table.assign(hidden=hidden)
    table.loc[hidden, _VALUES] = np.nan
    of_two_cells = table["indicator"].str.startswith("cut_ratio")
    table.loc[hidden & (small | small_degree | of_two_cells), "n"] = np.nan
    return PublicMeasures(table)


def publish_to_entitled(measures: pd.DataFrame, public: PublicMeasures) -> PublicMeasures:
    """The long table that :func:`publish` has made ``public``, for the official issue.

    Hidden stay a value that comes from one pupil, with that of another school where the total would
    give it away, and what has no meaning for fewer than three schools; nothing that the public issue
    shows, where it hides another school that can keep the secret. Numbers of pupils are shown.
    """
    table = measures.reset_index(drop=True)
    alone = ~table["indicator"].str.fullmatch(_OF_SCHOOLS).astype(bool) & table["n"].eq(1)
    last = table["n"] + np.where(public.table["hidden"], 0, table["n"].max() + 1)
    in_turn = table.assign(n=last, count=last.where(table["count"].notna()))
    hidden = _hide_second_school(in_turn, alone | _about_few_schools(table))
    table = table.assign(hidden=hidden)
    table.loc[hidden, _VALUES] = np.nan
    return PublicMeasures(table)


def count_to_entitled(cells: np.ndarray) -> PublicCounts:
    """A histogram (cells,) for the official issue: whole, unless it is of one pupil.

    >>> count_to_entitled(np.array([0, 4, 1])).counts.tolist()
    [0.0, 4.0, 1.0]
    >>> count_to_entitled(np.array([0, 0, 1])).hidden
    3
    """
    cells = np.asarray(cells, dtype=float)
    total = int(cells.sum())
    return PublicCounts(np.full(len(cells), np.nan) if total == 1 else cells, total)


def _about_few_schools(table: pd.DataFrame) -> pd.Series:
    """Rows that would speak about one or two schools: differences between the schools of a small
    municipality, gaps of a group of one school (they have no interval), and ШНОР where it is unclear
    because groups are small.
    """
    schools = _schools_told(table)
    here, before = (
        np.array([
            schools.get((year - ago, unit), 0)
            for year, unit in zip(table["year"], table["municipality"], strict=True)
        ])
        for ago in (0, 1)
    )  # fmt: skip
    name = table["indicator"]
    fewest = np.where(name.str.endswith("_change"), np.minimum(here, before), here)
    between = name.str.fullmatch(_BETWEEN) & (table["level"] == "municipality")
    alone = name.str.startswith("v_gap_") & table["low"].isna()
    unclear = name.str.startswith("shnor_") & table["value"].isna()
    return (between & (fewest < _FEWEST_SCHOOLS)) | alone | unclear


def _schools_told(table: pd.DataFrame) -> dict[tuple[int, str], int]:
    """Schools by year and municipality: those with results, else those counted by level or mark."""
    of_schools = table[table["level"] == "school"]
    name = of_schools["indicator"]
    found: dict[tuple[int, str], int] = {}
    for rows in (
        of_schools[name.eq("share_2") | name.str.startswith(_LEVEL)],
        of_schools[name.eq("mean_percent")],
    ):
        found |= rows.groupby(["year", "municipality"])["unit"].nunique().to_dict()
    return found


def _hide_rest_of_marks(table: pd.DataFrame, hidden: pd.Series, limit: int) -> pd.Series:
    """Where «2» and «4» and «5» leave 1…limit−1 works for «3», keep back the smaller of the two."""
    hidden = hidden.copy()
    shown = table[table["indicator"].isin(["share_2", "share_45"]) & ~hidden]
    for _, pair in shown.groupby([*_PAPER, "level", "municipality", "unit"], sort=False):
        if len(pair) == 2 and 0 < pair["n"].iloc[0] - pair["count"].sum() < limit:
            hidden[pair["count"].idxmin()] = True
    return hidden


def _hide_bands(table: pd.DataFrame, hidden: pd.Series, limit: int) -> pd.Series:
    """Bands of one unit as a histogram whose total is printed."""
    hidden = hidden.copy()
    for start in _BANDS:
        # A change has no count: it is no band.
        bands = table[table["indicator"].str.startswith(start) & table["count"].notna()]
        for _, rows in bands.groupby([*_PAPER, "level", "municipality", "unit"], sort=False):
            hidden[rows.index] |= hide_small(rows["count"].to_numpy(), limit)
    return hidden


def _hide_share_of_top(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """A school's share of the highest level goes with that level: it gives it away."""
    levels = table[table["indicator"].str.startswith(_LEVEL) & (table["level"] == "school")]
    if levels.empty:
        return hidden
    number = levels["indicator"].str.removeprefix(_LEVEL).astype(int)
    top = levels[number.eq(number.groupby([levels[key] for key in _PAPER]).transform("max"))]
    units = pd.MultiIndex.from_frame(top.loc[hidden[top.index], ["year", "unit"]])
    mine = pd.MultiIndex.from_frame(table[["year", "unit"]]).isin(units)
    return hidden | (table["indicator"].eq("highest_share") & mine)


def _change_of_hidden_level(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """The change of a level's share where a share of the unit is hidden in either year."""
    keys = [*_PAPER[1:], "level", "unit"]
    shares = table[hidden & table["indicator"].str.startswith(_LEVEL)]
    gone = pd.concat(
        [shares[["year", *keys]], shares[["year", *keys]].assign(year=shares["year"] + 1)]
    )
    change = table["indicator"].str.fullmatch(rf"{_LEVEL}\d+_change")
    return change & pd.MultiIndex.from_frame(table[["year", *keys]]).isin(
        pd.MultiIndex.from_frame(gone)
    )


def _shift_of_hidden_marks(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """The mean shift of marks where a share of the same marks is hidden: n times it is their balance."""
    keys = [*_PAPER, "level", "municipality", "unit"]
    marks = table["indicator"].isin(["prior_lower", "prior_same", "prior_higher", "prior_far"])
    gone = hidden.where(marks, False).groupby([table[key] for key in keys]).transform("any")
    return table["indicator"].eq("mark_shift") & gone


def _small_degrees(table: pd.DataFrame, limit: int) -> pd.Series:
    """Rows by degree of medals where either degree has so few medalists that neither may be told."""
    mine = table[table["indicator"].isin(_OF_DEGREE)]
    keys = [mine[key] for key in (*_PAPER, "level", "municipality", "unit")]
    least = mine["n"].where(mine["n"] > 0).groupby(keys, sort=False).transform("min")
    return (least < limit).reindex(table.index, fill_value=False)


def _hide_second_part(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Of the parts of one whole hide none or at least two."""
    parts = table["indicator"].map(_PARTITION)
    mine = table[parts.notna()].assign(whole=parts)
    keys = [*_PAPER, "level", "municipality", "unit", "whole"]
    return _hide_in_twos(mine, hidden, keys)


def _hide_second_school(table: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Of the schools of a municipality, and of the municipalities of the region, whose total is
    printed hide none or at least two.
    """
    additive = table["count"].notna() | table["indicator"].isin(_WHOLE)
    schools = table[(table["level"] == "school") & additive]
    hidden = _hide_in_twos(schools, hidden, [*_PAPER, "municipality", "indicator"])
    districts = table[(table["level"] == "municipality") & additive]
    return _hide_in_twos(districts, hidden, [*_PAPER, "indicator"])


def _hide_in_twos(rows: pd.DataFrame, hidden: pd.Series, keys: list[str]) -> pd.Series:
    hidden = hidden.copy()
    groups = rows.groupby(keys, sort=False, observed=True)
    number = hidden[rows.index].groupby([rows[key] for key in keys], sort=False).transform("sum")
    size = groups["n"].transform("size")
    for _, group in rows[(number == 1) & (size > 1)].groupby(keys, sort=False):
        cells = group["count"].where(group["count"].notna(), group["n"]).to_numpy()
        place = _complement(cells, hidden[group.index].to_numpy())
        hidden[group.index[place]] = True
    return hidden


def _complement(cells: np.ndarray, hidden: np.ndarray) -> int:
    """The smallest visible cell, zeros last."""
    order = np.where(hidden, np.inf, np.where(cells == 0, np.nextafter(np.inf, 0), cells))
    return int(np.argmin(order))
