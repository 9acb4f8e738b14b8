"""Russian numbers, agreement and lists: the grammar that sentences and tables need."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date

NBSP = "\u00a0"
DASH = "—"


def number(value: float, digits: int = 0) -> str:
    """A number with a decimal comma, thin groups and a real minus; a dash when there is none.

    >>> number(12345.678, 1), number(-0.04, 1), number(float("nan"))
    ('12\\u202f345,7', '0,0', '—')
    """
    if not math.isfinite(value):
        return DASH
    rounded = round(value, digits) + 0.0
    text = f"{rounded:,.{digits}f}".replace(",", "\u202f").replace(".", ",")
    return text.replace("-", "−")


def percent(value: float, digits: int = 0) -> str:
    """A percentage with a non-breaking space.

    >>> percent(12.34, 1)
    '12,3\\xa0%'
    """
    return DASH if not math.isfinite(value) else f"{number(value, digits)}{NBSP}%"


def between(low: float, high: float, digits: int = 0) -> str:
    """An interval as officials write it.

    >>> between(3.2, 9.7)
    'от\\xa03 до\\xa010'
    """
    return f"от{NBSP}{number(low, digits)} до{NBSP}{number(high, digits)}"


def plural(n: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a whole number.

    >>> [plural(n, "школа", "школы", "школ") for n in (1, 3, 11, 21, 112)]
    ['школа', 'школы', 'школ', 'школа', 'школ']
    """
    tail = n % 100
    if 11 <= tail <= 14:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(n % 10, many)


def counted(n: float, one: str, few: str, many: str) -> str:
    """A whole number with its noun.

    >>> counted(5, "школа", "школы", "школ"), counted(1234, "работа", "работы", "работ")
    ('5\\xa0школ', '1\\u202f234\\xa0работы')
    """
    whole = round(n)
    return f"{number(whole)}{NBSP}{plural(whole, one, few, many)}"


MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)


def long_date(day: date) -> str:
    """A date as documents write it.

    >>> long_date(date(2026, 11, 1))
    '1\\xa0ноября 2026\\xa0года'
    """
    return f"{day.day}{NBSP}{MONTHS[day.month - 1]} {day.year}{NBSP}года"


def listed(items: Iterable[str]) -> str:
    """Items joined with commas and «и».

    >>> listed(["а"]), listed(["а", "б"]), listed(["а", "б", "в"])
    ('а', 'а и б', 'а, б и в')
    """
    items = list(items)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} и {items[-1]}"


def glued(text: str) -> str:
    """The text with spaces that must not end a line made non-breaking: before %, after №, in п. п. and
    ст. откл.

    >>> glued("Школа № 3: 5 %, 2 п. п.") == "Школа №\\u00a03: 5\\u00a0%, 2 п.\\u00a0п."
    True
    """
    return re.sub(r" (?=%)|(?<=№) (?=\d)|(?<=п\.) (?=п\.)|(?<=ст\.) (?=откл)", NBSP, text)


def first_capital(text: str) -> str:
    """The text with its first letter in capital.

    >>> first_capital("северный район")
    'Северный район'
    """
    return text[:1].upper() + text[1:]


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts «Школа № 2» before «Школа № 12».

    >>> sorted(["Школа № 12", "Школа № 2"], key=natural)
    ['Школа № 2', 'Школа № 12']
    """
    parts = re.split(r"(\d+)", name.casefold().replace("ё", "е"))
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts if part)


def fold(name: str) -> str:
    """A code or a name in the form in which they are compared.

    >>> fold(" Озёрный  район ")
    'озерный район'
    """
    return " ".join(name.casefold().replace("ё", "е").split())


def is_rural(place: str) -> bool:
    """Whether a kind of place, as a list of schools names it, is a village.

    >>> is_rural("Сельская местность"), is_rural("город")
    (True, False)
    """
    return "сельск" in place.lower()
