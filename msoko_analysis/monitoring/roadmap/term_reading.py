"""Reading Russian terms: «Август, сентябрь 2022 г.», «не позднее 1 февраля 2023 г., далее – ежегодно»."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field, replace

from msoko_analysis.monitoring.roadmap.term_words import Word, month_of, plain, words
from msoko_analysis.monitoring.roadmap.terms import Recurrence, Term, Window

_TIMES = {"один": 1, "одного": 1, "два": 2, "дважды": 2, "три": 3, "трижды": 3, "четыре": 4}
_A_YEAR = {"полуг": 2, "полго": 2, "кварт": 4, "месяц": 12, "недел": 52}
_EACH = {"ежего": 1, "кажды": 1, "ежеме": 12, "ежекв": 4, "ежене": 52}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "перв": 1, "втор": 2}
_DATES = ("years", "date", "school_year", "days", "day", "quarter", "half", "year", "month")


class _UnreadError(Exception):
    """Why a term can not be understood, in Russian."""


@dataclass
class _Part:
    """A window in the making; ``own``: it has a year of its own, ``joined``: a dash stands before it."""

    first: tuple[int, int]
    last: tuple[int, int]
    year: int | None = None
    ends: int = 0
    own: bool = False
    joined: bool = False
    deadline: bool = False
    start: bool = False
    only_year: bool = False


@dataclass
class _Reader:
    """One pass over the words of a term."""

    recurrence: Recurrence | None = None
    parts: list[_Part] = field(default_factory=list)
    years: tuple[int, int] | None = None
    doubts: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    between: str = ","
    prefix: str = ""
    before: str = ""

    def take(self, word: Word) -> None:
        """Use one word."""
        if word.kind == "unknown":
            raise _UnreadError(f"не понято «{word.text}»")
        if self.before == "open" and word.kind in _DATES:
            raise _UnreadError("дата или период стоит внутри ссылки на событие или документ")
        if word.kind in _DATES:
            getattr(self, f"_{word.kind}")(word.text)
            self.between, self.prefix = "", ""
        elif word.kind in ("deadline", "start"):
            self.prefix = word.kind
        elif word.kind == "dash":
            self.between = "-"
        elif word.kind in ("comma", "line"):
            self.between = self.between if self.between == "-" else ","
        elif word.kind in ("throughout", "following"):
            self.flags.add(word.kind)
        elif word.kind == "open":
            self.flags.add("elsewhere")
        self.before = word.kind

    # --- words that name days ---------------------------------------------------------------

    def _add(self, part: _Part) -> None:
        part.joined = self.between == "-" and bool(self.parts) and self.before == "dash"
        part.deadline, part.start = self.prefix == "deadline", self.prefix == "start"
        if not part.joined and self.between == "" and self.parts:
            self.doubts.append("между сроками нет знака, они прочитаны как перечень")
        self.parts.append(part)

    def _month(self, text: str) -> None:
        month = month_of(text)
        if self.prefix == "deadline":
            raise _UnreadError("после «до» назван месяц без числа")
        self._add(_Part((month, 1), (month, _length(month))))

    def _day(self, text: str) -> None:
        month, number = month_of(text), int(re.match(r"\d+", text).group())
        self._add(_Part(*[_checked(month, number)] * 2))

    def _days(self, text: str) -> None:
        month, (first, last) = month_of(text), map(int, re.findall(r"\d+", text))
        self.prefix = ""
        if first > last:
            raise _UnreadError("конец раньше начала")
        self._add(_Part(_checked(month, first), _checked(month, last)))

    def _date(self, text: str) -> None:
        number, month, year = map(int, re.split(r"[./]", text))
        year += 2000 if year < 100 else 0
        day = _checked(month, number, year)
        self._add(_Part(day, day, year, own=True))

    def _quarter(self, text: str) -> None:
        number = _number(text)
        self._add(_Part((3 * number - 2, 1), (3 * number, _length(3 * number))))

    def _half(self, text: str) -> None:
        number = _number(text)
        self._add(_Part((6 * number - 5, 1), (6 * number, _length(6 * number))))

    def _school_year(self, text: str) -> None:
        first, second = (int(one) % 100 for one in re.findall(r"\d+", text)[:2])
        if second != (first + 1) % 100:
            raise _UnreadError("учебный год записан неверно")
        self._add(_Part((9, 1), (8, 31), 2000 + first, 1, own=True))

    def _years(self, text: str) -> None:
        first, last = (int(one) for one in re.findall(r"20\d\d", text))
        if len(text) == 8:
            self.doubts.append(f"годы записаны слитно, прочитано {first}–{last}")
        if last < first:
            raise _UnreadError("конец раньше начала")
        pending = [part for part in self.parts if part.year is None]
        if pending and (self.recurrence or "following" in self.flags):
            self.years = first, last
        elif pending:
            raise _UnreadError("неясно, каждый ли год повторяется месяц")
        else:
            self._add(_Part((1, 1), (12, 31), first, last - first, own=True, only_year=True))

    def _year(self, text: str) -> None:
        year, pending = int(text), self._pending()
        if self.prefix == "deadline":
            raise _UnreadError("после «до» назван год без числа и месяца")
        if pending and self.between != "-":
            for part in pending:
                part.year = year
            pending[-1].own = True
        elif self.parts and self.between == "," and not self.parts[-1].only_year:
            self._again(year)
        elif self.parts and self.between == "-":
            raise _UnreadError("у периода назван только год окончания")
        else:
            self._add(_Part((1, 1), (12, 31), year, own=True, only_year=True))

    def _pending(self) -> list[_Part]:
        """The last parts that wait for a year."""
        tail: list[_Part] = []
        while len(tail) < len(self.parts) and self.parts[-1 - len(tail)].year is None:
            tail.insert(0, self.parts[-1 - len(tail)])
        return tail

    def _again(self, year: int) -> None:
        """A year alone after a month and a year: the same days of that year."""
        many = 2 if self.parts[-1].joined else 1
        self.doubts.append(f"{year} год назван без месяца, прочитано как тот же месяц или период")
        self.parts += [replace(part, year=year) for part in self.parts[-many:]]

    # --- the whole --------------------------------------------------------------------------

    def windows(self) -> tuple[Window, ...]:
        """The windows of all parts, those with a dash between them joined."""
        made: list[Window] = []
        place = 0
        while place < len(self.parts):
            part = self.parts[place]
            if part.first == (2, 29) and part.year and not calendar.isleap(part.year):
                raise _UnreadError("такой даты нет")
            other = self.parts[place + 1] if place + 1 < len(self.parts) else None
            if other is not None and other.joined:
                made.append(_joined(part, other))
                place += 2
                continue
            first = None if part.deadline else part.first
            made.append(Window(first, None if part.start else part.last, part.year, part.ends))
            place += 1
        return tuple(made)


def _joined(part: _Part, other: _Part) -> Window:
    """One window from the first of a part to the last of another."""
    year, turned = part.year, part.first > other.last
    if other.year is None and part.year is not None:
        raise _UnreadError("у конца периода нет года")
    if part.year is None and other.year is not None:
        year = other.year
    if not part.own and year is not None and other.year is not None and turned:
        year = other.year - 1
    ends = int(turned) if year is None else other.year + other.ends - year
    if ends < 0 or (ends == 0 and turned):
        raise _UnreadError("конец раньше начала")
    return Window(part.first, other.last, year, ends)


def _length(month: int) -> int:
    """Days of the month; 29 for February, drawn in to 28 in the years that have them."""
    return 29 if month == 2 else calendar.monthrange(2001, month)[1]


def _checked(month: int, day: int, year: int | None = None) -> tuple[int, int]:
    """The month and day, if there is such a day."""
    if not 1 <= month <= 12 or not 1 <= day <= _length(month):
        raise _UnreadError("такой даты нет")
    if year is not None and not (
        2000 <= year < 2100 and day <= calendar.monthrange(year, month)[1]
    ):
        raise _UnreadError("такой даты нет")
    return month, day


def _number(text: str) -> int:
    start = re.match(r"\d|iv|i{1,3}|перв|втор", text).group()
    return int(start) if start.isdigit() else _ROMAN[start]


def _recurrence(word: Word) -> Recurrence:
    """How often «ежегодно», «2 раза в год», «1 раз в 3 года» is."""
    if word.kind == "each":
        return Recurrence(_EACH[word.text[:5]])
    head, tail = re.split(r"\s+в\s+", word.text, maxsplit=1)
    told = re.search(r"\d+|" + "|".join(_TIMES), head)
    times = 1 if told is None else _TIMES.get(told.group()) or int(told.group())
    several, unit = re.fullmatch(r"(?:(\d+)\s+)?(\w+)", tail).groups()
    return Recurrence(times * _A_YEAR.get(unit[:5], 1), int(several or 1))


def _spans_of_years(found: list[Word]) -> list[Word]:
    """The words with «2022 г. - 2024 г.» as one."""
    kept = [
        word
        for word in found
        if word.kind not in ("year_word", "bracket", "filler", "each_one", "then")
    ]
    joined: list[Word] = []
    for word in kept:
        if [one.kind for one in (*joined[-2:], word)] == ["year", "dash", "year"]:
            joined[-2:] = [Word("years", f"{joined[-2].text}-{word.text}")]
        else:
            joined.append(word)
    return joined


def read_term(text: str) -> Term:
    """Understand a term, or say why not.

    Parameters
    ----------
    text : the cell as printed; «» and «—» mean that there is no term

    Returns
    -------
    Term. Every word must be understood: one unknown word makes the whole term unread. Read with a
    doubt: terms in a row without a comma (a list), a year alone after a month and year (the same
    months), two years written as one number. Never guessed: «до марта», «ноябрь 2023 – февраль».

    >>> read_term("не позднее 1 февраля 2023 г., далее – ежегодно").windows
    (Window(first=None, last=(2, 1), year=2023, ends=0),)
    >>> read_term("2 раза в год").recurrence, read_term("когда-нибудь").unread
    (Recurrence(times=2, years=1), 'не понято «когда-нибудь»')
    """
    simple = plain(text)
    if not simple.strip(" .-"):
        return Term(text)
    found = _spans_of_years(list(words(simple)))
    often = [_recurrence(word) for word in found if word.kind in ("each", "times")]
    # «ежегодно, 2 раза в год» says one thing twice; the rarer word adds nothing
    reader = _Reader(max(often, key=lambda one: one.times / one.years, default=None))
    if any(word.kind == "following" for word in found):
        reader.flags.add("following")
    try:
        for word in found:
            reader.take(word)
        if reader.prefix or reader.between == "-":
            raise _UnreadError("запись обрывается")
        windows = reader.windows()
    except _UnreadError as error:
        return Term(text, unread=str(error))
    return Term(
        text,
        windows,
        reader.recurrence,
        reader.years,
        "following" in reader.flags,
        "throughout" in reader.flags,
        "elsewhere" in reader.flags,
        tuple(dict.fromkeys(reader.doubts)),
    )
