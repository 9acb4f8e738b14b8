"""Protocols of РИС ГИА, ЕГЭ and ОГЭ: blocks that passed the gate → results.

A block stands under a line «01 - Русский язык 2026.05.30»; a CSV has code and day in its name
(``01_2026.05.30``). A participant who was absent, removed or did not finish has no score. The total
of ОГЭ is the primary score; that of ЕГЭ is the test score, but of base mathematics the primary one,
because there «Итоговый балл» is a mark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import HEADING, OTHER_CODE, SITTING, Block, Left
from msoko_analysis.ingest.contracts import RESULTS, SUBJECT_NAMES
from msoko_analysis.ingest.days import find_day
from msoko_analysis.ingest.gate import OUTCOME, Part, Title
from msoko_analysis.ingest.gia_subjects import gia_subjects
from msoko_analysis.ingest.sheets import Sheet
from msoko_analysis.ingest.totals import TOTAL_LINE
from msoko_analysis.params.procedures import procedures

_GRADE = {"OGE": 9, "EGE": 11}
_BASE_MATHEMATICS = "MAB"
_FILE = re.compile(r"(?<!\d)(\d{2})[_ -]+(?=\d)")
_LONG = re.compile(r"([\dxх-]|\d\d)\(\d{1,2}\)", re.I)
_MOST_TASKS = 99


def read(sheet: Sheet) -> list[Block]:
    """Read all blocks of protocols of a sheet; an empty list if it has none.

    Raises DataError with every fault of every block: no line that names subject and day, a code of
    a subject that nobody knows or that the name contradicts, a missing column, no rows.
    """
    parts = [part for part in sheet.parts if part.kind == "protocol"]
    papers = [_paper(sheet, part) for part in parts]
    problems = [problem for found in papers for problem in found[1]]
    problems += [problem for part in parts for problem in _columns(sheet, part)]
    problems += twice(sheet, parts)
    if problems:
        raise sheet.fail(*problems)
    if parts and all(part.table.is_empty() for part in parts):
        raise sheet.empty(
            "в протоколе есть заголовок, но нет ни одного участника",
            "выгрузите протокол заново или уберите его из списка",
        )
    return [
        _block(sheet, part, *paper)
        for part, (paper, _) in zip(parts, papers, strict=True)
        if paper and not part.table.is_empty()
    ]


def twice(sheet: Sheet, parts: Sequence[Part]) -> list[Problem]:
    """A problem for each allowed column that stands there more than once with different cells."""
    return [
        sheet.problem(
            f"столбцов «{heading}» несколько, и данные в них разные",
            "оставьте тот, который нужен",
            part.header,
            heading,
        )
        for part in parts
        for heading in part.twice
    ]


def _exam(part: Part, subject: str) -> str:
    """ЕГЭ has a final score, ОГЭ only a mark; base mathematics is one of ЕГЭ whatever it has.

    Where both stand side by side, the classes tell.
    """
    if "score" in part.columns and "mark" in part.columns and "class_group" in part.columns:
        classes = part.table[part.columns["class_group"]]
        ninth = classes.str.contains(r"^9(\D|$)").sum()
        return "OGE" if 2 * ninth > classes.count() else "EGE"
    return "EGE" if "score" in part.columns or subject == _BASE_MATHEMATICS else "OGE"


def _paper(
    sheet: Sheet, part: Part
) -> tuple[tuple[dict[str, int | str], list[Problem]] | None, list[Problem]]:
    """The paper of a block with warnings about it, or None; and what is wrong with its title."""
    title = part.title or _title_of_file(sheet)
    if title is None:
        rule = "над таблицей нет строки вида «01 - Русский язык 2026.05.30» с днём из календаря"
        action = "верните её или назовите файл по образцу «01_2026.05.30»"
        return None, [sheet.problem(rule, action, part.header)]
    known = gia_subjects().get(title.code)
    if known is None:
        rule = f"кода предмета {title.code} нет в params/gia_subjects.csv"
        action = "добавьте строку с этим кодом или уберите этот протокол"
        return None, [sheet.problem(rule, action, part.header)]
    if title.subject not in (None, known.subject):
        named = SUBJECT_NAMES[title.subject][2]
        rule = (
            f"код {title.code} по params/gia_subjects.csv — не {named}, а в протоколе он назван так"
        )
        return None, [sheet.problem(rule, "исправьте params/gia_subjects.csv", part.header)]
    warnings = []
    if known.status == "unconfirmed" and title.subject is None:
        rule = (
            f"код {title.code} прочитан как «{SUBJECT_NAMES[known.subject][2]}» без подтверждения"
        )
        action = "сверьте его и впишите источник в params/gia_subjects.csv"
        warnings.append(sheet.problem(rule, action, part.header))
    exam = _exam(part, known.subject)
    paper: dict[str, int | str] = {
        "year": title.day.year,
        "procedure": known.procedure or exam,
        "grade": _GRADE[exam],
        "subject": known.subject,
        SITTING: title.day.isoformat(),
    }
    return (paper, warnings), []


def _title_of_file(sheet: Sheet) -> Title | None:
    for match in _FILE.finditer(sheet.path.stem):
        found = find_day(sheet.path.stem, match.end())
        if found and found[1] == match.end():
            return Title(match[1], None, found[0])
    return None


def _columns(sheet: Sheet, part: Part) -> list[Problem]:
    """A problem for each column without which a protocol can not be read."""
    need = {"school": "Код ОО", "primary": "Первичный балл"}
    missing = [heading for name, heading in need.items() if name not in part.columns]
    if not {"score", "mark"} & part.columns.keys():
        missing.append("Итоговый балл» или «Оценка")
    action = "выгрузите протокол из РИС ГИА целиком"
    return [
        sheet.problem(f"в протоколе нет столбца «{heading}»", action, part.header)
        for heading in missing
    ]


def _block(
    sheet: Sheet, part: Part, paper: dict[str, int | str], warnings: Sequence[Problem]
) -> Block:
    base = paper["subject"] == _BASE_MATHEMATICS
    total = "score" if paper["grade"] == _GRADE["EGE"] and not base else "primary"
    sources = {
        **{name: name for name in ("school", "class_group", "variant")},
        OTHER_CODE: "municipality",
        "total": total,
        "mark": "score" if base and "score" in part.columns else "mark",
    }
    columns = {name: part.columns[key] for name, key in sources.items() if key in part.columns}
    columns |= {OUTCOME: OUTCOME}
    table, tasks, uneven = _with_tasks(part)
    if uneven:
        rule = f"участников: {uneven} — число ответов не то, что у остальных"
        action = "баллы за задания у них не разобраны, общий балл взят; сверьте протокол"
        warnings = [*warnings, sheet.problem(rule, action, part.header)]
    ended = Counter(part.table[OUTCOME].drop_nulls().to_list())
    if ended:
        told = ", ".join(f"{why} — {n}" for why, n in sorted(ended.items()))
        rule = f"участников без балла: {sum(ended.values())} ({told})"
        warnings = [*warnings, sheet.problem(rule, "так сказано в протоколе", part.header)]
    if part.unclear:
        rule = f"строк: {part.unclear} — в столбце статуса слова, которых программа не знает"
        action = "балл взят; если он не засчитан, очистите его"
        warnings = [*warnings, sheet.problem(rule, action, part.header)]
    name = procedures()[str(paper["procedure"])].short
    return Block(
        RESULTS,
        f"РИС ГИА, протокол {name}",
        sheet.path,
        sheet.name,
        table,
        columns | tasks,
        constants=paper,
        ignored=(f"вне перечня разрешённых: {part.strange}",) if part.strange else (),
        tasks=tasks,
        warnings=tuple(warnings),
        left=left_of(part, "строка без кода ОО и без баллов, не об участнике"),
    )


def left_of(part: Part, about_nobody: str) -> tuple[Left, ...]:
    """Lines of a part that are not read: signatures under ``about_nobody``, totals, headings."""
    found = (
        Left(about_nobody, part.skipped),
        Left(TOTAL_LINE, part.totals),
        Left(HEADING, part.heads, ""),
    )
    return tuple(left for left in found if left.rows)


def _with_tasks(part: Part) -> tuple[pl.DataFrame, dict[str, str], int]:
    """The table with a column per task, its task columns, and pupils whose answers do not fit.

    Short answers come first. How many answers there are of each kind is what most pupils have; an
    answer that is neither + nor − is its points.
    """
    empty = [""] * part.table.height
    short, long = (
        part.table[part.columns[name]].fill_null("").to_list() if name in part.columns else empty
        for name in ("short", "long")
    )
    points = [(short_points(a), long_points(b)) for a, b in zip(short, long, strict=True)]
    shapes = Counter((len(a), len(b)) for a, b in points if a or b)
    if not shapes:
        return part.table, {}, 0
    (shape, _), *_ = shapes.most_common(1)
    n_tasks = min(sum(shape), _MOST_TASKS)
    rows = [
        [*a, *b][:n_tasks] if (len(a), len(b)) == shape else [None] * n_tasks for a, b in points
    ]
    headings = [f"задание {number}" for number in range(1, n_tasks + 1)]
    tasks = pl.DataFrame(rows, schema=dict.fromkeys(headings, pl.Int32), orient="row")
    table = part.table.drop(part.columns[n] for n in ("short", "long") if n in part.columns)
    return (
        table.hstack(tasks.get_columns()),
        {f"item_{number:02d}": heading for number, heading in enumerate(headings, 1)},
        sum(shapes.values()) - shapes[shape],
    )


def short_points(answers: str) -> list[int]:
    """Points of short answers: + is 1, − is 0, a digit is itself.

    >>> short_points("++--+2")
    [1, 1, 0, 0, 1, 2]
    """
    return [
        1 if sign == "+" else int(sign) if sign.isdigit() else 0
        for sign in answers
        if not sign.isspace()
    ]


def long_points(answers: str) -> list[int | None]:
    """Points of long answers, each followed by its maximum in brackets; X and − are not done.

    >>> long_points("1(1)2(3)-(2)")
    [1, 2, None]
    """
    return [int(given) if given.isdigit() else None for given in _LONG.findall(answers)]
