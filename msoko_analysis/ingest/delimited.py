"""A CSV in any usual dress → its cells; no row is lost: it is read rightly or its line is named.

A row is the number of cells the table has, or a line of text above or below it. What is longer or
shorter has lost a cell or won one, so any value of it may stand under a wrong heading.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl

from msoko_analysis.ingest.letters import LettersError, decode, named_lines
from msoko_analysis.walls import AGAIN, refusal

_SEPARATORS = ";\t,"
#: What Excel itself understands as the first line of a CSV.
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?[;,\t]*", re.I)
_HEAD_ROWS = 40
#: Excel holds no longer cells; more columns are none of a table of people.
LONGEST_CELL, MOST_COLUMNS = 32_767, 5_000
_CHUNK, _PART = 50_000, 2_000_000  # rows, signs taken at a time
_QUOTES = "проверьте кавычки: внутри ячейки их удваивают, а ячейку закрывают на той же строке"


@dataclass(frozen=True)
class _Odd:
    """A row with another number of cells than the table: where it stands (from 0), its cells in
    all, those filled, and whether any behind the last column of the table is.
    """

    at: int
    cells: int
    filled: int
    beyond: bool

    @classmethod
    def of(cls, at: int, row: list[str], width: int) -> _Odd:
        filled = [place for place, cell in enumerate(row) if cell.strip()]
        return cls(at, len(row), len(filled), bool(filled) and filled[-1] >= width)


def read_delimited(path: Path, encoding: str | None = None) -> pl.DataFrame:
    """The cells of a CSV as text columns c0, c1, …

    A row of the frame is a row of the table as Excel counts them, blank ones included.
    ``encoding`` is used where it is given. Raises DataError with the lines at fault: letters or quotes
    that can not be read, cells too many or few.
    """
    text = _text(path, encoding)
    sep_line = _SEP_LINE.fullmatch(text.partition("\n")[0])
    separator = sep_line[1] if sep_line else guess_separator(text)
    if sep_line:  # the line stays, empty, for the numbers of the others
        text = text[sep_line.end() :]
    read = _quoted if '"' in text else _unquoted
    cells, width, start, odd = read(path, text, separator)
    long = (
        cells.select(pl.any_horizontal(pl.all().str.len_bytes() > LONGEST_CELL))
        .to_series()
        .arg_true()
    )
    if not long.is_empty():
        rule = f"в ячейке больше {LONGEST_CELL} знаков"
        raise refusal(path, rule, _QUOTES, row=1 + long[0])
    faults = _ragged(cells, width, start, odd)
    if faults:
        raise refusal(path, *_about(faults, width), row=faults[0][0])
    return cells


def _text(path: Path, encoding: str | None) -> str:
    data = path.read_bytes()
    try:
        text = data.decode(encoding) if encoding else decode(data)
    except UnicodeDecodeError as error:
        rule = f"файл не в кодировке {encoding}, названной в описании"
        action = "исправьте в описании encoding или уберите его"
        raise refusal(path, rule, action, data[: error.start].count(b"\n") + 1) from None
    except LettersError as error:
        action = "исправьте их или пересохраните таблицу как CSV UTF-8 или .xlsx"
        raise refusal(path, error.rule, action, row=error.line) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a\n")
    if not text or text.isspace():
        raise refusal(path, "файл пуст", AGAIN)
    return text


def guess_separator(text: str) -> str:
    """The column separator: the one that cuts most early lines into the same number of cells.

    >>> guess_separator("форма\\nyear;grade;share\\n2021;4;5,06\\n")
    ';'
    >>> guess_separator("school,name\\nS1,лицей; гимназия; школа\\nS2,школа\\n")
    ','
    """
    lines = text[:50_000].splitlines()[:_HEAD_ROWS]

    def cells(separator: str) -> int:
        widths = Counter(map(len, csv.reader(lines, delimiter=separator)))
        return max(((width - 1) * count for width, count in widths.items()), default=0)

    return max(_SEPARATORS, key=cells)


def _unquoted(
    path: Path, text: str, separator: str
) -> tuple[pl.DataFrame, int, int, Iterable[_Odd]]:
    """Cells, their number in a row of the table, its first row and the odd rows; without quotes."""
    widths = array("l", (line.count(separator) + 1 for part in _lines(text) for line in part))
    width = _width(path, pl.Series(widths))
    parts = (pl.Series(part).str.split_exact(separator, width - 1) for part in _lines(text))
    cells = pl.concat([_blanks(part.struct.unnest()) for part in parts])
    numbered = enumerate(chain.from_iterable(_lines(text)))
    odd = (
        _Odd.of(at, line.split(separator), width) for at, line in numbered if widths[at] != width
    )
    return cells, width, widths.index(width) if width in widths else 0, odd


def _lines(text: str) -> Iterator[list[str]]:
    """The lines of a text, some tens of thousands at a time."""
    at = 0
    while at <= len(text):
        end = text.find("\n", at + _PART)
        end = len(text) if end < 0 else end
        yield text[at:end].split("\n")
        at = end + 1


def _quoted(path: Path, text: str, separator: str) -> tuple[pl.DataFrame, int, int, Iterable[_Odd]]:
    """The same for a text with quotes; refuses a quote that is not closed where it should be."""
    widths, starts = array("l"), array("l", [1])  # starts: line of each row, and of one behind all
    reader = _reader(text, separator)
    try:
        for row in reader:
            widths.append(len(row))
            starts.append(reader.line_num + 1)
    except csv.Error:
        rule = "кавычки стоят не на месте, строка таблицы не разбирается"
        raise refusal(path, rule, _QUOTES, row=starts[-1]) from None
    width = _width(path, pl.Series(widths))
    stray = _stray_quotes(text, separator, starts, width)
    if stray:
        rule = f"незакрытая кавычка соединила несколько строк таблицы: {named_lines(stray)}"
        raise refusal(path, rule, _QUOTES, row=stray[0])
    odd: list[_Odd] = []
    parts = []
    rows = enumerate(_reader(text, separator))
    while chunk := list(islice(rows, _CHUNK)):
        odd += (_Odd.of(at, row, width) for at, row in chunk if len(row) != width)
        full = [row[:width] + [None] * (width - len(row)) for _, row in chunk]
        types = {f"c{at}": pl.String for at in range(width)}
        parts.append(_blanks(pl.DataFrame(full, schema=types, orient="row")))
    return pl.concat(parts), width, widths.index(width) if width in widths else 0, odd


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _stray_quotes(text: str, separator: str, starts: Sequence[int], width: int) -> list[int]:
    """First lines of rows that are several rows of the table joined by a quote.

    A cell may well have two lines; but then most of its lines are no whole rows when quotes are
    ignored.
    """
    several = [(start, end) for start, end in pairwise(starts) if end > start + 1]
    lines = text.split("\n") if several and width > 1 else []
    return [
        start
        for start, end in several
        if 2 * sum(line.count(separator) == width - 1 for line in lines[start - 1 : end - 1])
        > end - start
    ]


def _blanks(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame under the names c0, c1, … with nothing where a cell is empty."""
    frame.columns = [f"c{at}" for at in range(frame.width)]
    return frame.with_columns(pl.all().replace("", None))


def _width(path: Path, widths: pl.Series) -> int:
    """How many columns the table has: the number of cells of most rows of more than one."""
    wide = (widths > MOST_COLUMNS).arg_true()
    if not wide.is_empty():
        rule = f"столбцов больше {MOST_COLUMNS}"
        raise refusal(path, rule, "проверьте строку", row=wide[0] + 1)
    seen = Counter(dict(widths.filter(widths > 1).value_counts().iter_rows()))
    return max(seen, key=lambda width: (seen[width], width), default=1)


def _ragged(
    cells: pl.DataFrame, width: int, start: int, rows: Iterable[_Odd]
) -> list[tuple[int, int]]:
    """(row, its number of cells) where a row of the table, or its header, has more or fewer cells.

    A line of one cell is text beside the table; blank cells behind the last column are nothing.
    """
    needed = width
    while needed > 1 and not (cells[f"c{needed - 1}"].str.strip_chars() != "").any():
        needed -= 1
    return [
        (row.at + 1, row.cells)
        for row in rows
        if row.beyond
        or (row.cells < needed and row.filled > 1 and row.at > start)
        # above the table stand titles, but right above its first row its header
        or (row.at + 1 == start and row.filled > 2 and 2 * row.filled >= width)
    ]


def _about(faults: list[tuple[int, int]], width: int) -> tuple[str, str]:
    """The rule rows of other lengths break, and what to do."""
    listed = ", ".join(f"в строке {row} — {cells}" for row, cells in faults[:5])
    more = f" … — всего таких строк {len(faults)}" if len(faults) > 5 else ""
    return (
        f"строки разной длины: столбцов в таблице {width}, а ячеек {listed}{more}",
        "исправьте эти строки; если дробные числа записаны с запятой, разделителем столбцов "
        "должна быть «;»; проверьте и кавычки",
    )
