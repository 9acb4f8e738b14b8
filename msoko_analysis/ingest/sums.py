"""What the numbers of an aggregate form must add up to; a row that does not is set aside.

Shares of marks are parts of one whole: they add up to 100 per cent, each printed share being off by
at most half a unit of its last decimal. Cells in per cent of Excel hold shares of one and add up to
1, which no row of per cent can do: they are read as such. Everything else is another form, a moved
row or a slip of the pen, and nothing here guesses which.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.clean import PLACE, Cleaned
from msoko_analysis.ingest.contracts import MARK_STATISTICS, MARK_VS_PRIOR
from msoko_analysis.ingest.sheets import ROW

_SHARES = {
    MARK_STATISTICS: tuple(f"share_{mark}" for mark in (2, 3, 4, 5)),
    MARK_VS_PRIOR: ("share_lower", "share_same", "share_higher"),
}
_COUNTS = ("lower", "same", "higher")
#: The forms print shares to the second decimal of a per cent.
_DECIMALS = 2
# Of floating point: a sum of decimals is a hair off.
_HAIR = 1e-6
_OF_ONE = "_of_one"


def check_sums(cleaned: Cleaned) -> Cleaned:
    """Set aside rows of an aggregate form that contradict themselves; shares of one → per cent.

    A row of nobody (``n`` = 0) may have no shares. Of the comparison with the journal the counts
    are held against the number of participants, which they may stay below (a pupil without a school
    mark is compared with nothing), and every share against its count.

    Raises DataError if no row of the form adds up: it is another form or its columns are moved.
    """
    shares = _SHARES.get(cleaned.block.contract)
    if shares is None or cleaned.rows.is_empty():
        return cleaned
    rows = _in_per_cent(cleaned.rows, shares)
    faults = [_unequal(rows, shares)]
    if cleaned.block.contract is MARK_VS_PRIOR:
        faults += _against_counts(rows, shares)
    reason = pl.coalesce(pl.when(bad).then(pl.lit(text)) for bad, text, _ in faults)
    column = pl.coalesce(pl.when(bad).then(pl.lit(name)) for bad, _, name in faults)
    judged = rows.with_columns(reason.alias("reason"), column.alias("column")).drop(_OF_ONE)
    wrong = judged.filter(pl.col("reason").is_not_null())
    if wrong.height == rows.height:
        raise _not_this_form(cleaned, wrong)
    place = [pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in PLACE]
    aside = wrong.select(ROW, "column", "reason", *place)
    good = judged.filter(pl.col("reason").is_null()).drop("reason", "column")
    return replace(
        cleaned,
        rows=good,
        rejected=pl.concat([cleaned.rejected, aside], how="diagonal_relaxed").sort(ROW),
        cells=cleaned.cells.filter(~pl.col(ROW).is_in(aside[ROW].implode())),
    )


def _decimals(rows: pl.DataFrame, shares: tuple[str, ...]) -> int:
    """Decimals of the shares, 0 to 2: two are printed, full cells of Excel have many."""
    for places in range(_DECIMALS):
        scaled = [pl.col(name) * 10**places for name in shares]
        if rows.select(pl.all_horizontal(((x - x.round()).abs() < _HAIR).all() for x in scaled))[
            0, 0
        ]:
            return places
    return _DECIMALS


def _in_per_cent(rows: pl.DataFrame, shares: tuple[str, ...]) -> pl.DataFrame:
    """Rows whose shares add up to 1 × 100, and ``_of_one`` for them.

    Their cells have two decimals at least, or they would be all or nothing.
    """
    margin = len(shares) * 0.5 * 10**-_DECIMALS + _HAIR
    of_one = (pl.sum_horizontal(shares) - 1).abs() <= margin
    return rows.with_columns(of_one.alias(_OF_ONE)).with_columns(
        pl.when(_OF_ONE).then((pl.col(name) * 100).round(9)).otherwise(pl.col(name)).alias(name)
        for name in shares
    )


def _unequal(rows: pl.DataFrame, shares: tuple[str, ...]) -> tuple[pl.Expr, str, str]:
    total = pl.sum_horizontal(shares)
    margin = len(shares) * 0.5 * 10 ** -_decimals(rows, shares) + _HAIR
    nobody = (pl.col("n") == 0) & (total == 0)
    bad = ((total - 100).abs() > margin) & ~nobody & ~pl.col(_OF_ONE)
    return bad, "доли в сумме не дают 100 %", shares[0]


def _against_counts(rows: pl.DataFrame, shares: tuple[str, ...]) -> list[tuple[pl.Expr, str, str]]:
    total = pl.sum_horizontal(_COUNTS)
    # a whole unit of the last decimal: the forms round halves either way
    margin = 10 ** -_decimals(rows, shares) + _HAIR
    off = pl.any_horizontal(
        (pl.col(share) - 100 * pl.col(name) / total).abs() > margin
        for name, share in zip(_COUNTS, shares, strict=True)
    )
    return [
        (total > pl.col("n"), "понизивших, подтвердивших и повысивших больше, чем участников", "n"),
        ((total > 0) & off, "доли не соответствуют числу участников", shares[0]),
    ]


def _not_this_form(cleaned: Cleaned, wrong: pl.DataFrame) -> DataError:
    block = cleaned.block
    rows = wrong[ROW].to_list()
    named = ", ".join(map(str, rows[:5])) + (" …" if len(rows) > 5 else "")
    problem = Problem(
        f"ни одна строка не сходится ({wrong['reason'][0]}; строки {named})",
        "это другая форма или столбцы сдвинуты; выгрузите форму из ФИС ОКО заново",
        block.path.name,
        block.sheet,
        rows[0],
        block.heading(wrong["column"][0]),
    )
    return DataError.from_problems(f"Файл {block.path.name} не прочитан", [problem])
