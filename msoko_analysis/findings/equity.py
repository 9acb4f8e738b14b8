"""Findings about equal opportunity: unequal schools, change of the gap, ШНОР, schools and their odds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.params.run import Thresholds

_LEVEL = "signs_school"
_CHANGES = {"school_gap_quarter_change": "percent", "icc_change": "share"}
"""The gap that is told to have changed: of schools, or where they are few the share between them."""


def equity(
    public: PublicMeasures,
    district: str,
    year: int,
    thresholds: Thresholds,
    signs: Iterable[Finding],
) -> tuple[Finding, ...]:
    """Findings about the district, and about each of its schools in its circumstances.

    ``signs`` are findings of code signs_school among others: a school with a sign that needs a
    check is no example for others.
    """
    table = public.table[(public.table["year"] == year) & ~public.table["hidden"]]
    mine = table[table["municipality"] == district]
    whole = mine[mine["level"] == "municipality"]
    schools = mine[mine["level"] == "school"]
    rows = {name: part.set_index("unit") for name, part in _pooled(schools)}
    return (
        *_unequal(whole, table[table["level"] == "region"]),
        *_changed(whole),
        *_shnor(rows),
        *_expectation(rows, thresholds),
        *_resilient(rows, thresholds, signs),
    )


def _pooled(table: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    return table[(table["subject"] == "") & (table["grade"] == 0)].groupby("indicator")


def _unequal(district: pd.DataFrame, region: pd.DataFrame) -> list[Finding]:
    """Schools differ more (side 1) or less (−1) than in the region: its share is outside the interval."""
    mine, whole = (
        {name: rows.iloc[0] for name, rows in _pooled(table)} for table in (district, region)
    )
    if "icc" not in mine or "icc" not in whole:
        return []
    row, limit = mine["icc"], whole["icc"]["value"]
    known = np.isfinite(row["low"])
    side = float(row["low"] > limit) - float(row["high"] < limit)
    verdict = Verdict.WATCH if side > 0 else Verdict.NO_CONCERN
    return [
        of_school(
            "inequality_district", verdict if known else Verdict.TOO_FEW, row,
            unit_of_value="share", limit=limit, limit_name="значение по региону",
            details={"side": side},
        )
    ]  # fmt: skip


def _changed(district: pd.DataFrame) -> list[Finding]:
    """Every measure that may have changed: only a 95 % interval apart from zero says that it grew
    (side 1) or shrank (−1). The first of :data:`_CHANGES` that is known speaks for the district.
    """
    rows = {name: table.iloc[0] for name, table in _pooled(district) if name.endswith("_change")}
    found = []
    for name, row in rows.items():
        side = float(row["low"] > 0) - float(row["high"] < 0)
        known = Verdict.NO_CONCERN if np.isfinite(row["low"]) else Verdict.TOO_FEW
        one = of_school(
            "change_district", known, row, unit_of_value=_CHANGES.get(name, ""), limit=0.0,
            limit_name="ноль", details={"side": side},
        )  # fmt: skip
        found.append(replace(one, unit=f"{one.unit}:{name.removesuffix('_change')}"))
        if name == next((first for first in _CHANGES if first in rows), ""):
            verdict = Verdict.WATCH if side > 0 else known
            found.append(replace(one, code="gap_change_district", verdict=verdict))
    return found


def _shnor(rows: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """The ШНОР rule in its wider reading; the narrower one, and both conditions, in the details."""
    found = []
    for unit, row in _rows(rows, "shnor_or"):
        parts = {name: _value(rows, f"shnor_{name}", unit) for name in ("and", "a", "b")}
        found.append(
            of_school(
                "shnor_school", Verdict.WATCH if row["value"] == 1 else Verdict.NO_CONCERN,
                row, unit_of_value="flag", limit=np.nan, limit_name="params/shnor.yaml",
                details=parts,
            )
        )  # fmt: skip
    return found


def _expectation(rows: Mapping[str, pd.DataFrame], thresholds: Thresholds) -> list[Finding]:
    """A result above (side 1) or below (−1) what its conditions lead to expect: never a concern."""
    limit = thresholds["expectation_probability"].value
    found = []
    for unit, row in _rows(rows, "better"):
        side = float(row["value"] >= limit) - float(row["value"] <= 1 - limit)
        size = pd.Series(
            {"value": _value(rows, "above_expected", unit), "low": np.nan, "high": np.nan}
        )
        found.append(
            of_school(
                "expectation_school", Verdict.NO_CONCERN, row, effect=size,
                unit_of_value="percent", limit=limit, limit_name="expectation_probability",
                details={"side": side, "probability": row["value"]},
            )
        )  # fmt: skip
    return found


def _resilient(
    rows: Mapping[str, pd.DataFrame], thresholds: Thresholds, signs: Iterable[Finding]
) -> list[Finding]:
    """Schools that succeed against the odds, ``resilient`` 1; none whose results are in doubt."""
    limit = thresholds["resilient_probability"].value
    doubtful = {one.unit for one in signs if one.verdict == Verdict.CONCERN and one.code == _LEVEL}
    return [
        of_school(
            "resilient_school", Verdict.NO_CONCERN, row, unit_of_value="share", limit=limit,
            limit_name="resilient_probability",
            details={"resilient": float(row["value"] >= limit and unit not in doubtful)},
        )
        for unit, row in _rows(rows, "resilient")
    ]  # fmt: skip


def _rows(rows: Mapping[str, pd.DataFrame], name: str) -> Iterable[tuple[str, pd.Series]]:
    for unit, row in rows.get(name, pd.DataFrame()).iterrows():
        yield str(unit), pd.concat([row, pd.Series({"unit": unit})])


def _value(rows: Mapping[str, pd.DataFrame], name: str, unit: str) -> float:
    table = rows.get(name)
    return float(table.loc[unit, "value"]) if table is not None and unit in table.index else np.nan
