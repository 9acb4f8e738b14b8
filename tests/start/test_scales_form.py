"""The form of scales: what is written is read back, and every fault has its cell."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from msoko_analysis.errors import DataError
from msoko_analysis.params.scales import PaperOfYear, read_scales
from msoko_analysis.start.scales_form import (
    SCALES,
    read_scales_form,
    write_scales,
    write_scales_form,
)

MATHS = PaperOfYear(2026, "VPR", 7, "MA")
RUSSIAN = PaperOfYear(2026, "VPR", 7, "RU")
TITLES = {MATHS: "ВПР: математика, 7 класс", RUSSIAN: "ВПР: русский язык, 7 класс"}
OFFICIAL = "официальное описание работы"


def filled(folder: Path, **cells: object) -> Path:
    """The form of two papers with some cells typed in, as {"D2": 25}."""
    path = folder / "шкалы.xlsx"
    write_scales_form(path, TITLES)
    book = load_workbook(path)
    for cell, value in cells.items():
        book[SCALES][cell] = value
    book.save(path)
    return path


def test_a_filled_row_becomes_a_scale_and_an_empty_one_stays_open(tmp_path: Path) -> None:
    path = filled(tmp_path, D2=25, E2=9, F2="14", G2=19, H2=OFFICIAL, I2="Описание, с. 4")
    found = read_scales_form(path)
    assert found.papers == (MATHS, RUSSIAN)
    write_scales(tmp_path / "scales.csv", found.rows)
    problems: list = []
    ((row, _, _),) = read_scales([tmp_path / "scales.csv"], problems)
    assert not problems
    assert (row.paper.code, row.max_primary, row.min_3, row.min_4, row.min_5) == (
        "VPR-7-MA", 25, 9, 14, 19,
    )  # fmt: skip
    assert (row.status, row.source) == ("found_official", "Описание, с. 4")
    # written again with another paper, nothing typed is lost
    write_scales_form(path, {**TITLES, PaperOfYear(2026, "VPR", 8, "MA"): "ещё"}, found.rows)
    assert read_scales_form(path).rows == found.rows
    assert len(read_scales_form(path).papers) == 3


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"D2": 25, "E2": 9, "F2": 14, "G2": 19, "H2": OFFICIAL}, "ячейка I2: источник не назван"),
        ({"D2": 25, "E2": "много", "F2": 14, "G2": 19, "H2": OFFICIAL, "I2": "с. 4"}, "ячейка E2"),
        ({"D2": 25, "E2": 9, "F2": 14.5, "G2": 19, "H2": OFFICIAL, "I2": "с. 4"}, "ячейка F2"),
        ({"D2": 25, "E2": 15, "F2": 14, "G2": 19, "H2": OFFICIAL, "I2": "с. 4"}, "не возрастают"),
        ({"D2": 18, "E2": 9, "F2": 14, "G2": 19, "H2": OFFICIAL, "I2": "с. 4"}, "больше макс"),
        ({"D2": 25, "H2": "сам", "I2": "с. 4"}, "ячейка H2"),
        ({"B3": "алгебра"}, "ячейка B3"),
    ],
)
def test_a_fault_names_its_cell(tmp_path: Path, cells: dict[str, object], told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_scales_form(filled(tmp_path, **cells))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_scales_form(filled(tmp_path, D2=25, D3="x", E3=1))
    assert len(refused.value.problems) == 5 + 5


def test_another_workbook_is_refused_by_name(tmp_path: Path) -> None:
    path = filled(tmp_path, A1="Лето")
    with pytest.raises(DataError, match=r"шкалы\.xlsx.*нет листа"):
        read_scales_form(path)
