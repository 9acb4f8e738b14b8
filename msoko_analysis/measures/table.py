"""The long table of measures of one year."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.level import level_rows
from msoko_analysis.measures.official import official_rows
from msoko_analysis.measures.results import result_rows
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.measures.spike import spike_rows
from msoko_analysis.params import Thresholds

_ORDER = ["procedure", "grade", "subject", "level", "municipality", "unit", "indicator"]


def measure_year(year: Year, previous: Year | None, thresholds: Thresholds) -> pd.DataFrame:
    """Every measure of every school, municipality and the region, one row each.

    Columns: :data:`COLUMNS`. ``n`` is the number of pupils (or schools, for p19) behind the value,
    ``count`` the numerator of a share, ``low``/``high`` a 95 % interval unless the method says
    otherwise, ``p``/``q`` filled for tests only. A measure pooled over papers has an empty subject.
    """
    parts = [
        *result_rows(year),
        *spike_rows(year, previous, thresholds),
        *level_rows(year),
        *official_rows(year, previous),
    ]
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame(columns=list(COLUMNS))
    numbers = ["n", "count", "value", "low", "high", "p", "q"]
    whole = pd.concat([part.astype(dict.fromkeys(numbers, float)) for part in kept])
    return whole.sort_values(_ORDER, kind="stable", ignore_index=True)
