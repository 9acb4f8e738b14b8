"""The register of measures: ``params/measures.yaml``, one record a code or a declared family.

What a measure is called, what its n counts and what else it gives away stand here and nowhere else: the
gate decides from these records, and a code that is not among them is neither measured nor published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from msoko_analysis.errors import ParamsError, Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.methods import load_methods
from msoko_analysis.params.schema import (
    Document,
    Number,
    Strict,
    Text,
    load_file,
    nearest,
)
from msoko_analysis.russian import glued

FILE = SHIPPED / "params" / "measures.yaml"
CHANGE = "_change"
"""Ending of the change of a measure to the year before."""
#: What n counts where it counts people: small numbers of these are nobody's business.
PEOPLE = ("works", "pupils", "medalists")
_PLACE = re.compile(r"\{(\w+)\}")


class Measure(Strict):
    """One record; every key is explained at the head of the file."""

    code: Text
    title: Text
    unit: str
    times: Number = 1.0
    n: Literal["works", "pupils", "medalists", "schools", "lists", "settings"]
    kind: Literal["share", "ratio", "mean", "other"] = "other"
    methods: tuple[Text, ...]
    change: bool = False
    additive: bool = False
    part_of: Text | None = None
    n_part_of: Text | None = None
    between: bool = False
    groups: bool = False
    empty_tells: bool = False
    follows: tuple[Text, ...] = ()
    follows_top: Text | None = None
    census: Literal["results", "counts"] | None = None


class _Register(Strict):
    names: dict[Text, Text]
    wholes: dict[Text, Literal["twos", "cells", "remainder"]]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Registered:
    """What the register says of one code: its record, the member of a family it is, and whether it
    is the change of that measure to the year before.
    """

    record: Measure
    member: str
    change: bool

    @property
    def title(self) -> str:
        """What it is called, in Russian, without its unit."""
        return _PLACE.sub(self.member, self.record.title)

    @property
    def heading(self) -> str:
        """Title and unit, as the heading of a column or a row of a table."""
        unit = self.record.unit
        if not unit:
            return self.title
        return glued(f"{self.title}{' ' if unit.startswith('(') else ', '}{unit}")

    @property
    def people(self) -> bool:
        """Whether n counts people."""
        return self.record.n in PEOPLE

    @property
    def part_of(self) -> str | None:
        """The whole it is a part of; a change is a part of nothing."""
        return None if self.change else self.record.part_of

    @property
    def additive(self) -> bool:
        """Whether the values of schools give that of the municipality; changes do not."""
        return self.record.additive and not self.change


@cache
def _register() -> _Register:
    return load_file(_Register, FILE, "Перечень показателей не принят", _check)


def _check(found: _Register, document: Document, problems: list[Problem]) -> None:
    """Every name of a record leads somewhere, and no code stands twice."""
    codes = [one.code for one in found.measures]
    methods = [one.name for one in load_methods().methods]
    for number, one in enumerate(found.measures):
        if one.code in codes[:number]:
            rule = f"«{one.code}» уже есть выше"
            problems.append(document.problem(("measures", number, "code"), rule, "уберите одну"))
        wholes = [whole for whole in (one.part_of, one.n_part_of, one.follows_top) if whole]
        for key, names, known in (
            ("code", _PLACE.findall(one.code), found.names),
            ("part_of", wholes, found.wholes),
            ("follows", one.follows, codes),
            ("methods", one.methods, methods),
        ):
            for name in names:
                if name not in known:
                    rule = f"«{name}» нет в перечне"
                    place = ("measures", number, key)
                    problems.append(document.problem(place, rule, nearest(name, known)))


def measures() -> tuple[Measure, ...]:
    """All records in the order of the file; ParamsError lists every fault of it.

    >>> measures()[0].code, measures()[0].unit
    ('mean_percent', '% максимума')
    """
    return _register().measures


def wholes() -> dict[str, str]:
    """How the parts of every whole give away what is hidden.

    >>> wholes()["levels"]
    'cells'
    """
    return dict(_register().wholes)


@cache
def measure(code: str) -> Registered:
    """What the register says of a code; ParamsError where it says nothing.

    >>> measure("icc").heading
    'доля различий результатов, приходящаяся на школы,\xa0%'
    >>> measure("level_share_3_change").member, measure("level_share_3_change").change
    ('3', True)
    >>> measure("gap_of_schools")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.ParamsError: показателя «gap_of_schools» нет в params/measures.yaml — ...
    """
    for one in _register().measures:
        for change in (False, True) if one.change else (False,):
            found = re.fullmatch(f"{_pattern(one.code)}{CHANGE if change else ''}", code)
            if found:
                return Registered(one, "".join(found.groups()), change)
    near = nearest(code, [one.code for one in _register().measures])
    raise ParamsError(str(Problem(f"показателя «{code}» нет в params/measures.yaml", near)))


@cache
def _pattern(code: str) -> str:
    """A record's code as a pattern: the names of families stand for what they may be."""
    parts = _PLACE.split(code)
    names = _register().names
    return "".join(
        f"({names[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )


def registered(codes: Iterable[str]) -> dict[str, Registered]:
    """What the register says of each code; ParamsError names all it does not know.

    >>> list(registered(["icc", "icc", "theil"]))
    ['icc', 'theil']
    """
    found: dict[str, Registered] = {}
    unknown = []
    for code in dict.fromkeys(codes):
        try:
            found[code] = measure(code)
        except ParamsError as error:
            unknown.append(str(error))
    if unknown:
        raise ParamsError("\n".join(unknown))
    return found
