"""Open a file whatever it is and hand on its cells: XLSX, CSV in any usual dress, Parquet.

What is opened is decided by the content; a file that lies about what it is gets one clear message.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.gate import (
    ROW,
    Part,
    is_personal,
    parts_of,
    suspicious,
    without_personal,
)
from msoko_analysis.ingest.privacy import Pseudonyms

#: Files with these endings are tried when a folder is given.
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".parquet")
#: Forms have up to eight lines above their header; 40 leaves room for a cover note.
HEAD_ROWS = 40

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BROKEN = "файл повреждён или скачан не полностью"
_AGAIN = "скачайте или выгрузите файл заново"


class EmptyTableError(DataError):
    """A file that is well formed and holds nothing: an unfilled form, a header without rows."""


@dataclass(frozen=True)
class Sheet:
    """Cells of one sheet, none of which names a pupil.

    ``typed``: a Parquet table, whose columns already have names. ``parts``: protocols of ГИА and
    lists of medalists; such a sheet has no other cells.
    """

    path: Path
    name: str
    cells: pl.DataFrame
    typed: bool = False
    parts: tuple[Part, ...] = ()

    @cached_property
    def head(self) -> list[list[str]]:
        """The first rows as text, blank cells as ''; for Parquet its column names."""
        if self.typed:
            return [list(self.cells.columns)]
        return [[cell or "" for cell in row] for row in self.cells.head(HEAD_ROWS).iter_rows()]

    def rows(self, start: int = 0) -> Iterator[tuple[int, list[str]]]:
        """(line number as seen in the file, cells) of each row from index ``start`` on."""
        for index, row in enumerate(self.cells[start:].iter_rows(), start + 1):
            yield index, [cell or "" for cell in row]

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


def unique_headings(row: list[str]) -> list[str]:
    """Headings as they stand, blank ones named by position, repeated ones numbered.

    >>> unique_headings(["класс", "", "класс"])
    ['класс', 'столбец 2', 'класс (2)']
    """
    names: list[str] = []
    for position, cell in enumerate(row, 1):
        name = base = " ".join(cell.split()) or f"столбец {position}"
        count = 1
        while name in names or name == ROW:
            count += 1
            name = f"{base} ({count})"
        names.append(name)
    return names


def open_sheets(path: Path, pseudonyms: Pseudonyms) -> list[Sheet]:
    """All sheets of a file that hold anything; what names a pupil is hashed or left out.

    Raises DataError if it can not be opened: empty, cut off, protected, not what it is called.
    """
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        rule = f"файл не открывается ({error.strerror})"
        raise _error(path, rule, "проверьте путь и права") from None
    if not start.strip():
        raise _error(path, "файл пуст", _AGAIN)
    if start.startswith(_OLE):
        raise _error(
            path,
            "книга защищена паролем или сохранена в старом формате .xls",
            "откройте её в Excel, снимите пароль и сохраните как «Книга Excel (.xlsx)»",
        )
    if start.startswith(b"PK"):
        return _open_xlsx(path, pseudonyms)
    if start.startswith(b"PAR1") or path.suffix.lower() == ".parquet":
        return _open_parquet(path)
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        raise _error(
            path,
            "это не книга Excel, хотя файл так назван",
            "откройте файл в Excel и сохраните как «Книга Excel (.xlsx)»",
        )
    return _open_csv(path, pseudonyms)


def _error(path: Path, rule: str, action: str, row: int | None = None) -> DataError:
    problem = Problem(rule, action, path.name, row=row)
    return DataError.from_problems(f"Файл {path.name} не прочитан", [problem])


def _open_xlsx(path: Path, pseudonyms: Pseudonyms) -> list[Sheet]:
    if not zipfile.is_zipfile(path):
        raise _error(path, _BROKEN, _AGAIN)
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            raise _error(path, "это не книга Excel", "сохраните таблицу как «Книга Excel (.xlsx)»")
    try:
        book = CalamineWorkbook.from_path(path)
        grids = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    except CalamineError:
        raise _error(path, _BROKEN, _AGAIN) from None
    sheets = [
        _gated(path, name, [[_text(cell) for cell in row] for row in grid], pseudonyms)
        for name, grid in grids
        if any(cell != "" for row in grid for cell in row)
    ]
    if not sheets:
        raise _error(path, "в книге нет ни одной заполненной ячейки", _AGAIN)
    return sheets


def _gated(
    path: Path, name: str, rows: Sequence[Sequence[str | None]], pseudonyms: Pseudonyms
) -> Sheet:
    """The sheet of these rows as the gate lets them pass."""
    if suspicious({cell for row in rows for cell in row if cell}):
        parts = parts_of(rows, f"{path.stem} {name}", pseudonyms)
        if parts:
            return Sheet(path, name, pl.DataFrame(), parts=tuple(parts))
        rows = without_personal(rows)
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
    try:
        names = [name for name in pl.read_parquet_schema(path) if not is_personal(name)]
        return [Sheet(path, "", pl.read_parquet(path, columns=names), typed=True)]
    except (pl.exceptions.PolarsError, OSError):
        raise _error(path, _BROKEN, _AGAIN) from None


def _open_csv(path: Path, pseudonyms: Pseudonyms) -> list[Sheet]:
    text = decode(path.read_bytes())
    if text is None or "\0" in text[:2000]:
        raise _error(path, "это не текстовая таблица", "сохраните таблицу как CSV UTF-8 или .xlsx")
    # polars drops blank lines, which would shift the line numbers that messages quote
    text = re.sub(r"(?m)^[ \t]*\r?\n", '""\n', text)
    separator = guess_separator(text)
    if suspicious([text]):
        sheet = _gated_csv(path, text, separator, pseudonyms)
        if sheet:
            return [sheet]
    try:
        head = list(csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=separator))
        names = [f"c{index}" for index in range(max(map(len, head[:HEAD_ROWS])))]
        cells = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=separator,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
        )
    except (pl.exceptions.PolarsError, csv.Error):
        raise _ragged(path) from None
    return [Sheet(path, "", cells)]


def _gated_csv(path: Path, text: str, separator: str, pseudonyms: Pseudonyms) -> Sheet | None:
    """The sheet of a CSV with columns the gate must see, read row by row; None without them."""
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows: list[list[str | None]] = [[cell or None for cell in row] for row in read]
    except csv.Error:
        raise _ragged(path) from None
    sheet = _gated(path, "", rows, pseudonyms)
    if sheet.parts:
        return sheet
    if not any(map(is_personal, {cell for row in rows for cell in row if cell})):
        return None
    if max(map(len, rows)) > max(map(len, rows[:HEAD_ROWS])):
        raise _ragged(path)
    return sheet


def _ragged(path: Path) -> DataError:
    return _error(
        path,
        "строки разной длины: где-то ячеек больше, чем столбцов в заголовке",
        "если дробные числа записаны с запятой, разделителем столбцов должна быть «;»; "
        "проверьте и незакрытые кавычки",
    )


def decode(data: bytes) -> str | None:
    """Text of a CSV: UTF-8 with or without mark, UTF-16 with a mark, else Windows-1251.

    >>> decode("класс".encode("cp1251")) == decode("класс".encode("utf-8-sig")) == "класс"
    True
    """
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def guess_separator(text: str) -> str:
    """The column separator: the one that cuts most early lines into the same number of cells.

    >>> guess_separator("форма\\nyear;grade;share\\n2021;4;5,06\\n")
    ';'
    >>> guess_separator("school,name\\nS1,лицей; гимназия; школа\\nS2,школа\\n")
    ','
    """
    lines = text[:50_000].splitlines()[:HEAD_ROWS]

    def cells(separator: str) -> int:
        widths = Counter(map(len, csv.reader(lines, delimiter=separator)))
        return max(((width - 1) * count for width, count in widths.items()), default=0)

    return max(";\t,", key=cells)
