"""A column of a task is understood, whatever its heading looks like, or it stops the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import IngestReport
from msoko_analysis.ingest.tasks import of_export, of_form

ABOUT = ["Код", "Вариант (часть 1)"]
LAST = ["Класс", "Пол", "Отметка за предыдущую четверть", "Итого баллов"]

Form = Callable[..., tuple[IngestReport, list[dict[str, object]]]]


@pytest.fixture
def form(
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> Form:
    """Report and results of a collection form with these tasks, each row with its printed total."""

    def run(
        headings: Sequence[str], *rows: Sequence[object], codes: Sequence[object] = range(101, 199)
    ) -> tuple[IngestReport, list[dict[str, object]]]:
        table = [
            [code, 1, *row[:-1], "4А", "м", 4, row[-1]]
            for code, row in zip(codes, rows, strict=False)
        ]
        path = write_xlsx([[*ABOUT, *headings, *LAST], *table], "edu990001_2026_ru4.xlsx")
        schools = path.with_name("schools.csv")
        schools.write_text("school;municipality\nedu990001;M01\n", encoding="utf-8")
        report, out = derived(path, schools, replace=True)
        return report, read_results(out).to_dicts()

    return run


def totals(rows: Sequence[dict[str, object]]) -> list[object]:
    return [row["total"] for row in rows]


@pytest.mark.parametrize(
    ("heading", "highest"),
    [
        *(
            ("1 (2б)", 2),
            ("4К1 (3б)", 3),
            ("11.3 k1 (2б)", 2),
            ("1-К1 (4б)", 4),
            ("12,1 (1 б.)", 1),
        ),
        *(("12.1. (2 балла)", 2), ("К1 (4 балла)", 4), ("Задание 3 (1 балл)", 1), ("№ 7 (5б)", 5)),
        *(("К 2 (10 баллов)", 10), ("3, 2 балла", 2), ("12,1", None), ("К1", None)),
    ],
)
def test_headings_of_tasks(heading: str, highest: int | None) -> None:
    task = of_form(heading.lower())
    assert task is not None
    assert (task.highest, task.sure) == (highest, highest is not None)
    assert of_form(f"итого {heading}") is None


@pytest.mark.parametrize("heading", ["Класс", "Пол", "Отметка", "4 балла", "Вариант 2", "4а класс"])
def test_other_headings_are_no_tasks(heading: str) -> None:
    assert of_form(heading.lower()) is None


def test_headings_of_exports() -> None:
    names = ["a-3-grade", "a-11.3 k1-grade", "балл за 12,1", "балл за К1", "балл за задание 4 (2б)"]
    assert [of_export(name.lower()).name for name in names] == ["3", "11.3 k1", "12,1", "к1", "4"]
    assert [of_export(one) for one in ("балл за тест", "всего баллов", "3")] == [None] * 3


@pytest.mark.parametrize("heading", ["11.3 k1 (4б)", "1-К1 (4б)", "12,1", "К1", "К1 (4 балла)"])
def test_no_task_is_left_out_of_the_sum(heading: str, form: Form) -> None:
    report, rows = form([heading, "2 (3б)", "3 (1б)"], [4, 3, 1, 8], [1, 2, 0, 3])
    assert totals(rows) == [8, 3]
    assert report.warnings == report.rejected == report.cells == ()
    assert report.cards[0]["ignored"] == []


def test_latin_letters_in_a_heading_of_a_task(form: Form) -> None:
    report, rows = form(["1 (4б)", "2 (3б)", "Зaдaниe 3 (1 бaлл)"], [4, 3, 1, 8])
    assert totals(rows) == [8]
    assert report.cards[0]["ignored"] == []


@pytest.mark.parametrize(
    "heading", ["4 балла", "часть 2 (4б)", "сочинение", "комментарий эксперта"]
)
def test_what_is_not_understood_among_tasks_stops_the_file(heading: str, form: Form) -> None:
    with pytest.raises(DataError, match=f"столбец «{re.escape(heading)}»: .*не понят"):
        form(["1 (4б)", heading, "3 (1б)"], [4, 3, 1, 8])


def test_two_columns_of_one_task_stop_the_file(form: Form) -> None:
    with pytest.raises(DataError, match="столбцов задания «1» с данными: 2"):
        form(["1 (4б)", "1 (4б)"], [4, 3, 7])


def test_a_column_apart_is_no_task_and_told(form: Form) -> None:
    report, rows = form(["1 (4б)", "2 (4б)", "Учитель", "17"], [4, 3, 5, 40, 7])
    assert totals(rows) == [7]
    assert report.cards[0]["ignored"] == ["Учитель", "17"]


def test_absent_pupils_of_a_collection_form(form: Form) -> None:
    words = ["отсутствовал", "Отсутствовала", "н", "Н/Я", "не писал", "болел", "-"]
    rows = [*([word, word, 0] for word in words), ["отсутствовал", None, 0], [None, "н", None]]
    report, read = form(["1 (4б)", "2 (4б)"], [4, 0, 4], ["X", "х", 0], *rows)
    assert totals(read) == [4, 0, *[None] * len(rows)]
    assert report.warnings == report.rejected == report.cells == ()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["отсутствовал", 3, 3], "и слово об отсутствии, и баллы"),
        (["#N/A", 3, 3], "ошибка Excel"),
        (["=1+1", 3, 3], "формула, значение которой не сохранено"),
        (["два", 3, 3], "не число"),
        (["1,5", 3, 3], "не целое число"),
        ([999, 3, 3], "вне допустимых значений: 0…4"),
        ([-1, 3, 3], "вне допустимых значений: 0…4"),
        (["1e9", 3, 3], "вне допустимых значений: 0…4"),
        (["1 2", 3, 3], "не число"),
    ],
)
def test_a_bad_task_costs_the_row_because_the_total_is_its_sum(
    cells: Sequence[object], reason: str, form: Form
) -> None:
    report, rows = form(["1 (4б)", "2 (4б)"], [4, 4, 8], cells)
    assert totals(rows) == [8]
    (fault,) = report.rejected
    assert fault.reason.startswith(reason)
    assert fault.rows == (3,)
    assert report.cells == ()


def test_numbers_as_they_are_written(form: Form) -> None:
    report, rows = form(["1 (4б)", "2 (4б)"], ["1,0", " 3 ", 4], ["2.0", 0, "2,0"])
    assert totals(rows) == [4, 2]
    assert report.warnings == ()


def test_a_printed_total_that_is_another_is_told(form: Form) -> None:
    good = [[4, 4, 8], [1, 1, "=C3+D3"], [1, 1, None], ["н", "н", 0]]
    assert form(["1 (4б)", "2 (4б)"], *good)[0].warnings == ()
    for printed in (9, "#REF!"):
        report, rows = form(["1 (4б)", "2 (4б)"], *good, [2, 2, printed], ["н", "н", 0])
        assert totals(rows) == [8, 2, 2, None, 4, None]
        (told,) = report.warnings
        assert "строк: 1 — «Итого баллов» не равно сумме" in told.rule
        assert told.row == 6


def test_points_without_a_code_are_set_aside_and_told(form: Form) -> None:
    report, rows = form(["1 (4б)", "2 (4б)"], [4, 4, 8], [1, 1, 2], [None, None, 0],
                        codes=[101, None, None])  # fmt: skip
    assert totals(rows) == [8]
    assert [(fault.reason, fault.rows) for fault in report.rejected] == [("пусто", (3,))]


def test_tasks_of_an_export(
    write_csv: Callable[..., Path],
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    head = "логин школы;регион;код участника;пол;класс;вариант;балл за 1;{};балл за 3;всего баллов"
    row = "sch990001;Район;40001;м;А;2;1;2;3;6"
    for heading in ("балл за 11.3 k1", "балл за К1", "балл за 12,1", "балл за 1-К1 (4б)"):
        report, out = derived(
            write_csv([head.format(heading), row], name="ma4_2021.csv"), replace=True
        )
        items = read_results(out).select("^item_.*$").row(0)
        assert (items, report.warnings) == ((1, 2, 3), ())
    for heading in ("балл за тест", "балл"):
        with pytest.raises(DataError, match=f"столбец «{re.escape(heading)}»: .*не понят"):
            derived(write_csv([head.format(heading), row], name="ma4_2021.csv"), replace=True)


def test_points_above_those_of_the_heading_cost_their_cell(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    head = ["Логин ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант"]
    rows = [
        ["ВПР 2026 Русский язык 4 класс"],
        [*head, "1 (2б)", "2-К1 (3 балла)", "Первичный балл", "Отметка", "Отметка по журналу"],
        ["edu990001", "Район", "Школа", 40001, "А", 1, 2, 3, 5, 4, 4],
        ["edu990001", "Район", "Школа", 40002, "А", 1, 999, 3, 5, 4, 4],
        ["edu990001", "Район", "Школа", 40003, "А", 1, 2, 4, 5, 4, 4],
    ]
    report, out = derived(write_xlsx(rows, "f1.xlsx"))
    assert [(f.column, f.reason, f.rows) for f in report.cells] == [
        ("1 (2б)", "вне допустимых значений: 0…2", (4,)),
        ("2-К1 (3 балла)", "вне допустимых значений: 0…3", (5,)),
    ]
    assert report.rejected == ()
    assert pl.read_parquet(out / "results" / "**/*.parquet").height == 3


HEAD = "year;procedure;grade;subject;municipality;school;pupil;total"
ROW = "2021;ВПР;4;МА;M01;S1;1;12"


@pytest.mark.parametrize("heading", ["item_1", "item_100", "Item 3", "К1", "задание 4", "task2"])
def test_a_task_by_another_name_stops_a_table_of_results(
    heading: str, write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    with pytest.raises(DataError, match=f"столбец «{heading}» похож на задание"):
        derived(write_csv([f"{HEAD};{heading}", f"{ROW};3"]))
    report, _ = derived(write_csv([f"{HEAD};{heading}", f"{ROW};"]))
    assert report.cards[0]["ignored"] == []


def test_a_column_taken_stands_once(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    for other in ("", "12"):  # empty, or the same
        report, _ = derived(write_csv([f"{HEAD};total", f"{ROW};{other}"]), replace=True)
        assert report.cards[0]["ignored"] == ["total"] * bool(other)
    with pytest.raises(DataError, match="строка 1, столбец «total»: столбцов «total» с разными"):
        derived(write_csv([f"{HEAD};total", f"{ROW};9"]), replace=True)


def test_many_columns_of_one_heading_are_told_once(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    report, _ = derived(write_csv([HEAD + ";балл" * 50 + ";учитель", ROW + ";3" * 51]))
    assert report.cards[0]["ignored"] == ["балл (таких столбцов: 50)", "учитель"]
    assert "не использованы, названы выше" in report.text()
