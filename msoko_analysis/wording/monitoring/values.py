"""Indicators of motivating monitoring in words: values, scores, changes, targets, the interview."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from msoko_analysis.facts.monitoring import MonitoringFacts
from msoko_analysis.monitoring.interview import interview
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.russian import between, counted, listed, number

INDICATORS = ("показатель", "показателя", "показателей")
NOT_LOADED = "Показатели мониторинга не загружены."
_STATE = {1.0: "лучше", -1.0: "хуже", 0.0: "без изменений"}
_REACHED = {1.0: "достигнута", 0.0: "не достигнута"}
# Columns of the sheet that the tables of changes and targets of the same note have.
_ELSEWHERE = ("Изменение", "В единицах", "Не хватает до цели")
_ROOM_NOTE = "Последние три столбца заполняет управление образования."
# More than this many absent values are counted, not listed.
_MOST_ABSENT = 12


def values_text(facts: MonitoringFacts) -> Stack:
    """What was filled in, what was not, and the table of values and scores."""
    if facts.latest.empty:
        return stack([Paragraph(NOT_LOADED)])
    filled = f"За {facts.year} год есть {counted(len(facts.latest), *INDICATORS)} из реестра."
    note = "" if facts.templates else f" {NOT_LOADED} Показаны только те, что вычислены программой."
    last = "Значение показано за последний собранный период года."
    return stack([Paragraph(f"{filled} {last}{note}"), _absent(facts), values_table(facts)])


def _absent(facts: MonitoringFacts) -> Paragraph | None:
    if not facts.absent:
        return None
    if len(facts.absent) > _MOST_ABSENT:
        n = counted(len(facts.absent), "значение", "значения", "значений")
        return Paragraph(f"Не заполнено, хотя у других муниципалитетов есть: {n}.")
    told = (f"{code} ({Period.parse(period).title})" for code, period in facts.absent)
    return Paragraph(f"Не заполнено, хотя у других муниципалитетов есть: {listed(told)}.")


def values_table(facts: MonitoringFacts) -> Table:
    """Values of the year with the best of the region and the score."""
    rows = [
        {
            "Показатель": f"{row.indicator}. {facts.registry[row.indicator].name}",
            "Ед.": facts.registry[row.indicator].unit_ru,
            "Период": Period.parse(row.period).title,
            "Значение": row.value,
            "Лучшее": row.best,
            "Балл": row.score,
            "Сравнено": row.compared,
        }
        for row in facts.latest.itertuples()
    ]
    digits = {"Значение": Digits(2), "Лучшее": Digits(2), "Балл": Digits(1), "Сравнено": Digits()}
    return Table(
        name="Показатели",
        caption="Значения показателей и баллы относительно лучшего значения",
        frame=pd.DataFrame(rows),
        digits=digits,
        notes=_value_notes(facts),
        empty=NOT_LOADED,
    )


def _value_notes(facts: MonitoringFacts) -> tuple[str, ...]:
    chosen = [facts.registry[code] for code in facts.latest["indicator"]]
    lower = [one.code for one in chosen if one.better == "lower"]
    unknown = [one.code for one in chosen if one.status.formula == "unknown"]
    own = [
        one.code for one in chosen if one.status.formula == "proposed" and one.kind != "computed"
    ]
    notes = [
        f"Балл: {facts.scored.rule_ru}.",
        "«Лучшее» — лучшее значение среди муниципалитетов, у которых оно есть («Сравнено» — сколько их). "
        "Порядок строк — как в реестре; места и рейтинги не составляются. Балл не учитывает случайного "
        "разброса: при малой численности его заметно меняет один человек.",
        *_direction_notes(lower, [one.code for one in chosen if one.status.better == "proposed"]),
    ]
    if unknown:
        notes.append(
            f"Формула в источнике не приведена, введено готовое значение: {listed(unknown)}."
        )
    if own:
        notes.append(f"Числитель и знаменатель — предложение проекта: {listed(own)}.")
    if "П20" in {one.code for one in chosen} and facts.assessed is not None:
        notes.append(f"П20 — индекс механизмов. {facts.assessed.edition.note_ru}".rstrip())
    return tuple(notes)


def _direction_notes(lower: list[str], proposed: list[str]) -> list[str]:
    """Where less is better, and where the sources do not say what is better."""
    notes = [f"Лучше меньшее: {listed(lower)}; у остальных лучше большее."] if lower else []
    if proposed:
        notes.append(
            "Что лучше, большее или меньшее, источник не называет, это предложение проекта: "
            f"{listed(proposed)}."
        )
    return notes


def computed_text(facts: MonitoringFacts) -> Stack:
    """Indicators worked out from results, with their intervals and definitions."""
    table = computed_table(facts)
    if table.frame.empty:
        return stack(
            [Paragraph("Показателей, которые вычисляются по результатам школ, за этот год нет.")]
        )
    codes = [code.split(".")[0] for code in table.frame["Показатель"]]
    items = tuple(f"{code}: {_lowered(facts.made_by[code])}." for code in codes)
    text = (
        "Эти показатели не вводятся, а вычисляются по результатам школ. Значения не заменяют "
        "рассчитанных федеральным или региональным оператором. Улучшением или ухудшением разность двух "
        "лет здесь не называется: состав работ по годам разный, а интервалы широкие."
    )
    return stack([Paragraph(text), table, Paragraph("Как вычислено:"), Bullets(items)])


def computed_table(facts: MonitoringFacts) -> Table:
    """Computed values of the year and of the year before."""
    frame = facts.computed[facts.computed["municipality"] == facts.district]
    before = dict(
        zip(zip(frame["indicator"], frame["period"], strict=True), frame["value"], strict=True)
    )
    rows = [
        {
            "Показатель": f"{row.indicator}. {facts.registry[row.indicator].name}",
            "Ед.": facts.registry[row.indicator].unit_ru,
            str(facts.year - 1): before.get((row.indicator, str(facts.year - 1)), np.nan),
            str(facts.year): row.value,
            f"Интервал 95 % ({facts.year})": _interval(row.low, row.high),
        }
        for row in facts.mine(frame).itertuples()
    ]
    digits = {str(facts.year - 1): Digits(2), str(facts.year): Digits(2)}
    caption = "Показатели, вычисленные по результатам школ"
    return Table("Вычисленные", caption, pd.DataFrame(rows), digits)


def _interval(low: float, high: float) -> str | None:
    """The interval within 0 and 100; None where there is none."""
    if not np.isfinite(low + high):
        return None
    return between(max(low, 0.0), min(high, 100.0), 2)


def dynamics_text(facts: MonitoringFacts) -> Stack:
    """How typed indicators changed against the same period a year before."""
    mine = facts.mine(facts.changed)
    if mine.empty:
        why = (
            NOT_LOADED if not facts.templates and facts.assessed is None else _no_year_before(facts)
        )
        return stack([Paragraph(why)])
    counts = [
        f"{word} — {n}" for sign, word in _STATE.items() if (n := (mine["towards"] == sign).sum())
    ]
    text = (
        f"С тем же периодом прошлого года сравнимы {counted(len(mine), 'значение', 'значения', 'значений')}: "
        f"{', '.join(counts)}."
    )
    items = tuple(_worse(facts, row) for row in facts.worse.itertuples())
    return stack(
        [
            Paragraph(text),
            Paragraph("Стало хуже:") if items else None,
            Bullets(items) if items else None,
            dynamics_table(facts),
        ]
    )


def _no_year_before(facts: MonitoringFacts) -> str:
    return f"Значений за {facts.year - 1} год нет, динамика не показывается."


def _worse(facts: MonitoringFacts, row: object) -> str:
    indicator = facts.registry[row.indicator]
    text = (
        f"{facts.registry[row.indicator].called}: было {number(row.before, 2)}, стало {number(row.value, 2)} "
        f"{indicator.unit_ru} ({Period.parse(row.period).title} к тому же периоду прошлого года)"
    )
    if np.isfinite(row.units):
        units = counted(abs(row.units), "единице", "единицам", "единицам")
        text += f"; изменение равно {units} числителя «{indicator.numerator}»"
    return f"{text}."


def dynamics_table(facts: MonitoringFacts) -> Table:
    """Every change of the municipality."""
    rows = [
        {
            "Показатель": facts.registry[row.indicator].called,
            "Ед.": facts.registry[row.indicator].unit_ru,
            "Период": Period.parse(row.period).title,
            "Год назад": row.before,
            "Сейчас": row.value,
            "Изменение": row.change,
            "В единицах": row.units,
            "Стало": _STATE.get(row.towards),
        }
        for row in facts.mine(facts.changed).itertuples()
    ]
    digits = {
        "Год назад": Digits(2), "Сейчас": Digits(2), "Изменение": Digits(2, signed=True),
        "В единицах": Digits(0, signed=True),
    }  # fmt: skip
    notes = (
        "«В единицах» — скольким людям, организациям или рублям числителя равно изменение доли. Изменение "
        "само по себе не говорит о причине.",
    )
    caption = "Изменение показателей за год"
    return Table("Динамика", caption, pd.DataFrame(rows), digits, notes)


def targets_text(facts: MonitoringFacts) -> Stack:
    """Targets of the year: reached, not reached, without a value."""
    mine = facts.mine(facts.short_of)
    if not facts.templates:
        return stack([Paragraph(NOT_LOADED)])
    if mine.empty:
        return stack([Paragraph(f"Целевых значений на {facts.year} год не задано.")])
    known = mine["reached"].notna()
    reached, missed = int((mine["reached"] == 1).sum()), int((mine["reached"] == 0).sum())
    text = (
        f"Целевых значений — {len(mine)}; достигнуто — {reached}, не достигнуто — {missed}, нет значения "
        f"показателя — {int((~known).sum())}."
    )
    items = tuple(
        f"{facts.registry[row.indicator].called}: значение {number(row.value, 2)}, цель "
        f"{number(row.target, 2)} {facts.registry[row.indicator].unit_ru}, не хватает {number(row.short, 2)}."
        for row in facts.missed.itertuples()
    )
    return stack([Paragraph(text), Bullets(items) if items else None, targets_table(facts)])


def targets_table(facts: MonitoringFacts) -> Table:
    """Every target of the municipality with its ground."""
    rows = [
        {
            "Показатель": facts.registry[row.indicator].called,
            "Ед.": facts.registry[row.indicator].unit_ru,
            "Период": Period.parse(row.period).title,
            "Цель": row.target,
            "Значение": row.value,
            "Отклонение": row.deviation,
            "Итог": _REACHED.get(row.reached, "нет значения"),
            "Основание цели": row.source,
        }
        for row in facts.mine(facts.short_of).itertuples()
    ]
    digits = {"Цель": Digits(2), "Значение": Digits(2), "Отклонение": Digits(2, signed=True)}
    return Table("Цели", "Целевые значения и отклонения", pd.DataFrame(rows), digits)


def interview_table(facts: MonitoringFacts) -> Table:
    """The sheet for the interview, with room for people; sizes of changes stand in the tables above."""
    sheet = interview(
        facts.mine(facts.changed), facts.mine(facts.short_of), facts.registry, facts.district
    )
    kept = [name for name in sheet.frame if name not in _ELSEWHERE]
    return replace(sheet, frame=sheet.frame[kept], notes=(*sheet.notes[:1], _ROOM_NOTE))


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
