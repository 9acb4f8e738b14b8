"""The catalogue of addressed recommendations as data: who does what about a finding, and by when."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from msoko_analysis.params.schema import Fault, Strict, Text, Whole

# The month with which the work of a school year begins: the August conferences plan it.
_BEGINS = 8
# The longest a month can be; a leap year is not known before the year is.
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LEVELS = {
    "Муниципальный орган управления образованием": "municipality",
    "Методическая служба муниципалитета": "municipality",
    "Муниципальный координатор оценочных процедур": "municipality",
    "Районное методическое объединение": "municipality",
    "Руководитель школы": "school",
    "Школьное методическое объединение": "teachers",
}
"""Whom a recommendation may address, and on which level of the note it stands."""


class Term(Strict):
    """By when, relative to the school year that follows the procedures: a day of it, or an occasion.

    >>> Term(month=11, day=1).due(2026), Term(month=3, day=1).due(2026)
    (datetime.date(2026, 11, 1), datetime.date(2027, 3, 1))
    >>> Term(when="next_procedure").due(2026) is None
    True
    """

    month: Whole | None = None
    day: Whole | None = None
    when: Literal["next_procedure", "next_meeting"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Term:
        if (self.when is None) == (self.month is None) or (self.month is None) != (
            self.day is None
        ):
            raise Fault("срок — либо месяц и день, либо случай", "оставьте {month, day} или {when}")
        if self.month is not None and not (
            1 <= self.month <= 12 and 1 <= self.day <= _DAYS[self.month - 1]
        ):
            raise Fault("такого дня нет в календаре", "исправьте month и day")
        return self

    def due(self, year: int) -> date | None:
        """The day in the school year after the procedures of ``year``; None for an occasion.

        August to December stand in ``year``, January to July in the year after.
        """
        if self.month is None:
            return None
        return date(year if self.month >= _BEGINS else year + 1, self.month, self.day)


def _known(addressee: str) -> str:
    if addressee not in LEVELS:
        raise Fault("такого адресата нет", f"допустимы: {', '.join(LEVELS)}")
    return addressee


def _filled(named: tuple[str, ...]) -> tuple[str, ...]:
    if not named or len(set(named)) < len(named):
        raise Fault("список пуст или в нём есть повторы", "назовите каждое по одному разу")
    return named


ProcedureStage = Literal["before", "during", "marking", "after"]


class Recommendation(Strict):
    """One entry of the catalogue: what to do about a finding, who does it, and how that is seen.

    ``stages`` are those of a procedure it belongs to, ``system`` the direction of management mechanisms.
    The ground (indicator, value, limit, source) is no part of it: it is made from the finding.
    """

    id: Text
    finding: Text
    verdict: Literal["CONCERN", "WATCH"]
    level: Literal["municipality", "school", "teachers"]
    addressee: Annotated[Text, AfterValidator(_known)]
    problem: Text
    causes: Annotated[tuple[Text, ...], AfterValidator(_filled)]
    measure: Text
    responsible: Text
    term: Term
    stages: Annotated[tuple[ProcedureStage, ...], AfterValidator(_filled)]
    system: Text
    control_indicator: Text
    expected_result: Text
    evidence: Text
    source: Text

    @model_validator(mode="after")
    def _level_of_addressee(self) -> Recommendation:
        if LEVELS[self.addressee] != self.level:
            rule = f"адресат «{self.addressee}» стоит на уровне {LEVELS[self.addressee]}"
            raise Fault(rule, "исправьте level или addressee")
        return self
