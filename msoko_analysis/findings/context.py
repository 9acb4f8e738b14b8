"""Findings about context: low results, official markers, level, participation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.findings.model import Finding, Verdict
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.run import Thresholds


def judge_participation(
    quality: pd.DataFrame, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Whether clearly fewer pupils took part than the year before, over the papers of both years.

    One finding for every procedure that schools hold themselves: who sits a state exam is decided
    elsewhere, and numbers follow the cohort and what it chooses. A paper of so few pupils in either
    year that the gate hides their number takes no part: the sums are printed, and would tell it.
    ``quality`` is the table of :func:`msoko_analysis.ingest.quality.quality_table`.
    """
    mine = quality[
        (quality["check"] == "participation")
        & (quality["year"] == year)
        & (quality["municipality"] == district)
    ]
    mine = mine[mine[["n_rows", "n_found"]].min(axis=1) >= thresholds["small_cell"].value]
    limit = thresholds["participation_drop"].value
    found = []
    for procedure, rows in mine.groupby("procedure"):
        before, now = float(rows["n_rows"].sum()), float(rows["n_found"].sum())
        if before == 0 or procedures()[procedure].kind != "school":
            continue
        drop = 1 - now / before
        verdict = Verdict.WATCH if drop > limit else Verdict.NO_CONCERN
        found.append(
            Finding(
                "participation_district", verdict, district, f"{district}:{procedure}", now,
                100 * drop, np.nan, np.nan, "percent", 100 * limit, "participation_drop", np.nan,
                "participation", "counted", {"before": before, "now": now},
            )
        )  # fmt: skip
    return tuple(found)


def low_shares(
    schools: pd.DataFrame, region: pd.DataFrame, thresholds: Thresholds
) -> list[Finding]:
    """Share of mark «2» at the limit or above in two papers or more, each above the region.

    A paper counts when the share is at least the limit and the lower end of its 95 % interval is
    above the region's share, so that two papers by chance alone are rare (each at most 2.5 %). A
    paper without a region to compare with is not judged.
    """
    limit = thresholds["low_share_limit"].value
    keys = ["procedure", "grade", "subject"]
    mine = schools[schools["indicator"] == "share_2"]
    regional = region[region["indicator"] == "share_2"].set_index(keys)["value"]
    merged = mine.join(regional.rename("regional"), on=keys).dropna(subset=["regional"])
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


def official(schools: pd.DataFrame, thresholds: Thresholds) -> list[Finding]:
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


def levels(schools: pd.DataFrame, thresholds: Thresholds) -> list[Finding]:
    """A level far from schools under like conditions: context for a talk, never evidence."""
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
