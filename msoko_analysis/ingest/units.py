"""What the aggregate forms of ФИС ОКО share: a row is a group of participants.

The group is the whole sample, the region, a municipality ``…(reg99_m001)`` or a school
``…(edu990001)``. A form of one municipality tells by that where its schools belong; a form of several
does not, and then the table of schools has to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import LOOK_ALIKE, normal
from msoko_analysis.ingest.block import HEADING, LINE, Block, Left, repeated, require_rows, unused
from msoko_analysis.ingest.contracts import Contract
from msoko_analysis.ingest.fisoko import paper_constants, title_problems
from msoko_analysis.ingest.headings import Header, paper_from_title
from msoko_analysis.ingest.numbers import plain
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.total_words import is_total
from msoko_analysis.ingest.totals import TOTAL_LINE, numbers_columns

#: Headings that every such form may have.
GROUP = re.compile(r"группы участников")
N = re.compile(r"(кол-во|количество) участников")
N_SCHOOLS = re.compile(r"(кол-во|количество) оо")

#: A row by contract name, its line under ``ROW``.
Row = dict[str, Any]

_BRACKETS = re.compile(r"\s*\(\s*([^()]{4,40}?)\s*\)\s*$")
_CODE = re.compile(r"(?:edu|sch|reg)\w+")
#: What is taken of the cell of a group beside its code.
_OF_GROUP = {
    **{"level": "уровень", "unit_name": "название", "municipality": "муниципалитет"},
    "mark_group": "отметка",
}
#: What a group without a code is by its words; else it is the region.
_BY_WORDS = {
    "country": re.compile(r"^(вся выборка|рф|российская федерация)$"),
    "school": re.compile(
        r"\b(школ[аы]|гимнази[яи]|лице[йя]|[мгчфк][абк]?[оу]у|[сон]оо?ш)\b|\bшкола-интернат"
    ),
    "municipality": re.compile(
        r"^(?!.*(автономн|федеральн)).*(\bрайон\b|\bокруг\b|муниципальн|\bг\. ?о\.|\bм\. ?[ро]\.)"
    ),
}
_TOTALS = frozenset({"итого", "всего", "итого:", "всего:"})


def unit_of(group: str) -> dict[str, str]:
    """Level, code and name of a group of participants.

    >>> unit_of("Северный муниципальный район(reg99_m001)")
    {'level': 'municipality', 'unit': 'reg99_m001', 'unit_name': 'Северный муниципальный район'}
    >>> unit_of("Вся выборка")["level"], unit_of("Школа № 5 (с. Луговое)(EDU990001)")["unit"]
    ('country', 'edu990001')
    >>> [unit_of(name)["level"] for name in ("Северный район", "МБОУ СОШ № 5", "Чукотский автономный округ")]
    ['municipality', 'school', 'region']
    """
    match = _BRACKETS.search(group)
    # a code in capitals, or with a letter of the other alphabet, is one all the same
    code = normal(match[1]).translate(LOOK_ALIKE) if match else ""
    if match and _CODE.fullmatch(code):
        level = "municipality" if code.startswith("reg") and "_m" in code else "school"
        level = "region" if code.startswith("reg") and level == "school" else level
        return {"level": level, "unit": code, "unit_name": group[: match.start()].strip()}
    name = group.strip()
    level = next(
        (level for level, said in _BY_WORDS.items() if said.search(normal(name))), "region"
    )
    return {"level": level, "unit": name, "unit_name": name}


def filled(sheet: Sheet, header: Header) -> list[tuple[int, list[str]]]:
    """Line number and cells of the rows below the header that hold anything but the headings again, or
    the numbers of the columns.
    """
    rows = sheet.rows(header.row + 1)
    again = headings_again(sheet, header)
    return [(row, cells) for row, cells in rows if any(map(str.strip, cells)) and row not in again]


def headings_again(sheet: Sheet, header: Header) -> tuple[int, ...]:
    """Lines that repeat the headings, as where printed pages were joined, or number the columns."""
    said = [label.translate(LOOK_ALIKE) for label in header.labels]
    found = []
    for row, cells in sheet.rows(header.row + 1):
        same = sum(
            a == normal(b).translate(LOOK_ALIKE) for a, b in zip(said, cells, strict=True) if a
        )
        again = same > 1 and 2 * same > sum(map(bool, said))
        found += [row] if again or numbers_columns(cells) else []
    return tuple(found)


def rows_of(sheet: Sheet, header: Header, at: Mapping[str, int]) -> list[Row]:
    """The rows of units, ``at`` telling where the numbers stand.

    The row of a school has no «Кол-во ОО»: some files leave the cell empty, others shift the row
    one cell to the left; both are read.
    """
    names = sorted((name for name in at if name != "group"), key=at.__getitem__)
    rows: list[Row] = []
    for row, cells in filled(sheet, header):
        unit = unit_of(cells[at["group"]])
        values = {name: cells[at[name]].strip() for name in names}
        if unit["level"] == "school" and values.get("n_schools") and not values[names[-1]]:
            # there is no number of schools in it
            values = dict(zip(names, ["", *values.values()], strict=False))
        rows.append({ROW: row, **unit, **values})
    return rows


def block_of_units(
    sheet: Sheet,
    header: Header,
    contract: Contract,
    form: str,
    rows: list[Row],
    *,
    numbers: Mapping[str, int] | None = None,
    constants: Mapping[str, int] | None = None,
    tasks: Mapping[str, str] | None = None,
    left: tuple[Left, ...] = (),
    several: bool = False,
) -> Block:
    """The block of a form of units, its totals held against its rows.

    ``numbers``: where columns of numbers stand beyond those of the header; ``constants`` what all
    rows share beside the paper; ``several``: a row has several lines.
    """
    paper = paper_from_title(sheet)
    problems = title_problems(sheet, paper) + columns_again(sheet, header, numbers)
    if problems:
        raise sheet.fail(*problems)
    found, totals = without_totals(sheet, rows)
    at = {**header.columns, **(numbers or {})}
    headings = unique_headings(sheet.head[header.row])
    given = {"unit": "group", **{name: name for name in at if name != "group"}}
    names = [f.name for f in contract.fields if "\\d" not in f.name]
    names = [n for n in names if n not in paper_constants(paper)] + contract.family(at)
    columns = {name: headings[at[given[name]]] if name in given else name for name in names}
    group = columns["unit"]
    columns |= {
        name: f"{group} ({word})"
        for name, word in _OF_GROUP.items()
        if name in columns and name not in given
    }
    table = pl.DataFrame(
        _with_homes(found), schema={ROW: pl.UInt32} | dict.fromkeys(names, pl.String)
    ).rename(columns)
    require_rows(sheet, table)
    known = {headings[place] for place in at.values()}
    again = headings_again(sheet, header)
    return Block(
        contract,
        f"ФИС ОКО, {form}",
        sheet.path,
        sheet.name,
        table,
        columns,
        constants=paper_constants(paper) | dict(constants or {}),
        ignored=unused(sheet.table(header.row), sheet.head[header.row], known),
        tasks=tasks or {},
        warnings=tuple(_several_regions(sheet, found)),
        left=(*totals, *left, *([Left(HEADING, again, "")] if again else [])),
        lines=_lines(sheet, header, rows) if several else None,
    )


def _several_regions(sheet: Sheet, rows: list[Row]) -> Iterator[Problem]:
    """A word where a form seems to have several regions: a group without a code is taken for one."""
    names = {row["unit"]: row[ROW] for row in rows if row["level"] == "region"}
    if len(names) > 1:
        lines = ", ".join(map(str, names.values()))
        rule = f"групп без кода: {len(names)} (строки {lines}) — прочитаны как регионы"
        yield sheet.problem(rule, "если это муниципалитеты или школы, допишите код в скобках")


def columns_again(
    sheet: Sheet, header: Header, numbers: Mapping[str, int] | None = None
) -> list[Problem]:
    """A problem for each column read that stands there again with other cells."""
    labels = sheet.head[header.row]
    headings = unique_headings(labels)
    taken = {headings[at] for at in (*header.columns.values(), *(numbers or {}).values())}
    return repeated(sheet, sheet.table(header.row), header.row, labels, taken)


def _lines(sheet: Sheet, header: Header, rows: list[Row]) -> pl.DataFrame:
    """The lines of each row: those of its parts follow the line of the unit."""
    lines = [row for row, _ in filled(sheet, header)]
    starts = pl.Series(ROW, [row[ROW] for row in rows], pl.UInt32)
    every = pl.DataFrame({LINE: lines}, schema={LINE: pl.UInt32})
    of_row = every.join_asof(starts.to_frame(), left_on=LINE, right_on=ROW, coalesce=False)
    return of_row.drop_nulls(ROW)


def without_totals(sheet: Sheet, rows: list[Row]) -> tuple[list[Row], tuple[Left, ...]]:
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
        if normal(row["unit_name"]) in _TOTALS and _whole(row.get("n")) not in sums
    ]
    if wrong:
        raise sheet.fail(*wrong)
    rows_of_totals = tuple(row[ROW] for row in totals)
    return units, (Left(TOTAL_LINE, rows_of_totals),) if totals else ()


def _recount(rows: Iterable[Row], level: str) -> int | None:
    counts = [_whole(row.get("n")) for row in rows if row["level"] == level]
    return sum(n or 0 for n in counts) if counts else None


def _whole(cell: object) -> int | None:
    digits = plain(str(cell or ""))
    return int(digits) if re.fullmatch(r"\d{1,10}", digits) else None


def _with_homes(rows: list[Row]) -> list[Row]:
    """The rows with the municipality of every school, where the form has only one municipality."""
    places = {row["unit"] for row in rows if row["level"] == "municipality"}
    home = places.pop() if len(places) == 1 else None
    return [row | {"municipality": home if row["level"] == "school" else None} for row in rows]
