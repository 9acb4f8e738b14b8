"""Lines of totals and means below a table: nobody's results, told and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from msoko_analysis.ingest.block import Block, Left
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.ingest.total_words import TAIL, TOTAL, TOTAL_WORDS

#: What a report calls such a line.
TOTAL_LINE = "строка итога или среднего — не участник и не школа"


def without_totals(block: Block) -> Block:
    """The block without its lines of totals and means, which it names.

    A line is one if the word stands where a pupil, class, school or municipality should, or in its
    first filled cell.
    """
    words = {
        heading: TOTAL_WORDS[name] for name, heading in block.columns.items() if name in TOTAL_WORDS
    }
    original, left = take_totals(block.original, words)
    return replace(block, original=original, left=(*block.left, *left))


def take_totals(
    table: pl.DataFrame, words: Mapping[str, str]
) -> tuple[pl.DataFrame, tuple[Left, ...]]:
    """A table without its lines of totals, and those lines; ``words``: heading → words of a total."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    if not texts:
        return table, ()
    first = pl.coalesce(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in texts
    )
    found = [_has(table[name], words[name]) for name in texts if name in words]
    found.append(_has(table.select(first.alias("first")).to_series(), TOTAL))
    lines = table.filter(pl.any_horizontal(map(pl.lit, found)))[ROW].unique().sort()
    if lines.is_empty():
        return table, ()
    rest = table.filter(~pl.col(ROW).is_in(lines.implode()))
    return rest, (Left(TOTAL_LINE, tuple(lines.to_list())),)


def _has(cells: pl.Series, words: str) -> pl.Series:
    """Which cells are words of a total; columns repeat few cells, each is looked at once."""
    known = cells.unique()
    plain = known.str.replace_all(r"\s+", " ").str.strip_chars()
    totals = known.filter(plain.str.contains(rf"(?i)^{words}{TAIL}$"))
    return cells.is_in(totals.implode()).fill_null(False)
