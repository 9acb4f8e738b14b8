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

from msoko_analysis.params.measures import registered, wholes
from msoko_analysis.params.run import Thresholds

#: For whom a document is: everybody, or those entitled to full numbers («для служебного пользования»).
Issue = Literal["public", "official"]
_VALUES = ["count", "value", "low", "high", "p", "q"]
_FEWEST_SCHOOLS = 3
_PAPER = ["year", "procedure", "grade", "subject"]
_UNIT = [*_PAPER, "level", "municipality", "unit"]


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

    What a measure counts and of what it is a part, the register says (params/measures.yaml); a code
    that it does not know is refused with ParamsError. Rows about schools, municipalities and the
    region are treated alike: a value from fewer than ``small_cell`` pupils is hidden together with
    its n; a share needs ``share_min_n`` pupils and a numerator and a remainder that are zero or at
    least ``small_cell``. Parts of one whole (lower / same / higher) and the schools of one
    municipality, whose totals are printed, are hidden in twos; the n of a hidden ratio of two cells
    goes with it, since one of the cells is in a figure. Differences between the schools of a
    municipality need three schools.
    """
    limit = int(thresholds["small_cell"].value)
    table = measures.reset_index(drop=True)
    told = _told(table)
    small = told["people"] & (table["n"] < limit)
    counted = table["count"].notna()
    share = told["people"] & (counted | told["share"])
    few = share & (table["n"] < thresholds["share_min_n"].value)
    rest = table["n"] - table["count"]
    numerator = table["count"].between(1, limit - 1) | rest.between(1, limit - 1)
    hidden = small | few | (share & numerator) | _about_few_schools(table, told)
    hidden = _hide_cells(table, told, _hide_remainder(table, told, hidden, limit), limit)
    small_part = _small_parts_of_n(table, told, limit)
    hidden |= small_part
    settled = None
    while not hidden.equals(settled):
        settled = hidden
        hidden = _hide_second_school(table, told, _hide_second_part(table, told, hidden))
        hidden = _hide_with_top(table, told, hidden)
    hidden |= _following(table, told, hidden) | _change_of_hidden_part(table, told, hidden)
    table = table.assign(hidden=hidden)
    table.loc[hidden, _VALUES] = np.nan
    table.loc[hidden & (small | small_part | told["ratio"]), "n"] = np.nan
    return PublicMeasures(table)


def publish_to_entitled(measures: pd.DataFrame, public: PublicMeasures) -> PublicMeasures:
    """The long table that :func:`publish` has made ``public``, for the official issue.

    Hidden stay a value that comes from one pupil, with that of another school where the total would
    give it away, and what has no meaning for fewer than three schools; nothing that the public issue
    shows, where it hides another school that can keep the secret. Numbers of pupils are shown. A
    measure that the register does not know is refused with ParamsError.
    """
    table = measures.reset_index(drop=True)
    told = _told(table)
    alone = told["people"] & table["n"].eq(1)
    last = table["n"] + np.where(public.table["hidden"], 0, table["n"].max() + 1)
    in_turn = table.assign(n=last, count=last.where(table["count"].notna()))
    hidden = _hide_second_school(in_turn, told, alone | _about_few_schools(table, told))
    table = table.assign(hidden=hidden)
    table.loc[hidden, _VALUES] = np.nan
    return PublicMeasures(table)


def _told(table: pd.DataFrame) -> pd.DataFrame:
    """What the register says of every row, in columns; rows as in ``table``."""
    ways = wholes()
    records = {
        code: {
            "people": one.people,
            "share": one.record.kind == "share" and not one.change,
            "ratio": one.record.kind == "ratio",
            "additive": one.additive,
            "change": one.change,
            "between": one.record.between,
            "groups": one.record.groups,
            "empty_tells": one.record.empty_tells,
            "census": None if one.change else one.record.census,
            "whole": one.part_of,
            "way": ways[one.part_of] if one.part_of else None,
            "change_of": one.record.part_of if one.change else None,
            "whole_of_n": one.record.n_part_of,
            "member": one.member,
            "follows": one.record.follows,
            "follows_top": one.record.follows_top,
        }
        for code, one in registered(table["indicator"]).items()
    }
    told = pd.DataFrame(
        [records[code] for code in table["indicator"]], index=table.index, columns=_TOLD
    )
    return told.astype(dict.fromkeys(_FLAGS, bool))


_FLAGS = ["people", "share", "ratio", "additive", "change", "between", "groups", "empty_tells"]
_TOLD = [
    *_FLAGS, "census", "whole", "way", "change_of", "whole_of_n", "member", "follows", "follows_top"
]  # fmt: skip


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


def _about_few_schools(table: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    """Rows that would speak about one or two schools: differences between the schools of a small
    municipality, gaps of a group of one school (they have no interval), and what is unclear because
    groups are small.
    """
    schools = _schools_told(table, told)
    here, before = (
        np.array([
            schools.get((year - ago, unit), 0)
            for year, unit in zip(table["year"], table["municipality"], strict=True)
        ])
        for ago in (0, 1)
    )  # fmt: skip
    fewest = np.where(told["change"], np.minimum(here, before), here)
    fewest = np.where(told["people"], fewest, table["n"])
    asked = ~told["people"] | table["level"].eq("municipality")
    between = told["between"] & asked & (fewest < _FEWEST_SCHOOLS)
    alone = told["groups"] & table["low"].isna()
    unclear = told["empty_tells"] & table["value"].isna()
    return between | alone | unclear


def _schools_told(table: pd.DataFrame, told: pd.DataFrame) -> dict[tuple[int, str], int]:
    """Schools by year and municipality: those with results, else those counted by level or mark."""
    of_schools = table[table["level"] == "school"]
    found: dict[tuple[int, str], int] = {}
    for census in ("counts", "results"):
        rows = of_schools[told["census"].eq(census)[of_schools.index]]
        found |= rows.groupby(["year", "municipality"])["unit"].nunique().to_dict()
    return found


def _hide_remainder(
    table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series, limit: int
) -> pd.Series:
    """Where the parts that are printed leave 1…limit−1 pupils, keep back the smallest of them."""
    hidden = hidden.copy()
    shown = table[told["way"].eq("remainder") & ~hidden].assign(whole=told["whole"])
    for _, parts in shown.groupby([*_UNIT, "whole"], sort=False):
        if len(parts) > 1 and 0 < parts["n"].iloc[0] - parts["count"].sum() < limit:
            hidden[parts["count"].idxmin()] = True
    return hidden


def _hide_cells(
    table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series, limit: int
) -> pd.Series:
    """Parts that are cells of one histogram whose total is printed."""
    hidden = hidden.copy()
    cells = table[told["way"].eq("cells")].assign(whole=told["whole"])
    for _, rows in cells.groupby([*_UNIT, "whole"], sort=False):
        hidden[rows.index] |= hide_small(rows["count"].to_numpy(), limit)
    return hidden


def _hide_with_top(table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """A school's measure that gives its highest part away goes with that part."""
    hidden = hidden.copy()
    for whole in told["follows_top"].dropna().unique():
        parts = table[told["whole"].eq(whole) & (table["level"] == "school")]
        number = told.loc[parts.index, "member"].astype(int)
        top = parts[number.eq(number.groupby([parts[key] for key in _PAPER]).transform("max"))]
        units = pd.MultiIndex.from_frame(top.loc[hidden[top.index], ["year", "unit"]])
        mine = pd.MultiIndex.from_frame(table[["year", "unit"]]).isin(units)
        hidden |= told["follows_top"].eq(whole) & mine
    return hidden


def _change_of_hidden_part(table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """The change of a part where a part of that whole is hidden in either year."""
    keys = [*_PAPER[1:], "level", "unit", "whole"]
    parts = table[told["whole"].notna() & hidden].assign(whole=told["whole"])
    gone = pd.concat(
        [parts[["year", *keys]], parts[["year", *keys]].assign(year=parts["year"] + 1)]
    )
    mine = table.assign(whole=told["change_of"])[["year", *keys]]
    return told["change_of"].notna() & pd.MultiIndex.from_frame(mine).isin(
        pd.MultiIndex.from_frame(gone)
    )


def _following(table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Measures that, with n, give away what is hidden of the same unit: the mean shift of marks is
    their balance.
    """
    found = pd.Series(False, index=table.index)
    for follows in {one for one in told["follows"] if one}:
        source = hidden & table["indicator"].isin(follows)
        gone = source.groupby([table[key] for key in _UNIT]).transform("any")
        found |= told["follows"].map(lambda one, f=follows: one == f) & gone
    return found


def _small_parts_of_n(table: pd.DataFrame, told: pd.DataFrame, limit: int) -> pd.Series:
    """Rows whose n are parts of one whole, such as medalists of either degree, where one is so small
    that none may be told.
    """
    mine = table[told["whole_of_n"].notna()]
    keys = [*(mine[key] for key in _UNIT), told.loc[mine.index, "whole_of_n"]]
    least = mine["n"].where(mine["n"] > 0).groupby(keys, sort=False).transform("min")
    return (least < limit).reindex(table.index, fill_value=False)


def _hide_second_part(table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Of the parts of one whole hide none or at least two."""
    mine = table[told["way"].isin(["twos", "cells"])].assign(whole=told["whole"])
    return _hide_in_twos(mine, hidden, [*_UNIT, "whole"])


def _hide_second_school(table: pd.DataFrame, told: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Of the schools of a municipality, and of the municipalities of the region, whose total is
    printed hide none or at least two.
    """
    schools = table[(table["level"] == "school") & told["additive"]]
    hidden = _hide_in_twos(schools, hidden, [*_PAPER, "municipality", "indicator"])
    districts = table[(table["level"] == "municipality") & told["additive"]]
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
