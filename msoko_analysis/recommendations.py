"""Findings × catalogue → addressed recommendations: none without a finding, none said twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msoko_analysis.catalogue import Recommendation
from msoko_analysis.findings import Finding


@dataclass(frozen=True)
class Addressed:
    """A catalogue entry and all the findings that call for it."""

    entry: Recommendation
    findings: tuple[Finding, ...]


def recommend(
    findings: Iterable[Finding], catalogue: Sequence[Recommendation]
) -> tuple[Addressed, ...]:
    """Every catalogue entry whose finding and verdict occurred, once, with its findings.

    Order: as the catalogue, which goes from the municipality to the school and the teachers.
    """
    by_kind: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault((finding.code, str(finding.verdict)), []).append(finding)
    return tuple(
        Addressed(entry, tuple(by_kind[entry.finding, entry.verdict]))
        for entry in catalogue
        if (entry.finding, entry.verdict) in by_kind
    )
