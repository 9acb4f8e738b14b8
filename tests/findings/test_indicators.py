"""Shares that stay behind: against Wilson's interval as published, both years, never of a few people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from msoko_analysis.findings.indicators import judge_behind


def shares(
    own: tuple[tuple[float, float], tuple[float, float]],
    *,
    others: int = 2,
    other: tuple[float, float] = (400.0, 1000.0),
    higher: bool = True,
) -> pd.DataFrame:
    """Own counts of 2025 and 2026, and as many other municipalities with the same counts."""
    rows = [("A", year, *counts) for year, counts in zip((2025, 2026), own, strict=True)] + [
        (f"B{n}", year, *other) for n in range(others) for year in (2025, 2026)
    ]
    frame = pd.DataFrame(rows, columns=["municipality", "year", "numerator", "denominator"])
    return frame.assign(
        indicator="П34",
        higher=higher,
        period=frame["year"].astype(str),
        before_period=(frame["year"] - 1).astype(str),
    )


PUBLISHED = (
    81.0,
    263.0,
)  # Newcombe 1998, Statistics in Medicine 17: 0,2553…0,3662 without correction


def test_the_interval_is_the_published_one() -> None:
    (found,) = judge_behind(shares((PUBLISHED, PUBLISHED)), "A", 2026)
    assert (found.indicator, found.period) == ("П34", "2026")
    assert found.value == pytest.approx(100 * 81 / 263)
    assert (round(found.low, 2), round(found.high, 2)) == (25.53, 36.62)
    assert found.others == 40.0
    assert judge_behind(shares((PUBLISHED, PUBLISHED), other=(366.0, 1000.0)), "A", 2026) == ()


@pytest.mark.parametrize("own", [(PUBLISHED, (110.0, 263.0)), ((110.0, 263.0), PUBLISHED)])
def test_one_year_alone_is_not_staying_behind(own) -> None:
    assert judge_behind(shares(own), "A", 2026) == ()


def test_where_less_is_better_more_is_behind() -> None:
    above = (150.0, 263.0)
    assert judge_behind(shares((above, above)), "A", 2026) == ()
    (found,) = judge_behind(shares((above, above), higher=False), "A", 2026)
    assert found.low > found.others
    assert judge_behind(shares((PUBLISHED, PUBLISHED), higher=False), "A", 2026) == ()


def test_of_a_few_people_nothing_is_said() -> None:
    few = (0.0, 4.0)  # nobody of four against 40 %
    assert judge_behind(shares((few, few)), "A", 2026) == ()


def test_touching_is_not_behind() -> None:
    """The interval of all of n ends at 1, that of none of n begins at 0."""
    whole, none = (30.0, 30.0), (0.0, 30.0)
    assert judge_behind(shares((whole, whole), other=(9.0, 9.0)), "A", 2026) == ()
    assert judge_behind(shares((none, none), other=(0.0, 9.0), higher=False), "A", 2026) == ()


def test_one_other_municipality_would_be_told_itself() -> None:
    assert judge_behind(shares((PUBLISHED, PUBLISHED), others=1), "A", 2026) == ()
    one = shares((PUBLISHED, PUBLISHED), others=2)
    for empty in (0.0, np.nan):  # a municipality that counted nobody is no other
        bare = one.assign(
            numerator=one["numerator"].where(one["municipality"] != "B1", empty),
            denominator=one["denominator"].where(one["municipality"] != "B1", empty),
        )
        assert judge_behind(bare, "A", 2026) == ()


def test_without_the_year_before_or_own_counts_nothing_is_said() -> None:
    frame = shares((PUBLISHED, PUBLISHED))
    assert judge_behind(frame[frame["year"] == 2026], "A", 2026) == ()
    assert judge_behind(frame, "C", 2026) == ()
    assert judge_behind(frame, "A", 2025) == ()
    assert judge_behind(frame.iloc[:0], "A", 2026) == ()


def test_the_last_period_of_the_year_speaks() -> None:
    halves = [
        shares((PUBLISHED, own)).assign(
            period=lambda one, half=half: one["period"] + half,
            before_period=lambda one, half=half: one["before_period"] + half,
        )
        for half, own in (("-H2", PUBLISHED), ("-H1", (110.0, 263.0)))
    ]
    assert [one.period for one in judge_behind(pd.concat(halves), "A", 2026)] == ["2026-H2"]


@pytest.mark.parametrize("n", [5, 20, 60])
def test_an_equal_municipality_is_seldom_behind(n: int) -> None:
    """Exactly, over all outcomes of one year: its square is the rate of two independent years."""
    rate = 0.4
    wrong = sum(
        binom.pmf(x, n, rate)
        for x in range(n + 1)
        if judge_behind(shares(((x, n), (x, n))), "A", 2026)
    )
    assert wrong**2 < 0.05**2
