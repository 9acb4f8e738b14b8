"""Words that stand in a cell where nothing is: the one list of them.

Three kinds. A word of absence says that the pupil was not there. A dash or an X says that there is
nothing: a task not done, no mark. What programs print for nothing («nan») is an empty cell.
"""

from __future__ import annotations

import re

import polars as pl

# «отсутствовал(а)», «не явился (болезнь)»
_TAIL = r"(?:\s*\([^()]{0,40}\))?\.?$"
# «не явился на экзамен по болезни»
_LONG_TAIL = r"(?:[\s,(].{0,80})?\.?$"
_SAID = (
    r"отсутств(?:ова\p{L}*|ует|уют)|отсут|отсутств|отс|absent|"
    r"не\s*(?:участв\p{L}*|пис\p{L}*|яв\p{L}*|был\p{L}*|сдав\p{L}*|приступ\p{L}*)|неявк\p{L}*|"
    r"бол(?:ел|ела|еет|ен|ьна|езнь)|по\s+болезни|освобожд\p{L}*"
)
_LETTERS = r"н|нб|ня|н\s*[/.-]\s*[бя]"
_ABSENCE = rf"(?i)^(?:(?:{_SAID}){_LONG_TAIL}|(?:{_LETTERS}){_TAIL})"
_ABSENCE_SAID = rf"(?i)^(?:{_SAID}){_TAIL}"
_DASHES = ("-", "–", "—", "−")
#: An empty cell, also as programs print one.
_EMPTY = ("", "nan", "none", "null", "<na>")
_NOT_DONE = ("x", "х", "нет отметки", "н/о", "н/п")
# Python has no \p{L}
_COMPILED = re.compile(_ABSENCE.replace(r"\p{L}", r"[^\W\d_]"))


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase()


def absent(text: pl.Expr) -> pl.Expr:
    """Whether a cell says in a word, or by the letter of a class register, that the pupil was absent.

    >>> cells = pl.Series(["Отсутствовала", "отсутствовал(а)", "Н/Я", "н", "не писал", "X", "-", "0"])
    >>> pl.select(absent(pl.lit(cells))).to_series().to_list()
    [True, True, True, True, True, False, False, False]
    """
    return text.str.strip_chars().str.contains(_ABSENCE).fill_null(False)


def is_absent(cell: str) -> bool:
    """The same for one cell.

    >>> is_absent("болел"), is_absent("болельщик")
    (True, False)
    """
    return bool(_COMPILED.match(cell.strip()))


def dash(text: pl.Expr) -> pl.Expr:
    """Whether a cell is a dash."""
    return _plain(text).is_in(_DASHES).fill_null(False)


def empty(text: pl.Expr) -> pl.Expr:
    """Whether nothing is written in a cell.

    >>> pl.select(empty(pl.lit(pl.Series([None, " ", "NaN", "-"])))).to_series().to_list()
    [True, True, True, False]
    """
    return text.is_null() | _plain(text).is_in(_EMPTY).fill_null(False)


def nothing(text: pl.Expr) -> pl.Expr:
    """Whether a cell has a word or a sign for nothing where a number could stand.

    >>> cells = pl.Series(["", "X", "-", "нет отметки", "болел", "двенадцать"])
    >>> pl.select(nothing(pl.lit(cells))).to_series().to_list()
    [True, True, True, True, True, False]
    """
    return empty(text) | dash(text) | _plain(text).is_in(_NOT_DONE) | absent(text)


def unsaid(text: pl.Expr) -> pl.Expr:
    """The same where words stand: there a single letter may be a value.

    >>> pl.select(unsaid(pl.lit(pl.Series(["отсутствует", "-", "н", "город"])))).to_series().to_list()
    [True, True, False, False]
    """
    said = text.str.strip_chars().str.contains(_ABSENCE_SAID).fill_null(False)
    return empty(text) | dash(text) | _plain(text).is_in(_NOT_DONE) | said
