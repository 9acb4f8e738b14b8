"""The process that reads binary files for :mod:`msoko_analysis.ingest.apart`; imports none of us.

Takes pickled (reader, path) on stdin, answers pickled (True, what it read) or (False, (rule, action))
on stdout, ends with stdin. It may not take more than a fixed amount of memory, where a system can say
so: an abort here is a message there.
"""

from __future__ import annotations

import pickle
import posixpath
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

MEMORY = 700_000_000
#: Of one sheet, blank ones within the table included.
MOST_CELLS, MOST_COLUMNS, LONGEST_CELL = 4_000_000, 5_000, 32_767
#: Blank rows between filled ones; a table has none, a stray cell far below it has them above.
LARGEST_GAP = 20_000
#: Stands in a cell whose formula was saved without its value.
NO_VALUE = "#ФОРМУЛА БЕЗ ЗНАЧЕНИЯ"
BROKEN = ("файл повреждён или скачан не полностью", "скачайте или выгрузите файл заново")
_DELETE = "удалите лишнее за таблицей и сохраните файл заново"


class RefusedError(Exception):
    """The file is read and is not taken: (rule, what to do)."""


#: Of a sheet that nobody sees in Excel, and the numbers (from 1) of rows and columns that nobody sees,
#: and of rows that hold a value of a merged cell, with its column.
Unseen = tuple[bool, list[int], list[int], list[tuple[int, int]]]


def workbook(path: str, *, merged: bool = True) -> list[tuple[str, list[list[Any]], Unseen]]:
    """Name, rows of cells and what is hidden of every sheet; ``merged``: as :func:`unmerged` reads them.

    Blank rows and columns behind the table are left out. An error of Excel is its word («#N/A»), a
    formula saved without its value is NO_VALUE: the library gives an empty cell for both.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [(one.name, one.visible) for one in book.sheets_metadata]
        parts = sheet_parts(path)
        found = []
        for name, visible in sheets:
            lost, hidden, columns = left_out(path, parts[name])
            sheet = book.get_sheet_by_name(name)
            rows = grid(name, sheet, lost)
            spread = unmerged(name, rows, sheet.merged_cell_ranges or []) if merged else []
            unseen = visible != SheetVisibleEnum.Visible, hidden, columns, spread
            found.append((name, rows, unseen))
    except (CalamineError, expat.ExpatError, ElementTree.ParseError, KeyError):
        raise RefusedError(*BROKEN) from None
    return found


def sheet_parts(path: str) -> dict[str, str]:
    """Name of a sheet → name of its part in the archive."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.namelist()
        book, links = (
            ElementTree.fromstring(archive.read(part))
            for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
        )
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    places = {
        sheet.get("name", ""): targets[next(v for k, v in sheet.items() if k.endswith("}id"))]
        for sheet in book.iter()
        if sheet.tag.rpartition("}")[2] == "sheet"
    }
    # a place is told from the folder of the book, in any case of letters
    own = {part.lower(): part for part in parts}
    return {
        name: own[posixpath.normpath(posixpath.join("/xl", place)).lstrip("/").lower()]
        for name, place in places.items()
    }


Lost = dict[int, dict[int, str]]


def left_out(path: str, part: str) -> tuple[Lost, list[int], list[int]]:
    """What the library does not tell of a sheet: words by row and column (from 0), hidden rows and
    columns.

    The part is parsed only where a quick search finds a sign of any of it.
    """
    with zipfile.ZipFile(path) as archive:
        with archive.open(part) as file:
            if not _signs(file):
                return {}, [], []
        seen = _Cells()
        with archive.open(part) as file:
            seen.parser.ParseFile(file)
    return seen.lost, seen.hidden, seen.columns


# each begins with letters that are looked for fast; «v» and «f» are value and formula
_SIGNS = [
    re.compile(sign)
    for sign in (
        rb"t=[\"']e[\"']", rb"hidden=[\"'][1t]",
        rb"</f>\s*</", rb"<f[^>]*/>\s*</", rb"<v>\s*</", rb"<v\s*/>",
    )
]  # fmt: skip
_CHUNK, _OVERLAP = 1 << 20, 1 << 10


def _signs(file: Any) -> bool:
    """Whether the text of a sheet has a sign of an error, an empty value or a hidden row."""
    tail = file.read(_CHUNK)
    if b"<worksheet" not in tail:  # its tags are called otherwise
        return True
    while tail:
        if any(sign.search(tail) for sign in _SIGNS):
            return True
        chunk = file.read(_CHUNK)
        tail = tail[-_OVERLAP:] + chunk if chunk else b""
    return False


class _Cells:
    """Walks the cells of a sheet and keeps what the library leaves out.

    Of most cells only the beginning is looked at: the rest is left to the parser, for the time.
    """

    def __init__(self) -> None:
        self.lost: Lost = {}
        self.hidden: list[int] = []
        self.columns: list[int] = []
        self._row = self._column = -1
        self._kind, self._formula, self._value = "n", False, ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            place = attributes.get("r", "").rstrip("0123456789")
            self._column = _number(place) if place else self._column + 1
            self._kind = attributes.get("t", "n")
            self._formula, self._value = False, ""
            if self._kind == "e":
                self.parser.EndElementHandler = self._end
        elif name == "f":
            self._formula = True
            self.parser.EndElementHandler = self._end
        elif name == "v" and self.parser.EndElementHandler:
            self.parser.CharacterDataHandler = self._text
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes["min"]), int(attributes["max"])
            self.columns += range(first, min(last, first + MOST_COLUMNS) + 1)
        elif name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.hidden.append(self._row + 1)

    def _text(self, text: str) -> None:
        self._value += text

    def _end(self, tag: str) -> None:
        self.parser.CharacterDataHandler = None
        if tag.rpartition(":")[2] != "c":
            return
        self.parser.EndElementHandler = None
        if self._kind == "e":
            self._keep(self._value.strip() or NO_VALUE)
        elif self._formula and self._kind != "str" and not self._value.strip():
            self._keep(NO_VALUE)  # of text it is the empty text

    def _keep(self, word: str) -> None:
        self.lost.setdefault(self._row, {})[self._column] = word


@lru_cache(20_000)
def _number(letters: str) -> int:
    """Number of a column from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _filled(sheet: Any, lost: Lost) -> Iterator[list[Any]]:
    """All rows of a sheet from the first on, with the words that the library left out."""
    left = [""] * (sheet.start[1] if sheet.start else 0)  # columns the library leaves out
    number = -1
    for number, row in enumerate(sheet.iter_rows()):
        yield _with(left + row, lost.get(number, {}))
    for below in range(number + 1, max(lost, default=-1) + 1):
        yield _with([], lost.get(below, {}))


def _with(row: list[Any], words: dict[int, str]) -> list[Any]:
    for column, word in words.items():
        row += [""] * (column + 1 - len(row))
        row[column] = word
    return row


def grid(name: str, sheet: Any, lost: Lost) -> list[list[Any]]:
    """The rows of a sheet from its first cell on, as wide as the widest of them."""
    rows: list[list[Any]] = []
    blank = widest = 0
    for row in _filled(sheet, lost):
        width = len(row)
        while width and (row[width - 1] == "" or str(row[width - 1]).isspace()):
            width -= 1
        if not width:
            blank += 1
            continue
        place = f"лист «{name}», строка {len(rows) + blank + 1}"
        if blank > LARGEST_GAP:
            rule = f"далеко под таблицей стоит ещё что-то: {place}"
            raise RefusedError(rule, _DELETE)
        rows += [[] for _ in range(blank)]
        rows.append(row[:width])
        blank, widest = 0, max(widest, width)
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in row[:width]):
            raise RefusedError(f"в ячейке больше {LONGEST_CELL} знаков: {place}", _DELETE)
        if widest > MOST_COLUMNS:
            raise RefusedError(f"столбцов больше {MOST_COLUMNS}: {place}", _DELETE)
        if len(rows) * widest > MOST_CELLS:
            rule = f"ячеек больше {MOST_CELLS}: {place}"
            raise RefusedError(rule, "сохраните таблицу как CSV UTF-8 или разделите на части")
    return [row + [""] * (widest - len(row)) for row in rows]


Area = tuple[tuple[int, int], tuple[int, int]]


def unmerged(name: str, rows: list[list[Any]], areas: list[Area]) -> list[tuple[int, int]]:
    """Put the value of cells merged over several rows into each of them, as a person reads it there.

    A row of which nothing else is filled stays blank: headings are merged over two rows as well.
    Returns row and column, from 1, of each value that was put.
    """
    down = [
        (top, left, min(bottom, len(rows) - 1))
        for (top, left), (bottom, right) in areas
        if left == right and top < bottom and top < len(rows) and left < len(rows[top])
    ]
    if sum(bottom - top for top, _, bottom in down) > MOST_CELLS:
        raise RefusedError(f"объединённых ячеек слишком много: лист «{name}»", _DELETE)
    own = [any(cell not in ("", None) for cell in row) for row in rows] if down else []
    put = []
    for top, left, bottom in down:
        for row in range(top + 1, bottom + 1):
            if own[row] and rows[row][left] == "" and rows[top][left] != "":
                rows[row][left] = rows[top][left]
                put.append((row + 1, left + 1))
    return put


#: Rows of a sheet of a form; a template for a hundred municipalities has a tenth of them.
MOST_FORM_ROWS = 50_000


def form(path: str) -> list[tuple[str, list[list[Any]], list[tuple[int, int, int]]]]:
    """Name, rows of cells and merged cells of every sheet of a workbook that people filled.

    Of cells merged over several rows of one column: the column, the first and the last row, from 0.
    """
    from python_calamine import CalamineWorkbook

    sheets = [(name, rows) for name, rows, *_ in workbook(path, merged=False)]
    book = CalamineWorkbook.from_path(path)
    found = []
    for name, rows in sheets:
        if len(rows) > MOST_FORM_ROWS:
            rule = f"строк больше {MOST_FORM_ROWS}: лист «{name}»"
            raise RefusedError(rule, "это не форма; удалите лишние строки")
        areas = book.get_sheet_by_name(name).merged_cell_ranges or []
        merged = [
            (left, top, min(bottom, len(rows) - 1))
            for (top, left), (bottom, right) in areas
            if left == right and top < bottom
        ]
        if sum(bottom - top for _, top, bottom in merged) > MOST_CELLS:
            raise RefusedError(f"объединённых ячеек слишком много: лист «{name}»", _DELETE)
        found.append((name, rows, merged))
    return found


def parquet(path: str) -> None:
    """Read a table and let it go: whoever asked may read it then."""
    import polars as pl

    try:
        pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError):
        raise RefusedError(*BROKEN) from None


READERS: dict[str, Callable[[str], Any]] = {
    "workbook": workbook,
    "form": form,
    "parquet": parquet,
}


def answer(reader: str, path: str) -> tuple[bool, Any]:
    """What stands in the pipe for a question."""
    try:
        return True, READERS[reader](path)
    except RefusedError as refused:
        return False, refused.args
    except BaseException:  # a panic of Rust is no Exception
        return False, BROKEN


def main() -> None:
    """Answer until stdin ends."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        pass
    else:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    while True:
        try:
            question = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(answer(*question), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
