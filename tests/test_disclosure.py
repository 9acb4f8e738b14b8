"""The gate, tested on its boundaries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.disclosure import hide_small, publish, publish_counts
from msoko_analysis.measures import COLUMNS
from msoko_analysis.params import Thresholds, load_run


@pytest.fixture(scope="module")
def thresholds(project) -> Thresholds:
    return load_run(project / "params/runs/demo.yaml").thresholds


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
        (9, 5, True),
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
