"""Roadmaps of real municipalities, typed into Excel at test time from the texts beside the project.

Nothing of them stands here: only how their tables are laid out in the text.
"""

from __future__ import annotations

import re
from pathlib import Path

from openpyxl import Workbook

TITLE = re.compile(r"^\s*(\)?\s*по направлению|Приложение|Дорожная карта|« Система|\(\s*$|_{3,})")
NUMBER = re.compile(r"\d+(\.\d+)*\.?")


def cells_by_line(text: str, width: int) -> list[list[str]]:
    """Rows of a text where every cell is a line that starts with a tab; titles are rows of one cell.

    A row starts at a tab after an empty line when the row before is full, or with a number.
    """
    rows: list[list[str]] = []
    blank, title = True, True
    for line in text.split("\n"):
        if not line.strip(" ") and not line.startswith("\t"):
            blank = True
            continue
        if TITLE.match(line):
            rows.append([line.strip()])
            title = True
        elif line.startswith("\t"):
            cell = line[1:].strip()
            full = not rows or title or len(rows[-1]) >= width
            if (full and blank) or title or (blank and NUMBER.fullmatch(cell)):
                rows.append([])
            rows[-1].append(cell)
            title = False
        elif title:
            rows.append([line.strip()])
        else:
            rows[-1][-1] += "\n" + line.strip()
        blank = False
    return rows


def cells_by_tab(text: str) -> list[list[str]]:
    """Rows of a text where a line is a row and tabs stand between cells."""
    lines = (line for line in text.split("\n") if line.strip())
    return [[cell.strip() for cell in line.split("\t")] for line in lines]


def between(text: str, start: str, end: str | None) -> str:
    """The part of a text from the first line that begins with ``start`` to one that has ``end``."""
    begin = re.search(rf"^{start}", text, re.MULTILINE).start()
    stop = text.index(end, begin + 1) if end else len(text)
    return text[begin:stop]


def typed(rows: list[list[str]], path: Path) -> Path:
    """A workbook with these rows, empty cells left empty."""
    book = Workbook()
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row, 1):
            if cell:
                book.active.cell(number, place, cell)
    book.save(path)
    return path
