"""A name of a place in the grammatical cases that a note needs.

Words are declined by pymorphy3 where it knows them. A name with a word it does not know, or that it
can not take for a nominative, stands in quotation marks behind «муниципалитет», which is right
whatever the name is; ``Named.sure`` then says False, so that a person looks at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from msoko_analysis.params.districts import Cases

_CASES = {"genitive": "gent", "dative": "datv", "prepositional": "loct"}
_BEHIND = {
    "nominative": "муниципалитет",
    "genitive": "муниципалитета",
    "dative": "муниципалитету",
    "prepositional": "муниципалитете",
}
_WORD = re.compile(r"[А-Яа-яЁё]+(?:-[А-Яа-яЁё]+)*")
# What is never declined: the abbreviations in which names of municipalities are written.
_FIXED = re.compile(r"(?:г|р-н|с|п|пгт|МО|ГО|МР|МОГО|ЗАТО|им)\.?|[^А-Яа-яЁё]+")
# The name behind these keeps its nominative: «Республики Алтай», «ЗАТО Сибирский».
_BEFORE_FIXED = ("республика", "зато", "им", "имени")
# Болдино, Кемерово: in a dictionary of places, or an adjective by its look and wrong.
_NEUTER = re.compile(r"[а-яё]+(?:ово|ево|ёво|ино|ыно)")


@dataclass(frozen=True)
class Named:
    """A name in its cases, and whether the words were all known."""

    cases: Cases
    sure: bool


def declined(name: str) -> Named:
    """The name of a municipality or region in its cases.

    >>> declined("Заринский район").cases.prepositional
    'Заринском районе'
    >>> declined("город Набережные Челны").cases.genitive
    'города Набережных Челнов'
    >>> declined("Республика Алтай").cases.genitive
    'Республики Алтай'
    >>> named = declined("M07")
    >>> named.cases.dative, named.sure
    ('муниципалитету «M07»', False)
    """
    name = " ".join(name.split())
    words = re.findall(rf"{_WORD.pattern}\.?|[^А-Яа-яЁё]+", name)
    declinable = [
        word
        for before, word in pairwise(["", *(word for word in words if word.strip())])
        if not _FIXED.fullmatch(word) and before.strip(". ").lower() not in _BEFORE_FIXED
    ]
    parsed = {word: _nominative(word) for word in declinable}
    if not declinable or not all(parsed.values()):
        quoted = {case: f"{word} «{name}»" for case, word in _BEHIND.items()}
        return Named(Cases(**quoted), sure=False)
    forms = {
        case: "".join(_inflected(word, parsed.get(word), tag) for word in words)
        for case, tag in _CASES.items()
    }
    return Named(Cases(nominative=name, **forms), sure=True)


def _inflected(word: str, parse: Any, case: str) -> str:
    """The word in a case, with its capitals; as it is where it is not declined."""
    if parse is None:
        return word
    number = {"plur"} if "plur" in parse.tag else {"sing"}
    form = parse.inflect({case, *number}).word
    return "-".join(
        part.capitalize() if own[:1].isupper() else part
        for part, own in zip(form.split("-"), word.split("-"), strict=True)
    )


def _nominative(word: str) -> Any:
    """How the word reads as a noun or an adjective in the nominative; None where it is not known so."""
    if not _WORD.fullmatch(word) or (word.isupper() and len(word) > 1):
        return None
    known = word.split("-")[-1]
    for parse in _morphology().parse(word):
        tag = parse.tag
        named = "NOUN" in tag or "ADJF" in tag
        if _NEUTER.fullmatch(word.lower()) and "Geox" not in tag:
            continue
        if not named or "nomn" not in tag or not all(map(parse.inflect, [{"gent"}, {"datv"}])):
            continue
        adjective = "ADJF" in tag or re.search(r"(?:ий|ый|ой)$", word) is not None
        form = parse.inflect({"loct"})
        whole = form is not None and len(form.word.split("-")) == len(word.split("-"))
        if whole and (adjective or _morphology().word_is_known(known)):
            return parse
    return None


@cache
def _morphology() -> Any:
    """The analyser, made when the first name needs it: its dictionaries take .4 s."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")
