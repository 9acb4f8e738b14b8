"""How many works there are against the year before, from the numbers that the documents print."""

from __future__ import annotations

import pandas as pd

_PAPER = ["procedure", "grade", "subject"]
_MEANS = ("mean_percent", "mean_test_score")


def compared_works(
    quality: pd.DataFrame, public: pd.DataFrame, municipality: str, year: int
) -> tuple[int, int]:
    """Works of a municipality the year before and now, over the papers held in both years.

    Only papers whose number of works may be printed in both years: a sum over all would give away,
    less the printed ones, how many wrote a hidden one. ``quality`` as of
    :func:`msoko_analysis.ingest.quality.quality_table`, ``public`` the rows that have passed the gate.

    >>> paper = {"procedure": "VPR", "grade": 4, "municipality": "M01"}
    >>> both = [{**paper, "subject": one, "check": "participation", "year": 2026} for one in ("RU", "MA")]
    >>> rows = [
    ...     {**paper, "subject": subject, "year": year, "level": "municipality", "unit": "M01",
    ...      "indicator": "mean_percent", "n": n, "hidden": n < 5}
    ...     for subject, year, n in (("RU", 2025, 60), ("RU", 2026, 57), ("MA", 2025, 41), ("MA", 2026, 4))
    ... ]
    >>> compared_works(pd.DataFrame(both), pd.DataFrame(rows), "M01", 2026)
    (60, 57)
    """
    held = quality[
        quality["check"].eq("participation")
        & quality["year"].eq(year)
        & quality["municipality"].eq(municipality)
    ]
    mine = public[
        public["level"].eq("municipality")
        & public["unit"].eq(municipality)
        & public["indicator"].isin(_MEANS)
        & ~public["hidden"]
    ]
    before, now = (
        mine[mine["year"].eq(one)].set_index(_PAPER)["n"].rename(name)
        for one, name in ((year - 1, "before"), (year, "now"))
    )
    both = held[_PAPER].drop_duplicates().set_index(_PAPER).join([before, now], how="left").dropna()
    return round(both["before"].sum()), round(both["now"].sum())
