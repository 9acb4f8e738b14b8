"""Results of the district: tables and what they mean."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.figures import (
    Distribution,
    Figure,
    FunnelPoints,
    school_funnel,
    score_distributions,
)
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.page.prose import Absent, Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.methods import argument_words
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import (
    NBSP,
    between,
    counted,
    first_capital,
    natural,
    number,
    percent,
)
from msoko_analysis.wording.cells import Cell, minus, of_unit
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.names import (
    district_cases,
    over_papers,
    paper_name,
    papers,
    school_name,
)
from msoko_analysis.wording.numbering import figure_title, in_table, table_title

_ONE, _WHOLE, _CHANGE = Digits(1), Digits(), Digits(1, signed=True)
# More diagrams than this do not fit on a printed page.
_PANELS = 8


def results_table(facts: Facts) -> Table:
    """Every paper, the district against the region and against the year before."""
    rows = []
    for paper in facts.papers:
        value = of_unit(facts, "municipality", "mean_percent", paper)
        region = of_unit(facts, "region", "mean_percent", paper)
        before = of_unit(facts, "municipality", "mean_percent", paper, year=facts.year - 1)
        before = before if facts.comparable(paper) else np.nan
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": works(facts, paper),
                "Результат, %": value,
                "В регионе, %": region,
                "Отличие от региона, п. п.": minus(value, region),
                "± погрешность, п. п.": margin(facts, paper),
                "К прошлому году, п. п.": minus(value, before),
                "Отметок «2», %": of_unit(facts, "municipality", "share_2", paper),
                "Отметок «4» и «5», %": of_unit(facts, "municipality", "share_45", paper),
            }
        )
    frame = pd.DataFrame(rows)
    digits = dict.fromkeys(frame.columns[2:], _ONE) | {"Работ": _WHOLE}
    digits |= dict.fromkeys(("Отличие от региона, п. п.", "К прошлому году, п. п."), _CHANGE)
    return Table(
        "results",
        table_title(facts, "results", "Результаты по предметам и классам"),
        frame,
        digits,
        _below_results(facts),
        empty=NOT_DETERMINED if facts.counted else "Работ с действующей шкалой отметок нет.",
    )


def _below_results(facts: Facts) -> tuple[str, ...]:
    """What the columns mean, as far as papers have results."""
    if not facts.distributions:
        shares = facts.papers_without_scores and any(
            facts.measure("municipality", "share_2", paper) is not None for paper in facts.papers
        )
        return ("Доли отметок — как они напечатаны в форме ФИС ОКО.",) if shares else ()
    explained = (
        "Результат — средняя доля максимального балла. Погрешность — 95 %, по разбросу между школами "
        "муниципалитета; прочерк — школ слишком мало, чтобы её оценить, или нет данных прошлого года. Год к "
        "году сравниваются разные ученики и разные варианты работ."
    )
    forms = "По работам без результата есть только форма ФИС ОКО: в ней одни отметки."
    return (explained, forms) if facts.papers_without_scores else (explained,)


def works(facts: Facts, paper: Paper) -> Cell:
    """Works of the district in a paper: with a score, else as the form counts them."""
    for indicator in ("mean_percent", "share_2", "prior_same"):
        if facts.measure("municipality", indicator, paper) is not None:
            return of_unit(facts, "municipality", indicator, paper, column="n")
    return float("nan")


def margin(facts: Facts, paper: Paper) -> float:
    """Half of the 95 % interval of the district's mean, in points; nan where it says nothing.

    With two schools or three the interval often reaches beyond 0…100 % and was cut there: such a
    half-width is neither right nor of use.
    """
    row = facts.measure("municipality", "mean_percent", paper)
    if row is None or not (row["low"] > 0 and row["high"] < 100):
        return float("nan")
    return (row["high"] - row["low"]) / 2


def marks_table(facts: Facts) -> Table:
    """School mark of the previous term against the mark of the paper."""
    rows = []
    for paper in facts.papers:
        if facts.measure("municipality", "prior_same", paper) is None:
            continue
        row = {
            "Предмет, класс": paper_name(facts, paper),
            "Работ с известной отметкой": of_unit(
                facts, "municipality", "prior_same", paper, column="n"
            ),
        }
        for indicator, name in (
            ("prior_lower", "Ниже"),
            ("prior_same", "Совпала"),
            ("prior_higher", "Выше"),
        ):
            row[f"{name}, %"] = of_unit(facts, "municipality", indicator, paper)
            row[f"{name} в регионе, %"] = of_unit(facts, "region", indicator, paper)
        rows.append(row)
    frame = pd.DataFrame(rows)
    return Table(
        "marks",
        table_title(
            facts,
            "marks",
            "Отметка за работу по сравнению с отметкой за предыдущий период обучения",
        ),
        frame,
        dict.fromkeys(frame.columns[2:], _ONE) | {"Работ с известной отметкой": _WHOLE},
        (
            "Несовпадение само по себе не говорит об ошибке ни школы, ни работы: одна работа измеряет "
            "знания неточно, а текущая отметка учитывает не только их. Школы по этой таблице не "
            "сравниваются.",
        ),
        empty="Школьных отметок в данных нет.",
    )


def distributions_figures(facts: Facts) -> Stack:
    """Distributions of primary scores with the cuts, on as many pages as they need."""
    if not facts.distributions:
        return stack([Absent(NOT_DETERMINED)])
    limit = facts.run.thresholds["small_cell"].value
    shown = [paper for paper, (mine, _) in facts.distributions.items() if mine.n >= limit]
    if not shown:
        return stack([Paragraph("Распределения баллов не показаны: работ слишком мало.")])
    pages = [shown[first : first + _PANELS] for first in range(0, len(shown), _PANELS)]
    return stack(_distributions(facts, page, place) for place, page in enumerate(pages))


def _distributions(facts: Facts, page: list[Paper], place: int) -> Figure:
    panels = []
    for paper in page:
        mine, whole = facts.distributions[paper]
        region = None if facts.alone else whole
        title = f"{first_capital(paper_name(facts, paper))} (работ: {number(mine.n)})"
        panels.append(Distribution(title, mine, region, facts.scale(paper).cuts))
    name = district_cases(facts)
    rest = " (продолжение)" if place else ""
    return score_distributions(
        panels,
        name=f"distributions-{place + 1}",
        caption=figure_title(
            facts,
            "distributions",
            f"Распределение первичных баллов{rest}: столбцы — {name.nominative}"
            + ("" if facts.alone else f", линия — {facts.run.region.nominative}"),
        ),
        description=(
            f"{counted(len(panels), 'диаграмма', 'диаграммы', 'диаграмм')} распределения баллов с "
            f"границами отметок; числа — {in_table(facts, 'results')}."
        ),
    )


def funnel_figure(facts: Facts) -> Figure | Paragraph:
    """Level of the district's schools against schools under the same conditions."""
    if facts.funnel is None:
        return Absent("Уровень школ по этим данным не определяется.")
    funnel, schools, pupils = facts.funnel
    limit = facts.run.thresholds["small_cell"].value
    mine = (schools["municipality"] == facts.district).to_numpy()
    public = {one.unit for one in facts.of("level_school", *Verdict)}
    shown = (pupils >= limit) & (~mine | schools.index.isin(public))
    bound = facts.run.thresholds["level_z"].value
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
            "предел вывода": funnel.limits(errors, math.erf(bound / math.sqrt(2))),
        },
    )
    return school_funnel(
        points,
        name="funnel",
        caption=figure_title(
            facts,
            "funnel",
            "Уровень результатов школ по всем работам года: отличие от школ в таких же "
            f"условиях{like_conditions(facts)}, в стандартных отклонениях "
            "балла ученика. Линии — пределы, между которыми обычно лежат "
            f"школы такого размера; подписаны школы за пределом вывода (z{NBSP}={NBSP}{number(bound)})",
        ),
        description=(
            f"Диаграмма рассеяния: {counted(int(mine[shown].sum()), 'школа', 'школы', 'школ')} "
            f"муниципалитета среди {counted(int(shown.sum()), 'школы', 'школ', 'школ')} региона; "
            f"за пределом вывода в муниципалитете — {len(far)}."
        ),
    )


def level_text(facts: Facts) -> Stack:
    """Which schools stand far from schools under like conditions, and why that proves nothing."""
    if not facts.schools:
        return stack([])  # the figure that follows says that there is no level
    far = _by_name(facts, facts.of("level_school", Verdict.WATCH))
    usual = facts.of("level_school", Verdict.NO_CONCERN)
    if not far and not usual:
        return stack([Paragraph(_not_compared(facts))])
    blocks = []
    if far:
        blocks += [
            Paragraph("Заметно отличается уровень результатов (к сведению):"),
            Bullets(tuple(Paragraph(_level(facts, one), (one,)) for one in far)),
            Paragraph(
                "Уровень показывает, что школа отличается, но не почему: состав учеников, отбор, "
                "сильная работа учителей дают то же самое. Признаком необъективности он не является."
            ),
        ]
    if usual:
        schools = counted(len(usual), "школа", "школы", "школ")
        blocks.append(
            Paragraph(f"Уровень в обычных пределах для своих условий и размера: {schools}.")
        )
    rest = _not_compared(facts)
    return stack([*blocks, Paragraph(rest) if rest else None])


def like_conditions(facts: Facts) -> str:
    """« (вид школы, население места, число учеников)»: the conditions schools are compared under."""
    methods = (one.method for one in facts.of("level_school", *Verdict))
    named = next((argument_words(one, "level") for one in methods), "")
    return f" ({named})" if named else ""


def _level(facts: Facts, one: Finding) -> str:
    low, high = sorted((abs(one.low), abs(one.high)))
    side = "выше" if one.value > 0 else "ниже"
    return (
        f"{school_name(facts, one.unit)} ({counted(one.n, 'ученик', 'ученика', 'учеников')}): {side} "
        f"школ в таких же условиях на {number(abs(one.value), 2)} стандартного отклонения балла "
        "ученика "
        f"(95{NBSP}%: {between(low, high, 2)})"
    )


def _not_compared(facts: Facts) -> str:
    """How many schools have no level, and why."""
    rest = len(facts.schools) - len(facts.of("level_school", Verdict.WATCH, Verdict.NO_CONCERN))
    if not rest:
        return ""
    return (
        f"Не с чем сравнить: {counted(rest, 'школа', 'школы', 'школ')} — школ того же вида "
        f"{'в данных' if facts.alone else 'в регионе'} или учеников в самой школе слишком мало."
    )


def _by_name(facts: Facts, found: tuple[Finding, ...]) -> list[Finding]:
    return sorted(found, key=lambda one: natural(school_name(facts, one.unit)))


def low_text(facts: Facts) -> Stack | Paragraph:
    """Schools where the mark «2» is frequent."""
    if not facts.of("low_share_school", *Verdict):
        return Absent("Доли отметок по отдельным школам по этим данным не определяются.")
    found = _by_name(facts, low_beside_shnor(facts))
    limit = facts.run.thresholds["low_share_limit"].value
    least = number(facts.run.thresholds["share_min_n"].value)
    rule = (
        f"Школа отмечается, если не меньше {percent(limit)} отметок «2» {over_papers(facts, 2)} и более "
        f"и по каждой из них нижняя граница 95-процентного интервала выше доли по региону (расчётная "
        f"модель; не учитывается, если писали меньше {least} учеников или доля скрыта)."
    )
    if not found:
        seen = len(facts.of("low_share_school", *Verdict))
        among = f" среди {counted(seen, 'школы', 'школ', 'школ')} с данными"
        where = among if seen < facts.n_schools else ""
        beside = " кроме названных выше" if facts.of("shnor_school", Verdict.WATCH) else ""
        return Paragraph(
            f"Школ с часто встречающейся отметкой «2»{beside} не найдено{where}. {rule}"
        )
    items = tuple(Paragraph(_low(facts, one), (one,)) for one in found)
    head = (
        "Кроме школ, отвечающих правилу, много"
        if facts.of("shnor_school", Verdict.WATCH)
        else "Много"
    )
    return stack([Paragraph(f"{head} отметок «2» (к сведению):"), Bullets(items), Paragraph(rule)])


def _low(facts: Facts, one: Finding) -> str:
    return (
        f"{school_name(facts, one.unit)}: {papers(facts, one.details['papers'])} из "
        f"{number(one.details['papers_seen'])}; наибольшая доля отметок «2» — {percent(one.value)} "
        f"из {counted(one.n, 'работы', 'работ', 'работ')} (95{NBSP}%: {between(one.low, one.high)}{NBSP}%)"
    )


def low_beside_shnor(facts: Facts) -> tuple[Finding, ...]:
    """Schools where the mark «2» is frequent and that the ШНОР rule does not list."""
    listed = {one.unit for one in facts.of("shnor_school", Verdict.WATCH)}
    found = facts.of("low_share_school", Verdict.WATCH)
    return tuple(one for one in found if one.unit not in listed)
