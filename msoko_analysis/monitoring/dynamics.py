"""Changes between periods and deviations from targets: numbers only, no verdicts."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from msoko_analysis.errors import StatsInputError
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import PARTS, Registry

Step = Literal["year", "period"]
_SIGN = {"higher": 1.0, "lower": -1.0, "none": np.nan}


def changes(values: pd.DataFrame, registry: Registry, step: Step = "year") -> pd.DataFrame:
    """The change of every value since the same period a year before, or the period just before.

    Parameters
    ----------
    values : the result of :func:`~msoko_analysis.monitoring.engine.indicator_values`
    registry : says what is better and which kinds are shares
    step : ``year`` compares like with like where there are seasons; ``period`` is the nearest step

    Returns
    -------
    DataFrame, a row for each value that has a period before it: indicator, municipality, period,
    before_period, before, value, change (value − before), percent (change in % of before, nan when
    that is 0), towards (1 better, −1 worse, 0 same, nan when neither direction is better) and units:
    for a share, how many of those counted the change is worth, ``numerator − before/100 ·
    denominator``. Small units mean few people, whatever the percentage.

    Examples
    --------
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> values = pd.DataFrame({"indicator": "П8", "municipality": "M01",
    ...     "period": ["2025-H1", "2026-H1"], "value": [20.0, 15.0],
    ...     "numerator": [60.0, 45.0], "denominator": [300.0, 300.0]})
    >>> row = changes(values, load_registry()).iloc[0]
    >>> row["before_period"], *(float(row[name]) for name in ("change", "units", "towards"))
    ('2025-H1', -5.0, -15.0, -1.0)
    """
    if step not in ("year", "period"):
        raise StatsInputError("step must be year or period")
    frame = values.dropna(subset=["value"]).reset_index(drop=True)
    before = [period_before(period, step) for period in frame["period"]]
    frame["before_period"] = pd.Series(before, frame.index, dtype=object)
    earlier = frame[["indicator", "municipality", "period", "value"]].rename(
        columns={"period": "before_period", "value": "before"}
    )
    frame = frame.merge(earlier, on=["indicator", "municipality", "before_period"])
    frame["change"] = _difference(frame["value"], frame["before"])
    frame["percent"] = 100 * frame["change"] / frame["before"].replace(0, np.nan)
    sign = frame["indicator"].map(lambda code: _SIGN[registry[code].better]).astype(float)
    frame["towards"] = np.sign(frame["change"]) * sign
    expected = frame["before"] / 100 * frame["denominator"]
    share = frame["indicator"].map(lambda code: registry[code].kind in PARTS).astype(bool)
    frame["units"] = (frame["numerator"] - expected).where(share)
    order = ["indicator", "municipality", "period", "before_period", "before", "value"]
    return frame[[*order, "change", "percent", "units", "towards"]]


def _difference(value: pd.Series, other: pd.Series) -> pd.Series:
    """value − other; the last digits of a quotient are neither a fall nor a missed target."""
    return (value - other).where(~np.isclose(value, other, rtol=1e-12, atol=0), 0.0)


def period_before(period: str, step: Step) -> str:
    """The code of the same period a year before, or of the period just before.

    >>> period_before("2026-H1", "year"), period_before("2026-H1", "period")
    ('2025-H1', '2025-H2')
    """
    parsed = Period.parse(period)
    if parsed is None:
        raise StatsInputError(f"there is no period {period!r}")
    return (parsed.year_before if step == "year" else parsed.previous).code


def deviations(values: pd.DataFrame, targets: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """How far the values are from their targets.

    Parameters
    ----------
    values : the result of :func:`~msoko_analysis.monitoring.engine.indicator_values`
    targets : indicator, municipality, period, target and source, as the template is read
    registry : says what is better

    Returns
    -------
    DataFrame, a row for each target: indicator, municipality, period, target, source, value (nan
    when there is none), deviation (value − target), short (how much is lacking in the direction of
    better, 0 when the target is reached) and reached (1.0, 0.0, or nan without a value or direction).

    Examples
    --------
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> key = {"indicator": ["ДК1"], "municipality": ["M01"], "period": ["2026"]}
    >>> values, targets = pd.DataFrame(key | {"value": [4.0]}), pd.DataFrame(
    ...     key | {"target": [5.0], "source": ["план"]})
    >>> deviations(values, targets, load_registry())[["deviation", "short", "reached"]].values.tolist()
    [[-1.0, 1.0, 0.0]]
    """
    key = ["indicator", "municipality", "period"]
    frame = targets.merge(values[[*key, "value"]], on=key, how="left", validate="one_to_one")
    frame["deviation"] = _difference(frame["value"], frame["target"])
    sign = frame["indicator"].map(lambda code: _SIGN[registry[code].better]).astype(float)
    towards = frame["deviation"] * sign
    frame["short"] = (-towards).clip(lower=0) + 0.0
    frame["reached"] = (towards >= 0).astype(float).where(towards.notna())
    return frame[[*key, "target", "source", "value", "deviation", "short", "reached"]]
