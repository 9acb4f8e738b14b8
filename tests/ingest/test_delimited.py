"""A CSV in any dress: every row is read rightly, or its line is named."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.errors import DataError
from msoko_analysis.ingest.delimited import read_delimited

HEAD = "year;school;class_group;pupil;total"
ROWS = [f"2026;S{n % 3};4А;{n};{n % 19}" for n in range(1, 13)]


def read(text: str) -> list[list[str]]:
    """Rows of cells, blank ones as ''."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode())
        frame = read_delimited(path)
    return [[cell or "" for cell in row] for row in frame.iter_rows()]


def refused(text: str) -> str:
    with pytest.raises(DataError) as caught:
        read(text)
    return str(caught.value)


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


TABLE = [row.split(";") for row in (HEAD, *ROWS)]


def test_separators() -> None:
    for separator in ";,\t":
        assert read(lines(HEAD, *ROWS).replace(";", separator)) == TABLE


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;;"])
def test_line_of_excel_that_names_the_separator(first: str) -> None:
    assert read(lines(first, HEAD, *ROWS)) == [[""] * 5, *TABLE]
    assert read(lines("sep=|", *(row.replace(";", "|") for row in (HEAD, *ROWS))))[1:] == TABLE


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\n\x1a"])
def test_ends_of_lines(end: str) -> None:
    assert read(end.strip("\x1a").join([HEAD, *ROWS]) + end)[0] == TABLE[0]
    assert [row for row in read(end.strip("\x1a").join([HEAD, *ROWS]) + end) if any(row)] == TABLE


def test_titles_above_notes_below_and_blank_lines_keep_their_place() -> None:
    found = read(lines("Результаты", "2026 год; район", "", HEAD, *ROWS[:3], ";;;;", "Конец"))
    assert found[3:7] == TABLE[:4]
    assert found[0] == ["Результаты", *[""] * 4]
    assert found[-1] == ["Конец", *[""] * 4]
    assert len(found) == 9


def test_blank_cells_behind_the_last_column() -> None:
    assert read(lines(HEAD + ";;", *(row + ";;" for row in ROWS[:2]), ROWS[2] + ";"))[0] == [
        *TABLE[0], "", "",
    ]  # fmt: skip
    assert read(lines(HEAD, *ROWS[:5], ROWS[5] + ";;;")) == TABLE[:7]


@pytest.mark.parametrize(
    ("change", "row", "cells"),
    [
        (lambda row: row.rpartition(";")[0], 8, 4),
        (lambda row: row + ";5", 8, 6),
        (lambda row: row.replace(";4А;", ";4;А;"), 8, 6),
    ],
)
def test_a_row_of_another_length(change, row: int, cells: int) -> None:
    changed = [change(one) if at == row - 2 else one for at, one in enumerate(ROWS)]
    message = refused(lines(HEAD, *changed))
    assert f"строка {row}" in message
    assert f"в строке {row} — {cells}" in message


def test_a_header_of_another_length_and_many_lines() -> None:
    assert "в строке 1 — 4" in refused(lines(HEAD.rpartition(";")[0], *ROWS))
    assert "в строке 1 — 6" in refused(lines(HEAD + ";ещё", *ROWS))
    cut = [row.rpartition(";")[0] if at % 2 else row for at, row in enumerate(ROWS * 2)]
    assert "всего таких строк 12" in refused(lines(HEAD, *ROWS, *cut))


@pytest.mark.parametrize("column", range(1, 5))
@pytest.mark.parametrize("rows", [1, 5])
def test_a_stray_quote_closed_later(column: int, rows: int) -> None:
    text = [row.split(";") for row in ROWS]
    text[3][column] = '"' + text[3][column]
    text[3 + rows][column] += '"'
    message = refused(lines(HEAD, *(";".join(row) for row in text)))
    assert "строка 5" in message
    assert "кавычк" in message


@pytest.mark.parametrize("row", [3, len(ROWS) - 1])
def test_a_quote_never_closed_or_not_doubled(row: int) -> None:
    for cell in ('"4А', '"МБОУ "Лицей""', '"4"А'):
        text = [row.split(";") for row in ROWS]
        text[row][2] = cell
        message = refused(lines(HEAD, *(";".join(row) for row in text)))
        assert f"строка {row + 2}" in message, cell


def test_quotes_that_are_letters() -> None:
    assert read(lines(HEAD, '2026;МБОУ "Лицей";4А;1;5', *ROWS))[1][1] == 'МБОУ "Лицей"'
    assert read(lines(HEAD, '2026;"МБОУ ""Лицей; сад""";4А;1;5', *ROWS))[1][1] == (
        'МБОУ "Лицей; сад"'
    )


def test_cells_of_two_lines_are_cells() -> None:
    text = lines('year;school;"класс,\nлитера; буква";pupil;total', *ROWS)
    assert read(text)[0][2] == "класс,\nлитера; буква"
    assert read(text)[1:] == TABLE[1:]


def test_no_message_quotes_a_cell() -> None:
    assert "Иванов" not in refused(lines(HEAD, *ROWS, "2026;S1;4А;Иванов"))
    assert "Иванов" not in refused(lines(HEAD, *ROWS, '2026;S1;4А;"Иванов" И;5'))


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff\ufffd\x1a"), max_size=8)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=2, max_size=8))
def test_what_the_library_writes_is_read(rows: list[list[str]]) -> None:
    """A twin: the module csv of Python writes any cells; all of them are quoted, so none is stray."""
    rows = [["year", "school", "total"], *(["1", *row[1:]] for row in rows)]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    assert read(file.getvalue()) == rows
