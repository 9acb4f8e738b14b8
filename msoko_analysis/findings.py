"""Public measures × limits → findings: the only place that compares a number with a limit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.params import Thresholds


class Verdict(StrEnum):
    """What a number means for the reader; TOO_FEW is a verdict, not an absence of one."""

    CONCERN = "CONCERN"
    WATCH = "WATCH"
    NO_CONCERN = "NO_CONCERN"
    TOO_FEW = "TOO_FEW"


@dataclass(frozen=True)
class Finding:
    """One number of one unit judged against one limit.

    ``code`` names the sign and the level it is about (``spike_school``); ``value`` with ``low`` and
    ``high`` is the effect a reader is told, in ``unit_of_value``; ``limit`` the number that decided,
    ``limit_name`` its name in params/thresholds.yaml; ``q`` where a family of tests was controlled;
    ``details`` further numbers for the sentence, by name.
    """

    code: str
    verdict: Verdict
    municipality: str
    unit: str
    n: float
    value: float
    low: float
    high: float
    unit_of_value: str
    limit: float
    limit_name: str
    q: float
    method: str
    source: str
    details: dict[str, float]

    @property
    def id(self) -> str:
        """Stable name of the finding within a note."""
        return f"{self.code}:{self.unit}"


def judge(
    public: PublicMeasures, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """All findings of one district and year, in the order spike, low share, official, level,
    district.

    ``public`` may hold other years and municipalities; participation compares with the year before.
    """
    table = public.table
    mine = table[(table["year"] == year) & (table["municipality"] == district) & ~table["hidden"]]
    schools = mine[mine["level"] == "school"]
    return (
        *_spikes(schools, thresholds),
        *_low_shares(schools, _region(table, year), thresholds),
        *_official(schools, thresholds),
        *_levels(schools, thresholds),
    )


def judge_participation(
    quality: pd.DataFrame, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Whether clearly fewer pupils took part than the year before, over the papers of both years.

    ``quality`` is the table of :func:`msoko_analysis.quality.quality_table`.
    """
    mine = quality[
        (quality["check"] == "participation")
        & (quality["year"] == year)
        & (quality["municipality"] == district)
    ]
    before, now = float(mine["n_rows"].sum()), float(mine["n_found"].sum())
    if before == 0:
        return ()
    limit = thresholds["participation_drop"].value
    drop = 1 - now / before
    verdict = Verdict.WATCH if drop > limit else Verdict.NO_CONCERN
    return (
        Finding(
            "participation_district", verdict, district, district, now, 100 * drop, np.nan, np.nan,
            "percent", 100 * limit, "participation_drop", np.nan, "сравнение числа участников",
            "msoko_analysis", {"before": before, "now": now},
        ),
    )  # fmt: skip


def _region(table: pd.DataFrame, year: int) -> pd.DataFrame:
    return table[(table["year"] == year) & (table["level"] == "region")]


def _spikes(schools: pd.DataFrame, thresholds: Thresholds) -> list[Finding]:
    """Spike at the mark cuts, pooled over papers: q, and an effect worth the name.

    NO_CONCERN is said only where a lifting of half the pupils within reach would more likely than
    not
    have been seen at 1 %; otherwise TOO_FEW, with how many times more papers would be needed.
    """
    found = []
    pooled = schools[schools["subject"] == ""]
    by_unit = {name: rows.set_index("unit") for name, rows in pooled.groupby("indicator")}
    for unit, row in by_unit.get("spike", pd.DataFrame()).iterrows():
        pupils = _row(by_unit, "spike_pupils", unit)
        share = _row(by_unit, "spike_share", unit)
        needed = _row(by_unit, "spike_papers_needed", unit)["value"]
        named = row["q"] <= thresholds["spike_q"].value
        large = (
            share["value"] >= 100 * thresholds["spike_min_theta"].value
            and pupils["value"] >= thresholds["spike_min_pupils"].value
        )
        if named:
            verdict = Verdict.CONCERN if large else Verdict.WATCH
        elif np.isnan(row["q"]) or needed > 1:
            verdict = Verdict.TOO_FEW
        else:
            verdict = Verdict.NO_CONCERN
        details = {
            "share": share["value"],
            "share_low": share["low"],
            "share_high": share["high"],
            "z": row["value"],
            "p": row["p"],
            "needed": needed,
        }
        found.append(
            Finding(
                "spike_school", verdict, row["municipality"], str(unit), row["n"], pupils["value"],
                pupils["low"], pupils["high"], "pupils", thresholds["spike_q"].value, "spike_q",
                row["q"], row["method"], row["source"], details,
            )
        )  # fmt: skip
    return found


def _low_shares(
    schools: pd.DataFrame, region: pd.DataFrame, thresholds: Thresholds
) -> list[Finding]:
    """Share of mark «2» at the limit or above in two papers or more, each above the region.

    A paper counts when the share is at least the limit and the lower end of its 95 % interval is
    above
    the region's share, so that two papers by chance alone are rare (each at most 2.5 %).
    """
    limit = thresholds["low_share_limit"].value
    keys = ["procedure", "grade", "subject"]
    mine = schools[schools["indicator"] == "share_2"]
    regional = region[region["indicator"] == "share_2"].set_index(keys)["value"]
    merged = mine.join(regional.rename("regional"), on=keys)
    merged["low_paper"] = (merged["value"] >= limit) & (merged["low"] > merged["regional"])
    found = []
    for unit, rows in merged.groupby("unit"):
        papers = rows[rows["low_paper"]]
        verdict = Verdict.WATCH if len(papers) >= 2 else Verdict.NO_CONCERN
        worst = rows.loc[rows["value"].idxmax()]
        details = {"papers": float(len(papers)), "papers_seen": float(len(rows))}
        found.append(
            Finding(
                "low_share_school", verdict, worst["municipality"], str(unit), worst["n"],
                worst["value"], worst["low"], worst["high"], "percent", limit, "low_share_limit",
                np.nan, worst["method"], worst["source"], details,
            )
        )  # fmt: skip
    return found


def _official(schools: pd.DataFrame, thresholds: Thresholds) -> list[Finding]:
    """Number of official ФИОКО markers; from two on worth a look, one is too common to be a sign."""
    limit = thresholds["fioko_markers_watch"].value
    found = []
    for _, row in schools[schools["indicator"] == "fioko_markers"].iterrows():
        verdict = Verdict.WATCH if row["value"] >= limit else Verdict.NO_CONCERN
        found.append(
            Finding(
                "fioko_markers_school", verdict, row["municipality"], row["unit"], row["n"],
                row["value"], np.nan, np.nan, "markers", limit, "fioko_markers_watch", np.nan,
                row["method"], row["source"], {},
            )
        )  # fmt: skip
    return found


def _levels(schools: pd.DataFrame, thresholds: Thresholds) -> list[Finding]:
    """A level far from schools of the same type: context for a talk, never evidence."""
    limit = thresholds["level_z"].value
    found = []
    for _, row in schools[schools["indicator"] == "level"].iterrows():
        z = norm.isf(row["p"] / 2)
        if row["n"] < thresholds["spike_min_tested"].value:
            verdict = Verdict.TOO_FEW
        else:
            verdict = Verdict.WATCH if z >= limit else Verdict.NO_CONCERN
        found.append(
            Finding(
                "level_school", verdict, row["municipality"], row["unit"], row["n"], row["value"],
                row["low"], row["high"], "sd", limit, "level_z", np.nan, row["method"],
                row["source"], {"z": float(np.copysign(z, row["value"]))},
            )
        )  # fmt: skip
    return found


_NOTHING = pd.Series({"value": np.nan, "low": np.nan, "high": np.nan})


def _row(by_unit: dict[str, pd.DataFrame], indicator: str, unit: object) -> pd.Series:
    """The row of a unit, or nans where the size of the effect was not worked out."""
    rows = by_unit.get(indicator)
    return rows.loc[unit] if rows is not None and unit in rows.index else _NOTHING
