"""What a spreadsheet leaves in a cell in place of the value that was meant; the one list of it.

Errors of Excel and LibreOffice in both languages, formulas whose value was never saved, and the dates
into which «4.3» or «5-1» turn. Such a cell is a fault of the file: it is never empty and no code.
"""

from __future__ import annotations

import re

import polars as pl

from msoko_analysis.ingest.apart_reader import NO_VALUE

_ERRORS = (
    "#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
    "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#EXTERNAL!", "#BUSY!", "#PYTHON!",
    "#GETTING_DATA", "#Н/Д", "#ИМЯ?", "#ССЫЛКА!", "#ССЫЛ!", "#ЗНАЧ!", "#ЗНАЧЕН!", "#ДЕЛ/0!",
    "#ЧИСЛО!", "#ПУСТО!", "#ПЕРЕНОС!", "#ВЫЧИСЛ!", "#ПОЛЕ!", "#ЗАБЛОКИРОВАНО!", "#ПОДКЛЮЧЕНИЕ!",
    "#НЕИЗВЕСТНО!", "#ЗАНЯТО!", "#ЗАГРУЗКА_ДАННЫХ", "#ОЖИДАНИЕ_ДАННЫХ",
)  # fmt: skip
_MONTH = (
    r"(?:янв|фев|мар|апр|май|июн|июл|авг|сен|окт|ноя|дек|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
)
_DAY = r"[0-3]?\d"
_DATES = (
    r"\d{4}-\d\d-\d\d(?:[ t]\d\d:\d\d.*)?",
    rf"{_DAY}[./]{_DAY}[./]\d{{4}}(?: \d{{1,2}}:\d\d.*)?",
    rf"{_DAY}(?:\.\s?|-){_MONTH}(?:[.-]\d{{2,4}})?",
    rf"{_MONTH}[.-]\d{{2,4}}",
    r"\d{1,3}:\d\d(?::\d\d(?:\.\d+)?)?",
    r"\d+ days?, \d{1,2}:\d\d:\d\d",
)
# «#####» is a number too wide for its column, as some programs print it
_ERROR = "|".join(map(re.escape, _ERRORS)) + r"|#{3,}|(?:err|ошибка):\d+"
_DATE = "дата или время вместо значения"
#: Reason → what the whole cell looks like then.
_KINDS = {
    "ошибка Excel вместо значения": _ERROR,
    "формула, значение которой не сохранено: откройте файл в Excel и сохраните": re.escape(
        NO_VALUE
    ),
    _DATE: "|".join(_DATES),
}
_PATTERNS = {reason: rf"(?i)^(?:{kind})$" for reason, kind in _KINDS.items()}
_COMPILED = {reason: re.compile(pattern) for reason, pattern in _PATTERNS.items()}


def why_spoilt(cell: str) -> str:
    """Why a cell has no value though it is not empty; nothing where it is as people fill it.

    >>> why_spoilt("#Н/Д"), why_spoilt(" 05.янв"), why_spoilt("05")
    ('ошибка Excel вместо значения', 'дата или время вместо значения', '')
    """
    text = cell.strip()
    return next((why for why, pattern in _COMPILED.items() if pattern.match(text)), "")


def spoilt(text: pl.Expr) -> list[tuple[pl.Expr, str]]:
    """The same for a column of text: (condition, reason) of each kind.

    >>> cells = pl.Series(["#DIV/0!", "2026-03-04", "S1", None])
    >>> [pl.select(bad).to_series().to_list() for bad, _ in spoilt(pl.lit(cells))]
    [[True, False, False, None], [False, False, False, None], [False, True, False, None]]
    """
    stripped = text.str.strip_chars()
    return [(stripped.str.contains(pattern), why) for why, pattern in _PATTERNS.items()]


def is_error(text: pl.Expr) -> pl.Expr:
    """Whether a cell of text is an error or a formula without value; a date has a year to take.

    >>> cells = pl.Series(["#DIV/0!", "2026-03-04", "S1", None])
    >>> pl.select(is_error(pl.lit(cells))).to_series().to_list()
    [True, False, False, False]
    """
    lost = [condition for condition, why in spoilt(text) if why != _DATE]
    return pl.any_horizontal(condition.fill_null(False) for condition in lost)


def is_spoilt(text: pl.Expr) -> pl.Expr:
    """Whether a cell of text has lost its value in any of these ways."""
    return pl.any_horizontal(condition.fill_null(False) for condition, _ in spoilt(text))
