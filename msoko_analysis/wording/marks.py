"""School marks against marks of papers: the district, its subjects, its schools."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import DASH, NBSP, listed, natural, number
from msoko_analysis.wording.cells import Cell, of_school, of_unit
from msoko_analysis.wording.names import VERDICT, paper_name, school_name
from msoko_analysis.wording.numbering import in_table, table_title
from msoko_analysis.wording.results import marks_table
from msoko_analysis.wording.signs import Q

_ONE, _WHOLE = Digits(1), Digits()
_WAYS = (("prior_lower", "Ниже"), ("prior_same", "Совпала"), ("prior_higher", "Выше"))
NO_MARKS = "Отметок школы в данных нет: сравнить их с отметками за работы и экзамены нельзя."


def marks_text(facts: Facts) -> Stack:
    """How school marks go with marks of papers, with the three tables; one line without marks."""
    if not has_marks(facts):
        return stack([Absent(NO_MARKS)])
    view, schools = subjects_table(facts), school_marks_table(facts)
    apart = facts.of("marks_district", Verdict.WATCH)
    return stack(
        [
            Paragraph(_EXPLAINED + (_CORRECTED if facts.of("marks_district", *Verdict) else "")),
            marks_table(facts),
            *([Paragraph(_subjects(facts), apart), view] if has_subjects(facts) else []),
            schools if len(schools.frame) else None,
        ]
    )


def has_marks(facts: Facts) -> bool:
    """Whether any paper of the year has school marks."""
    return any(facts.measure("municipality", "prior_same", one) is not None for one in facts.papers)


def has_subjects(facts: Facts) -> bool:
    """Whether the shift of marks is known paper by paper: not from aggregate forms."""
    return any(facts.measure("municipality", "mark_shift", one) is not None for one in facts.papers)


_EXPLAINED = (
    "Сравниваются две отметки одного ученика: поставленная школой и полученная за работу или экзамен. "
    "По долям «ниже» и «выше» школы сравнивать нельзя. Слабые школы обычно ставят отметки мягче, чем "
    "сильные, и к тому же один результат измеряет знания с погрешностью: поэтому в слабой школе чаще "
    "«ниже», а в сильной — «выше», хотя отметок не завышает и не занижает ни одна."
)
_CORRECTED = (
    " Величина «с поправкой» сравнивает учеников с одинаковыми результатами и школы одного уровня и "
    "учитывает надёжность работы: выводы делаются только по ней."
)


def _subjects(facts: Facts) -> str:
    """Where the district's marks are most out of line, in a sentence."""
    found = facts.of("marks_district", Verdict.WATCH)
    judged = facts.of("marks_district", *Verdict)
    where = in_table(facts, "subjects")
    if not judged:
        return (
            f"По предметам и классам расхождение показано {where}. Поправка на уровень не рассчитывается: "
            "нужны баллы за задания и не меньше 30 школ региона."
        )
    if not found:
        return (
            f"По предметам и классам ({where}) отметки школ муниципалитета отличаются от отметок других школ "
            "региона не больше, чем бывает случайно."
        )
    lines = [
        f"{paper_name(facts, one.paper)} ({'выше' if one.value > 0 else 'ниже'} на "
        f"{number(abs(one.value), 2)})"
        for one in sorted(found, key=lambda one: -abs(one.value))
    ]
    return (
        "Для методической службы: отметки школ муниципалитета больше всего расходятся с отметками других "
        f"школ региона при тех же результатах по следующим предметам и классам: {listed(lines)} отметки "
        f"({where})."
    )


def subjects_table(facts: Facts) -> Table:
    """Subject and grade: far apart, mean shift, and the shift beyond level and error."""
    found = {one.paper: one for one in facts.of("marks_district", *Verdict)}
    verdicts = {paper: one.verdict for paper, one in found.items()}
    rows, told = [], []
    for paper in facts.papers:
        if facts.measure("municipality", "mark_shift", paper) is None:
            continue
        told.append((found[paper],) if paper in found else ())
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": _works(facts.measure("municipality", "mark_shift", paper)),
                "На 2 и более, %": of_unit(facts, "municipality", "prior_far", paper),
                "В регионе, %": of_unit(facts, "region", "prior_far", paper),
                "Сдвиг, отметки (95 %)": _interval(
                    facts.measure("municipality", "mark_shift", paper)
                ),
                "Сдвиг в регионе": of_unit(facts, "region", "mark_shift", paper),
            }
            | _corrected(facts, paper, verdicts)
        )
    return Table(
        "subjects",
        table_title(facts, "subjects", "Отметки школ муниципалитета по предметам и классам"),
        pd.DataFrame(rows),
        {
            "Работ": _WHOLE,
            "На 2 и более, %": _ONE,
            "В регионе, %": _ONE,
            "Сдвиг в регионе": Digits(2, signed=True),
            "q": Q,
        },
        (
            "Сдвиг — средняя разность школьной отметки и отметки за работу: +0,3 — школьная в среднем "
            "выше на 0,3 отметки. На 2 и более — доля учеников, чьи две отметки различаются на две или "
            "больше. q — с учётом того, что сравнивалось несколько предметов и классов. Интервалы "
            "учитывают, что школ в муниципалитете немного.",
        ),
        findings=tuple(told),
    )


def _corrected(facts: Facts, paper: Paper, verdicts: Mapping[Paper, Verdict]) -> dict[str, Cell]:
    """The columns of the corrected shift; none where no paper has it."""
    if not verdicts:
        return {}
    return {
        "С поправкой (95 %)": _interval(facts.measure("municipality", "mark_gap_paper", paper)),
        "q": of_unit(facts, "municipality", "mark_gap_paper", paper, column="q"),
        "Вывод": _SUBJECT.get(verdicts.get(paper), DASH),
    }


_SUBJECT = {
    Verdict.WATCH: "отличаются от других школ региона",
    Verdict.NO_CONCERN: "как в других школах",
    Verdict.TOO_FEW: "школ мало",
}


def school_marks_table(facts: Facts) -> Table:
    """Every school over its papers: transitions, shift, corrected gap and conclusion."""
    found = {one.unit: one for one in facts.of("mark_gap_school", *Verdict)}
    rows, told = [], []
    for unit in sorted(facts.schools, key=lambda code: natural(school_name(facts, code))):
        if facts.pooled(unit, "mark_shift") is None:
            continue
        shares = {f"{name}, %": of_school(facts, unit, indicator) for indicator, name in _WAYS}
        rows.append(
            {
                "Школа": school_name(facts, unit),
                "Работ": _works(facts.pooled(unit, "mark_shift")),
                **shares,
                "На 2 и более, %": of_school(facts, unit, "prior_far"),
                "Сдвиг, отметки (95 %)": _interval(facts.pooled(unit, "mark_shift")),
            }
        )
        told.append((found[unit],) if unit in found else ())
        if found:
            rows[-1] |= {
                "С поправкой (95 %)": _interval(facts.pooled(unit, "mark_gap")),
                "Вывод": VERDICT[found[unit].verdict] if unit in found else DASH,
            }
    ways = dict.fromkeys((f"{name}, %" for _, name in _WAYS), _ONE)
    return Table(
        "school_marks",
        table_title(facts, "school_marks", "Отметки школы по всем работам и экзаменам года"),
        pd.DataFrame(rows),
        {"Работ": _WHOLE, **ways, "На 2 и более, %": _ONE},
        (
            "«Ниже» — отметка за работу ниже школьной. По алфавиту. Сдвиг и доли зависят от уровня школы: по "
            "ним школы не сравниваются. «Признака нет» — отличие мало или при таком числе школ может быть "
            "случайным.",
        ),
        empty="Школьных отметок по отдельным школам в данных нет.",
        findings=tuple(told),
    )


def _works(row: pd.Series) -> Cell:
    """Works with a school mark: their number is told even where the shift is kept back."""
    return HIDDEN if pd.isna(row["n"]) else float(row["n"])


def _interval(row: pd.Series | None) -> str:
    """«+0,12 (−0,05…+0,29)»; a dash where there is nothing."""
    if row is None or (pd.isna(row["n"]) and not row["hidden"]):
        return DASH
    if row["hidden"]:
        return HIDDEN
    signed = Digits(2, signed=True)
    if pd.isna(row["low"]):
        return signed(row["value"])
    return f"{signed(row['value'])}{NBSP}({signed(row['low'])}…{signed(row['high'])})"
