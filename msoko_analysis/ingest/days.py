"""A day as people write it → a date."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_DAY = re.compile(
    r"(?<!\d)(?:(?P<y>\d{4})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?: 00:00:00)?"
    r"|(?P<d2>\d{1,2})(?P<s2>[./-])(?P<m2>\d{1,2})(?P=s2)(?P<y2>\d{4}|\d\d)"
    r"|(?P<d3>\d{1,2})\s+(?P<m3>янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек)[а-я]*\.?\s+"
    r"(?P<y3>\d{4}))(?!\d)",
    re.I,
)


def find_day(text: str, start: int = 0) -> tuple[date, int, int] | None:
    """The first day in a text from ``start`` on, and where it stands; the day stands before the
    month unless the year is first, as in Russia. None if there is no day of the calendar.

    >>> [find_day(text)[0].isoformat() for text in ("от 2026.05.30", "30.05.26", "30 мая 2026 г.")]
    ['2026-05-30', '2026-05-30', '2026-05-30']
    >>> find_day("05.30.2026") is None, find_day("школа № 5") is None
    (True, True)
    """
    for found in _DAY.finditer(text, start):
        year, month, day = (
            next(found[key] for key in keys if found[key])
            for keys in (("y", "y2", "y3"), ("m", "m2", "m3"), ("d", "d2", "d3"))
        )
        number = int(month) if month.isdigit() else _month(month)
        try:
            return date(
                int(year) + (2000 if len(year) == 2 else 0), number, int(day)
            ), *found.span()
        except ValueError:
            continue
    return None


def _month(word: str) -> int:
    return next(n for n, stem in enumerate(_MONTHS, 1) if word.lower().startswith(stem))
