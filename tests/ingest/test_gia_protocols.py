"""Protocols of РИС ГИА: every layout, what is read of it, and what is told about broken ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from gia_files import (
    EGE,
    OGE,
    OGE_CSV,
    PEOPLE,
    REGIONAL,
    SCHOOLS,
    ege_row,
    oge_csv_row,
    oge_row,
    regional_row,
    table,
    workbook,
)

from msoko_analysis.errors import DataError

RU, MAB, OB = (
    ["01 - Русский язык 2026.05.30"],
    ["22 - Математика базовая 2026.06.02"],
    ["12 - Обществознание 2026.06.11"],
)
MA = ["02 - Математика профильная 2026.06.02"]


@pytest.fixture
def read(tmp_path: Path, derived: Callable[..., tuple]) -> Callable[..., tuple]:
    """Ingest files together with the table of schools; (report, results sorted)."""

    def run(*paths: Path, **options: object) -> tuple:
        schools = table(tmp_path / "schools.csv", SCHOOLS)
        report, out = derived(*paths, schools, salt=tmp_path / "salt", **options)
        rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
        return report, rows.sort("year", "procedure", "subject", "school", "total")

    return run


def test_blocks_of_several_sheets(tmp_path: Path, read: Callable[..., tuple]) -> None:
    path = workbook(
        tmp_path / "протоколы.xlsx",
        Лист1=[
            *(RU, [], EGE),
            ege_row(0, "++--+2", "1(1)2(3)1(2)", 38, 70),
            ege_row(2, "+++++2", "1(1)3(3)X(2)", 50, 100),
            *([], MAB, EGE),
            ege_row(1, "+-+", "", 12, 4),
        ],
        Лист2=[OB, EGE, ege_row(0, "--+", "0(2)", 3, 8)],
    )
    report, rows = read(path, strict=True)
    assert rows.select(
        "year", "procedure", "grade", "subject", "school", "total", "mark"
    ).rows() == [
        (2026, "EGE", 11, "MAB", "050101", 12, 4),
        (2026, "EGE", 11, "OB", "050101", 8, None),
        (2026, "EGE", 11, "RU", "050101", 70, None),
        (2026, "EGE", 11, "RU", "050102", 100, None),
    ]
    assert rows["municipality"].unique().to_list() == ["M01"]
    items = [f"item_{number:02d}" for number in range(1, 10)]
    russian = rows.filter(pl.col("subject") == "RU").select(items).rows()
    assert russian == [(1, 1, 0, 0, 1, 2, 1, 2, 1), (1, 1, 1, 1, 1, 2, 1, 3, None)]
    assert rows["person"].str.contains(r"^[0-9a-f]{16}$").all()
    of_one = rows.filter(pl.col("subject").is_in(["RU", "OB"]) & (pl.col("school") == "050101"))
    assert of_one["person"].n_unique() == 1
    assert rows["person"].n_unique() == 3
    assert not report.warnings


def test_a_header_that_stands_once_serves_the_blocks_below(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [RU, EGE, ege_row(0, "+", "", 10, 24), OB, ege_row(0, "-", "", 0, 0)]
    _, table_ = read(workbook(tmp_path / "a.xlsx", Лист1=rows))
    assert table_.select("subject", "total").rows() == [("OB", 0), ("RU", 24)]


def test_the_code_of_the_municipality_serves_where_no_table_places_the_school(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    elsewhere = regional_row(1, 40)
    elsewhere[2] = "059999"
    path = workbook(tmp_path / "a.xlsx", Лист1=[MA, REGIONAL, regional_row(0, 62), elsewhere])
    _, rows = read(path)
    assert rows.select("subject", "municipality", "total", "item_03").rows() == [
        ("MA", "M01", 62, 1),
        ("MA", "501", 40, 1),
    ]


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig"])
def test_oge_as_workbook_and_as_csv_is_the_same_pupil(
    encoding: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    book = workbook(tmp_path / "огэ.xlsx", Лист1=[RU, OGE, oge_row(0, "+++", "2(2)", 30, 5)])
    lines = [OGE_CSV, oge_csv_row(0, 20, 4), oge_csv_row(2, 7, 2)]
    _, rows = read(book, table(tmp_path / "02_2026.06.03.csv", lines, encoding))
    assert rows.select("procedure", "grade", "subject", "school", "total", "mark").rows() == [
        ("OGE", 9, "MA", "050101", 20, 4),
        ("OGE", 9, "MA", "050102", 7, 2),
        ("OGE", 9, "RU", "050101", 30, 5),
    ]
    persons = rows.filter(pl.col("school") == "050101")["person"]
    assert persons.n_unique() == 1


def test_oge_and_ege_of_a_pupil_link_though_only_one_has_the_document(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    ege = workbook(tmp_path / "егэ.xlsx", Лист1=[RU, EGE, ege_row(0, "+", "", 38, 70)])
    before = ["01 - Русский язык 2024.06.03"]
    oge = workbook(tmp_path / "огэ.xlsx", Лист1=[before, OGE, oge_row(0, "+", "", 30, 5)])
    _, rows = read(ege, oge)
    assert rows["year"].to_list() == [2024, 2026]
    assert rows["person"].n_unique() == 1


def test_namesakes_with_two_documents_stay_two_pupils(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    twin = oge_row(0, "+", "", 12, 2)
    twin[9:11] = ["0999", "111222"]
    ege = workbook(tmp_path / "егэ.xlsx", Лист1=[RU, EGE, ege_row(0, "+", "", 38, 70)])
    oge = workbook(tmp_path / "огэ.xlsx", Лист1=[RU, OGE, oge_row(0, "+", "", 30, 5), twin])
    _, rows = read(ege, oge)
    assert rows["person"].n_unique() == 3, "a name that has two documents tells neither"


def test_namesakes_of_one_school_with_two_codes_are_two_pupils(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    """Protocols of ЕГЭ have no documents: on one day of one exam the code tells two apart."""
    twin = ege_row(0, "+", "", 12, 40)
    twin[10] = "771100000099"
    again = ege_row(0, "+", "", 30, 66)
    rows = [RU, EGE, ege_row(0, "+", "", 38, 70), twin, OB, EGE, again]
    _, found = read(workbook(tmp_path / "егэ.xlsx", Лист1=rows), strict=True)
    assert found.filter(pl.col("subject") == "RU")["total"].to_list() == [40, 70]
    persons = {row["total"]: row["person"] for row in found.to_dicts()}
    assert persons[66] == persons[70] != persons[40]


def test_the_salt_makes_the_pseudonym_and_is_readable_by_its_owner_only(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    path = workbook(tmp_path / "a.xlsx", Лист1=[MA, REGIONAL, regional_row(0, 62)])
    found = []
    for salt in ("one", "one", "two"):
        _, out = derived(path, salt=tmp_path / salt, replace=True)
        found += pl.read_parquet(out / "results/**/*.parquet")["person"].to_list()
    assert found[0] == found[1] != found[2]
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
    assert len((tmp_path / "one").read_bytes()) == 32
    assert sorted(p.name for p in tmp_path.glob("one*")) == ["one"]
    (tmp_path / "two").write_bytes(b"short")
    with pytest.raises(DataError, match="файл соли повреждён"):
        derived(path, salt=tmp_path / "two", replace=True)


def test_a_shifted_row_is_set_aside_unseen(tmp_path: Path, read: Callable[..., tuple]) -> None:
    shifted = oge_row(1, "+", "", 20, 4)
    shifted = [*shifted[:6], "", *shifted[6:-1]]
    signature = ["Председатель Пупкин П. П."]
    path = workbook(
        tmp_path / "огэ.xlsx",
        Лист1=[
            RU,
            OGE,
            oge_row(0, "+", "", 30, 5),
            shifted,
            oge_row(2, "+", "", "много", 5),
            signature,
        ],
    )
    report, rows = read(path)
    assert rows.height == 1
    assert [(fault.column, fault.rows) for fault in report.rejected] == [
        ("Развёрнутые ответы", (4,)),
        ("Первичный балл", (5,)),
    ]
    assert all("скрыта" in fault.reason for fault in report.rejected)
    lines = (report.out / "rejected" / "огэ.csv").read_text(encoding="utf-8-sig")
    assert "строка не по форме: Первичный балл" in lines
    assert any("не об участнике" in str(warning) for warning in report.warnings)


def test_answers_of_another_length_give_no_points(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [
        RU,
        EGE,
        *(ege_row(k, "++", "1(1)", 38, 70) for k in (0, 1)),
        ege_row(2, "+", "", 9, 20),
    ]
    report, table_ = read(workbook(tmp_path / "a.xlsx", Лист1=rows))
    assert table_.select("total", "item_01", "item_03").rows() == [
        (70, 1, 1),
        (70, 1, 1),
        (20, None, None),
    ]
    assert any("участников: 1" in str(warning) for warning in report.warnings)


def test_an_absent_pupil_and_a_repeated_one(tmp_path: Path, read: Callable[..., tuple]) -> None:
    rows = [
        RU,
        EGE,
        ege_row(0, "", "", "", ""),
        ege_row(1, "+", "", 38, 70),
        ege_row(1, "+", "", 39, 71),
    ]
    report, table_ = read(workbook(tmp_path / "a.xlsx", Лист1=rows))
    assert sorted(table_["total"].to_list(), key=str) == [70, None]
    assert [(fault.n, fault.rows) for fault in report.rejected] == [(1, (5,))]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([EGE, ege_row(0, "+", "", 1, 2)], r"строка 1: над таблицей нет строки вида «01 - Русский"),
        (
            [["77 - Ботаника 2026.05.30"], EGE, ege_row(0, "+", "", 1, 2)],
            r"строка 2: кода предмета 77 нет в params/gia_subjects.csv — добавьте",
        ),
        (
            [["09 - Обществознание 2026.05.30"], EGE, ege_row(0, "+", "", 1, 2)],
            "код 09 по params/gia_subjects.csv — не обществознание",
        ),
        (
            [RU, [*EGE[:-2], "Баллы", EGE[-1]], ege_row(0, "+", "", 1, 2)],
            "строка 2: в протоколе нет столбца «Первичный балл» — выгрузите",
        ),
        (
            [RU, EGE[:-1], ege_row(0, "+", "", 1, 2)[:-1]],
            "нет столбца «Итоговый балл» или «Оценка»",
        ),
        ([RU, EGE], "нет ни одного участника"),
    ],
)
def test_a_broken_protocol_is_told_where(
    rows: list, message: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    with pytest.raises(DataError, match=message):
        read(workbook(tmp_path / "a.xlsx", Лист1=rows))


def test_all_faults_of_all_blocks_at_once(tmp_path: Path, read: Callable[..., tuple]) -> None:
    row = ege_row(0, "+", "", 1, 2)
    rows = [["77 - Ботаника 2026.05.30"], EGE, row, ["78 - Логика 2026.05.31"], EGE, row]
    with pytest.raises(DataError) as caught:
        read(workbook(tmp_path / "a.xlsx", Лист1=rows))
    assert [problem.row for problem in caught.value.problems] == [2, 5]


def test_an_unconfirmed_code_without_a_name_is_a_warning(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = table(tmp_path / "06_2026.06.03.csv", [OGE_CSV, oge_csv_row(0, 20, 4)])
    report, rows = read(path)
    assert rows["subject"].to_list() == ["BI"]
    assert any("без подтверждения" in str(warning) for warning in report.warnings)


def test_names_leave_any_other_table(tmp_path: Path, derived: Callable[..., tuple]) -> None:
    lines = [
        [
            "year",
            "procedure",
            "grade",
            "subject",
            "municipality",
            "school",
            "pupil",
            "total",
            "ФИО",
        ],
        [2021, "VPR", 4, "MA", "M01", "S1", 1, 12, "Вася Пупкин"],
        [2021, "VPR", 4, "MA", "M01", "S1", 1, 12, "Петя Пупкин"],
    ]
    report, out = derived(table(tmp_path / "a.csv", lines), salt=tmp_path / "salt")
    assert report.cards[0]["rows_out"] == 1
    rejected = (out / "rejected" / "a.csv").read_text(encoding="utf-8-sig")
    assert "Пупкин" not in rejected
    assert not (tmp_path / "salt").exists(), "nothing was to be hashed"


def own_schools(tmp_path: Path) -> Path:
    """The table of schools under codes of their own; one school has no code in РИС ГИА."""
    rows = [
        ["school", "name", "municipality", "gia_code"],
        ["sch001", "МБОУ «СОШ № 1»", "M01", "50101"],  # Excel cut the zero off
        ["sch002", "МБОУ «Гимназия № 2»", "M01", ""],
    ]
    return table(tmp_path / "schools.csv", rows)


def test_codes_of_ris_gia_lead_to_the_schools_own(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    rows = [RU, EGE, *(ege_row(k, "+", "", 38, 70 + k) for k in range(3))]
    medals = [
        ["ФИО", "ОО", "Степень"],
        [" ".join(PEOPLE[0][:3]), "050101", 1],
        [" ".join(PEOPLE[1][:3]), "МБОУ СОШ №1", 2],
    ]
    files = [
        own_schools(tmp_path),
        workbook(tmp_path / "егэ.xlsx", Лист1=rows),
        workbook(tmp_path / "медали 2026.xlsx", Лист1=medals),
    ]
    report, out = derived(*files, salt=tmp_path / "salt")
    results = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    assert results.sort("total").select("school", "municipality").rows()[:2] == [
        ("sch001", "M01"), ("sch001", "M01"),
    ]  # fmt: skip
    medalists = pl.read_parquet(out / "medalists.parquet")
    assert medalists["school"].to_list() == ["sch001", "sch001"]
    assert medalists.join(results, on="person").height == 2
    (warning,) = (w for w in report.warnings if "gia_code" in str(w))
    assert "школ: 1 — кода РИС ГИА нет" in str(warning)
    assert "(050102)" in str(warning)
    assert warning.file == "егэ.xlsx"


def test_a_code_that_two_schools_claim_says_nothing(
    tmp_path: Path, derived: Callable[..., tuple]
) -> None:
    listed = [
        ["school", "name", "municipality", "gia_code"],
        ["sch001", "СОШ № 1", "M01", "050101"],
        ["sch002", "СОШ № 2", "M01", "050101"],
    ]
    rows = [RU, OGE, oge_row(0, "+", "", 30, 4)]
    files = [
        table(tmp_path / "schools.csv", listed),
        workbook(tmp_path / "огэ.xlsx", Лист1=rows),
    ]
    report, out = derived(*files, salt=tmp_path / "salt")
    results = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
    assert results["school"].to_list() == ["050101"]
    assert any("gia_code" in str(w) for w in report.warnings)


@pytest.mark.parametrize(
    "title",
    [
        ["01 - Русский язык 30.05.2026"],
        ["01 - Русский язык 30.05.2026 г."],
        ["01-Русский язык 30/05/26"],
        ["1 – Русский язык", "2026-05-30"],
        ["01 - Русский язык", datetime(2026, 5, 30)],
        ["Предмет: 01 - Русский язык, дата экзамена: 30 мая 2026 года"],
        ["01. Русский язык 2026.05.30 (резервный день 2)"],
    ],
)
def test_a_title_has_its_day_in_any_order(
    title: list, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(tmp_path / "p.xlsx", Лист1=[title, EGE, ege_row(0, "+", "", 38, 70)])
    _, rows = read(path, strict=True)
    assert rows.select("year", "subject", "total").rows() == [(2026, "RU", 70)]


def test_subject_and_day_may_stand_in_two_lines(tmp_path: Path, read: Callable[..., tuple]) -> None:
    above = [["Протокол проверки"], ["Предмет: 01 - Русский язык"], ["Дата экзамена: 30.05.2026"]]
    row = ege_row(0, "+", "", 38, 70)
    _, rows = read(workbook(tmp_path / "p.xlsx", Лист1=[*above, EGE, row]), strict=True)
    assert rows.select("year", "subject", "total").rows() == [(2026, "RU", 70)]
    two = [*above, ["Дата печати: 15.06.2026"], EGE, row]
    with pytest.raises(DataError, match="над таблицей нет строки вида"):
        read(workbook(tmp_path / "p.xlsx", Лист1=two), replace=True)


@pytest.mark.parametrize("stem", ["01_2026.05.30", "01_30.05.2026", "протокол 01_2026-05-30"])
def test_a_file_name_has_its_day_in_any_order(
    stem: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(tmp_path / f"{stem}.xlsx", Лист1=[EGE, ege_row(0, "+", "", 38, 70)])
    _, rows = read(path)
    assert rows.select("year", "subject", "total").rows() == [(2026, "RU", 70)]


def test_a_day_that_no_calendar_has_is_refused(tmp_path: Path, read: Callable[..., tuple]) -> None:
    rows = [["01 - Русский язык 31.06.2026"], EGE, ege_row(0, "+", "", 38, 70)]
    with pytest.raises(DataError, match="с днём из календаря"):
        read(workbook(tmp_path / "p.xlsx", Лист1=rows))


@pytest.mark.parametrize(
    ("heading", "form", "row", "right"),
    [
        ("Балл", EGE, ege_row(0, "+", "", 38, 70), ("EGE", 11, 70, None)),
        ("Тестовый балл (100)", EGE, ege_row(0, "+", "", 38, 70), ("EGE", 11, 70, None)),
        ("Балл ЕГЭ", EGE, ege_row(0, "+", "", 38, 70), ("EGE", 11, 70, None)),
        ("Отметка", OGE, oge_row(0, "+", "", 30, 5), ("OGE", 9, 30, 5)),
        ("Итоговая отметка", OGE, oge_row(0, "+", "", 30, 5), ("OGE", 9, 30, 5)),
    ],
)
def test_the_last_column_has_several_headings(
    heading: str, form: list, row: list, right: tuple, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(tmp_path / "p.xlsx", Лист1=[RU, [*form[:-1], heading], row])
    _, rows = read(path, strict=True)
    assert rows.select("procedure", "grade", "total", "mark").rows() == [right]


def test_points_beside_a_mark_are_those_of_the_ninth_class(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    bare = [*OGE[:-2], "Балл", "Отметка"]
    both = [*OGE[:-1], "Отметка", "Итоговый балл"]
    row = oge_row(0, "+", "", 30, 5)
    path = workbook(tmp_path / "p.xlsx", Лист1=[RU, bare, row], Лист2=[OB, both, [*row, 30]])
    _, rows = read(path, strict=True)
    assert rows.select("procedure", "grade", "total", "mark").unique().rows() == [("OGE", 9, 30, 5)]


def test_base_mathematics_is_of_the_eleventh_class_with_a_mark_alone(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    path = workbook(
        tmp_path / "p.xlsx", Лист1=[MAB, [*EGE[:-1], "Оценка"], ege_row(0, "+", "", 12, 4)]
    )
    _, rows = read(path)
    assert rows.select("procedure", "grade", "total", "mark").rows() == [("EGE", 11, 12, 4)]


@pytest.mark.parametrize("written", ["экстерн", "СПО", "11А (ест-науч)", "ВПЛ", "2-й курс"])
def test_a_class_nobody_understands_costs_its_cell(
    written: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [ege_row(k, "+", "", 38, 70 + k) for k in range(3)]
    rows[1][3] = written
    report, found = read(workbook(tmp_path / "p.xlsx", Лист1=[RU, EGE, *rows]))
    assert found["total"].to_list() == [70, 71, 72]
    assert found["class_group"].to_list() == ["11А", None, "11А"]
    assert not report.rejected
    assert [(f.column, f.rows) for f in report.cells] == [("Класс", (4,))]
    listed = (report.out / "rejected" / "p_cells.csv").read_text(encoding="utf-8-sig")
    assert written not in listed, "a cell out of form may hold anything"
