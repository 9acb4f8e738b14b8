"""Which shares of monitoring stay behind the other municipalities beyond what their size allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from msoko_analysis.stats.wilson import share

#: With one other municipality its own value would be told.
FEWEST_OTHERS = 2


@dataclass(frozen=True)
class Behind:
    """A share of a municipality, in per cent, on the worse side of the others' two years in a row.

    ``low``, ``high`` its 95 % interval (Wilson); ``others`` the share of all other municipalities
    together, of this period.
    """

    indicator: str
    period: str
    value: float
    low: float
    high: float
    others: float


def judge_behind(shares: pd.DataFrame, municipality: str, year: int) -> tuple[Behind, ...]:
    """The shares that stay behind, each by its last period of the year.

    Parameters
    ----------
    shares : indicator, municipality, period, before_period (the same a year before), numerator,
        denominator, higher (whether more is better); a row without the two counts takes no part
    municipality, year : whose shares, of which year

    A share stays behind when its whole 95 % interval is on the worse side of the pooled share of the
    others in the period and in the same period a year before: of a few people hardly any share does.
    Not judged with fewer than :data:`FEWEST_OTHERS` others.

    >>> shares = pd.DataFrame({"indicator": "П34", "municipality": ["A", "B", "C"] * 2,
    ...     "period": ["2026"] * 3 + ["2025"] * 3, "before_period": ["2025"] * 3 + ["2024"] * 3,
    ...     "numerator": [40.0, 60.0, 60.0] * 2, "denominator": 100.0, "higher": True})
    >>> [(one.indicator, one.value, one.others) for one in judge_behind(shares, "A", 2026)]
    [('П34', 40.0, 60.0)]
    """
    known = shares.dropna(subset=["numerator", "denominator"])
    known = known[known["denominator"] > 0]
    mine = known[known["municipality"] == municipality]
    mine = mine[mine["period"].str.startswith(str(year))].sort_values("period")
    return tuple(_behind(known, mine.drop_duplicates("indicator", keep="last")))


def _behind(known: pd.DataFrame, mine: pd.DataFrame) -> Iterator[Behind]:
    for row in mine.itertuples():
        now, before = (
            _worse(known, row.indicator, period, row.municipality, row.higher)
            for period in (row.period, row.before_period)
        )
        if now and before:
            yield now


def _worse(
    known: pd.DataFrame, indicator: str, period: str, municipality: str, higher: bool
) -> Behind | None:
    """The share against the others of one period; None where it is not worse or not known."""
    rows = known[(known["indicator"] == indicator) & (known["period"] == period)]
    own = rows[rows["municipality"] == municipality]
    others = rows[rows["municipality"] != municipality]
    if own.empty or len(others) < FEWEST_OTHERS:
        return None
    counted = share(own["numerator"].to_numpy(), own["denominator"].to_numpy())
    value = float(counted.value[0])
    low, high = (float(end[0]) for end in counted.interval())
    pooled = float(others["numerator"].sum() / others["denominator"].sum())
    if not (high < pooled if higher else low > pooled):
        return None
    return Behind(indicator, period, 100 * value, 100 * low, 100 * high, 100 * pooled)
