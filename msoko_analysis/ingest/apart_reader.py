"""The process that reads binary files for :mod:`msoko_analysis.ingest.apart`; imports none of us.

Takes pickled (reader, path) on stdin, answers pickled (True, what it read) or (False, (rule, action))
on stdout, ends with stdin. It may not take more than a fixed amount of memory, where a system can say
so: an abort here is a message there.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

MEMORY = 700_000_000
#: Of one sheet, blank ones within the table included.
MOST_CELLS, MOST_COLUMNS, LONGEST_CELL = 4_000_000, 5_000, 32_767
#: Blank rows between filled ones; a table has none, a stray cell far below it has them above.
LARGEST_GAP = 20_000
BROKEN = ("файл повреждён или скачан не полностью", "скачайте или выгрузите файл заново")
_DELETE = "удалите лишнее за таблицей и сохраните файл заново"


class RefusedError(Exception):
    """The file is read and is not taken: (rule, what to do)."""


def workbook(path: str) -> list[tuple[str, list[list[Any]]]]:
    """(name, rows of cells) of every sheet; blank rows and columns behind the table are left out."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        return [(name, grid(name, book.get_sheet_by_name(name))) for name in book.sheet_names]
    except CalamineError:
        raise RefusedError(*BROKEN) from None


def grid(name: str, sheet: Any) -> list[list[Any]]:
    """The rows of a sheet from its first cell on, as wide as the widest of them."""
    rows: list[list[Any]] = []
    left = [""] * (sheet.start[1] if sheet.start else 0)  # columns the library leaves out
    blank = widest = 0
    for row in sheet.iter_rows():
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
        rows.append(left + row[:width])
        blank, widest = 0, max(widest, len(left) + width)
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in row[:width]):
            raise RefusedError(f"в ячейке больше {LONGEST_CELL} знаков: {place}", _DELETE)
        if widest > MOST_COLUMNS:
            raise RefusedError(f"столбцов больше {MOST_COLUMNS}: {place}", _DELETE)
        if len(rows) * widest > MOST_CELLS:
            rule = f"ячеек больше {MOST_CELLS}: {place}"
            raise RefusedError(rule, "сохраните таблицу как CSV UTF-8 или разделите на части")
    return [row + [""] * (widest - len(row)) for row in rows]


#: Rows of a sheet of a form; a template for a hundred municipalities has a tenth of them.
MOST_FORM_ROWS = 50_000


def form(path: str) -> list[tuple[str, list[list[Any]], list[tuple[int, int, int]]]]:
    """Name, rows of cells and merged cells of every sheet of a workbook that people filled.

    Of cells merged over several rows of one column: the column, the first and the last row, from 0.
    """
    from python_calamine import CalamineWorkbook

    sheets = [(name, rows) for name, rows, *_ in workbook(path)]
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
