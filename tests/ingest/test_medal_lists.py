"""Lists of medalists: they link to protocols by the same hashes, and nobody is lost silently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from gia_files import EGE, PEOPLE, SCHOOLS, ege_row, table, workbook

from msoko_analysis.errors import DataError

RU = ["01 - Русский язык 2026.05.30"]
PROTOCOL = [RU, EGE, *(ege_row(k, "+", "", 38, 70 + k) for k in range(3))]


def full_name(k: int) -> str:
    return " ".join(PEOPLE[k][:3])


@pytest.fixture
def read(tmp_path: Path, derived: Callable[..., tuple]) -> Callable[..., tuple]:
    """Ingest a list with the protocol and schools; (report, medalists, results)."""

    def run(*paths: Path, protocol: bool = True) -> tuple:
        files = [*paths, table(tmp_path / "schools.csv", SCHOOLS)]
        if protocol:
            files.append(workbook(tmp_path / "егэ.xlsx", Лист1=PROTOCOL))
        report, out = derived(*files, salt=tmp_path / "salt")
        rows = None
        if protocol:
            rows = pl.read_parquet(out / "results/**/*.parquet", hive_partitioning=False)
        return report, pl.read_parquet(out / "medalists.parquet"), rows

    return run


@pytest.mark.parametrize("school", ["050101", "мбоу СОШ №1"])
def test_a_list_by_name_links_to_the_protocol(
    school: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [
        ["Медалисты 2026 года"],
        ["№", "ФИО", "ОО", "Степень"],
        [1, full_name(0).upper(), school, "I степень"],
        [2, full_name(1).replace("ё", "е"), school, "серебряная"],
    ]
    report, medalists, results = read(workbook(tmp_path / "список.xlsx", Лист1=rows))
    assert medalists.select("year", "municipality", "school").unique().rows() == [
        (2026, "M01", "050101")
    ]
    linked = medalists.join(results, on="person").sort("total")
    assert linked.select("total", "degree").rows() == [(70, 1), (71, 2)]
    assert not [w for w in report.warnings if "медалистов" in str(w)]


def test_separate_columns_and_a_participant_code_link_too(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    by_parts = table(
        tmp_path / "медалисты_2026.csv",
        [["Фамилия", "Имя", "Отчество", "Код ОО"], [*PEOPLE[2][:3], "050102"]],
    )
    by_code = table(
        tmp_path / "медаль 2026.csv",
        [["Код участника", "ОО", "Степень"], [PEOPLE[0][5], "50101", 1]],
    )
    _, medalists, results = read(by_parts, by_code)
    linked = medalists.join(results, on="person").sort("total")
    assert linked["total"].to_list() == [70, 72]
    assert linked["degree"].to_list() == [1, None]


def test_who_is_not_in_the_protocols_is_counted_and_kept(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [
        ["ФИО", "ОО", "Степень", "Год"],
        [full_name(0), "050101", 1, 2026],
        ["Неизвестнов Пров Карпович", "050101", 1, 2026],
    ]
    report, medalists, _ = read(workbook(tmp_path / "список.xlsx", Лист1=rows))
    assert medalists.height == 2
    (warning,) = (w for w in report.warnings if "медалистов" in str(w))
    assert "1 из 2 — не найдены в протоколах ЕГЭ (строки 3)" in str(warning)
    assert warning.file == "список.xlsx"


def test_without_protocols_of_the_year_nobody_can_be_found(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [["ФИО", "ОО", "Степень", "Год"], [full_name(0), "050101", 1, 2025]]
    path = workbook(tmp_path / "список.xlsx", Лист1=rows)
    report, _, _ = read(path)
    assert any("протоколов ЕГЭ этого года нет" in str(w) for w in report.warnings)


def test_unknown_schools_and_wrong_degrees_are_set_aside(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [
        ["ФИО", "ОО", "Степень"],
        [full_name(0), "Лицей, которого нет", 1],
        [full_name(1), "050101", "Пупкин"],
        [full_name(2), "050102", 2],
    ]
    report, medalists, _ = read(workbook(tmp_path / "медаль_2026.xlsx", Лист1=rows))
    assert medalists["school"].to_list() == ["050102"]
    assert {(fault.rows, fault.reason.split(":")[0]) for fault in report.rejected} == {
        ((2,), "школы нет в таблице школ"),
        ((3,), "не по форме столбца"),
    }
    assert {fault.column for fault in report.rejected} == {"ОО", "Степень"}


def test_a_list_without_a_year_is_refused(tmp_path: Path, read: Callable[..., tuple]) -> None:
    rows = [["ФИО", "ОО", "Степень"], [full_name(0), "050101", 1]]
    with pytest.raises(DataError, match=r"строка 1: год выпуска не указан.*«медалисты_2026.xlsx»"):
        read(workbook(tmp_path / "список.xlsx", Лист1=rows))
    with pytest.raises(DataError, match="нет ни одной строки"):
        read(workbook(tmp_path / "медаль 2026.xlsx", Лист1=rows[:1]))


def test_the_contract_form_takes_pseudonyms_and_no_names(
    tmp_path: Path, read: Callable[..., tuple]
) -> None:
    head = ["year", "municipality", "school", "person", "degree"]
    rows = [head, [2026, "M01", "050101", "p1", 1], [2026, "M01", "050101", full_name(1), 2]]
    report, medalists, _ = read(table(tmp_path / "medalists.csv", rows), protocol=False)
    assert medalists["person"].to_list() == ["p1"]
    (fault,) = report.rejected
    assert "похоже на имя" in fault.reason
    written = (report.out / "rejected" / "medalists.csv").read_text(encoding="utf-8-sig")
    assert PEOPLE[1][0] not in written
    assert "скрыто" in written


@pytest.mark.parametrize(
    ("written", "degree"),
    [
        ("медаль «За особые успехи в учении» I степени", 1),
        ("За особые успехи в учении II степени", 2),
        ("медаль первой степени", 1),
        ("2-й степени", 2),
        ("І степень", 1),  # Cyrillic
        ("золотая медаль", 1),
        ("серебряная", 2),
        ("1.0", 1),
    ],
)
def test_a_degree_in_words(
    written: str, degree: int, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [["ФИО", "ОО", "Медаль"], [full_name(0), "050101", written]]
    report, medalists, _ = read(workbook(tmp_path / "медаль_2026.xlsx", Лист1=rows))
    assert medalists["degree"].to_list() == [degree]
    assert not report.cells


def test_a_medal_of_no_degree_costs_its_cell(tmp_path: Path, read: Callable[..., tuple]) -> None:
    rows = [["ФИО", "ОО", "Вид медали"], [full_name(0), "050101", "медаль «За особые успехи»"]]
    report, medalists, _ = read(workbook(tmp_path / "медаль_2026.xlsx", Лист1=rows))
    assert medalists["degree"].to_list() == [None]
    assert [(fault.column, fault.rows) for fault in report.cells] == [("Степень", (2,))]


@pytest.mark.parametrize(
    "heading",
    [
        "Наименование образовательной организации",
        "Полное наименование ОО",
        "Наименование общеобразовательного учреждения",
        "Образовательная организация",
        "Название школы",
        "ОУ",
        "Школа (полностью)",
    ],
)
def test_a_school_has_many_headings(
    heading: str, tmp_path: Path, read: Callable[..., tuple]
) -> None:
    rows = [["ФИО выпускника", heading, "Год"], [full_name(0), "МБОУ\nСОШ № 1", "2026 г."]]
    _, medalists, _ = read(workbook(tmp_path / "медаль.xlsx", Лист1=rows))
    assert medalists.select("school", "year").rows() == [("050101", 2026)]


def test_degrees_in_two_columns_stop_the_list(tmp_path: Path, read: Callable[..., tuple]) -> None:
    """Of the second column nothing would be read: a medal without its degree."""
    head = ["№", "ФИО", "ОО", "Медаль I степени", "Медаль II степени"]
    rows = [[1, full_name(0), "050101", "+", ""], [2, full_name(1), "050101", "", "+"]]
    with pytest.raises(DataError, match="столбцов «Степень» несколько"):
        read(workbook(tmp_path / "медалисты_2026.xlsx", Лист1=[head, *rows]))
