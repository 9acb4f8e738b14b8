"""Values of indicators from typed numbers: one formula for each kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import PARTS, QUOTIENTS, Registry

KEY = ["indicator", "municipality", "period"]
NUMBERS = ["numerator", "denominator", "value"]
# A typed row or a computed value: the indicator's code, the municipality's code, the period's code.
Key = tuple[str, str, str]


def indicator_values(
    entries: pd.DataFrame, registry: Registry, computed: Mapping[Key, float] | None = None
) -> pd.DataFrame:
    """The value of every indicator, municipality and period.

    Share, ratio and index ``100·a/b``, rate ``N·a/b``, per head ``a/b``, growth
    ``100·(a/b) / (a/b of the same period a year before)``, value as typed.

    Parameters
    ----------
    entries : one row per indicator, municipality and period (codes) with float columns numerator,
        denominator and value, nan where the kind has no such number
    registry : what the indicators are
    computed : values of indicators that are computed from results; the keys are (indicator,
        municipality, period)

    Returns
    -------
    DataFrame with columns of KEY and NUMBERS; ``value`` is nan where nobody was counted
    (denominator 0), where a number is missing, or where growth has no year before.

    Raises
    ------
    DataError
        An unknown indicator or period, one that may not be typed or may not be computed, a key
        twice.

    Examples
    --------
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> entries = pd.DataFrame([("П8", "M01", "2026-H1", 45.0, 300.0, np.nan)], columns=KEY+NUMBERS)
    >>> indicator_values(entries, load_registry())["value"].tolist()
    [15.0]
    """
    given = pd.DataFrame(
        [(*key, np.nan, np.nan, value) for key, value in (computed or {}).items()],
        columns=KEY + NUMBERS,
    )
    _check(entries, given, registry)
    frame = entries[KEY + NUMBERS].reset_index(drop=True)
    frame[NUMBERS] = frame[NUMBERS].astype(float)
    kinds = frame["indicator"].map({one.code: one.kind for one in registry})
    factor = frame["indicator"].map({one.code: _factor(one.kind, one.per) for one in registry})
    counted = kinds.isin(QUOTIENTS)
    quotient = frame["numerator"] / frame["denominator"].where(frame["denominator"] > 0)
    frame["value"] = frame["value"].where(~counted, quotient * factor)
    growth = kinds == "growth"
    frame.loc[growth, "value"] = _growth(frame[growth])
    if not given.empty:
        frame = pd.concat([frame, given.astype(dict.fromkeys(NUMBERS, float))], ignore_index=True)
    return frame


def _factor(kind: str, per: int | None) -> float:
    if kind in PARTS or kind == "ratio":
        return 100.0
    return float(per or 1)


def _growth(frame: pd.DataFrame) -> pd.Series:
    """100 · quotient / quotient a year before, nan without one."""
    quotient = dict(
        zip(zip(*(frame[name] for name in KEY), strict=True), frame["value"], strict=True)
    )
    before = [
        quotient.get((code, place, Period.parse(period).year_before.code), np.nan)
        for code, place, period in zip(*(frame[name] for name in KEY), strict=True)
    ]
    base = pd.Series(before, index=frame.index, dtype=float)
    return 100 * frame["value"] / base.where(base > 0)


def _check(entries: pd.DataFrame, given: pd.DataFrame, registry: Registry) -> None:
    problems = []
    kinds = {one.code: one.kind for one in registry}
    both = pd.concat([entries[KEY], given[KEY]], ignore_index=True)
    for code in sorted(set(both["indicator"]) - set(kinds)):
        problems.append(Problem(f"показателя «{code}» нет в реестре", "исправьте код"))
    for text in sorted(period for period in set(both["period"]) if not Period.parse(period)):
        problems.append(Problem(f"периода «{text}» не бывает", "запишите его как 2026 или 2026-H1"))
    for code in sorted(set(entries["indicator"])):
        if kinds.get(code) == "computed":
            rule = f"показатель {code} вычисляется из результатов"
            problems.append(Problem(rule, "уберите введённое значение"))
    for code in sorted(set(given["indicator"])):
        if kinds.get(code, "computed") != "computed":
            rule = f"показатель {code} вводится, а не вычисляется"
            problems.append(Problem(rule, "передайте его строкой таблицы"))
    for row in both[both.duplicated()].drop_duplicates().itertuples(index=False):
        rule = f"показатель {row.indicator}, {row.municipality}, {row.period} задан дважды"
        problems.append(Problem(rule, "оставьте одну строку"))
    if problems:
        raise DataError.from_problems("Значения показателей не приняты", problems)
