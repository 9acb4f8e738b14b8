"""Marks of completion: done, not yet, or not understood; and the days they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from msoko_analysis.monitoring.roadmap.keywords import MarksFile, simple

_DATE = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})[./](\d{4}|\d\d)(?!\d)")
_SOURCE = re.compile(r"№\s*\w+|https?://|приказ|протокол|справк|письм|отчет|положени|план")


@dataclass(frozen=True)
class Mark:
    """What a mark says: ``done`` None where it can not be told; ``days`` it names; ``document``:
    whether it names one; ``fault``: what is wrong with it, "" if nothing.
    """

    done: bool | None
    days: tuple[date, ...] = ()
    document: bool = False
    fault: str = ""


def read_mark(mark: str, proof: str, words: MarksFile) -> Mark:
    """Understand a mark together with the cell of its proof.

    An empty mark is "not done" where there is no proof either; a proof alone counts as done. A mark
    with neither a known word nor a date is not interpreted.

    >>> from msoko_analysis.monitoring.roadmap.keywords import load_keywords
    >>> words = load_keywords().marks
    >>> read_mark("Выполнено 12.03.2024", "", words).days
    (datetime.date(2024, 3, 12),)
    >>> read_mark("не выполнено", "", words).done, read_mark("хорошо", "", words).done
    (False, None)
    """
    text = simple(mark)
    days, fault = _days(f"{mark} {proof}")
    named = bool(_SOURCE.search(text))
    document = named or bool(proof.strip())
    if not text:
        return Mark(bool(proof.strip()), days, document, fault)
    if _has(text, words.not_done):
        return Mark(False, (), document, fault)
    if _has(text, words.done) or named or _DATE.search(text):
        return Mark(True, days, document, fault)
    return Mark(None, days, document, fault or "отметка не понята")


def _days(text: str) -> tuple[tuple[date, ...], str]:
    days, fault = [], ""
    for day, month, year in _DATE.findall(text):
        try:
            days.append(date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day)))
        except ValueError:
            fault = "в отметке дата, которой нет"
    return tuple(days), fault


def _has(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words begins a word of the text; signs must be the whole text."""
    return any(
        bool(re.search(rf"(?<!\w){re.escape(simple(word))}", text))
        if word[0].isalpha()
        else text == word
        for word in words
    )
