"""A workbook that people filled: opening it, and what its cells hold."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.apart import read_apart
from msoko_analysis.walls import check_regular, check_workbook

#: Bytes of a form, as a file and unpacked: ours are under a megabyte.
_LARGEST, _LARGEST_UNPACKED = 20_000_000, 100_000_000
#: Signs that Word and Excel refuse in a document; a line break of Word is one of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class FormSheet:
    """Cells of one sheet of a form, None where one is empty; rows and columns count from 1.

    ``merged``: cells merged over several rows of one column, as (column, first row, last row).
    """

    title: str
    cells: list[list[Any]] = field(default_factory=list)
    merged: tuple[tuple[int, int, int], ...] = ()

    def value(self, row: int, column: int) -> Any:
        """A cell; None outside of what is filled.

        >>> FormSheet("Лист", [["а"]]).value(1, 1), FormSheet("Лист").value(2, 7)
        ('а', None)
        """
        line = self.cells[row - 1] if row <= len(self.cells) else []
        return line[column - 1] if column <= len(line) else None

    def rows(self, first: int, width: int) -> Iterator[tuple[int, list[Any]]]:
        """Number and cells of each row from ``first`` on, ``width`` cells of it.

        >>> list(FormSheet("Лист", [["а"], ["б"]]).rows(2, 2))
        [(2, ['б', None])]
        """
        for number, row in enumerate(self.cells[first - 1 :], first):
            yield number, (row + [None] * width)[:width]

    def unmerged(self) -> list[list[Any]]:
        """All rows; a cell merged over several rows of one column stands in each of them.

        >>> FormSheet("Лист", [["а", 1], [None, 2]], ((1, 1, 2),)).unmerged()
        [['а', 1], ['а', 2]]
        """
        rows = [list(row) for row in self.cells]
        for column, first, last in self.merged:
            for row in range(first + 1, last + 1):
                if column <= len(rows[row - 1]):
                    rows[row - 1][column - 1] = self.value(first, column)
        return rows


def opened(path: Path) -> dict[str, FormSheet]:
    """The sheets of a workbook by name, with values in place of formulas.

    It is read where a bad file can only end its reader (decision 0039). Raises DataError where it can
    not be opened: with the one reason, the file and what to do.

    >>> opened(Path("none.xlsx"))
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: none.xlsx: файла нет — проверьте имя и папку
    """
    try:
        check_regular(path, _LARGEST)
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                raise unread(path, "это не книга Excel (.xlsx)", "сохраните её заново")
        check_workbook(path, _LARGEST_UNPACKED)
        read = read_apart("form", path)
    except FileNotFoundError as error:
        raise unread(path, "файла нет", "проверьте имя и папку") from error
    except OSError as error:
        rule = f"файл не открывается ({error.strerror})"
        raise unread(path, rule, "проверьте путь и права") from error
    except DataError as error:
        raise unread(path, error.problems[0].rule, error.problems[0].action) from error
    return {
        name: FormSheet(
            name,
            [[_value(cell) for cell in row] for row in rows],
            tuple((column + 1, first + 1, last + 1) for column, first, last in merged),
        )
        for name, rows, merged in read
    }


def _value(cell: Any) -> Any:
    """A cell as people see it: None for an empty one, whole numbers whole, no control characters."""
    if isinstance(cell, str):
        return _CONTROL.sub(" ", cell) or None
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def unread(path: Path, rule: str, action: str) -> DataError:
    """The error of a workbook that can not be read at all.

    >>> str(unread(Path("a.xlsx"), "нет таблицы", "верните её"))
    'a.xlsx: нет таблицы — верните её'
    """
    problem = Problem(rule, action, file=str(path))
    return DataError(str(problem), (problem,))


def emptied(cell: Any) -> Any:
    """The cell without spaces around its text; None where only spaces stand.

    >>> emptied(" П8 "), emptied("  "), emptied(0)
    ('П8', None, 0)
    """
    return (cell.strip() or None) if isinstance(cell, str) else cell


def as_number(value: Any) -> float | None:
    """A number, also one that Excel keeps as text with a decimal comma; None for anything else.

    >>> as_number("1 234,5"), as_number(7), as_number("7 чел."), as_number(True)
    (1234.5, 7.0, None, None)
    """
    if isinstance(value, (bool, datetime.date, datetime.time, datetime.timedelta)):
        return None
    try:
        number = float(
            "".join(value.split()).replace(",", ".") if isinstance(value, str) else value
        )
    except ValueError:
        return None
    return number if math.isfinite(number) else None
