"""Which form of ФИС ОКО a sheet says it is, and the word about forms that no reader took.

A form is told by its own name above the table (else by the name of the sheet, which Excel cuts at 31
characters) and by its headings. Headings alone mislead: «2», «3», «4», «5» are marks in one form,
tasks in another, scores in a third. So a reader of one form leaves alone a sheet that is called by
the name of another.
"""

from __future__ import annotations

import re
from typing import Literal

from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.sheets import Sheet

Form = Literal[
    "individual",
    "marks",
    "marks_vs_journal",
    "scores",
    "tasks",
    "tasks_by_group",
    "planned_results",
]
#: Names as the forms print them.
TITLES: dict[Form, str] = {
    "individual": "Индивидуальные результаты",
    "marks": "Статистика по отметкам",
    "marks_vs_journal": "Сравнение отметок с отметками по журналу",
    "scores": "Распределение первичных баллов",
    "tasks": "Выполнение заданий",
    "tasks_by_group": "Выполнение заданий группами участников",
    "planned_results": "Достижение планируемых результатов",
}
_NAMES = {normal(title): form for form, title in TITLES.items()}
_NUMBER = re.compile(r"^(форма|ф)\s*\.?\s*\d+\s*[._:–—-]*\s*")
_SHEET_PAPER = re.compile(r"^[а-яa-z.]{2,5}\s*-?\s*\d{1,2}\s+")
# The forms have eight lines with their header; one more for a note of the sender.
_ABOVE = 9
# Excel cuts the name of a sheet at 31 characters
_CUT = 31
_GROUP = re.compile(r"группы участников")
_TASK = re.compile(r"\d{1,2}([.,]?\d+)?([.,]?\s*[кk]\d+)?(\s*\(\d+\s*б?\))?")
#: Headings of what tasks ask for.
PLANNED = re.compile(r"блоки пооп.*|.*планируемы[ех] результат.*|.*проверяемые требования.*")
_BY_GROUP = re.compile(r".*(вып\.?\s*уч\.?\s*гр|групп\w* баллов|группы по отметкам).*")


def form_of(sheet: Sheet) -> Form | None:
    """The form whose name stands above the table or on the sheet; None if it is not named.

    >>> from pathlib import Path
    >>> import polars as pl
    >>> cells = pl.DataFrame({"a": ["Ф3. Статистика по отметкам", "Группы участников"]})
    >>> form_of(Sheet(Path("f.xlsx"), "Лист1", cells))
    'marks'
    >>> form_of(Sheet(Path("f.xlsx"), "", cells[1:], title="МА 4 Сравнение отметок с отметк"))
    'marks_vs_journal'
    """
    if sheet.typed or sheet.parts:
        return None
    above = [_NAMES.get(_plain(cell)) for row in sheet.head[:_ABOVE] for cell in row]
    named = {form for form in above if form is not None}
    if named:
        # a list of forms names several and is none of them
        return named.pop() if len(named) == 1 else None
    name = _SHEET_PAPER.sub("", normal(sheet.title))
    if name in _NAMES:
        return _NAMES[name]
    cut = [form for title, form in _NAMES.items() if title.startswith(name)]
    return cut[0] if len(sheet.title) == _CUT and len(cut) == 1 else None


def _plain(cell: str) -> str:
    return _NUMBER.sub("", normal(cell)).strip(" «»\".'")


def is_other(sheet: Sheet, form: Form) -> bool:
    """Whether the sheet is called by the name of another form than ``form``."""
    return form_of(sheet) not in (None, form)


def refuse_unread(sheet: Sheet) -> None:
    """Say of a form that no reader took what it is; return if it is none of them.

    Raises DataError for a form whose columns are not those it is known with.
    """
    form = form_of(sheet) or _by_headings(sheet)
    if form is None:
        return
    raise sheet.fail(
        sheet.problem(
            f"это форма «{TITLES[form]}», но её столбцы не те, с которыми она известна",
            "выгрузите форму из ФИС ОКО заново, не удаляя и не переименовывая столбцов",
        )
    )


def _by_headings(sheet: Sheet) -> Form | None:
    """The form whose headings stand in one of the first rows."""
    for row in sheet.head if not sheet.typed else ():
        labels = [normal(cell) for cell in row if cell.strip()]
        if any(map(PLANNED.fullmatch, labels)):
            return "planned_results"
        if any(map(_BY_GROUP.fullmatch, labels)):
            return "tasks_by_group"
        numbered = [label for label in labels if _TASK.fullmatch(label)]
        # from 0 on they are scores; without a task beside 2…5 they could be marks
        if any(map(_GROUP.fullmatch, labels)) and len(numbered) > 1 and "0" not in numbered:
            return None if set(numbered) <= {"2", "3", "4", "5"} else "tasks"
    return None
