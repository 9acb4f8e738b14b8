"""Lines of totals and means below a table: nobody's results, told and left out."""

from __future__ import annotations

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
    texts = {
        name: words.get(name)
        for name, kind in block.original.schema.items()
        if kind == pl.String and name != ROW
    }
    if not texts:
        return block
    first = pl.coalesce(
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name)) for name in texts
    )
    found = [
        _has(first, TOTAL),
        *(_has(pl.col(name), said) for name, said in texts.items() if said),
    ]
    lines = block.original.filter(pl.any_horizontal(found).fill_null(False))[ROW]
    if lines.is_empty():
        return block
    return replace(
        block,
        original=block.original.filter(~pl.col(ROW).is_in(lines.implode())),
        left=(*block.left, Left(TOTAL_LINE, tuple(lines.unique().sort().to_list()))),
    )


def _has(cell: pl.Expr, words: str) -> pl.Expr:
    plain = cell.str.replace_all(r"\s+", " ").str.strip_chars()
    return plain.str.contains(rf"(?i)^{words}{TAIL}$").fill_null(False)
