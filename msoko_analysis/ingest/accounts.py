"""Every line of every sheet of every file: read, set aside, or named as not read.

A line is what a person counts in the file and sees something in. ``rows.json`` of a derived folder
holds the accounts; the report has their sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import HEADING, LINE, Block, Left
from msoko_analysis.ingest.fisoko import SERVICE_SHEETS
from msoko_analysis.ingest.merge import Merged
from msoko_analysis.ingest.sheets import ROW, Sheet

#: What becomes of a line that a reader took, the better one last: of several tables that a
#: description makes of one line any may have it.
_READ, _ASIDE, _OTHER_DAY, _REPEATED = "read", "set_aside", "other_day", "repeated"
_FATES = (_REPEATED, _OTHER_DAY, _ASIDE, _READ)
#: A title has one cell, or a word and what it means; rows of a table have more.
_CELLS_OF_TITLE = 2
#: Above its first row a table may have two rows of headings.
_HEADINGS = 2
_UNKNOWN_SHEET = "лист не распознан"
_HIDDEN = "лист скрыт"
_SERVICE = "служебный лист формы сбора"
_NO_DATA = "лист без данных, или его форма не используется"
_ABOVE = "строка над таблицей, похожая на строку таблицы"
_BESIDE = "строка вне таблицы"
_NOT_DESCRIBED = "по описанию не взято"
_LOOK = "не прочитано; если там данные, уберите из файла всё, кроме таблицы с одним заголовком"


@dataclass(frozen=True)
class Lines:
    """The lines of a sheet that hold anything, and those of them that hold more than a title."""

    path: Path
    sheet: str
    filled: pl.Series
    wide: frozenset[int]
    hidden: bool

    @classmethod
    def of(cls, sheet: Sheet) -> Lines:
        """Those of a sheet as the file has it."""
        filled, wide = sheet.lines(_CELLS_OF_TITLE)
        return cls(sheet.path, sheet.name, filled, wide, sheet.hidden)


@dataclass(frozen=True)
class Account:
    """What became of the lines of a sheet, each counted once.

    ``heading``: titles and headings above a table; ``repeated``: stand elsewhere word for word;
    ``other_day``: results of a day that does not count; ``left``: not read, by what they are.
    """

    file: str
    sheet: str
    rows: int
    heading: int
    read: int
    set_aside: int
    repeated: int
    other_day: int
    left: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """For a file of data."""
        return asdict(self)


def account(
    sheets: Sequence[Lines], blocks: Sequence[Block], merged: Merged, empty: Sequence[Problem]
) -> tuple[list[Account], list[Problem]]:
    """The account of every sheet, and a word about lines that no reader knows anything of.

    ``empty`` are the notes about sheets that hold no data.
    """
    by_sheet: dict[tuple[Path, str], list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        by_sheet[block.path, block.sheet].append(index)
    read_files = {block.path for block in blocks}
    silent = {(note.file, note.sheet) for note in empty}
    accounts: list[Account] = []
    notes: list[Problem] = []
    for sheet in sheets:
        own = by_sheet[sheet.path, sheet.sheet]
        if own:
            done, told = _of_table(sheet, {index: blocks[index] for index in own}, merged)
            notes += told
        else:
            known = (sheet.path.name, sheet.sheet) in silent
            service = normal(sheet.sheet) in SERVICE_SHEETS
            what = _NO_DATA if known else _SERVICE if service else _UNKNOWN_SHEET
            what = _HIDDEN if sheet.hidden else what
            done = _account(sheet, {what: len(sheet.filled)})
            if what == _UNKNOWN_SHEET and sheet.path in read_files:
                rule = f"{_UNKNOWN_SHEET} и пропущен: строк {len(sheet.filled)}"
                action = "если на нём данные, назовите столбцы как на прочитанном листе"
                notes.append(Problem(rule, action, sheet.path.name, sheet.sheet))
        accounts.append(done)
    return accounts, notes


def _account(sheet: Lines, left: Mapping[str, int], heading: int = 0, **counts: int) -> Account:
    known = {fate: counts.get(fate, 0) for fate in _FATES}
    name = sheet.path.name
    return Account(name, sheet.sheet, len(sheet.filled), heading, left=dict(left), **known)


def _of_table(
    sheet: Lines, blocks: Mapping[int, Block], merged: Merged
) -> tuple[Account, list[Problem]]:
    fates = pl.concat([_fates(index, block, merged) for index, block in blocks.items()])
    fates = fates.group_by(LINE).agg(pl.col("fate").max())
    taken = fates[LINE]
    named: dict[int, Left] = {
        row: left for block in blocks.values() for left in block.left for row in left.rows
    }
    for row in taken.filter(taken.is_in(list(named))):
        del named[row]
    known = pl.concat([taken, pl.Series(list(named), dtype=taken.dtype)])
    first = known.sort()[0]
    rest = sheet.filled.filter(~sheet.filled.is_in(known.implode())).to_list()
    above = [row for row in rest if row < first]
    odd = [row for row in above[:-_HEADINGS] if row in sheet.wide]
    beside = [row for row in rest if row > first]
    described = any(block.described for block in blocks.values())
    unknown = [
        left
        for left in (
            Left(_ABOVE, tuple(odd), _LOOK),
            Left(_NOT_DESCRIBED if described else _BESIDE, tuple(beside), _LOOK),
        )
        if left.rows
    ]
    left = Counter(one.what for one in named.values())
    left.update({one.what: len(one.rows) for one in unknown})
    counts = dict(fates.group_by("fate").len().iter_rows())
    done = _account(
        sheet,
        left,
        len(above) - len(odd) + left.pop(HEADING, 0),
        **{fate: counts.get(number, 0) for number, fate in enumerate(_FATES)},
    )
    told = [one for one in unknown if one.what != _NOT_DESCRIBED]
    return done, [one.problem(sheet.path, sheet.sheet) for one in told]


def _fates(index: int, block: Block, merged: Merged) -> pl.DataFrame:
    """What became of each line of a block, as its place in ``_FATES``."""
    of_index = pl.col("_block") == index
    dropped = merged.dropped.filter(of_index)
    aside = merged.rejected.filter(of_index)[ROW]
    why = {fate: dropped.filter(pl.col("why") == fate)[ROW] for fate in (_OTHER_DAY, _REPEATED)}
    fate = pl.lit(_FATES.index(_READ), pl.Int8)
    for name, rows in ((_REPEATED, why[_REPEATED]), (_OTHER_DAY, why[_OTHER_DAY]), (_ASIDE, aside)):
        of_name = pl.col(ROW).is_in(rows.cast(pl.UInt32).implode())
        fate = pl.when(of_name).then(pl.lit(_FATES.index(name), pl.Int8)).otherwise(fate)
    done = block.original.select(pl.col(ROW).cast(pl.UInt32), fate=fate)
    if block.lines is None:
        return done.rename({ROW: LINE})
    return block.lines.join(done, on=ROW).select(LINE, "fate")
