"""A CSV in any usual dress → its cells; no row is lost: it is read rightly or its line is named.

A row is the number of cells the table has, or a line of text above or below it. What is longer or
shorter has lost a cell or won one, so any value of it may stand under a wrong heading.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import polars as pl

from msoko_analysis.ingest.letters import LettersError, decode, named_lines
from msoko_analysis.walls import AGAIN, refusal

_SEPARATORS = ";\t,"
#: What Excel itself understands as the first line of a CSV.
_SEP_LINE = re.compile(r"\s*\"?sep=(.)\"?[;,\t]*", re.I)
_HEAD_ROWS = 40
_CHUNK = 50_000
_QUOTES = "проверьте кавычки: внутри ячейки их удваивают, а ячейку закрывают на той же строке"


def read_delimited(path: Path, data: bytes) -> tuple[pl.DataFrame, str]:
    """The cells of a CSV as text columns c0, c1, …, and the text they stand in.

    A row of the frame is a row of the table as Excel counts them, blank ones included. Raises
    DataError with the lines at fault: letters or quotes that can not be read, cells too many or few.
    """
    text = _text(path, data)
    sep_line = _SEP_LINE.fullmatch(text.partition("\n")[0])
    separator = sep_line[1] if sep_line else guess_separator(text)
    if sep_line:  # the line stays, empty, for the numbers of the others
        text = text[sep_line.end() :]
    quoted = '"' in text
    frame, widths = _quoted(path, text, separator) if quoted else _unquoted(text, separator)
    width = _width(widths)
    faults = _ragged(frame, widths, width)
    if faults:
        raise refusal(path, *_about(faults, width), row=faults[0][0])
    return frame.select(frame.columns[:width]), text


def _text(path: Path, data: bytes) -> str:
    try:
        text = decode(data)
    except LettersError as error:
        action = "исправьте их или пересохраните таблицу как CSV UTF-8 или .xlsx"
        raise refusal(path, error.rule, action, row=error.line) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a").rstrip("\n")
    if not text.strip():
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


def _unquoted(text: str, separator: str) -> tuple[pl.DataFrame, pl.Series]:
    """Cells and numbers of cells of a text without quotes."""
    lines = pl.Series("line", text.split("\n"), dtype=pl.String)
    widths = lines.str.count_matches(separator, literal=True) + 1
    split = lines.str.split_exact(separator, int(widths.max()) - 1).struct.unnest()
    return _blanks(split.rename({old: f"c{at}" for at, old in enumerate(split.columns)})), widths


def _quoted(path: Path, text: str, separator: str) -> tuple[pl.DataFrame, pl.Series]:
    """The same for a text with quotes; refuses a quote that is not closed where it should be."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    frames: list[pl.DataFrame] = []
    widths: list[int] = []
    starts: list[int] = []  # numbers of the first line of each row, and of the line after all
    started = _started(reader, starts)
    try:
        while rows := list(islice(started, _CHUNK)):
            widths += map(len, rows)
            longest = max(map(len, rows))
            full = [row + [None] * (longest - len(row)) for row in rows]
            types = {f"c{at}": pl.String for at in range(max(longest, 1))}
            frames.append(pl.DataFrame(full, schema=types, orient="row"))
    except csv.Error:
        rule = "кавычки стоят не на месте, строка таблицы не разбирается"
        raise refusal(path, rule, _QUOTES, row=starts[-1]) from None
    stray = _stray_quotes(text.split("\n"), separator, starts, _width(pl.Series(widths)))
    if stray:
        rule = f"незакрытая кавычка соединила несколько строк таблицы: {named_lines(stray)}"
        raise refusal(path, rule, _QUOTES, row=stray[0])
    return _blanks(pl.concat(frames, how="diagonal")), pl.Series(widths)


def _started(reader: Any, starts: list[int]) -> Iterator[list[str]]:
    """Rows of a reader; the line each starts on is noted before it is read."""
    starts.append(1)
    for row in reader:
        yield row
        starts.append(reader.line_num + 1)


def _stray_quotes(lines: list[str], separator: str, starts: list[int], width: int) -> list[int]:
    """First lines of rows that are several rows of the table joined by a quote.

    A cell may well have two lines; but then most of its lines are no whole rows when quotes are
    ignored.
    """
    several = ((start, end) for start, end in pairwise(starts) if end > start + 1)
    return [
        start
        for start, end in several
        if width > 1
        and 2 * sum(line.count(separator) == width - 1 for line in lines[start - 1 : end - 1])
        > end - start
    ]


def _blanks(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.all().replace("", None))


def _width(widths: pl.Series) -> int:
    """How many columns the table has: the number of cells of most rows of more than one."""
    seen = Counter(dict(widths.filter(widths > 1).value_counts().iter_rows()))
    return max(seen, key=lambda width: (seen[width], width), default=1)


def _ragged(frame: pl.DataFrame, widths: pl.Series, width: int) -> list[tuple[int, int]]:
    """(row, its number of cells) where a row of the table, or its header, has more or fewer cells.

    A line of one cell is text beside the table; blank cells behind the last column are nothing.
    """
    odd = (
        frame.with_columns(widths.alias("_width"))
        .with_row_index("_at")
        .filter(pl.col("_width") != width)
    )
    if odd.is_empty():
        return []
    start = widths.index_of(width)

    def filled(columns: list[str]) -> pl.Expr:
        has = [pl.col(name).str.strip_chars().fill_null("") != "" for name in columns]
        return pl.sum_horizontal([pl.lit(0), *has])

    needed = width
    while needed > 1 and not frame.select((filled([frame.columns[needed - 1]]) > 0).any()).item():
        needed -= 1
    many = filled(frame.columns)
    short = (pl.col("_width") < needed) & (many > 1) & (pl.col("_at") > start)
    # above the table stand titles, but right above its first row its header
    header = (pl.col("_at") + 1 == start) & (many > 2) & (2 * many >= width)
    wrong = odd.filter((filled(frame.columns[width:]) > 0) | short | header)
    return [(at + 1, cells) for at, cells in wrong.select("_at", "_width").iter_rows()]


def _about(faults: list[tuple[int, int]], width: int) -> tuple[str, str]:
    """The rule rows of other lengths break, and what to do."""
    listed = ", ".join(f"в строке {row} — {cells}" for row, cells in faults[:5])
    more = f" … — всего таких строк {len(faults)}" if len(faults) > 5 else ""
    return (
        f"строки разной длины: столбцов в таблице {width}, а ячеек {listed}{more}",
        "исправьте эти строки; если дробные числа записаны с запятой, разделителем столбцов "
        "должна быть «;»; проверьте и кавычки",
    )
