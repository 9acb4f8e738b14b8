"""Measures of inequality and П22–П24 as tables."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.measures import CHANGE, measure
from msoko_analysis.russian import DASH, NBSP, first_capital, listed, number
from msoko_analysis.wording.equity import SIDE
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.levels import (
    gaps_notes,
    measure_names,
)
from msoko_analysis.wording.names import paper_name
from msoko_analysis.wording.numbering import table_title

# Measures of the table and the digits they are printed with.
_DIGITS = {
    "icc": 1,
    "school_gap_quarter": 1,
    "school_ratio_quarter": 2,
    "pupil_gap": 1,
    "isolation": 1,
    "isolation_highest": 1,
    "v_gap_location": 2,
    "v_gap_type": 2,
    "theil": 3,
    "gini": 3,
}


def gaps_table(facts: Facts) -> Table:
    """Measures of inequality of the district beside the region, and their change."""
    rows, names = [], measure_names(facts)
    for code, digits in _DIGITS.items():
        row = facts.measure("municipality", code)
        if row is None:
            continue
        told = partial(_value, digits=digits)
        rows.append(
            {
                "Показатель": names.get(code) or first_capital(measure(code).heading),
                "Значение (95 %)": told(row),
                "В регионе": told(facts.measure("region", code), ends=False),
                "За год (95 %)": told(
                    facts.measure("municipality", f"{code}{CHANGE}"), signed=True
                ),
                "Показатель за год": conclusion(facts, code),
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
            *_corrected(facts),
        ),
        empty=NOT_DETERMINED,
    )


def _corrected(facts: Facts) -> list[str]:
    """Shares of schools in the region as observed and of true scores, paper by paper."""
    told = []
    for paper in facts.papers:
        plain, corrected = (
            facts.measure("region", name, paper) for name in ("icc", "icc_corrected")
        )
        if plain is not None and corrected is not None:
            shares = " и ".join(number(100 * one["value"], 1) for one in (plain, corrected))
            told.append(f"{paper_name(facts, paper)} — {shares}{NBSP}%")
    if not told:
        return []
    return [
        "Погрешность работы занижает долю различий, приходящуюся на школы. В регионе наблюдаемая доля и "
        f"доля с поправкой на надёжность работы: {'; '.join(told)}."
    ]


def _value(
    row: pd.Series | None, digits: int = 1, *, signed: bool = False, ends: bool = True
) -> str:
    """«12,3 (10,1…14,5)» in the unit of the measure."""
    if row is None or (not row["hidden"] and not np.isfinite(row["value"])):
        return DASH
    if row["hidden"]:
        return HIDDEN
    written, times = Digits(digits, signed=signed), measure(row["indicator"]).record.times
    text = written(times * row["value"])
    if not ends or not np.isfinite(row["low"]):
        return text
    low, high = row["low"], row["high"]
    if times == 100 and not signed:  # a share: the interval reaches beyond 0…1 by its error
        low, high = max(low, min(row["value"], 0.0)), min(high, 1.0)
    low, high = (written(times * one) for one in (low, high))
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
            rows.append(
                {
                    "Показатель": f"П{indicator[1:]}" + (" (основной)" if model.default else ""),
                    "Вариант и определение": f"{model.title_ru}. {model.definition_ru}.",
                    "Значение, % (95 %)": _value(row),
                    "В регионе, %": _value(facts.measure("region", name), ends=False),
                    "За год, п. п. (95 %)": _value(
                        facts.measure("municipality", f"{name}{CHANGE}"), signed=True
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
