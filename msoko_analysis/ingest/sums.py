"""What the numbers of an aggregate form must add up to; a row that does not is set aside.

Shares of marks, or of pupils at every score, are parts of one whole: they add up to 100 per cent, each
printed share being off by at most half a unit of its last decimal. Cells in per cent of Excel hold
shares of one and add up to 1, which no row of per cent can do: they are read as such. Pupils instead of
shares add up to the participants. Of tasks every share stands for itself; a form of which none is above
1 holds shares of one. Everything else is another form, a moved row or a slip of the pen, and nothing
here guesses which. What a form prints of a municipality, or of the region, is held against its parts in
:mod:`msoko_analysis.ingest.parts`.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.clean import PLACE, Cleaned
from msoko_analysis.ingest.contracts import (
    MARK_STATISTICS,
    MARK_VS_PRIOR,
    PLANNED_RESULTS,
    SCORE_SHARES,
    TASK_SHARES,
    TASK_SHARES_BY_GROUP,
    Contract,
)
from msoko_analysis.ingest.parts import check_parts
from msoko_analysis.ingest.sheets import ROW

_WHOLE = {
    MARK_STATISTICS: tuple(f"share_{mark}" for mark in (2, 3, 4, 5)),
    MARK_VS_PRIOR: ("share_lower", "share_same", "share_higher"),
}
_OF_TASKS = (TASK_SHARES, TASK_SHARES_BY_GROUP, PLANNED_RESULTS)
_COUNTS = ("lower", "same", "higher")
#: The forms print shares to the second decimal of a per cent.
_DECIMALS = 2
# Of floating point: a sum of decimals is a hair off.
_HAIR = 1e-6
_OF_ONE = "_of_one"
_UNCLEAR = "доли не больше 1, а в других строках больше: не понять, проценты ли это"

_Fault = tuple[pl.Expr, str, str]


def check_sums(cleaned: Cleaned) -> Cleaned:
    """Set aside rows of an aggregate form that contradict themselves; shares of one → per cent.

    A row of nobody (``n`` = 0) may have no shares. Of the comparison with the journal the counts
    are held against the number of participants, which they may stay below (a pupil without a school
    mark is compared with nothing), and every share against its count. Shares of scores must be those
    of whole pupils, as far as the decimals printed can tell.

    Raises DataError if no row of the form adds up: it is another form or its columns are moved; or if
    a municipality or region is not what its parts are.
    """
    shares = shares_of(cleaned.block.contract, cleaned.rows)
    if not shares or cleaned.rows.is_empty():
        return cleaned
    judged = _judged(cleaned, shares)
    wrong = judged.filter(pl.col("reason").is_not_null())
    if wrong.height == judged.height:
        raise _not_this_form(cleaned, wrong)
    place = [pl.col(name) if name in judged.columns else pl.lit(None).alias(name) for name in PLACE]
    aside = wrong.select(ROW, "column", "reason", *place)
    good = judged.filter(pl.col("reason").is_null()).drop("reason", "column")
    _no_means(cleaned, shares)
    check_parts(cleaned.block, good, shares, decimals_of(good, shares))
    return replace(
        cleaned,
        rows=good,
        rejected=pl.concat([cleaned.rejected, aside], how="diagonal_relaxed").sort(ROW),
        cells=cleaned.cells.filter(~pl.col(ROW).is_in(aside[ROW].implode())),
    )


def shares_of(contract: Contract, rows: pl.DataFrame) -> tuple[str, ...]:
    """The columns of shares of an aggregate form; none of any other table."""
    if contract in _WHOLE:
        return _WHOLE[contract]
    if contract is PLANNED_RESULTS:
        return ("share",)
    found = contract.family(rows.columns) if contract in (*_OF_TASKS, SCORE_SHARES) else []
    return tuple(name for name in found if not name.startswith("most_"))


def _judged(cleaned: Cleaned, shares: tuple[str, ...]) -> pl.DataFrame:
    """The rows in per cent, with the first ``reason`` why one can not be right and its ``column``."""
    contract, rows = cleaned.block.contract, cleaned.rows
    if contract in _OF_TASKS:
        rows = _tasks_in_per_cent(rows, shares)
        faults = [_unclear(rows, shares)]
    else:
        rows = _in_per_cent(rows, shares, counted=contract is SCORE_SHARES)
        faults = [_unequal(rows, shares)]
    if contract is MARK_VS_PRIOR:
        faults += _against_counts(rows, shares)
    if contract is SCORE_SHARES:
        faults.append(_no_pupils(rows, shares))
    reason = pl.coalesce(pl.when(bad).then(pl.lit(text)) for bad, text, _ in faults)
    column = pl.coalesce(pl.when(bad).then(pl.lit(name)) for bad, _, name in faults)
    return rows.with_columns(reason.alias("reason"), column.alias("column")).drop(_OF_ONE)


def decimals_of(rows: pl.DataFrame, shares: tuple[str, ...]) -> int:
    """Decimals of the shares, 0 to 2: two are printed, full cells of Excel have many."""
    for places in range(_DECIMALS):
        scaled = [pl.col(name) * 10**places for name in shares]
        whole = (((x - x.round()).abs() < _HAIR).all() for x in scaled)
        if rows.select(pl.all_horizontal(whole))[0, 0]:
            return places
    return _DECIMALS


def _in_per_cent(
    rows: pl.DataFrame, shares: tuple[str, ...], *, counted: bool = False
) -> pl.DataFrame:
    """Rows whose shares add up to 1 × 100, and ``_of_one`` for them.

    Their cells have two decimals at least, or they would be all or nothing. ``counted``: pupils that
    add up to the participants become shares of them.
    """
    margin = len(shares) * 0.5 * 10**-_DECIMALS + _HAIR
    total = pl.sum_horizontal(shares)
    of_one = (total - 1).abs() <= margin
    part = pl.when(_OF_ONE).then(100.0).otherwise(1.0)
    if counted:
        whole = [(pl.col(name) == pl.col(name).floor()).fill_null(True) for name in shares]
        pupils = pl.all_horizontal(whole) & (total == pl.col("n")) & (total > 0)
        part = pl.when(pupils).then(100.0 / pl.col("n")).otherwise(part)
    return rows.with_columns(of_one.alias(_OF_ONE)).with_columns(
        pl.when(part == 1).then(pl.col(name)).otherwise((pl.col(name) * part).round(9)).alias(name)
        for name in shares
    )


def _tasks_in_per_cent(rows: pl.DataFrame, shares: tuple[str, ...]) -> pl.DataFrame:
    """The same of tasks, where the whole form tells whether its shares are parts of one."""
    highest = rows.select(pl.max_horizontal(pl.col(name).max() for name in shares))[0, 0]
    of_one = highest is not None and 0 < highest <= 1
    return rows.with_columns(pl.lit(of_one).alias(_OF_ONE)).with_columns(
        (pl.col(name) * 100).round(9) if of_one else pl.col(name) for name in shares
    )


def _no_means(cleaned: Cleaned, shares: tuple[str, ...]) -> None:
    """Raise DataError if no share of any task is above the points of the task: they are mean points."""
    rows = cleaned.rows
    most = {one: "max_points" if one == "share" else one.replace("item", "most") for one in shares}
    if cleaned.block.contract not in _OF_TASKS or not set(most.values()) <= set(rows.columns):
        return
    within = [(pl.col(one) <= pl.col(points)).all() for one, points in most.items()]
    above_one = pl.max_horizontal(pl.col(one).max() for one in shares) > 1
    if rows.select(pl.all_horizontal(*within, above_one))[0, 0]:
        block = cleaned.block
        rule = "ни одно выполнение не больше наибольшего балла задания: это средние баллы, а не проценты"
        problem = Problem(rule, "выгрузите форму в процентах", block.path.name, block.sheet)
        raise DataError.from_problems(f"Файл {block.path.name} не прочитан", [problem])


def _unclear(rows: pl.DataFrame, shares: tuple[str, ...]) -> _Fault:
    highest = pl.max_horizontal(shares)
    bad = (highest > 0) & (highest <= 1) & ~pl.col(_OF_ONE)
    # of one task alone a share below 1 is a share
    return bad & pl.lit(len(shares) > 1), _UNCLEAR, shares[0]


def _no_pupils(rows: pl.DataFrame, shares: tuple[str, ...]) -> _Fault:
    """Shares that no whole numbers of participants give, where the decimals can tell."""
    margin = pl.col("n") * 0.5 * 10 ** -decimals_of(rows, shares) / 100 + _HAIR
    pupils = [pl.col(name) * pl.col("n") / 100 for name in shares]
    off = pl.any_horizontal(((one - one.round()).abs() > margin).fill_null(False) for one in pupils)
    sums = pl.sum_horizontal(one.round() for one in pupils) != pl.col("n")
    bad = (margin < 0.5) & (off | sums)
    return bad, "доли при баллах не соответствуют числу участников", "n"


def _unequal(rows: pl.DataFrame, shares: tuple[str, ...]) -> _Fault:
    total = pl.sum_horizontal(shares)
    margin = len(shares) * 0.5 * 10 ** -decimals_of(rows, shares) + _HAIR
    nobody = (pl.col("n") == 0) & (total == 0)
    bad = ((total - 100).abs() > margin) & ~nobody & ~pl.col(_OF_ONE)
    return bad, "доли в сумме не дают 100 %", shares[0]


def _against_counts(rows: pl.DataFrame, shares: tuple[str, ...]) -> list[_Fault]:
    total = pl.sum_horizontal(_COUNTS)
    # a whole unit of the last decimal: the forms round halves either way
    margin = 10 ** -decimals_of(rows, shares) + _HAIR
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
