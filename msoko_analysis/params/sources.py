"""Sources as codes: whose rule stands behind a measure, ``params/sources.yaml``."""

from __future__ import annotations

from functools import cache

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.schema import PROJECT, Text, read_yaml, validate

FILE = PROJECT / "params" / "sources.yaml"
#: Sources that are the package itself.
OWN = ("own", "counted")


@cache
def sources() -> dict[str, str]:
    """Title of every source by code; ParamsError lists every fault of the file.

    >>> sources()["fioko_2019"]
    'ФИОКО, методика от 19.04.2019'
    """
    problems: list[Problem] = []
    document = read_yaml(FILE, problems)
    found = validate(dict[Text, Text], document, problems) if document else None
    if problems or found is None:
        raise ParamsError(str(DataError.from_problems("Список источников не принят", problems)))
    return found


def source_text(source: str) -> str:
    """A source in words: by its code, else as other parameters name it.

    >>> source_text("own"), source_text("Рособрнадзор, приказ")
    ('методика пакета', 'Рособрнадзор, приказ')
    """
    return sources().get(source, source)
