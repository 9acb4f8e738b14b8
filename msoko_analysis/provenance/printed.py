"""Numbers of a Russian text read back as values: the way :mod:`msoko_analysis.russian` prints them.

A value is a number that a calculation may change: a share, a count, an interval's end. A number that
is part of a name is no value, and a text about another class, school or year is another text:

- part of a word or code: «П24», «ВПР-4», «5-й», «№ 12», «СОШ 12», «20__»;
- a year («2026», «2025/26»), a date («19.04.2019», «1 ноября»), a numbered point («1.2»), an address;
- a mark in quotes («3»), classes («4–5 классы»);
- what a text refers to: «таблица 3», «рисунок 2», «раздел 4».

So a fraction has a comma, thousands a thin or non-breaking space, and four digits of 19xx or 20xx
without one are a year. «12–15» and «[1,2; 3,4]» are two values each. A value below a printed least
one, «< 0,001», lies between it and zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from msoko_analysis.russian import MONTHS

_UNITS = (
    (r"%", "%"),
    (r"п\.\s?п\.", "п. п."),
    (r"процентн\w+ пункт\w*", "п. п."),
    (r"балл(?:а|у|ом|е|ы|ов|ам|ами|ах)?\b", "балл"),
    (r"работ(?:а|ы|е|у|ой|ам|ами|ах)?\b", "работа"),
    (r"ученик\w*", "ученик"),
    (r"школ(?:а|ы|е|у|ой|ам|ами|ах)?\b", "школа"),
    (r"отмет(?:к\w+|ок)\b", "отметка"),
    (r"стандартн\w+ отклонени\w+", "стандартное отклонение"),
)
_UNIT = re.compile("|".join(rf"(?P<u{place}>{form})" for place, (form, _) in enumerate(_UNITS)))
_WHOLE = r"\d{1,3}(?:[\u202f\u2009\u00a0]\d{3})+(?!\d)|\d+"
_TOKEN = re.compile(
    rf"""
    (?P<reference>(?i:табл|рисун|раздел|приложени|пункт)\w*\s\d+(?:(?:,\s|\sи\s|[–-])\d+)*)
  | (?P<name>
        \S+://\S+
      | №\s?[\w./-]*\w
      | «\d»
      | \b[А-ЯЁ]{{2,}}\s\d+\b(?![,.%]|\s%)
      | \b(?:19|20)\d\d(?:[/–-](?:(?:19|20)\d\d|\d\d))?\b(?!,\d)
      | \b\d{{1,2}}\s(?:{"|".join(MONTHS)})\b
      | \b\d+(?:\.\d+)+(?:-\d+)*
      | \b\d+(?:(?:[–-]|,\s|\sи\s|\sили\s)\d+)*\s(?:-\S+\s)?класс
      | [\w-]*[^\W\d][\w-]*
    )
  | (?P<value>(?:(?P<below><)\s?)?(?P<sign>(?<![\w)\]])[−+])?(?P<whole>{_WHOLE})(?:,(?P<places>\d+))?)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Value:
    """A printed number: what was computed lies within ``tolerance`` of ``value``.

    ``tolerance`` is half a unit of the last printed digit; ``unit`` a word of a fixed list, or "".
    """

    value: float
    tolerance: float
    unit: str = ""

    def holds(self, number: float) -> bool:
        """Whether ``number`` would be printed so; halves may go either way.

        >>> Value(69.2, 0.05).holds(69.249), Value(69.2, 0.05).holds(69.3)
        (True, False)
        """
        return abs(number - self.value) <= self.tolerance + 1e-9 * max(1.0, abs(number))


def values_in(text: str) -> tuple[Value, ...]:
    """Every value of a text in its order.

    >>> [(one.value, one.unit) for one in values_in("В 2026 году 12,5–15,0 % из 1\\u202f234 работ")]
    [(12.5, '%'), (15.0, '%'), (1234.0, 'работа')]
    >>> values_in("q < 0,001"), values_in("Школа № 12, 4 класс: отметок «2» больше")
    ((Value(value=0.0005, tolerance=0.0005, unit=''),), ())
    """
    found = list(_matches(text))
    values: list[Value] = []
    for place, match in reversed(list(enumerate(found))):
        unit = _unit_after(text, match.end())
        if not unit and place + 1 < len(found):
            between = text[match.end() : found[place + 1].start()]
            unit = values[0].unit if between.strip() in ("–", "…", "до") else ""
        values.insert(0, _value(match, unit))
    return tuple(values)


def unit_of(heading: str) -> str:
    """The unit that ends the heading of a column, or "".

    >>> unit_of("Отличие от региона, п.\xa0п."), unit_of("Предмет, класс")
    ('п. п.', '')
    """
    found = _UNIT.fullmatch(heading.rpartition(",")[2].strip())
    return _UNITS[int(found.lastgroup[1:])][1] if found else ""


def skeleton(text: str) -> str:
    """The text with «#» for every value and for the numbers of tables and figures it refers to.

    >>> skeleton("Из 22 школ (в таблице 3) по 4 классу — Школа № 12: −0,5 %")
    'Из # школ (в таблице #) по 4 классу — Школа № 12: # %'
    """
    return _TOKEN.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    if match["value"]:
        return "#"
    return re.sub(r"\d+", "#", match[0]) if match["reference"] else match[0]


def _matches(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _TOKEN.finditer(text) if match["value"])


def _unit_after(text: str, place: int) -> str:
    """The unit that follows a number, after at most one space."""
    start = place + 1 if text[place : place + 1].isspace() else place
    found = _UNIT.match(text, start)
    return _UNITS[int(found.lastgroup[1:])][1] if found else ""


def _value(match: re.Match[str], unit: str) -> Value:
    places = match["places"] or ""
    size = float(re.sub(r"\D", "", match["whole"]) + ("." + places if places else ""))
    if match["below"]:
        return Value(size / 2, size / 2, unit)
    return Value(-size if match["sign"] == "−" else size, 0.5 * 10.0 ** -len(places), unit)
