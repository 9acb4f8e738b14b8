"""A form of ФИС ОКО is what its numbers say: read as itself, or refused, never as another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError

TITLE = ["ВПР 2026 Математика 4 класс"]
MARKS = ["Группы участников", "Кол-во ОО", "Кол-во участников", 2, 3, 4, 5]
COUNTRY = ["Вся выборка", 35000, 1400000, 5, 35, 40, 20]
DISTRICT = ["Северный район(reg99_m001)", 20, 600, 4, 36, 40, 20]
SCHOOL = ["Школа № 1(edu990001)", None, 40, 10, 30, 40, 20]
JOURNAL = [
    "Группы участников",
    "Кол-во участников(всего)",
    *(f"{word} {what}" for word in ("Понизили", "Подтвердили", "Повысили")
      for what in ("%", "Кол-во участников")),
]  # fmt: skip

Write = Callable[..., Path]
Derived = Callable[..., tuple]


def marks_form(*rows: Sequence[object]) -> list[Sequence[object]]:
    return [["Статистика по отметкам"], TITLE, MARKS, *rows]


def shares_of(out: Path) -> list[tuple[object, ...]]:
    table = pl.read_parquet(out / "mark_statistics.parquet")
    return table.sort("n").select("unit", "^share_.*$").rows()


@pytest.mark.parametrize("part", [1, 100])
def test_shares_of_one_and_per_cent_are_the_same_form(
    part: int, write_xlsx: Write, derived: Derived
) -> None:
    rows = [[*row[:3], *(share / part for share in row[3:])] for row in (COUNTRY, SCHOOL)]
    _, out = derived(write_xlsx(marks_form(*rows), "f3.xlsx"))
    assert shares_of(out) == [("edu990001", 10, 30, 40, 20), ("Вся выборка", 5, 35, 40, 20)]


def test_shares_of_three_pupils_in_per_cent_of_excel_are_full_numbers(
    write_xlsx: Write, derived: Derived
) -> None:
    row = [*SCHOOL[:2], 3, 0, 1 / 3, 1 / 3, 1 / 3]
    _, out = derived(write_xlsx(marks_form(DISTRICT, row), "f3.xlsx"))
    assert shares_of(out)[0] == ("edu990001", 0, *[pytest.approx(100 / 3)] * 3)


@pytest.mark.parametrize(
    "shares",
    [
        (50, 30, 40, 20),  # 140 %
        (10, 30, 40, 19),  # one pupil of a hundred too few
        (0.1, 30, 40, 20),  # one cell in per cent of Excel, the others in per cent
        (0, 0, 0, 0),  # nobody's marks of 40 participants
    ],
)
def test_a_row_that_is_no_hundred_per_cent_is_set_aside(
    shares: Sequence[float], write_xlsx: Write, derived: Derived
) -> None:
    # elsewhere two decimals are printed: integers alone could be off by two in four roundings
    district = [*DISTRICT[:3], 4.25, 35.75, 40, 20]
    report, out = derived(write_xlsx(marks_form(district, [*SCHOOL[:3], *shares]), "f3.xlsx"))
    assert [row[0] for row in shares_of(out)] == ["reg99_m001"]
    (fault,) = report.rejected
    assert (fault.rows, fault.reason) == ((5,), "доли в сумме не дают 100 %")


@pytest.mark.parametrize("shares", [(13.44, 44.15, 36.28, 6.14), (12.5, 12.5, 37.5, 37.5)])
def test_rounding_is_no_fault(shares: Sequence[float], write_xlsx: Write, derived: Derived) -> None:
    """Four shares of two decimals may add up to 99.98…100.02: the first are of a real form."""
    report, out = derived(write_xlsx(marks_form([*DISTRICT[:3], *shares]), "f3.xlsx"))
    assert not report.rejected
    assert shares_of(out)[0][1:] == shares


def test_a_school_of_nobody_has_no_shares(write_xlsx: Write, derived: Derived) -> None:
    report, _ = derived(write_xlsx(marks_form(DISTRICT, [*SCHOOL[:2], 0, 0, 0, 0, 0]), "f3.xlsx"))
    assert not report.rejected


def test_a_form_of_which_no_row_adds_up_is_refused(write_xlsx: Write, derived: Derived) -> None:
    """Columns 2…5 alone, as of a paper of tasks 2…5: no heading tells them from marks."""
    rows = [["Вся выборка", 35000, 1400000, 63.6, 85.4, 57.9, 60.5], [*SCHOOL[:3], 81, 30, 43, 85]]
    path = write_xlsx([TITLE, MARKS, *rows], "form.xlsx")
    with pytest.raises(DataError, match=r"form\.xlsx, .*строка 3.*ни одна строка не сходится"):
        derived(path)


def test_a_form_called_by_another_name_is_not_read(write_xlsx: Write, derived: Derived) -> None:
    path = write_xlsx(
        [["Сравнение отметок с отметками по журналу"], TITLE, MARKS, DISTRICT], "a.xlsx"
    )
    with pytest.raises(DataError, match="но её столбцы не те"):
        derived(path)


@pytest.mark.parametrize(("total", "good"), [(90, True), (130, False)])
def test_a_printed_total_is_held_against_the_rows(
    total: int, good: bool, write_xlsx: Write, derived: Derived
) -> None:
    second = ["Школа № 2(edu990002)", None, 50, 10, 30, 40, 20]
    path = write_xlsx(
        marks_form(DISTRICT, SCHOOL, second, ["Итого", 2, total, 10, 30, 40, 20]), "a.xlsx"
    )
    if not good:
        with pytest.raises(DataError, match=r"строка 7: печатное «Итого»"):
            derived(path)
        return
    report, out = derived(path)
    assert {row[0] for row in shares_of(out)} == {"edu990001", "edu990002", "reg99_m001"}
    assert [(warning.row, warning.rule[:12]) for warning in report.warnings][:1] == [
        (7, "строка итога")
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((93, 55.91, 52, 39.78, 37, 4.3, 14), "больше, чем участников"),
        ((93, 39.78, 52, 55.91, 37, 4.3, 4), "доли не соответствуют числу участников"),
        ((93, 55.91, 52, 39.78, 37, 14.3, 4), "доли в сумме не дают 100 %"),
    ],
)
def test_counts_and_shares_of_the_comparison_agree(
    row: Sequence[float], reason: str, write_xlsx: Write, derived: Derived
) -> None:
    """Good rows: 29,586 of 29,589 compared, shares of those, as in a real form."""
    good = ["Регион", 29589, 37.22, 11011, 60.67, 17951, 2.11, 624]
    rows = [["Сравнение отметок с отметками по журналу"], TITLE, JOURNAL, good, [SCHOOL[0], *row]]
    report, out = derived(write_xlsx(rows, "f4.xlsx"))
    assert pl.read_parquet(out / "mark_vs_prior.parquet")["unit"].to_list() == ["Регион"]
    (fault,) = report.rejected
    assert reason in fault.reason
    assert fault.rows == (5,)


@pytest.mark.parametrize("n", ["9" * 400, "1e999999", "1e400"])
def test_a_number_nobody_has_is_a_message(n: str, write_xlsx: Write, derived: Derived) -> None:
    path = write_xlsx([TITLE, [*MARKS[:3], 0, 1, 2], ["Вся выборка", 10, n, 20, 30, 50]], "d.xlsx")
    with pytest.raises(
        DataError, match=r"d\.xlsx, .*строка 3, столбец «Кол-во участников»: .*быть не"
    ):
        derived(path)


@pytest.mark.parametrize(
    ("group", "level", "unit"),
    [
        ("Школа № 1(EDU990001)", "school", "edu990001"),
        ("Школа № 1 (еdu990001)", "school", "edu990001"),  # a Cyrillic letter
        ("МБОУ СОШ № 5", "school", "МБОУ СОШ № 5"),
        ("Северный муниципальный район", "municipality", "Северный муниципальный район"),
        ("г. о. Самара", "municipality", "г. о. Самара"),
        ("Чукотский автономный округ", "region", "Чукотский автономный округ"),
        ("Российская Федерация", "country", "Российская Федерация"),
    ],
)
def test_a_group_is_what_its_code_or_its_words_say(
    group: str, level: str, unit: str, write_xlsx: Write, derived: Derived
) -> None:
    _, out = derived(write_xlsx(marks_form([group, *SCHOOL[1:]]), "f3.xlsx"))
    table = pl.read_parquet(out / "mark_statistics.parquet")
    assert table.select("level", "unit").rows() == [(level, unit)]


def test_several_groups_that_seem_to_be_regions_are_told(
    write_xlsx: Write, derived: Derived
) -> None:
    rows = [["Амурская обл.", *COUNTRY[1:]], ["Тында", *DISTRICT[1:]]]
    report, _ = derived(write_xlsx(marks_form(*rows), "f3.xlsx"))
    assert "групп без кода: 2 (строки 4, 5) — прочитаны как регионы" in report.text()


def test_a_total_of_parts_that_is_more_than_the_whole_is_refused(
    write_xlsx: Write, derived: Derived
) -> None:
    with pytest.raises(DataError, match=r"строка 4.*участников 600, а в строках частей .* 640"):
        derived(write_xlsx(marks_form(DISTRICT, [*SCHOOL[:2], 640, *SCHOOL[3:]]), "f3.xlsx"))


def test_shares_of_those_compared_are_weighed_with_them(
    write_xlsx: Write, derived: Derived
) -> None:
    """Of the first school half has no school mark: weighed with all pupils 40 % would be 45 %."""
    title = ["Сравнение отметок с отметками по журналу"]
    schools = [
        ["Школа № 1(edu990001)", 40, 60, 12, 40, 8, 0, 0],
        ["Школа № 2(edu990002)", 40, 30, 12, 70, 28, 0, 0],
    ]
    whole = ["Северный район(reg99_m001)", 80, 40, 24, 60, 36, 0, 0]
    report, _ = derived(write_xlsx([title, TITLE, JOURNAL, whole, *schools], "a.xlsx"), strict=True)
    assert report.cards[0]["rows_out"] == 3


def test_parts_of_another_paper_are_no_parts(write_csv: Write, derived: Derived) -> None:
    head = "year;procedure;grade;subject;level;unit;unit_name;n;share_2;share_3;share_4;share_5"
    lines = [
        "2026;ВПР;4;РУ;municipality;M1;Район;50;10;20;30;40",
        "2026;ВПР;4;МА;school;S1;Школа;90;10;20;30;40",
    ]
    report, _ = derived(write_csv([head, *lines]), strict=True)
    assert report.cards[0]["rows_out"] == 2
