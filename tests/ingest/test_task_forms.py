"""Forms about tasks: read for themselves at every level, or refused, never as another form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError

TITLE = ["ВПР 2026 Математика 4 класс"]
UNITS = ["Группы участников", "Кол-во ОО", "Кол-во участников"]
TASKS = [*UNITS, "1 (1б)", "2.1 (2б)", "3К1 (1б)"]
COUNTRY = ["Вся выборка", 35000, 1400000, 80, 50.5, 30]
REGION = ["Амурская обл.", 500, 30000, 79, 49, 31]
DISTRICT = ["Северный район(reg99_m001)", 2, 100, 66, 45, 24]
SCHOOLS = [
    ["Школа № 1(edu990001)", None, 40, 60, 30, 15],
    ["Школа № 2(edu990002)", None, 60, 70, 55, 30],
]

Write = Callable[..., Path]
Derived = Callable[..., tuple]
Rows = list[tuple[object, ...]]


def form(*rows: Sequence[object], title: str = "Выполнение заданий") -> list[Sequence[object]]:
    return [[title], TITLE, *rows]


def table_of(out: Path, name: str, *columns: str) -> Rows:
    return pl.read_parquet(out / f"{name}.parquet").select(columns).rows()


@pytest.mark.parametrize("place", ["cell", "sheet", "headings"])
@pytest.mark.parametrize("part", [1, 100])
def test_tasks_are_read_at_every_level(
    place: str, part: int, write_xlsx: Write, derived: Derived
) -> None:
    """«Выполнение заданий» by its title, the name of its sheet or its headings; parts of one too."""
    groups = [COUNTRY, REGION, DISTRICT, *SCHOOLS]
    rows = form(TASKS, *([*row[:3], *(share / part for share in row[3:])] for row in groups))
    sheet = "МА 4 Выполнение заданий" if place == "sheet" else "Лист1"
    path = write_xlsx(rows if place == "cell" else rows[1:], "form.xlsx", sheet)
    report, out = derived(path)
    found = table_of(out, "task_shares", "level", "unit", "n", "item_01", "item_02", "item_03")
    assert sorted(found, key=str) == [
        ("country", "Вся выборка", 1400000, 80, 50.5, 30),
        ("municipality", "reg99_m001", 100, 66, 45, 24),
        ("region", "Амурская обл.", 30000, 79, 49, 31),
        ("school", "edu990001", 40, 60, 30, 15),
        ("school", "edu990002", 60, 70, 55, 30),
    ]
    assert set(table_of(out, "task_shares", "most_01", "most_02", "most_03")) == {(1, 2, 1)}
    schools = pl.read_parquet(out / "task_shares.parquet").filter(pl.col("level") == "school")
    assert schools["municipality"].to_list() == ["reg99_m001"] * 2
    assert not report.rejected
    assert not (out / "mark_statistics.parquet").exists()


def test_a_row_of_points_is_no_group(write_xlsx: Write, derived: Derived) -> None:
    points = ["Макс. балл", "", "", 1, 2, 3]
    rows = form([*UNITS, 1, "2К1", 3], points, COUNTRY, [*SCHOOLS[0][:1], *SCHOOLS[0][2:]])
    _, out = derived(write_xlsx(rows, "form.xlsx"))
    assert table_of(out, "task_shares", "unit", "item_01", "most_03") == [
        ("Вся выборка", 80, 3),
        ("edu990001", 60, 3),
    ]


def test_tasks_2_to_5_alone_need_their_name(write_xlsx: Write, derived: Derived) -> None:
    rows = [[*UNITS, 2, 3, 4, 5], [*COUNTRY[:3], 10, 20, 30, 40]]
    _, out = derived(write_xlsx(form(*rows), "form.xlsx"))
    assert table_of(out, "task_shares", "item_02", "item_05") == [(10, 40)]
    _, out = derived(write_xlsx([TITLE, *rows], "form.xlsx"), replace=True)
    assert table_of(out, "mark_statistics", "share_2", "share_5") == [(10, 40)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        # a school of 61 more participants than the municipality has
        ([DISTRICT, SCHOOLS[0], [*SCHOOLS[1][:2], 61, 70, 55, 30]], "строка 4.*101"),
        # the second task is not the mean of the schools
        ([[*DISTRICT[:3], 66, 47, 24], *SCHOOLS], r"строка 4, столбец «2\.1 \(2б\)».*45,00 %"),
        ([["Макс балл", "", "", 1, 3, 1], *SCHOOLS], r"«2\.1 \(2б\)».*наибольший балл"),
        ([*SCHOOLS, ["Итого", 2, 99, 66, 45, 24]], "печатное «Итого»"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(
    rows: list[list[object]], message: str, write_xlsx: Write, derived: Derived
) -> None:
    with pytest.raises(DataError, match=message):
        derived(write_xlsx(form(TASKS, *rows), "form.xlsx"))


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ((101, 50, 20), "вне допустимых значений"),
        (("сто", 50, 20), "не число"),
        ((0.6, 0.3, 0.15), "не понять, проценты ли это"),
    ],
)
def test_what_can_not_be_a_share_is_told(
    shares: Sequence[object], reason: str, write_xlsx: Write, derived: Derived
) -> None:
    """A cell costs itself; a row of parts of one among per cents is nobody's guess."""
    report, out = derived(write_xlsx(form(TASKS, COUNTRY, [*SCHOOLS[0][:3], *shares]), "form.xlsx"))
    (fault,) = (*report.rejected, *report.cells)
    assert fault.rows == (5,)
    assert reason in fault.reason
    assert fault.column == "1 (1б)"
    assert ("edu990001" in str(table_of(out, "task_shares", "unit"))) == bool(report.cells)


def test_a_heading_among_tasks_that_is_not_understood_stops_the_form(
    write_xlsx: Write, derived: Derived
) -> None:
    rows = form([*TASKS[:4], "Чтение", *TASKS[5:]], COUNTRY)
    with pytest.raises(DataError, match=r"«Чтение».*не понят"):
        derived(write_xlsx(rows, "form.xlsx"))


BY_GROUP = "Выполнение заданий группами участников"
OF_GROUPS = ["Группы участников", "Кол-во участников", 1, "2.1", 3]


@pytest.mark.parametrize("label", ["Ср.% вып. уч. гр.баллов {}", "Получившие «{}»", "{}"])
def test_groups_by_marks_stand_below_their_unit(
    label: str, write_xlsx: Write, derived: Derived
) -> None:
    rows = [
        ["Макс балл", "", 1, 2, 1],
        ["Северный район(reg99_m001)", 10, 70, 50, 44],
        [label.format(2), 4, 40, 20, 11],
        [label.format(5), 6, 90, 70, 66],
        ["Школа № 1(edu990001)"],
        [label.format(5), 6, 90, 70, 66],
    ]
    report, out = derived(write_xlsx(form(OF_GROUPS, *rows, title=BY_GROUP), "form.xlsx"))
    columns = ("unit", "mark_group", "n", "item_02", "most_02")
    assert table_of(out, "task_shares_by_group", *columns) == [
        ("edu990001", "5", 6, 70, 2),
        ("reg99_m001", "2", 4, 20, 2),
        ("reg99_m001", "5", 6, 70, 2),
        ("reg99_m001", "all", 10, 50, 2),
    ]
    assert not report.rejected


def test_groups_by_marks_in_a_column(write_xlsx: Write, derived: Derived) -> None:
    header = ["Группы участников", "Группы по отметкам", "Кол-во участников", 1, "2.1"]
    rows = [["Вся выборка", "«2»", 100, 10, 20], ["Вся выборка", 3, 100, 30, 40]]
    rows.append(["Вся выборка", "шесть", 100, 30, 40])
    report, out = derived(write_xlsx(form(header, *rows, title=BY_GROUP), "form.xlsx"))
    found = table_of(out, "task_shares_by_group", "mark_group", "n", "item_01", "item_02")
    assert found == [("2", 100, 10, 20), ("3", 100, 30, 40)]
    assert [(fault.rows, fault.column) for fault in report.rejected] == [
        ((6,), "Группы по отметкам")
    ]


def test_groups_are_told_without_the_name_of_the_form(write_xlsx: Write, derived: Derived) -> None:
    rows = [["Вся выборка", 100, 10, 20, 30], ["Ср.% вып. уч. гр.баллов 2", 5, 1, 2, 3]]
    _, out = derived(write_xlsx([TITLE, OF_GROUPS, *rows], "form.xlsx"))
    assert table_of(out, "task_shares_by_group", "mark_group", "item_03") == [("2", 3), ("all", 30)]


PLANNED = "Достижение планируемых результатов"
REACHED = [
    ["Номер задания", "Блоки ПООП обучающийся научится", "Макс балл", "РФ", "Амурская обл.",
     "Северный район(reg99_m001) 1 234 уч.", "Школа № 1(edu990001)"],
    ["1", "Выполнять сложение и вычитание", 1, 90, 91, "88,5", "100"],
    ["2.1", "Читать таблицы", 2, 60, 61, "58,25%", "сто"],
]  # fmt: skip


def test_planned_results_are_read_by_column(write_xlsx: Write, derived: Derived) -> None:
    report, out = derived(write_xlsx(form(*REACHED, title=PLANNED), "form.xlsx"))
    columns = ("level", "unit", "n", "task", "max_points", "share")
    assert sorted(table_of(out, "planned_results", *columns), key=str) == [
        ("country", "РФ", None, "1", 1, 90),
        ("country", "РФ", None, "2.1", 2, 60),
        ("municipality", "reg99_m001", 1234, "1", 1, 88.5),
        ("municipality", "reg99_m001", 1234, "2.1", 2, 58.25),
        ("region", "Амурская обл.", None, "1", 1, 91),
        ("region", "Амурская обл.", None, "2.1", 2, 61),
        ("school", "edu990001", None, "1", 1, 100),
    ]
    assert table_of(out, "planned_results", "requirement")[1] == ("Читать таблицы",)
    (fault,) = report.rejected
    assert (fault.rows, fault.column) == ((5,), "Школа № 1(edu990001)")


def test_planned_results_of_nobody_are_refused(write_xlsx: Write, derived: Derived) -> None:
    rows = [row[:3] for row in REACHED]
    with pytest.raises(DataError, match="ни одного столбца группы участников"):
        derived(write_xlsx(form(*rows, title=PLANNED), "form.xlsx"))


def test_forms_of_many_schools_repeat_the_rows_above_them(
    write_xlsx: Write, derived: Derived
) -> None:
    files = [
        write_xlsx(form(TASKS, COUNTRY, DISTRICT, school), f"{k}.xlsx")
        for k, school in enumerate(SCHOOLS)
    ]
    report, out = derived(*files, strict=True)
    assert len(table_of(out, "task_shares", "unit")) == 4
    assert [card["repeated"] for card in report.cards] == [0, 2]


@pytest.mark.parametrize("title", ["Выполнение заданий", BY_GROUP, PLANNED])
def test_a_form_whose_columns_are_others_is_refused_by_its_name(
    title: str, write_xlsx: Write, derived: Derived
) -> None:
    path = write_xlsx(form(["Показатель", "Значение"], ["Вся выборка", 5], title=title), "a.xlsx")
    with pytest.raises(DataError, match=f"это форма «{title}», но её столбцы не те"):
        derived(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["Ср.% вып. уч. гр.баллов 2", 10, 20, 30, 40]], "строка 4: над строкой отметки нет"),
        (
            [
                ["Северный район(reg99_m001)", 15, 20, 30, 40],
                ["2", 10, 1, 2, 3],
                ["3", 10, 4, 5, 6],
            ],
            "строка 4.*участников 15, а в строках частей .* 20",
        ),
        (
            [
                ["Северный район(reg99_m001)", 20, 20, 30, 40],
                ["2", 10, 1, 2, 3],
                ["3", 10, 4, 5, 6],
            ],
            "строка 4, столбец «1».*по ним 2,50 %",
        ),
    ],
)
def test_groups_by_marks_that_are_nobodys_or_too_many_are_refused(
    rows: list[list[object]], message: str, write_xlsx: Write, derived: Derived
) -> None:
    with pytest.raises(DataError, match=message):
        derived(write_xlsx(form(OF_GROUPS, *rows, title=BY_GROUP), "form.xlsx"))


def test_mean_points_are_no_per_cent(write_xlsx: Write, derived: Derived) -> None:
    """Of 1, 2 and 1 points: 1.2 % of what could be got in every group is nothing anybody has seen."""
    rows = [[*COUNTRY[:3], 0.8, 1.4, 0.6], [*SCHOOLS[0][:3], 0.9, 1.2, 0.5]]
    with pytest.raises(DataError, match="это средние баллы, а не проценты"):
        derived(write_xlsx(form(TASKS, *rows), "form.xlsx"))


@pytest.mark.parametrize("rows", [[], [["Вся выборка", 5, 100, None, None, None]]])
def test_an_unfilled_form_in_a_folder_is_a_note(
    rows: list[list[object]], write_xlsx: Write, derived: Derived, tmp_path: Path
) -> None:
    write_xlsx(form(TASKS, *rows), "unfilled.xlsx")
    write_xlsx(form(TASKS, COUNTRY), "filled.xlsx")
    report, out = derived(tmp_path)
    assert len(table_of(out, "task_shares", "unit")) == 1
    assert "unfilled.xlsx" in [warning.file for warning in report.warnings]
