"""The two layouts in which a regional ministry sends out ВПР results, pupil by task.

Layout 2020 has technical headings (``groups, user, id, code, otc …``), layout 2021 Russian ones.
Neither says which paper it holds: that is in the file name. A task marked X was not done; in the
real exports the sum of all 498 rows with an X equals the sum of tasks with X as 0, so an X stays
empty and counts 0 towards the sum. In layout 2020 the heading «Учебник» stands in place of a task
number (of the first number the paper does not use), so tasks are numbered by their headings.
"""

from __future__ import annotations

import re

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import (
    Block,
    filled_columns,
    require_rows,
    task_columns,
    two_headers,
)
from msoko_analysis.ingest.contracts import RESULTS
from msoko_analysis.ingest.headings import PaperName, find_header, paper_from_name, second_header
from msoko_analysis.ingest.sheets import Sheet, unique_headings

_PATTERNS = {
    name: re.compile(pattern)
    for name, pattern in {
        "school": r"user|логин( школы| оо)?",
        "municipality": r"groups|регион|муниципалитет",
        "pupil": r"code|код (обучающегося|участника)",
        "prior_mark": r"otc|отметка за предыдущ.*",
        "gender": r"gender|пол",
        "class_group": r"klass|класс",
        "variant": r"var-1|вариант",
        "total": r"sum|всего баллов",
    }.items()
}
_NEED = ("school", "pupil", "total")
_TASK = re.compile(r"a-(\d+)-grade|балл за (\d+\S*)")
#: Columns known and left out on purpose: row numbers, the second variant, textbooks.
_SKIP = re.compile(r"id|номер обучающегося|var-2|учебник|др\.? ?уч.*|unnamed.*|столбец \d+")


def read(sheet: Sheet) -> Block | None:
    """Read a regional export; None if the sheet is not one.

    Raises DataError if the file name does not say year, grade and subject or the header is broken.
    """
    if sheet.typed:
        return None
    header = find_header(sheet, _PATTERNS, _NEED)
    if header is None or not any(_TASK.fullmatch(label) for label in header.labels):
        return None
    paper = paper_from_name(sheet.path.stem)
    problems = _name_problems(sheet, paper)
    second = second_header(sheet, header, ("total", "prior_mark", "pupil"))
    if second is not None:
        problems.append(two_headers(sheet, second))
    if "municipality" not in header.columns:
        problems.append(
            sheet.problem(
                "нет столбца с муниципалитетом («groups» или «регион»)",
                "верните столбец из исходной выгрузки",
                header.row + 1,
            )
        )
    if problems:
        raise sheet.fail(*problems)
    table = sheet.table(header.row)
    require_rows(sheet, table)
    headings = unique_headings(sheet.head[header.row])
    columns = {name: headings[position] for name, position in header.columns.items()}
    named = zip(headings, header.labels, strict=True)
    labels = {heading: label for heading, label in named if _TASK.fullmatch(label)}
    tasks = task_columns(table, labels)
    known = {*columns.values(), *labels}
    rest = [h for h in headings if h not in known and not _SKIP.fullmatch(h.lower())]
    return Block(
        RESULTS,
        f"региональная выгрузка, макет {'2020' if 'user' in header.labels else '2021'}",
        sheet.path,
        sheet.name,
        table,
        columns | tasks,
        constants={
            "year": paper.year,
            "procedure": paper.procedure,
            "grade": paper.grade,
            "subject": paper.subject,
        },
        ignored=tuple(filled_columns(table, rest)),
        tasks=tasks,
    )


def _name_problems(sheet: Sheet, paper: PaperName) -> list[Problem]:
    silent = [
        word
        for word, value in (("года", paper.year), ("класса и предмета", paper.subject))
        if value is None
    ]
    if not silent:
        return []
    return [
        sheet.problem(
            f"в файле нет {' и '.join(silent)}, и имя файла их не называет",
            "переименуйте файл по образцу «2021_ma4.xlsx» (год_предмет и класс)",
        )
    ]
