"""What a file must be before anything opens it: a regular file, not too large, no bomb.

Of a file no more is read here than its size and, of a workbook, the directory of its parts.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

from msoko_analysis.errors import DataError, Problem

#: Bytes of a table: a million pupils are about 60 MB as text.
LARGEST = 250_000_000
#: Bytes and parts a workbook may unpack to: half a million rows are about 200 MB.
LARGEST_UNPACKED, MOST_PARTS = 400_000_000, 10_000
BROKEN = "файл повреждён или скачан не полностью"
AGAIN = "скачайте или выгрузите файл заново"


def refusal(path: Path, rule: str, action: str, row: int | None = None) -> DataError:
    """The error of a file that can not be read.

    >>> print(refusal(Path("a.csv"), "файл пуст", "выгрузите заново"))
    Файл a.csv не прочитан
      1. a.csv: файл пуст — выгрузите заново
    """
    problem = Problem(rule, action, path.name, row=row)
    return DataError.from_problems(f"Файл {path.name} не прочитан", [problem])


def printable(name: str) -> str:
    """The name of a file as a message can print it: bytes that are no UTF-8 by their numbers.

    >>> printable("школа.csv"), printable("\\udcf8.csv")
    ('школа.csv', '\\\\xf8.csv')
    """
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def check_regular(path: Path, largest: int) -> None:
    """Refuse a pipe or a device, which would be waited for, and a file of more than ``largest`` bytes.

    Raises DataError, or the OSError of the system where there is no such file.

    >>> check_regular(Path(__file__), 1_000_000)
    >>> check_regular(Path(__file__), 10)
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: Файл walls.py не прочитан
      1. walls.py: файл слишком велик: 0 МБ, а читаются до 0 МБ — разделите его на части
    """
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise refusal(path, "это не файл, а канал или устройство", "укажите обычный файл")
    if about.st_size > largest:
        size, most = (round(number / 1e6) for number in (about.st_size, largest))
        rule = f"файл слишком велик: {size} МБ, а читаются до {most} МБ"
        raise refusal(path, rule, "разделите его на части")


def check_workbook(path: Path, largest: int = LARGEST_UNPACKED) -> None:
    """Refuse what is no workbook of Excel, and one that unpacks to more than ``largest`` bytes.

    Only the directory of the archive is read. It may lie; who unpacks is stopped by its own limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        raise refusal(path, BROKEN, AGAIN) from None
    if "xl/workbook.xml" not in parts:
        raise refusal(path, "это не книга Excel", "сохраните таблицу как «Книга Excel (.xlsx)»")
    if sum(parts.values()) > largest or len(parts) > MOST_PARTS:
        size, most = (round(number / 1e6) for number in (sum(parts.values()), largest))
        rule = f"книга слишком велика: в развёрнутом виде {size} МБ, а читаются до {most} МБ"
        action = "удалите лишние строки и столбцы за таблицей или сохраните её как CSV UTF-8"
        raise refusal(path, rule, action)
