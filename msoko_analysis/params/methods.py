"""Methods as codes: which statistic a number came from, what changed in it since, how it is told.

The column ``method`` of measures and findings holds steps joined by «+», each a code of
``params/methods.yaml``, some with arguments: ``spike+reference(outside)+downweighted``. Code asks for
codes and arguments; words are looked up only where a method is printed.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Annotated, NamedTuple

from pydantic import Field

from msoko_analysis.errors import ParamsError, Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.schema import (
    Document,
    Strict,
    Text,
    load_file,
    nearest,
)

FILE = SHIPPED / "params" / "methods.yaml"
_STEP = re.compile(r"(\w+)(?:\(([^()+]*)\))?")


class Method(Strict):
    """One method: ``version`` grows when it gives another number for the same data, ``changed`` says
    what the version brought; ``steps`` are the codes by which measures name it, with their words.
    """

    name: Text
    title_ru: Text
    version: Annotated[int, Field(strict=True, ge=1)]
    date: date
    changed: Text
    steps: dict[Text, Text]


class Methods(Strict):
    """All methods; ``remarks`` are steps that say with what a method was used and belong to none;
    ``words`` those of arguments that are codes themselves.
    """

    methods: tuple[Method, ...]
    remarks: dict[Text, Text]
    words: dict[Text, Text]

    def text(self, code: str) -> str:
        """The words of a step, ``{}`` where its arguments stand."""
        return (self.remarks | {k: v for one in self.methods for k, v in one.steps.items()})[code]


class Step(NamedTuple):
    """One step of how a number was made."""

    code: str
    arguments: tuple[str, ...]


@cache
def load_methods() -> Methods:
    """All methods of params/methods.yaml; ParamsError lists every fault of the file.

    >>> "spike" in [one.name for one in load_methods().methods]
    True
    """
    return load_file(Methods, FILE, "Методы не приняты", _check)


def _check(found: Methods, document: Document, problems: list[Problem]) -> None:
    """A step stands once, whoever it belongs to."""
    seen: set[str] = set()
    places = [(("methods", i, "steps"), one.steps) for i, one in enumerate(found.methods)]
    for place, steps in (*places, (("remarks",), found.remarks)):
        for code in steps:
            if code in seen:
                rule = f"шаг «{code}» уже есть выше"
                problems.append(document.problem((*place, code), rule, "назовите его иначе"))
            seen.add(code)


def method(*steps: str | Step) -> str:
    """The steps as a cell of the column ``method``.

    >>> method("spike", Step("reference", ("control",)))
    'spike+reference(control)'
    """
    return "+".join(
        f"{one.code}({','.join(one.arguments)})" if isinstance(one, Step) else one for one in steps
    )


@cache
def steps_of(cell: str) -> tuple[Step, ...]:
    """The steps of a cell; ParamsError where one is not in the file.

    >>> steps_of("level(school_type,pupils)")
    (Step(code='level', arguments=('school_type', 'pupils')),)
    >>> steps_of("magic")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.ParamsError: метода «magic» нет в params/methods.yaml — ...
    """
    known = {*load_methods().remarks, *(k for one in load_methods().methods for k in one.steps)}
    steps = []
    for part in cell.split("+"):
        found = _STEP.fullmatch(part)
        if found is None or found[1] not in known:
            told = Problem(f"метода «{part}» нет в params/methods.yaml", nearest(part, known))
            raise ParamsError(str(told))
        steps.append(Step(found[1], tuple((found[2] or "").split(",")) if found[2] else ()))
    return tuple(steps)


def has_step(cell: str, code: str) -> bool:
    """Whether a number was made with this step.

    >>> has_step("icc+jackknife", "jackknife")
    True
    """
    return any(one.code == code for one in steps_of(cell))


def arguments(cell: str, code: str) -> tuple[str, ...]:
    """Arguments of all steps of one code.

    >>> arguments("spike+reference(outside)+downweighted+reference(smooth)", "reference")
    ('outside', 'smooth')
    """
    return tuple(each for one in steps_of(cell) if one.code == code for each in one.arguments)


def argument_words(cell: str, code: str) -> str:
    """The arguments of a step as they are told.

    >>> argument_words("level(school_type,pupils)", "level")
    'вид школы, число учеников'
    """
    words = load_methods().words
    return ", ".join(words.get(one, one) for one in arguments(cell, code))


def method_text(cell: str) -> str:
    """How a number was made, in words.

    >>> method_text("gini+jackknife")
    'индекс Джини; интервал складным ножом по школам'
    >>> method_text("reference(outside)+downweighted")
    'эталон — регион без своего муниципалитета, школы с признаком учтены с малым весом'
    """
    texts, words = load_methods(), load_methods().words
    told = ""
    for one in steps_of(cell):
        text = texts.text(one.code).format(", ".join(words.get(a, a) for a in one.arguments))
        told += text if text.startswith(",") or not told else f"; {text}"
    return told


def methods_of(cell: str) -> tuple[Method, ...]:
    """The methods of a cell: an estimate and its interval may be two.

    >>> [one.name for one in methods_of("gini+scale_caveat+jackknife")]
    ['indexes', 'jackknife']
    """
    codes = [one.code for one in steps_of(cell)]
    return tuple(one for one in load_methods().methods if not one.steps.keys().isdisjoint(codes))


def method_versions() -> dict[str, dict[str, str | int]]:
    """What a manifest keeps: version, title and last change by name.

    >>> sorted(method_versions()["spike"])
    ['changed', 'title', 'version']
    """
    return {
        one.name: {"version": one.version, "title": one.title_ru, "changed": one.changed}
        for one in load_methods().methods
    }
