"""A roadmap as data: activities with their terms, evidence, people and marks."""

from __future__ import annotations

from dataclasses import dataclass, field

from msoko_analysis.errors import Problem
from msoko_analysis.monitoring.roadmap.terms import Span, Term


@dataclass(frozen=True)
class Place:
    """Where an activity stands: file, sheet, row, and the column letter of each field."""

    file: str
    sheet: str
    row: int
    columns: dict[str, str] = field(default_factory=dict)

    def cell(self, name: str) -> str:
        """The address of a field, of the row's first column where the table has no such field.

        >>> Place("a.xlsx", "План", 7, {"activity": "B"}).cell("activity")
        'B7'
        """
        return f"{self.columns.get(name, min(self.columns.values(), default='A'))}{self.row}"

    def problem(self, name: str, rule: str, action: str) -> Problem:
        """A problem at the cell of a field."""
        return Problem(rule, action, file=self.file, sheet=self.sheet, cell=self.cell(name))


@dataclass(frozen=True)
class Activity:
    """One activity. Text fields are as printed, "" where the cell is empty or there is no column.

    ``direction`` its own, else that of its table; ``stages`` codes told in the file, () where it
    tells none; ``mark`` of completion; ``proof`` what proves it.
    """

    place: Place
    number: str
    text: str
    section: str
    term: Term
    evidence: str
    responsible: str
    participants: str
    direction: str
    school: str
    stages: tuple[str, ...]
    mark: str
    proof: str


@dataclass(frozen=True)
class Section:
    """A heading inside a table: a section, or a point whose activities are its sub-points."""

    place: Place
    number: str
    text: str


@dataclass(frozen=True)
class Roadmap:
    """What was read of a workbook.

    ``plan``: the days it is for, None where it does not say. ``problems``: what could not be
    understood, each at its cell, the activity being kept; ``missing``: empty cells that a complete
    roadmap has; ``doubts``: what was read, but should be looked at; ``skipped``: sheets without a
    table of activities.
    """

    activities: tuple[Activity, ...]
    sections: tuple[Section, ...]
    plan: Span | None
    problems: tuple[Problem, ...]
    missing: tuple[Problem, ...]
    doubts: tuple[Problem, ...]
    skipped: tuple[str, ...]

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions in order of appearance; "" for activities without one."""
        return tuple(dict.fromkeys(one.direction for one in self.activities))
