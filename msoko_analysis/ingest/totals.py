"""Lines that are nobody's: totals and means, numbers of columns, told and left out; headings again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from msoko_analysis.ingest.block import HEADING, Block, Left
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.ingest.total_words import TAIL, TOTAL, TOTAL_WORDS

#: What a report calls such a line.
TOTAL_LINE = "строка итога или среднего — не участник и не школа"

#: What a report calls the line «1, 2, 3 …» under the headings of a printed form.
COLUMN_NUMBERS = "строка с номерами столбцов"
#: A line with fewer of the headings may be a row.
_FEW_HEADINGS = 2
_FEW_NUMBERS = 3


def without_totals(block: Block) -> Block:
    """The block without its lines of totals and means, which it names.

    A line is one if the word stands where a pupil, class, school or municipality should, or in its
    first filled cell.
    """
    words = {
        heading: TOTAL_WORDS[name] for name, heading in block.columns.items() if name in TOTAL_WORDS
    }
    original, left = take_totals(block.original, words)
    again = _headings_again(block, original)
    if again:
        original = original.filter(~pl.col(ROW).is_in(again))
        left = (*left, Left(HEADING, again, ""))
    return replace(block, original=original, left=(*block.left, *left))


def _headings_again(block: Block, table: pl.DataFrame) -> tuple[int, ...]:
    """Lines that repeat the headings, as where printed pages were joined."""
    texts = [one for one in dict.fromkeys(block.columns.values()) if table.schema[one] == pl.String]
    if len(texts) < _FEW_HEADINGS:
        return ()
    same = {one: pl.col(one).str.strip_chars().str.to_lowercase() == one.lower() for one in texts}
    # few lines begin like the headings: the others are not looked at again
    lines = table.filter(pl.any_horizontal(list(same.values())[:_FEW_HEADINGS]))
    n = pl.sum_horizontal(one.fill_null(False) for one in same.values())
    return tuple(lines.filter((n >= _FEW_HEADINGS) & (2 * n > len(texts)))[ROW].to_list())


def take_totals(
    table: pl.DataFrame, words: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[Left, ...]]:
    """A table without its lines of totals and of numbers of columns, and those lines.

    ``words``: heading → words of a total.
    """
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    if not texts or table.is_empty():
        return table, ()
    numbers: tuple[Left, ...] = ()
    if numbers_columns(table.select(texts).row(0)):
        numbers, table = (Left(COLUMN_NUMBERS, (table[ROW][0],)),), table[1:]
    first = pl.coalesce(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in texts
    )
    found = [_has(table[name], words[name]) for name in texts if name in words]
    found.append(_has(table.select(first.alias("first")).to_series(), TOTAL))
    lines = table.filter(pl.any_horizontal(map(pl.lit, found)))[ROW].unique().sort()
    if lines.is_empty():
        return table, numbers
    rest = table.filter(~pl.col(ROW).is_in(lines.implode()))
    return rest, (*numbers, Left(TOTAL_LINE, tuple(lines.to_list())))


def numbers_columns(cells: Iterable[str | None]) -> bool:
    """Whether the cells of a row number its columns.

    >>> numbers_columns(["1", "2", "", "3"]), numbers_columns(["1", "2"]), numbers_columns(["1", "1", "7"])
    (True, False, False)
    """
    said = [cell.strip() for cell in cells if cell and cell.strip()]
    return len(said) >= _FEW_NUMBERS and said == [str(k) for k in range(1, len(said) + 1)]


def _has(cells: pl.Series, words: str) -> pl.Series:
    """Which cells are words of a total; columns repeat few cells, each is looked at once."""
    known = cells.unique()
    plain = known.str.replace_all(r"\s+", " ").str.strip_chars()
    totals = known.filter(plain.str.contains(rf"(?i)^{words}{TAIL}$"))
    return cells.is_in(totals.implode()).fill_null(False)
