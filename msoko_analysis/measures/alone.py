"""One municipality without its region: nobody is compared with himself."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.measures.official import SOURCE as OFFICIAL
from msoko_analysis.measures.results import REGION


def without_alone(measures: pd.DataFrame, mark_pairs: pd.DataFrame) -> pd.DataFrame:
    """The measures without those that take one municipality for a region.

    Where the pupils of a year and procedure in ``mark_pairs`` are all of one municipality, rows of the
    region go; of measures pooled over procedures, where the whole year is of one. ФИОКО's markers and
    П19 go with the region, because marker (a) compares a school with it.

    >>> pairs = pd.DataFrame({"year": [2021, 2021], "procedure": "VPR", "municipality": ["M1", "M1"]})
    >>> rows = pd.DataFrame(
    ...     {"year": 2021, "procedure": ["VPR", "VPR", ""], "level": ["region", "school", "region"],
    ...      "source": "own"})
    >>> without_alone(rows, pairs)["level"].tolist()
    ['school']
    >>> without_alone(rows, pairs.assign(municipality=["M1", "M2"]))["level"].tolist()
    ['region', 'school', 'region']
    """
    alone = {
        (int(year), procedure)
        for pooled in (mark_pairs, mark_pairs.assign(procedure=""))
        for (year, procedure), places in pooled.groupby(["year", "procedure"])["municipality"]
        if places.nunique() == 1
    }
    keys = zip(measures["year"], measures["procedure"], strict=True)
    here = pd.Series([key in alone for key in keys], measures.index)
    compared = (measures["level"] == REGION) | (measures["source"] == OFFICIAL)
    return measures[~(here & compared)].reset_index(drop=True)
