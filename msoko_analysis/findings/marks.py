"""Findings about a district's school marks, paper by paper: what a methodical service looks at."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper


def district_marks(district: pd.DataFrame, thresholds: Thresholds) -> tuple[Finding, ...]:
    """One finding for every paper: WATCH where the district's marks depart from the other schools'.

    The gap of school marks and scores, corrected for level and reliability, differs from that of the
    region's other schools at ``spike_q`` over the papers of the district.
    """
    limit = thresholds["spike_q"].value
    found = []
    for _, row in district[district["indicator"] == "mark_gap_paper"].iterrows():
        if pd.isna(row["q"]):
            verdict = Verdict.TOO_FEW
        else:
            verdict = Verdict.WATCH if row["q"] <= limit else Verdict.NO_CONCERN
        one = of_school(
            "marks_district", verdict, row, unit_of_value="marks", limit=limit,
            limit_name="spike_q", details={"p": row["p"]},
        )  # fmt: skip
        paper = Paper(str(row["procedure"]), int(row["grade"]), str(row["subject"]))
        found.append(replace(one, paper=paper))
    return tuple(found)
