"""Findings about medalists: a school where results of ЕГЭ disagree with its medals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.findings.model import Finding, Verdict, of_school
from msoko_analysis.params.run import Thresholds


def medals(
    schools: pd.DataFrame, region: pd.DataFrame, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """Medalists below their bar in some subject of ЕГЭ, up to three years together (§3.5).

    CONCERN: sure among the schools of the region (``spike_q``), and the school's own rate exceeds
    ``medals_ratio`` times the regional one with the probability ``medals_posterior``. WATCH: sure, but
    not known to be so large. NO_CONCERN is said only of schools with as many medalists as a
    conclusion needs. Schools that the gate hides have no finding.
    """
    limit, ratio = thresholds["spike_q"].value, thresholds["medals_ratio"].value
    needed = region.loc[region["indicator"] == "medals_needed", "value"]
    least = float(needed.iloc[0]) if len(needed) else np.inf
    found = []
    for _, row in schools[schools["indicator"] == "medals_double"].iterrows():
        if row["q"] <= limit:
            large = row["value"] >= 100 * thresholds["medals_posterior"].value
            verdict = Verdict.CONCERN if large else Verdict.WATCH
        else:
            verdict = Verdict.NO_CONCERN if row["n"] >= least else Verdict.TOO_FEW
        found.append(
            of_school(
                "medals_school", verdict, row, unit_of_value="percent", limit=ratio,
                limit_name="medals_ratio", details={"p": row["p"], "needed": least},
            )
        )  # fmt: skip
    return tuple(found)
