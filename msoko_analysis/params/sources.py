"""Sources as codes: whose rule stands behind a measure, ``params/sources.yaml``."""

from __future__ import annotations

from functools import cache

from msoko_analysis.home import SHIPPED
from msoko_analysis.params.schema import (
    Text,
    load_file,
)

FILE = SHIPPED / "params" / "sources.yaml"
#: Sources that are the package itself.
OWN = ("own", "counted")


@cache
def sources() -> dict[str, str]:
    """Title of every source by code; ParamsError lists every fault of the file.

    >>> sources()["fioko_2019"]
    'ФИОКО, методика от 19.04.2019'
    """
    return load_file(dict[Text, Text], FILE, "Список источников не принят")


def source_text(source: str) -> str:
    """A source in words: by its code, else as other parameters name it.

    >>> source_text("own"), source_text("Рособрнадзор, приказ")
    ('методика пакета', 'Рособрнадзор, приказ')
    """
    return sources().get(source, source)
