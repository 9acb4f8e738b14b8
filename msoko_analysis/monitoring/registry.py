"""The registry of indicators: names, units, formulas and directions, read from ``params/indicators``.

Names and units are facts of the sources; what is our own (direction, numerator, denominator where
the source is silent) says so in ``status``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import (
    Fault,
    Number,
    Strict,
    Text,
    Whole,
    nearest,
    read_yaml,
    validate,
)

Kind = Literal["share", "ratio", "rate", "per_head", "growth", "index", "value", "computed"]
Better = Literal["higher", "lower", "none"]
# Kinds made of two typed numbers, the first a part of the second or not.
PARTS = ("share", "index")
QUOTIENTS = (*PARTS, "ratio", "rate", "per_head", "growth")
_LONG_NAME = 80
UNITS = {"percent": "%", "people": "чел.", "units": "ед.", "points": "балл"}

KIND_RU = {
    "share": "доля: 100 · числитель / знаменатель, числитель — часть знаменателя",
    "ratio": "отношение: 100 · числитель / знаменатель",
    "rate": "на N: N · числитель / знаменатель",
    "per_head": "на одного: числитель / знаменатель",
    "growth": "темп роста: 100 · значение / значение того же периода год назад",
    "index": "индекс: 100 · сумма баллов / наибольшая возможная сумма",
    "value": "готовое значение",
    "computed": "вычисляется из результатов, не вводится",
}


class IndicatorStatus(Strict):
    """Where the formula, the direction and the frequency come from."""

    formula: Literal["in_name", "in_source", "proposed", "unknown"]
    better: Literal["in_source", "proposed"]
    times: Literal["in_source", "proposed"]


class Indicator(Strict):
    """One indicator: what it is, how it is computed, how often it is collected, what is better."""

    code: Text
    name: Text
    about: Text
    block: Text
    unit: Literal["percent", "people", "units", "points"]
    times_a_year: Literal[1, 2, 4, 8]
    better: Better
    kind: Kind
    numerator: Text | None = None
    denominator: Text | None = None
    per: Annotated[Whole, Field(ge=2)] | None = None
    growth_of: Literal["share", "per_head"] | None = None
    maximum: Number | None = None
    computed_from: Text | None = None
    target: Number | None = None
    target_source: Text | None = None
    status: IndicatorStatus

    @model_validator(mode="after")
    def _whole(self) -> Indicator:
        """Every kind has the fields it needs and no others."""
        typed = self.kind in QUOTIENTS
        needs = {
            "numerator": typed,
            "denominator": typed,
            "per": self.kind == "rate",
            "growth_of": self.kind == "growth",
            "computed_from": self.kind == "computed",
            "target_source": self.target is not None,
        }
        for name, needed in needs.items():
            if needed and getattr(self, name) is None:
                raise Fault(f"у показателя {self.code} нет ключа {name}", "добавьте его")
            if not needed and getattr(self, name) is not None:
                raise Fault(f"у показателя {self.code} лишний ключ {name}", "уберите его")
        if self.maximum is not None and self.kind not in ("value", "computed"):
            raise Fault(f"у показателя {self.code} лишний ключ maximum", "уберите его")
        return self

    @property
    def shares(self) -> bool:
        """The numerator is a part of the denominator and may not be above it."""
        return self.kind in PARTS or self.growth_of == "share"

    @property
    def called(self) -> str:
        """Code and name; what it is about where the name would fill half a table."""
        return f"{self.code}. {self.name if len(self.name) <= _LONG_NAME else self.about}"

    @property
    def unit_ru(self) -> str:
        """The unit as it is printed."""
        return UNITS[self.unit]


class IndicatorFile(Strict):
    """The schema of ``params/indicators/*.yaml``: one source and its indicators."""

    title: Text
    source: Text
    date: datetime.date
    blocks: dict[Text, Text]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Registry:
    """All indicators in the order of their sources: ``registry["П8"].name``."""

    files: tuple[IndicatorFile, ...]

    def __iter__(self) -> Iterator[Indicator]:
        """The indicators one after another."""
        return (indicator for file in self.files for indicator in file.indicators)

    def __getitem__(self, code: str) -> Indicator:
        """The indicator of that code; a :class:`DataError` tells the nearest one there is."""
        known = {indicator.code: indicator for indicator in self}
        if code not in known:
            raise DataError(f"Показателя «{code}» нет в реестре — {nearest(code, known)}")
        return known[code]

    def __contains__(self, code: object) -> bool:
        """Whether there is such a code."""
        return any(indicator.code == code for indicator in self)

    def file_of(self, code: str) -> IndicatorFile:
        """The file an indicator stands in: its source, date and the names of blocks."""
        return next(f for f in self.files if any(one.code == code for one in f.indicators))

    @property
    def typed(self) -> tuple[Indicator, ...]:
        """The indicators people type in; the others are computed from results."""
        return tuple(indicator for indicator in self if indicator.kind != "computed")


def load_registry(folder: Path = PARAMS / "indicators") -> Registry:
    """Read and check all files of a folder.

    Raises ParamsError with every fault of every file.

    >>> registry = load_registry()
    >>> registry["П19"].kind, registry["П7"].per, registry["П2"].better
    ('computed', 10, 'lower')
    """
    problems: list[Problem] = []
    files, seen = [], {}
    for path in sorted(folder.glob("*.yaml")):
        document = read_yaml(path, problems)
        file = validate(IndicatorFile, document, problems) if document else None
        if file is None:
            continue
        files.append(file)
        for number, indicator in enumerate(file.indicators):
            at = ("indicators", number)
            if indicator.block not in file.blocks:
                advice = nearest(indicator.block, file.blocks)
                problems.append(document.problem((*at, "block"), "такого раздела нет", advice))
            if indicator.code in seen:
                rule = f"код «{indicator.code}» уже есть в файле {seen[indicator.code]}"
                problems.append(document.problem((*at, "code"), rule, "оставьте один"))
            seen.setdefault(indicator.code, path.name)
    if not files and not problems:
        problems.append(Problem("нет ни одного файла показателей", "верните файлы", folder.name))
    if problems:
        raise ParamsError(str(DataError.from_problems("Реестр показателей не принят", problems)))
    return Registry(tuple(files))
