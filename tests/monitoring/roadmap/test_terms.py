"""Terms of roadmaps: what is understood, what is doubted, what is left unread."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.monitoring.roadmap.term_reading import read_term
from msoko_analysis.monitoring.roadmap.term_words import words
from msoko_analysis.monitoring.roadmap.terms import Kind, Recurrence, Span

PLAN = Span(date(2026, 1, 1), date(2027, 12, 31))
SCHOOL_YEAR = Span(date(2026, 9, 1), date(2027, 8, 31))


def days(text: str, plan: Span | None = PLAN) -> list[str]:
    """The spans of a term as «start..end», the start left out where only a deadline is told."""
    spans = read_term(text).occurrences(plan)
    return [f"{span.start or ''}..{span.end}" for span in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # one day, one month, one year
        ("до 15.04.2026", ["..2026-04-15"]),
        ("15.04.26", ["2026-04-15..2026-04-15"]),
        ("3 июня 2026 г.", ["2026-06-03..2026-06-03"]),
        ("не позднее 20 мая 2027 года", ["..2027-05-20"]),
        ("Ноябрь 2026", ["2026-11-01..2026-11-30"]),
        ("февраль, 2027", ["2027-02-01..2027-02-28"]),
        ("2026 год", ["2026-01-01..2026-12-31"]),
        ("III квартал 2026 г.", ["2026-07-01..2026-09-30"]),
        ("1-е полугодие 2027 года", ["2027-01-01..2027-06-30"]),
        ("2026-2027 учебный год", ["2026-09-01..2027-08-31"]),
        # from one to another
        ("апрель–июнь 2026", ["2026-04-01..2026-06-30"]),
        ("Сентябрь 2026 г. — апрель 2027 г.", ["2026-09-01..2027-04-30"]),
        ("с 5 по 20 октября 2026 г.", ["2026-10-05..2026-10-20"]),
        ("с 1 февраля 2026 г. по 31 марта 2026 г.", ["2026-02-01..2026-03-31"]),
        ("10.01.2026 - 20.02.2026", ["2026-01-10..2026-02-20"]),
        ("декабрь – январь 2027", ["2026-12-01..2027-01-31"]),
        ("2026–2027 г.г.", ["2026-01-01..2027-12-31"]),
        ("2026 г. - 2027 г.", ["2026-01-01..2027-12-31"]),
        ("с марта 2026 г.", ["2026-03-01..2027-12-31"]),
        # several
        ("май, июнь 2026 г.", ["2026-05-01..2026-05-31", "2026-06-01..2026-06-30"]),
        ("март 2026 г.; март 2027 г.", ["2026-03-01..2026-03-31", "2027-03-01..2027-03-31"]),
        (
            "апрель - май 2026 г.\nапрель - май 2027 г.",
            ["2026-04-01..2026-05-31", "2027-04-01..2027-05-31"],
        ),
        # again and again
        ("ежегодно, май", ["2026-05-01..2026-05-31", "2027-05-01..2027-05-31"]),
        ("ноябрь ежегодно", ["2026-11-01..2026-11-30", "2027-11-01..2027-11-30"]),
        ("ежегодно до 10 декабря", ["..2026-12-10", "..2027-12-10"]),
        ("до 1 июня 2026 г., далее – ежегодно", ["..2026-06-01", "..2027-06-01"]),
        (
            "март 2026 г., обновление: ежегодно",
            ["2026-03-01..2026-03-31", "2027-03-01..2027-03-31"],
        ),
        ("ежегодно", ["2026-01-01..2026-12-31", "2027-01-01..2027-12-31"]),
        ("2026 г., 2 раза в год", ["2026-01-01..2026-06-30", "2026-07-01..2026-12-31"]),
        (
            "2026 год, ежеквартально",
            [
                *("2026-01-01..2026-03-31", "2026-04-01..2026-06-30"),
                *("2026-07-01..2026-09-30", "2026-10-01..2026-12-31"),
            ],
        ),
        ("1 раз в 2 года", ["2026-01-01..2027-12-31"]),
        (
            "ежегодно (до 15 февраля года, следующего за отчетным) 2025–2026 гг.",
            ["..2026-02-15", "..2027-02-15"],
        ),
        # the plan itself
        ("в течение года", ["2026-01-01..2027-12-31"]),
        ("В течении всего периода", ["2026-01-01..2027-12-31"]),
        ("постоянно", ["2026-01-01..2027-12-31"]),
        # only the first time is told
        ("Июнь 2026 г., далее – по мере необходимости", ["2026-06-01..2026-06-30"]),
    ],
)
def test_terms_that_are_understood(text: str, expected: list[str]) -> None:
    term = read_term(text)
    assert term.text == text
    assert not term.unread
    assert days(text) == expected
    assert not term.doubts


def test_a_school_year_gives_a_month_its_year_and_is_cut_from_its_start() -> None:
    assert days("март", SCHOOL_YEAR) == ["2027-03-01..2027-03-31"]
    assert days("октябрь - декабрь", SCHOOL_YEAR) == ["2026-10-01..2026-12-31"]
    assert days("ежегодно", SCHOOL_YEAR) == ["2026-09-01..2027-08-31"]
    halves = ["2026-09-01..2027-02-28", "2027-03-01..2027-08-31"]
    assert days("2 раза в год", SCHOOL_YEAR) == halves


def test_a_month_without_a_year_is_not_placed_where_the_plan_has_it_twice() -> None:
    assert days("март") == days("март", None) == []
    assert read_term("март").needs_year(PLAN)
    assert not read_term("март").needs_year(SCHOOL_YEAR)
    assert not read_term("март 2026").needs_year(PLAN)


@pytest.mark.parametrize(
    ("text", "doubt", "expected"),
    [
        ("май 2026 г., 2027 г.", "2027 год назван без месяца",
         ["2026-05-01..2026-05-31", "2027-05-01..2027-05-31"]),
        ("март – май 2026 г., 2027 г.", "2027 год назван без месяца",
         ["2026-03-01..2026-05-31", "2027-03-01..2027-05-31"]),
        ("Июль 2026 октябрь 2026", "между сроками нет знака",
         ["2026-07-01..2026-07-31", "2026-10-01..2026-10-31"]),
        ("20262027 гг.", "годы записаны слитно", ["2026-01-01..2027-12-31"]),
    ],
)  # fmt: skip
def test_terms_that_are_understood_with_a_doubt(text: str, doubt: str, expected: list[str]) -> None:
    assert any(doubt in one for one in read_term(text).doubts)
    assert days(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("когда получится", "не понято «когда»"),
        ("весной 2026 года", "не понято «весной»"),
        ("31.02.2026", "такой даты нет"),
        ("29 февраля 2027 г.", "такой даты нет"),
        ("1.13.2027", "такой даты нет"),
        ("45.01.2026", "такой даты нет"),
        ("до марта 2026", "после «до» назван месяц без числа"),
        ("до 2027 г.", "после «до» назван год"),
        ("июнь 2026 - март 2026", "конец раньше начала"),
        ("2027-2026 гг.", "конец раньше начала"),
        ("20-10 мая 2026", "конец раньше начала"),
        ("ноябрь 2026 - февраль", "у конца периода нет года"),
        ("01.03.2026 - 2027", "у периода назван только год окончания"),
        ("март 2026-2027", "неясно, каждый ли год"),
        ("2026-2028 учебный год", "учебный год записан неверно"),
        ("по итогам 1 квартала 2026 г.", "внутри ссылки"),
        ("в соответствии с приказом от 01.02.2026", "внутри ссылки"),
        ("март 20266", "не понято «20266»"),
        ("не позднее", "запись обрывается"),
        ("март 2026 -", "запись обрывается"),
        ("#REF!", "не понято"),
    ],
)
def test_terms_that_are_not_guessed(text: str, why: str) -> None:
    term = read_term(text)
    assert why in term.unread
    assert term.kind is Kind.UNREAD
    assert term.occurrences(PLAN) == ()
    assert term.text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " — ",
        "по мере необходимости",
        "В соответствии с графиком ВПР",
        "по результатам проверки",
    ],
)
def test_no_term_is_not_an_unread_one(text: str) -> None:
    assert read_term(text).kind is Kind.NOT_DATED
    assert read_term(text).occurrences(PLAN) == ()


@pytest.mark.parametrize(
    ("text", "times", "years"),
    [
        ("ежемесячно", 12, 1),
        ("не реже 1 раза в квартал", 4, 1),
        ("2 раза в квартал", 8, 1),
        ("два раза в полугодие", 4, 1),
        ("раз в полугодие", 2, 1),
        ("дважды в год", 2, 1),
        ("1 раз в 3 года для каждой школы", 1, 3),
        ("еженедельно", 52, 1),
    ],
)
def test_how_often(text: str, times: int, years: int) -> None:
    assert read_term(text).recurrence == Recurrence(times, years)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 400))
def test_every_day_and_every_range_comes_back(start: date, length: int) -> None:
    end = min(start + timedelta(days=length), date(2099, 12, 31))
    assert read_term(f"{start:%d.%m.%Y}").occurrences() == (Span(start, start),)
    assert read_term(f"до {start:%d.%m.%Y}").occurrences() == (Span(None, start),)
    assert read_term(f"{start:%d.%m.%Y} – {end:%d.%m.%Y}").occurrences() == (Span(start, end),)


@given(st.text(alphabet="абвгдеиклмнопрстуфя 0123456789.,-–()годмайдо", max_size=40))
def test_any_text_is_read_or_refused_and_never_lost(text: str) -> None:
    term = read_term(text)
    assert term.text == text
    spans = term.occurrences(PLAN)
    assert not (term.unread and spans)
    assert all(span.start is None or span.start <= span.end for span in spans)
    lowered = text.lower().replace("–", "-")
    assert "".join(word.text for word in words(lowered)).replace(" ", "") == lowered.replace(
        " ", ""
    )
