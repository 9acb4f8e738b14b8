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
    repeated,
    require_rows,
    two_headers,
    unused,
)
from msoko_analysis.ingest.contracts import RESULTS
from msoko_analysis.ingest.headings import PaperName, find_header, paper_from_name, second_header
from msoko_analysis.ingest.sheets import Sheet, unique_headings
from msoko_analysis.ingest.tasks import find_tasks, of_export

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
#: Columns known and left out on purpose: row numbers, the second variant, textbooks.
_SKIP = re.compile(r"id|номер обучающегося|var-2|учебник|др\.? ?уч.*|unnamed.*|столбец \d+")


def read(sheet: Sheet) -> Block | None:
    """Read a regional export; None if the sheet is not one.

    Raises DataError if the file name does not say year, grade and subject or the header is broken.
    """
    if sheet.typed:
        return None
    header = find_header(sheet, _PATTERNS, _NEED)
    if header is None or not any(map(of_export, header.labels)):
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
    again = repeated(sheet, table, header.row, sheet.head[header.row], set(columns.values()))
    if again:
        raise sheet.fail(*again)
    known = {*columns.values(), *(h for h in headings if _SKIP.fullmatch(h.lower()))}
    named = list(zip(headings, header.labels, strict=True))
    tasks = find_tasks(sheet, table, named, known, of_export)
    return Block(
        RESULTS,
        f"региональная выгрузка, макет {'2020' if 'user' in header.labels else '2021'}",
        sheet.path,
        sheet.name,
        table,
        columns | tasks.columns,
        constants={
            "year": paper.year,
            "procedure": paper.procedure,
            "grade": paper.grade,
            "subject": paper.subject,
        },
        ignored=unused(table, sheet.head[header.row], known | set(tasks.columns.values())),
        tasks=tasks.columns,
        limits=tasks.limits,
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
