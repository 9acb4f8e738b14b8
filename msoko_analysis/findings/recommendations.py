"""Findings × catalogue → addressed recommendations: none without a finding, none said twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.params.recommendations import LEVELS, Recommendation

# A finding whose measures are those of another finding of the same school, where there is that.
_COVERED = {"low_share_school": "shnor_school"}
_TOLD = (Verdict.CONCERN, Verdict.WATCH)
_ORDER = tuple(dict.fromkeys(LEVELS.values()))


class Since(StrEnum):
    """What the year before says about a finding of this year."""

    NEW = "new"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Ground:
    """A finding that calls for a measure, and whether it did a year ago."""

    finding: Finding
    since: Since


@dataclass(frozen=True)
class Gone:
    """A finding of the year before that does not call for anything now.

    ``judged`` tells whether it was looked for this year and not found; else it could not be.
    """

    finding: Finding
    judged: bool


@dataclass(frozen=True)
class Addressed:
    """A catalogue entry and all the grounds that call for it."""

    entry: Recommendation
    grounds: tuple[Ground, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the grounds."""
        return tuple(one.finding for one in self.grounds)

    @property
    def repeated(self) -> int:
        """Grounds that repeat from the year before."""
        return sum(one.since == Since.REPEATED for one in self.grounds)


def recommend(
    findings: Iterable[Finding],
    catalogue: Sequence[Recommendation],
    before: Iterable[Finding] = (),
) -> tuple[Addressed, ...]:
    """Every catalogue entry whose finding and verdict occurred, once, with its grounds.

    A school on the list of the ШНОР rule gets the measures for that, not those for low results too.

    ``before`` are the findings of the year before. Order: from the municipality to the school and the
    teachers; on a level first what is a concern, then by the level of the signs of the schools
    (0…3), a day as the term before an occasion, the works behind the grounds, the number of grounds
    that repeat, the place in the catalogue.
    """
    findings, earlier = tuple(findings), _by_id(before)
    by_kind: dict[tuple[str, str], list[Ground]] = {}
    told = {(one.code, one.unit) for one in findings if one.verdict in _TOLD}
    for finding in findings:
        if (_COVERED.get(finding.code), finding.unit) in told:
            continue
        ground = Ground(finding, _since(finding, earlier))
        by_kind.setdefault((finding.code, str(finding.verdict)), []).append(ground)
    made = [
        Addressed(entry, tuple(by_kind[entry.finding, entry.verdict]))
        for entry in catalogue
        if (entry.finding, entry.verdict) in by_kind
    ]
    strength = {one.unit: one.value for one in findings if one.code == "signs_school"}
    return tuple(sorted(made, key=lambda one: _urgency(one, strength)))


def gone(findings: Iterable[Finding], before: Iterable[Finding]) -> tuple[Gone, ...]:
    """What was told a year ago and is not told now; the level over all signs is left out."""
    now = _by_id(findings)
    found = []
    for one in before:
        after = now.get(one.id)
        told = after is not None and after.verdict in _TOLD
        if one.verdict in _TOLD and one.code != "signs_school" and not told:
            judged = after is not None and after.verdict == Verdict.NO_CONCERN
            found.append(Gone(one, judged))
    return tuple(found)


def _by_id(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {one.id: one for one in findings}


def _since(finding: Finding, earlier: Mapping[str, Finding]) -> Since:
    before = earlier.get(finding.id)
    if before is None or before.verdict == Verdict.TOO_FEW:
        return Since.UNKNOWN
    return Since.REPEATED if before.verdict in _TOLD else Since.NEW


def _urgency(one: Addressed, strength: Mapping[str, float]) -> tuple[float, ...]:
    """Sort key: the more urgent, the smaller; equal ones keep the order of the catalogue."""
    signs = [strength.get(found.unit, 0.0) for found in one.findings]
    return (
        _ORDER.index(one.entry.level),
        one.entry.verdict != "CONCERN",
        -max(signs),
        one.entry.term.when is not None,
        -float(np.nansum([found.n for found in one.findings])),
        -one.repeated,
    )
