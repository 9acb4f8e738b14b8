"""Equal opportunity: each verdict about a district and its schools on both sides of what decides it."""

from __future__ import annotations

import numpy as np
import pytest
from public_rows import TOWN, YEAR, judged, row

from msoko_analysis.findings import Verdict
from msoko_analysis.params.run import Thresholds

DISTRICT = {"level": "municipality", "unit": TOWN}
REGION = {"level": "region", "unit": "region", "municipality": "region"}
NAN = float("nan")


def icc(low: float, high: float, region: float = 0.2, **fields) -> list[dict]:
    mine = {**DISTRICT, "value": 0.2, "low": low, "high": high, **fields}
    return [row("icc", **mine), row("icc", **REGION, value=region)]


@pytest.mark.parametrize(
    ("low", "high", "side", "verdict"),
    [
        (0.21, 0.4, 1.0, Verdict.WATCH),
        (0.2, 0.4, 0.0, Verdict.NO_CONCERN),  # the region's share is the end of the interval
        (0.1, 0.3, 0.0, Verdict.NO_CONCERN),
        (0.1, 0.2, 0.0, Verdict.NO_CONCERN),
        (0.1, 0.19, -1.0, Verdict.NO_CONCERN),
        (NAN, NAN, 0.0, Verdict.TOO_FEW),
    ],
)
def test_schools_differ_more_where_the_region_is_below_the_interval(
    low: float, high: float, side: float, verdict: Verdict, thresholds: Thresholds
) -> None:
    one = judged(icc(low, high), thresholds)["inequality_district", TOWN]
    assert (one.verdict, one.details["side"], one.limit) == (verdict, side, 0.2)


def test_the_share_of_a_paper_alone_is_not_that_of_the_district(thresholds: Thresholds) -> None:
    paper = row("icc", **DISTRICT, subject="RU", grade=0, value=0.9, low=0.8, high=0.95)
    grade = row("icc", **DISTRICT, subject="", grade=4, value=0.9, low=0.8, high=0.95)
    one = judged([paper, grade, *icc(0.1, 0.3)], thresholds)["inequality_district", TOWN]
    assert one.high == 0.3


@pytest.mark.parametrize("absent", [0, 1])
def test_without_the_district_or_the_region_nothing_is_compared(
    absent: int, thresholds: Thresholds
) -> None:
    rows = [one for number, one in enumerate(icc(0.3, 0.4)) if number != absent]
    assert ("inequality_district", TOWN) not in judged([*rows, row("level")], thresholds)


@pytest.mark.parametrize("other", [{"year": YEAR - 1}, {"hidden": True}, {"level": "school"}])
def test_only_what_is_shown_of_this_year_and_of_the_whole_district(
    other: dict, thresholds: Thresholds
) -> None:
    rows = [icc(0.3, 0.4)[0] | other, icc(0.3, 0.4)[1], row("level")]
    assert ("inequality_district", TOWN) not in judged(rows, thresholds)


def change(code: str, low: float, high: float) -> dict:
    return row(code, **DISTRICT, value=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "side", "verdict"),
    [
        (0.01, 2.0, 1.0, Verdict.WATCH),
        (0.0, 2.0, 0.0, Verdict.NO_CONCERN),
        (-1.0, 1.0, 0.0, Verdict.NO_CONCERN),
        (-2.0, 0.0, 0.0, Verdict.NO_CONCERN),
        (-2.0, -0.01, -1.0, Verdict.NO_CONCERN),
        (NAN, NAN, 0.0, Verdict.TOO_FEW),
    ],
)
def test_a_gap_grew_where_its_interval_is_above_zero(
    low: float, high: float, side: float, verdict: Verdict, thresholds: Thresholds
) -> None:
    found = judged([change("school_gap_quarter_change", low, high)], thresholds)
    name = f"{TOWN}:school_gap_quarter"
    told, every = found["gap_change_district", TOWN], found["change_district", name]
    assert (told.verdict, told.details["side"]) == (verdict, side)
    assert every.verdict == (Verdict.TOO_FEW if np.isnan(low) else Verdict.NO_CONCERN)
    assert every.unit_of_value == "percent"


def test_the_gap_of_schools_speaks_before_the_share_between_them(thresholds: Thresholds) -> None:
    both = [change("icc_change", 0.1, 0.2), change("school_gap_quarter_change", -1.0, 1.0)]
    found = judged(both, thresholds)
    assert found["gap_change_district", TOWN].unit_of_value == "percent"
    assert {unit for code, unit in found if code == "change_district"} == {
        f"{TOWN}:icc", f"{TOWN}:school_gap_quarter"
    }  # fmt: skip
    alone = judged(both[:1], thresholds)
    assert alone["gap_change_district", TOWN].verdict == Verdict.WATCH
    assert alone["gap_change_district", TOWN].unit_of_value == "share"


def test_another_change_is_listed_and_speaks_for_nobody(thresholds: Thresholds) -> None:
    found = judged([change("theil_change", 0.1, 0.2)], thresholds)
    assert set(found) == {("change_district", f"{TOWN}:theil")}


@pytest.mark.parametrize(("wider", "verdict"), [(1.0, Verdict.WATCH), (0.0, Verdict.NO_CONCERN)])
def test_the_wider_reading_of_the_rule_decides_and_the_parts_are_told(
    wider: float, verdict: Verdict, thresholds: Thresholds
) -> None:
    rows = [row("shnor_or", value=wider), row("shnor_and", value=0.0), row("shnor_a", value=1.0)]
    one = judged(rows, thresholds)["shnor_school", "1"]
    assert one.verdict == verdict
    assert (one.details["and"], one.details["a"]) == (0.0, 1.0)
    assert np.isnan(one.details["b"])


def test_a_part_known_of_another_school_only_is_unknown(thresholds: Thresholds) -> None:
    rows = [row("shnor_or", value=1.0), row("shnor_a", unit="2", value=1.0)]
    assert np.isnan(judged(rows, thresholds)["shnor_school", "1"].details["a"])


def test_the_probability_of_a_side_is_held_on_both_ends(thresholds: Thresholds) -> None:
    limit = thresholds["expectation_probability"].value
    given = {
        limit: 1.0,
        np.nextafter(limit, 0): 0.0,
        1 - limit: -1.0,
        np.nextafter(1 - limit, 1): 0.0,
    }
    for value, side in given.items():
        found = judged([row("better", value=value)], thresholds)["expectation_school", "1"]
        assert found.details["side"] == side
