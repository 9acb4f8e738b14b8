"""Of one pupil's several days of one exam, the result that counts (decision 0030).

The last day counts whose result is one: a score, or an annulment. Who did not come on a later day or
did not finish keeps the earlier result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import SITTING, Block
from msoko_analysis.ingest.contracts import PAPER
from msoko_analysis.ingest.gate import OUTCOME
from msoko_analysis.ingest.sheets import ROW

_BLOCK = "_block"
#: A participant who is removed, or whose result is annulled, has sat the exam: nothing else counts.
_ANNULLED = ("удалён", "аннулирован")
_SHOWN = 5


@dataclass(frozen=True)
class Sittings:
    """Results of the days that count, those of other days, and what is told of them."""

    rows: pl.DataFrame
    other: pl.DataFrame
    warnings: tuple[Problem, ...] = ()


def last_sittings(rows: pl.DataFrame, blocks: Sequence[Block]) -> Sittings:
    """Results with one day for each pupil and paper, whatever the order of the files.

    ``rows`` are results with ``_block`` and, where a protocol told it, ``_day`` and ``_outcome``. Rows
    without a day stay. Of rows of the same day an annulment goes before a score; other repeats within
    a day stay, to be told as such. A pupil known by a document is one under whatever school he sits.
    """
    if SITTING not in rows.columns:
        return Sittings(rows, rows.clear())
    # a pseudonym made without a document holds for one school only
    who = pl.concat_str("school", "pupil", separator="|")
    known = pl.col("person") if "person" in rows.columns else pl.lit(None, pl.String)
    key = [*PAPER, pl.coalesce(known, who)]
    annulled = pl.col(OUTCOME).is_in(_ANNULLED).fill_null(False)
    counts = annulled | pl.col("total").is_not_null() | pl.col("mark").is_not_null()
    told = pl.col(SITTING).is_not_null()
    # compared as text: counts or not, day, annulled or not
    rank = pl.concat_str(counts.cast(pl.Int8), SITTING, annulled.cast(pl.Int8))
    ranked = rows.with_columns(rank.max().over(key).alias("_best"))
    chosen = pl.col("_best").str.slice(1, len("2026-05-30"))
    late, early = chosen < pl.col(SITTING), chosen > pl.col(SITTING)
    void = (chosen == pl.col(SITTING)) & pl.col("_best").str.ends_with("1") & ~annulled
    marked = ranked.with_columns(
        chosen.alias("_chosen"),
        pl.when(told & early)
        .then(pl.lit("засчитан более поздний день"))
        .when(told & late)
        .then(pl.lit("в более поздний день результата нет, оставлен прежний, от"))
        .when(told & void)
        .then(pl.lit("результат аннулирован в протоколе того же дня"))
        .alias("_why"),
    )
    other = marked.filter(pl.col("_why").is_not_null())
    kept = marked.filter(pl.col("_why").is_null()).drop("_best", "_chosen", "_why")
    groups = other.group_by(_BLOCK, "_why", "_chosen", maintain_order=True).agg(
        pl.len().alias("n"), pl.col(ROW).sort().head(_SHOWN).alias("lines")
    )
    return Sittings(
        kept,
        other,
        tuple(
            _told(blocks[block], why, day, n, lines)
            for block, why, day, n, lines in groups.sort(_BLOCK, "_why", "_chosen").iter_rows()
        ),
    )


def _told(block: Block, why: str, day: str, n: int, lines: list[int]) -> Problem:
    shown = ", ".join(map(str, lines)) + (" …" if n > len(lines) else "")
    return Problem(
        f"участников: {n} — {why} {'.'.join(reversed(day.split('-')))} (строки {shown})",
        "эти строки не взяты; если в протоколах дни или статусы ошибочны, исправьте их",
        block.path.name,
        block.sheet,
    )
