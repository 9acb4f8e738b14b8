"""Cells of a sheet → tables of a roadmap: headings found by words, broken rows put together."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

from msoko_analysis.monitoring.cells import FormSheet
from msoko_analysis.monitoring.roadmap.keywords import ColumnsFile, simple
from msoko_analysis.monitoring.roadmap.term_reading import read_term
from msoko_analysis.monitoring.roadmap.terms import Kind

NUMBER = re.compile(r"\d+(?:\.\d+)*[.)]?")
_LONGEST_HEADING = 120
# A table of activities has these columns and at least one more.
_NEEDED = {"activity", "term"}


@dataclass
class Row:
    """One row of a table before it is understood: text by field; ``date_number``: Excel made the
    number a date; ``lone``: a line of text between the rows.
    """

    row: int
    cells: dict[str, str]
    date_number: bool = False
    lone: bool = False


@dataclass
class Grid:
    """One table: letters of the columns by field, headings nobody knows or twice by letter, title
    lines above, rows, and lines below.
    """

    header: int
    columns: dict[str, str]
    unread: dict[str, str]
    titles: list[str]
    rows: list[Row] = field(default_factory=list)
    tail: list[tuple[int, str]] = field(default_factory=list)

    @property
    def numbered(self) -> bool:
        """Whether there is a column of numbers."""
        return "number" in self.columns


def cell_text(value: Any) -> str:
    """A cell as a person reads it.

    >>> cell_text(datetime.datetime(2024, 3, 1)), cell_text(2.0), cell_text(None), cell_text(" а ")
    ('01.03.2024', '2', '', 'а')
    """
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def grids(sheet: FormSheet, columns: ColumnsFile) -> list[Grid]:
    """The tables of a sheet, [] where no row looks like their headings.

    >>> from msoko_analysis.monitoring.roadmap.keywords import load_keywords
    >>> sheet = FormSheet("Лист", [["№", "Мероприятие", "Срок"], [1, "Семинар", "май 2027"]])
    >>> [row.cells["term"] for row in grids(sheet, load_keywords().columns)[0].rows]
    ['май 2027']
    """
    found: list[Grid] = []
    pending: list[tuple[int, str]] = []
    for number, values in enumerate(sheet.unmerged(), 1):
        texts = [cell_text(value) for value in values]
        heading = _heading(texts, columns)
        filled = [text for text in texts if text]
        if heading:
            letters = {get_column_letter(n): text for n, text in enumerate(texts, 1) if text}
            aside = {simple(word) for word in columns.aside}
            unread = {
                one: letters[one]
                for one in letters
                if one not in heading.values() and simple(letters[one]) not in aside
            }
            found.append(Grid(number, heading, unread, [text for _, text in pending]))
            pending = []
        elif len(filled) == 1 and (not found or _is_line(found[-1], texts)):
            pending.append((number, filled[0]))
        elif filled and found:
            found[-1].rows += [Row(row, {"activity": text}, lone=True) for row, text in pending]
            pending = []
            _take(found[-1], number, values, texts)
        elif filled:
            pending += [(number, text) for text in filled]
    if found:
        found[-1].tail = pending
    return found


def _heading(texts: Sequence[str], columns: ColumnsFile) -> dict[str, str]:
    """Letter of the column of each field if the row is a heading of a roadmap, else {}."""
    found: dict[str, str] = {}
    for place, text in enumerate(texts, 1):
        if not text or len(text) > _LONGEST_HEADING or NUMBER.fullmatch(text):
            continue
        fields = (
            one.field
            for one in columns.columns
            if any(word in simple(text) for word in one.keywords)
        )
        name = next(fields, None)
        if name:
            found.setdefault(name, get_column_letter(place))
    return found if found.keys() >= _NEEDED and len(found) > len(_NEEDED) else {}


def _is_line(grid: Grid, texts: Sequence[str]) -> bool:
    """Whether a row with one filled cell is a title or the name of a section, not part of a row."""
    place = next(place for place, text in enumerate(texts, 1) if text)
    text, letter = texts[place - 1], get_column_letter(place)
    if grid.numbered:
        return letter == grid.columns["number"] and not NUMBER.fullmatch(text)
    first = letter == min(grid.columns.values())
    as_term = letter == grid.columns["term"] and read_term(text).kind is not Kind.UNREAD
    return first and not as_term and not text[0].islower()


def _take(grid: Grid, number: int, values: Sequence[Any], texts: Sequence[str]) -> None:
    """Add a row to the table, or join it to the row it continues."""
    place = {get_column_letter(n): n - 1 for n in range(1, len(texts) + 1)}
    cells = {name: texts[place[letter]] for name, letter in grid.columns.items() if letter in place}
    made = [row for row in grid.rows if not row.lone]
    if not any(cells.values()):
        return
    if _continues(grid, cells):
        # before the first activity it is the second line of the headings
        if made:
            for name, text in cells.items():
                made[-1].cells[name] = _joined(made[-1].cells.get(name, ""), text)
        return
    value = values[place[grid.columns["number"]]] if grid.numbered else None
    grid.rows.append(Row(number, cells, isinstance(value, datetime.date)))


def _continues(grid: Grid, cells: dict[str, str]) -> bool:
    """Whether a row is the rest of the one above, as page breaks of Word leave it."""
    activity, term = cells["activity"], cells["term"]
    if grid.numbered:
        return not cells["number"] and not (activity and term)
    if not activity:
        return not term or read_term(term).kind is Kind.UNREAD
    return activity[0].islower()


def _joined(first: str, second: str) -> str:
    """Two parts of a cell; a word cut by a hyphen is made whole.

    >>> _joined("руко-", "водители"), _joined("Февраль —", "март"), _joined("", "а")
    ('руководители', 'Февраль — март', 'а')
    """
    if re.search(r"\w-$", first) and second[:1].islower():
        return first[:-1] + second
    return f"{first} {second}".strip()
