"""A workbook that people filled: opening it, and what its cells hold."""

from __future__ import annotations

import datetime
import math
import zipfile
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from msoko_analysis.errors import DataError, Problem


def opened(path: Path) -> Workbook:
    """The workbook with values in place of formulas; DataError where it can not be opened.

    >>> opened(Path("none.xlsx"))
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: none.xlsx: файла нет — проверьте имя и папку
    """
    try:
        return load_workbook(path, data_only=True)
    except FileNotFoundError as error:
        raise unread(path, "файла нет", "проверьте имя и папку") from error
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise unread(path, "это не книга Excel (.xlsx)", "сохраните её заново") from error


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
