"""A cell is read rightly, or it is a fault with its place; never empty or another number unsaid."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from gia_files import EGE, PEOPLE, SCHOOLS, ege_row, table, workbook
from openpyxl.utils import get_column_letter
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import IngestReport

NAMES = HEADER.split(";")
GOOD = ROWS[0].split(";")
ERRORS = ["#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"]
IN_RUSSIAN = ["#Н/Д", "#ИМЯ?", "#ССЫЛКА!", "#ЗНАЧ!", "#ДЕЛ/0!", "#ЧИСЛО!", "#ПУСТО!", "Err:502"]
ERROR = "ошибка Excel вместо значения"
DATE = "дата или время вместо значения"
NO_VALUE = "формула, значение которой не сохранено"

Read = Callable[..., tuple[IngestReport, list[dict[str, object]]]]


@pytest.fixture
def read(
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
    write_xlsx: Callable[..., Path],
    write_csv: Callable[..., Path],
) -> Read:
    """Report and results of a table of a good pupil and others; or another with these cells."""

    def run(
        kind: str = "xlsx", others: Sequence[dict[str, object]] = (), **cells: object
    ) -> tuple[IngestReport, list[dict[str, object]]]:
        others = others or [dict(zip(NAMES, ROWS[1].split(";"), strict=True)) | cells]
        names = list(others[0])
        rows = [
            names,
            [*GOOD, *[""] * (len(names) - len(GOOD))],
            *(list(o.values()) for o in others),
        ]
        if kind == "xlsx":
            path = write_xlsx(rows, "a.xlsx")
        else:
            path = write_csv([";".join(map(str, row)) for row in rows], name="a.csv")
        report, out = derived(path, replace=True)
        return report, read_results(out).to_dicts()

    return run


@pytest.fixture
def faults(read: Read) -> Callable[..., list[str]]:
    """What is told of each of these cells of one column, each in a row of its own."""

    def run(kind: str, column: str, cells: Sequence[object]) -> list[str]:
        lines = [dict(zip(NAMES, GOOD, strict=True)) | {"pupil": 100 + at, column: cell}
                 for at, cell in enumerate(cells)]  # fmt: skip
        report, _ = read(kind, lines)
        told = {row: f.reason for f in (*report.rejected, *report.cells) for row in f.rows}
        return [told.get(row, "") for row in range(3, 3 + len(cells))]

    return run


def only_fault(report: IngestReport) -> tuple[str, str]:
    (fault,) = (*report.rejected, *report.cells)
    assert (fault.file.split(".")[0], fault.n, fault.rows) == ("a", 1, (3,))
    return fault.column, fault.reason


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_error_of_excel_is_no_absence(kind: str, faults: Callable[..., list[str]]) -> None:
    words = [*ERRORS, *IN_RUSSIAN]
    assert faults(kind, "total", words[:5]) == [ERROR] * 5
    assert faults(kind, "school", words[5:10]) == [ERROR] * 5
    assert faults(kind, "prior_mark", words[10:]) == [ERROR] * 5


@pytest.mark.parametrize("column", ["school", "pupil", "municipality", "year", "subject"])
def test_an_error_in_a_place_costs_the_row(column: str, read: Read) -> None:
    report, rows = read(**{column: "#REF!"})
    assert only_fault(report) == (column, ERROR)
    assert len(rows) == 1


@pytest.mark.parametrize("column", ["prior_mark", "mark", "item_01", "variant", "gender"])
def test_an_error_elsewhere_costs_its_cell(column: str, read: Read) -> None:
    report, rows = read(**{column: "#VALUE!"})
    assert only_fault(report) == (column, ERROR)
    assert [(row["total"], row[column]) for row in rows][1] == (9, None)


def test_errors_in_two_municipalities_are_no_school(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    bad = [f"2021;ВПР;4;МА;M0{k};#ССЫЛКА!;А;{k};ж;3;9" for k in (1, 2)]
    report, _ = derived(write_csv([HEADER, *ROWS, *bad]))
    assert [(fault.reason, fault.n) for fault in report.rejected] == [(ERROR, 2)]
    assert report.warnings == ()


@pytest.mark.parametrize("column", ["school", "total", "class_group"])
def test_a_date_is_no_value(column: str, faults: Callable[..., list[str]]) -> None:
    cells = [date(2026, 3, 4), datetime(2026, 3, 4, 1), time(10, 30), "05.янв", "4-Mar"]
    assert faults("xlsx", column, cells) == [DATE] * 5
    assert faults("csv", column, ["04.03.2026", "янв.26", *map(str, cells[:3])]) == [DATE] * 5


def test_a_formula_saved_without_its_value(read: Read) -> None:
    report, rows = read(total="=4+5")
    column, reason = only_fault(report)
    assert column == "total"
    assert reason.startswith(NO_VALUE)
    assert len(rows) == 1


def sheet_with(path: Path, old: str, new: str) -> Path:
    """The workbook with a piece of the XML of its first sheet changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert old in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(
    ("cell", "total"),
    [
        ('<c r="K3" t="str"><f>IF(1,"","")</f><v></v></c>', (None, "")),
        ('<c r="K3"><f>4+5</f><v>9</v></c>', (9, "")),
        ('<c t="e"><f>NA()</f><v>#N/A</v></c>', (None, ERROR)),
        ('<c r="K3" t="e"><v>#N/A</v></c>', (None, ERROR)),
        ('<c r="K3"><f t="shared" si="0"/></c>', (None, NO_VALUE)),
        ('<c r="K3"><f>4+5</f>\n  <v/>\n</c>', (None, NO_VALUE)),
    ],
)
def test_formulas_as_other_programs_write_them(
    cell: str,
    total: tuple[int | None, str],
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    path = write_xlsx([NAMES, GOOD, [*ROWS[1].split(";")[:-1], 777]], "a.xlsx")
    report, out = derived(sheet_with(path, '<c r="K3" t="n"><v>777</v></c>', cell))
    value, reason = total
    assert [fault.reason[: len(reason)] for fault in report.rejected] == [reason] * bool(reason)
    assert read_results(out)["total"].to_list() == [12, *([] if reason else [value])]


def test_tags_with_a_prefix_are_searched_too(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    path = write_xlsx([NAMES, GOOD, [*ROWS[1].split(";")[:-1], "#N/A"]], "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    prefixed = text.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
    prefixed = prefixed.replace("xmlns=", "xmlns:x=")
    report, _ = derived(sheet_with(path, text, prefixed))
    assert [(fault.reason, fault.rows) for fault in report.rejected] == [(ERROR, (3,))]


OUTSIDE = "вне допустимых значений: 0…100000"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_no_score_is_a_fault(kind: str, faults: Callable[..., list[str]]) -> None:
    assert faults(kind, "total", ["1e308", "2147483648", "1e9", "-1"]) == [
        *["число слишком велико"] * 2,
        *[OUTSIDE] * 2,
    ]
    assert faults(kind, "total", ["1 2", "12%", "1_2", "inf"]) == ["не число"] * 4
    assert faults(kind, "total", ["7,5", "12,0", "12", "1 234"]) == ["не целое число", "", "", ""]


def test_numbers_that_do_not_fit_in_a_typed_table(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    rows = [row.split(";") for row in ROWS]
    table = pl.DataFrame(rows, schema=NAMES, orient="row").with_columns(
        total=pl.Series([2**40, 9, 17], dtype=pl.UInt64), class_group=date(2026, 1, 5)
    )
    table.write_parquet(tmp_path / "a.parquet")
    report, out = derived(tmp_path / "a.parquet")
    assert [(f.column, f.reason, f.rows) for f in report.rejected] == [
        ("total", "число слишком велико", (1,))
    ]
    assert [(f.column, f.reason, f.n) for f in report.cells] == [("class_group", DATE, 2)]
    assert read_results(out)["total"].to_list() == [9, 17]


def test_points_of_a_task_that_are_none_cost_their_cell(faults: Callable[..., list[str]]) -> None:
    cells = ["999", "1e9", "-1", "#N/A", "2026-01-02"]
    outside = "вне допустимых значений: 0…100"
    assert faults("csv", "item_01", cells) == [*[outside] * 3, ERROR, DATE]


WORDS = [
    *("отсутствовал", "Отсутствовала", "отсутствовал(а)", "отсутствует", "отс.", "не участвовал"),
    *("не писал", "не писала", "не явился", "Не явился (болезнь)", "неявка", "болел", "болеет"),
    *("н", "Н", "н/я", "Н/Я", "нб", "н/б", "не был", "отсутствовал по болезни", "-", "–", "X"),
    *("не явился на вторую часть", "не приступал", "отсутствовала, болезнь", "Неявка"),
]


def test_words_of_absence_are_absent_pupils(read: Read) -> None:
    lines = [dict(zip(NAMES, GOOD, strict=True)) | {"pupil": 100 + at, "total": word}
             for at, word in enumerate(WORDS)]  # fmt: skip
    report, rows = read("csv", lines)
    assert report.rejected == report.cells == ()
    assert [row["total"] for row in rows if row["pupil"] != "1"] == [None] * len(WORDS)


def test_other_words_are_told(faults: Callable[..., list[str]]) -> None:
    assert faults("csv", "total", ["болельщик", "нет", "сто", "б", "да"]) == ["не число"] * 5


BOTH = "и слово об отсутствии, и баллы: оставьте одно"


@pytest.mark.parametrize(
    "cells",
    [
        {"total": "0", "item_01": "отсутствовал"},
        {"total": "0", "item_01": "0", "item_02": "н"},
        {"total": "9", "item_01": "Н/Я"},
        {"total": "0", "variant": "отсутствовал"},
        {"total": "0", "mark": "не писал"},
        {"total": "отсутствовал", "item_01": "1"},
    ],
)
def test_absence_beside_points_is_told(cells: dict[str, str], read: Read) -> None:
    """A sum of Excel is 0 beside «отсутствовал», and 0 points are a mark «2»."""
    report, rows = read("csv", **cells)
    assert only_fault(report) == ("total", BOTH)
    assert len(rows) == 1


def test_absence_in_tasks_without_a_score_is_absence(read: Read) -> None:
    report, rows = read("csv", total="", item_01="отсутствовал", item_02="-")
    assert report.rejected == report.cells == ()
    assert [(row["total"], row["item_01"]) for row in rows] == [(12, None), (None, None)]


@pytest.mark.parametrize("column", ["school", "pupil", "municipality"])
def test_nothing_is_no_code(column: str, faults: Callable[..., list[str]]) -> None:
    assert faults("csv", column, ["-", "nan", "None", "NULL"]) == ["пусто"] * 4


def test_hidden_columns_are_read_and_told(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    book = openpyxl.Workbook()
    for row in (NAMES, *(row.split(";") for row in ROWS)):
        book.active.append(row)
    total = NAMES.index("total") + 1
    book.active.column_dimensions[get_column_letter(total)].hidden = True
    book.active.column_dimensions[get_column_letter(len(NAMES) + 3)].hidden = True  # nothing there
    book.save(tmp_path / "a.xlsx")
    report, out = derived(tmp_path / "a.xlsx")
    assert read_results(out)["total"].count() > 0
    (told,) = [w.rule for w in report.warnings if w.sheet]
    assert told == f"столбцов: 1 — скрыты в Excel, прочитаны как остальные (номера {total})"


def test_merged_cells_hold_for_every_row_they_cover(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    """A school merged over its pupils, and headings merged over two rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(NAMES)
    sheet.append([])
    for k in range(4):
        sheet.append([2024, "ВПР", 4, "МА", "M01", "S1" if k < 3 else "S2", "4А", k, "м", 4, 5])
    at = NAMES.index("school") + 1
    for column in range(1, len(NAMES) + 1):
        sheet.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)
    sheet.merge_cells(start_row=3, end_row=5, start_column=at, end_column=at)
    book.save(tmp_path / "a.xlsx")
    report, out = derived(tmp_path / "a.xlsx", strict=True)
    assert read_results(out)["school"].to_list() == ["S1", "S1", "S1", "S2"]
    (told,) = report.warnings
    assert told.rule == f"строк: 2 — в них прочитано значение объединённой ячейки (столбцы {at})"


def test_hidden_sheets_are_told_and_hidden_rows_counted(
    tmp_path: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    book = openpyxl.Workbook()
    for row in (NAMES, *(row.split(";") for row in ROWS)):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    for state in ("hidden", "veryHidden"):
        sheet = book.create_sheet(state)
        sheet.sheet_state = state
        for row in (NAMES, [*GOOD[:5], f"S-{state}", *GOOD[6:]]):
            sheet.append(row)
    lists = book.create_sheet("Списки")
    lists.sheet_state = "hidden"
    lists.append(["да", "нет"])
    book.save(tmp_path / "a.xlsx")
    report, out = derived(tmp_path / "a.xlsx")
    assert read_results(out)["school"].unique().sort().to_list() == ["S1", "S2"]
    told = sorted((w.sheet, w.row, w.rule.split(",")[0]) for w in report.warnings if w.sheet)
    assert [(sheet, row) for sheet, row, _ in told] == [
        ("Sheet", 3), ("hidden", None), ("veryHidden", None),
    ]  # fmt: skip
    assert "строк: 1 — скрыты" in told[0][2]
    book.active.sheet_state = "hidden"
    book.create_sheet("пусто").append(["привет"])
    book.active = len(book.sheetnames) - 1
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(DataError, match=r"b\.xlsx, лист «Sheet»: лист скрыт и не прочитан"):
        derived(tmp_path / "b.xlsx", replace=True)


LAYOUT = """\
title: проба
tables:
  - contract: results
    constants: {year: 2024, procedure: DIAG, grade: 8, subject: MA, municipality: M1}
    columns:
      school: Школа
      pupil: {join: [Класс, Номер]}
      total: TOTAL
"""


@pytest.mark.parametrize(
    "total",
    [
        "Балл",
        "{column: Балл, multiply: 10, round: true}",
        "{column: Балл, extract: '(\\d+)'}",
        "{column: Балл, values: {а: 1}}",
        "{column: [Балл, Запас]}",
        "{column: Запас, minus: Балл}",
        "{column: Балл, default: '5'}",
    ],
)
def test_steps_of_a_description_keep_an_error(
    total: str, tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    (tmp_path / "x.layout.yaml").write_text(LAYOUT.replace("TOTAL", total), encoding="utf-8")
    lines = ["Школа;Класс;Номер;Балл;Запас", "S1;А;1;3;4", "S1;А;2;#Н/Д;4", "S1;А;3;три;4"]
    (tmp_path / "x.csv").write_text("\n".join(lines), encoding="utf-8")
    report, out = derived(tmp_path / "x.csv")
    told = {row: fault.reason for fault in report.rejected for row in fault.rows}
    assert told == {3: ERROR, 4: "не число"}
    assert pl.read_parquet(out / "results/**/*.parquet").height == 1


def test_only_counts_are_added_up(tmp_path: Path, derived: Callable[..., tuple]) -> None:
    layout = LAYOUT.replace("contract: results", "contract: level_counts\n    sum: true")
    layout = layout.replace("subject: MA", "subject: MA, level: 1").replace(
        "total: TOTAL", "n: Балл"
    )
    layout = re.sub(r"      pupil: .*\n", "", layout)
    (tmp_path / "x.layout.yaml").write_text(layout, encoding="utf-8")
    bad = ["inf", "1e308", "nan", "#Н/Д", "1 2", "12%", "2,5", "три"]
    lines = ["Школа;Балл", "S1;3", "S1;4", *(f"S2;{cell}" for cell in bad)]
    (tmp_path / "x.csv").write_text("\n".join(lines), encoding="utf-8")
    report, out = derived(tmp_path / "x.csv")
    assert pl.read_parquet(out / "level_counts.parquet").select("school", "n").rows() == [("S1", 7)]
    assert sum(fault.n for fault in report.rejected) == len(bad)


def test_a_key_of_a_description_with_an_error_is_none(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    (tmp_path / "x.layout.yaml").write_text(LAYOUT.replace("TOTAL", "Балл"), encoding="utf-8")
    lines = ["Школа;Класс;Номер;Балл;Балл", "S1;А;1;3;", "S1;А;#Н/Д;3;", "#Н/Д;А;2;3;"]
    (tmp_path / "x.csv").write_text("\n".join(lines), encoding="utf-8")
    report, _ = derived(tmp_path / "x.csv")
    assert [(f.column, f.reason, f.rows) for f in report.rejected] == [
        ("Класс / Номер → pupil", ERROR, (3,)),
        ("Школа", ERROR, (4,)),
    ]
    (tmp_path / "x.csv").write_text("\n".join([*lines, "S1;А;4;3;2"]), encoding="utf-8")
    with pytest.raises(DataError, match="столбцов «Балл» с разными данными: 2"):
        derived(tmp_path / "x.csv", replace=True)


def test_errors_in_protocols_and_lists_of_medalists(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    """Of a row out of form nothing is taken, least of all a hash of «#N/A» for a pupil."""
    schools = table(tmp_path / "schools.csv", SCHOOLS)
    rows = [ege_row(min(k, 2), "+", "", 38, 70 + k) for k in range(4)]
    at = {name: EGE.index(name) for name in ("Фамилия", "Первичный балл", "Код ОО")}
    rows[1][at["Первичный балл"]] = "#N/A"
    rows[2][at["Фамилия"]] = "#REF!"
    rows[3][at["Код ОО"]] = "2026-03-04"
    medals = [["Медалисты 2026 года"], ["№", "ФИО", "ОО", "Степень"]]
    medals += [[1, " ".join(PEOPLE[0][:3]), "050101", 1], [2, "#Н/Д", "050101", 1]]
    medals += [[3, " ".join(PEOPLE[1][:3]), "#N/A", 1]]
    protocol = workbook(tmp_path / "егэ.xlsx", Лист1=[["01 - Русский язык 2026.05.30"], EGE, *rows])
    listed = workbook(tmp_path / "медалисты.xlsx", Лист1=medals)
    report, out = derived(protocol, listed, schools, salt=tmp_path / "salt")
    assert pl.read_parquet(out / "results/**/*.parquet")["total"].to_list() == [70]
    assert pl.read_parquet(out / "medalists.parquet").height == 1
    told = [(fault.file, row) for fault in report.rejected for row in fault.rows]
    assert sorted(told) == [
        *(("егэ.xlsx", row) for row in (4, 5, 6)),
        *(("медалисты.xlsx", row) for row in (4, 5)),
    ]


TITLE = ["ВПР 2026 Русский язык 4 класс"]
F3 = ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (["Район(reg99_m001)", 5, "#N/A", 10, 20, 30, 40], "Кол-во участников"),
        (["Район(reg99_m001)", 5, 100, "#DIV/0!", 20, 30, 40], "2"),
        (["Район(reg99_m001)", 5, "1 2", 10, 20, 30, 40], "Кол-во участников"),
        (["#ССЫЛКА!", 5, 100, 10, 20, 30, 40], "Группы участников"),
        (["#ССЫЛКА!(reg99_m001)", 5, 100, 10, 20, 30, 40], "Группы участников (название)"),
    ],
)
def test_errors_in_a_form_of_marks(
    row: list[object], column: str, write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    good = ["Регион", 50, 1000, 10, 20, 30, 40]
    report, out = derived(write_xlsx([["Статистика по отметкам"], TITLE, F3, good, row], "f3.xlsx"))
    assert [(fault.column, fault.rows) for fault in report.rejected] == [(column, (5,))]
    assert pl.read_parquet(out / "mark_statistics.parquet")["unit"].to_list() == ["Регион"]


def test_errors_in_a_distribution_are_named(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    head = [*F3[:3], 0, 1, 2]
    row = ["Вся выборка", 5, 100, "#N/A", "5 0", "25 %"]
    with pytest.raises(DataError) as caught:
        derived(write_xlsx([["Распределение первичных баллов"], TITLE, head, row], "d.xlsx"))
    assert [(one.row, one.column) for one in caught.value.problems] == [(4, "0"), (4, "1")]
    assert ERROR in str(caught.value)


def test_a_test_score_of_ege_is_a_hundred_at_most(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    head = "year;procedure;grade;subject;municipality;school;pupil;total"
    rows = [f"2026;ЕГЭ;11;RU;M01;S1;{n};{score}" for n, score in enumerate((100, 101, 72))]
    report, _ = derived(write_csv([head, *rows]))
    (fault,) = report.rejected
    assert (fault.reason, fault.rows) == ("тестовый балл ЕГЭ больше 100", (3,))
