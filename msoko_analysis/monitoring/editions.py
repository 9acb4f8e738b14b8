"""Editions of the assessment of mechanisms: directions, tracks, positions, maximums, as data."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field, model_validator

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import Fault, Number, Strict, Text, nearest, read_yaml, validate
from msoko_analysis.rules.mechanisms import POSITION_COLUMNS

# What stands beside the numbers where the official maximums are not known.
MODEL_RU = (
    "Максимальные баллы заданы муниципальной расчётной моделью: официальные максимумы не найдены. "
    "Индекс не заменяет значение, рассчитанное федеральным или региональным оператором."
)


class Component(Strict):
    """One component of the management cycle and the stage it belongs to."""

    code: Text
    name: Text
    stage: Literal["conceptual", "process", "management"]


class Position(Strict):
    """One position experts give points for."""

    code: Text
    component: Text
    track: Text | None = None
    max_points: Annotated[Number, Field(gt=0)]
    name: Text | None = None


class Track(Strict):
    """A part of a direction that is reported by itself."""

    code: Text
    name: Text


class Direction(Strict):
    """A system of management: ``system`` is its name over editions, ``code`` its number in one."""

    code: Text
    system: Text
    name: Text
    tracks: tuple[Track, ...] = ()
    positions: Annotated[tuple[Position, ...], Field(min_length=1)]


class Block(Strict):
    """One of the two mechanisms."""

    code: Text
    name: Text
    directions: Annotated[tuple[Direction, ...], Field(min_length=1)]


class Maximums(Strict):
    """By whose word the points of positions are what they are; ``remark`` where they do not give what
    the edition's own document prints.
    """

    status: Literal["found_official", "found_secondary", "calculated", "proposed"]
    source: Text
    remark: Text | None = None


class Edition(Strict):
    """The schema of an edition in ``params/mechanisms/editions``."""

    edition: Text
    title: Text
    source: Text
    date: datetime.date
    maximums: Maximums
    components: Annotated[tuple[Component, ...], Field(min_length=1)]
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Edition:
        """Codes are unique and point at something."""
        directions = [direction.code for direction in self.directions]
        positions = [row[0] for row in self._rows()]
        for codes, what in ((directions, "направление"), (positions, "позиция")):
            twice = sorted({code for code in codes if codes.count(code) > 1})
            if twice:
                raise Fault(f"{what} {', '.join(twice)} задано дважды", "оставьте одно")
        components = [component.code for component in self.components]
        for direction in self.directions:
            tracks = [track.code for track in direction.tracks]
            for one in direction.positions:
                if one.component not in components:
                    rule = f"у позиции {one.code} неизвестный компонент «{one.component}»"
                    raise Fault(rule, nearest(one.component, components))
                if one.track is not None and one.track not in tracks:
                    rule = f"у позиции {one.code} неизвестный трек «{one.track}»"
                    raise Fault(rule, nearest(one.track, tracks))
        return self

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions of both blocks."""
        return tuple(direction for block in self.blocks for direction in block.directions)

    @property
    def note_ru(self) -> str:
        """What must be printed beside the index, "" where the maximums are official."""
        known = self.maximums
        model = "" if known.status == "found_official" else MODEL_RU
        return " ".join(filter(None, (model, known.remark)))

    def _rows(self) -> Iterator[tuple]:
        for block in self.blocks:
            for direction in block.directions:
                for one in direction.positions:
                    codes = (one.code, block.code, direction.code, one.track or "", one.component)
                    yield (*codes, one.max_points)

    def positions(self) -> pd.DataFrame:
        """All positions as :func:`~msoko_analysis.rules.mechanisms.assess` takes them."""
        return pd.DataFrame(list(self._rows()), columns=POSITION_COLUMNS)


def load_editions(folder: Path = PARAMS / "mechanisms" / "editions") -> dict[str, Edition]:
    """Read and check all editions; raises ParamsError with every fault.

    >>> sorted((name, len(one.directions)) for name, one in load_editions().items())
    [('2020', 9), ('2021', 9), ('2022', 8), ('2023', 8)]
    """
    problems: list[Problem] = []
    editions = {}
    for path in sorted(folder.glob("*.yaml")):
        document = read_yaml(path, problems)
        edition = validate(Edition, document, problems) if document else None
        if edition is not None and edition.edition in editions:
            rule = f"редакция «{edition.edition}» уже есть в другом файле"
            problems.append(document.problem(("edition",), rule, "назовите иначе"))
        elif edition is not None:
            editions[edition.edition] = edition
    if problems:
        raise ParamsError(str(DataError.from_problems("Редакции оценки не приняты", problems)))
    return editions
