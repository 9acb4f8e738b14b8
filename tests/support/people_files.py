"""Files as people make them: a table that a reader knows (people_tables) and what people do to it
(people_kinds).

Every input says itself what a person would read of it: the rows of the derived table, and the lines
that must be set aside and named. Everything is made from a seed; nothing lies in the project.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import openpyxl
import polars as pl
from openpyxl.worksheet.worksheet import Worksheet

#: Nobody may find any of these words in what is written or printed.
PEOPLE = (
    ("Жирафенко", "Аполлинария", "Ксенофонтовна"),
    ("Бегемотов", "Евстигней", "Каллистратович"),
    ("Выхухолева", "Феврония", "Поликарповна"),
    ("Тапиренко", "Никанор", "Пафнутьевич"),
    ("Ленивцева", "Гликерия", "Мардарьевна"),
    ("Утконосов", "Селиверст", "Евлампиевич"),
    ("Дикобразова", "Манефа", "Тихоновна"),
    ("Сурикатова", "Устинья", "Варфоломеевна"),
)

WORD = "слово"


@dataclass
class Line:
    """A line of a file and what a person reads of it.

    ``row``: the row of the derived table, None if there is none, {} for the headings. ``told``: whether
    the line must be named; False: it must not be set aside; None: both will do.
    """

    cells: list[object]
    row: dict[str, object] | None = None
    told: bool | None = False


@dataclass
class Given:
    """One input: a file and others ``beside`` it.

    ``shown``: the columns of the derived ``table`` that it speaks of; ``roles``: where the columns are
    that mutations touch; ``spares``: a bad number costs its cell only; ``no_numbers``: what is none
    there; ``absent``: what stands in the columns of an absent pupil, ``WORD`` for a word of absence;
    ``merged``: a column whose like cells are one in Excel.
    """

    name: str
    table: str
    shown: tuple[str, ...]
    lines: list[Line]
    roles: dict[str, int]
    spares: bool = False
    no_numbers: tuple[str, ...] = ("-1", "1e9", "12%", "1 2", "сто", "2147483648")
    absent: dict[str, object] = field(default_factory=lambda: {"total": WORD})
    beside: dict[str, str] = field(default_factory=dict)
    dress: str = "csv"
    letters: str = "utf-8"
    separator: str = ";"
    end: str = "\n"
    hidden: list[Line] = field(default_factory=list)
    merged: int | None = None
    sheets: list[tuple[str, str, list[list[object]]]] = field(default_factory=list)

    @property
    def pupils(self) -> list[Line]:
        """The lines of which something is read."""
        return [line for line in self.lines if line.row]

    @property
    def header(self) -> int:
        """Where the headings stand."""
        return next(at for at, line in enumerate(self.lines) if line.row == {})

    @property
    def named(self) -> bool:
        """Whether the first line is that of Excel with the separator."""
        return str(self.lines[0].cells[:1]).startswith("['sep=")

    @property
    def by_code(self) -> bool:
        """Whether the file has names and passes the gate."""
        return "surname" in self.roles

    @property
    def width(self) -> int:
        return len(self.lines[self.header].cells)

    @property
    def expected(self) -> list[tuple[object, ...]]:
        """The rows of the derived table."""
        return [tuple(line.row[name] for name in self.shown) for line in self.pupils if line.row]

    def numbered(self, line: Line) -> int:
        """The number of a line as the report tells it: of Parquet rows are counted."""
        at = next(at for at, one in enumerate(self.lines) if one is line)
        return at if self.dress == "parquet" else at + 1

    def write(self, folder: Path) -> list[Path]:
        """The files of this input."""
        folder.mkdir(parents=True)
        for name, text in self.beside.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / f"{self.name}.{self.dress}"
        {"csv": self._csv, "xlsx": self._xlsx, "parquet": self._parquet}[self.dress](path)
        return [path, *(folder / name for name in self.beside if name.endswith(".csv"))]

    def _csv(self, path: Path) -> None:
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=self.separator, lineterminator=self.end)
        if self.named:  # not to be quoted
            file.write(f"{self.lines[0].cells[0]}{self.end}")
        for line in self.lines[self.named :]:
            writer.writerow(["" if cell is None else cell for cell in line.cells])
        path.write_bytes(file.getvalue().encode(self.letters))

    def _xlsx(self, path: Path) -> None:
        book = openpyxl.Workbook()
        for at, line in enumerate(self.lines, 1):
            for column, cell in enumerate(line.cells, 1):
                if cell not in (None, ""):
                    book.active.cell(at, column, cell)
            if any(line is one for one in self.hidden):
                book.active.row_dimensions[at].hidden = True
        self._merge(book.active)
        for title, state, rows in self.sheets:
            sheet = book.create_sheet(title)
            sheet.sheet_state = state
            for row in rows:
                sheet.append(row)
        book.save(path)

    def _merge(self, sheet: Worksheet) -> None:
        """One cell over the rows below each other that say the same in the column ``merged``."""
        if self.merged is None:
            return
        column = self.merged + 1
        said = [line.cells[self.merged] if line.row else None for line in self.lines]
        for cell, run in groupby(enumerate(said, 1), key=lambda pair: pair[1]):
            rows = [row for row, _ in run]
            if cell and len(rows) > 1:
                sheet.merge_cells(
                    start_row=rows[0], end_row=rows[-1], start_column=column, end_column=column
                )

    def _parquet(self, path: Path) -> None:
        names = [str(cell) for cell in self.lines[0].cells]
        rows = [
            ["" if cell is None else str(cell) for cell in line.cells] for line in self.lines[1:]
        ]
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").write_parquet(path)


def heading(cells: Sequence[object]) -> Line:
    return Line(list(cells), {}, None)


def text(*cells: object) -> Line:
    """A line that is no row of the table."""
    return Line(list(cells), None, None)
