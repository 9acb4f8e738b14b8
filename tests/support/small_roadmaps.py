"""Roadmaps of a few activities, complete but for what a test is about."""

from __future__ import annotations

from datetime import date

from msoko_analysis.monitoring.roadmap.roadmap import Activity, Place, Roadmap
from msoko_analysis.monitoring.roadmap.term_reading import read_term
from msoko_analysis.monitoring.roadmap.terms import Span

PLAN = Span(date(2026, 1, 1), date(2027, 12, 31))
COLUMNS = {"activity": "B", "term": "C", "responsible": "D", "evidence": "E"}


def activity(text: str = "Семинар", term: str = "май 2026", **other: object) -> Activity:
    """An activity with everything filled but its mark."""
    given = {
        "number": "1", "section": "", "evidence": "Справка", "responsible": "Методист",
        "participants": "", "direction": "Воспитание", "school": "", "stages": (), "mark": "",
        "proof": "",
    } | other  # fmt: skip
    place = given.pop("place", Place("a.xlsx", "План", 2, COLUMNS))
    return Activity(place=place, text=text, term=read_term(term), **given)


def roadmap(*activities: Activity) -> Roadmap:
    """A roadmap of 2026–2027."""
    return Roadmap(activities, (), PLAN, (), (), (), ())
