"""An Excel form of scales that nobody has published as data: written empty, read back when filled."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from pydantic import ValidationError

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.cells import as_number, emptied, opened
from msoko_analysis.monitoring.workbook import drop_down, write_head, write_help, write_list
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.run import Subject
from msoko_analysis.params.scales import Paper, PaperOfYear, ScaleRow, Status
from msoko_analysis.params.schema import Fault, shown

HELP, SCALES, KINDS = "Как заполнять", "Шкалы", "Чей источник"
HEAD = (
    *("Год", "Код работы", "Работа", "Максимальный балл", "«3» с", "«4» с", "«5» с"),
    *(KINDS, "Источник"),
)
#: How the source is called in the form, and the status it gives the scale.
STATUSES: dict[str, Status] = {
    "официальное описание работы": "found_official",
    "другой источник": "found_secondary",
}
_NUMBERS = {4: "max_primary", 5: "min_3", 6: "min_4", 7: "min_5"}
_WIDTH = {"Работа": 40, "Максимальный балл": 20, KINDS: 32, "Источник": 60}
_HELP = (
    "На листе «Шкалы» впишите в строку работы наибольший первичный балл и баллы, с которых ставят отметки.",
    "Всё это напечатано в опубликованных «образце и описании» проверочной работы этого года.",
    "В столбце «Источник» назовите документ, его год и страницу: без источника шкала не принимается.",
    "Шкалу, которой у вас нет, оставьте пустой: границы отметок у этой работы не рассматриваются, а отметки "
    "берутся, только если стоят рядом с каждым баллом.",
    "Сохраните файл под тем же именем и снова выполните msoko start.",
)


@dataclass(frozen=True)
class FilledScales:
    """What stands in a form: its papers, and rows of scales ready for a file of them."""

    papers: tuple[PaperOfYear, ...]
    rows: tuple[ScaleRow, ...]


def paper_title(subjects: Mapping[str, Subject], paper: PaperOfYear) -> str:
    """What the form calls a paper."""
    named = subjects[paper.subject].nominative
    return f"{procedures()[paper.procedure].short}: {named}, {paper.grade} класс"


def write_scales_form(
    path: Path, titles: Mapping[PaperOfYear, str], filled: Sequence[ScaleRow] = ()
) -> None:
    """Write the form: a row for every paper of ``titles``, those of ``filled`` with their numbers.

    A file that is there is replaced: read it first and hand over what was filled.
    """
    book = Workbook()
    write_help(book.active, HELP, _HELP)
    sheet = book.create_sheet(SCALES)
    write_head(sheet, HEAD, _WIDTH)
    known = {(row.year_from, row.paper): row for row in filled}
    words = {status: word for word, status in STATUSES.items()}
    for paper, title in titles.items():
        row = known.get((paper.year, Paper(*paper[1:])))
        numbers = [getattr(row, name) if row else None for name in _NUMBERS.values()]
        told = [words[row.status], row.source] if row else [None, None]
        sheet.append([paper.year, Paper(*paper[1:]).code, title, *numbers, *told])
    chosen = write_list(book.create_sheet(KINDS), list(STATUSES))
    drop_down(sheet, chosen, get_column_letter(HEAD.index(KINDS) + 1), len(titles) + 1)
    book.active = 1
    book.save(path)


def read_scales_form(path: Path) -> FilledScales:
    """Read a form back.

    A row without any number is a paper whose scale nobody knows yet. Raises DataError with every
    fault at its cell.
    """
    sheet = opened(path).get(SCALES)
    if sheet is None or [emptied(sheet.value(1, n)) for n in range(1, len(HEAD) + 1)] != list(HEAD):
        rule = f"нет листа «{SCALES}» с прежними заголовками"
        problem = Problem(rule, "верните их или удалите файл: он напишется заново", shown(path))
        raise DataError.from_problems("Шкалы не прочитаны", [problem])
    problems: list[Problem] = []
    papers: list[PaperOfYear] = []
    rows: list[ScaleRow] = []
    for number, cells in sheet.rows(2, len(HEAD)):
        cells = [emptied(cell) for cell in cells]
        if not any(cell is not None for cell in cells):
            continue
        paper = _paper(path, number, cells, problems)
        if paper is None:
            continue
        papers.append(paper)
        if any(cells[place - 1] is not None for place in _NUMBERS):
            rows += _row(path, number, paper, cells, problems)
    if problems:
        raise DataError.from_problems("Шкалы не прочитаны", problems)
    return FilledScales(tuple(papers), tuple(rows))


def write_scales(path: Path, rows: Sequence[ScaleRow]) -> None:
    """Write rows as a file of scales that a run can name (``scales``)."""
    names = [
        *("year_from", "year_to", "procedure", "grade", "subject"), *_NUMBERS.values(),
        *("status", "source"),
    ]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(names)
        table.writerows([getattr(row, name) for name in names] for row in rows)


def _paper(
    path: Path, number: int, cells: Sequence[Any], problems: list[Problem]
) -> PaperOfYear | None:
    year = as_number(cells[0])
    try:
        paper = Paper.parse(str(cells[1]))
    except Fault as fault:
        problems.append(_fault(path, number, 2, fault.rule, fault.action))
        return None
    if year is None or year != int(year):
        problems.append(_fault(path, number, 1, "это не год", "верните год строки"))
        return None
    return PaperOfYear(int(year), *paper)


def _row(
    path: Path, number: int, paper: PaperOfYear, cells: Sequence[Any], problems: list[Problem]
) -> list[ScaleRow]:
    """The scale of one row of the form; nothing where the row has a fault."""
    before = len(problems)
    told: dict[str, int] = {}
    for place, name in _NUMBERS.items():
        cell = cells[place - 1]
        value = None if cell is None else as_number(cell)
        if value is None or value != int(value):
            problems.append(_fault(path, number, place, "не целое число баллов", "впишите его"))
        else:
            told[name] = int(value)
    status, source = STATUSES.get(str(cells[7])), cells[8]
    if status is None:
        problems.append(_fault(path, number, 8, "не сказано, чей источник", "выберите из списка"))
    if source is None:
        problems.append(
            _fault(path, number, 9, "источник не назван", "впишите документ и страницу")
        )
    if len(problems) > before:
        return []
    try:
        labels = paper._asdict() | {"year_from": paper.year, "year_to": paper.year}
        del labels["year"]
        return [ScaleRow.model_validate({**labels, **told, "status": status, "source": source})]
    except ValidationError as refused:
        fault = refused.errors()[0].get("ctx", {}).get("error")
        rule, action = (
            (fault.rule, "сверьте с источником")
            if isinstance(fault, Fault)
            else ("баллы не из допустимых", "сверьте с источником")
        )
        problems.append(_fault(path, number, 5, rule, action))
        return []


def _fault(path: Path, row: int, column: int, rule: str, action: str) -> Problem:
    place = f"{shown(path)}, лист «{SCALES}», ячейка {get_column_letter(column)}{row}"
    return Problem(rule, action, place)
