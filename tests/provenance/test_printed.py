"""Printed numbers read back: what is a value, what is a name, and that nothing is lost on the way."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.page.tables import Digits
from msoko_analysis.provenance.printed import skeleton, unit_of, values_in
from msoko_analysis.russian import NBSP, between, counted, listed, number, percent

SIZES = st.floats(-1e9, 1e9, allow_nan=False)
PLACES = st.integers(0, 6)
WORDS = ("школа", "школы", "школ")


def numbers(text: str) -> list[float]:
    return [one.value for one in values_in(text)]


@given(SIZES, PLACES)
def test_a_printed_number_is_read_back_within_its_tolerance(value, places):
    (read,) = values_in(f"равно {number(value, places)}.")
    assert read.tolerance == pytest.approx(0.5 * 10**-places)
    assert read.holds(value)


@given(st.lists(st.tuples(SIZES, PLACES), min_size=1, max_size=6))
def test_every_number_of_a_sentence_is_read_in_its_order(printed):
    text = listed(percent(value, places) for value, places in printed)
    read = values_in(text)
    assert [one.unit for one in read] == ["%"] * len(printed)
    assert all(one.holds(value) for one, (value, _) in zip(read, printed, strict=True))


@given(SIZES, SIZES, PLACES)
def test_ends_of_an_interval_are_two_values_of_one_unit(low, high, places):
    one, two = values_in(f"{between(low, high, places)}{NBSP}%")
    assert one.holds(low)
    assert two.holds(high)
    assert one.unit == two.unit == "%"


@given(st.floats(0, 1), st.integers(1, 4))
def test_a_value_below_the_least_printed_one_lies_below_it(value, places):
    least = 10.0**-places
    (read,) = values_in(f"q {Digits(places, least=least)(value)}")
    assert read.holds(value)
    if value < least:
        assert not read.holds(2.1 * least)


@given(st.integers(0, 10**7))
def test_a_count_keeps_its_noun(n):
    (read,) = values_in(f"всего {counted(n, *WORDS)} района")
    assert (read.value, read.unit) == (n, "школа")


@given(SIZES, SIZES, PLACES)
def test_words_without_their_values_do_not_change_with_a_number(one, two, places):
    texts = {skeleton(f"Из {number(value, places)} работ по 4 классу.") for value in (one, two)}
    assert texts == {"Из # работ по 4 классу."}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("по 12–15 школам", [12, 15]),
        ("[1,2; 3,4]", [1.2, 3.4]),
        ("+0,04 (−0,06…+0,15)", [0.04, -0.06, 0.15]),
        ("18 % (95 %: от 3 до 33 %)", [18, 95, 3, 33]),
        ("5 (−2–9)", [5, -2, 9]),
        ("1\u202f234\u202f567,5 балла", [1234567.5]),
        ("1\u00a0234 работы", [1234]),
        ("100 − доля таких школ = 72,7 %", [100, 72.7]),
        ("примерно 39 из 278", [39, 278]),
        ("q < 0,001", [0.0005]),
        ("12 из 40 (30 %)", [12, 40, 30]),
    ],
)
def test_values(text, expected):
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Школа № 12",
        "МБОУ СОШ №12",
        "СОШ 12",
        "приказ № 55-20/12 от 19.04.2019",
        "в 2026 году",
        "2025/26 учебный год",
        "2024–2026 годы",
        "до 1 ноября 2026 года",
        "до 15.10.2026",
        "П24, ДК1, ВПР-4 и РУ4",
        "русский язык, 4 класс",
        "в 4–5 классах",
        "в 4, 5 и 6 классах",
        "95-процентный интервал, 5-й балл",
        "отметок «2», «4» и «5»",
        "в таблице 3, на рисунке 12, таблицы 3 и 4",
        "1.2. Система работы; 2.1.3",
        "«___» __________ 20__ г. № ______",
        "https://fioco.ru/2019/5",
        "VPR-4-MA",
    ],
)
def test_names_hold_no_values(text):
    assert numbers(text) == []


def test_numbers_of_tables_are_left_out_of_the_words_and_names_are_not():
    said = "Из 22 школ (в таблице 3) — Школа № 12, 2026 год"
    assert skeleton(said) == "Из # школ (в таблице #) — Школа № 12, 2026 год"


@pytest.mark.parametrize(
    ("heading", "unit"),
    [("Результат,\u00a0%", "%"), ("К прошлому году, п.\u00a0п.", "п. п."), ("Предмет, класс", "")],
)
def test_a_heading_gives_its_unit(heading, unit):
    assert unit_of(heading) == unit


def test_what_is_no_number_has_no_value():
    assert values_in(f"{number(math.nan)} скрыто <") == ()
