"""Aggregate forms of marks of ФИС ОКО: «Статистика по отметкам», «Сравнение отметок … по журналу»."""

from __future__ import annotations

import re

from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import MARK_STATISTICS, MARK_VS_PRIOR
from msoko_analysis.ingest.forms import is_other
from msoko_analysis.ingest.headings import Header, find_header
from msoko_analysis.ingest.sheets import ROW, Sheet
from msoko_analysis.ingest.units import (
    GROUP,
    N_SCHOOLS,
    N,
    Row,
    block_of_units,
    filled,
    rows_of,
    unit_of,
)

_MARKS = {
    "group": GROUP,
    "n_schools": N_SCHOOLS,
    "n": N,
    **{f"share_{mark}": re.compile(rf"«?{mark}»?") for mark in (2, 3, 4, 5)},
}
_WORDS = {"lower": "понизили", "same": "подтвердили", "higher": "повысили"}
_PRIOR = {
    "group": GROUP,
    "n": re.compile(r"кол-во участников ?\(всего\)"),
    **{f"share_{name}": re.compile(rf"{word}.*%") for name, word in _WORDS.items()},
    **{name: re.compile(rf"{word}.*кол-во.*") for name, word in _WORDS.items()},
}
_PRIOR_OLD = {"group": GROUP, "n": N, "share": re.compile(r"%")}


def read_mark_statistics(sheet: Sheet) -> Block | None:
    """Read Ф3 «Статистика по отметкам»; None if the sheet is not one.

    A heading of any other number makes it another form, whose columns 2…5 are tasks or scores.
    """
    if sheet.typed or is_other(sheet, "marks"):
        return None
    header = find_header(sheet, _MARKS, _MARKS)
    marks = {header.columns[f"share_{mark}"] for mark in (2, 3, 4, 5)} if header else set()
    if header is None or any(
        label[:1].isdigit() and at not in marks for at, label in enumerate(header.labels)
    ):
        return None
    rows = rows_of(sheet, header, header.columns)
    return block_of_units(sheet, header, MARK_STATISTICS, "Ф3 «Статистика по отметкам»", rows)


def read_mark_vs_prior(sheet: Sheet) -> Block | None:
    """Read «Сравнение отметок с отметками по журналу», new or old layout; None if it is not one.

    In the old layout a group is followed by its four lines Понизили, Подтвердили, Повысили, Всего.
    """
    if sheet.typed or is_other(sheet, "marks_vs_journal"):
        return None
    name = "«Сравнение отметок с отметками по журналу»"
    header = find_header(sheet, _PRIOR, _PRIOR)
    if header is not None:
        rows = rows_of(sheet, header, header.columns)
        return block_of_units(sheet, header, MARK_VS_PRIOR, name, rows)
    header = find_header(sheet, _PRIOR_OLD, _PRIOR_OLD)
    below = [normal(row[header.columns["group"]]) for row in sheet.head] if header else []
    if header is None or not any(cell.startswith("подтвердили") for cell in below):
        return None
    rows = _rows_of_old(sheet, header)
    return block_of_units(sheet, header, MARK_VS_PRIOR, f"{name}, старый макет", rows, several=True)


def _rows_of_old(sheet: Sheet, header: Header) -> list[Row]:
    at = header.columns
    rows: list[Row] = []
    for row, cells in filled(sheet, header):
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
