"""Form «Распределение первичных баллов» of ФИС ОКО: the country's scores as a reference.

The layout is known by hearsay only: ``Группы участников | Кол-во ОО | Кол-во участников | 0 | 1 | …``
with a per cent for every primary score, one row per group of participants. So columns are found by
their headings, and whether the cells are per cent or pupils is told by their sum. Of the rows only
«Вся выборка» is read; pupils at a score are per cent × participants, true to half a unit of the last
decimal that the form prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.aggregates import columns_again, unit_of
from msoko_analysis.ingest.block import Block, Left
from msoko_analysis.ingest.contracts import REFERENCE_SCORES
from msoko_analysis.ingest.fisoko import paper_constants, title_problems
from msoko_analysis.ingest.forms import is_other
from msoko_analysis.ingest.headings import Header, find_header, paper_from_title
from msoko_analysis.ingest.numbers import plain
from msoko_analysis.ingest.sheets import ROW, Sheet
from msoko_analysis.ingest.spoilt import why_spoilt

_PATTERNS = {
    "group": re.compile(r"группы участников"),
    "n": re.compile(r"(кол-во|количество) участников"),
    "0": re.compile(r"0"),
    "1": re.compile(r"1"),
}
_SCORE = re.compile(r"\d{1,3}")
# Each of some forty shares is rounded to the second decimal of a per cent.
_ROUNDING = Decimal("0.005")
_OTHERS = "строка региона, муниципалитета или школы: из формы взята только «Вся выборка»"
_OF_SCHOOLS = "для школ загрузите Ф1 «Индивидуальные результаты»"
# More people than there are.
_MOST = 10**10


def read(sheet: Sheet) -> Block | None:
    """Read «Распределение первичных баллов»; None if the sheet is not one.

    Raises EmptyTableError if there is no row «Вся выборка», DataError if the title names no known
    paper, a score is missing among the headings, or the row adds up neither to 100 nor to the number
    of participants.
    """
    if sheet.typed or is_other(sheet, "scores"):
        return None
    header = find_header(sheet, _PATTERNS, _PATTERNS)
    if header is None:
        return None
    paper = paper_from_title(sheet)
    places = {
        int(label): place for place, label in enumerate(header.labels) if _SCORE.fullmatch(label)
    }
    problems = title_problems(sheet, paper) + _gaps(sheet, header, places)
    problems += columns_again(sheet, header)
    if problems:
        raise sheet.fail(*problems)
    row, cells, others = _country(sheet, header)
    used = [header.columns["n"], *places.values()]
    n, *shares = _numbers(sheet, row, {sheet.head[header.row][at]: cells[at] for at in used})
    counts = _counts(sheet, row, shares, n)
    names = ["kind", "score", "n"]
    table = pl.DataFrame(
        [{ROW: row, "kind": "country", "score": str(score), "n": str(n)}
         for score, n in zip(places, counts, strict=True)],
        schema={ROW: pl.UInt32} | dict.fromkeys(names, pl.String),
    )  # fmt: skip
    return Block(
        REFERENCE_SCORES,
        "ФИС ОКО, «Распределение первичных баллов»",
        sheet.path,
        sheet.name,
        table,
        {name: name for name in names},
        constants=paper_constants(paper),
        left=(Left(_OTHERS, others, _OF_SCHOOLS),) if others else (),
    )


def _country(sheet: Sheet, header: Header) -> tuple[int, list[str], tuple[int, ...]]:
    """Line number and cells of the row «Вся выборка», and the lines of other groups."""
    group = header.columns["group"]
    rows = [(row, cells) for row, cells in sheet.rows(header.row + 1) if cells[group].strip()]
    for row, cells in rows:
        if unit_of(cells[group])["level"] == "country":
            return row, cells, tuple(other for other, _ in rows if other != row)
    raise sheet.empty(
        "в форме «Распределение первичных баллов» нет строки «Вся выборка»",
        "выгрузите форму вместе с этой строкой; остальные её строки не используются",
    )


def _gaps(sheet: Sheet, header: Header, places: dict[int, int]) -> list[Problem]:
    """A problem if the headings do not name every score from 0 to the highest."""
    missing = [score for score in range(max(places) + 1) if score not in places]
    if not missing:
        return []
    return [
        sheet.problem(
            f"среди столбцов баллов нет: {', '.join(map(str, missing))}",
            "выгрузите форму заново, не удаляя столбцов",
            header.row + 1,
        )
    ]


def _numbers(sheet: Sheet, row: int, cells: Mapping[str, str]) -> list[Decimal]:
    """The numbers of cells by their headings; raises DataError with those that are none."""
    numbers, problems = [], []
    rule = "в строке «Вся выборка» не число или число, которого быть не может"
    for heading, cell in cells.items():
        try:
            numbers.append(_number(cell))
        except InvalidOperation:
            problems.append(
                sheet.problem(why_spoilt(cell) or rule, "выгрузите форму заново", row, heading)
            )
    if problems:
        raise sheet.fail(*problems)
    return numbers


def _counts(sheet: Sheet, row: int, values: Sequence[Decimal], n: Decimal) -> list[int]:
    """Pupils at every score from per cent of the participants, or as they stand if they are pupils."""
    total = sum(values)
    if n > 0 and total == n and all(one == int(one) for one in values):
        return [int(one) for one in values]
    for whole in (1, 100):  # a cell in per cent of Excel holds a share of one
        if n > 0 and abs(total / whole - 1) <= _ROUNDING:
            return [int((one * n / whole).quantize(Decimal(1), ROUND_HALF_UP)) for one in values]
    raise sheet.fail(
        sheet.problem(
            f"строка «Вся выборка» в сумме даёт {total:f}: это не 100 % и не число участников",
            "выгрузите форму заново; если она такая и в ФИС ОКО, сообщите разработчикам",
            row,
        )
    )


def _number(cell: str) -> Decimal:
    value = Decimal(plain(cell, per_cent=True) or "0")
    if not value.is_finite() or not 0 <= value <= _MOST:
        raise InvalidOperation
    return value
