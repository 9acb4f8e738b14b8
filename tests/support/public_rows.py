"""Rows of the public table of measures, made by hand, and what the judges say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.findings import Finding, judge
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.run import Thresholds

YEAR, TOWN = 2026, "A"
POOLED = {"procedure": "", "grade": 0, "subject": ""}


def row(indicator: str, **fields) -> dict:
    """A row of the public table; by default of school 1, pooled over papers, not hidden."""
    blank = {
        "year": YEAR, **POOLED, "level": "school", "municipality": TOWN, "unit": "1",
        "n": 100.0, "count": np.nan, "value": 0.0, "low": np.nan, "high": np.nan, "p": np.nan,
        "q": np.nan, "method": "signs", "source": "own", "hidden": False,
    }  # fmt: skip
    return {**blank, "indicator": indicator, **fields}


def judged(rows: Sequence[dict], thresholds: Thresholds) -> dict[tuple[str, str], Finding]:
    """Findings by code and unit; every finding has a name of its own."""
    public = PublicMeasures(pd.DataFrame(rows).reindex(columns=[*COLUMNS, "hidden"]))
    found = judge(public, TOWN, YEAR, thresholds)
    assert len({one.id for one in found}) == len(found)
    return {(one.code, one.unit): one for one in found}
