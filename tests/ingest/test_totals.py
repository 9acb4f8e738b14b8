"""Lines of totals and means are nobody: named and left out, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gia_files import EGE, SCHOOLS, ege_row, table, workbook
from samples import HEADER, ROWS

COLUMNS = HEADER.split(";")


def line(**cells: object) -> str:
    """A line of the contract table with these cells filled."""
    return ";".join(str(cells.get(name, "")) for name in COLUMNS)


@pytest.mark.parametrize(
    "cells",
    [
        {"pupil": "Среднее", "total": 9},
        {"pupil": "ИТОГО:", "total": 30},
        {"pupil": "Медиана", "total": 9},
        {"pupil": "Всего участников: 25", "total": 9},
        {"pupil": "% выполнения", "total": 60},
        {"pupil": "Качество знаний", "total": 60},
        {"school": "Итого по школе", "pupil": 12, "total": 9},
        {"school": "Среднее (по всем)", "pupil": 3, "total": 9},
        {"municipality": "Всего", "school": 2, "pupil": 3, "total": 9},
        {"year": "Средний балл", "school": "S1", "pupil": 3, "total": 9},
        {"class_group": "Среднее по классу", "pupil": 3, "total": 9},
    ],
)
def test_a_line_of_totals_is_no_pupil(
    cells: dict[str, object],
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    common = {"year": 2021, "procedure": "VPR", "grade": 4, "subject": "MA"} | (
        {"municipality": "M01", "school": "S1"}
    )
    added = line(**(common | cells))
    report, out = derived(write_csv([HEADER, *ROWS, added]), strict=True)
    assert read_results(out).height == len(ROWS)
    (warning,) = report.warnings
    assert (warning.row, "не участник" in warning.rule) == (len(ROWS) + 2, True)


def test_words_that_look_like_totals_and_are_none(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    names = ("Средняя школа № 5", "Итоговая", "Среднее", "Всеволожская", "Максимум")
    rows = [
        f"2021;VPR;4;MA;{'Среднее' if name == 'Среднее' else 'M01'};{name.replace('Среднее', 'S1')};1;12"
        for name in names
    ]
    head = "year;procedure;grade;subject;municipality;school;pupil;total"
    report, _ = derived(write_csv([head, *rows]))
    assert report.cards[0]["rows_out"] == len(names)
    assert not report.warnings


def test_a_total_is_no_school(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    lines = ["school;name;municipality;pupils", "S1;Школа 1;M01;300", ";Итого;;300", "Всего;;M01;1"]
    report, out = derived(write_csv([HEADER, *ROWS]), write_csv(lines, "schools.csv"))
    assert pl.read_parquet(out / "schools.parquet")["school"].to_list() == ["S1"]
    assert any("2 (строки 3, 4)" in str(w) for w in report.warnings)


@pytest.mark.parametrize("place", [0, 2, 6])  # №, Код ОО, Фамилия
def test_a_total_below_a_protocol_is_no_damaged_row(
    place: int, tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    mean: list[object] = [""] * (len(EGE) - 2) + [38.5, 70.25]
    mean[place] = "Среднее значение"
    rows = [["01 - Русский язык 2026.05.30"], EGE, ege_row(0, "+", "", 38, 70), mean]
    path = workbook(tmp_path / "p.xlsx", Лист1=rows)
    report, _ = derived(path, table(tmp_path / "schools.csv", SCHOOLS), salt=tmp_path / "salt")
    assert not report.rejected
    assert [(w.row, "итога" in w.rule) for w in report.warnings] == [(4, True)]


def test_a_total_told_by_a_column_that_nothing_takes(
    write_csv: Callable[..., Path], tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """A description numbers pupils by line: only the name's column says that one is no pupil."""
    layout = tmp_path / "a.layout.yaml"
    layout.write_text(
        "title: т\nfiles: ['*.csv']\ntables:\n  - contract: results\n"
        "    constants: {procedure: DIAG, grade: 4, year: 2021, subject: MA, municipality: M01}\n"
        "    columns: {school: школа, pupil: {line: true}, total: балл}\n",
        encoding="utf-8",
    )
    for column in ("ФИО", "Ученик"):
        lines = [f"{column};школа;балл", "Пупкин Пров;S1;5", "Среднее значение;S1;5", "Итого;S1;5"]
        report, _ = derived(write_csv(lines), layout=layout, replace=True)
        assert report.cards[0]["rows_out"] == 1
        assert any("2 (строки 3, 4)" in str(w) for w in report.warnings)


def test_numbers_of_columns_and_headings_again_are_no_pupils(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    numbers = ";".join(map(str, range(1, len(COLUMNS) + 1)))
    report, out = derived(write_csv([HEADER, numbers, *ROWS[:2], HEADER.upper(), *ROWS[2:]]))
    assert read_results(out).height == len(ROWS)
    assert not report.rejected
    assert [(w.row, w.rule) for w in report.warnings] == [(2, "строка с номерами столбцов")]


def test_numbers_of_columns_and_headings_again_are_no_schools(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """Nothing in a table of schools is a number, so they would pass for a school."""
    lines = ["school;name;municipality", "1;2;3", "S1;Школа;М1", "school;name;municipality"]
    _, out = derived(write_csv(lines))
    assert pl.read_parquet(out / "schools.parquet")["school"].to_list() == ["S1"]
