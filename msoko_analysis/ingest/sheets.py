"""Open a file whatever it is and hand on its cells: XLSX, CSV in any usual dress, Parquet.

What is opened is decided by the content; a file that lies about what it is gets one clear message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.apart import read_apart
from msoko_analysis.ingest.delimited import read_delimited
from msoko_analysis.ingest.gate import (
    HASHES,
    ROW,
    Part,
    is_personal,
    parts_of,
    suspicious,
    without_personal,
)
from msoko_analysis.ingest.privacy import Pseudonyms
from msoko_analysis.ingest.told_names import told_heading, told_sheet
from msoko_analysis.walls import AGAIN, LARGEST, check_regular, check_workbook, refusal

#: Files with these endings are tried when a folder is given.
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".parquet")
#: Forms have up to eight lines above their header; 40 leaves room for a cover note.
HEAD_ROWS = 40

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


class EmptyTableError(DataError):
    """A file that is well formed and holds nothing: an unfilled form, a header without rows."""


@dataclass(frozen=True)
class Sheet:
    """Cells of one sheet, none of which names a pupil.

    ``name`` is that of the sheet as it may be told, ``title`` as it stands. ``typed``: a Parquet table,
    whose columns already have names. ``parts``: protocols of ГИА and lists of medalists; such a sheet
    has no other cells. ``hidden``: nobody sees the sheet in Excel; ``hidden_rows``, ``hidden_columns``:
    numbers of those that nobody sees there; ``merged``: row and column, from 1, of values of merged cells
    below the first of their rows.
    """

    path: Path
    name: str
    cells: pl.DataFrame
    typed: bool = False
    parts: tuple[Part, ...] = ()
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int], ...] = ()
    title: str = ""
    #: Filled cells by line, where the cells here are not all that the file has.
    filled: pl.Series | None = None

    @cached_property
    def head(self) -> list[list[str]]:
        """The first rows as text, blank cells as ''; for Parquet its column names."""
        if self.typed:
            return [list(self.cells.columns)]
        return [[cell or "" for cell in row] for row in self.cells.head(HEAD_ROWS).iter_rows()]

    @cached_property
    def unseen_columns(self) -> list[int]:
        """Numbers, from 1, of the columns that nobody sees and that hold something, as far as told."""
        names = dict(enumerate(self.cells.columns, 1))
        return [
            place
            for place in sorted(self.hidden_columns)
            if self.parts
            or (place in names and (self.cells[names[place]].str.strip_chars() != "").any())
        ]

    def rows(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        """(line number as seen in the file, cells) of each row from index ``start`` on."""
        for index, row in enumerate(self.cells[start:].iter_rows(), start + 1):
            yield index, [cell or "" for cell in row]

    def lines(self, title: int) -> tuple[pl.Series, frozenset[int]]:
        """Numbers of the lines of the file with anything in them, and of those near its head with
        more filled cells than ``title``.
        """
        if self.typed:
            return pl.Series(range(1, self.cells.height + 1), dtype=pl.UInt32), frozenset()
        filled = _filled(self.cells) if self.filled is None else self.filled
        numbers = (filled > 0).arg_true() + 1
        wide = (filled.head(HEAD_ROWS) > title).arg_true() + 1
        return numbers.cast(pl.UInt32), frozenset(wide.to_list())

    def table(self, header: int) -> pl.DataFrame:
        """Rows below the header that have any content, under unique headings, with line numbers."""
        if self.typed:
            return self.cells.with_row_index(ROW, offset=1)
        names = unique_headings(self.head[header])
        body = self.cells[header + 1 :].with_row_index(ROW, offset=header + 2)
        body = body.rename(dict(zip(self.cells.columns, names, strict=True)))
        filled = [pl.col(name).fill_null("").str.strip_chars() != "" for name in names]
        return body.filter(pl.any_horizontal(filled))

    def problem(self, rule: str, action: str, row: int | None = None, column: str = "") -> Problem:
        """A problem placed in this sheet."""
        return Problem(rule, action, self.path.name, self.name, row, column)

    def fail(self, *problems: Problem) -> DataError:
        """An error about this file that lists the problems."""
        return DataError.from_problems(f"Файл {self.path.name} не прочитан", problems)

    def empty(self, rule: str, action: str) -> EmptyTableError:
        """An error that says the file holds no data; in a folder of files it is only a warning."""
        title = f"Файл {self.path.name} не прочитан"
        return EmptyTableError.from_problems(title, [self.problem(rule, action)])


def _filled(cells: pl.DataFrame) -> pl.Series:
    """How many cells of each row have content."""
    has = [(pl.col(name).fill_null("").str.strip_chars() != "") for name in cells.columns]
    return cells.select(pl.sum_horizontal(has).alias("n"))["n"]


def unique_headings(row: list[str]) -> list[str]:
    """Headings as they stand, blank ones named by position, repeated ones numbered.

    >>> unique_headings(["класс", "", "класс"])
    ['класс', 'столбец 2', 'класс (2)']
    """
    ours = (ROW, *HASHES)  # never given to a column of a file
    names = dict.fromkeys(ours, 1)  # how often each was given
    for position, cell in enumerate(row, 1):
        name = base = " ".join(cell.split()) or f"столбец {position}"
        while name in names:
            names[base] += 1
            name = f"{base} ({names[base]})"
        names[name] = 1
    return list(names)[len(ours) :]


def open_sheets(path: Path, pseudonyms: Pseudonyms, encoding: str | None = None) -> list[Sheet]:
    """All sheets of a file that hold anything; what names a pupil is hashed or left out.

    ``encoding`` is that of a text table, where its description says it. Raises DataError if it can
    not be opened: empty, cut off, protected, not what it is called.
    """
    try:
        check_regular(path, LARGEST)
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        rule = f"файл не открывается ({error.strerror})"
        raise refusal(path, rule, "проверьте путь и права") from None
    if not start.strip():
        raise refusal(path, "файл пуст", AGAIN)
    if start.startswith(_OLE):
        raise refusal(
            path,
            "книга защищена паролем или сохранена в старом формате .xls",
            "откройте её в Excel, снимите пароль и сохраните как «Книга Excel (.xlsx)»",
        )
    if start.startswith(b"PK"):
        return _open_xlsx(path, pseudonyms)
    if start.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return _open_parquet(path)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        raise refusal(
            path,
            "это не книга Excel, хотя файл так назван",
            "откройте файл в Excel и сохраните как «Книга Excel (.xlsx)»",
        )
    return [_open_csv(path, pseudonyms, encoding)]


def _open_xlsx(path: Path, pseudonyms: Pseudonyms) -> list[Sheet]:
    check_workbook(path)
    grids = read_apart("workbook", path)
    sheets = [
        replace(
            _gated(path, name, [[_text(cell) for cell in row] for row in grid], pseudonyms),
            name=told_sheet(name, place),
            title=name,
            hidden=hidden,
            hidden_rows=frozenset(rows),
            hidden_columns=frozenset(columns),
            merged=tuple(merged),
        )
        for place, (name, grid, (hidden, rows, columns, merged)) in enumerate(grids, 1)
        if any(cell != "" for row in grid for cell in row)
    ]
    if not sheets:
        raise refusal(path, "в книге нет ни одной заполненной ячейки", AGAIN)
    return sheets


def _gated(
    path: Path, name: str, rows: Sequence[Sequence[str | None]], pseudonyms: Pseudonyms
) -> Sheet:
    """The sheet of these rows as the gate lets them pass."""
    if suspicious({cell for row in rows for cell in row if cell}):
        parts = parts_of(rows, f"{path.stem} {name}", pseudonyms)
        filled = pl.Series([sum(bool(cell and cell.strip()) for cell in row) for row in rows])
        if parts:
            return Sheet(path, name, pl.DataFrame(), parts=tuple(parts), filled=filled)
        return Sheet(path, name, _frame(without_personal(rows)), filled=filled)
    return Sheet(path, name, _frame(rows))


def _text(cell: object) -> str | None:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell) if cell != "" else None


def _frame(grid: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    names = [f"c{index}" for index in range(max(map(len, grid)))]
    full = [[*row, *[None] * (len(names) - len(row))] for row in grid]
    return pl.DataFrame(full, schema=dict.fromkeys(names, pl.String), orient="row")


def _open_parquet(path: Path) -> list[Sheet]:
    """A typed table; columns of lists, records and bytes that are no text are refused by name."""
    read_apart("parquet", path)
    schema = {
        name: kind
        for name, kind in pl.read_parquet_schema(path).items()
        if not is_personal(name.strip())
    }
    nested = [name for name, kind in schema.items() if kind.is_nested() or kind == pl.Object]
    cells = pl.read_parquet(path, columns=[name for name in schema if name not in nested])
    for name in [name for name, kind in cells.schema.items() if kind == pl.Binary]:
        try:
            cells = cells.with_columns(pl.col(name).cast(pl.String))
        except pl.exceptions.PolarsError:
            nested.append(name)
    if nested:
        called = [told_heading(one, place) for place, one in enumerate(schema, 1) if one in nested]
        rule = f"в столбцах не числа и не текст: {', '.join(f'«{name}»' for name in called)}"
        raise refusal(path, rule, "уберите эти столбцы или запишите их текстом")
    cells.columns = unique_headings(cells.columns)
    return [Sheet(path, "", cells, typed=True)]


def _open_csv(path: Path, pseudonyms: Pseudonyms, encoding: str | None) -> Sheet:
    cells = read_delimited(path, encoding)
    words = _words(cells)
    if suspicious(words):
        sheet = _gated(path, "", list(cells.iter_rows()), pseudonyms)
        if sheet.parts or any(map(is_personal, words)):
            return sheet
    return Sheet(path, "", cells)


def _words(cells: pl.DataFrame) -> set[str]:
    """The different cells that have a letter: among a million rows they are few."""
    return {
        word
        for column in cells.iter_columns()
        for word in column.filter(column.str.contains(r"\p{L}")).unique()
    }
