"""Aggregate forms of ФИС ОКО: «Статистика по отметкам» and «Сравнение отметок … по журналу».

A row is a group of participants: the whole sample, the region, a municipality ``…(reg99_m001)`` or
a school ``…(edu990001)``. A form of one municipality tells by that where its schools belong; a form
of several does not, and then the table of schools has to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import LINE, Block, Left, repeated, require_rows
from msoko_analysis.ingest.contracts import MARK_STATISTICS, MARK_VS_PRIOR, Contract
from msoko_analysis.ingest.fisoko import paper_constants, title_problems
from msoko_analysis.ingest.forms import is_other
from msoko_analysis.ingest.headings import Header, find_header, paper_from_title
from msoko_analysis.ingest.numbers import plain
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.total_words import is_total
from msoko_analysis.ingest.totals import TOTAL_LINE

_CODE = re.compile(r"\s*\(((?:edu|sch|reg)\w+)\)\s*$")
_GROUP = re.compile(r"группы участников")
_TOTALS = frozenset({"итого", "всего", "итого:", "всего:"})
_MARKS = {
    "group": _GROUP,
    "n_schools": re.compile(r"кол-во оо"),
    "n": re.compile(r"кол-во участников"),
    **{f"share_{mark}": re.compile(rf"«?{mark}»?") for mark in (2, 3, 4, 5)},
}
_WORDS = {"lower": "понизили", "same": "подтвердили", "higher": "повысили"}
_PRIOR = {
    "group": _GROUP,
    "n": re.compile(r"кол-во участников ?\(всего\)"),
    **{f"share_{name}": re.compile(rf"{word}.*%") for name, word in _WORDS.items()},
    **{name: re.compile(rf"{word}.*кол-во.*") for name, word in _WORDS.items()},
}
_PRIOR_OLD = {
    "group": _GROUP,
    "n": re.compile(r"кол-во участников"),
    "share": re.compile(r"%"),
}


def read_mark_statistics(sheet: Sheet) -> Block | None:
    """Read Ф3 «Статистика по отметкам»; None if the sheet is not one.

    The row of a school has no «Кол-во ОО»: some files leave the cell empty, others shift the row
    one cell to the left; both are read. A heading of any other number makes it another form, whose
    columns 2…5 are tasks or scores.
    """
    if sheet.typed or is_other(sheet, "marks"):
        return None
    header = find_header(sheet, _MARKS, _MARKS)
    marks = {header.columns[f"share_{mark}"] for mark in (2, 3, 4, 5)} if header else set()
    if header is None or any(
        label[:1].isdigit() and at not in marks for at, label in enumerate(header.labels)
    ):
        return None
    return _block(sheet, header, MARK_STATISTICS, "Ф3 «Статистика по отметкам»", _mark_rows)


def read_mark_vs_prior(sheet: Sheet) -> Block | None:
    """Read «Сравнение отметок с отметками по журналу», new or old layout; None if it is not one.

    In the old layout a group is followed by its four lines Понизили, Подтвердили, Повысили, Всего.
    """
    if sheet.typed or is_other(sheet, "marks_vs_journal"):
        return None
    name = "«Сравнение отметок с отметками по журналу»"
    header = find_header(sheet, _PRIOR, _PRIOR)
    if header is not None:
        return _block(sheet, header, MARK_VS_PRIOR, name, _prior_rows)
    header = find_header(sheet, _PRIOR_OLD, _PRIOR_OLD)
    below = [normal(row[header.columns["group"]]) for row in sheet.head] if header else []
    if header is None or not any(cell.startswith("подтвердили") for cell in below):
        return None
    return _block(sheet, header, MARK_VS_PRIOR, f"{name}, старый макет", _prior_rows_old)


Row = dict[str, Any]


def _block(
    sheet: Sheet,
    header: Header,
    contract: Contract,
    form: str,
    rows_of: Callable[[Sheet, Header], list[Row]],
) -> Block:
    paper = paper_from_title(sheet)
    problems = title_problems(sheet, paper) + columns_again(sheet, header)
    if problems:
        raise sheet.fail(*problems)
    every = rows_of(sheet, header)
    found, left = _without_totals(sheet, every)
    rows = _with_homes(found)
    names = [f.name for f in contract.fields if f.name not in paper_constants(paper)]
    types = {ROW: pl.UInt32} | dict.fromkeys(names, pl.String)
    table = pl.DataFrame(rows, schema=types)
    require_rows(sheet, table)
    return Block(
        contract,
        f"ФИС ОКО, {form}",
        sheet.path,
        sheet.name,
        table,
        {name: name for name in names},
        constants=paper_constants(paper),
        left=left,
        lines=_lines(sheet, header, every),
    )


def columns_again(sheet: Sheet, header: Header) -> list[Problem]:
    """A problem for each column read that stands there again with other cells."""
    labels = sheet.head[header.row]
    headings = unique_headings(labels)
    taken = {headings[at] for at in header.columns.values()}
    return repeated(sheet, sheet.table(header.row), header.row, labels, taken)


def _lines(sheet: Sheet, header: Header, rows: list[Row]) -> pl.DataFrame:
    """The lines of each row: in the old layout those of its parts follow the line of the unit."""
    lines = [row for row, _ in _filled(sheet, header)]
    starts = pl.Series(ROW, [row[ROW] for row in rows], pl.UInt32)
    filled = pl.DataFrame({LINE: lines}, schema={LINE: pl.UInt32})
    of_row = filled.join_asof(starts.to_frame(), left_on=LINE, right_on=ROW, coalesce=False)
    return of_row.drop_nulls(ROW)


def _without_totals(sheet: Sheet, rows: list[Row]) -> tuple[list[Row], tuple[Left, ...]]:
    """The rows of units, and the lines of totals or means, which are no units.

    Raises DataError if a printed «Итого» is not the number of participants of the schools, the
    municipalities or the regions of the form: rows are missing, or they are there twice.
    """
    totals = [row for row in rows if is_total(row["unit_name"])]
    units = [row for row in rows if not is_total(row["unit_name"])]
    sums = {_recount(units, level) for level in ("school", "municipality", "region")}
    wrong = [
        sheet.problem(
            "печатное «Итого» участников не сходится с суммой по строкам формы",
            "выгрузите форму целиком: часть строк потеряна или повторена",
            row[ROW],
        )
        for row in totals
        # of a part of the form («Итого по району») no sum is known
        if normal(row["unit_name"]) in _TOTALS and _whole(row["n"]) not in sums
    ]
    if wrong:
        raise sheet.fail(*wrong)
    rows_of = tuple(row[ROW] for row in totals)
    return units, (Left(TOTAL_LINE, rows_of),) if totals else ()


def _recount(rows: list[Row], level: str) -> int | None:
    counts = [_whole(row["n"]) for row in rows if row["level"] == level]
    return sum(n or 0 for n in counts) if counts else None


def _whole(cell: object) -> int | None:
    digits = plain(str(cell or ""))
    return int(digits) if re.fullmatch(r"\d{1,10}", digits) else None


def _with_homes(rows: list[Row]) -> list[Row]:
    """The rows with the municipality of every school, where the form has only one municipality."""
    places = [row["unit"] for row in rows if row["level"] == "municipality"]
    home = places[0] if len(places) == 1 else None
    return [row | {"municipality": home if row["level"] == "school" else None} for row in rows]


def unit_of(group: str) -> dict[str, str]:
    """Level, code and name of a group of participants.

    >>> unit_of("Северный муниципальный район(reg99_m001)")
    {'level': 'municipality', 'unit': 'reg99_m001', 'unit_name': 'Северный муниципальный район'}
    >>> unit_of("Вся выборка")["level"]
    'country'
    """
    match = _CODE.search(group)
    name = _CODE.sub("", group).strip()
    if match:
        level = "municipality" if match[1].startswith("reg") and "_m" in match[1] else "school"
        level = "region" if match[1].startswith("reg") and level == "school" else level
        return {"level": level, "unit": match[1], "unit_name": name}
    level = "country" if normal(name) in ("вся выборка", "рф", "российская федерация") else "region"
    return {"level": level, "unit": name, "unit_name": name}


def _filled(sheet: Sheet, header: Header) -> list[tuple[int, list[str]]]:
    rows = sheet.rows(header.row + 1)
    return [(row, cells) for row, cells in rows if any(cell.strip() for cell in cells)]


def _mark_rows(sheet: Sheet, header: Header) -> list[Row]:
    at = header.columns
    names = [name for name in sorted(at, key=at.__getitem__) if name != "group"]
    rows: list[Row] = []
    for row, cells in _filled(sheet, header):
        unit = unit_of(cells[at["group"]])
        values = {name: cells[at[name]].strip() for name in names}
        if unit["level"] == "school" and values["n_schools"] and not values[names[-1]]:
            # the row is shifted one cell to the left: there is no number of schools in it
            values = dict(zip(names, ["", *values.values()], strict=False))
        rows.append({ROW: row, **unit, **values})
    return rows


def _prior_rows(sheet: Sheet, header: Header) -> list[Row]:
    at = header.columns
    return [
        {
            ROW: row,
            **unit_of(cells[at["group"]]),
            **{name: cells[at[name]].strip() for name in at if name != "group"},
        }
        for row, cells in _filled(sheet, header)
    ]


def _prior_rows_old(sheet: Sheet, header: Header) -> list[Row]:
    at = header.columns
    rows: list[Row] = []
    for row, cells in _filled(sheet, header):
        label = normal(cells[at["group"]])
        n, share = cells[at["n"]].strip(), cells[at["share"]].strip()
        part = next((name for name, word in _WORDS.items() if label.startswith(word)), None)
        if label.startswith("всего") and rows:
            rows[-1]["n"] = n
        elif part and rows:
            rows[-1] |= {part: n, f"share_{part}": share}
        else:
            rows.append({ROW: row, **unit_of(cells[at["group"]])})
    return rows
