"""Findings about procedures that disagree: each against what an earlier one of the cohort predicts."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper


def links(schools: pd.DataFrame, thresholds: Thresholds) -> tuple[Finding, ...]:
    """One finding for every school and link that was judged; ``paper`` is the later of the two.

    ``details["apart"]`` is 1 where the link disagrees: sure among all links of the year (``spike_q``)
    and at least ``link_min``. That is worth attention (WATCH) where the later procedure is a state
    exam, and never more, because a link does not tell which of the two is out of line; links between
    ВПР are told, but asking about them is left to the sign of jumps (docs/decisions/0014).
    """
    known = procedures()
    least = thresholds["link_min"].value
    rows = schools[schools["indicator"].str.startswith("link_") & schools["p"].notna()]
    found = []
    for _, row in rows.iterrows():
        apart = (
            row["q"] <= thresholds["spike_q"].value
            and abs(row["value"]) >= least
            and row["n"] >= thresholds["spike_min_tested"].value
        )
        state = known[row["procedure"]].kind == "state"
        verdict = Verdict.WATCH if apart and state else Verdict.NO_CONCERN
        one = of_school(
            "link_school", verdict, row, unit_of_value="sd", limit=least, limit_name="link_min",
            details={"p": row["p"], "apart": float(apart)},
        )  # fmt: skip
        paper = Paper(str(row["procedure"]), int(row["grade"]), str(row["subject"]))
        found.append(replace(one, paper=paper))
    return tuple(found)
