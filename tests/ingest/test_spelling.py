"""One school is one code however it is spelt; two schools stay two; and both are told."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from samples import HEADER

from msoko_analysis.ingest import IngestReport

Read = Callable[[Path], pl.DataFrame]


def lines(*schools: str, municipality: str = "M01", first: int = 1) -> list[str]:
    """A pupil in each of the schools, one after the other, twelve times around."""
    return [
        f"2026;ВПР;4;МА;{municipality};{school};А;{first + turn * len(schools) + place};м;4;{turn}"
        for turn in range(12)
        for place, school in enumerate(schools)
    ]


def rules(report: IngestReport) -> str:
    return "\n".join(map(str, report.warnings))


@pytest.mark.parametrize(
    ("meant", "other", "told"),
    [
        ("S1", "s1", "заглавные и строчные"),
        ("S1", "Ｓ1", "ширина знаков"),
        ("edu990001", "\u0435du990001", "похожие буквы"),
        ("Лицей 1", unicodedata.normalize("NFD", "Лицей 1"), "составленные из двух"),
        ("S1", "S1\u200f", "невидимые"),
        ("S1", "S\u200b1", "невидимые"),
        ("S1", "S\u00ad1", "невидимые"),
        ("Звёздная", "Звездная", "«ё» и «е»"),
        ("Лицей «Луч»", "Лицей Луч", "пробелы и кавычки"),
        ("СОШ № 1", "СОШ №1", "пробелы и кавычки"),
        ("0012", "12", "нули впереди"),
    ],
)
def test_two_spellings_of_a_school_are_one_school_and_told(
    meant: str,
    other: str,
    told: str,
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Read,
) -> None:
    report, out = derived(write_csv([HEADER, *lines(meant, other)]))
    table = read_results(out)
    assert table.height == 24
    assert table["school"].unique().to_list() == [meant]
    assert pl.read_parquet(out / "schools.parquet")["school"].to_list() == [meant]
    assert told in rules(report)


def test_the_spelling_of_the_table_of_schools_stands(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    results = write_csv([HEADER, *lines("1", "2", municipality="")])
    schools = write_csv(["school;name;municipality", "001;A;M01", "002;B;M02"], name="s.csv")
    report, out = derived(results, schools)
    rows = read_results(out).select("school", "municipality").unique().sort("school").rows()
    assert rows == [("001", "M01"), ("002", "M02")]
    assert report.rejected == ()
    assert "нули впереди" in rules(report)


@pytest.mark.parametrize("spellings", [("S1", "s1"), ("01", "1"), ("Звёздная", "Звездная")])
def test_two_schools_of_the_table_stay_two_and_are_named(
    spellings: tuple[str, str],
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Read,
) -> None:
    listed = [f"{school};{place};M01" for place, school in enumerate(spellings)]
    schools = write_csv(["school;name;municipality", *listed], name="s.csv")
    report, out = derived(write_csv([HEADER, *lines(*spellings)]), schools)
    assert set(read_results(out)["school"]) == set(spellings)
    assert "оставлены разными: в одной таблице школ" in rules(report)
    assert all(f"«{school}»" in rules(report) for school in spellings)


def test_two_schools_with_the_same_codes_of_pupils_stay_two(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    """Pupils are numbered within a school: one number under both spellings is two pupils."""
    report, out = derived(write_csv([HEADER, *lines("S1"), *lines("s1")]))
    assert read_results(out).group_by("school").len().sort("school").rows() == [
        ("S1", 12),
        ("s1", 12),
    ]
    assert "одни и те же коды участников" in rules(report)


def test_different_numbers_of_zeros_are_not_guessed(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    report, out = derived(write_csv([HEADER, *lines("01", "001")]))
    assert read_results(out)["school"].n_unique() == 2
    assert "число нулей разное" in rules(report)


def test_municipality_and_class(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    rows = [*lines("S1"), *lines("S2", municipality="\u041c01")]
    rows = [row.replace(";А;", ";4A;" if k % 2 else ";4А;") for k, row in enumerate(rows)]
    report, out = derived(write_csv([HEADER, *rows]))
    table = read_results(out)
    assert table["municipality"].unique().to_list() == ["M01"]
    assert table["class_group"].unique().to_list() == ["4\u0410"]
    assert "муниципалитетов: 1" in rules(report)
    assert "классов: 1" in rules(report)


def test_one_name_in_two_municipalities_is_two_schools(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    rows = [*lines("Школа № 1"), *lines("Школа № 1", municipality="M02")]
    report, out = derived(write_csv([HEADER, *rows]))
    assert set(read_results(out)["school"]) == {"Школа № 1 (M01)", "Школа № 1 (M02)"}
    assert report.rejected == ()
    assert "одно название в разных муниципалитетах" in rules(report)


def test_one_code_in_two_municipalities_is_told(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    rows = [*lines("S1"), *lines("S1", municipality="M02", first=50)]
    report, out = derived(write_csv([HEADER, *rows]))
    assert read_results(out)["school"].unique().to_list() == ["S1"]
    assert "в двух муниципалитетах: «S1»" in rules(report)


def test_headings_in_letters_that_look_alike_are_read(
    write_csv: Callable[..., Path], derived: Callable[..., tuple], read_results: Read
) -> None:
    header = HEADER.replace("total", "t\u043et\u0430l").replace("school", "school\u200b")
    _, out = derived(write_csv([header, *lines("S1")]))
    assert sorted(read_results(out)["total"]) == list(range(12))


def test_no_remark_where_nothing_differs(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, _ = derived(
        write_csv([HEADER, *lines("S1", "S2", "S10", "Школа 1", "Школа 11", "1098", "1908")])
    )
    assert report.warnings == ()
