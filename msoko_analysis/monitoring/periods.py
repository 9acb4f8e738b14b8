"""Periods of collection: a year, a half, a quarter, or half a quarter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# How many times a year an indicator may be collected.
TIMES = (1, 2, 4, 8)
_CODE = re.compile(r"(\d{4})(?:-H([12])|-Q([1-4])(?:\.([12]))?)?")
_TITLE = re.compile(r"(?:([12])-е полугодие|([1-4])-й квартал(?:, ([12])-й сбор,)?|год) (\d{4})")


@dataclass(frozen=True)
class Period:
    """Part ``part`` (from 1) of a year that is divided into ``times`` periods.

    >>> Period(2026, 4, 3).code, Period(2026, 4, 3).title, Period(2026, 8, 6).title
    ('2026-Q3', '3-й квартал 2026', '3-й квартал, 2-й сбор, 2026')
    """

    year: int
    times: int = 1
    part: int = 1

    @classmethod
    def parse(cls, text: str) -> Period | None:
        """The period of a code or a title, or None.

        >>> Period.parse("2026-H2") == Period.parse("2-е полугодие 2026") == Period(2026, 2, 2)
        True
        >>> Period.parse("2026-Q5")
        """
        if found := _CODE.fullmatch(text.strip()):
            year, half, quarter, turn = found.groups()
        elif found := _TITLE.fullmatch(" ".join(text.split())):
            half, quarter, turn, year = found.groups()
        else:
            return None
        if turn:
            return cls(int(year), 8, 2 * int(quarter) - 2 + int(turn))
        if quarter:
            return cls(int(year), 4, int(quarter))
        return cls(int(year), 2, int(half)) if half else cls(int(year))

    @property
    def code(self) -> str:
        """How the period stands in data; codes of one frequency sort in time."""
        return (
            str(self.year)
            + {
                1: "",
                2: f"-H{self.part}",
                4: f"-Q{self.part}",
                8: f"-Q{(self.part + 1) // 2}.{(self.part + 1) % 2 + 1}",
            }[self.times]
        )

    @property
    def title(self) -> str:
        """How a person reads the period."""
        return {
            1: f"год {self.year}",
            2: f"{self.part}-е полугодие {self.year}",
            4: f"{self.part}-й квартал {self.year}",
            8: f"{(self.part + 1) // 2}-й квартал, {(self.part + 1) % 2 + 1}-й сбор, {self.year}",
        }[self.times]

    @property
    def year_before(self) -> Period:
        """The same part of the year before."""
        return replace(self, year=self.year - 1)

    @property
    def previous(self) -> Period:
        """The period just before this one.

        >>> Period(2026, 2, 1).previous.code
        '2025-H2'
        """
        if self.part > 1:
            return replace(self, part=self.part - 1)
        return replace(self, year=self.year - 1, part=self.times)


def periods_of(year: int, times: int) -> tuple[Period, ...]:
    """All periods of a year.

    >>> [period.code for period in periods_of(2026, 2)]
    ['2026-H1', '2026-H2']
    """
    return tuple(Period(year, times, part) for part in range(1, times + 1))
