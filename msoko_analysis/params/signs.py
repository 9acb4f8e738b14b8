"""The register of signs: what may name a school, by what limits, from what data, in what words.

One record of ``params/signs.yaml`` is one sign. Estimators, judges, words and the explorer read it;
none of them keeps a list of signs of its own.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Literal, get_args

from pydantic import Field

from msoko_analysis.errors import Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.methods import load_methods
from msoko_analysis.params.schema import (
    Document,
    Strict,
    Text,
    Whole,
    load_file,
    nearest,
)

FILE = SHIPPED / "params" / "signs.yaml"

SizeField = Literal["value", "interval", "side", "points", "share", "n"]
"""Fields of the words for a size; the words are put in by ``msoko_analysis.wording.sign_kinds``."""


class Family(Strict):
    """Signs that fail for one reason; ``observed``: an observer sees what they are about."""

    observed: bool


class Sign(Strict):
    """One sign; ``code`` is its measure, :attr:`finding` the finding about a school.

    ``names``: it may name a school by itself, else it is told for attention only. ``limit`` decides
    about its size, ``more_limits`` with it; ``shows`` the measures a conclusion rests on.
    """

    code: Text
    family: Text
    names: bool
    data: Literal["score_counts", "mark_pairs", "item_moments"]
    years: Annotated[Whole, Field(ge=1, le=3)]
    method: Text
    limit: Text
    more_limits: tuple[Text, ...]
    unit: Literal["pupils", "marks", "sd", "ratio", "share", "points"]
    two_sided: bool
    shows: tuple[Text, ...]
    cleared: bool
    figure: Literal["", "near_cuts", "marks", "tasks"]
    title_ru: Text
    unit_ru: Text
    size_ru: Text
    short_ru: str
    digits: Annotated[Whole, Field(ge=0, le=3)]
    causes_ru: Annotated[tuple[Text, ...], Field(min_length=1)]
    look_first_ru: Text

    @property
    def finding(self) -> str:
        """Code of the finding about one school."""
        return f"{self.code}_school"

    @property
    def limits(self) -> tuple[str, ...]:
        """All limits that decide, its own first."""
        return (self.limit, *self.more_limits)


class Signs(Strict):
    """All signs in the order in which they are told, and their families."""

    families: dict[Text, Family]
    signs: tuple[Sign, ...]

    def of_code(self, code: str) -> Sign:
        """The sign of a measure, or of a finding about a school; KeyError where there is none."""
        return {**self.by_finding, **{one.code: one for one in self.signs}}[code]

    @property
    def by_finding(self) -> dict[str, Sign]:
        """The signs by the code of their finding."""
        return {one.finding: one for one in self.signs}

    def naming(self) -> dict[str, tuple[str, ...]]:
        """Codes of the signs that may name a school, by family.

        >>> load_signs().naming()["tasks"]
        ('items_hard', 'similarity')
        """
        return {
            family: tuple(one.code for one in self.signs if one.family == family and one.names)
            for family in self.families
        }


@cache
def load_signs() -> Signs:
    """The register; ParamsError lists every fault of the file.

    >>> load_signs().of_code("jump_school").limits
    ('jump_min', 'spike_q', 'spike_min_tested', 'repeat_p', 'repeat_works')
    """
    return load_file(Signs, FILE, "Перечень признаков не принят", _check)


def _check(found: Signs, document: Document, problems: list[Problem]) -> None:
    """Codes stand once; families, methods and the fields of the words are known ones."""
    methods = {step for one in load_methods().methods for step in one.steps}
    seen: set[str] = set()
    for place, one in enumerate(found.signs):
        faults = [
            ("code", one.code in seen, f"признак «{one.code}» уже есть выше", "назовите иначе"),
            *_unknown("family", one.family, found.families, "семейства"),
            *_unknown("method", one.method, methods, "метода"),
            *(
                fault
                for name in ("size_ru", "short_ru")
                for field in _fields(getattr(one, name))
                for fault in _unknown(name, field, get_args(SizeField), "поля")
            ),
        ]
        problems += [
            document.problem(("signs", place, key), rule, action)
            for key, wrong, rule, action in faults
            if wrong
        ]
        seen.add(one.code)


def _unknown(
    key: str, word: str, known: Iterable[object], what: str
) -> list[tuple[str, bool, str, str]]:
    names = [str(one) for one in known]
    return [(key, word not in names, f"{what} «{word}» нет", nearest(word, names))]


def _fields(words: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(words) if name is not None]
