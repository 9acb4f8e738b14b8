"""Public measures × limits → findings: the only place that compares a number with a limit."""

from __future__ import annotations

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.findings.context import judge_participation, levels, low_shares, official
from msoko_analysis.findings.equity import equity
from msoko_analysis.findings.links import links
from msoko_analysis.findings.marks import district_marks
from msoko_analysis.findings.medals import medals
from msoko_analysis.findings.model import Finding, Verdict
from msoko_analysis.findings.signs import school_signs
from msoko_analysis.findings.topics import topics
from msoko_analysis.params.run import Thresholds

__all__ = ["Finding", "Verdict", "judge", "judge_participation"]


def judge(
    public: PublicMeasures, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """All findings of one district and year: signs and their level, low share, official, level, school
    marks of the district, medals, links.

    ``public`` may hold other years and municipalities; the year before decides whether signs repeat.
    """
    table = public.table
    mine = table[(table["municipality"] == district) & ~table["hidden"]]
    whole = mine[(mine["level"] == "municipality") & (mine["year"] == year)]
    mine = mine[mine["level"] == "school"]
    now, before = mine[mine["year"] == year], mine[mine["year"] == year - 1]
    region = table[(table["year"] == year) & (table["level"] == "region")]
    signs = school_signs(now, before, thresholds)
    return (
        *signs,
        *low_shares(now, region, thresholds),
        *official(now, thresholds),
        *levels(now, thresholds),
        *topics(whole, region, thresholds),
        *equity(public, district, year, thresholds, signs),
        *district_marks(whole, thresholds),
        *medals(now, region, thresholds),
        *links(now, thresholds),
    )
