"""What the region itself does at the cut «3»: schools are compared with it, so it is said first."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.params.procedures import procedures
from msoko_analysis.russian import number
from msoko_analysis.wording.signs import against_region


def lifted_share(rows: Iterable[pd.Series | None]) -> str:
    """The share lifted over «3» in the region, of rows of the measure lifted_3 whose interval stands
    above 0: «примерно 30 %» or «от 24 до 42 %»; empty where there is none.

    >>> rows = [pd.Series({"value": 24.4, "low": 18.0}), pd.Series({"value": 42.3, "low": 32.0})]
    >>> lifted_share([*rows, None, pd.Series({"value": 3.0, "low": -8.0})])
    'от 24 до 42\\xa0%'
    """
    told = [number(min(row["value"], 100.0)) for row in beyond_curve(rows)]
    if not told:
        return ""
    least, most = min(told, key=int), max(told, key=int)
    return f"примерно {least}\xa0%" if least == most else f"от {least} до {most}\xa0%"


def beyond_curve(rows: Iterable[pd.Series | None]) -> list[pd.Series]:
    """The rows of lifted_3 that are known and whose interval stands above 0."""
    return [row for row in rows if row is not None and row["low"] > 0]


def region_habit(facts: Facts) -> str:
    """«региона, где над границей «3» …», for a note or a letter; empty where the region is no measure
    of its schools, or no heap of its own is seen."""
    if facts.alone or not against_region(facts):
        return ""
    known = procedures()
    rows = [
        facts.measure("region", "lifted_3", paper)
        for paper in facts.papers
        if known[paper.procedure].kind == "school"
    ]
    share = lifted_share(rows)
    return (
        f"региона, где над границей «3» поднято {share} тех, кому не хватило 1–2 баллов"
        if share
        else ""
    )
