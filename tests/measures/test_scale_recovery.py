"""The scale that data leave no choice about: found where there is one, and only there."""

from __future__ import annotations

from itertools import combinations_with_replacement, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from altai import altai_years
from hypothesis import given
from hypothesis import strategies as st

from msoko_analysis.measures.arrays import PaperArrays
from msoko_analysis.measures.scale_recovery import (
    Evidence,
    Recovery,
    Unit,
    gather,
    levels_of,
    recover,
)
from msoko_analysis.params.scales import PaperOfYear

PAPER = PaperOfYear(2021, "VPR", 4, "MA")
NO_SHARES = pd.DataFrame(columns=[*PaperOfYear._fields, "level", "unit", "n"])
NO_COUNTRY = pd.DataFrame(columns=[*PaperOfYear._fields, "kind", "score", "n"])


def marks_of(scores: np.ndarray, cuts: tuple[int, ...]) -> np.ndarray:
    """Pupils at each mark 2…5 of units (units × scores)."""
    mark = np.searchsorted(cuts, np.arange(scores.shape[1]), side="right")
    return scores @ (mark[:, None] == np.arange(4))


def form(level: str, names: list[str], scores: np.ndarray, cuts: tuple[int, ...]) -> pd.DataFrame:
    """Rows as Ф3 prints them: shares of marks to the second decimal."""
    marks = marks_of(scores, cuts)
    n = marks.sum(axis=1)
    shares = (100 * marks / n[:, None]).round(2)
    rows = pd.DataFrame(shares, columns=[f"share_{mark}" for mark in (2, 3, 4, 5)])
    return rows.assign(**PAPER._asdict(), level=level, unit=names, unit_name=names, n=n)


def pairs(schools: list[str], places: list[str], scores: np.ndarray) -> pd.DataFrame:
    """The count table of pupils without a mark beside their score."""
    row, score = np.nonzero(scores)
    told = {"school": np.take(schools, row), "municipality": np.take(places, row)}
    table = pd.DataFrame({**told, "score": score, "n": scores[row, score].astype(int)})
    return table.assign(**PAPER._asdict(), mark=np.nan)


def everything(arrays: PaperArrays, schools: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts of a paper, and its Ф3 with all schools, municipalities and the region."""
    present = arrays.n > 0
    scores, listed = arrays.scores[present], schools[present]
    names, places = list(listed.index), list(listed["municipality"])
    cuts = arrays.scale.cuts
    by_place = pd.DataFrame(scores).groupby(places).sum()
    parts = [
        form("school", names, scores, cuts),
        form("municipality", list(by_place.index), by_place.to_numpy(), cuts),
        form("region", ["Регион"], scores.sum(axis=0, keepdims=True), cuts),
    ]
    return pairs(names, places, scores), pd.concat(parts, ignore_index=True)


def test_official_scales_of_a_real_region_come_back(shared: Path) -> None:
    year, draws = altai_years(shared)[2021], np.random.default_rng(5)
    assert len(year.papers) == 6
    for arrays in year.papers:
        counts, printed = everything(arrays, year.schools)
        found = recover(gather(PAPER, counts, printed, NO_COUNTRY, NO_SHARES))
        assert found.cuts == arrays.scale.cuts
        assert set(levels_of(found.evidence.units)) == {"school", "municipality", "region"}

        # a tenth of the schools are not in the data: municipalities and the region count others
        lost = set(draws.choice(counts["school"].unique(), len(year.schools) // 10, replace=False))
        part = recover(
            gather(PAPER, counts[~counts["school"].isin(lost)], printed, NO_COUNTRY, NO_SHARES)
        )
        assert part.cuts == arrays.scale.cuts
        assert part.evidence.others > 0
        assert "region" not in levels_of(part.evidence.units)

        # one municipality printed by another scale
        place = printed.index[printed["level"].eq("municipality")][0]
        wrong = printed.copy()
        wrong.loc[place, ["share_2", "share_3"]] += [5, -5]
        against = recover(gather(PAPER, counts, wrong, NO_COUNTRY, NO_SHARES))
        assert against.cuts is None
        assert against.possible == ((), (), ())
        assert against.clashes == ((0, 1), (0, 0), (0, 0))


def brute(evidence: Evidence) -> set[tuple[int, int, int]]:
    """The slow twin: every three cuts tried in the words of the definition."""
    top = evidence.max_score + 1
    found = set()
    for cuts in combinations_with_replacement(range(1, top + 1), 3):
        if any(a == b < top for a, b in pairwise(cuts)):
            continue
        earned = np.searchsorted(cuts, np.arange(top), side="right")
        right = not any(evidence.marks[mark, earned != mark].any() for mark in range(4))
        for unit in evidence.units:
            share = marks_of(unit.percent[None], cuts)[0]
            right &= bool((abs(share - unit.shares) <= unit.rounding + 1e-9).all())
        if right:
            found.add(cuts)
    return found


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0, 1, 2]), st.booleans())
def test_it_finds_exactly_the_scales_that_agree(
    seed: int, units: int, decimals: int, beside: bool
) -> None:
    draws = np.random.default_rng(seed)
    cuts = tuple(sorted(draws.choice(np.arange(1, 9), 3, replace=False)))
    scores = draws.integers(0, 3, (units, 9))
    scores[:, 4] += 1
    share = (100 * marks_of(scores, cuts) / scores.sum(axis=1, keepdims=True)).round(decimals)
    rounding = 0.5 * 10.0**-decimals
    percent = 100 * scores / scores.sum(axis=1, keepdims=True)
    rows = tuple(Unit("school", *one, rounding) for one in zip(percent, share, strict=True))
    marks = np.zeros((4, 9), dtype=int)
    if beside:
        marks[np.searchsorted(cuts, np.arange(9), side="right"), np.arange(9)] = scores[0]
    evidence = Evidence(marks, rows)
    found, twin = recover(evidence), brute(evidence)
    assert cuts in twin
    assert found.possible == tuple(tuple(sorted({one[n] for one in twin})) for n in range(3))
    whole = [one for one in twin if one[2] <= evidence.max_score]
    assert (found.cuts is not None) == (len(twin) == 1 == len(whole))
    assert found.cuts in {None, cuts}


def test_a_score_nobody_has_leaves_the_cut_open() -> None:
    scores = np.array([[3, 5, 8, 0, 9, 6, 4, 7, 2]])
    printed = form("school", ["1"], scores, (2, 4, 6))
    found = recover(gather(PAPER, pairs(["1"], ["М"], scores), printed, NO_COUNTRY, NO_SHARES))
    assert found.cuts is None
    assert found.possible == ((2,), (3, 4), (6,))


def test_a_mark_nobody_was_given_has_no_cut() -> None:
    scores = np.array([[3, 5, 8, 2, 9]])
    printed = form("school", ["1"], scores, (1, 3, 5))
    found = recover(gather(PAPER, pairs(["1"], ["М"], scores), printed, NO_COUNTRY, NO_SHARES))
    assert found.possible == ((1,), (3,), (5,))
    assert found.cuts is None, "5 points is above all that was reached"


def test_marks_beside_scores_settle_it_and_may_contradict_themselves() -> None:
    scores = np.array([[3, 5, 8, 2, 9, 4, 4]])
    table = pairs(["1"], ["М"], scores)
    table["mark"] = 2 + np.searchsorted((1, 3, 5), table["score"], side="right")
    nothing = form("school", ["1"], scores, (1, 3, 5)).iloc[:0]
    assert recover(gather(PAPER, table, nothing, NO_COUNTRY, NO_SHARES)).cuts == (1, 3, 5)
    lifted = pd.concat([table, table.iloc[[2]].assign(mark=4, n=1)])
    against = recover(gather(PAPER, lifted, nothing, NO_COUNTRY, NO_SHARES))
    assert against.cuts is None
    assert against.clashes == ((0, 0), (1, 0), (0, 0))


def country(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The country's row of «Распределение первичных баллов» as it is read, and that of Ф3."""
    share = np.array([1, 2, 4, 6, 8, 11, 14, 16, 14, 11, 8, 5]) / 100
    true = (n * share).astype(int)
    printed = (100 * true / true.sum()).round(2)
    kept = np.floor(printed * true.sum() / 100 + 0.5).astype(int)
    table = pd.DataFrame({"score": np.arange(12), "n": kept})
    reference = table.assign(**PAPER._asdict(), kind="country")
    return reference, form("country", ["Вся выборка"], true[None], (4, 7, 9))


def test_the_country_alone_gives_the_scale_and_its_maximum() -> None:
    reference, printed = country(1_234_567)
    nobody = pairs(["1"], ["М"], np.zeros((1, 3)))
    found = recover(gather(PAPER, nobody, printed, reference, NO_SHARES))
    assert found.cuts == (4, 7, 9)
    assert (found.evidence.max_score, found.evidence.whole) == (11, True)
    assert levels_of(found.evidence.units) == {"country": 1}
    of_others = printed.assign(n=printed["n"] // 2)
    assert recover(gather(PAPER, nobody, of_others, reference, NO_SHARES)).evidence.others == 1


def test_two_forms_of_one_municipality_are_enough(shared: Path) -> None:
    """Its shares of marks and its distribution of scores, both rounded, of real pupils; no results."""
    year = altai_years(shared)[2021]
    for arrays in year.papers:
        places = pd.DataFrame(arrays.scores).groupby(list(year.schools["municipality"])).sum()
        scores, names = places.to_numpy(), list(places.index)
        printed = form("municipality", names, scores, arrays.scale.cuts)
        share = (100 * scores / scores.sum(axis=1, keepdims=True)).round(2)
        columns = [f"score_{score:03d}" for score in range(scores.shape[1])]
        shares = pd.DataFrame(share, columns=columns).assign(
            **PAPER._asdict(), level="municipality", unit=names, n=printed["n"]
        )
        nobody = pairs(["1"], ["М"], np.zeros((1, 3)))
        found = recover(gather(PAPER, nobody, printed, NO_COUNTRY, shares))
        assert found.cuts == arrays.scale.cuts
        assert levels_of(found.evidence.units) == {"municipality": len(names)}
        one = recover(gather(PAPER, nobody, printed.iloc[:1], NO_COUNTRY, shares))
        assert all(
            cut in possible for cut, possible in zip(arrays.scale.cuts, one.possible, strict=True)
        )
        apart = gather(PAPER, nobody, printed.assign(n=printed["n"] + 1), NO_COUNTRY, shares)
        assert apart.silent


def test_rows_about_other_pupils_or_nobody_are_no_evidence() -> None:
    scores = np.array([[3, 5, 8, 2, 9]])
    table = pairs(["1"], ["М"], scores)
    rows = form("school", ["1"], scores, (1, 3, 4))
    strange = pd.concat([rows.assign(n=26), rows.assign(unit="2"), rows.assign(n=0)])
    evidence = gather(PAPER, table, strange, NO_COUNTRY, NO_SHARES)
    assert evidence.silent
    assert evidence.others == 1
    assert recover(evidence).cuts is None
    assert gather(PaperOfYear(2020, "VPR", 4, "MA"), table, rows, NO_COUNTRY, NO_SHARES) is None


def test_shares_in_whole_per_cent_are_taken_for_no_more() -> None:
    scores = np.random.default_rng(5).integers(5, 60, (1, 10))
    rows = form("school", ["1"], scores, (3, 5, 8))
    whole = rows.assign(**{name: rows[name].round(0) for name in rows if name.startswith("share")})
    (unit,) = gather(PAPER, pairs(["1"], ["М"], scores), whole, NO_COUNTRY, NO_SHARES).units
    assert unit.rounding == pytest.approx(0.5)


def test_a_recovery_is_what_it_says() -> None:
    assert Recovery(Evidence(np.zeros((4, 3), dtype=int)), ((1,), (2,), (2, 3))).cuts is None
