"""Methods, limits and the appendix with all numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts import Facts
from msoko_analysis.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.russian import DASH, natural, number
from msoko_analysis.tables import Table
from msoko_analysis.wording.names import VERDICT, school_name
from msoko_analysis.wording.signs import q_value

_KIND = {
    "official": "официальное правило",
    "recommended": "опубликованная рекомендация",
    "own": "расчётная модель пакета",
}
# Limits that decide something in this note, in the order of its sections.
_LIMITS = (
    "spike_q",
    "spike_min_theta",
    "spike_min_pupils",
    "spike_min_tested",
    "level_z",
    "low_share_limit",
    "fioko_markers_watch",
    "participation_drop",
    "small_cell",
    "share_min_n",
)


def methods_text(facts: Facts) -> Stack:
    """What each method compares, how often it errs, what it can not see."""
    return stack(
        [
            Bullets(
                (
                    "Скопление работ у границы отметки (методика пакета). Распределение баллов школы "
                    "сравнивается с распределением по региону без её муниципалитета, приведённым к "
                    "среднему и разбросу школы; все работы года складываются. На честных синтетических "
                    "школах доля ложных сигналов при уровнях 5 % и 1 % проверяется тестами пакета "
                    "(tests/calibration). Отбор — процедура Бенджамини — Хохберга по всем проверенным "
                    "школам региона за год.",
                    "Чего этот признак не видит: подсказки и списывание, заранее известные задания, "
                    "равномерное завышение всех баллов. Отсутствие признака не доказывает, что всё в "
                    "порядке.",
                    "Уровень (методика пакета). Средний результат школы сравнивается со школами того "
                    "же типа с учётом обычного разброса между школами (Spiegelhalter, 2005). Только "
                    "для сведения.",
                    "Много отметок «2» (расчётная модель). Не заменяет официального отнесения к школам "
                    "с низкими образовательными результатами.",
                    "Признаки ФИОКО считаются точно по методике от 19.04.2019; действует ли она без "
                    "изменений, не подтверждено.",
                    "Погрешности — 95 %. Для муниципалитета они учитывают, что ученики одной школы "
                    "похожи. Сравнений в справке много, поэтому отдельное отличие чуть больше "
                    "погрешности ещё ничего не значит.",
                    "Результаты ВПР по правилам их проведения не предназначены для оценки работы "
                    "учителей и школ: справка нужна для методической помощи, школы перечислены по "
                    "алфавиту.",
                )
            ),
            _reference(facts),
        ]
    )


def _reference(facts: Facts) -> Paragraph | None:
    """The reference check: with a good reference the median z of the schools is near zero."""
    row = facts.measure("region", "spike_median_z")
    if row is None or not np.isfinite(row["value"]):
        return None
    value = number(row["value"], 2)
    judged = (
        "в допустимых пределах ±0,1"
        if abs(row["value"]) <= 0.1
        else "вне пределов ±0,1: эталон немного сдвинут, к значениям q у порога нужна осторожность"
    )
    return Paragraph(
        f"Проверка эталона: медиана статистики по {number(row['n'])} школам региона — {value}, {judged}."
    )


def limits_table(facts: Facts) -> Table:
    """Every limit that decided something, with its kind and source."""
    rows = [
        {
            "Предел": entry.title_ru,
            "Значение": entry.value,
            "Чей": _KIND[entry.kind],
            "Источник": entry.source,
        }
        for entry in (facts.run.thresholds[name] for name in _LIMITS)
    ]
    return Table(
        "limits",
        "Таблица 8. Пределы, по которым сделаны выводы",
        pd.DataFrame(rows),
        {"Значение": lambda value: number(value, 0 if value == round(value) else 2)},
    )


def schools_table(facts: Facts) -> Table:
    """Appendix: every school of the district with what was found about it."""
    findings = {(one.code, one.unit): one for one in facts.findings}
    units = {one.unit for one in facts.findings if one.code.endswith("_school")}
    rows = []
    for unit in sorted(units, key=lambda code: natural(school_name(facts, code))):
        spike = findings.get(("spike_school", unit))
        level = findings.get(("level_school", unit))
        low = findings.get(("low_share_school", unit))
        official = findings.get(("fioko_markers_school", unit))
        rows.append(
            {
                "Школа": school_name(facts, unit),
                "Работ": spike.n if spike else np.nan,
                "Статистика z": spike.details["z"] if spike else np.nan,
                "q": spike.q if spike else np.nan,
                "Скопление у границы": VERDICT[spike.verdict] if spike else "—",
                "Уровень, ст. откл.": level.value if level else DASH,
                "Работ с долей «2» выше предела": low.details["papers"] if low else np.nan,
                "Признаков ФИОКО": official.value if official else np.nan,
            }
        )
    return Table(
        "schools",
        "Приложение. Все школы муниципалитета",
        pd.DataFrame(rows),
        {
            "Работ": number,
            "Статистика z": lambda value: number(value, 2),
            "q": q_value,
            "Уровень, ст. откл.": lambda value: number(value, 2),
            "Работ с долей «2» выше предела": number,
            "Признаков ФИОКО": number,
        },
        (
            "По алфавиту. «Скрыто» — группа слишком мала, прочерк — школ такого типа в регионе слишком "
            "мало, чтобы было с чем сравнить.",
        ),
    )
