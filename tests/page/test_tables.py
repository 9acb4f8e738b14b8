"""Tables as files: a name somebody typed is text in Excel and in a CSV that Excel opens."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from msoko_analysis.page.tables import Digits, Table, workbook

NAMES = (
    '=HYPERLINK("http://a.invalid","Школа")',
    "+cmd|' /C calc'!A0",
    "-A1",
    "@SUM(A1)",
    "#N/A",
    "TRUE",
    "Школа № 1",
)


@pytest.fixture(scope="module")
def table() -> Table:
    """Schools with such names, and a column headed by one."""
    frame = pd.DataFrame(
        {"Школа": NAMES, "=A1": [-1.5] * len(NAMES), "+x": ["+0,5 (−1,0…+2,0)"] * 7}
    )
    return Table("schools", "Школы", frame, {"=A1": Digits(1)})


def test_every_text_of_a_workbook_is_text(table: Table) -> None:
    content = workbook([table])
    sheet = openpyxl.load_workbook(io.BytesIO(content))["schools"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == list(NAMES)
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}, "no formulas and no errors"
    assert sheet["A2"].quotePrefix, "it stays text when somebody edits the cell"
    assert sheet["B2"].value == -1.5
    assert sheet["B1"].value == "=A1"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_no_cell_of_a_csv_is_a_formula(table: Table) -> None:
    head, *rows = csv.reader(io.StringIO(table.csv()), delimiter=";")
    assert head == ["Школа", "'=A1", "'+x"]
    assert [row[0] for row in rows] == [*(f"'{name}" for name in NAMES[:4]), *NAMES[4:]]
    assert rows[0][1:] == ["-1,5", "+0,5 (−1,0…+2,0)"], "numbers and intervals stay as they are"
