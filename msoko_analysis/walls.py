"""What a file must be before anything opens it: a regular file, not too large, no bomb.

Only the standard library, and nothing is read that is not looked at in small parts.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from msoko_analysis.errors import DataError, Problem

#: Bytes of a text table: a million pupils are about 60 MB.
LARGEST_TEXT = 250_000_000
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

    >>> check_regular(Path(__file__), 1_000_000)
    >>> check_regular(Path(__file__), 10)
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: Файл walls.py не прочитан
      1. walls.py: файл слишком велик: 0 МБ, а читаются до 0 МБ — разделите его на части
    """
    try:
        about = path.stat()
    except OSError as error:
        rule = f"файл не открывается ({error.strerror})"
        raise refusal(path, rule, "проверьте путь и права") from None
    if not stat.S_ISREG(about.st_mode):
        raise refusal(path, "это не файл, а канал или устройство", "укажите обычный файл")
    if about.st_size > largest:
        size, most = (round(number / 1e6) for number in (about.st_size, largest))
        rule = f"файл слишком велик: {size} МБ, а читаются до {most} МБ"
        raise refusal(path, rule, "разделите его на части")
