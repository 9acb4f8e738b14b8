"""Terms of a roadmap as data: windows of days, what repeats, and what is said elsewhere."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """How well a term can stand in a calendar."""

    DATED = "DATED"
    PERIOD = "PERIOD"
    NOT_DATED = "NOT_DATED"
    UNREAD = "UNREAD"


@dataclass(frozen=True)
class Span:
    """Days from ``start`` to ``end``, both included; no ``start``: only a deadline is told.

    >>> Span(None, date(2024, 3, 1)).end.month
    3
    """

    start: date | None
    end: date


@dataclass(frozen=True)
class Window:
    """Days from ``first`` to ``last``, (month, day), in ``year`` or in a year not told.

    ``ends`` years after ``year`` is the year of ``last``. No ``first``: only a deadline; no ``last``:
    from ``first`` on.
    """

    first: tuple[int, int] | None
    last: tuple[int, int] | None
    year: int | None = None
    ends: int = 0

    @property
    def whole_years(self) -> bool:
        """Whether only years are told."""
        return self.first == (1, 1) and self.last == (12, 31)

    def span(self, year: int, until: date | None = None) -> Span | None:
        """The days when ``first`` falls into ``year``; open windows end with ``until``.

        >>> Window((11, 1), (2, 29), ends=1).span(2024)
        Span(start=datetime.date(2024, 11, 1), end=datetime.date(2025, 2, 28))
        """
        end = until if self.last is None else _day(year + self.ends, *self.last)
        if end is None:
            return None
        return Span(None if self.first is None else _day(year, *self.first), end)


@dataclass(frozen=True)
class Recurrence:
    """``times`` in every ``years`` years."""

    times: int
    years: int = 1


@dataclass(frozen=True)
class Term:
    """A term as printed and as understood.

    ``windows`` the days named; ``recurrence`` how often; ``years`` the first and last year it is for,
    where told beside days without a year; ``following``: a deadline in the year after each;
    ``throughout``: «в течение года», «постоянно»; ``elsewhere``: the days stand in another document
    or follow an event. ``doubts``: readings a person should look at. ``unread``: why the text could
    not be understood, "" where it was.
    """

    text: str
    windows: tuple[Window, ...] = ()
    recurrence: Recurrence | None = None
    years: tuple[int, int] | None = None
    following: bool = False
    throughout: bool = False
    elsewhere: bool = False
    doubts: tuple[str, ...] = ()
    unread: str = ""

    @property
    def kind(self) -> Kind:
        """Days are named, a period of the plan is meant, nothing is told, or it is not understood.

        >>> Term("").kind.value, Term("постоянно", throughout=True).kind.value
        ('NOT_DATED', 'PERIOD')
        """
        if self.unread:
            return Kind.UNREAD
        if self.windows:
            return Kind.DATED
        return Kind.PERIOD if self.recurrence or self.throughout else Kind.NOT_DATED

    def occurrences(self, plan: Span | None = None) -> tuple[Span, ...]:
        """The days of the term one after another.

        Parameters
        ----------
        plan : the days the whole roadmap is for; without it a term that leans on it («в течение
            года», «ежегодно», a month without a year) has no days

        Returns
        -------
        Spans in order of their ends. «Ежегодно» repeats the days named each year to the end of the
        plan; a period told only by years is cut into parts of equal months from its start («2 раза в
        год» makes halves); 8 times a year and more often is not cut. A month without a year that is
        not said to repeat has days only where the plan holds it once.

        >>> term = Term("", (Window((10, 1), (12, 31), 2023),), Recurrence(1))
        >>> [span.end.year for span in term.occurrences(Span(date(2022, 1, 1), date(2024, 12, 31)))]
        [2023, 2024]
        """
        told = self.years and Span(date(self.years[0], 1, 1), date(self.years[1], 12, 31))
        spans = [span for window in self.windows for span in self._of(window, told or plan)]
        if not self.windows and self.kind is Kind.PERIOD and plan and plan.start:
            spans = list(_cut(plan, self.recurrence))
        return tuple(sorted(set(spans), key=lambda span: (span.end, span.start or span.end)))

    def needs_year(self, plan: Span | None) -> bool:
        """Whether a month without a year falls into the plan more than once or not at all."""
        yearless = [window for window in self.windows if window.year is None]
        return (
            bool(yearless) and not self.unread and len(self.occurrences(plan)) < len(self.windows)
        )

    def _of(self, window: Window, limit: Span | None) -> Iterator[Span]:
        """The spans of one window."""
        until = limit.end if limit else None
        if window.year is None:
            yield from self._without_year(window, limit)
        elif self.recurrence and (window.whole_years or window.last is None):
            whole = window.span(window.year, until)
            if whole:
                yield from _cut(whole, self.recurrence)
        else:
            again = self.recurrence == Recurrence(1) and until is not None
            last = max(until.year - window.ends, window.year) if again and until else window.year
            for year in range(window.year, last + 1):
                span = window.span(year, until)
                if span and (year == window.year or (span.start or span.end) <= until):
                    yield span

    def _without_year(self, window: Window, limit: Span | None) -> Iterator[Span]:
        if limit is None or limit.start is None:
            return
        shift = int(self.following)
        found = [
            span
            for year in range(limit.start.year - 1, limit.end.year + 1)
            if (span := window.span(year + shift, limit.end))
            and (
                self.years[0] <= year <= self.years[1]
                if self.years
                else limit.start <= (span.start or span.end) <= limit.end
            )
        ]
        if self.recurrence or self.years or len(found) == 1:
            yield from found


def _day(year: int, month: int, day: int) -> date:
    """The day, the last of February where it has 28 days."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month.

    >>> months_later(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    month = day.year * 12 + day.month - 1 + months
    return _day(month // 12, month % 12 + 1, day.day)


def _cut(span: Span, recurrence: Recurrence | None) -> Iterator[Span]:
    """The span in parts of equal months, the last one shorter where they do not fit."""
    even = recurrence is not None and 12 * recurrence.years % recurrence.times == 0
    if span.start is None or not even:
        yield span
        return
    length, number, start = 12 * recurrence.years // recurrence.times, 1, span.start
    while start <= span.end:
        following = months_later(span.start, number * length)
        yield Span(start, min(following - timedelta(days=1), span.end))
        start, number = following, number + 1
