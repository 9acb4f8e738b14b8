"""Equal opportunity: how unequal the schools are, whether that changes, and what context explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.facts import Facts
from msoko_analysis.figures import Figure
from msoko_analysis.figures.intervals import SchoolIntervals, school_intervals
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.context import METHOD
from msoko_analysis.measures.equity_levels import METHOD as LEVELS
from msoko_analysis.prose import Paragraph, Stack, stack
from msoko_analysis.russian import DASH, NBSP, between, counted, listed, natural, number, percent
from msoko_analysis.tables import HIDDEN, Digits, Table
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.levels import (
    by_levels,
    counted_only,
    counts_of,
    gaps_notes,
    highest,
    measure_names,
)
from msoko_analysis.wording.names import district_cases, school_name, school_names
from msoko_analysis.wording.numbering import figure_title, in_table, table_title

_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
_CHANGED = (Verdict.WATCH, Verdict.NO_CONCERN)
PAGE = 40
"""Schools on one page of the figure."""
SIDE = {1.0: "вырос", -1.0: "сократился", 0.0: "не изменился"}
_GAP = "разрыв между четвертью лучших и четвертью худших школ"
_FEW = (
    "Различия между школами муниципалитета не приводятся: школ слишком мало, и такой показатель был бы "
    "сведением об отдельных школах."
)


_FEW_PUPILS = (
    "Различия между школами муниципалитета не приводятся: школ или участников на одном из уровней слишком "
    "мало, чтобы их оценить."
)


@dataclass(frozen=True)
class _Measure:
    """A row of the table: its words, and what the value is multiplied by, with how many digits."""

    name: str
    indicator: str
    factor: float
    digits: int


_MEASURES = (
    _Measure("Доля различий результатов, приходящаяся на школы, %", "icc", 100, 1),
    _Measure("Четверть лучших школ − четверть худших, п. п.", "school_gap_quarter", 1, 1),
    _Measure("Четверть лучших школ : четверть худших, раз", "school_ratio_quarter", 1, 2),
    _Measure("Сильные ученики − слабые (P90 − P10), п. п.", "pupil_gap", 1, 1),
    _Measure("Обособленность не достигших минимума, %", "isolation", 100, 1),
    _Measure("Обособленность участников с высшим результатом, %", "isolation_highest", 100, 1),
    _Measure("Город − село, стандартных отклонений", "v_gap_location", 1, 2),
    _Measure("Гимназии и лицеи − остальные, стандартных отклонений", "v_gap_type", 1, 2),
    _Measure("Индекс Тейла (справочно)", "theil", 1, 3),
    _Measure("Индекс Джини (справочно)", "gini", 1, 3),
)


def equity_text(facts: Facts) -> Stack:
    """What the differences between schools mean, in plain words."""
    if facts.measure("region", "icc") is None:
        return stack([Paragraph(NOT_DETERMINED)])
    said = [
        Paragraph(_between_schools(facts), facts.of("inequality_district", *Verdict)),
        Paragraph(_gap(facts), facts.of("gap_change_district", *_CHANGED)[:1]),
        Paragraph(_context(facts)),
        Paragraph(_resilient(facts)),
    ]
    return stack(one for one in said if one.text)


def _between_schools(facts: Facts) -> str:
    one = next(iter(facts.of("inequality_district", *Verdict)), None)
    if one is None:
        return _FEW_PUPILS if by_levels(facts) else _FEW
    compared = {
        1.0: "это больше, чем по региону",
        -1.0: "это меньше, чем по региону",
        0.0: "больше это, чем по региону, или меньше, по этим данным не различить",
    }
    known = one.verdict != Verdict.TOO_FEW
    text = (
        f"Результаты учеников различаются и внутри школ, и между школами. На различия между школами "
        f"{district_cases(facts).genitive} приходится {share_text(one)}, "
        f"по региону — {percent(100 * one.limit)}"
    )
    ended = f"; {compared[one.details['side']]}. " if known else ". "
    return (
        f"{text}{ended}Чем больше эта доля, тем сильнее результат ученика связан с тем, в какой школе он "
        f"учится; причина может быть и в составе учеников, и в условиях, и в работе школ.{_from(facts)}"
    )


def _from(facts: Facts) -> str:
    """« Рассчитано по числу участников на уровнях …», where that is all the data tell."""
    if not by_levels(facts):
        return ""
    return f" Рассчитано по числу {counts_of(facts)}: баллов учеников в данных нет."


def share_text(one: Finding) -> str:
    """«18 % (95 %: от 4 до 33 %)»."""
    text = percent(100 * one.value)
    if one.verdict == Verdict.TOO_FEW:
        return text
    low, high = 100 * max(one.low, 0.0), 100 * min(one.high, 1.0)
    return f"{text} (95{NBSP}%: {between(low, high)}{NBSP}%)"


def _gap(facts: Facts) -> str:
    row = facts.measure("municipality", "school_gap_quarter")
    if row is None or row["hidden"]:
        return "" if not facts.of("inequality_district", *Verdict) else (
            "Разрыв между четвертью лучших и четвертью худших школ не приводится: для него нужно не меньше "
            f"восьми школ.{_changed(facts)}"
        )  # fmt: skip
    region = facts.value("region", "school_gap_quarter")
    unit = f"доли {highest(facts)}" if by_levels(facts) else "доли максимального балла"
    return (
        "Между четвертью школ с наибольшими результатами и четвертью с наименьшими — "
        f"{number(row['value'])}{NBSP}п.{NBSP}п. ({unit}; 95{NBSP}%: "
        f"{between(row['low'], row['high'])}), по региону {number(region)}. В малом муниципалитете разрыв "
        f"меньше уже потому, что школ мало.{_changed(facts)}"
    )


def _changed(facts: Facts) -> str:
    """« За год разрыв не изменился (…).», or why that can not be told."""
    one = change(facts)
    if one is None:
        return " С прошлым годом сравнить нельзя."
    return f" {change_sentence(one)}"


def change(facts: Facts) -> Finding | None:
    """The change of the gap that speaks for the district."""
    return next(iter(facts.of("gap_change_district", *_CHANGED)), None)


def change_sentence(one: Finding) -> str:
    """«За год разрыв между … школ заметно не изменился: −0,5 п. п. (95 %: от −3 до 2) …»"""
    of_schools = one.unit_of_value == "percent"
    name = _GAP if of_schools else "показатель различий между школами"
    factor = 1 if of_schools else 100
    size = Digits(1, signed=True)(factor * one.value)
    said = SIDE[one.details["side"]].replace("не изменился", "заметно не изменился")
    return (
        f"За год {name} {said}: {size}{NBSP}п.{NBSP}п. (95{NBSP}%: "
        f"{between(factor * one.low, factor * one.high, 1)}); сравниваются разные ученики и {_same(one)}."
    )


def _same(one: Finding) -> str:
    return "одни и те же уровни" if LEVELS in one.method else "работы с той же шкалой"


def _context(facts: Facts) -> str:
    found = facts.of("expectation_school", *Verdict)
    if not found and by_levels(facts):
        return ""  # the first page says what needs scores
    if not found:
        return (
            "С ожидаемым при условиях школ результаты не сравниваются: школ в регионе слишком мало."
        )
    above, below = (sum(one.details["side"] == side for one in found) for side in (1, -1))
    strength = facts.value("region", "context_strength")
    likely = percent(100 * found[0].limit)
    return (
        f"Условия ({_conditions(found[0])}) объясняют {percent(100 * strength)} различий между школами "
        f"региона. С вероятностью не меньше {likely} результат выше ожидаемого при своих условиях у "
        f"{counted(above, *_OF_SCHOOLS)}, ниже — у {counted(below, *_OF_SCHOOLS)} из {number(len(found))}; "
        "по остальным этого сказать нельзя. Отличие от ожидаемого — не оценка работы школы: известны не все "
        "условия."
    )


def _conditions(one: Finding) -> str:
    return one.method.removeprefix(METHOD)


def _resilient(facts: Facts) -> str:
    found = facts.of("resilient_school", *Verdict)
    units = [one.unit for one in found if one.details["resilient"]]
    if not found:
        return ""
    likely = percent(100 * found[0].limit)
    among = f"Среди {counted(len(found), *_OF_SCHOOLS)} муниципалитета с наименее благоприятными условиями"
    if not units:
        return f"{among} резильентных (результат выше ожидаемого и не ниже средней школы региона) не найдено."
    return (
        f"{among} превосходят ожидаемое и достигают результата средней школы региона с вероятностью не "
        f"меньше {likely} (резильентные): {listed(school_names(facts, units))}. Их опыт полезен школам в "
        "таких же условиях. Школы с признаками, требующими проверки, здесь не называются."
    )


def equity_figures(facts: Facts) -> Stack:
    """All schools of the district with their intervals, what is usual for them, and the region."""
    rows = school_rows(facts)
    if not len(rows):
        return stack([])
    pages = [rows[first : first + PAGE] for first in range(0, len(rows), PAGE)]
    return stack(_page(facts, page, place) for place, page in enumerate(pages))


def school_rows(facts: Facts) -> list[str]:
    """Schools that have a public result over the papers of the year, alphabetically."""
    table = facts.public.table
    mine = table[
        table["year"].eq(facts.year) & table["level"].eq("school")
        & table["municipality"].eq(facts.district) & table["indicator"].eq(_result(facts))
        & ~table["hidden"]
    ]  # fmt: skip
    return sorted(mine["unit"], key=lambda unit: natural(school_name(facts, unit)))


def _result(facts: Facts) -> str:
    """The measure of schools that the figure shows."""
    return "highest_share" if by_levels(facts) else "result"


def _page(facts: Facts, units: list[str], place: int) -> Figure:
    rows = [facts.pooled(unit, _result(facts)) for unit in units]
    usual = [facts.pooled(unit, "expected_result") for unit in units]
    value, low, high = (np.array([row[name] for row in rows]) for name in ("value", "low", "high"))
    expected = np.array([np.nan if row is None else row["value"] for row in usual], dtype=float)
    found = facts.of("expectation_school", *Verdict)
    named = f" ({_conditions(found[0])})" if found else ""
    rest = " (продолжение)" if place else ""
    return school_intervals(
        SchoolIntervals(
            [school_name(facts, unit) for unit in units], value, low, high, expected,
            facts.value("region", _result(facts)),
        ),
        axis_title=_axis(facts),
        name=f"equity-{place + 1}",
        caption=figure_title(
            facts, "equity",
            _caption(facts, rest, named),
        ),
        description=(
            f"Точечная диаграмма: {counted(len(units), *_SCHOOLS)} муниципалитета с 95-процентными "
            f"интервалами рядом с {'регионом' if by_levels(facts) else 'ожидаемым при их условиях'}; "
            "выводы — в тексте раздела."
        ),
    )  # fmt: skip


def _axis(facts: Facts) -> str:
    if by_levels(facts):
        return f"доля участников с результатом {highest(facts)}, %"
    return "средний результат по работам года, % максимума"


def _caption(facts: Facts, rest: str, conditions: str) -> str:
    if by_levels(facts):
        return (
            f"Доля участников с результатом {highest(facts)}{counted_only(facts)}{rest}: ромб и отрезок — "
            f"школа и 95{NBSP}%, притянутые к доле по региону тем сильнее, чем меньше участников; пунктир — "
            "регион. По алфавиту"
        )
    return (
        f"Результаты школ{rest}: ромб и отрезок — школа и 95{NBSP}%, черта — что обычно при таких "
        f"условиях{conditions}, пунктир — регион. По алфавиту"
    )


def gaps_table(facts: Facts) -> Table:
    """Measures of inequality of the district beside the region, and their change."""
    rows, names = [], measure_names(facts)
    for measure in _MEASURES:
        row = facts.measure("municipality", measure.indicator)
        if row is None:
            continue
        rows.append(
            {
                "Показатель": names.get(measure.indicator, measure.name),
                "Значение (95 %)": _value(row, measure),
                "В регионе": _value(
                    facts.measure("region", measure.indicator), measure, ends=False
                ),
                "За год (95 %)": _value(
                    facts.measure("municipality", f"{measure.indicator}_change"),
                    measure,
                    signed=True,
                ),
                "Показатель за год": conclusion(facts, measure.indicator),
            }
        )
    return Table(
        "gaps",
        table_title(facts, "gaps", "Различия в результатах и их изменение"),
        pd.DataFrame(rows),
        {},
        gaps_notes(facts)
        if names
        else (
            "По всем работам года; четверти — по средним результатам школ. Обособленность — насколько не "
            "достигшие минимума собраны в одних школах сверх случайного: 0 — распределены случайно, 100 — "
            "учатся отдельно. Город − село и гимназии − остальные — разница в стандартных отклонениях "
            "балла. «Вырос» и «сократился» пишутся, только если 95-процентный интервал изменения не "
            "содержит нуля; показателей несколько, и в одном из двадцати сравнений без всяких перемен это "
            "случается. Прочерк — показатель не определяется.",
            "Индексы Тейла и Джини зависят от трудности работы и начала шкалы: по ним нельзя сравнивать "
            "работы и годы, приведены справочно.",
        ),
        empty=NOT_DETERMINED,
    )


def _value(
    row: pd.Series | None, measure: _Measure, *, signed: bool = False, ends: bool = True
) -> str:
    """«12,3 (10,1…14,5)»."""
    if row is None or (not row["hidden"] and not np.isfinite(row["value"])):
        return DASH
    if row["hidden"]:
        return HIDDEN
    digits = Digits(measure.digits, signed=signed)
    text = digits(measure.factor * row["value"])
    if not ends or not np.isfinite(row["low"]):
        return text
    low, high = row["low"], row["high"]
    if (
        measure.factor == 100 and not signed
    ):  # a share: the interval reaches beyond 0…1 by its error
        low, high = max(low, min(row["value"], 0.0)), min(high, 1.0)
    low, high = (digits(measure.factor * one) for one in (low, high))
    return f"{text} ({low}…{high})"


def conclusion(facts: Facts, indicator: str) -> str:
    """«вырос», «сократился», «не изменился» for one measure; a dash where there is no interval."""
    if indicator.startswith(("theil", "gini")):
        return "справочно"
    unit = f"{facts.district}:{indicator}"
    found = [one for one in facts.of("change_district", Verdict.NO_CONCERN) if one.unit == unit]
    return SIDE[found[0].details["side"]] if found else DASH


def models_table(facts: Facts) -> Table:
    """П22, П23 and П24 by every way to work them out, with its definition."""
    rows = []
    for indicator in ("p22", "p23", "p24"):
        for model in facts.run.equity_models.of(indicator):
            name = f"{indicator}_{model.variant}"
            row = facts.measure("municipality", name)
            if row is None:
                continue
            measure = _Measure("", name, 1, 1)
            rows.append(
                {
                    "Показатель": f"П{indicator[1:]}" + (" (основной)" if model.default else ""),
                    "Вариант и определение": f"{model.title_ru}. {model.definition_ru}.",
                    "Значение, % (95 %)": _value(row, measure),
                    "В регионе, %": _value(facts.measure("region", name), measure, ends=False),
                    "За год, п. п. (95 %)": _value(
                        facts.measure("municipality", f"{name}_change"), measure, signed=True
                    ),
                    "Показатель за год": conclusion(facts, name),
                }
            )
    return Table(
        "models",
        table_title(facts, "models", "П22–П24: расчётная модель по вариантам"),
        pd.DataFrame(rows),
        {},
        (
            "Показатели рассчитаны по расчётной модели и не заменяют значений регионального или "
            "федерального оператора: официальные формулы не найдены. У П24 больше — значит школы "
            f"различаются меньше. {_choice(facts)}",
        ),
        empty=NOT_DETERMINED,
    )  # fmt: skip


def _choice(facts: Facts) -> str:
    """How the conclusion about П24 depends on the way it is worked out."""
    said = {
        conclusion(facts, f"p24_{model.variant}") for model in facts.run.equity_models.of("p24")
    } - {DASH}
    if not said:
        return "Изменение за год по этим данным не определяется."
    if len(said) == 1:
        return f"Вывод об изменении П24 от варианта не зависит: {said.pop()}."
    return f"Вывод об изменении П24 зависит от варианта ({listed(sorted(said))}): опираться на него нельзя."


def in_gaps(facts: Facts) -> str:
    """«в таблице 7»."""
    return in_table(facts, "gaps")
