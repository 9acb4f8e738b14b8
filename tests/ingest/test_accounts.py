"""Every line of a file is read, set aside or named; the other tests of ingest hold the sums.

``derived`` checks the account of whatever any test reads; here are the lines nobody reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from accounted import assert_accounted, filled_lines
from gia_files import EGE, SCHOOLS, ege_row, table, workbook
from samples import HEADER, ROWS

from msoko_analysis.ingest import read_files

Run = Callable[..., tuple]
TABLE = [HEADER.split(";"), *(row.split(";") for row in ROWS)]


def test_a_sheet_nobody_knows_is_named_and_counted(tmp_path: Path, derived: Run) -> None:
    unknown = [["Столбец", "Другой"], *([k, k] for k in range(12))]
    path = workbook(tmp_path / "a.xlsx", Первый=TABLE, Второй=unknown, Третий=[["Пояснение"]])
    report, out = derived(path)
    first, second, third = report.accounts
    assert (first.rows, first.heading, first.read, first.left) == (4, 1, 3, {})
    assert (second.rows, second.left) == (13, {"лист не распознан": 13})
    assert third.rows == 1
    assert [
        (w.sheet, w.rule.split(": ")[-1]) for w in report.warnings if "распознан" in w.rule
    ] == [
        ("Второй", "строк 13"),
        ("Третий", "строк 1"),
    ]
    assert json.loads((out / "rows.json").read_text("utf-8")) == [
        one.as_dict() for one in report.accounts
    ]
    assert "Всего строк в файлах 18 = заголовки 1 + приняты 3 + не взяты 14" in report.text()


def test_a_file_of_a_folder_nobody_knows_is_named_with_its_rows(
    tmp_path: Path, derived: Run, write_csv: Callable[..., Path]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_csv().rename(folder / "a.csv")
    (folder / "цены.csv").write_text("товар;цена\nхлеб;5\n\nсоль;3\n", encoding="utf-8")
    (folder / "фото.jpg").write_bytes(b"\xff\xd8")
    report, _ = derived(folder)
    text = report.text()
    assert "  цены.csv (строк 3)\n" in text
    assert "  фото.jpg\n" in text
    assert_accounted(report, {"a.csv": filled_lines(folder / "a.csv"), "цены.csv": 3})


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_link_to_a_folder_is_not_followed_and_told(
    tmp_path: Path, derived: Run, write_csv: Callable[..., Path]
) -> None:
    for name in ("in", "elsewhere"):
        (tmp_path / name).mkdir()
        write_csv().rename(tmp_path / name / "a.csv")
    (tmp_path / "in" / "ссылка.csv").symlink_to(tmp_path / "elsewhere")
    report, _ = derived(tmp_path / "in")
    assert report.not_recognised == ("ссылка.csv (ссылка на папку)",)
    assert [one.file for one in report.accounts] == ["a.csv"]


def test_a_table_above_another_one_is_told(derived: Run, write_csv: Callable[..., Path]) -> None:
    """The reader takes the table with most known columns; the pupils above it are told."""
    narrow = "year;procedure;grade;subject;municipality;school;pupil;total;;;"
    above = [narrow, *(f"2021;ВПР;4;МА;M01;S9;{k};10;;;" for k in range(1, 6))]
    blank = ";" * (len(TABLE[0]) - 1)
    report, _ = derived(write_csv(["Отчёт" + blank, *above, blank, HEADER, *ROWS]))
    (one,) = report.accounts
    assert one.read == len(ROWS)
    assert one.left == {"строка над таблицей, похожая на строку таблицы": 5}
    assert any("строки 2, 3, 4, 5, 6" in str(w) for w in report.warnings)


def test_a_row_with_nothing_but_a_name_is_counted_though_the_name_is_not_read(
    tmp_path: Path, derived: Run
) -> None:
    rows = [[*TABLE[0], "ФИО"], *([*row, "Пупкин Пров"] for row in TABLE[1:])]
    rows.append([None] * len(TABLE[0]) + ["Пупкин Пётр"])
    report, _ = derived(workbook(tmp_path / "a.xlsx", Лист1=rows))
    (one,) = report.accounts
    assert (one.rows, one.read, one.left) == (5, 3, {"строка вне таблицы": 1})
    assert [w.row for w in report.warnings] == [5]


def test_lines_between_blocks_and_signatures_of_a_protocol(tmp_path: Path, derived: Run) -> None:
    rows = [
        ["Протокол"],
        ["01 - Русский язык 2026.05.30"],
        EGE,
        ege_row(0, "+", "", 38, 70),
        [],
        ["12 - Обществознание 2026.06.11"],
        EGE,
        ege_row(1, "+", "", 40, 72),
        ["Председатель"],
        ["Среднее", *[None] * 13, 39, 71],
    ]
    schools = table(tmp_path / "schools.csv", SCHOOLS)
    report, _ = derived(workbook(tmp_path / "p.xlsx", Лист1=rows), schools, salt=tmp_path / "s")
    protocol, _ = report.accounts
    assert (protocol.rows, protocol.heading, protocol.read) == (9, 5, 2)
    assert sum(protocol.left.values()) == 2
    assert {w.row for w in report.warnings} == {9, 10}


def test_points_without_a_code_of_a_pupil_are_set_aside(tmp_path: Path, derived: Run) -> None:
    head = ["Код участника", "Вариант", "1 (1б)", "2 (2б)", "Итого баллов"]
    rows = [head, ["101", 1, 1, 2, 3], [None, 1, 1, 1, 2], [None, 1, None, None, 0]]
    schools = table(tmp_path / "schools.csv", [["school", "municipality"], ["edu990001", "M01"]])
    report, _ = derived(workbook(tmp_path / "edu990001_2026_ma4.xlsx", Лист1=rows), schools)
    one, _ = report.accounts
    assert (one.read, one.set_aside, one.left) == (1, 1, {"незаполненная строка формы": 1})
    assert [(fault.rows, fault.reason) for fault in report.rejected] == [((3,), "пусто")]


def test_the_account_finds_what_a_reader_forgets(
    tmp_path: Path, write_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that drops a row without a word is told on."""
    from dataclasses import replace

    from msoko_analysis.ingest import pipeline

    def forgetful(block: object) -> object:
        return replace(block, original=block.original.filter(block.original["_row"] != 3))

    monkeypatch.setattr(pipeline, "without_totals", forgetful)
    report = read_files([write_csv()], tmp_path / "x")
    assert_accounted(report)
    assert report.accounts[0].left == {"строка вне таблицы": 1}
    assert [warning.row for warning in report.warnings] == [3]


def test_a_hidden_gap_costs_no_line(tmp_path: Path, derived: Run) -> None:
    """Blank lines are no lines; those below them keep their numbers."""
    book = openpyxl.Workbook()
    for at, row in zip((3, 4, 8, 20), TABLE, strict=True):
        for column, cell in enumerate(row, 2):
            book.active.cell(at, column, cell)
    book.save(tmp_path / "a.xlsx")
    report, _ = derived(tmp_path / "a.xlsx")
    (one,) = report.accounts
    assert (one.rows, one.heading, one.read, one.left) == (4, 1, 3, {})
