"""Findings about single tasks of a district: topics for its groups of teachers, never a sign."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.measures.topics import BELOW, GAP, SHARE
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper


def topics(
    district: pd.DataFrame, region: pd.DataFrame, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """One finding for every task: WATCH where the district is surely and clearly below.

    ``district``, ``region`` their rows of the year. Sure: q over all tasks of the district at
    ``spike_q``; clear: at least ``topic_min`` of the maximum below what the scores let expect.
    """
    limit = thresholds["topic_min"].value
    keys = ["procedure", "grade", "subject", "indicator"]
    mine, base = (table.set_index(keys)["value"] for table in (district, region))
    schools = district.set_index(keys)["n"]
    found = []
    for _, row in district[district["indicator"].str.startswith(GAP)].iterrows():
        paper = Paper(str(row["procedure"]), int(row["grade"]), str(row["subject"]))
        task = row["indicator"].removeprefix(GAP)
        sure = row["q"] <= thresholds["spike_q"].value
        verdict = Verdict.WATCH if sure and row["value"] <= -100 * limit else Verdict.NO_CONCERN
        details = {
            "task": float(task.rpartition("_")[2]),
            "share": mine.get((*paper, f"{SHARE}{task}"), float("nan")),
            "region_share": base.get((*paper, f"{SHARE}{task}"), float("nan")),
            "below": mine.get((*paper, f"{BELOW}{task}"), float("nan")),
            "schools": schools.get((*paper, f"{BELOW}{task}"), float("nan")),
        }
        one = of_school(
            "topic_district", verdict, row, unit_of_value="percent", limit=100 * limit,
            limit_name="topic_min", details=details,
        )  # fmt: skip
        found.append(replace(one, unit=f"{row['unit']}:{task}", paper=paper))
    return tuple(found)
