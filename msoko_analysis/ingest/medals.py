"""Lists of medalists as education offices keep them: «ФИО | ОО | степень», or with a pseudonym.

The gate has hashed who is meant; a school that goes by its name is found by the table of schools.
"""

from __future__ import annotations

import re

from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import MEDALISTS
from msoko_analysis.ingest.gate import Part
from msoko_analysis.ingest.gia import left_of, twice
from msoko_analysis.ingest.sheets import Sheet

_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


def read(sheet: Sheet) -> list[Block]:
    """Read the lists of medalists of a sheet; an empty list if it has none.

    Raises DataError if nothing tells the year, or a list has no rows.
    """
    parts = [part for part in sheet.parts if part.kind == "medals"]
    if parts and all(part.table.is_empty() for part in parts):
        raise sheet.empty(
            "в списке медалистов есть заголовок, но нет ни одной строки", "заполните список"
        )
    problems = [
        sheet.problem(
            "год выпуска не указан",
            "добавьте столбец «Год» или назовите файл по образцу «медалисты_2026.xlsx»",
            part.header,
        )
        for part in parts
        if "year" not in part.columns and _year(sheet, part) is None
    ]
    problems += twice(sheet, parts)
    if problems:
        raise sheet.fail(*problems)
    return [_block(sheet, part) for part in parts if not part.table.is_empty()]


def _year(sheet: Sheet, part: Part) -> int | None:
    """The one year named in the file name, else in the sheet name, else above the list."""
    for named in (
        {int(year) for year in _YEAR.findall(sheet.path.stem)},
        {int(year) for year in _YEAR.findall(sheet.title)},
        part.years,
    ):
        if len(named) == 1:
            return min(named)
    return None


def _block(sheet: Sheet, part: Part) -> Block:
    return Block(
        MEDALISTS,
        "список медалистов",
        sheet.path,
        sheet.name,
        part.table,
        part.columns,
        constants={} if "year" in part.columns else {"year": _year(sheet, part)},
        ignored=(f"вне перечня разрешённых: {part.strange}",) if part.strange else (),
        left=left_of(part, "строка без ОО и без имени, не о медалисте"),
    )
