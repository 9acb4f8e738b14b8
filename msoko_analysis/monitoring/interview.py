"""The sheet for the yearly interview («собеседование»): what fell, and room to say why."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import Registry
from msoko_analysis.page.tables import Digits, Table

# Filled by people: the numbers do not say why.
ROOM = ("Почему", "Что сделано", "Документ")
_NOTES = (
    "В списке показатели, значение которых стало хуже, и показатели, цель по которым не достигнута. "
    "Изменение само по себе не говорит о причине: при малой численности его даёт один человек.",
    "«В единицах» — скольким людям, организациям или рублям из посчитанных равно изменение доли. "
    "Последние три столбца заполняет управление образования.",
)


def interview(
    changed: pd.DataFrame, short_of: pd.DataFrame, registry: Registry, municipality: str
) -> Table:
    """Indicators of one municipality that became worse or are short of a target.

    Parameters
    ----------
    changed, short_of : results of :func:`~msoko_analysis.monitoring.dynamics.changes` and
        :func:`~msoko_analysis.monitoring.dynamics.deviations`
    registry : names and units
    municipality : its code

    Returns
    -------
    Table in the order of the registry, with empty columns for people; it goes on the page, into CSV
    and, by :func:`~msoko_analysis.page.tables.workbook`, into Excel.

    >>> from msoko_analysis.monitoring.dynamics import changes, deviations
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> values = pd.DataFrame({"indicator": "П35", "municipality": "M01", "period": ["2025", "2026"],
    ...     "numerator": [2.0, 3.0], "denominator": 1000.0, "value": [2.0, 3.0]})
    >>> targets = pd.DataFrame(columns=["indicator", "municipality", "period", "target", "source"])
    >>> fallen = changes(values, load_registry())
    >>> below = deviations(values, targets.astype({"target": float}), load_registry())
    >>> interview(fallen, below, load_registry(), "M01").frame[["Было", "Стало"]].values.tolist()
    [[2.0, 3.0]]
    """
    worse = changed[(changed["municipality"] == municipality) & (changed["towards"] < 0)]
    below = short_of[(short_of["municipality"] == municipality) & (short_of["reached"] == 0)]
    change = {(row.indicator, row.period): row for row in worse.itertuples()}
    target = {(row.indicator, row.period): row for row in below.itertuples()}
    place = {one.code: number for number, one in enumerate(registry)}
    wanted = sorted(change.keys() | target.keys(), key=lambda key: (place[key[0]], key[1]))
    rows = [_row(registry, *key, change.get(key), target.get(key)) for key in wanted]
    places = ("Было", "Стало", "В единицах", "Цель", "Не хватает до цели")
    return Table(
        name="Собеседование",
        caption="Показатели к собеседованию",
        frame=pd.DataFrame(rows),
        digits={name: Digits(2) for name in places} | {"Изменение": Digits(2, signed=True)},
        notes=_NOTES,
        empty="Показателей, ставших хуже или не достигших цели, нет.",
    )


def _row(registry: Registry, code: str, period: str, change: tuple, target: tuple) -> dict:
    """One row; what is not known is nan and printed as a dash."""
    nan = float("nan")
    indicator = registry[code]
    return {
        "Показатель": indicator.called,
        "Ед.": indicator.unit_ru,
        "Период": Period.parse(period).title,
        "Было": change.before if change else nan,
        "Стало": (change or target).value,
        "Изменение": change.change if change else nan,
        "В единицах": change.units if change else nan,
        "Цель": target.target if target else nan,
        "Не хватает до цели": target.short if target else nan,
    } | dict.fromkeys(ROOM, "")
