"""«Распределение первичных баллов»: groups of participants, and the country's row as a reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError

TITLE = ["ВПР 2026 Русский язык 4 класс"]
HEADER = ["Группы участников", "Кол-во ОО", "Кол-во участников", 0, 1, 2, 3, 4, 5]
SHARES = [2.5, 7.5, 20, 30, 25, 15]
COUNTRY = ["Вся выборка", 35589, 1722202, *SHARES]
# Per cent of 1,722,202: 2.5 % is 43,055.05, 7.5 % is 129,165.15 and so on.
COUNTED = [43055, 129165, 344440, 516661, 430551, 258330]
REGION = ["Амурская обл.", 560, 30216, 3, 8, 21, 29, 25, 14]
SCHOOL = ["Школа № 1(edu990001)", None, 40, 2.5, 7.5, 20, 30, 25, 15]


def form(*rows: list[object], header: list[object] = HEADER) -> list[list[object]]:
    return [["Распределение первичных баллов"], TITLE, header, *rows]


def test_the_row_of_the_country_becomes_a_reference(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """Its headings 2…5 are scores, not the marks of Ф3."""
    _, out = derived(write_xlsx(form(COUNTRY, REGION, SCHOOL), "распределение.xlsx"))
    table = pl.read_parquet(out / "reference_scores.parquet")
    assert table.select("year", "procedure", "grade", "subject", "kind").unique().rows() == [
        (2026, "VPR", 4, "RU", "country")
    ]
    assert table.select("score", "n").rows() == list(enumerate(COUNTED))
    assert not (out / "mark_statistics.parquet").exists()


def shares_in(out: Path) -> list[tuple[object, ...]]:
    table = pl.read_parquet(out / "score_shares.parquet").sort("n")
    return table.select("level", "unit", "n", "^score_.*$").rows()


def test_every_group_of_participants_is_read(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    """The number of schools that a school's row lacks moves its cells one to the left, as in Ф3."""
    moved = [SCHOOL[0], *SCHOOL[2:]]
    for name, school in (("a", SCHOOL), ("b", moved)):
        _, out = derived(write_xlsx(form(COUNTRY, REGION, school), f"{name}.xlsx"), replace=True)
        assert shares_in(out) == [
            ("school", "edu990001", 40, *SHARES),
            ("region", "Амурская обл.", 30216, *REGION[3:]),
            ("country", "Вся выборка", 1722202, *SHARES),
        ]


@pytest.mark.parametrize("cells", [[1, 3, 8, 12, 10, 6], [0.025, 0.075, 0.2, 0.3, 0.25, 0.15]])
def test_pupils_and_parts_of_one_become_per_cent(
    cells: list[object], write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    _, out = derived(write_xlsx(form(REGION, [*SCHOOL[:3], *cells]), "распределение.xlsx"))
    assert shares_in(out)[0] == ("school", "edu990001", 40, *SHARES)
    assert not (out / "reference_scores.parquet").exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([2.5, 7.5, 20, 30, 25, 14], "в сумме не дают 100 %"),
        ([2.4, 7.6, 20, 30, 25, 15], "не соответствуют числу участников"),  # .96 and 3.04 pupils
        ([2.5, 7.5, 20, 30, 40, "много"], "не число"),
    ],
)
def test_a_group_that_contradicts_itself_is_set_aside(
    row: list[object],
    reason: str,
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
) -> None:
    path = write_xlsx(form(REGION, [*SCHOOL[:3], *row]), "распределение.xlsx")
    report, out = derived(path)
    assert [unit for _, unit, *_ in shares_in(out)] == ["Амурская обл."]
    (fault,) = report.rejected
    assert fault.rows == (5,)
    assert reason in fault.reason


EXPORT = "Год;Класс;Предмет;Муниципалитет;Логин;ОО;Кол-во участников;0;1;2;3"


def test_the_export_of_a_dashboard_has_a_row_per_school_and_paper(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    lines = [
        EXPORT,
        "2026;4;Русский язык;Северный район;edu990001;Школа № 1;40;2,5;7,5;90,00;",
        "2026;5;МА;Северный район;edu990001;Школа № 1;10;10;20;30;40",
        "2026;5;МА;Северный район;edu990002;Школа № 2;10;10;20;30;50",
    ]
    report, out = derived(write_csv(lines, name="дашборд.csv"))
    table = pl.read_parquet(out / "score_shares.parquet")
    assert table.select("grade", "subject", "municipality", "unit", "^score_.*$").rows() == [
        (4, "RU", "Северный район", "edu990001", 2.5, 7.5, 90.0, None),
        (5, "MA", "Северный район", "edu990001", 10, 20, 30, 40),
    ]
    assert [(fault.rows, fault.reason) for fault in report.rejected] == [
        ((4,), "доли в сумме не дают 100 %")
    ]


@pytest.mark.parametrize(
    "cells",
    [
        ["2,5", "7,5", "20", "30", "25", "15"],
        ["2,50 %", "7,50 %", "20 %", "30 %", "25 %", "15 %"],
        [0.025, 0.075, 0.2, 0.3, 0.25, 0.15],
        COUNTED,
    ],
)
def test_per_cent_shares_or_pupils(
    cells: list[object], write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    n = sum(COUNTED)  # 1,722,202
    _, out = derived(write_xlsx(form(["Вся выборка", 35589, n, *cells]), "распределение.xlsx"))
    assert pl.read_parquet(out / "reference_scores.parquet")["n"].to_list() == COUNTED


def test_columns_may_stand_in_any_order_and_schools_be_absent(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    header = [5, 4, 3, 2, 1, 0, "Количество участников", "Группы участников"]
    row = [*SHARES[::-1], 1722202, "Вся выборка"]
    _, out = derived(write_xlsx(form(row, header=header), "распределение.xlsx"))
    table = pl.read_parquet(out / "reference_scores.parquet")
    assert table.select("score", "n").rows() == list(enumerate(COUNTED))


def test_the_same_row_in_two_files_counts_once(
    write_xlsx: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    files = [write_xlsx(form(COUNTRY, SCHOOL), f"школа_{i}.xlsx") for i in (1, 2)]
    report, out = derived(*files, strict=True)
    assert pl.read_parquet(out / "reference_scores.parquet").height == 6
    assert [card["repeated"] for card in report.cards] == [0, 0, 6, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (form([REGION[0], 1, 100, 10, 10, 10, 10, 10, 10]), "ни одна строка не сходится"),
        (form(["Вся выборка", 10, 100, 10, 10, 10, 10, 10, 10]), "не 100 % и не число участников"),
        (form(["Вся выборка", 10, 100, 10, 10, 10, 10, 60, "много"]), "не число"),
        (form(["Вся выборка", 10, 0, *SHARES]), "не 100 % и не число участников"),
        (form([*COUNTRY[:6], *COUNTRY[7:]], header=[*HEADER[:6], *HEADER[7:]]), "баллов нет: 3"),
        ([TITLE, ["Максимальный первичный балл:", 4], HEADER, COUNTRY], "баллов до 5, а .* — 4"),
        ([TITLE, ["Максимальный первичный балл:", 6], HEADER, COUNTRY], "баллов нет: 6"),
        ([HEADER, COUNTRY], "ВПР 2026 Русский язык 4 класс"),
    ],
)
def test_what_can_not_be_read_is_refused(
    rows: list[list[object]],
    message: str,
    write_xlsx: Callable[..., Path],
    derived: Callable[..., tuple],
) -> None:
    with pytest.raises(DataError, match=message):
        derived(write_xlsx(rows, "распределение.xlsx"))


def test_a_control_sample_is_a_table_in_contract_shape(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    lines = [
        "year;procedure;grade;subject;kind;score;n",
        "2026;ВПР;4;МА;control;0;12",
        "2026;ВПР;4;МА;control;1;30",
        "2026;ВПР;4;МА;observed;2;30",
        "2026;ВПР;4;МА;control;1;31",
    ]
    report, out = derived(write_csv(lines, name="контроль.csv"))
    table = pl.read_parquet(out / "reference_scores.parquet")
    assert table.select("subject", "kind", "score", "n").rows() == [
        ("MA", "control", 0, 12),
        ("MA", "control", 1, 30),
    ]
    assert [fault.column for fault in report.rejected] == ["kind", "score"]
