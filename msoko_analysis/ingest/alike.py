"""Headings as they are compared: what nobody sees or means in them makes no difference."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_CYRILLIC, _LATIN = "авекмнорстухіјѕ", "abekmhopctyxijs"
#: Small Cyrillic letters → the Latin ones that they, or their capitals, look like; and back.
LOOK_ALIKE = str.maketrans(_CYRILLIC, _LATIN)
IN_CYRILLIC = str.maketrans(_LATIN[:-3], _CYRILLIC[:-3])
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


#: Every reader asks the same of the same first lines of a sheet.
_KEPT = 10_000


@lru_cache(_KEPT)
def normal(text: str) -> str:
    """A heading in the form in which headings are compared.

    >>> normal(" Отметка за\\n предыдущую  чётверть ")
    'отметка за предыдущую четверть'
    """
    composed = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return " ".join(composed.lower().replace("ё", "е").split())


@lru_cache(_KEPT)
def spellings(label: str) -> tuple[str, ...]:
    """A heading as it stands, and in the letters of either alphabet that look like its own.

    >>> spellings("klаss")[-1], spellings("вариaнт")[1], spellings("12")
    ('klass', 'вариант', ('12',))
    """
    written = label, label.translate(IN_CYRILLIC), label.translate(LOOK_ALIKE)
    return tuple(dict.fromkeys(written))
