"""Official lists of schools with markers of biased results, as regions hand them on.

One row per school and year: ``Год | Логин | Муниципалитет | ОО | 4 РУ | 4 МА | 5 РУ | 5 МА |
Количество маркеров``, 1 where the list marks the school for a paper of ВПР, 0 or nothing elsewhere.
Rows may stand there twice (all of 2024 do in a real file): the same word for word they are dropped
and counted by ``merge``; a double that differs is set aside.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from msoko_analysis.ingest.block import Block, repeated, require_rows, two_headers, unused
from msoko_analysis.ingest.clean import PLACE, Cleaned
from msoko_analysis.ingest.contracts import MARKER_PAPERS, MARKERS, SUBJECT_NAMES
from msoko_analysis.ingest.headings import find_header, second_header
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings

_MARKS = tuple(MARKER_PAPERS.values())
_PATTERNS = {
    "year": re.compile(r"год"),
    "school": re.compile(r"логин( школы| оо)?"),
    "municipality": re.compile(r"муниципалитет"),
    "school_name": re.compile(r"оо|(название|наименование) (оо|школы)"),
    **{
        name: re.compile(rf"{grade}[ -]?{SUBJECT_NAMES[subject][1]}")
        for (grade, subject), name in MARKER_PAPERS.items()
    },
    "markers": re.compile(r"кол(ичест|-)во маркеров"),
}
_SIGNS = {**dict.fromkeys(("+", "да", "v", "✓", "*"), "1"), **dict.fromkeys(("нет", "–"), "0")}
_NEED = ("year", "school", "municipality", *_MARKS)


def read(sheet: Sheet) -> Block | None:
    """Read a list of schools with markers; None if the sheet is not one."""
    header = None if sheet.typed else find_header(sheet, _PATTERNS, _NEED)
    if header is None:
        return None
    second = second_header(sheet, header, ("year", "markers"))
    if second is not None:
        raise sheet.fail(two_headers(sheet, second))
    table = sheet.table(header.row)
    require_rows(sheet, table)
    headings = unique_headings(sheet.head[header.row])
    columns = {name: headings[position] for name, position in header.columns.items()}
    again = repeated(sheet, table, header.row, sheet.head[header.row], set(columns.values()))
    if again:
        raise sheet.fail(*again)
    # lists made by hand have a sign instead of 1
    marks = [columns[name] for name in _MARKS if name in columns]
    table = table.with_columns(
        pl.col(marks).str.strip_chars().str.to_lowercase().replace(_SIGNS).name.keep()
    )
    return Block(
        MARKERS,
        "официальный список школ с маркерами необъективности",
        sheet.path,
        sheet.name,
        table,
        columns,
        ignored=unused(table, sheet.head[header.row], set(columns.values())),
    )


def check_counts(cleaned: Cleaned) -> Cleaned:
    """Hold the number of markers against the marks themselves.

    An empty mark is 0. A number that is not the sum of the marks is a fault of its cell: the sum
    stands instead, since the marks say which papers are meant. A row without any mark names no
    reason for the school to be listed and is set aside.
    """
    rows = cleaned.rows.with_columns(pl.col(_MARKS).fill_null(0))
    total = pl.sum_horizontal(_MARKS)
    place = [pl.col(name) if name in rows.columns else pl.lit(None).alias(name) for name in PLACE]
    wrong = (total > 0) & (pl.col("markers") != total)

    def faults(condition: pl.Expr, reason: str) -> pl.DataFrame:
        said = pl.lit("markers").alias("column"), pl.lit(reason).alias("reason")
        return rows.filter(condition.fill_null(False)).select(ROW, *said, *place)

    cells = faults(wrong, "не равно числу отмеченных работ: взято число отмеченных")
    empty = faults(total == 0, "школа в списке, но ни одна работа не отмечена")
    return replace(
        cleaned,
        rows=rows.filter(total > 0).with_columns(total.cast(pl.Int32).alias("markers")),
        rejected=pl.concat([cleaned.rejected, empty], how="diagonal_relaxed"),
        cells=pl.concat([cleaned.cells, cells], how="diagonal_relaxed"),
    )
