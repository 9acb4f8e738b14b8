"""What every finding is called, how the size of a sign is told, and what else explains it.

The words of signs stand in the register (``params/signs.yaml``), those of all other findings here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msoko_analysis.findings import Finding
from msoko_analysis.params.signs import Sign, SizeField, load_signs
from msoko_analysis.russian import NBSP, between, number, percent


@dataclass(frozen=True)
class SignKind:
    """One sign in words: its name, innocent causes to be ruled out, what to look at first."""

    name: str
    causes: tuple[str, ...]
    look_first: str


KINDS = {
    one.finding: SignKind(one.title_ru, one.causes_ru, one.look_first_ru)
    for one in load_signs().signs
}
"""The signs by the code of their finding, in the order in which they are told."""

LINK = SignKind(
    "процедуры не согласуются между собой",
    (
        "между процедурами сменился учитель или состав класса, часть учеников ушла или предмет выбрали "
        "не все",
        "школа целенаправленно готовила к экзамену или, наоборот, к более ранней работе",
        "более ранняя работа писалась в необычных условиях",
    ),
    "кто писал обе процедуры, кто учил, как проводилась и проверялась более ранняя работа",
)
MEDALS = SignKind(
    "результаты ЕГЭ медалистов ниже порога чаще, чем в регионе",
    (
        "медалистов немного, и годы могли быть неудачными",
        "медалисты выбирали трудный для школы предмет, а по остальным результаты высокие",
        "правило года такой результат допускает: третий предмет может быть ниже порога",
    ),
    "как складывались итоговые отметки медалистов и какие предметы они выбирали",
)

ABOUT_SCHOOLS = {
    "low_share_school": "низкие результаты: доля отметок «2»",
    "shnor_school": "школа с низкими результатами (правило ШНОР)",
    "level_school": "уровень против школ в таких же условиях",
    "link_school": "согласованность процедур",
    "medals_school": "медалисты и их результаты ЕГЭ",
    "fioko_markers_school": "официальные признаки ФИОКО (2019)",
}
"""Findings about a school beside the signs, in the order in which they are told."""

_OTHERS = {
    "signs_school": "признаки школы вместе",
    "expectation_school": "результаты против ожидаемых по условиям",
    "resilient_school": "результаты выше ожидаемых в трудных условиях",
    "change_district": "изменение результатов муниципалитета",
    "inequality_district": "неравенство между школами",
    "gap_change_district": "изменение неравенства между школами",
    "marks_district": "школьные отметки муниципалитета",
    "participation_district": "участие в процедурах",
    "topic_district": "задание, выполненное хуже ожидаемого",
}
_NAMES = {code: one.name for code, one in KINDS.items()} | ABOUT_SCHOOLS | _OTHERS


def finding_name(code: str) -> str:
    """The name of a kind of finding; the code itself for one without a name.

    >>> finding_name("spike_school"), finding_name("level_school")
    ('скопление работ у границы отметки', 'уровень против школ в таких же условиях')
    """
    return _NAMES.get(code, code)


def size_text(one: Finding) -> str:
    """The size of a sign with its interval, in words a table cell can hold."""
    return _filled(_sign(one).size_ru, one)


def brief_size(one: Finding) -> str:
    """The size of a sign in a few words; empty for a sign that is told without its size."""
    return _filled(_sign(one).short_ru, one)


def _sign(one: Finding) -> Sign:
    return load_signs().of_code(one.code)


class _Fields:
    """What stands in the fields of a size; only those that are asked for are worked out."""

    def __init__(self, one: Finding) -> None:
        self._one = one

    def __getitem__(self, field: SizeField) -> str:
        return _WORDS[field](self._one)


def _filled(words: str, one: Finding) -> str:
    return words.format_map(_Fields(one))


def _interval(one: Finding) -> str:
    """The interval of the size, of its absolute value where either side counts."""
    if not _sign(one).two_sided:
        return between(one.low, one.high, _sign(one).digits)
    low, high = sorted((abs(one.low), abs(one.high)))
    return between(0.0 if one.low < 0 < one.high else low, high, _sign(one).digits)


def _value(one: Finding) -> str:
    size = abs(one.value) if _sign(one).two_sided else one.value
    return number(size, _sign(one).digits)


_WORDS: dict[SizeField, Callable[[Finding], str]] = {
    "value": _value,
    "interval": _interval,
    "side": lambda one: "выше" if one.value > 0 else "ниже",
    "points": lambda one: f"{number(100 * one.value)}{NBSP}п.{NBSP}п.",
    "share": lambda one: percent(one.details["share"]),
    "n": lambda one: number(one.n),
}
