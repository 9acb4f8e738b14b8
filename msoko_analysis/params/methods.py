"""Versions of the methods: which statistic a number came from, and what changed in it since."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import Field

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.schema import PROJECT, Strict, Text, read_yaml, validate

FILE = PROJECT / "params" / "methods.yaml"


class Method(Strict):
    """One method: ``version`` grows when it gives another number for the same data, ``changed`` says
    what the version brought; ``says`` are words that tell it in the column ``method`` of measures.
    """

    name: Text
    title_ru: Text
    version: Annotated[int, Field(strict=True, ge=1)]
    date: date
    changed: Text
    says: tuple[Text, ...]

    def is_in(self, method: str) -> bool:
        """Whether the words of a measure's method name this one."""
        return any(words in method for words in self.says)


@cache
def load_methods() -> tuple[Method, ...]:
    """All methods of params/methods.yaml; ParamsError lists every fault of the file.

    >>> "spike" in [one.name for one in load_methods()]
    True
    """
    problems: list[Problem] = []
    document = read_yaml(FILE, problems)
    methods = validate(tuple[Method, ...], document, problems) if document else None
    if problems:
        raise ParamsError(str(DataError.from_problems("Версии методов не приняты", problems)))
    return methods


def methods_of(method: str) -> tuple[Method, ...]:
    """The methods a measure's words name: an estimate and its interval may be two.

    >>> [one.name for one in methods_of("индекс Джини; интервал складным ножом по школам")]
    ['indexes', 'jackknife']
    """
    return tuple(one for one in load_methods() if one.is_in(method))


def method_versions() -> dict[str, dict[str, str | int]]:
    """What a manifest keeps: version, title and last change by name.

    >>> sorted(method_versions()["spike"])
    ['changed', 'title', 'version']
    """
    return {
        one.name: {"version": one.version, "title": one.title_ru, "changed": one.changed}
        for one in load_methods()
    }
