"""Official lists of schools with markers: history of the district, П19 by list, concordance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.measures.markers import BY_FORM, BY_RESULTS, BY_SCHOOLS
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.russian import (
    DASH,
    NBSP,
    between,
    counted,
    listed,
    natural,
    number,
    percent,
    plural,
)
from msoko_analysis.wording.names import school_name
from msoko_analysis.wording.numbering import table_title

_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
# Columns of the contract, as the lists call the papers.
_MARKS = {"ru4": "РУ4", "ma4": "МА4", "ru5": "РУ5", "ma5": "МА5"}
_AMONG = {
    BY_RESULTS: "результаты которых по русскому языку в 4 классе загружены",
    BY_FORM: "писавших русский язык в 4 классе по форме Ф3",
    BY_SCHOOLS: "из таблицы школ (сколько школ писали русский язык в 4 классе, неизвестно)",
}
_AGAINST = {
    "spike": "признаком «скопление работ у границы отметки»",
    "fioko": "нашим расчётом правила (а) ФИОКО «завышенный средний балл»",
}


def lists_text(facts: Facts) -> Stack:
    """The district's schools on the lists, П19 by list, concordance; one line without lists."""
    if not facts.list_years:
        return stack([Absent("Официальные списки школ с маркерами необъективности не загружены.")])
    blocks = [
        "Официальные списки школ с маркерами необъективности "
        f"({_years(facts.list_years)}) — отдельный источник: здесь они приведены как есть и "
        "с признаками, рассчитанными в этой справке, не смешиваются. Попадание в список — повод для "
        "дополнительного анализа, а не вывод о нарушении.",
        _this_year(facts),
        _history(facts),
        _concordance(facts),
    ]
    return stack([*(Paragraph(text) for text in blocks if text), lists_table(facts)])


def _years(years: tuple[int, ...]) -> str:
    """«2025 год», «2023–2025 годы» or «2022 и 2024 годы».

    >>> _years((2023, 2024, 2025)), _years((2022, 2024)), _years((2025,))
    ('2023–2025 годы', '2022 и 2024 годы', '2025 год')
    """
    if len(years) == 1:
        return f"{years[0]} год"
    if years[-1] - years[0] == len(years) - 1 and len(years) > 2:
        return f"{years[0]}–{years[-1]} годы"
    return f"{listed(map(str, years))} годы"


def _this_year(facts: Facts) -> str:
    if facts.year not in facts.list_years:
        return f"Списка за {facts.year} год нет; последний загруженный — за {facts.list_years[-1]} год."
    schools = int(facts.lists["year"].eq(facts.year).sum())
    text = f"В списке за {facts.year} год школ муниципалитета нет."
    if schools:
        text = f"В списке за {facts.year} год — {counted(schools, *_SCHOOLS)} муниципалитета."
    row = facts.measure("municipality", "p19_list")
    if row is None:
        return f"{text} П19 по списку не определяется: не известно, сколько школ писали ВПР."
    text += (
        f" П19 по списку — {percent(row['value'], 1)}: 100 − доля школ списка "
        f"({number(row['count'])}) среди {counted(row['n'], *_OF_SCHOOLS)}, {_AMONG[row['method']]}"
    )
    region = facts.measure("region", "p19_list")
    if region is not None:
        text += (
            f"; по региону {percent(region['value'], 1)} (школ {number(region['count'])} из "
            f"{number(region['n'])})"
        )
    outside = schools - int(row["count"])
    if outside:
        text += f". В этот расчёт не {plural(outside, 'вошла', 'вошли', 'вошли')} "
        text += f"{counted(outside, *_SCHOOLS)} списка"
    return f"{text}."


def _history(facts: Facts) -> str:
    """How many schools were listed in how many of the years."""
    if len(facts.list_years) < 2:
        return ""
    times = facts.lists["school"].value_counts()
    years = _years(facts.list_years)
    if times.empty:
        return f"За {years} школ муниципалитета в списках не было."
    parts = [
        f"{_times(n, len(facts.list_years))} — {number(schools)}"
        for n, schools in times.value_counts().sort_index().items()
    ]
    return f"За {years} в списках были {counted(len(times), *_SCHOOLS)}: {', '.join(parts)}."


def _times(n: int, of: int) -> str:
    if n == of:
        return "все годы"
    return "один год" if n == 1 else f"{n}{NBSP}{plural(n, 'год', 'года', 'лет')}"


def _concordance(facts: Facts) -> str:
    """Agreement over the region's schools; a district has too few of them to tell."""
    said = [sentence for name in _AGAINST if (sentence := _agreement(facts, name))]
    if not said:
        return ""
    text = " ".join(said)
    scale = " Каппа Коэна κ — согласие сверх случайного: 0 — его нет, 1 — полное."
    return text + scale if "κ" in text else text


def _agreement(facts: Facts, name: str) -> str:
    kappa = facts.measure("region", f"list_{name}_kappa")
    if kappa is None:
        return ""
    n = counted(kappa["n"], "школе", "школам", "школам")
    head = f"Согласие списка с {_AGAINST[name]} по {n} региона"
    if not np.isfinite(kappa["value"]):
        return f"{head} не определяется: список или признак не называет из них ни одной."
    ours = facts.measure("region", f"list_{name}_ppv")
    theirs = facts.measure("region", f"list_{name}_found")
    return (
        f"{head}: κ{NBSP}={NBSP}{number(kappa['value'], 2)} (95{NBSP}%: "
        f"{between(kappa['low'], kappa['high'], 2)}); из {counted(ours['n'], *_OF_SCHOOLS)}, названных "
        f"расчётом, в списке {number(ours['count'])} ({percent(ours['value'])}), из "
        f"{counted(theirs['n'], *_OF_SCHOOLS)} списка расчётом названо {number(theirs['count'])} "
        f"({percent(theirs['value'])})."
    )


def lists_table(facts: Facts) -> Table:
    """Schools of the district on the lists, year by year."""
    rows = []
    for unit, mine in facts.lists.groupby("school"):
        marks = {str(year): DASH for year in facts.list_years}
        marks |= {str(row["year"]): _marks(row) for _, row in mine.iterrows()}
        rows.append({"Школа": school_name(facts, unit), **marks, "Лет в списках": len(mine)})
    rows.sort(key=lambda row: natural(row["Школа"]))
    return Table(
        "lists",
        table_title(
            facts, "lists", "Школы муниципалитета в официальных списках: какие работы отмечены"
        ),
        pd.DataFrame(rows),
        {"Лет в списках": Digits()},
        ("РУ4 — русский язык, 4 класс; МА5 — математика, 5 класс. Прочерк — школы в списке нет.",),
        empty="Школ муниципалитета в загруженных официальных списках нет.",
    )


def _marks(row: pd.Series) -> str:
    return ", ".join(name for column, name in _MARKS.items() if row[column] == 1)
