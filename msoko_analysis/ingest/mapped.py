"""Any table by its description: source columns → contract columns, one row → one or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.absence import dash, empty, nothing
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import LINE, Block, repeated, require_rows, unused
from msoko_analysis.ingest.contracts import CONTRACTS, ITEM
from msoko_analysis.ingest.fractions import broken_scores
from msoko_analysis.ingest.layout import Layout, Rows, Source, Table
from msoko_analysis.ingest.numbers import LARGEST_WHOLE, number_in
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.spoilt import is_error
from msoko_analysis.ingest.totals import take_totals
from msoko_analysis.params.schema import nearest

_POSITION = re.compile(r"№\s*(\d+)")


def read(sheets: Sequence[Sheet], layout: Layout) -> list[Block]:
    """Read those sheets of a file that have all columns of its description.

    Raises DataError if none has, with the columns the likeliest one lacks and similar headings.
    """
    headers = [_header(sheet, layout) for sheet in sheets]
    if all(header.missing for header in headers):
        _refuse(sheets, headers)
    return [
        block
        for sheet, header in zip(sheets, headers, strict=True)
        if not header.missing
        for block in _blocks(sheet, header, layout)
    ]


@dataclass(frozen=True)
class _Header:
    """The row of headings likeliest meant (index from 0), its headings, and what it lacks.

    ``labels`` as they stand, ``headings`` unique.

    ``found``: a column as the description calls it → its heading as the table has it.
    """

    row: int
    labels: list[str]
    headings: list[str]
    found: dict[str, str]
    missing: list[str]


def _header(sheet: Sheet, layout: Layout) -> _Header:
    """The row of headings with most of the columns of the description."""
    rows = 1 if sheet.typed else layout.headings
    last = max(len(sheet.head) - rows + 1, 0)
    tried = [_at(sheet, index, layout, rows) for index in range(last)]
    return min(
        tried, key=lambda one: len(one.missing), default=_Header(0, [], [], {}, layout.sources())
    )


def _at(sheet: Sheet, index: int, layout: Layout, rows: int) -> _Header:
    lowest = sheet.head[index + rows - 1]
    labels = lowest if rows == 1 else _joined(sheet.head[index], lowest)
    headings = unique_headings(labels)
    at = {normal(heading): heading for heading in reversed(headings)}
    found: dict[str, str] = {}
    for name in layout.sources():
        place = _POSITION.fullmatch(name)
        if place and 0 < int(place[1]) <= len(headings):
            found[name] = headings[int(place[1]) - 1]
        names = [normal(one) for one in (name, *layout.also.get(name, ()))]
        known = next((at[one] for one in names if one in at), None)
        if known is not None:
            found[name] = known
    missing = [name for name in layout.sources() if name not in found]
    return _Header(index + rows - 1, labels, headings, found, missing)


def _joined(upper: list[str], lower: list[str]) -> list[str]:
    """Headings of two rows: an upper one holds for the blank cells after it."""
    over, names = "", []
    for above, below in zip(upper, lower, strict=True):
        over = above.strip() or over
        # a heading merged over both rows is one
        names.append(over if below.strip() == over else f"{over} {below.strip()}".strip())
    return names


def _refuse(sheets: Sequence[Sheet], headers: Sequence[_Header]) -> None:
    header, sheet = min(zip(headers, sheets, strict=True), key=lambda pair: len(pair[0].missing))
    raise sheet.fail(
        *(
            sheet.problem(
                f"нет столбца «{name}», названного в описании",
                nearest(name, header.headings) if header.headings else "проверьте файл",
                None if sheet.typed else header.row + 1,
            )
            for name in header.missing
        )
    )


def _blocks(sheet: Sheet, header: _Header, layout: Layout) -> list[Block]:
    table = sheet.table(header.row)
    require_rows(sheet, table)
    if not sheet.typed:
        old = table.columns[1:]  # after the line number
        table = table.rename(dict(zip(old, header.headings, strict=True)))
    taken = set(header.found.values())
    named = {heading for name, heading in header.found.items() if not _POSITION.fullmatch(name)}
    again = repeated(sheet, table, header.row, header.labels, named)
    if again:
        raise sheet.fail(*again)
    ignored = unused(table, header.labels, taken)
    # a column that nothing takes may tell that a line is one of totals
    table, totals = take_totals(table, {})
    table = _without_words(table, sorted(taken), layout.missing)
    blocks = [
        _block(
            sheet, table, header.found, target, entry, f"{layout.title} → {target.contract}{name}"
        )
        for target in layout.tables
        for entry, name in zip(target.entries(), _names(target), strict=True)
    ]
    # what nothing takes is a matter of the file, told once
    return [replace(blocks[0], ignored=ignored, left=totals), *blocks[1:]]


def _without_words(table: pl.DataFrame, columns: list[str], missing: Sequence[str]) -> pl.DataFrame:
    """Cells that hold a word for nothing made empty."""
    words = [normal(word) for word in missing]
    if not words:
        return table
    return table.with_columns(
        pl.when(pl.col(name).cast(pl.String).str.strip_chars().str.to_lowercase().is_in(words))
        .then(None)
        .otherwise(pl.col(name))
        .alias(name)
        for name in columns
    )


def _names(target: Table) -> list[str]:
    """What tells one entry of ``rows`` from another in a report; nothing where there is but one."""
    if not target.rows:
        return [""]
    named = [", ".join(map(str, rows.constants.values())) for rows in target.rows]
    places = [
        [] if name and named.count(name) == 1 else [f"строка {number} описания"]
        for number, name in enumerate(named, 1)
    ]
    return [
        f" ({', '.join([*filter(None, [name]), *place])})"
        for name, place in zip(named, places, strict=True)
    ]


def _block(
    sheet: Sheet,
    table: pl.DataFrame,
    found: dict[str, str],
    target: Table,
    entry: Rows,
    title: str,
) -> Block:
    before = table.height
    if entry.present:
        table = table.filter(~_blank(pl.col(found[entry.present]).cast(pl.String)))
    made, columns, warnings = [], {}, []
    for name, source in entry.columns.items():
        if source.plain:
            columns[name] = found[source.of[0]]
        else:
            of = " / ".join(found[one] for one in source.of) or "номер строки"
            columns[name] = f"{of} → {name}"
            field = CONTRACTS[target.contract].field(name)
            numeric = field is not None and field.kind != "str"
            made.append(_value(source, found, numeric=numeric).alias(columns[name]))
        if name == "total":
            warnings += _fractions(sheet, table, source, found)
    contract = CONTRACTS[target.contract]
    table = table.select(ROW, *dict.fromkeys(found.values()), *made)
    key = [columns[name] for name in contract.key if name in columns]
    # rows of one school in two municipalities are not of one key, whatever the contract says
    home = [columns[name] for name in ("municipality",) if name in columns]
    if target.one_per_key:
        table = table.unique(subset=key, keep="first", maintain_order=True)
    lines = None
    if target.sum:
        counts = [
            columns[field.name]
            for field in contract.fields
            if field.kind == "int" and field.name not in contract.key and field.name in columns
        ]
        table, lines = _summed(table, [*key, *home], counts)
    return Block(
        contract,
        title,
        sheet.path,
        sheet.name,
        table,
        columns,
        constants=entry.constants,
        tasks={name: heading for name, heading in columns.items() if ITEM.match(name)},
        warnings=tuple(warnings),
        skipped=before - table.height,
        described=True,
        lines=lines,
    )


def _summed(
    table: pl.DataFrame, key: list[str], counts: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of one key as one, their counts added up, and the lines of each; a row that is no count
    stays for its fault.
    """
    numbers = [number_in(pl.col(name).cast(pl.String)) for name in counts]
    good = pl.all_horizontal((n == n.floor()) & (n.abs() <= LARGEST_WHOLE) for n in numbers)
    good = good.fill_null(False)
    line = pl.col(ROW).alias(LINE)
    lines = [
        table.filter(good).select(line, pl.col(ROW).first().over(key)),
        table.filter(~good).select(line, ROW),
    ]
    added = (
        table.filter(good)
        .group_by(key, maintain_order=True)
        .agg(
            pl.exclude(*key, *counts).first(),
            *(
                number.sum().cast(pl.Int64).cast(pl.String).alias(name)
                for name, number in zip(counts, numbers, strict=True)
            ),
        )
    )
    texts = [pl.col(name).cast(pl.String) for name in counts]
    rest = table.filter(~good).with_columns(texts)
    return pl.concat([added.select(table.columns), rest]).sort(ROW), pl.concat(lines)


def _fractions(
    sheet: Sheet, table: pl.DataFrame, source: Source, found: dict[str, str]
) -> list[Problem]:
    if source.bands or source.minus or not source.of:
        return []
    scores = table.select(number_in(_text(source, found)).alias("n"))["n"]
    cut = source.round and source.multiply is not None
    told = broken_scores(scores, source.multiply or 1, cut=cut)
    column = " / ".join(found[one] for one in source.of)
    return [sheet.problem(*told, column=column)] if told else []


def _blank(text: pl.Expr) -> pl.Expr:
    return empty(text) | dash(text)


def _text(source: Source, found: dict[str, str]) -> pl.Expr:
    """The cell a value starts from: of several the first filled one, or all joined with hyphens."""
    cells = [_cell(found[one]) for one in source.of]
    if source.join:
        return pl.concat_str(cells, separator="-")
    if len(cells) == 1:
        return cells[0]
    return pl.coalesce(pl.when(~_blank(cell)).then(cell) for cell in cells)


def _value(source: Source, found: dict[str, str], *, numeric: bool) -> pl.Expr:
    """A contract cell as text; what should be a number and is not stays for the contract to judge.

    So does an error of Excel, whatever the steps would make of it.
    """
    if not source.of:
        return pl.col(ROW).cast(pl.String)
    value = _made(source, found, numeric=numeric)
    if source.default:
        value = pl.when(_blank(value)).then(pl.lit(source.default)).otherwise(value)
    used = [_cell(found[one]) for one in source.of] if source.join else [_text(source, found)]
    if source.minus:
        used.append(_cell(found[source.minus]))
    return pl.coalesce(*(pl.when(is_error(cell)).then(cell) for cell in used), value)


def _cell(heading: str) -> pl.Expr:
    return pl.col(heading).cast(pl.String).str.strip_chars()


def _made(source: Source, found: dict[str, str], *, numeric: bool) -> pl.Expr:
    text = _text(source, found)
    if source.extract:
        part = text.str.extract(source.extract, 1)
        # a filled cell in which no number is found is no empty one
        left = pl.when(~nothing(text)).then(text)
        text = pl.coalesce(part, left) if numeric and not source.default else part
    if source.values:
        text = text.replace({old: str(new) for old, new in source.values.items()})
    given = number = number_in(text)
    if source.minus:
        minus = _cell(found[source.minus])
        number -= number_in(minus)
    if source.multiply is not None:
        number *= source.multiply
    if source.round:
        # 4.05 × 10 is a hair off 40.5 in floating point
        number = number.round(9)
        # half a point up could be the point that makes a mark: what has no step is cut off
        number = (
            number.round(0, mode="half_away_from_zero")
            if source.multiply is None
            else number.floor()
        )
    counted = number.cast(pl.String)
    if source.bands:
        counted = _banded(number, source.bands)
    if source.minus:
        lost = number_in(minus).is_null() & ~nothing(minus)
        text, given = pl.when(lost).then(minus).otherwise(text), pl.when(~lost).then(given)
    if source.minus or source.multiply is not None or source.round or source.bands:
        return pl.when(given.is_null()).then(text).otherwise(counted)
    return text


def _banded(number: pl.Expr, bands: dict[int, float]) -> pl.Expr:
    """The highest band whose lowest number is reached; text that no contract takes below all."""
    result = pl.when(number.is_not_null()).then(pl.lit(f"меньше {min(bands.values()):g}"))
    for band in sorted(bands):
        result = pl.when(number >= bands[band]).then(pl.lit(str(band))).otherwise(result)
    return result
