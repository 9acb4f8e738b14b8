"""Whether the activities of a direction make a whole management cycle, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from msoko_analysis.monitoring.roadmap.keywords import StagesFile, load_keywords, stages_of
from msoko_analysis.monitoring.roadmap.roadmap import Activity, Roadmap
from msoko_analysis.monitoring.roadmap.terms import Kind


class GapKind(StrEnum):
    """What a stage of a direction lacks."""

    NO_ACTIVITY = "NO_ACTIVITY"
    NO_TERM = "NO_TERM"
    NO_RESPONSIBLE = "NO_RESPONSIBLE"
    NO_EVIDENCE = "NO_EVIDENCE"


@dataclass(frozen=True)
class Gap:
    """One gap: the direction, the code of the stage, what is missing, the cells where it shows."""

    direction: str
    stage: str
    kind: GapKind
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completeness:
    """Stages of every direction.

    ``table``: direction, stage (code, in the order of the cycle), activities, told (of them tagged in
    the file), with_term, with_responsible, with_evidence. ``gaps`` in the same order; ``untagged``
    activities that belong to no stage, to be tagged by a person.
    """

    table: pd.DataFrame
    gaps: tuple[Gap, ...]
    untagged: tuple[Activity, ...]

    def present(self, direction: str) -> int:
        """How many stages of a direction have an activity."""
        mine = self.table[self.table["direction"] == direction]
        return int((mine["activities"] > 0).sum())


def completeness(roadmap: Roadmap, *, stages: StagesFile | None = None) -> Completeness:
    """Which stages of the cycle each direction has.

    Parameters
    ----------
    roadmap : as read
    stages : other stages than those of ``params/cycle/stages.yaml``

    Returns
    -------
    Completeness. An activity counts for the stages the file tells; where it tells none, for those
    whose words stand in its text, else in its evidence. A term that stands in another document or
    could not be understood is no term. This counts what is written, not what was done or how well.

    >>> completeness(Roadmap((), (), None, (), (), (), ())).gaps
    ()
    """
    known = stages or load_keywords().stages
    placed = [(one, activity_stages(one, known)) for one in roadmap.activities]
    rows, gaps = [], []
    for direction in roadmap.directions:
        for stage in known.in_order:
            mine = [
                one for one, codes in placed if one.direction == direction and stage.code in codes
            ]
            lacking = {
                GapKind.NO_TERM: [one for one in mine if not _has_term(one)],
                GapKind.NO_RESPONSIBLE: [one for one in mine if not one.responsible],
                GapKind.NO_EVIDENCE: [one for one in mine if not one.evidence],
            }
            counts = (len(mine) - len(one) for one in lacking.values())
            told = sum(bool(one.stages) for one in mine)
            rows.append((direction, stage.code, len(mine), told, *counts))
            if not mine:
                gaps.append(Gap(direction, stage.code, GapKind.NO_ACTIVITY))
            gaps += [
                Gap(direction, stage.code, kind, tuple(_cell(one, kind) for one in ones))
                for kind, ones in lacking.items()
                if ones
            ]
    columns = ["direction", "stage", "activities", "told", "with_term", "with_responsible"]
    table = pd.DataFrame(rows, columns=[*columns, "with_evidence"])
    return Completeness(table, tuple(gaps), tuple(one for one, codes in placed if not codes))


def activity_stages(activity: Activity, stages: StagesFile) -> tuple[str, ...]:
    """Codes of the stages of one activity: told in the file, else by words.

    >>> from msoko_analysis.monitoring.roadmap.roadmap import Place
    >>> from msoko_analysis.monitoring.roadmap.term_reading import read_term
    >>> term = read_term("")
    >>> one = Activity(Place("", "", 1), "1", "Семинар", "", term, "", "", "", "", "", (), "", "")
    >>> activity_stages(one, load_keywords().stages)
    ('measures',)
    """
    return (
        activity.stages or stages_of(activity.text, stages) or stages_of(activity.evidence, stages)
    )


def _has_term(activity: Activity) -> bool:
    return activity.term.kind in (Kind.DATED, Kind.PERIOD)


def _cell(activity: Activity, kind: GapKind) -> str:
    """Where the gap shows: sheet and cell."""
    name = {
        GapKind.NO_TERM: "term",
        GapKind.NO_RESPONSIBLE: "responsible",
        GapKind.NO_EVIDENCE: "evidence",
    }[kind]
    return f"{activity.place.sheet}!{activity.place.cell(name)}"
