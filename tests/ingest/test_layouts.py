"""The layouts of regions and of ФИС ОКО, on small files in their shape, with their known traps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError

L2020 = ["groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum"]
L2021 = [
    *("логин школы", "регион", "номер обучающегося", "код обучающегося"),
    *("отметка за предыдущую четверть/триместр", "пол", "класс", "вариант", "всего баллов"),
]
TITLE = ["ВПР 2026 Русский язык 4 класс"]
F1 = [
    *("ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант"),
    *("1 (2б)", "2.1 (1б)", "2.2 (1б)", "Первичный балл", "Отметка", "Отметка по журналу"),
]


def test_layout_2020_numbers_tasks_by_heading_around_the_textbook(
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    header = [*L2020, "a-1-grade", "a-2-grade", "Учебник", "a-4-grade", "a-5-grade"]
    rows = [
        [
            "Район 1",
            "sch990001",
            1,
            50001,
            "4",
            "ж",
            "а",
            "1",
            None,
            3,
            "1",
            "X",
            "Моро",
            "2",
            None,
        ],
        ["Район 1", "sch990001", 2, 50002, None, None, None, "отсутствовал", *[None] * 7],
    ]
    path = write_xlsx([header, *rows], "выгрузка_2020_МА4.xlsx")
    report, out = derived(path)
    table = read_results(out)
    assert [c for c in table.columns if c.startswith("item")] == ["item_01", "item_02", "item_04"]
    assert table.select("item_01", "item_02", "item_04", "total", "variant").rows() == [
        (1, None, 2, 3, "1"),
        (None, None, None, None, None),
    ]
    assert table["gender"].to_list() == ["f", None]
    assert report.cards[0]["ignored"] == []
    assert report.papers[0]["year"], report.papers[0]["subject"] == (2020, "MA")


@pytest.mark.parametrize(
    ("name", "silent"),
    [("ma4.xlsx", "года"), ("2021.xlsx", "класса и предмета"), ("a.xlsx", "года и класса")],
)
def test_a_regional_file_must_say_its_paper_in_its_name(
    name: str, silent: str, write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    row = ["sch990001", "Район", 1, 40001, "4", "м", "А", "2", 1, "1"]
    with pytest.raises(DataError, match=f"нет {silent}.*переименуйте"):
        derived(write_xlsx([[*L2021, "балл за 1"], row], name))


@pytest.mark.parametrize("name", ["2021_ru5", "РУ5 2021", "layout2021_ру-5", "ВПР РУ 5 2021 год"])
def test_layout_2021_as_csv_in_cp1251(
    name: str,
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    lines = [
        ";".join([*L2021, "балл за 1", "балл за 2", "Учебник", "Unnamed: 12"]),
        "sch990001;Район;1;40001;4;м;А;2;1;1;х;;",
    ]
    _, out = derived(write_csv(lines, name=f"{name}.csv", encoding="cp1251"))
    row = read_results(out).row(0, named=True)
    assert (row["year"], row["procedure"], row["grade"], row["subject"]) == (2021, "VPR", 5, "RU")
    assert (row["school"], row["pupil"], row["prior_mark"]) == ("sch990001", "40001", 4)
    assert (row["item_01"], row["item_02"]) == (1, None)


def f1_rows(announced: int) -> list[list[object]]:
    school = "Школа № 1(edu990001)"
    return [
        ["Индивидуальные результаты"],
        [],
        TITLE,
        ["Максимальный первичный балл:", 24],
        [None, None, "Уровень сложности задания", None, None, None, "Б", "П", "Б"],
        F1,
        [f"{school} | Кол-во участников: {announced}"],
        ["edu990001", "Северный район", school, 40001, 1, 1, 2, 1, "Х", 3, 3, 4],
        ["edu990001", "Северный район", school, 40002, 1, 2, "X", "-", 0, 0, 2, "нет отметки"],
    ]


@pytest.mark.parametrize("announced", [2, 3, 1])
def test_individual_results_and_the_announced_number(
    announced: int,
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    report, out = derived(write_xlsx(f1_rows(announced), "Ф1_Индивидуальные результаты.xlsx"))
    table = read_results(out)
    items = table.select("item_01", "item_02", "item_03").rows()
    assert items == [(2, 1, None), (None, None, 0)]
    assert table.select("total", "mark", "prior_mark").rows() == [(3, 3, 4), (0, 2, None)]
    assert table["year"].to_list() == [2026, 2026]
    schools = pl.read_parquet(out / "schools.parquet")
    assert schools.select("school", "name").rows() == [("edu990001", "Школа № 1")]
    assert [w.row for w in report.warnings] == ([] if announced == 2 else [7])
    assert report.cards[0]["tasks"]["item_02"] == "2.1 (1б)"


def test_moved_columns_are_found_by_words(
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    rows = f1_rows(2)
    order = [3, 11, 9, 0, 2, 1, 10, 8, 7, 6, 5, 4]
    moved = [[row[i] for i in order] if len(row) == len(F1) else row for row in rows]
    _, out = derived(write_xlsx(moved, "f1.xlsx"))
    table = read_results(out)
    assert table.select("total", "mark", "prior_mark").rows() == [(3, 3, 4), (0, 2, None)]


def test_a_form_without_its_title_is_refused(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [row for row in f1_rows(2) if row != TITLE]
    with pytest.raises(DataError, match="ВПР 2026 Русский язык 4 класс"):
        derived(write_xlsx(rows, "f1.xlsx"))


F3 = ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5]


@pytest.mark.parametrize(
    "school",
    [
        ["Школа № 1(edu990001)", None, 89, 12.36, 52.81, 26.97, 7.87],
        ["Школа № 1(edu990001)", 89, 12.36, 52.81, 26.97, 7.87, None],
        ["Школа № 1(edu990001)", "89", "12,36", "52,81", "26,97", "7,87"],
    ],
)
def test_the_school_row_of_mark_statistics_shifted_or_not(
    school: list[object], write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    rows = [
        *(["Статистика по отметкам"], TITLE, F3),
        ["Вся выборка", 35589, 1722202, 5.06, 32.92, 44.33, 17.69],
        ["Амурская обл.", 560, 30216, 13.44, 44.15, 36.28, 6.14],
        ["Северный район(reg99_m001)", 47, 3162, 13.57, 46.9, 33.65, 5.88],
        school,
    ]
    _, out = derived(write_xlsx(rows, "Ф3.xlsx"))
    table = pl.read_parquet(out / "mark_statistics.parquet").sort("n")
    assert table["level"].to_list() == ["school", "municipality", "region", "country"]
    assert table["unit"].to_list()[:2] == ["edu990001", "reg99_m001"]
    assert table["n_schools"].to_list() == [None, 47, 560, 35589]
    first = table.select("n", "share_2", "share_3", "share_4", "share_5").row(0)
    assert first == (89, 12.36, 52.81, 26.97, 7.87)
    assert not (out / "results").exists()


def test_rows_repeated_in_the_forms_of_many_schools_are_merged_not_faults(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    region = ["Регион", 560, 30216, 13.44, 44.15, 36.28, 6.14]
    files = [
        write_xlsx([TITLE, F3, region, [f"Ш(edu99000{i})", None, 10, 0, 50, 50, 0]], f"f3_{i}.xlsx")
        for i in (1, 2)
    ]
    report, out = derived(*files, strict=True)
    assert pl.read_parquet(out / "mark_statistics.parquet").height == 3
    assert [card["repeated"] for card in report.cards] == [0, 1]


NEW = [
    *("Группы участников", "Кол-во участников(всего)"),
    *("Понизили (Отметка < Отметка по журналу) %", "Понизили (…) Кол-во участников"),
    *("Подтвердили (Отметка = Отметке по журналу) %", "Подтвердили (…) Кол-во участников"),
    *("Повысили (Отметка > Отметка по журналу) %", "Повысили (…) Кол-во участников"),
]


def test_marks_against_the_journal_in_both_layouts(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    new = [TITLE, NEW, ["Школа(edu990001)", 93, 55.91, 52, 39.78, 37, 4.3, 4]]
    old = [
        TITLE,
        ["Группы участников", "Кол-во участников", "%"],
        ["Школа(edu990001)"],
        ["Понизили (Отметка < Отметка по журналу) %", 52, 55.91],
        ["Подтвердили (Отметка = Отметке по журналу) %", 37, 39.78],
        ["Повысили (Отметка > Отметка по журналу) %", 4, 4.3],
        ["Всего", 93, 100],
    ]
    _, out = derived(write_xlsx(new, "new.xlsx"))
    table = pl.read_parquet(out / "mark_vs_prior.parquet")
    assert table.select("n", "lower", "same", "higher").row(0) == (93, 52, 37, 4)
    assert table.select("share_lower", "share_same", "share_higher").row(0) == (55.91, 39.78, 4.3)
    _, out = derived(write_xlsx(old, "old.xlsx"), replace=True)
    assert pl.read_parquet(out / "mark_vs_prior.parquet").equals(table)


COLLECTION = ["Код участника", "Вариант", "1 (5б)", "4К1 (3б)", "Порядковый номер класса"]
COLLECTION += ["Отметка за предыдущий триместр/ четверть/полугодие", "Итого баллов", None, None]


def test_collection_form_filled_and_empty(
    write_xlsx: Callable[..., Path],
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    schools = write_csv(["school;municipality", "edu990001;M01"], name="schools.csv")
    empty = [COLLECTION, *([*[None] * 6, 0, "X", 2] for _ in range(3))]
    with pytest.raises(DataError, match="пустая форма сбора"):
        derived(write_xlsx(empty, "edu990001_2026_ma8.xlsx", "Протокол"), schools)
    filled = [
        COLLECTION,
        [80001, 1, 5, "X", 1, 4, None, "X", 2],
        [80002, "отсутствовал", None, None, 1, "нет отметки", 0, 1, 2],
        [None, None, None, None, None, None, 0, 2, 1],
    ]
    _, out = derived(write_xlsx(filled, "edu990001_2026_ma8.xlsx", "Протокол"), schools)
    assert read_results(out).select("pupil", "total", "prior_mark", "municipality").rows() == [
        ("80001", 5, 4, "M01"),
        ("80002", None, None, "M01"),
    ]
    with pytest.raises(DataError, match=r"логина школы.*переименуйте"):
        derived(write_xlsx(filled, "ma8_2026.xlsx", "Протокол"), schools, replace=True)


def test_a_municipality_goes_by_its_code_where_any_form_tells_it(
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    row = ["Северный район(reg99_m001)", 47, 3162, 13.57, 46.9, 33.65, 5.88]
    _, out = derived(write_xlsx(f1_rows(2), "f1.xlsx"), write_xlsx([TITLE, F3, row], "f3.xlsx"))
    assert read_results(out)["municipality"].unique().to_list() == ["reg99_m001"]


def test_two_papers_on_one_sheet_are_refused(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """A form pasted below another: its rows would be read as those of the first paper."""
    head = ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5]
    row = ["Вся выборка", 5, 100, 10, 20, 30, 40]
    below = [["ВПР 2026 Математика 4 класс"], head, row]
    path = write_xlsx([TITLE, head, row, *[[None]] * 60, *below], "f3.xlsx")
    with pytest.raises(DataError, match="названы разные работы"):
        derived(path)
    again = write_xlsx([TITLE, head, row, TITLE], "f3.xlsx")
    assert len(derived(again)[0].cards) == 1


def test_the_line_of_a_school_counts_its_pupils_whatever_the_letters_of_its_login(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    line = ["Школа № 1(edu990001) | Кол-во участников: 1"]
    row = ["EDU990001", "Район", "Школа № 1", 1, "4А", 1, 1, 1, 1, 3, 3, 3]
    report, _ = derived(write_xlsx([TITLE, F1, line, row], "f1.xlsx"))
    assert not report.warnings
