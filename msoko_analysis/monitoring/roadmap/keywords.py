"""Words by which columns, stages and marks of a roadmap are known, read from ``params/cycle``."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import Fault, Strict, Text, read_yaml, validate

_Words = Annotated[tuple[Text, ...], Field(min_length=1)]
FieldName = Literal[
    "number", "activity", "term", "evidence", "responsible", "participants", "mark", "proof",
    "direction", "school", "stage",
]  # fmt: skip


class Column(Strict):
    """One column of a roadmap and the words of its heading."""

    field: FieldName
    keywords: _Words


class Stage(Strict):
    """One stage of the management cycle and the words of its activities."""

    code: Text
    name: Text
    keywords: _Words


class ColumnsFile(Strict):
    """The schema of ``params/cycle/columns.yaml``; ``aside`` are headings of columns that are not read
    and need not be told.
    """

    source: Text
    date: datetime.date
    aside: tuple[Text, ...] = ()
    columns: tuple[Column, ...]


class MarksFile(Strict):
    """The schema of ``params/cycle/marks.yaml``."""

    source: Text
    date: datetime.date
    done: _Words
    not_done: _Words


class StagesFile(Strict):
    """The schema of ``params/cycle/stages.yaml``; ``order`` is that of the cycle."""

    source: Text
    date: datetime.date
    set_aside: tuple[Text, ...] = ()
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    order: tuple[Text, ...]

    @model_validator(mode="after")
    def _same_codes(self) -> StagesFile:
        codes = [stage.code for stage in self.stages]
        if sorted(codes) != sorted(self.order) or len(set(codes)) < len(codes):
            rule = "в order не те же этапы, что в stages"
            raise Fault(rule, "перечислите каждый этап один раз")
        return self

    @property
    def in_order(self) -> tuple[Stage, ...]:
        """The stages as they follow one another in the cycle."""
        return tuple(sorted(self.stages, key=lambda stage: self.order.index(stage.code)))


class Keywords(Strict):
    """All words of a folder."""

    columns: ColumnsFile
    marks: MarksFile
    stages: StagesFile


@lru_cache
def load_keywords(folder: Path = PARAMS / "cycle") -> Keywords:
    """Read and check the three files; raises ParamsError with every fault.

    >>> [stage.code for stage in load_keywords().stages.in_order][:3]
    ['goals', 'indicators', 'collection']
    """
    problems: list[Problem] = []
    read = {}
    for name, schema in (("columns", ColumnsFile), ("marks", MarksFile), ("stages", StagesFile)):
        document = read_yaml(folder / f"{name}.yaml", problems)
        read[name] = validate(schema, document, problems) if document else None
    if problems:
        title = "Слова дорожных карт не приняты"
        raise ParamsError(str(DataError.from_problems(title, problems)))
    return Keywords(**read)


def simple(text: str) -> str:
    """The text as words are looked for in: lower case, «е» for «ё», single spaces.

    >>> simple("  Отчёт\\nза год ")
    'отчет за год'
    """
    return " ".join(text.lower().replace("ё", "е").split())


def stages_of(text: str, stages: StagesFile) -> tuple[str, ...]:
    """Codes of the stages whose words stand in a text, in the order of the cycle.

    Words are looked for in the order of the file; what one stage has found is gone for the next, and
    so is what follows words of ``set_aside``, which names an occasion or a project. Each word of a
    keyword is the beginning of a word of the text, one after another.

    >>> stages_of("Анализ эффективности принятых мер, мониторинг", load_keywords().stages)
    ('monitoring', 'effectiveness')
    >>> stages_of("Адресные рекомендации по итогам мониторинга", load_keywords().stages)
    ('recommendations',)
    """
    left, found = simple(text), []
    for words in stages.set_aside:
        left = re.sub(rf"{re.escape(simple(words))}[^,;.)]*", "·", left)
    for stage in stages.stages:
        pattern = "|".join(
            r"\s+".join(rf"\b{re.escape(part)}[\w-]*" for part in simple(keyword).split())
            for keyword in stage.keywords
        )
        left, times = re.subn(pattern, "·", left)
        found += [stage.code] if times else []
    return tuple(sorted(found, key=stages.order.index))
