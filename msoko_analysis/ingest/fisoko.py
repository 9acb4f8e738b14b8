"""Forms of ФИС ОКО with pupils: Ф1 «Индивидуальные результаты» and «Форма сбора результатов».

Headings are found by words, not by position: the forms change from year to year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.absence import absent, dash, empty, nothing
from msoko_analysis.ingest.apart_reader import NO_VALUE
from msoko_analysis.ingest.block import (
    SCHOOL_NAME,
    Block,
    Left,
    repeated,
    require_rows,
    two_headers,
    unused,
)
from msoko_analysis.ingest.contracts import RESULTS
from msoko_analysis.ingest.headings import (
    Header,
    PaperName,
    find_header,
    paper_from_name,
    paper_from_title,
    school_from_name,
    second_header,
)
from msoko_analysis.ingest.numbers import number_in
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.tasks import Tasks, find_tasks, of_form


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in patterns.items()}


_F1 = _compiled(
    {
        "school": r"оо|логин( оо)?",
        "municipality": r"муниципалитет",
        SCHOOL_NAME: r"название оо",
        "pupil": r"код участника",
        "class_group": r"класс",
        "variant": r"вариант",
        "total": r"первичный балл",
        "mark": r"отметка",
        "prior_mark": r"отметка по журналу",
    }
)
_COLLECTION = _compiled(
    {
        "pupil": r"код( участника)?",
        "variant": r"вариант( \(часть 1\))?",
        "class_group": r"(порядковый номер класса|класс( №)?)( \(.*\))?",
        "gender": r"пол",
        "prior_mark": r"отметка за предыдущ.*",
        "total": r"итого баллов",
    }
)
_SCHOOL_LINE = re.compile(r"(?P<name>.*?)\s*\|\s*кол-во участников:\s*(?P<n>\d+)\s*$", re.I)
#: Sheets of the form of results with lists for its cells.
SERVICE_SHEETS = frozenset({"служебный", "порядковый номер класса"})
#: Lines that every such form has.
_SCHOOL_ABOVE, _BLANK = "строка школы над её участниками", "незаполненная строка формы"
_LOGIN = re.compile(r"\(((?:edu|sch)\w+)\)", re.I)


def read_individual(sheet: Sheet) -> Block | None:
    """Read Ф1 «Индивидуальные результаты»; None if the sheet is not one.

    The line of a school above its pupils says how many there are; if fewer or more rows are found,
    the block carries a warning. Raises DataError if the title does not name a known paper.
    """
    if sheet.typed:
        return None
    header = find_header(sheet, _F1, ("school", SCHOOL_NAME, "pupil", "total"))
    if header is None:
        return None
    paper = paper_from_title(sheet)
    problems = title_problems(sheet, paper) + _second(sheet, header)
    if problems:
        raise sheet.fail(*problems)
    table, columns, tasks, ignored = _layout(sheet, header)
    lines = _school_lines(table)
    pupils = table.filter(~pl.col(ROW).is_in([row for row, _, _ in lines]))
    require_rows(sheet, pupils)
    return Block(
        RESULTS,
        "ФИС ОКО, Ф1 «Индивидуальные результаты»",
        sheet.path,
        sheet.name,
        pupils,
        columns | tasks.columns,
        constants=paper_constants(paper),
        ignored=ignored,
        tasks=tasks.columns,
        limits=tasks.limits,
        warnings=tuple(_count_warnings(sheet, pupils, columns["school"], lines)),
        left=(Left(_SCHOOL_ABOVE, tuple(row for row, _, _ in lines), ""),) if lines else (),
    )


def read_collection(sheet: Sheet) -> Block | None:
    """Read a filled «Форма сбора результатов»; None if the sheet is not one.

    The form names neither school nor paper, so the file name must; a form without pupils raises
    EmptyTableError. The total of this form is by definition the sum of tasks (an Excel formula
    beside the data), so it is computed anew: a saved copy need not hold the formula's value.
    """
    if sheet.typed:
        return None
    header = find_header(sheet, _COLLECTION, ("pupil", "variant", "total"))
    if header is None or not any(map(_points, header.labels)):
        return None
    table, columns, tasks, ignored = _layout(sheet, header)
    coded = ~empty(pl.col(columns["pupil"]))
    filled = (~empty(pl.col(heading)) for heading in tasks.columns.values())
    solved = pl.any_horizontal(pl.lit(False), *filled)  # nobody where no task has a cell
    blank = table.filter(~coded & ~solved)[ROW].to_list()
    # points without a code stay, to be set aside with the reason
    table = table.filter(coded | solved)
    if table.filter(coded).is_empty():
        raise sheet.empty(
            "это пустая форма сбора результатов: ни один код участника не внесён",
            "заполните форму или загрузите Ф1 «Индивидуальные результаты» из ФИС ОКО",
        )
    paper, school = paper_from_name(sheet.path.stem), school_from_name(sheet.path.stem)
    silent = [
        word
        for word, value in (
            ("логина школы", school),
            ("года", paper.year),
            ("класса и предмета", paper.subject),
        )
        if value is None
    ]
    if silent:
        raise sheet.fail(
            sheet.problem(
                f"в форме сбора нет {', '.join(silent)}, и имя файла их не называет",
                "переименуйте файл по образцу «edu990001_2026_ma4.xlsx»",
            )
        )
    table, told = _counted(sheet, table, list(tasks.columns.values()), columns["total"])
    return Block(
        RESULTS,
        "ФИС ОКО, «Форма сбора результатов»",
        sheet.path,
        sheet.name,
        table,
        tasks.columns | columns,  # of faults of a row the first is told: that of the task
        constants=paper_constants(paper) | {"school": school},
        ignored=ignored,
        tasks=tasks.columns,
        limits=tasks.limits,
        counted=True,
        warnings=told,
        left=(Left(_BLANK, tuple(blank), ""),) if blank else (),
    )


def _counted(
    sheet: Sheet, table: pl.DataFrame, tasks: Sequence[str], total: str
) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """The table with the total counted from the tasks, and a word where another one is printed.

    A pupil of whom the tasks say nothing, or that he was absent, has none; X is a task not done.
    """
    cells = [pl.col(heading) for heading in tasks]
    said = (~(empty(cell) | dash(cell) | absent(cell)) for cell in cells)
    there = pl.any_horizontal(pl.lit(False), *said)
    points = pl.sum_horizontal(pl.lit(0.0), *(number_in(cell).fill_null(0) for cell in cells))
    counted = pl.when(there).then(points)
    shown = pl.col(total)
    printed = number_in(shown)
    # «#Н/Д» is told too; a formula never counted says nothing
    other = printed.is_null() & ~nothing(shown) & (shown != NO_VALUE)
    differs = (printed != counted.fill_null(0)) | other
    rows = table.filter(differs.fill_null(False))[ROW]
    told = []
    if len(rows):
        rule = f"строк: {len(rows)} — «{total}» не равно сумме баллов за задания"
        action = "взята сумма; проверьте, все ли задания есть в форме и верны ли её формулы"
        told.append(sheet.problem(rule, action, int(rows[0]), total))
    whole = points.cast(pl.Int64, strict=False).cast(pl.String)
    return table.with_columns(pl.when(there).then(whole).alias(total)), tuple(told)


def paper_constants(paper: PaperName) -> dict[str, int | str]:
    """The paper as constants of a block."""
    return {
        "year": paper.year,
        "procedure": paper.procedure,
        "grade": paper.grade,
        "subject": paper.subject,
    }


def title_problems(sheet: Sheet, paper: PaperName) -> list[Problem]:
    """A problem if the title of the form names no paper, or a subject without a code."""
    if paper.year is None:
        return [
            sheet.problem(
                "над таблицей нет строки вида «ВПР 2026 Русский язык 4 класс»",
                "выгрузите форму из ФИС ОКО заново, не удаляя верхние строки",
            )
        ]
    if paper.doubt:
        rule = f"не понять, какая это работа: в заголовке формы {paper.doubt}"
        return [sheet.problem(rule, "исправьте строку вида «ВПР 2026 Русский язык 4 класс»")]
    if paper.subject is None:
        return [
            sheet.problem(
                "предмета (или предмета этого уровня) из заголовка нет в params/subjects.yaml",
                "добавьте предмет в params/subjects.yaml или исправьте название",
            )
        ]
    return []


def _second(sheet: Sheet, header: Header) -> list[Problem]:
    """A repeated header below; the line above is the «Уровень сложности задания» of the form."""
    row = second_header(sheet, header, ("total", "mark", "prior_mark"))
    return [two_headers(sheet, row)] if row is not None and row > header.row + 1 else []


def _layout(
    sheet: Sheet, header: Header
) -> tuple[pl.DataFrame, dict[str, str], Tasks, tuple[str, ...]]:
    """The table, its contract columns, its tasks and the headings that nothing takes."""
    table = sheet.table(header.row)
    headings = unique_headings(sheet.head[header.row])
    columns = {name: headings[position] for name, position in header.columns.items()}
    again = repeated(sheet, table, header.row, sheet.head[header.row], set(columns.values()))
    if again:
        raise sheet.fail(*again)
    named = list(zip(headings, header.labels, strict=True))
    tasks = find_tasks(sheet, table, named, set(columns.values()), of_form)
    # side tables stand under no heading
    known = {*columns.values(), *tasks.columns.values(), *(h for h, label in named if not label)}
    return table, columns, tasks, unused(table, sheet.head[header.row], known)


def _points(label: str) -> bool:
    task = of_form(label)
    return task is not None and task.sure


def _school_lines(table: pl.DataFrame) -> list[tuple[int, str, int]]:
    """(line, login or name, announced number of pupils) of each school line of Ф1."""
    first = table.columns[1]
    lines = []
    for row, cell in table.select(ROW, first).iter_rows():
        match = _SCHOOL_LINE.fullmatch(cell or "")
        if match:
            login = _LOGIN.search(match["name"])
            lines.append((row, login[1] if login else match["name"].strip(), int(match["n"])))
    return lines


def _count_warnings(
    sheet: Sheet, pupils: pl.DataFrame, school: str, lines: list[tuple[int, str, int]]
) -> list[Problem]:
    """A warning for each school line whose number of pupils is not the number of rows found."""
    code = pl.col(school).str.strip_chars().str.to_lowercase()
    found = dict(pupils.group_by(code).len().iter_rows())
    return [
        sheet.problem(
            f"в строке школы {name} указано участников: {announced}, строк найдено: "
            f"{found.get(name.lower(), 0)}",
            "выгрузите форму целиком или убедитесь, что остальные участники не нужны",
            row,
        )
        for row, name, announced in lines
        if found.get(name.lower(), 0) != announced
    ]
