"""The Excel form of experts' points: written with drop-downs and checks, read back with every fault
at its cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.cells import FormSheet, as_number, emptied, opened
from msoko_analysis.monitoring.editions import Edition
from msoko_analysis.monitoring.workbook import drop_down, write_head, write_help, write_list
from msoko_analysis.params.schema import nearest

HELP, POINTS, PLACES = "Как заполнять", "Баллы", "Муниципалитеты"
HEAD_ROW = 2  # the edition and the year stand above
HEAD = (
    *("Муниципалитет", "Позиция", "Направление", "Компонент", "Трек"),
    *("Максимум", "Эксперт", "Балл"),
)
COLUMNS = ("edition", "year", "municipality", "position", "expert", "points")
_WIDTH = {"Муниципалитет": 28, "Позиция": 30, "Направление": 50, "Компонент": 32, "Трек": 32}
_HELP = (
    "На листе «Баллы» одна строка — оценка одной позиции одним экспертом. Впишите балл от 0 до максимума.",
    "Ноль значит «оценили, и элемент не сформирован». Если позицию не оценивали, оставьте ячейку пустой: "
    "индекс считается, когда каждую позицию оценил хотя бы один эксперт.",
    "Эксперт обозначается одинаково во всех строках: «Э1», «Э2». Фамилии не нужны.",
    "Первую строку листа с редакцией и годом не меняйте: по ней читаются позиции.",
)


@dataclass(frozen=True)
class ExpertPoints:
    """What experts wrote. ``points``: columns COLUMNS; ``missing``: rows left empty."""

    points: pd.DataFrame
    missing: tuple[Problem, ...]


def write_expert_form(
    path: Path, edition: Edition, year: int, municipalities: Mapping[str, str],
    experts: Sequence[str],
) -> int:  # fmt: skip
    """Write a form: a row for every municipality, expert and position.

    Parameters
    ----------
    path : where to; a file that is there already is not touched
    edition, year : positions and maximums, and the year that is assessed
    municipalities : names by code; the names stand in the form
    experts : how they are called in the form

    Returns
    -------
    How many rows wait for points. Raises DataError when the file is there already or nobody is named.

    >>> from tempfile import TemporaryDirectory
    >>> from msoko_analysis.monitoring.editions import load_editions
    >>> with TemporaryDirectory() as folder:
    ...     write_expert_form(Path(folder) / "a.xlsx", load_editions()["2022"], 2026,
    ...                       {"M01": "Северный район"}, ["Э1", "Э2"])
    144
    """
    if path.exists():
        raise DataError(f"{path}: файл уже есть — выберите другое имя, чтобы не потерять вписанное")
    if not experts or not municipalities:
        raise DataError("Не задано ни одного эксперта или муниципалитета — перечислите их")
    book = Workbook()
    write_help(book.active, HELP, _HELP)
    sheet = book.create_sheet(POINTS)
    for column, cell in zip("ABCD", ("Редакция", edition.edition, "Год", year), strict=True):
        sheet[f"{column}1"] = cell
    write_head(sheet, HEAD, _WIDTH, row=HEAD_ROW)
    described = _described(edition)
    rows = [
        (name, *cells, expert, None)
        for name in municipalities.values()
        for expert in experts
        for cells in described
    ]
    for row in rows:
        sheet.append(row)
    last = HEAD_ROW + len(rows)
    places = write_list(book.create_sheet(PLACES), list(municipalities.values()))
    drop_down(sheet, places, "A", last, first=HEAD_ROW + 1)
    _check(sheet, last)
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(HEAD))}{last}"
    book.active = book.index(sheet)
    book.save(path)
    return len(rows)


def _described(edition: Edition) -> list[tuple]:
    """Position, direction, component, track and maximum of every position, in words."""
    components = {one.code: one.name for one in edition.components}
    rows = []
    for direction in edition.directions:
        tracks = {track.code: track.name for track in direction.tracks}
        for one in direction.positions:
            track = tracks.get(one.track or "")
            called = f"{direction.code}. {direction.name}"
            rows.append((one.code, called, components[one.component], track, one.max_points))
    return rows


def _check(sheet: Worksheet, last: int) -> None:
    """What Excel allows in the cells of points; the reader checks it all again."""
    first = HEAD_ROW + 1
    formula = f"AND(ISNUMBER(H{first}),H{first}>=0,H{first}<=F{first})"
    rule = DataValidation("custom", formula1=formula, allow_blank=True)
    rule.error, rule.errorTitle, rule.showErrorMessage = "От 0 до максимума", "Балл", True
    rule.add(f"H{first}:H{last}")
    sheet.add_data_validation(rule)


def read_expert_form(
    path: Path, editions: Mapping[str, Edition], municipalities: Mapping[str, str]
) -> ExpertPoints:
    """Read a filled form.

    Parameters
    ----------
    path : the workbook
    editions : by name, as :func:`~msoko_analysis.monitoring.editions.load_editions` gives them
    municipalities : names by code

    Returns
    -------
    ExpertPoints. A row without points is missing, not a fault.

    Raises
    ------
    DataError
        Lists every fault at once: an unknown edition, year, municipality or position, no expert, a
        judgement twice, points that are no number or not from 0 to the maximum.

    >>> read_expert_form(Path("none.xlsx"), {}, {})
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: none.xlsx: файла нет — проверьте имя и папку
    """
    book = opened(path)
    reader = _Reader(path.name, {name: code for code, name in municipalities.items()})
    if POINTS not in book:
        reader.fault("", "такого листа нет", "верните лист формы")
    elif about := reader.about(book[POINTS], editions):
        reader.rows(book[POINTS], *about)
    if reader.problems:
        raise DataError.from_problems(f"Баллы экспертов {path.name} не прочитаны", reader.problems)
    points = pd.DataFrame(reader.found, columns=list(COLUMNS)).astype({"points": float})
    return ExpertPoints(points, tuple(reader.missing))


@dataclass
class _Reader:
    """One pass over the sheet that collects points and faults."""

    file: str
    codes: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    found: list[tuple] = field(default_factory=list)
    first: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def fault(self, cell: str, rule: str, action: str) -> None:
        """Note a fault."""
        self.problems.append(Problem(rule, action, file=self.file, sheet=POINTS, cell=cell))

    def about(
        self, sheet: FormSheet, editions: Mapping[str, Edition]
    ) -> tuple[Edition, int] | None:
        """The edition and the year the form is for, None and faults where they are not told."""
        before = len(self.problems)
        edition, year = str(emptied(sheet.value(1, 2))), as_number(sheet.value(1, 4) or "")
        if edition not in editions:
            self.fault("B1", f"такой редакции нет: «{edition}»", nearest(edition, editions))
        if year is None or not 2000 <= year < 2100 or year % 1:
            self.fault("D1", "нет года оценки", "впишите год, например 2026")
        for place, name in enumerate(HEAD, 1):
            if sheet.value(HEAD_ROW, place) != name:
                cell = f"{get_column_letter(place)}{HEAD_ROW}"
                self.fault(cell, f"здесь должен стоять заголовок «{name}»", "верните его")
        return (editions[edition], int(year)) if len(self.problems) == before else None

    def rows(self, sheet: FormSheet, edition: Edition, year: int) -> None:
        """The rows of points."""
        maximum = edition.positions().set_index("position")["maximum"].to_dict()
        for row, cells in sheet.rows(HEAD_ROW + 1, len(HEAD)):
            place, position, _, _, _, _, expert, points = (emptied(cell) for cell in cells)
            if all(cell is None for cell in (place, position, expert, points)):
                continue
            key = self.key(row, place, position, expert, maximum)
            number = self.number(row, points, maximum.get(str(position)))
            if points is None:
                action = "впишите балл, хотя бы 0"
                missing = Problem("балла нет", action, self.file, POINTS, cell=f"H{row}")
                self.missing.append(missing)
            elif key and number is not None:
                self.found.append((edition.edition, year, *key, number))

    def key(
        self, row: int, place: object, position: object, expert: object, known: Mapping[str, float]
    ) -> tuple[str, str, str] | None:
        """Codes of municipality and position, and the expert; None and what is wrong with them."""
        before = len(self.problems)
        if str(place) not in self.codes:
            rule = "нет муниципалитета" if place is None else f"нет муниципалитета «{place}»"
            self.fault(f"A{row}", rule, nearest(str(place), self.codes))
        if str(position) not in known:
            rule = "нет позиции" if position is None else f"в редакции нет позиции «{position}»"
            self.fault(f"B{row}", rule, "впишите код позиции, как в форме")
        if expert is None:
            self.fault(f"G{row}", "эксперт не назван", "впишите обозначение, например «Э1»")
        if len(self.problems) > before:
            return None
        key = self.codes[str(place)], str(position), str(expert)
        if key in self.first:
            rule = f"эта позиция уже оценена тем же экспертом в ячейке {self.first[key]}"
            self.fault(f"H{row}", rule, "оставьте одну оценку")
            return None
        self.first[key] = f"H{row}"
        return key

    def number(self, row: int, points: object, maximum: float | None) -> float | None:
        """The points of a row; None where there are none or they are impossible."""
        if points is None:
            return None
        number = as_number(points)
        if number is None:
            self.fault(f"H{row}", "это не число", "впишите число без слов и знаков")
        elif maximum is not None and not 0 <= number <= maximum:
            self.fault(f"H{row}", "балл не от 0 до максимума", f"максимум — {maximum:g}")
        else:
            return number
        return None
