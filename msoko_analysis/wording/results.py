"""Results of the district: tables and what they mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts import Facts
from msoko_analysis.figures import (
    Distribution,
    Figure,
    FunnelPoints,
    school_funnel,
    score_distributions,
)
from msoko_analysis.findings import Verdict
from msoko_analysis.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.russian import NBSP, between, counted, number, percent
from msoko_analysis.tables import Table
from msoko_analysis.wording.names import district_cases, paper_name, school_name, school_names


def _one(value: float) -> str:
    return number(value, 1)


def _whole(value: float) -> str:
    return number(value)


def _signed(value: float) -> str:
    return ("+" if round(value, 1) > 0 else "") + number(value, 1)


def results_table(facts: Facts) -> Table:
    """Table 1: every paper, the district against the region and against the year before."""
    rows = []
    for paper, (district, _) in facts.distributions.items():
        mine = facts.measure("municipality", "mean_percent", paper)
        value, region = mine["value"], facts.value("region", "mean_percent", paper)
        half = (mine["high"] - mine["low"]) / 2
        rows.append(
            {
                "Работа": paper_name(facts, paper),
                "Работ": district.n,
                "Результат, %": value,
                "В регионе, %": region,
                "Отличие от региона, п. п.": value - region,
                "± погрешность": half,
                "К прошлому году, п. п.": value
                - facts.value("municipality", "mean_percent", paper, year=facts.year - 1),
                "Отметок «2», %": facts.value("municipality", "share_2", paper),
                "Отметок «4» и «5», %": facts.value("municipality", "share_45", paper),
            }
        )
    formats = dict.fromkeys(
        ("Результат, %", "В регионе, %", "± погрешность", "Отметок «2», %", "Отметок «4» и «5», %"),
        _one,
    )
    formats |= {"Отличие от региона, п. п.": _signed, "К прошлому году, п. п.": _signed}
    return Table(
        "results",
        "Таблица 1. Результаты по работам",
        pd.DataFrame(rows),
        formats | {"Работ": _whole},
        (
            "Результат — средняя доля максимального балла. Погрешность — 95 %, по разбросу между "
            "школами муниципалитета. Год к году сравниваются разные ученики и разные варианты работ.",
        ),
    )


def marks_table(facts: Facts) -> Table:
    """Table 2: school mark of the previous term against the mark of the paper."""
    rows = []
    for paper in facts.papers:
        row = {"Работа": paper_name(facts, paper)}
        mine = facts.measure("municipality", "prior_same", paper)
        row["Работ с известной отметкой"] = mine["n"] if mine is not None else np.nan
        for indicator, name in (
            ("prior_lower", "Ниже"),
            ("prior_same", "Совпала"),
            ("prior_higher", "Выше"),
        ):
            row[f"{name}, %"] = facts.value("municipality", indicator, paper)
            row[f"{name} в регионе, %"] = facts.value("region", indicator, paper)
        rows.append(row)
    frame = pd.DataFrame(rows)
    formats = dict.fromkeys(frame.columns[2:], _one)
    return Table(
        "marks",
        "Таблица 2. Отметка за работу по сравнению с отметкой за предыдущий период обучения",
        frame,
        formats | {"Работ с известной отметкой": _whole},
        (
            "Несовпадение само по себе не говорит об ошибке ни школы, ни работы: одна работа измеряет "
            "знания неточно, а текущая отметка учитывает не только их. Школы по этой таблице не "
            "сравниваются.",
        ),
    )


def distributions_figure(facts: Facts) -> Figure:
    """Figure 1: distributions of primary scores with the cuts."""
    panels = [
        Distribution(
            f"{paper_name(facts, paper)} (работ: {number(district.n)})".capitalize(),
            district,
            region,
            facts.scale(paper).cuts,
        )
        for paper, (district, region) in facts.distributions.items()
    ]
    name = district_cases(facts)
    return score_distributions(
        panels,
        name="distributions",
        caption=(
            f"Рисунок 1. Распределение первичных баллов: столбцы — {name.nominative}, линия — "
            f"{facts.run.region.nominative}"
        ),
        description=(
            f"{counted(len(panels), 'диаграмма', 'диаграммы', 'диаграмм')} распределения баллов с "
            f"границами отметок; отличия от региона по числам — в таблице 1."
        ),
    )


def funnel_figure(facts: Facts) -> Figure | Paragraph:
    """Figure 2: level of the district's schools against schools of the same type."""
    if facts.funnel is None:
        return Paragraph("Уровень школ по этим данным не определяется.")
    funnel, schools, pupils = facts.funnel
    limit = facts.run.thresholds["small_cell"].value
    shown = pupils >= limit
    mine = (schools["municipality"] == facts.district).to_numpy()
    far = {one.unit for one in facts.of("level_school", Verdict.WATCH)}
    names = [
        school_name(facts, unit) if here and unit in far else ""
        for unit, here in zip(schools.index, mine, strict=True)
    ]
    grid = np.geomspace(limit, pupils.max(), 100)
    errors = funnel.standard_error[0] * np.sqrt(pupils[0] / grid)
    points = FunnelPoints(
        pupils[shown],
        (funnel.value - funnel.expected)[shown],
        mine[shown],
        [name for name, show in zip(names, shown, strict=True) if show],
        grid,
        {
            "95 % школ": funnel.limits(errors, 0.95),
            "99,8 % школ": funnel.limits(errors, 0.998),
        },
    )
    return school_funnel(
        points,
        name="funnel",
        caption=(
            "Рисунок 2. Уровень результатов школ по всем работам года: отличие от школ того же типа, в "
            "стандартных отклонениях балла ученика. "
            "Линии — пределы, между которыми обычно лежат школы такого размера"
        ),
        description=(
            f"Диаграмма рассеяния: {counted(int(mine[shown].sum()), 'школа', 'школы', 'школ')} "
            f"муниципалитета среди {counted(int(shown.sum()), 'школы', 'школ', 'школ')} региона; "
            f"за пределами 99,8 % по правилу вывода — {len(far)}."
        ),
    )


def level_text(facts: Facts) -> Stack:
    """Which schools stand far from schools of their type, and why that proves nothing."""
    far = facts.of("level_school", Verdict.WATCH)
    if not far:
        text = "Уровень всех школ муниципалитета — в обычных пределах для школ их типа и размера."
        return stack([Paragraph(text)])
    items = []
    for name in school_names(facts, [one.unit for one in far]):
        one = next(f for f in far if school_name(facts, f.unit) == name)
        side = "выше" if one.value > 0 else "ниже"
        items.append(
            f"{name}: {side} школ того же типа на {number(abs(one.value), 2)} стандартного отклонения "
            f"({between(one.low, one.high, 2)})"
        )
    return stack(
        [
            Paragraph("Заметно отличается уровень результатов (к сведению):"),
            Bullets(tuple(items)),
            Paragraph(
                "Уровень показывает, что школа отличается, но не почему: состав учеников, отбор, "
                "сильная работа учителей дают то же самое. Признаком необъективности он не является."
            ),
        ]
    )


def low_text(facts: Facts) -> Stack | Paragraph:
    """Schools where the mark «2» is frequent."""
    found = facts.of("low_share_school", Verdict.WATCH)
    limit = facts.run.thresholds["low_share_limit"].value
    rule = (
        f"Школа отмечается, если не меньше {percent(limit)} отметок «2» по двум работам и более и по "
        "каждой из них нижняя граница 95%-го интервала выше доли по региону (расчётная модель; "
        "работы с числом участников меньше 10 не учитываются)."
    )
    if not found:
        return Paragraph(f"Школ с устойчиво низкими результатами не найдено. {rule}")
    items = []
    for name in school_names(facts, [one.unit for one in found]):
        one = next(f for f in found if school_name(facts, f.unit) == name)
        papers = counted(one.details["papers"], "работа", "работы", "работ")
        seen = number(one.details["papers_seen"])
        items.append(
            f"{name}: {papers} из {seen}; наибольшая доля отметок «2» — {percent(one.value)} "
            f"({between(one.low, one.high)}{NBSP}%)"
        )
    return stack(
        [Paragraph("Много отметок «2» (к сведению):"), Bullets(tuple(items)), Paragraph(rule)]
    )
