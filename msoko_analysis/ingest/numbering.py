"""Pupils numbered anew in every class of a school: there the class is part of who a pupil is.

Nothing says how a school numbers, so the rows have to (decision 0036): in some class at least two
numbers, and at least half of all, stand in another class as well; everybody has a class; and of the
pupils who share a number fewer than half agree in all that both rows tell, as one pupil's would.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import ITEM, PAPER, RESULTS
from msoko_analysis.ingest.keys import shared_keys

_BLOCK = "_block"
_UNIT = [*PAPER, "school"]
#: Own model: numbers shared, their part of a class, and the part of pairs that look like one pupil.
_SHARED, _OF_CLASS, _ALIKE = 2, 0.5, 0.5
_TOLD = ("total", "mark", "gender", "prior_mark")


def numbered_by_class(
    rows: pl.DataFrame, blocks: Sequence[Block]
) -> tuple[pl.DataFrame, list[Problem]]:
    """Results in which a pupil's code has the class before it where classes number anew; a word
    about it for every file.

    ``rows`` are results with ``_block``. Other rows stay as they are.
    """
    again = rows.filter(shared_keys(rows, RESULTS.key)).select(_UNIT).unique()
    if again.is_empty():
        return rows, []
    suspects = rows.join(again, on=_UNIT, how="semi").with_columns(_letter().alias("_letter"))
    units = _numbering_anew(suspects)
    told = _without_class(suspects, blocks)
    if units.is_empty():
        return rows, told
    marked = rows.join(
        units.with_columns(pl.lit(True).alias("_anew")), on=_UNIT, how="left", maintain_order="left"
    )
    anew = pl.col("_anew").fill_null(False)
    counts = (
        marked.filter(anew)
        .group_by(_BLOCK)
        .agg(pl.len().alias("n"), pl.col("school").n_unique().alias("schools"))
        .sort(_BLOCK)
    )
    told += [
        Problem(
            f"школ: {schools}, участников: {n} — номера участников повторяются в разных классах: "
            "это разные участники, к номеру добавлен класс",
            "если это одни и те же ученики, исправьте в файле класс или код",
            blocks[block].path.name,
            blocks[block].sheet,
        )
        for block, n, schools in counts.iter_rows()
    ]
    code = pl.when(anew).then(pl.format("{}-{}", "class_group", "pupil")).otherwise("pupil")
    return marked.with_columns(code.alias("pupil")).drop("_anew"), told


def _without_class(rows: pl.DataFrame, blocks: Sequence[Block]) -> list[Problem]:
    """A word about schools whose numbers come again with other scores while classes are not given."""
    known = [name for name in _TOLD if name in rows.columns]
    units = rows.group_by(_UNIT).agg(
        pl.col("_letter").is_null().any().alias("classless"),
        pl.struct("pupil", *known).n_unique().alias("unlike"),
        pl.col("pupil").n_unique().alias("numbers"),
        pl.col(_BLOCK).min(),
    )
    again = pl.col("unlike") - pl.col("numbers")
    found = units.filter(
        pl.col("classless") & (again >= _SHARED) & (again >= _OF_CLASS * pl.col("numbers"))
    )
    return [
        Problem(
            f"школ: {n} — номера участников повторяются с другими баллами, а класс указан не у всех",
            "если нумерация в каждом классе своя, укажите класс каждому участнику: без него вторые "
            "строки отложены как повторы",
            blocks[block].path.name,
            blocks[block].sheet,
        )
        for block, n in found.group_by(_BLOCK)
        .agg(pl.col("school").n_unique())
        .sort(_BLOCK)
        .iter_rows()
    ]


def _letter() -> pl.Expr:
    """What tells one class of a grade from another: «4А», «4-А» and «А» are one class."""
    text = pl.col("class_group")
    letters = text.str.replace(r"^\d{1,2}", "").str.replace_all(r"[^\p{L}\d]", "")
    return pl.when(letters == "").then(text).otherwise(letters)


def _numbering_anew(rows: pl.DataFrame) -> pl.DataFrame:
    """Those papers of schools whose classes number their pupils anew."""
    whole = rows.group_by(_UNIT).agg(pl.col("_letter").is_not_null().all().alias("ok"))
    rows = rows.join(whole.filter("ok"), on=_UNIT, how="semi")
    pupils = rows.select(*_UNIT, "_letter", "pupil").unique()
    shared = pl.len().over(*_UNIT, "pupil") > 1
    classes = (
        pupils.with_columns(shared.alias("shared"))
        .group_by(*_UNIT, "_letter")
        .agg(pl.col("shared").sum().alias("n"), pl.col("shared").mean().alias("part"))
        .filter((pl.col("n") >= _SHARED) & (pl.col("part") >= _OF_CLASS))
    )
    return classes.select(_UNIT).unique().join(_unlike(rows), on=_UNIT, how="semi")


def _unlike(rows: pl.DataFrame) -> pl.DataFrame:
    """Papers of schools in which pupils of one number in two classes are not one and the same."""
    names = [name for name in rows.columns if name in _TOLD or ITEM.match(name)]
    one = rows.unique([*_UNIT, "pupil", "_letter"], keep="first", maintain_order=True)
    pairs = one.join(one, on=[*_UNIT, "pupil"], suffix="_2").filter(
        (pl.col("_letter") < pl.col("_letter_2"))
        & pl.col("total").is_not_null()
        & pl.col("total_2").is_not_null()
    )
    # what only one of the rows tells says nothing
    same = [(pl.col(name) == pl.col(f"{name}_2")).fill_null(True) for name in names]
    alike = pairs.group_by(_UNIT).agg(pl.all_horizontal(same).mean().alias("alike"))
    return alike.filter(pl.col("alike") < _ALIKE).select(_UNIT)
