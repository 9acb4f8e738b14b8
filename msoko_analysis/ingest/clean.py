"""Raw cells → typed columns of a contract; what breaks the contract is set aside with its reason.

A value without which the row can not be placed or counted costs the row; any other bad value costs
only its cell, so a mistyped school mark never loses the pupil's score. Nothing is dropped silently:
both kinds are listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from msoko_analysis.ingest.absence import absent, dash, empty, nothing, unsaid
from msoko_analysis.ingest.block import HELPS, OTHER_CODE, Block
from msoko_analysis.ingest.cell_text import cell_text, texts
from msoko_analysis.ingest.contracts import (
    ITEM,
    LEVEL_COUNTS,
    MEDALISTS,
    PAPER,
    RESULTS,
    SCHOOL_MEANS,
    SCHOOLS,
    Field,
)
from msoko_analysis.ingest.gate import CELL_OUT_OF_FORM, OUT_OF_FORM
from msoko_analysis.ingest.names import hidden, like_name, not_a_code, wordy
from msoko_analysis.ingest.numbers import LARGEST_WHOLE, number_in
from msoko_analysis.ingest.persons import NO_SCHOOL
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.ingest.spoilt import spoilt

#: Where a row or a cell stood, as columns of the lists of faults.
PLACE = (*PAPER, "municipality", "school")

Faults = list[tuple[pl.Expr, str]]
_NEVER = (pl.lit(False), "")
_HIDDEN_ROW = "не по форме столбца: строка может быть сдвинута и потому скрыта"
_BOTH, _ABOVE = "_absent_and_points", "_above_a_hundred"
#: Tables whose rows stand for a school: it tells the municipality where they do not.
_PLACED = (RESULTS, MEDALISTS, LEVEL_COUNTS, SCHOOL_MEANS)


@dataclass(frozen=True)
class Cleaned:
    """A block after the rules of its contract.

    ``rows`` good rows, typed, with ``_row``; ``rejected`` rows set aside (``_row``, ``column``,
    ``reason``, place); ``cells`` the same for emptied cells, one row per cell.
    """

    block: Block
    rows: pl.DataFrame
    rejected: pl.DataFrame
    cells: pl.DataFrame


def clean(
    block: Block,
    *,
    homes: Mapping[str, str] | None = None,
    municipality_codes: Mapping[str, str] | None = None,
) -> Cleaned:
    """Apply the contract of a block to its raw cells.

    ``homes`` maps a school to its municipality, for rows that do not name it;
    ``municipality_codes`` maps a municipality's name to its code, where some file gives both.
    """
    raw = _with_derived(block.raw(), block, homes or {})
    names = [name for name in raw.columns if name not in (ROW, *HELPS)]
    judges = {name: _judge(raw, name, _field(block, name)) for name in names}
    kept = [pl.col(name).cast(pl.String) for name in HELPS if name in raw.columns]
    judged = pl.concat(
        [raw.select(ROW, *kept), *(_apply(raw, name, judge) for name, judge in judges.items())],
        how="horizontal",
    )
    if municipality_codes and "municipality" in names:
        judged = judged.with_columns(pl.col("municipality").replace(dict(municipality_codes)))
    if block.contract is RESULTS:
        raw, judged, judges = _contradicted(raw, judged, judges)
    others = [f for f in block.contract.fields if "\\d" not in f.name and f.name not in names]
    judged = judged.with_columns(pl.lit(None, f.dtype).alias(f.name) for f in others)
    return _split(block, judged, raw, judges)


def shown(block: Block, rows: pl.DataFrame) -> pl.DataFrame:
    """The cells of these rows (``_row``) that a list of faults may show, as text by heading.

    Only columns of the contract; a cell that breaks its contract may hold anything, a name as well,
    so of it no more than a few figures is shown.
    """
    raw = block.raw().join(rows.select(ROW).unique(), on=ROW, how="semi")
    cells: dict[str, pl.Expr] = {}
    for name, heading in block.columns.items():
        field = _field(block, name)
        text = pl.col(name).cast(pl.String)
        if field is None:  # a help for other tables
            continue
        ours = text.str.starts_with(OUT_OF_FORM) | (text == CELL_OUT_OF_FORM)
        judge = _judge(raw, name, field)
        raw = _with_text(raw, judge)
        bad = judge.bad & ~ours.fill_null(False)
        cells.setdefault(heading, pl.when(bad).then(hidden(text)).otherwise(text))
    return raw.select(ROW, **cells)


def _with_derived(raw: pl.DataFrame, block: Block, homes: Mapping[str, str]) -> pl.DataFrame:
    """Add the columns a file may leave out because they follow from elsewhere."""
    if block.contract in _PLACED:
        schools = texts(raw, ["school"])["school"]
        home = schools.replace_strict(dict(homes), default=None, return_dtype=pl.String)
        if "municipality" in raw.columns:
            own = pl.lit(texts(raw, ["municipality"])["municipality"])
            given = pl.when(~(empty(own) | dash(own))).then(pl.col("municipality").cast(pl.String))
            return raw.with_columns(municipality=pl.coalesce(given, home))
        other = [pl.col(OTHER_CODE)] if OTHER_CODE in raw.columns else []
        placed = raw.with_columns(municipality=pl.coalesce(home, *other))
        return placed.drop(OTHER_CODE, strict=False)
    if block.contract is SCHOOLS:
        given = pl.col("name") if "name" in raw.columns else pl.lit(None)
        given = given.cast(pl.String).replace("", None)
        return raw.with_columns(name=pl.coalesce(given, cell_text("school")))
    return raw


def _field(block: Block, name: str) -> Field | None:
    """The field of a column, for a task with what this file says of it."""
    field = block.contract.field(name)
    if field is None or name not in block.tasks:
        return field
    highest = block.limits.get(name, field.maximum)
    return replace(field, maximum=highest, fault="row" if block.counted else field.fault)


@dataclass(frozen=True)
class _Judge:
    """How one column is judged: its typed value, where it has none, and the reasons in order.

    ``words``: the expressions read the cell made uniform, the column of ``_with_text``.
    """

    field: Field
    name: str
    value: pl.Expr
    blank: pl.Expr
    faults: Faults
    words: bool

    @property
    def costs_row(self) -> bool:
        return self.field.fault == "row"

    @property
    def bad(self) -> pl.Expr:
        return pl.any_horizontal(condition.fill_null(False) for condition, _ in self.faults)

    @property
    def reason(self) -> pl.Expr:
        """The first reason that applies; costly, so computed for bad rows only."""
        return pl.coalesce(pl.when(condition).then(pl.lit(text)) for condition, text in self.faults)


def _judge(raw: pl.DataFrame, name: str, field: Field) -> _Judge:
    words = field.kind == "str"
    value, blank, faults = _string(name, field) if words else _number(raw, name, field)
    if raw.schema[name] == pl.String:
        faults = [
            (pl.col(name) == CELL_OUT_OF_FORM, "не по форме столбца и потому скрыто"),
            *faults,
        ]
    if field.required:
        faults = [(blank, "пусто"), *faults]
    return _Judge(field, name, value, blank, faults or [_NEVER], words)


def _with_text(frame: pl.DataFrame, judge: _Judge) -> pl.DataFrame:
    """The frame with the column of words that a judge reads, if it reads one."""
    if not judge.words:
        return frame
    return frame.with_columns(cell_text(judge.name).alias(_of_text(judge.name)))


def _of_text(name: str) -> str:
    return f"={name}"


def _apply(raw: pl.DataFrame, name: str, judge: _Judge) -> pl.DataFrame:
    """Value and badness of a column, judged once per distinct cell: columns repeat few values."""
    column = raw.select(name)
    bad = f"?{name}"
    # lazy: what several reasons ask of a cell is computed once
    judged = (
        _with_text(column.unique(), judge)
        .lazy()
        .with_columns(judge.blank.alias("_blank"), judge.bad.alias(bad))
        .with_columns(pl.when(~(pl.col(bad) | pl.col("_blank"))).then(judge.value).alias("_value"))
        .select(name, pl.col("_value").cast(judge.field.dtype, strict=False), bad)
        .collect()
    )
    joined = column.join(judged, on=name, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(pl.col("_value").alias(name), bad)


def _string(name: str, field: Field) -> tuple[pl.Expr, pl.Expr, Faults]:
    text = pl.col(_of_text(name))
    # a class may be «Х», a code of a pupil too
    one_letter = field.required or name == "class_group"
    blank = empty(text) | dash(text) if one_letter else unsaid(text)
    faults: Faults = spoilt(text)
    if field.allowed:
        allowed = f"нет в списке допустимых: {field.range_text}"
        faults.append((~blank & ~text.is_in(field.allowed), allowed))
    elif name == "pupil":
        faults.append((not_a_code(text), "похоже на имя: нужен код участника"))
    elif name == "person":
        faults.append((not_a_code(text), "похоже на имя: нужен псевдоним"))
    elif name in ("class_group", "variant"):
        # regional exports write «отсутствовал» there too
        blank |= absent(text)
        faults.append((wordy(text) & ~absent(text), "похоже на имя человека"))
    else:
        faults.append((like_name(text), "похоже на имя человека"))
    if name == "school":
        faults += [
            (text.str.starts_with(OUT_OF_FORM), _HIDDEN_ROW),
            (text == NO_SCHOOL, "школы нет в таблице школ: впишите код ОО или дополните таблицу"),
        ]
    return text, blank, faults


def _number(raw: pl.DataFrame, name: str, field: Field) -> tuple[pl.Expr, pl.Expr, Faults]:
    column = pl.col(name)
    faults: Faults = []
    if raw.schema[name].is_numeric():
        value = column.cast(pl.Float64).fill_nan(None)
        blank = value.is_null()
    else:
        text = column.cast(pl.String)
        value = number_in(text, per_cent=field.per_cent)
        blank = nothing(text)
        faults = spoilt(text)
    faults.append((~blank & ~value.is_finite().fill_null(False), "не число"))
    if field.kind == "int":
        faults.append((value != value.floor(), "не целое число"))
        faults.append((value.abs() > LARGEST_WHOLE, "число слишком велико"))
    outside = f"вне допустимых значений: {field.range_text}"
    if field.minimum is not None:
        faults.append((value < field.minimum, outside))
    if field.maximum is not None:
        faults.append((value > field.maximum, outside))
    return value, blank, faults


def _contradicted(
    raw: pl.DataFrame, judged: pl.DataFrame, judges: dict[str, _Judge]
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, _Judge]]:
    """The same with rows set aside whose columns can not both be right.

    They say both that a pupil was absent and that he has points: a sum of Excel is 0 beside
    «отсутствовал» as well, and 0 points are a mark «2». Or a test score of ЕГЭ is above 100.
    """
    if "total" not in judges:
        return raw, judged, judges
    tasks = [name for name in judges if ITEM.match(name)]
    told = [_said(raw, name) for name in (*tasks, *({"mark", "variant"} & judges.keys()))]
    points = [pl.col(name) > 0 for name in tasks]
    both = judged.select(
        (pl.any_horizontal(told or [_NEVER[0]]) & pl.col("total").is_not_null())
        | (_said(raw, "total") & pl.any_horizontal(points or [_NEVER[0]]).fill_null(False))
    ).to_series()
    of_ege = pl.col("procedure") == "EGE" if "procedure" in judged.columns else _NEVER[0]
    above = judged.select((of_ege & (pl.col("total") > 100)).fill_null(False)).to_series()
    judge = judges["total"]
    reasons = [
        (pl.col(_BOTH), "и слово об отсутствии, и баллы: оставьте одно"),
        (pl.col(_ABOVE), "тестовый балл ЕГЭ больше 100"),
    ]
    return (
        raw.with_columns(both.alias(_BOTH), above.alias(_ABOVE)),
        judged.with_columns(pl.col("?total") | both | above),
        judges | {"total": replace(judge, faults=[*judge.faults, *reasons])},
    )


def _said(raw: pl.DataFrame, name: str) -> pl.Expr:
    """In which rows a column says that the pupil was absent; words are looked for once each."""
    if raw.schema[name].is_numeric():
        return pl.lit(False)
    cells = raw[name].cast(pl.String)
    words = cells.unique().to_frame("word").filter(absent(pl.col("word")))["word"]
    return pl.lit(cells.is_in(words.implode()).fill_null(False))


def _split(
    block: Block, judged: pl.DataFrame, raw: pl.DataFrame, judges: Mapping[str, _Judge]
) -> Cleaned:
    """Good rows; rows set aside with their first reason; emptied cells of the good rows."""
    any_bad = pl.any_horizontal(f"?{name}" for name in judges)
    row_bad = pl.any_horizontal(f"?{name}" for name, judge in judges.items() if judge.costs_row)
    place = [pl.col(name) if name in judged.columns else pl.lit(None).alias(name) for name in PLACE]
    faulty = judged.filter(any_bad).select(ROW, *place, row_bad.alias("row_bad"))
    told = raw.join(faulty.select(ROW), on=ROW)
    for judge in judges.values():
        told = _with_text(told, judge)
    reasons = told.select(ROW, *(judge.reason.alias(name) for name, judge in judges.items()))
    faults = (
        reasons.unpivot(index=ROW, variable_name="column", value_name="reason")
        .drop_nulls("reason")
        .join(faulty, on=ROW)
        .with_columns(costs=pl.col("column").is_in([n for n, j in judges.items() if j.costs_row]))
        .sort(ROW, maintain_order=True)
    )
    lists = (ROW, "column", "reason", *PLACE)
    rejected = faults.filter("costs").unique(ROW, keep="first", maintain_order=True).select(lists)
    if "school" in raw.columns and (rejected["reason"] == _HIDDEN_ROW).any():
        # such a row says itself which of its columns is to blame
        first = cell_text("school").str.extract(rf"^{OUT_OF_FORM}: ([^,]+)").alias("_first")
        told = rejected.join(raw.select(ROW, first), on=ROW, maintain_order="left")
        rejected = told.with_columns(pl.coalesce("_first", "column").alias("column")).select(lists)
    cells = faults.filter(~pl.col("row_bad")).select(lists)
    good = judged.filter(~row_bad)
    return Cleaned(block, good.select(pl.exclude("^\\?.*$")), rejected, cells)
