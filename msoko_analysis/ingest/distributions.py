"""Form «Распределение первичных баллов» of ФИС ОКО, and the same as an export of a dashboard.

The layout is known by hearsay only: ``Группы участников | Кол-во ОО | Кол-во участников | 0 | 1 | …``
with a per cent for every primary score, one row per group of participants; the export has a row per
school and paper. So columns are found by their headings, and whether the cells are per cent or pupils
is told by their sum. «Вся выборка» is besides a reference to compare with: pupils at a score are per
cent × participants, true to half a unit of the last decimal that the form prints.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import pairwise

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import Block, require_rows, unused
from msoko_analysis.ingest.contracts import REFERENCE_SCORES, SCORE_SHARES
from msoko_analysis.ingest.fisoko import paper_constants, title_problems
from msoko_analysis.ingest.forms import is_other
from msoko_analysis.ingest.headings import Header, find_header, paper_from_title
from msoko_analysis.ingest.numbers import plain
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.spoilt import why_spoilt
from msoko_analysis.ingest.units import (
    GROUP,
    N_SCHOOLS,
    N,
    block_of_units,
    columns_again,
    rows_of,
    unit_of,
)

_FORM = "«Распределение первичных баллов»"
_ZERO_AND_ONE = {"0": re.compile(r"0"), "1": re.compile(r"1")}
_UNITS = {"group": GROUP, "n_schools": N_SCHOOLS, "n": N}
_EXPORT = {
    "year": re.compile(r"год"),
    "grade": re.compile(r"класс"),
    "subject": re.compile(r"предмет"),
    "municipality": re.compile(r"муниципалитет"),
    "unit": re.compile(r"логин( оо)?"),
    "unit_name": re.compile(r"(название )?оо"),
    "n": N,
}
_HIGHEST = re.compile(r"максимальный первичный балл:?")
_SCORE = re.compile(r"\d{1,3}")
# Each of some forty shares is rounded to the second decimal of a per cent.
_ROUNDING = Decimal("0.005")
# More people than there are.
_MOST = 10**10


def read(sheet: Sheet) -> list[Block]:
    """Read «Распределение первичных баллов»: its groups, and the country's row as a reference.

    None are read if the sheet is not one. Raises DataError if the title names no known paper, a score
    is missing among the headings, or the country's row adds up neither to 100 nor to the number of
    participants.
    """
    if sheet.typed or is_other(sheet, "scores"):
        return []
    header = find_header(sheet, {**_UNITS, **_ZERO_AND_ONE}, ("group", "n", *_ZERO_AND_ONE))
    if header is None:
        return []
    places = _places(header)
    problems = title_problems(sheet, paper_from_title(sheet)) + _gaps(sheet, header, places)
    problems += columns_again(sheet, header, _named(places))
    if problems:
        raise sheet.fail(*problems)
    known = {name: at for name, at in header.columns.items() if name in _UNITS}
    plain_header = Header(header.row, known, header.labels)
    rows = rows_of(sheet, plain_header, {**known, **_named(places)})
    units = block_of_units(sheet, plain_header, SCORE_SHARES, _FORM, rows, numbers=_named(places))
    return [*_reference(sheet, header, places), units]


def read_export(sheet: Sheet) -> Block | None:
    """Read the same as exported of a dashboard, a row per school and paper; None if it is not one."""
    if sheet.typed or is_other(sheet, "scores"):
        return None
    patterns = {**_EXPORT, **_ZERO_AND_ONE}
    header = find_header(sheet, patterns, {*patterns} - {"municipality", "unit_name"})
    if header is None:
        return None
    places = _places(header)
    problems = _gaps(sheet, header, places) + columns_again(sheet, header, _named(places))
    if problems:
        raise sheet.fail(*problems)
    table = sheet.table(header.row)
    require_rows(sheet, table)
    headings = unique_headings(sheet.head[header.row])
    columns = {name: headings[at] for name, at in header.columns.items() if name in _EXPORT}
    columns = {"unit_name": columns["unit"]} | columns
    columns |= {name: headings[at] for name, at in _named(places).items()}
    return Block(
        SCORE_SHARES,
        f"выгрузка дашборда, {_FORM}",
        sheet.path,
        sheet.name,
        table,
        columns,
        constants={"procedure": "VPR", "level": "school"},
        ignored=unused(table, sheet.head[header.row], set(columns.values())),
    )


def _places(header: Header) -> dict[int, int]:
    """Where the column of each score stands."""
    return {
        int(label): place for place, label in enumerate(header.labels) if _SCORE.fullmatch(label)
    }


def _named(places: Mapping[int, int]) -> dict[str, int]:
    return {f"score_{score:03d}": place for score, place in places.items()}


def _reference(sheet: Sheet, header: Header, places: Mapping[int, int]) -> list[Block]:
    """The row «Вся выборка» as pupils at every score, where the form has it."""
    group = header.columns["group"]
    rows = [
        (row, cells)
        for row, cells in sheet.rows(header.row + 1)
        if cells[group].strip() and unit_of(cells[group])["level"] == "country"
    ]
    if not rows:
        return []
    row, cells = rows[0]
    used = [header.columns["n"], *places.values()]
    n, *shares = _numbers(sheet, row, {sheet.head[header.row][at]: cells[at] for at in used})
    counts = _counts(sheet, row, shares, n)
    names = ["kind", "score", "n"]
    table = pl.DataFrame(
        [{ROW: row, "kind": "country", "score": str(score), "n": str(count)}
         for score, count in zip(places, counts, strict=True)],
        schema={ROW: pl.UInt32} | dict.fromkeys(names, pl.String),
    )  # fmt: skip
    return [
        Block(
            REFERENCE_SCORES,
            f"ФИС ОКО, {_FORM} → «Вся выборка»",
            sheet.path,
            sheet.name,
            table,
            {name: name for name in names},
            constants=paper_constants(paper_from_title(sheet)),
        )
    ]


def _gaps(sheet: Sheet, header: Header, places: Mapping[int, int]) -> list[Problem]:
    """A problem if the headings do not name every score from 0 to the highest, that of the form if it
    tells one.
    """
    highest = max(places)
    above = [cell.strip() for row in sheet.head[: header.row] for cell in row if cell.strip()]
    told = [int(after) for cell, after in pairwise(above) if _HIGHEST.fullmatch(normal(cell))
            and _SCORE.fullmatch(after)]  # fmt: skip
    if told and highest > told[0]:
        rule = f"столбцы баллов до {highest}, а наибольший первичный балл работы — {told[0]}"
        return [sheet.problem(rule, "выгрузите форму заново", header.row + 1)]
    missing = [score for score in range(max([highest, *told]) + 1) if score not in places]
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
