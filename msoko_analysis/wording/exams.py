"""Results of ЕГЭ: a table of its own, because a test score is neither a mark nor a primary score."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.wording.cells import minus, of_unit
from msoko_analysis.wording.levels import levels_table
from msoko_analysis.wording.numbering import table_title

_ONE, _WHOLE, _CHANGE = Digits(1), Digits(), Digits(1, signed=True)


def exams_text(facts: Facts) -> Stack:
    """The table of ЕГЭ and that of papers told by level, nothing where the year has none."""
    tables = [exams_table(facts)] if facts.exams else []
    return stack([*tables, levels_table(facts)] if facts.counted else tables)


def exams_table(facts: Facts) -> Table:
    """Mean test score and share below the minimum, the district against the region."""
    rows = []
    for paper in facts.exams:
        mean = of_unit(facts, "municipality", "mean_test_score", paper)
        region = of_unit(facts, "region", "mean_test_score", paper)
        before = of_unit(facts, "municipality", "mean_test_score", paper, year=facts.year - 1)
        rows.append(
            {
                "Предмет": facts.run.subjects[paper.subject].nominative,
                "Работ": of_unit(facts, "municipality", "mean_test_score", paper, column="n"),
                "Средний балл": mean,
                "В регионе": region,
                "Отличие от региона": minus(mean, region),
                "± погрешность": _margin(facts, paper),
                "К прошлому году": minus(mean, before),
                "Ниже минимального, %": of_unit(facts, "municipality", "below_minimum", paper),
                "В регионе, %": of_unit(facts, "region", "below_minimum", paper),
            }
        )
    frame = pd.DataFrame(rows)
    digits = dict.fromkeys(frame.columns[2:], _ONE) | {"Работ": _WHOLE}
    digits |= dict.fromkeys(("Отличие от региона", "К прошлому году"), _CHANGE)
    return Table(
        "exams",
        table_title(facts, "exams", "Результаты ЕГЭ"),
        frame,
        digits,
        (
            "Балл — тестовый, от 0 до 100. Погрешность — 95 %, по разбросу между школами муниципалитета. "
            "Предметы по выбору сдают разные ученики: их средние баллы между собой и со школами, где "
            "предмет выбрали немногие, не сравниваются. Минимальный балл — тот, с которым программа "
            "считается освоенной.",
        ),
        empty="ЕГЭ в этом году нет.",
    )


def _margin(facts: Facts, paper) -> float:
    """Half of the 95 % interval of the district's mean; nan where the interval says nothing."""
    row = facts.measure("municipality", "mean_test_score", paper)
    if row is None or row["hidden"] or not (row["low"] > 0 and row["high"] < 100):
        return float("nan")
    return (row["high"] - row["low"]) / 2
