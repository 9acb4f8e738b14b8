"""Acts by which procedures are held and analysed, by procedure and year: ``params/acts.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator

from msoko_analysis.errors import Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.schema import (
    Document,
    Fault,
    Strict,
    Text,
    Whole,
    load_file,
    nearest,
    once,
)

FILE = SHIPPED / "params" / "acts.yaml"
MONITORING = "monitoring"
"""What acts may be about beside procedures: motivating monitoring and management mechanisms."""


def _known(code: str) -> str:
    known = [*procedures(), MONITORING]
    if code not in known:
        raise Fault(f"процедуры «{code}» нет в params/procedures.yaml", nearest(code, known))
    return code


def _in_order(years: tuple[int, int]) -> tuple[int, int]:
    if years[0] > years[1]:
        raise Fault("первый год позже последнего", "исправьте годы")
    return years


class Act(Strict):
    """One act: ``title`` as a ground is written; ``years`` the first and last of the procedures it is
    confirmed for; ``holds`` if the procedure of the year is held by it.
    """

    title: Text
    about: tuple[Annotated[Text, AfterValidator(_known)], ...]
    years: Annotated[tuple[Whole, Whole], AfterValidator(_in_order)]
    holds: bool
    status: Literal["found_official", "found_secondary", "unconfirmed"]
    source: Text

    @property
    def confirmed(self) -> bool:
        """Whether it may be printed as a ground."""
        return self.status != "unconfirmed"


@cache
def acts() -> tuple[Act, ...]:
    """All acts in the order of the file; ParamsError lists every fault.

    >>> len({one.title for one in acts()}) == len(acts())
    True
    """
    return load_file(tuple[Act, ...], FILE, "Список актов не принят", _check)


def _check(found: tuple[Act, ...], document: Document, problems: list[Problem]) -> None:
    once((one.title for one in found), "title", "акт", document, problems)


def acts_of(about: str, year: int) -> tuple[Act, ...]:
    """The acts about a procedure of a year, those not confirmed too.

    >>> [one.title for one in acts_of("VPR", 2021) if not one.confirmed]
    ['приказ Рособрнадзора от 11.02.2021 № 119']
    >>> acts_of("VPR", 2019)
    ()
    """
    return tuple(
        one for one in acts() if about in one.about and one.years[0] <= year <= one.years[1]
    )
