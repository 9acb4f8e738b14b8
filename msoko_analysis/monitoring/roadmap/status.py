"""Status of activities on a date, and the calendar of the months."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from msoko_analysis.monitoring.roadmap.keywords import MarksFile, load_keywords
from msoko_analysis.monitoring.roadmap.marks import Mark, read_mark
from msoko_analysis.monitoring.roadmap.roadmap import Activity, Roadmap
from msoko_analysis.monitoring.roadmap.terms import Kind, Span


class Status(StrEnum):
    """Where an activity stands on a date."""

    DONE = "DONE"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    NO_EVIDENCE = "NO_EVIDENCE"
    AHEAD = "AHEAD"
    NOT_DATED = "NOT_DATED"


# Of an activity with several terms, the first of these that any of them has; DONE where all have it.
_FIRST = (Status.OVERDUE, Status.NO_EVIDENCE, Status.DUE, Status.AHEAD)


@dataclass(frozen=True)
class Dated:
    """An activity on a date: its status and that of each of its terms."""

    activity: Activity
    status: Status
    spans: tuple[tuple[Span, Status], ...]


def statuses(
    roadmap: Roadmap, on: datetime.date, *, words: MarksFile | None = None
) -> tuple[Dated, ...]:
    """Status of every activity.

    Parameters
    ----------
    roadmap : as read
    on : the date; marks that name a later day do not count yet
    words : words of marks other than those of ``params/cycle``

    Returns
    -------
    One Dated an activity, in order. A term is AHEAD before its first day, OVERDUE after its last,
    DUE between (one that has only a deadline is DUE until then); done ones are DONE if something
    proves it (a document in the mark or beside it), else NO_EVIDENCE. A mark with days counts for the
    last term begun by that day, or for the next deadline; a mark without days counts where there is
    one term, and for several proves none of those begun. An activity without days is DONE or
    NO_EVIDENCE where it is marked, else NOT_DATED.

    >>> from msoko_analysis.monitoring.roadmap.roadmap import Place
    >>> from msoko_analysis.monitoring.roadmap.term_reading import read_term
    >>> term = read_term("до 01.03.2027")
    >>> one = Activity(Place("", "", 1), "1", "Семинар", "", term, "", "", "", "", "", (), "", "")
    >>> plan = Roadmap((one,), (), None, (), (), (), ())
    >>> [statuses(plan, datetime.date(2027, 3, day))[0].status.value for day in (1, 2)]
    ['DUE', 'OVERDUE']
    """
    known = words or load_keywords().marks
    return tuple(_dated(one, roadmap.plan, on, known) for one in roadmap.activities)


def _dated(activity: Activity, plan: Span | None, on: datetime.date, words: MarksFile) -> Dated:
    mark = read_mark(activity.mark, activity.proof, words)
    days = [day for day in mark.days if day <= on]
    marked = bool(mark.done) and (bool(days) or not mark.days)
    proven = Status.DONE if mark.document else Status.NO_EVIDENCE
    spans = activity.term.occurrences(plan)
    if not spans:
        unknown = Status.NOT_DATED
        return Dated(activity, proven if marked else unknown, ())
    done = _done(spans, days, mark) if marked else set()
    # a bare mark on several terms proves none of them
    bare = marked and not mark.days and len(spans) > 1
    told = []
    for number, span in enumerate(spans):
        begun = span.start is None or span.start <= on
        if number in done:
            told.append((span, proven))
        elif bare and (begun if span.start else span.end <= on):
            told.append((span, Status.NO_EVIDENCE))
        else:
            late = Status.OVERDUE if span.end < on else Status.DUE
            told.append((span, late if begun else Status.AHEAD))
    status = next((one for one in _FIRST if one in [two for _, two in told]), Status.DONE)
    return Dated(activity, status, tuple(told))


def _done(spans: tuple[Span, ...], days: list[datetime.date], mark: Mark) -> set[int]:
    """Numbers of the terms a mark is about."""
    if not mark.days:
        return {0} if len(spans) == 1 else set()
    found = set()
    for day in days:
        begun = [n for n, span in enumerate(spans) if span.start and span.start <= day]
        ahead = [n for n, span in enumerate(spans) if span.start is None and day <= span.end]
        if begun:
            found.add(begun[-1])
        else:  # done before the first day, or after the last deadline
            found.add(ahead[0] if ahead else 0 if spans[0].start else len(spans) - 1)
    return found


def status_table(dated: tuple[Dated, ...]) -> pd.DataFrame:
    """How many activities of each direction have each status.

    Returns a frame indexed by direction in order of appearance, columns all of :class:`Status`.

    >>> status_table(()).columns.tolist()[:2]
    ['DONE', 'DUE']
    """
    directions = list(dict.fromkeys(one.activity.direction for one in dated))
    table = pd.DataFrame(0, index=directions, columns=[status.value for status in Status])
    for one in dated:
        table.loc[one.activity.direction, one.status.value] += 1
    return table


def year_calendar(roadmap: Roadmap, first: datetime.date, months: int = 12) -> pd.DataFrame:
    """Terms by month: what runs and what ends.

    Parameters
    ----------
    roadmap : as read
    first : a day of the first month
    months : how many months

    Returns
    -------
    DataFrame: month (its first day), number and cell of the activity's place in
    ``roadmap.activities``, ends (the term ends in this month). A term of several months stands in
    each of them; one with only a deadline in its last.

    >>> year_calendar(Roadmap((), (), None, (), (), (), ()), datetime.date(2027, 1, 1)).empty
    True
    """
    rows = []
    for step in range(months):
        place = first.year * 12 + first.month - 1 + step
        start = datetime.date(place // 12, place % 12 + 1, 1)
        end = datetime.date((place + 1) // 12, (place + 1) % 12 + 1, 1)
        for number, one in enumerate(roadmap.activities):
            for span in one.term.occurrences(roadmap.plan):
                if (span.start or span.end) < end and span.end >= start:
                    rows.append((start, number, span.end < end))
    return pd.DataFrame(rows, columns=["month", "activity", "ends"])


def without_days(roadmap: Roadmap) -> tuple[Activity, ...]:
    """Activities that can not stand in a calendar: no term, one told elsewhere, or not understood.

    >>> without_days(Roadmap((), (), None, (), (), (), ()))
    ()
    """
    return tuple(
        one
        for one in roadmap.activities
        if one.term.kind is Kind.UNREAD or not one.term.occurrences(roadmap.plan)
    )
