"""The gate, tested on its boundaries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from msoko_analysis.disclosure import (
    count_to_entitled,
    hide_small,
    publish,
    publish_counts,
    publish_scores,
    publish_to_entitled,
)
from msoko_analysis.measures import COLUMNS
from msoko_analysis.params.run import Thresholds


def _rows(*rows: dict) -> pd.DataFrame:
    blank = {
        "year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "level": "school",
        "municipality": "A", "unit": "1", "indicator": "share_2", "count": np.nan, "value": 50.0,
        "low": 1.0, "high": 2.0, "p": np.nan, "q": np.nan, "method": "", "source": "",
    }  # fmt: skip
    return pd.DataFrame([{**blank, **row} for row in rows]).reindex(columns=list(COLUMNS))


@given(st.lists(st.integers(0, 30), min_size=2, max_size=12))
def test_a_hidden_cell_never_follows_from_the_total(cells: list[int]) -> None:
    hidden = hide_small(np.array(cells), 5)
    assert all(hide for cell, hide in zip(cells, hidden, strict=True) if 0 < cell < 5)
    assert hidden.sum() != 1
    cells = np.array(cells)
    assert not hidden.any() or cells[hidden].sum() >= 5 or not cells[~hidden].any()


def test_two_hidden_cells_that_are_no_small_group_together_are_enough() -> None:
    assert hide_small(np.array([2, 3, 12, 7]), 5).tolist() == [True, True, False, False]
    assert hide_small(np.array([2, 2, 12, 7]), 5).tolist() == [True, True, False, True]
    assert hide_small(np.array([2, 1, 0]), 5).tolist() == [True, True, False]


def _entitled(rows: pd.DataFrame, thresholds: Thresholds) -> list[bool]:
    return publish_to_entitled(rows, publish(rows, thresholds)).table["hidden"].tolist()


def test_those_entitled_see_groups_but_no_single_pupil(thresholds: Thresholds) -> None:
    rows = _rows(
        {"unit": "1", "n": 1, "count": 1},
        {"unit": "2", "n": 3, "count": 1},
        {"unit": "3", "n": 40, "count": 20},
        {"unit": "2", "indicator": "mark_shift", "n": 2},
        {"unit": "1", "indicator": "mark_shift", "n": 1},
        {"unit": "1", "indicator": "official_years", "n": 1},  # years of lists, no pupils
    )
    # The result of the one pupil goes with that of another school, for the total would tell it.
    assert _entitled(rows, thresholds) == [True, True, False, False, True, False]


@pytest.mark.parametrize(("schools", "hidden"), [(2, True), (3, False)])
def test_those_entitled_see_differences_of_three_schools(
    schools: int, hidden: bool, thresholds: Thresholds
) -> None:
    one = [{"unit": str(k), "indicator": "mean_percent", "n": 30} for k in range(schools)]
    between = {"indicator": "icc", "level": "municipality", "unit": "A", "n": 90}
    assert _entitled(_rows(*one, between), thresholds) == [*[False] * schools, hidden]


def test_a_change_is_hidden_where_a_part_is_hidden_in_either_year(thresholds: Thresholds) -> None:
    def levels(unit: str, year: int, *counts: int) -> list[dict]:
        about = {"unit": unit, "year": year, "n": sum(counts)}
        return [
            {**about, "indicator": f"level_share_{k}", "count": c} for k, c in enumerate(counts, 1)
        ]

    change = {"indicator": "level_share_1_change", "n": 60, "year": 2026}
    rows = _rows(
        *levels("1", 2025, 2, 28, 30), *levels("1", 2026, 20, 20, 20),
        *levels("2", 2025, 20, 20, 20), *levels("2", 2026, 20, 20, 20),
        *levels("3", 2025, 20, 20, 20), *levels("3", 2026, 20, 20, 20),
        *({**change, "unit": unit} for unit in "123"),
    )  # fmt: skip
    table = publish(rows, thresholds).table
    shown = table[table["indicator"] == "level_share_1_change"].set_index("unit")["hidden"]
    # School 2 keeps the secret of school 1, whose part of 2025 the total would give away.
    assert bool(shown["1"])
    assert not shown["3"]


@pytest.mark.parametrize(
    ("of_2", "of_45", "hidden"),
    [
        (10, 10, [False, False]),  # ten «3»
        (10, 15, [False, False]),  # five
        (10, 16, [True, False]),  # four: the smaller of the two printed shares goes
        (16, 10, [False, True]),
        (10, 20, [False, False]),  # none
        (27, 0, [True, False]),  # the first is hidden by itself, the other tells nobody
    ],
)
def test_the_works_marked_3_are_no_small_group(
    of_2: int, of_45: int, hidden: list[bool], thresholds: Thresholds
) -> None:
    rows = _rows({"n": 30, "count": of_2}, {"indicator": "share_45", "n": 30, "count": of_45})
    assert publish(rows, thresholds).table["hidden"].tolist() == hidden


def test_the_share_of_the_highest_goes_with_the_highest_level_of_that_school(
    thresholds: Thresholds,
) -> None:
    def school(unit: str, *counts: int) -> list[dict]:
        n = sum(counts)
        bands = [
            {"unit": unit, "n": n, "indicator": f"level_share_{k}", "count": count}
            for k, count in enumerate(counts, 1)
        ]
        top = {"unit": unit, "subject": "", "grade": 0, "n": n, "indicator": "highest_share"}
        return [*bands, top, {"unit": unit, "n": n, "indicator": "mean_percent"}]

    rows = _rows(
        *school("1", 28, 28, 4), *school("2", 20, 25, 15), *school("3", 30, 30, 30)
    )  # fmt: skip
    table = publish(rows, thresholds).table.set_index(["indicator", "unit"])["hidden"]
    assert table["level_share_3"].to_dict() == {"1": True, "2": True, "3": False}
    assert table["highest_share"].to_dict() == {"1": True, "2": True, "3": False}
    assert not table["mean_percent"].any()


def test_the_only_school_of_a_municipality_hides_no_school_of_another(
    thresholds: Thresholds,
) -> None:
    rows = _rows(
        {"municipality": "A", "unit": "1", "n": 30, "count": 2},
        *({"municipality": "B", "unit": unit, "n": 30, "count": 10} for unit in "234"),
    )
    public = publish(rows, thresholds)
    assert public.table["hidden"].tolist() == [True, False, False, False]
    assert public.hidden == 1


def test_hidden_is_not_zero(thresholds: Thresholds) -> None:
    public = publish_counts(np.array([0, 4, 4, 5]), thresholds)
    assert public.counts[0] == 0
    assert np.isnan(public.counts[[1, 2]]).all()
    assert public.counts[3] == 5
    assert (public.n, public.hidden) == (13, 2)


@pytest.mark.parametrize(("n", "hidden"), [(4, True), (5, False)])
def test_mean_from_five_pupils(thresholds: Thresholds, n: int, hidden: bool) -> None:
    table = publish(_rows({"indicator": "mean_percent", "n": n}), thresholds).table
    assert bool(table["hidden"].iloc[0]) is hidden
    assert bool(np.isnan(table["n"].iloc[0])) is hidden


@pytest.mark.parametrize(
    ("n", "count", "hidden"),
    [
        (9, 0, True),
        (9, 5, True),
        (10, 0, False),
        (10, 5, False),
        (20, 4, True),
        (20, 0, False),
        (20, 16, True),
        (20, 15, False),
        (20, 20, False),
    ],
)
def test_share_boundaries(thresholds: Thresholds, n: int, count: int, hidden: bool) -> None:
    table = publish(_rows({"n": n, "count": count}), thresholds).table
    assert bool(table["hidden"].iloc[0]) is hidden


def test_n_of_a_hidden_share_of_a_large_group_is_told(thresholds: Thresholds) -> None:
    table = publish(_rows({"n": 30, "count": 2}), thresholds).table
    assert table["hidden"].tolist() == [True]
    assert table["n"].tolist() == [30]


def test_second_municipality_is_hidden_with_the_first(thresholds: Thresholds) -> None:
    rows = _rows(
        *(
            {"level": "municipality", "municipality": place, "unit": place, "n": 30, "count": count}
            for place, count in (("A", 2), ("B", 9), ("C", 20))
        )
    )
    assert publish(rows, thresholds).table["hidden"].tolist() == [True, True, False]


def test_second_school_is_hidden_with_the_first(thresholds: Thresholds) -> None:
    rows = _rows(
        {"unit": "1", "n": 30, "count": 2},
        {"unit": "2", "n": 30, "count": 9},
        {"unit": "3", "n": 30, "count": 20},
    )
    assert publish(rows, thresholds).table["hidden"].tolist() == [True, True, False]


def test_parts_of_a_whole_are_hidden_in_twos(thresholds: Thresholds) -> None:
    rows = _rows(
        {"indicator": "prior_lower", "n": 40, "count": 3, "level": "municipality"},
        {"indicator": "prior_same", "n": 40, "count": 30, "level": "municipality"},
        {"indicator": "prior_higher", "n": 40, "count": 7, "level": "municipality"},
    )
    assert publish(rows, thresholds).table["hidden"].tolist() == [True, False, True]


# --- what can be worked out from several places of one note ------------------------------------


@given(
    st.lists(st.integers(0, 7), min_size=2, max_size=3),
    st.lists(st.integers(0, 7), min_size=2, max_size=3),
    st.lists(st.integers(0, 7), min_size=2, max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_figure_and_table_together_give_no_small_group_away(
    thresholds: Thresholds, two: list[int], three: list[int], high: list[int]
) -> None:
    cells = np.array([*two, *three, *high], dtype=float)
    marks = np.repeat([2, 3, 4], [len(two), len(three), len(high)])
    assume(cells.sum() >= 10)
    public = publish_scores(cells, marks, thresholds)
    n, c2, c45 = cells.sum(), sum(two), sum(high)
    rows = _rows(
        {"indicator": "share_2", "n": n, "count": c2},
        {"indicator": "share_45", "n": n, "count": c45},
    )
    hidden_share = publish(rows, thresholds).table["hidden"].tolist()
    hidden = np.isnan(public.counts)
    printed = [np.ones(len(cells), dtype=bool)]
    printed += [marks == mark for mark, gone in zip((2, 4), hidden_share, strict=True) if not gone]
    for band in (marks == 2, marks == 3, marks == 4):
        rest = hidden & band
        if 0 < cells[band].sum() < 5:  # a small band: no sum of it may follow from the others
            assert not _follows(band & hidden, printed, hidden, cells)
        if 0 < cells[rest].sum() < 5 and (cells[~hidden] > 0).any():
            assert not _follows(rest, printed, hidden, cells)


def _follows(
    wanted: np.ndarray, printed: list[np.ndarray], hidden: np.ndarray, cells: np.ndarray
) -> bool:
    """Whether the sum over ``wanted`` is a combination of printed sums less what is visible."""
    sums = np.array([one & hidden for one in printed], dtype=float)
    target = (wanted & hidden & (cells > 0)).astype(float)
    sums = sums * (cells > 0)
    solution = np.linalg.lstsq(sums.T, target, rcond=None)[0]
    return bool(np.allclose(sums.T @ solution, target))


def test_n_of_a_hidden_ratio_goes_with_it(thresholds: Thresholds) -> None:
    rows = _rows({"indicator": "cut_ratio_3", "level": "municipality", "n": 27, "count": 3})
    table = publish(rows, thresholds).table
    assert table["hidden"].iloc[0]
    assert np.isnan(table["n"].iloc[0])


@pytest.mark.parametrize(("schools", "before", "hidden"), [
    (2, 5, [True, True, True, False]),
    (3, 5, [False, False, False, False]),
    (3, 2, [False, False, True, False]),
])  # fmt: skip
def test_differences_between_schools_need_three(thresholds, schools, before, hidden) -> None:
    means = [
        {"unit": str(k), "indicator": "mean_percent", "n": 50, "year": year}
        for year, number in ((2026, schools), (2025, before))
        for k in range(number)
    ]
    names = ("icc", "p24_quarters", "school_gap_quarter_change", "pupil_gap")
    measures = [{"level": "municipality", "unit": "A", "indicator": one, "n": 90} for one in names]
    region = {"level": "region", "unit": "region", "municipality": "region", "indicator": "icc"}
    table = publish(_rows(*means, *measures, {**region, "n": 900}), thresholds).table
    assert table["hidden"].tolist()[len(means) :] == [*hidden, False]


def test_a_group_of_one_school_and_an_unclear_list_are_hidden(thresholds: Thresholds) -> None:
    rows = _rows(
        {"level": "region", "unit": "region", "indicator": "v_gap_type", "n": 90, "low": np.nan},
        {"level": "region", "unit": "region", "indicator": "v_gap_location", "n": 90},
        {"indicator": "shnor_or", "n": 60, "value": np.nan},
        {"indicator": "shnor_or", "n": 60, "value": 1.0},
    )
    assert publish(rows, thresholds).table["hidden"].tolist() == [True, False, True, False]


MEDALS = {"level": "municipality", "unit": "A", "procedure": "EGE", "grade": 11, "subject": ""}


def test_few_medals_of_one_degree_hide_the_numbers_of_both(thresholds: Thresholds) -> None:
    """All medalists less those of one degree are those of the other."""
    degrees = ({"indicator": f"medals_{k}", "n": n, "count": n} for k, n in ((1, 40), (2, 3)))
    rest = {"indicator": "medals_p29_1", "n": 40, "count": 12}
    rows = [{"indicator": "medals", "n": 43, "count": 43}, *degrees, rest]
    table = publish(_rows(*({**MEDALS, **one} for one in rows)), thresholds).table
    assert table["hidden"].tolist() == [False, True, True, True]
    assert table["n"].isna().tolist() == [False, True, True, True]
    enough = [{**MEDALS, **one, "n": 40.0, "count": 40.0} for one in rows]
    assert not publish(_rows(*enough), thresholds).table["hidden"].any()


@pytest.mark.parametrize(("second", "hidden"), [(4, True), (5, False), (0, False)])
def test_the_least_degree_that_there_is_decides(
    second: int, hidden: bool, thresholds: Thresholds
) -> None:
    rows = _rows(
        {**MEDALS, "indicator": "medals_p29_1", "n": 20},
        {**MEDALS, "indicator": "medals_p29_second", "n": second},
    )
    assert bool(publish(rows, thresholds).table["hidden"].iloc[0]) is hidden


MARKS = np.array([2, 2, 3, 3, 4, 5, 5])


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        # Five «2» are no small group, none at all neither: other bands keep nothing back.
        ([5, 0, 10, 10, 9, 9, 9], []),
        ([0, 0, 10, 10, 9, 9, 9], []),
        # Three are: every other band keeps back one cell, one that does already no further.
        ([3, 0, 10, 12, 9, 11, 13], [0, 2, 4]),
        ([3, 0, 10, 12, 2, 9, 30], [0, 2, 4, 5]),
    ],
)
def test_a_band_that_is_a_small_group_is_not_told_by_the_others(
    cells: list[int], hidden: list[int], thresholds: Thresholds
) -> None:
    public = publish_scores(np.array(cells), MARKS, thresholds)
    assert np.flatnonzero(np.isnan(public.counts) & (np.array(cells) > 0)).tolist() == hidden


def test_a_histogram_for_those_entitled_is_whole_unless_it_is_of_one(
    thresholds: Thresholds,
) -> None:
    assert count_to_entitled(np.array([0, 2, 0])).hidden == 0
    assert count_to_entitled(np.array([0, 1, 0])).hidden == 3
    assert count_to_entitled(np.array([0, 0, 0])).hidden == 0


def test_bands_of_medalists_are_hidden_as_one_histogram(thresholds: Thresholds) -> None:
    bands = zip(("0_59", "60_69", "70_79", "80_100"), (1, 2, 20, 17), strict=True)
    rows = [{**MEDALS, "indicator": f"medals_least_{b}", "n": 40, "count": c} for b, c in bands]
    hidden = publish(_rows(*rows), thresholds).table["hidden"]
    assert hidden.tolist() == [True, True, False, True]  # 1 and 2 together are a small group too


@pytest.mark.parametrize("indicator", ["prior_higher", "prior_far"])
def test_the_shift_goes_with_hidden_marks(indicator: str, thresholds: Thresholds) -> None:
    """n times the mean shift is the balance of marks above and below."""
    shift = {"level": "municipality", "unit": "A", "indicator": "mark_shift", "n": 60}
    share = {**shift, "indicator": indicator, "count": 3}
    assert publish(_rows(shift, share), thresholds).table["hidden"].tolist() == [True, True]
    share["count"] = 12
    assert publish(_rows(shift, share), thresholds).table["hidden"].tolist() == [False, False]
