"""Official lists of schools with markers: a real region's list and lists with every kind of fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError

HEADER = "Год,Логин,Муниципалитет,ОО,4 РУ,4 МА,5 РУ,5 МА,Количество маркеров"
FIRST = "2025,edu990001,Северный район,СОШ № 1,1.0,,,1.0,2"
SECOND = "2025,edu990002,Северный район,СОШ № 2,0,0,1,0,1"
LATER = "2026,edu990001,Северный район,СОШ № 1,,1,,,1"


def lists(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "markers.parquet")


@pytest.fixture
def region(shared: Path, derived: Callable[..., tuple]) -> tuple:
    """The list of a real region, read strictly: nothing in it is at fault but the doubles."""
    (source,) = (shared / "data" / "dagestan").glob("*.csv")
    return derived(source, strict=True)


def test_known_facts_of_the_real_list(region: tuple) -> None:
    report, out = region
    (card,) = report.cards
    assert (card["rows_in"], card["rows_out"], card["repeated"]) == (599, 451, 148)
    assert "дословных повторов 148" in report.text()
    table = lists(out)
    years = dict(table.group_by("year").len().iter_rows())
    assert years == {2023: 159, 2024: 148, 2025: 144}
    times = table.group_by("school").len("years")["years"].value_counts()
    assert dict(times.iter_rows()) == {1: 248, 2: 76, 3: 17}
    assert table["municipality"].n_unique() == 53
    assert table["municipality"].str.starts_with("Акушинский").any()


@pytest.mark.parametrize(
    ("year", "distribution"),
    [
        (2023, {1: 104, 2: 44, 3: 9, 4: 2}),
        # the published 212, 76 and 8 count every row twice
        (2024, {1: 106, 2: 38, 3: 4}),
        (2025, {1: 92, 2: 43, 3: 7, 4: 2}),
    ],
)
def test_markers_per_school_of_the_real_list(
    year: int, distribution: dict[int, int], region: tuple
) -> None:
    table = lists(region[1]).filter(pl.col("year") == year)
    assert dict(table["markers"].value_counts().iter_rows()) == distribution
    assert table.select((pl.sum_horizontal("ru4", "ma4", "ru5", "ma5") == pl.col("markers")).all())[
        0, 0
    ]


def test_an_empty_mark_is_no_marker(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    _, out = derived(write_csv([HEADER, FIRST, SECOND, LATER]), strict=True)
    marks = lists(out).select("year", "school", "ru4", "ma4", "ru5", "ma5", "markers").rows()
    assert marks == [
        (2025, "edu990001", 1, 0, 0, 1, 2),
        (2025, "edu990002", 0, 0, 1, 0, 1),
        (2026, "edu990001", 0, 1, 0, 0, 1),
    ]


def test_the_same_double_is_counted_and_a_differing_one_is_a_fault(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    same = FIRST.replace(",,,", ",0,0,")  # an empty mark is 0: still the same row
    other = FIRST.replace(",1.0,,,1.0,2", ",1.0,,,,1")
    report, out = derived(write_csv([HEADER, FIRST, SECOND, same, other]))
    assert lists(out).height == 2
    assert report.cards[0]["repeated"] == 1
    (fault,) = report.rejected
    assert (fault.n, fault.rows, fault.column) == (1, (5,), "Логин")
    assert "повтор" in fault.reason
    assert (out / "rejected" / "data.csv").is_file()


def test_a_count_that_is_not_the_sum_of_the_marks_is_told(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, out = derived(write_csv([HEADER, FIRST, SECOND[:-1] + "3"]))
    (fault,) = report.cells
    assert (fault.n, fault.rows, fault.column) == (1, (3,), "Количество маркеров")
    assert "число отмеченных" in fault.reason
    assert lists(out)["markers"].to_list() == [2, 1]


def test_a_row_without_any_mark_does_not_list_the_school(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    none = "2025,edu990003,Северный район,СОШ № 3,,,,,1"
    report, out = derived(write_csv([HEADER, FIRST, none]))
    assert [(fault.n, fault.rows) for fault in report.rejected] == [(1, (3,))]
    assert lists(out)["school"].to_list() == ["edu990001"]
    with pytest.raises(DataError, match="строгий режим"):
        derived(write_csv([HEADER, FIRST, none]), strict=True, replace=True)


def test_a_mark_that_is_neither_0_nor_1_empties_its_cell(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, out = derived(write_csv([HEADER, FIRST, SECOND.replace(",0,0,1", ",0,5,1")]))
    assert [(fault.column, fault.rows) for fault in report.cells] == [("4 МА", (3,))]
    assert lists(out)["ma4"].to_list() == [0, 0]


def test_signs_of_a_list_made_by_hand_are_marks(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    row = "2025,edu990009,Район,Школа,+,да,нет,-,2"
    _, out = derived(write_csv([HEADER, row]), strict=True)
    assert lists(out).select("ru4", "ma4", "ru5", "ma5", "markers").rows() == [(1, 1, 0, 0, 2)]


def test_a_workbook_with_a_title_and_other_headings_is_read_too(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    heading = ["Год", "Логин ОО", "Муниципалитет", "Название ОО", "4РУ", "4МА", "5-РУ", "5-МА"]
    rows = [
        ["Перечень школ с маркерами необъективности"],
        [],
        [*heading, "Кол-во маркеров"],
        [2025, "edu990001", "Северный район", "СОШ № 1", 1, None, None, 1, 2],
    ]
    report, out = derived(write_xlsx(rows, "lists.xlsx"), strict=True)
    assert "список школ" in report.cards[0]["layout"]
    assert lists(out).select("ru4", "ma5", "markers").row(0) == (1, 1, 2)


def test_names_become_codes_where_a_form_gives_both(
    write_csv: Callable[..., Path], write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    form = [
        ["Статистика по отметкам"],
        ["ВПР 2025 Русский язык 4 класс"],
        ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5],
        ["Северный район(reg99_m001)", 3, 100, 10, 40, 40, 10],
        ["СОШ № 1(edu990001)", None, 30, 10, 40, 40, 10],
    ]
    _, out = derived(write_csv([HEADER, FIRST, SECOND]), write_xlsx(form, "f3.xlsx"))
    assert set(lists(out)["municipality"]) == {"reg99_m001"}
    marks = pl.read_parquet(out / "mark_statistics.parquet").filter(pl.col("level") == "school")
    assert marks["municipality"].to_list() == ["reg99_m001"]


def test_schools_of_no_known_municipality_are_told(
    write_csv: Callable[..., Path], write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """A form of two municipalities does not say where its schools belong; a table of schools does."""
    form = write_xlsx(
        [
            ["Статистика по отметкам"],
            ["ВПР 2025 Русский язык 4 класс"],
            ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5],
            ["Северный район(reg99_m001)", 3, 100, 10, 40, 40, 10],
            ["Южный район(reg99_m002)", 3, 100, 10, 40, 40, 10],
            ["СОШ № 1(edu990001)", None, 30, 10, 40, 40, 10],
        ],
        "f3.xlsx",
    )
    report, _ = derived(form)
    assert [warning.rule.split(" —")[0] for warning in report.warnings] == ["школ: 1"]
    schools = write_csv(["school;name;municipality", "edu990001;СОШ № 1;reg99_m002"], "schools.csv")
    report, _ = derived(form, schools, replace=True)
    assert report.warnings == ()
