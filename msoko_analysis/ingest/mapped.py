"""Any table by its description: source columns → contract columns, one row → one or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from msoko_analysis.ingest.block import Block, filled_columns, require_rows
from msoko_analysis.ingest.contracts import CONTRACTS, ITEM
from msoko_analysis.ingest.headings import normal
from msoko_analysis.ingest.layout import Layout, Rows, Source, Table
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.params.schema import nearest


def read(sheets: Sequence[Sheet], layout: Layout) -> list[Block]:
    """Read those sheets of a file that have all columns of its description.

    Raises DataError if none has, with the columns the likeliest one lacks and similar headings.
    """
    wanted = layout.sources()
    headers = [_header(sheet, wanted) for sheet in sheets]
    if all(missing for _, missing in headers):
        _refuse(sheets, headers)
    return [
        block
        for sheet, (row, missing) in zip(sheets, headers, strict=True)
        if not missing
        for block in _blocks(sheet, row, layout)
    ]


def _header(sheet: Sheet, wanted: Sequence[str]) -> tuple[int, list[str]]:
    """The row of headings with most of the wanted columns, and the columns it lacks."""
    lacking = [
        [name for name in wanted if normal(name) not in {normal(cell) for cell in row}]
        for row in sheet.head
    ]
    row = min(range(len(lacking)), key=lambda index: len(lacking[index]), default=0)
    return row, lacking[row] if lacking else list(wanted)


def _refuse(sheets: Sequence[Sheet], headers: Sequence[tuple[int, list[str]]]) -> None:
    (row, missing), sheet = min(zip(headers, sheets, strict=True), key=lambda pair: len(pair[0][1]))
    there = unique_headings(sheet.head[row]) if sheet.head else []
    raise sheet.fail(
        *(
            sheet.problem(
                f"нет столбца «{name}», названного в описании",
                nearest(name, there) if there else "проверьте файл",
                None if sheet.typed else row + 1,
            )
            for name in missing
        )
    )


def _blocks(sheet: Sheet, row: int, layout: Layout) -> list[Block]:
    table = sheet.table(row)
    require_rows(sheet, table)
    headings = unique_headings(sheet.head[row])
    at = {normal(heading): heading for heading in reversed(headings)}
    found = {name: at[normal(name)] for name in layout.sources()}
    ignored = filled_columns(table, [h for h in headings if h not in found.values()])
    blocks = [
        _block(sheet, table, found, target, entry, layout.title)
        for target in layout.tables
        for entry in target.entries()
    ]
    # what nothing takes is a matter of the file, told once
    return [replace(blocks[0], ignored=tuple(ignored)), *blocks[1:]]


def _block(
    sheet: Sheet,
    table: pl.DataFrame,
    found: dict[str, str],
    target: Table,
    entry: Rows,
    title: str,
) -> Block:
    if entry.present:
        table = table.filter(~_blank(pl.col(found[entry.present]).cast(pl.String)))
    made, columns = [], {}
    for name, source in entry.columns.items():
        if source.plain:
            columns[name] = found[source.column]
            continue
        of = "номер строки" if source.column is None else found[source.column]
        columns[name] = f"{of} → {name}"
        value = _value(source, found)
        if source.default:
            value = pl.when(_blank(value)).then(pl.lit(source.default)).otherwise(value)
        made.append(value.alias(columns[name]))
    contract = CONTRACTS[target.contract]
    table = table.select(ROW, *dict.fromkeys(found.values()), *made)
    if target.one_per_key:
        key = [columns[name] for name in contract.key if name in columns]
        table = table.unique(subset=key, keep="first", maintain_order=True)
    return Block(
        contract,
        f"{title} → {contract.name}",
        sheet.path,
        sheet.name,
        table,
        columns,
        constants=entry.constants,
        tasks={name: heading for name, heading in columns.items() if ITEM.match(name)},
    )


def _blank(text: pl.Expr) -> pl.Expr:
    return text.is_null() | text.str.strip_chars().is_in(["", "-", "–", "—", "NaN"])


def _value(source: Source, found: dict[str, str]) -> pl.Expr:
    """A contract cell as text; what should be a number and is not stays for the contract to judge."""
    if source.column is None:
        return pl.col(ROW).cast(pl.String)
    text = pl.col(found[source.column]).cast(pl.String).str.strip_chars()
    if source.extract:
        text = text.str.extract(source.extract, 1)
    if source.values:
        text = text.replace({old: str(new) for old, new in source.values.items()})
    given = number = _number(text)
    if source.minus:
        number -= _number(pl.col(found[source.minus]).cast(pl.String))
    if source.multiply is not None:
        number *= source.multiply
    if source.round:
        # 4.05 × 10 is a hair off 40.5 in floating point
        number = number.round(9).round(0, mode="half_away_from_zero")
    counted = number.cast(pl.String)
    if source.bands:
        counted = _banded(number, source.bands)
    if source.minus or source.multiply is not None or source.round or source.bands:
        return pl.when(given.is_null()).then(text).otherwise(counted)
    return text


def _banded(number: pl.Expr, bands: dict[int, float]) -> pl.Expr:
    """The highest band whose lowest number is reached; text that no contract takes below all."""
    result = pl.when(number.is_not_null()).then(pl.lit(f"меньше {min(bands.values()):g}"))
    for band in sorted(bands):
        result = pl.when(number >= bands[band]).then(pl.lit(str(band))).otherwise(result)
    return result


def _number(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_all(r"[\s\u00a0%]", "").str.replace(",", ".", literal=True)
    return plain.cast(pl.Float64, strict=False)
