"""Municipalities against the best one: the best is 100. No ranks unless a run asks with a ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.errors import StatsInputError
from msoko_analysis.monitoring.registry import Registry

Variant = Literal["to_best", "min_max"]
# What is printed beside scores: the official function between the best and the rest is not known.
VARIANTS = {
    "to_best": (
        "100 · x / лучшее; где лучше меньшее — 100 · лучшее / x, а если лучшее — 0, балла у остальных "
        "нет: отношение к нулю не говорит, далеко ли до него. Муниципальная расчётная модель: "
        "в порядке мониторинга прочитано только, что лучший результат равен 100 баллам"
    ),
    "min_max": (
        "100 · (x − худшее) / (лучшее − худшее). Муниципальная расчётная модель: в порядке "
        "мониторинга прочитано только, что лучший результат равен 100 баллам"
    ),
}


@dataclass(frozen=True)
class Scores:
    """Scores 0–100 and the variant they were made by; ``rule_ru`` must be printed beside them.

    ``frame``: indicator, municipality, period, value, best (value of the best), compared
    (municipalities with a value), score, and rank where a ground was given.
    """

    frame: pd.DataFrame
    variant: Variant
    ground: str = ""

    @property
    def rule_ru(self) -> str:
        """The formula in words."""
        return VARIANTS[self.variant]


def scores(
    values: pd.DataFrame, registry: Registry, variant: Variant, *, ground: str = ""
) -> Scores:
    """Score every value against the best of its indicator and period.

    ``to_best``: 100·x/best, or 100·best/x where less is better. ``min_max``:
    100·(x − worst)/(best − worst). The best is always 100.

    Parameters
    ----------
    values : the result of :func:`~msoko_analysis.monitoring.engine.indicator_values`
    registry : says for each indicator what is better
    variant : which function of x
    ground : why a rank is needed (an order, a decision); without it there are no ranks

    Returns
    -------
    Scores in the order of the values. nan where the value is missing, where neither direction is
    better, and where fewer than two municipalities have a value: the only one is not the best.
    Where less is better and the best value is 0, ``to_best`` gives the others nan, not 0: they may be
    as near to it as one likes.

    Raises
    ------
    StatsInputError
        An unknown variant, or a value below 0 with ``to_best``: a quotient of it means nothing.
    DataError
        An indicator that is not in the registry.

    Examples
    --------
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> values = pd.DataFrame({"indicator": "П2", "municipality": ["M01", "M02"],
    ...                        "period": "2026-H1", "value": [8.0, 10.0]})
    >>> scores(values, load_registry(), "to_best").frame["score"].tolist()
    [100.0, 80.0]
    """
    if variant not in VARIANTS:
        raise StatsInputError(f"variant must be one of {', '.join(VARIANTS)}")
    better = {code: registry[code].better for code in sorted(set(values["indicator"]))}
    frame = values[["indicator", "municipality", "period", "value"]].reset_index(drop=True)
    if variant == "to_best" and (frame["value"] < 0).any():
        raise StatsInputError("values below 0 have no share of the best")
    groups = frame.groupby(["indicator", "period"], sort=False)["value"]
    frame["compared"] = groups.transform("count").astype(int)
    direction = frame["indicator"].map(better)
    low, high = groups.transform("min"), groups.transform("max")
    known = (direction != "none") & (frame["compared"] >= 2)
    frame["best"] = low.where(direction == "lower", high).where(known)
    worst = high.where(direction == "lower", low)
    frame["score"] = _score(frame["value"], frame["best"], worst, direction, variant)
    if ground:
        by = frame.groupby(["indicator", "period"], sort=False)["score"]
        frame["rank"] = by.rank(method="min", ascending=False)
    return Scores(frame, variant, ground)


def _score(
    value: pd.Series, best: pd.Series, worst: pd.Series, direction: pd.Series, variant: Variant
) -> pd.Series:
    if variant == "min_max":
        made = 100 * (value - worst) / (best - worst).replace(0, np.nan)
    else:
        lower = direction == "lower"
        made = 100 * value.where(~lower, best) / best.where(~lower, value).replace(0, np.nan)
        made = made.where(~lower | (best != 0))
    return made.where(value != best, 100.0).where(value.notna() & best.notna())
