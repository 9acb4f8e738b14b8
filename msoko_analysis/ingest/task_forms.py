"""Forms of ФИС ОКО about tasks: «Выполнение заданий», the same by groups, «… планируемых результатов».

Their layouts are known by hearsay: columns are found by headings, and what is not understood is
refused. In the first two a column is a task and a row a group of participants; «Макс балл» is a row
of points, not of a group. The groups by marks stand as lines below their unit, or in a column of their
own. In the third a row is a task and a column a group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.block import Block, Left, require_rows, unused
from msoko_analysis.ingest.contracts import (
    PLANNED_RESULTS,
    TASK_SHARES,
    TASK_SHARES_BY_GROUP,
    Contract,
)
from msoko_analysis.ingest.fisoko import paper_constants, title_problems
from msoko_analysis.ingest.forms import PLANNED, TITLES, Form, form_of, is_other
from msoko_analysis.ingest.headings import Header, find_header, paper_from_title
from msoko_analysis.ingest.numbers import number_in, plain
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.tasks import Task, Tasks, find_tasks, of_form
from msoko_analysis.ingest.total_words import is_total
from msoko_analysis.ingest.units import (
    GROUP,
    N_SCHOOLS,
    N,
    Row,
    block_of_units,
    columns_again,
    rows_of,
    unit_of,
)

_UNITS = {
    "group": GROUP,
    "n_schools": N_SCHOOLS,
    "n": N,
    "mark_group": re.compile(r"(группа|группы|отметка)( по отметкам| баллов)?"),
}
_POINTS = re.compile(r"(макс\w*\.?|наибольш\w+) ?(первичн\w+ )?балл\w*.*")
_OF_MARK = re.compile(
    r"(?:ср\.? ?% ?вып\.? ?уч\.? ?гр\.? ?балл\w*|(?:участники,? )?получивш\w+(?: отметку)?|"
    r"групп\w*(?: (?:по отметк\w+|балл\w*|участников))?|отметка)?\s*[:–—-]?\s*[«\"]?([2-5])[»\"]?"
)
_ABOVE_GROUPS = "строка группы участников над её отметками"
_LINE_OF_POINTS = "строка наибольших баллов за задания"
_PLAN = {
    "task": re.compile(r"(номер задания|№( задания)?|задание)"),
    "requirement": PLANNED,
    "max_points": _POINTS,
}
_NO_GROUP = re.compile(r"№.*|код .*|уровень.*|тип .*|столбец \d+")
_HOW_MANY = re.compile(r"[\s,(]*(\d[\d\s]*)\s*(?:уч|чел)\w*\.?\)?\s*$")


def read_tasks(sheet: Sheet) -> Block | None:
    """Read «Выполнение заданий»; None if the sheet is not one.

    Without its name the form is told by more than one numbered task from 1 on; «2», «3», «4», «5»
    alone may be marks. Raises DataError for a heading among the tasks that is not understood.
    """
    return _by_units(sheet, "tasks", TASK_SHARES)


def read_tasks_by_group(sheet: Sheet) -> Block | None:
    """Read «Выполнение заданий группами участников»; None if the sheet is not one."""
    return _by_units(sheet, "tasks_by_group", TASK_SHARES_BY_GROUP)


def _by_units(sheet: Sheet, form: Form, contract: Contract) -> Block | None:
    if sheet.typed or is_other(sheet, form):
        return None
    header = find_header(sheet, _UNITS, ("group",) if form == "tasks_by_group" else ("group", "n"))
    if header is None:
        return None
    headings = unique_headings(sheet.head[header.row])
    named = list(zip(headings, header.labels, strict=True))
    known = {headings[at] for at in header.columns.values()}
    numbered = {label for heading, label in named if heading not in known and of_form(label)}
    if form_of(sheet) is None and (
        len(numbered) < 2 or "0" in numbered or numbered <= {"2", "3", "4", "5"}
    ):
        return None
    table = sheet.table(header.row)
    if numbered:
        require_rows(sheet, table)
    tasks = find_tasks(sheet, table, named, known, _surely)
    at = {item: headings.index(heading) for item, heading in tasks.columns.items()}
    rows = rows_of(sheet, header, {**header.columns, **at})
    below = any(_OF_MARK.fullmatch(normal(row["unit_name"])) for row in rows)
    if (form == "tasks_by_group") != (below or "mark_group" in header.columns):
        return None
    if not at:
        what = "ни у одного задания нет ни одного числа" if numbered else "в форме нет заданий"
        raise sheet.empty(what, "выгрузите форму заново или уберите её из списка")
    most, rows, left = _points(sheet, rows, tasks)
    if form == "tasks_by_group":
        rows, above = _groups(sheet, rows, list(at))
        left += above
    return block_of_units(
        sheet,
        header,
        contract,
        f"«{TITLES[form]}»",
        rows,
        numbers=at,
        constants=most,
        tasks=tasks.columns,
        left=left,
    )


def _surely(label: str) -> Task | None:
    """Of such a form every number in the headings is one of a task."""
    task = of_form(label)
    return task and replace(task, sure=True)


def _points(
    sheet: Sheet, rows: list[Row], tasks: Tasks
) -> tuple[dict[str, int], list[Row], tuple[Left, ...]]:
    """The most points of each task, the other rows, and the lines of points.

    Raises DataError where they contradict each other or are no points.
    """
    most = dict(tasks.limits)
    lines = [row for row in rows if _POINTS.fullmatch(normal(row["unit_name"]))]
    problems: list[Problem] = []
    for row in lines:
        for item, heading in tasks.columns.items():
            text = plain(row[item])
            points = int(text) if re.fullmatch(r"\d{1,2}", text) else None
            if row[item] and (points is None or most.setdefault(item, points) != points):
                rule = "наибольший балл задания не число или не тот, что в заголовке"
                problems.append(sheet.problem(rule, "выгрузите форму заново", row[ROW], heading))
    if problems:
        raise sheet.fail(*problems)
    left = (Left(_LINE_OF_POINTS, tuple(row[ROW] for row in lines), ""),) if lines else ()
    found = {item.replace("item", "most"): points for item, points in most.items()}
    return found, [row for row in rows if row not in lines], left


def _groups(
    sheet: Sheet, rows: list[Row], items: Sequence[str]
) -> tuple[list[Row], tuple[Left, ...]]:
    """Rows of units and of their groups, and the lines of units that have no numbers of their own.

    Raises DataError for a group by mark above which no unit stands: nobody knows whose it is.
    """
    found: list[Row] = []
    above: list[int] = []
    unit: Row = {}
    for row in rows:
        group = _OF_MARK.fullmatch(normal(row["unit_name"]))
        if group and not unit:
            rule = "над строкой отметки нет строки группы участников: не понять, чья она"
            raise sheet.fail(sheet.problem(rule, "выгрузите форму заново", row[ROW]))
        if group:
            found.append(row | unit | {"mark_group": group[1]})
            continue
        unit = {name: row[name] for name in ("level", "unit", "unit_name")}
        if "mark_group" in row:
            written = _OF_MARK.fullmatch(normal(row["mark_group"]))
            found.append(row | {"mark_group": written[1] if written else row["mark_group"]})
        elif any(row[item] for item in items) or is_total(row["unit_name"]):
            found.append(row | {"mark_group": "all"})
        else:
            above.append(row[ROW])
    return found, (Left(_ABOVE_GROUPS, tuple(above), ""),) if above else ()


def read_planned(sheet: Sheet) -> list[Block]:
    """Read «Достижение планируемых результатов»: a table for each column of a group of participants.

    None are read if the sheet is not such a form. A column is one of a group if it has numbers and
    stands right of the description of tasks, or names a group by its code.
    """
    if sheet.typed or is_other(sheet, "planned_results"):
        return []
    header = find_header(sheet, _PLAN, ("task", "requirement"))
    if header is None:
        return []
    table = sheet.table(header.row)
    headings = unique_headings(sheet.head[header.row])
    units = [at for at, heading in enumerate(headings) if _of_group(table, header, at, heading)]
    paper = paper_from_title(sheet)
    problems = title_problems(sheet, paper) + columns_again(
        sheet, header, {str(at): at for at in units}
    )
    said = sheet.head[header.row]
    called = [unit_of(_HOW_MANY.sub("", " ".join(said[at].split())))["unit"] for at in units]
    problems += [
        sheet.problem(
            "столбцов этой группы участников несколько", "оставьте один", None, headings[at]
        )
        for at, unit in zip(units, called, strict=True)
        if called.count(unit) > 1
    ]
    if not units:
        rule = "правее описания заданий нет ни одного столбца группы участников"
        problems.append(sheet.problem(rule, "выгрузите форму заново", header.row + 1))
    require_rows(sheet, table)
    if problems:
        raise sheet.fail(*problems)
    columns = {name: headings[at] for name, at in header.columns.items()}
    taken = {*columns.values(), *(headings[at] for at in units)}
    ignored = unused(table, sheet.head[header.row], taken)
    return [
        _of_unit(sheet, table, columns, heading, paper_constants(paper), ignored if first else ())
        for first, heading in ((at == units[0], headings[at]) for at in units)
    ]


def _of_group(table: pl.DataFrame, header: Header, at: int, heading: str) -> bool:
    """Whether a column holds the shares of a group of participants."""
    label = header.labels[at]
    if not label or at in header.columns.values() or _NO_GROUP.fullmatch(label):
        return False
    numbers = table.select(number_in(pl.col(heading), per_cent=True).is_not_null().any()).item()
    right = at > max(place for name, place in header.columns.items() if name != "task")
    return numbers and (right or unit_of(_HOW_MANY.sub("", heading))["level"] != "region")


def _of_unit(
    sheet: Sheet,
    table: pl.DataFrame,
    columns: dict[str, str],
    heading: str,
    paper: dict[str, int | str],
    ignored: tuple[str, ...],
) -> Block:
    """The column of one group; its heading may tell how many participants it has."""
    many = _HOW_MANY.search(heading)
    unit = unit_of(_HOW_MANY.sub("", heading))
    constants: dict[str, int | str] = {**paper, **unit}
    if many:
        constants["n"] = int(re.sub(r"\s", "", many[1]))
    return Block(
        PLANNED_RESULTS,
        f"ФИС ОКО, «{TITLES['planned_results']}» → {unit['unit_name']}",
        sheet.path,
        sheet.name,
        table,
        columns | {"share": heading},
        constants=constants,
        ignored=ignored,
    )
