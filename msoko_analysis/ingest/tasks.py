"""Columns of tasks in forms and exports: what their headings say; none of them is passed over.

«11.3 k1 (2б)», «1-К1 (4 балла)», «12,1», «К1»: a heading has a name, perhaps the points of the task.
A filled column that stands among tasks, or speaks of points, and is not understood stops the file:
without it the sum of a pupil would be another one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import spellings
from msoko_analysis.ingest.block import filled_columns
from msoko_analysis.ingest.sheets import Sheet
from msoko_analysis.ingest.told_names import told_heading

_POINTS = re.compile(r"^(.*?)\s*[(\[,;:–—-]?\s*\b(\d{1,3})\s*(?:б|балл\w*)\.?\s*[)\]]?$")
_WORD = re.compile(r"^(?:задани[ея]|зад\.?|вопрос|критерий|№)\s*(?:№\s*)?")
_NAME = re.compile(r"(?:\d{1,2}|[кk]\s?\d{1,2})(?:[\s.,:/_–—-]*\w{1,3})*\.?")
#: Without points after it a heading must be a number of a task and nothing else.
_BARE = re.compile(r"\d{1,2}(?:[.,-]\s?\d{1,2})*(?:[\s.-]*[кk]\s?\d{1,2})?|[кk]\s?\d{1,2}")
_OF_EXPORT = re.compile(r"a-(.+)-grade|балл за (.+)")
_MOST = 99


@dataclass(frozen=True)
class Task:
    """What a heading says of its task; ``sure``: it can be nothing else."""

    name: str
    highest: int | None = None
    sure: bool = True


def of_form(label: str) -> Task | None:
    """The task of a heading of a form of ФИС ОКО, None if it is none that can be understood.

    >>> of_form("11.3 k1 (2б)"), of_form("1-к1 (4 балла)")
    (Task(name='11.3 k1', highest=2, sure=True), Task(name='1-к1', highest=4, sure=True))
    >>> of_form("12,1").sure, of_form("4 балла"), of_form("класс")
    (False, None, None)
    """
    points = _POINTS.match(label)
    name = _WORD.sub("", points[1] if points else label).strip()
    if points and _NAME.fullmatch(name):
        return Task(name, int(points[2]))
    return Task(name, sure=False) if not points and _BARE.fullmatch(name) else None


def of_export(label: str) -> Task | None:
    """The same for the exports of a ministry: «a-3-grade», «балл за 3».

    >>> of_export("балл за 4к1"), of_export("a-12-grade").name, of_export("балл за тест")
    (Task(name='4к1', highest=None, sure=True), '12', None)
    """
    match = _OF_EXPORT.fullmatch(label)
    found = of_form(match[1] or match[2]) if match else None
    if found is None and match and _NAME.fullmatch(name := _WORD.sub("", match[1] or match[2])):
        found = Task(name)
    return Task(found.name, found.highest) if found else None


@dataclass(frozen=True)
class Tasks:
    """Contract name of a task → its heading; contract name → the most points its heading allows."""

    columns: dict[str, str]
    limits: dict[str, int]


def find_tasks(
    sheet: Sheet,
    table: pl.DataFrame,
    named: Sequence[tuple[str, str]],
    known: Collection[str],
    read: Callable[[str], Task | None],
) -> Tasks:
    """The columns of tasks among the (heading, label) of a table, in their order.

    ``known`` are headings of other columns. Raises DataError where a filled column is not understood
    or two of them have one name.
    """
    # letters of another alphabet may stand for those that they look like
    read_as = [
        None if heading in known else next(filter(None, map(read, spellings(label))), None)
        for heading, label in named
    ]
    at = _places(read_as)
    tasks = {named[place][0]: read_as[place] for place in at}
    filled = set(filled_columns(table, [heading for heading, _ in named if heading not in known]))
    problems = [
        *_strange(sheet, named, at, filled, read_as),
        *_twice(sheet, {h: task for h, task in tasks.items() if task and h in filled}),
    ]
    if problems:
        raise sheet.fail(*problems)
    numbers = _numbers([task.name for task in tasks.values() if task])
    columns = {f"item_{k:02d}": h for k, h in zip(numbers, tasks, strict=True) if h in filled}
    limits = {
        item: task.highest
        for item, heading in columns.items()
        if (task := tasks[heading]) and task.highest is not None
    }
    return Tasks(columns, limits)


def _places(read_as: Sequence[Task | None]) -> list[int]:
    """Places of the tasks: the sure ones, and those beside them."""
    at = {place for place, task in enumerate(read_as) if task and task.sure}
    while more := {
        place
        for place, task in enumerate(read_as)
        if task and place not in at and {place - 1, place + 1} & at
    }:
        at |= more
    return sorted(at)


def _strange(
    sheet: Sheet,
    named: Sequence[tuple[str, str]],
    at: Sequence[int],
    filled: Collection[str],
    read_as: Sequence[Task | None],
) -> Iterator[Problem]:
    """Filled columns that must be of tasks and are not understood."""
    for place, (heading, label) in enumerate(named):
        among = bool(at) and at[0] < place < at[-1]
        said = _POINTS.match(label) or _OF_EXPORT.fullmatch(label)
        if place not in at and heading in filled and (among or said):
            yield sheet.problem(
                "столбец стоит среди заданий или назван по баллам, но не понят",
                "назовите его по образцу «1 (2б)» или «11.К1 (2б)»; если это не задание, уберите его",
                column=told_heading(heading, place + 1),
            )


def _twice(sheet: Sheet, tasks: dict[str, Task]) -> Iterator[Problem]:
    names = Counter(task.name for task in tasks.values())
    for name, n in names.items():
        if n > 1:
            rule = f"столбцов задания «{name}» с данными: {n}"
            yield sheet.problem(rule, "оставьте один или исправьте номера заданий")
    if len(tasks) > _MOST:
        yield sheet.problem(f"столбцов заданий больше {_MOST}", "уберите лишние")


def _numbers(names: Sequence[str]) -> list[int]:
    """Numbers of tasks: their own if whole and distinct, else by order.

    >>> _numbers(["1", "2", "4"]), _numbers(["1.1", "1.2", "2"])
    ([1, 2, 4], [1, 2, 3])
    """
    whole = [int(name) for name in names if re.fullmatch(r"0?[1-9]\d?", name)]
    return whole if len(set(whole)) == len(names) else list(range(1, len(names) + 1))
