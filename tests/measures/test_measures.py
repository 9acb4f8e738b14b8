"""Measures of tiny regions worked out by hand, and the interval of a district against two twins."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from msoko_analysis.measures import measure_year
from msoko_analysis.measures.arrays import arrange_year
from msoko_analysis.measures.rows import percent_rows
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale, highest_known

MA4, RU4, MA5 = Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU"), Paper("VPR", 5, "MA")
YEAR = 2026


def scale(paper: Paper, maximum: int = 20, cuts: tuple[int, int, int] = (6, 10, 15), year=YEAR):
    return Scale(
        year=year, **paper._asdict(), max_primary=maximum, min_3=cuts[0], min_4=cuts[1],
        min_5=cuts[2], status="synthetic", source="made up",
    )  # fmt: skip


def pupils(paper: Paper, town: str, school: str, *groups: tuple, year: int = YEAR) -> list[dict]:
    """Rows of mark_pairs: groups are (score, n) or (score, n, school mark)."""
    return [
        {
            "year": year, **paper._asdict(), "municipality": town, "school": school,
            "prior_mark": group[2] if len(group) > 2 else None, "mark": None,
            "score": group[0], "n": group[1],
        }
        for group in groups
    ]  # fmt: skip


def paper_of(scale: Scale) -> Paper:
    return Paper(scale.procedure, scale.grade, scale.subject)


def measured(rows, thresholds, *scales, types=None, previous=()) -> pd.DataFrame:
    """The long table of the tiny region; ``previous`` are rows of the year before."""
    frame = pd.DataFrame([*rows, *previous])
    frame["prior_mark"] = frame["prior_mark"].astype("Int8")
    names = sorted(frame["school"].unique())
    kinds = [(types or {}).get(name, "secondary") for name in names]
    schools = pd.DataFrame({"school": names, "school_type": kinds})
    papers = tuple(dict.fromkeys(paper_of(one) for one in scales))
    by_paper = {PaperOfYear(one.year, *paper_of(one)): one for one in scales}
    years = {
        year: arrange_year(year, frame, schools, papers, by_paper)
        for year in ([YEAR - 1, YEAR] if previous else [YEAR])
    }
    return measure_year(years[YEAR], years.get(YEAR - 1), thresholds, {})


def one(table: pd.DataFrame, indicator: str, unit: str, paper: Paper | None = None) -> pd.Series:
    """The only row of an indicator of a unit."""
    rows = table[(table["indicator"] == indicator) & (table["unit"] == unit)]
    rows = rows[rows["subject"] == (paper.subject if paper else "")]
    rows = rows[rows["grade"] == (paper.grade if paper else 0)]
    assert len(rows) == 1, f"{len(rows)} rows of {indicator} of {unit}"
    return rows.iloc[0]


FOUR_SCHOOLS = [
    *pupils(MA4, "A", "1", (5, 1, 3), (5, 1, 2), (8, 1, 3), (12, 1), (20, 1, 4)),
    *pupils(MA4, "A", "2", (4, 1), (10, 9)),
    *pupils(MA4, "B", "3", (6, 4)),
    *pupils(MA4, "B", "4", (15, 1)),
]


@pytest.fixture(scope="module")
def table(thresholds) -> pd.DataFrame:
    return measured(FOUR_SCHOOLS, thresholds, scale(MA4))


@pytest.mark.parametrize(
    ("unit", "n", "percent"),
    [
        ("1", 5, 50.0),  # (5 + 5 + 8 + 12 + 20) / 5 of 20
        ("2", 10, 47.0),  # 94 / 10 of 20
        ("4", 1, 75.0),
        ("A", 15, 48.0),  # 144 / 15 of 20
        ("B", 5, 39.0),  # 39 / 5 of 20
        ("region", 20, 45.75),  # 183 / 20 of 20
    ],
)
def test_mean_percent(table: pd.DataFrame, unit: str, n: int, percent: float) -> None:
    row = one(table, "mean_percent", unit, MA4)
    assert row["n"] == n
    assert row["value"] == pytest.approx(percent)


def test_interval_of_a_school_mean(table: pd.DataFrame) -> None:
    # Scores 5 5 8 12 20: mean 10, squares 25 + 25 + 4 + 4 + 100 = 158, s² = 39.5; in % of 20.
    half = 100 * 1.96 * math.sqrt(39.5 / 5) / 20
    row = one(table, "mean_percent", "1", MA4)
    assert row["high"] - row["value"] == pytest.approx(half)
    assert np.isnan(one(table, "mean_percent", "4", MA4)["low"])  # one pupil has no spread


@pytest.mark.parametrize(
    ("unit", "two", "four_five"),
    [("1", 2 / 5, 2 / 5), ("2", 1 / 10, 9 / 10), ("3", 0, 0), ("A", 3 / 15, 11 / 15)],
)
def test_shares_of_marks(table: pd.DataFrame, unit: str, two: float, four_five: float) -> None:
    assert one(table, "share_2", unit, MA4)["value"] == pytest.approx(100 * two)
    assert one(table, "share_45", unit, MA4)["value"] == pytest.approx(100 * four_five)


def test_mark_of_the_paper_against_school_mark(table: pd.DataFrame) -> None:
    # Known school marks of school 1: (5 → 2 | 3) lower, (5 → 2 | 2) same, (8 → 3 | 3) same, (20 → 5 | 4).
    for indicator, count in (("prior_lower", 1), ("prior_same", 2), ("prior_higher", 1)):
        row = one(table, indicator, "1", MA4)
        assert (row["n"], row["count"], row["value"]) == (4, count, 25.0 * count)
    assert table[(table["indicator"] == "prior_same") & (table["unit"] == "2")].empty


def test_ratio_at_the_pass_cut(table: pd.DataFrame) -> None:
    region = one(table, "cut_ratio_3", "region", MA4)  # 6 points: 4 pupils, 5 points: 2
    assert (region["n"], region["count"], region["value"]) == (6, 2, 2.0)
    assert one(table, "cut_ratio_3", "A", MA4)["value"] == 0.0
    assert np.isinf(one(table, "cut_ratio_3", "B", MA4)["value"])


def test_scores_above_the_maximum_are_left_out(thresholds) -> None:
    rows = [*FOUR_SCHOOLS, *pupils(MA4, "B", "4", (21, 3))]
    assert one(measured(rows, thresholds, scale(MA4)), "mean_percent", "4", MA4)["n"] == 1


# --- official ----------------------------------------------------------------------------------


def test_p19_counts_schools_of_the_exams_of_grade_9_and_papers_without_a_scale(thresholds) -> None:
    # Methodology of ФИОКО, markers 1-6: ОГЭ in Russian and mathematics are held against the region's
    # mean too. "9" wrote the exam only and stands apart (all pupils at 20 points, s = 0); "1" does so
    # in a paper of grade 4 that has no scale; "2" and "3" in nothing: 100 - 2/4 = 50.
    exam = Paper("OGE", 9, "MA")
    rows = pupils(exam, "A", "9", (20, 30))
    for school in ("2", "3"):
        rows += pupils(exam, "A", school, (4, 10), (8, 10))
        rows += pupils(MA4, "A", school, (4, 10), (8, 10))
    rows += pupils(MA4, "A", "1", (12, 30))
    table = measured(rows, thresholds, scale(exam), highest_known(PaperOfYear(YEAR, *MA4), 12))
    assert one(table, "fioko_a", "9", exam)["value"] == 1
    assert one(table, "fioko_a", "1", MA4)["value"] == 1
    row = one(table, "p19", "A")
    assert (row["n"], row["count"], row["value"]) == (4, 2, 50.0)
    # rule (b) is that of ВПР alone
    assert set(table.loc[table["indicator"] == "fioko_b", "procedure"]) <= {"VPR"}


def test_p19_counts_schools_not_marks(thresholds) -> None:
    # "9": all 30 pupils at the top of both papers, so its lower limit is 100 % of the scale in both
    # and marked twice; P19 counts it once: 1 of 2 schools in A, 1 of 4 in the region.
    rows = []
    for paper in (MA4, RU4):
        rows += pupils(paper, "A", "9", (20, 30))
        rows += pupils(paper, "A", "1", (4, 10), (8, 10))
        rows += pupils(paper, "B", "2", (4, 10), (8, 10))
        rows += pupils(paper, "B", "3", (4, 10), (8, 10))
    table = measured(rows, thresholds, scale(MA4), scale(RU4))
    assert one(table, "fioko_markers", "9")["value"] == 2
    assert one(table, "fioko_markers", "1")["value"] == 0
    for unit, schools, marked, p19 in (
        ("A", 2, 1, 50.0),
        ("B", 2, 0, 100.0),
        ("region", 4, 1, 75.0),
    ):
        row = one(table, "p19", unit)
        assert (row["n"], row["count"], row["value"]) == (schools, marked, p19)


def test_jump_needs_the_year_before(thresholds) -> None:
    now = [
        row for name in "123456" for row in pupils(MA5, "A", name, (8, 10), (10, 10), (12, 10))
    ] + pupils(MA5, "A", "7", (2, 30))
    before = [
        row
        for name in "1234567"
        for row in pupils(MA4, "A", name, (8, 10), (10, 10), (12, 10), year=YEAR - 1)
    ]
    scales = (scale(MA5), scale(MA4, year=YEAR - 1))
    without = measured(now, thresholds, scale(MA5))
    assert without[without["indicator"] == "fioko_c"].empty
    table = measured(now, thresholds, *scales, previous=before)
    # K = 10/10 = 1 in six schools: quartiles 1 and 1, no width; school 7 has K = 10/2 = 5.
    assert one(table, "fioko_c", "7", MA5)["value"] == 1
    assert one(table, "fioko_c", "7", MA5)["low"] == pytest.approx(5.0)
    assert one(table, "fioko_c", "1", MA5)["value"] == 0


# --- spike and level ---------------------------------------------------------------------------


# About a hundred pupils over the whole scale of 20 points.
BELL = (1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8, 7, 6, 6, 5, 4, 3, 3, 2, 1)


def bell(lifted: int = 0) -> list[tuple[int, int]]:
    """(score, n): the bell, with ``lifted`` pupils of the scores 8 and 9 moved to the cut 10."""
    counts = list(BELL)
    counts[8] -= lifted // 2
    counts[9] -= lifted - lifted // 2
    counts[10] += lifted
    return [(score, n) for score, n in enumerate(counts) if n]


def test_spike_is_tested_where_the_scale_allows(thresholds) -> None:
    rows = [
        row for town in "AB" for k in range(4) for row in pupils(MA4, town, f"{town}{k}", *bell())
    ]
    rows += pupils(MA4, "A", "A4", *bell(12))
    table = measured(rows, thresholds, scale(MA4))
    lifted, honest = one(table, "spike", "A4"), one(table, "spike", "A1")
    assert lifted["n"] == honest["n"] == sum(BELL)
    assert lifted["p"] < 0.001 < 0.3 < honest["p"]
    size = one(table, "spike_pupils", "A4")
    assert size["low"] < 12 < size["high"]


def test_a_short_scale_has_no_spike(thresholds) -> None:
    rows = [
        row
        for town in "AB"
        for number in range(2)
        for row in pupils(MA4, town, f"{town}{number}", (2, 5), (4, 9), (6, 9), (8, 5))
    ]
    table = measured(rows, thresholds, scale(MA4, maximum=8, cuts=(3, 5, 7)))
    assert not table["indicator"].str.startswith(("spike", "cut_ratio")).any()
    assert "mean_percent" in set(table["indicator"])


def test_level_is_a_distance_in_pupil_deviations(thresholds) -> None:
    # 20 schools of one type: 19 with scores 8 and 12, one with 14 and 18, ten pupils each. No school
    # stands in its own expectation: 10 of the others for the far one; for another one a little more
    # than 10, but less than the plain mean of the others, since the far school is weighed down.
    rows = [row for k in range(19) for row in pupils(MA4, "A", f"{k:02}", (8, 5), (12, 5))]
    rows += pupils(MA4, "B", "19", (14, 5), (18, 5))
    table = measured(rows, thresholds, scale(MA4))
    mean = (19 * 10 + 16) / 20
    squares = (19 * ((8 - mean) ** 2 + (12 - mean) ** 2) + (14 - mean) ** 2 + (18 - mean) ** 2) / 40
    deviation = math.sqrt(squares)
    assert one(table, "level", "19")["value"] == pytest.approx((16 - 10) / deviation)
    others = (18 * 10 + 16) / 19
    assert (10 - others) / deviation < one(table, "level", "00")["value"] < 0


def test_a_rare_type_has_no_level(thresholds) -> None:
    rows = [row for k in range(21) for row in pupils(MA4, "A", f"{k:02}", (8, 5), (12, 5))]
    table = measured(rows, thresholds, scale(MA4), types={"20": "gymnasium"})
    assert set(table.loc[table["indicator"] == "level", "unit"]) == {f"{k:02}" for k in range(20)}


# --- shares of groups of schools -----------------------------------------------------------------

SCHOOLS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.floats(0, 1)), min_size=1, max_size=12
)


@given(SCHOOLS)
@settings(max_examples=80, deadline=None)
def test_shares_of_groups_equal_those_without_one_school(schools: list[tuple]) -> None:
    group = np.array([str(town) for town, _, _ in schools])
    whole = np.array([float(n) for _, n, _ in schools])
    part = np.array([n * share for _, n, share in schools])
    rows = percent_rows(YEAR, MA4, "municipality", group, "share_2", part, whole, source="")
    found = rows.set_index("unit")
    assert set(found.index) == set(group[whole > 0])
    for unit, row in found.iterrows():
        mine = [(x, n) for x, n, g in zip(part, whole, group, strict=True) if g == unit and n > 0]
        everybody = sum(n for _, n in mine)
        r = sum(x for x, _ in mine) / everybody
        assert (row["n"], row["value"]) == (everybody, pytest.approx(100 * r, abs=1e-9))
        assert row["count"] == np.round(r * everybody)
        if len(mine) == 1:
            assert np.isnan(row["low"])
            continue
        changes = [(sum(x for x, _ in mine) - x) / (everybody - n) - r for x, n in mine]
        freedom = everybody**2 / sum(n**2 for _, n in mine) - 1
        quantile = student.isf(0.025, freedom)
        half = quantile * math.sqrt(sum(change**2 for change in changes))
        # with little freedom the quantile is a million and multiplies the rounding of the shares
        close = 1e-6 + 100 * 1e-15 * quantile
        assert row["low"] == pytest.approx(100 * max(r - half, 0), abs=close)
        assert row["high"] == pytest.approx(100 * min(r + half, 1), abs=close)


def test_schools_of_one_size_give_students_interval_a_little_wider() -> None:
    share = np.array([0.31, 0.44, 0.52, 0.47, 0.60])
    group, whole = np.full(5, "A"), np.full(5, 25.0)
    rows = percent_rows(YEAR, MA4, "region", group, "share_2", 25 * share, whole, source="")
    foreign = ttest_1samp(share, 0).confidence_interval(0.95)
    half = (foreign.high - foreign.low) / 2 * math.sqrt(5 / 4)
    low, high = rows.iloc[0][["low", "high"]]
    assert (low, high) == pytest.approx((100 * (0.468 - half), 100 * (0.468 + half)))


# ---- scales of another kind


def other_scale(**more: object) -> Scale:
    fields = {"max_primary": 20, "min_3": 6, "status": "synthetic", "source": "made up"}
    return Scale(year=YEAR, **MA4._asdict(), **{**fields, **more})  # type: ignore[arg-type]


def test_a_pass_is_not_told_as_marks(thresholds) -> None:
    """One cut: who failed is known; «4» and «5» and whether school marks are confirmed is not."""
    table = measured(FOUR_SCHOOLS, thresholds, other_scale())
    told = set(table["indicator"])
    assert one(table, "share_2", "1", MA4)["value"] == pytest.approx(40)
    assert not told & {"share_45", "prior_same", "prior_lower", "prior_far", "mark_shift"}
    table = measured(FOUR_SCHOOLS, thresholds, other_scale(min_4=10))
    assert one(table, "share_45", "1", MA4)["value"] == pytest.approx(40)
    assert not set(table["indicator"]) & {"prior_same", "mark_shift"}


def many_schools(cut: int, seed: int = 5) -> list[dict]:
    """Twelve schools of sixty pupils; in the first those one or two points under the cut stand on it."""
    rng = np.random.default_rng(seed)
    rows = []
    for school in range(12):
        counts = np.bincount(rng.binomial(20, 0.5, 60), minlength=21)
        if school == 0:
            counts[cut] += counts[cut - 2 : cut].sum()
            counts[cut - 2 : cut] = 0
        groups = [(score, int(n)) for score, n in enumerate(counts) if n]
        rows += pupils(MA4, f"M{school % 3}", f"S{school:02}", *groups)
    return rows


def test_a_spike_is_looked_for_at_cuts_that_are_no_marks(thresholds) -> None:
    rows = many_schools(12)
    for scale_of, seen in ((other_scale(other_cuts=(12,)), True), (other_scale(), False)):
        table = measured(rows, thresholds, scale_of)
        assert (one(table, "spike", "S00", MA4)["p"] < 0.01) is np.bool_(seen)
        assert set(table["indicator"]) >= {"cut_ratio_3"}
        assert not set(table["indicator"]) & {"cut_ratio_4", "cut_ratio_5"}


@pytest.mark.parametrize(
    "beside",
    [
        pupils(MA4, "A", "S01", (9, 1, 4)),
        [row for n in range(25) for row in pupils(MA4, "A", f"S{n:02}", (12, 8, 4))],
    ],
    ids=["one pupil", "one score"],
)
def test_a_paper_that_can_not_be_judged_costs_only_itself(thresholds, beside: list[dict]) -> None:
    """A paper of one pupil, or without any spread, has no level and moves that of no other paper."""
    rng = np.random.default_rng(3)
    counts = np.stack([np.bincount(rng.binomial(20, 0.6, 12), minlength=21) for _ in range(25)])
    russian = [
        row
        for n, one in enumerate(counts)
        for row in pupils(
            RU4,
            "A" if n < 12 else "B",
            f"S{n:02}",
            *((int(score), int(one[score]), 4) for score in np.flatnonzero(one)),
        )
    ]
    alone = measured(russian, thresholds, scale(RU4))
    both = measured([*russian, *beside], thresholds, scale(RU4), scale(MA4))
    for table in (alone, both):
        assert (table["indicator"] == "level").any()
    russian_alone, russian_beside = (
        table[
            (
                (table["subject"] == "RU") & (table["indicator"] != "spike")
            )  # its reference is cleaned
            | (table["indicator"] == "level")  # by all papers
        ][["unit", "indicator", "value", "p"]].reset_index(drop=True)
        for table in (alone, both)
    )
    pd.testing.assert_frame_equal(russian_alone, russian_beside)
