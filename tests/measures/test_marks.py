"""School marks paper by paper: hand-worked rows, the difference of a district, real shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from altai import altai_years

from msoko_analysis.measures import marks
from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.marks import mark_rows
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.stats.mark_gap import mark_gap

MA4, RU4 = Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU")


def arrays(paper: Paper, *schools: list[tuple[int, int, int]]) -> PaperArrays:
    """Pupils of every school as (school mark, score, how many); the mark of score k is 2 + k."""
    scale = Scale(
        year=2026, **paper._asdict(), max_primary=3, min_3=1, min_4=2, min_5=3,
        status="synthetic", source="made up",
    )  # fmt: skip
    pairs = np.zeros((len(schools), 4, 4))
    for place, pupils in enumerate(schools):
        for mark, score, n in pupils:
            pairs[place, mark - 2, score] += n
    return PaperArrays(paper, scale, pairs.sum(axis=1), pairs)


def year(*papers: PaperArrays, towns: str = "AAB") -> Year:
    names = [f"S{number + 1}" for number in range(len(towns))]
    schools = pd.DataFrame({"municipality": list(towns), "school_type": None}, index=names)
    return Year(2026, schools, papers)


MATHS = arrays(MA4, [(3, 0, 2), (4, 2, 5), (4, 3, 3)], [(5, 1, 4), (5, 3, 6)], [(3, 1, 10)])
RUSSIAN = arrays(RU4, [(5, 3, 10)], [(4, 2, 10)], [])


def table(one: Year) -> pd.DataFrame:
    return pd.concat(mark_rows(one, {}), ignore_index=True)


def only(rows: pd.DataFrame, indicator: str, unit: str, subject: str) -> pd.Series:
    picked = (rows["indicator"] == indicator) & (rows["unit"] == unit)
    (found,) = rows[picked & (rows["subject"] == subject)].index
    return rows.loc[found]


def test_rows_by_hand() -> None:
    rows = table(year(MATHS, RUSSIAN))
    assert list(rows.columns) == list(COLUMNS)
    far = only(rows, "prior_far", "S2", "MA")
    assert (far["count"], far["n"], far["value"]) == (4, 10, 40)
    assert only(rows, "prior_far", "A", "MA")["value"] == 20
    assert only(rows, "prior_far", "A", "")["value"] == 10
    assert only(rows, "prior_lower", "S1", "")["count"] == 2
    assert only(rows, "prior_higher", "S1", "")["count"] == 3
    assert only(rows, "prior_same", "region", "")["count"] == 41
    shift = only(rows, "mark_shift", "S1", "MA")
    pupils = np.repeat([1, 0, -1], [2, 5, 3])
    assert shift["value"] == pytest.approx(pupils.mean())
    half = 2.2622 * pupils.std(ddof=1) / np.sqrt(10)
    assert shift["high"] - shift["value"] == pytest.approx(half, rel=1e-4)
    assert only(rows, "mark_shift", "S2", "MA")["value"] == pytest.approx(0.8)
    assert only(rows, "mark_shift", "A", "")["value"] == pytest.approx((8 - 1) / 40)
    assert rows[(rows["unit"] == "S3") & (rows["subject"] == "RU")].empty
    # Without the tasks of a paper its reliability is not known, and no gap is guessed.
    assert "mark_gap_paper" not in set(rows["indicator"])


def test_one_pupil_and_no_school_marks() -> None:
    alone = arrays(MA4, [(3, 3, 1)], [(4, 2, 9)], [(4, 1, 5)])
    shift = only(table(year(alone)), "mark_shift", "S1", "MA")
    assert shift["value"] == -2
    assert np.isnan(shift["low"])
    assert list(mark_rows(year(arrays(MA4, [], [], [])), {})) == []


def test_real_shares_and_the_view_of_a_district(shared) -> None:
    # README of the data: school mark against VPR mark in 2021, %.
    rows = table(altai_years(shared)[2021])
    both = rows[(rows["level"] == "region") & (rows["grade"] == 4)]
    for subject, known in (("MA", 12.9 + 21.8), ("RU", 19.3 + 12.2)):
        shift = both[(both["subject"] == subject) & (both["indicator"] == "mark_shift")].iloc[0]
        far = both[(both["subject"] == subject) & (both["indicator"] == "prior_far")].iloc[0]
        assert 1.2 <= far["value"] <= 3.5  # domain.md §1.5: share of |difference| ≥ 2 in 2021
        assert shift["low"] < shift["value"] < shift["high"]
        # lower − higher, as far as one mark goes: the rest are the few of two marks and more
        sign = -1 if subject == "MA" else 1
        assert sign * shift["value"] > 0
        assert abs(shift["value"]) < known / 100
    pooled = rows[(rows["level"] == "region") & (rows["subject"] == "")].set_index("indicator")
    parts = pooled.loc[["prior_lower", "prior_same", "prior_higher"]]
    assert parts["count"].sum() == parts["n"].iloc[0]
    towns = rows[(rows["level"] == "municipality") & (rows["indicator"] == "mark_shift")]
    single = towns[towns["subject"] != ""]
    assert (single["q"] >= single["p"] - 1e-12)[single["p"].notna()].all()
    assert towns.loc[towns["subject"] == "", "q"].isna().all()


def test_a_district_that_inflates_one_subject_stands_out_there(monkeypatch) -> None:
    # Six districts of ten schools; district C adds half a mark in Russian, in mathematics nobody does.
    monkeypatch.setattr(marks, "alpha", lambda tasks: tasks)
    rng = np.random.default_rng(3)
    towns = np.repeat(list("ABCDEF"), 10)
    level = rng.normal(0, 0.5, (60, 1))
    papers = []
    for paper in (MA4, RU4):
        true = level + rng.normal(0, 0.9, (60, 40))
        score = np.clip(np.rint(10 + 4 * true + rng.normal(0, 2, true.shape)), 0, 20).astype(int)
        extra = 0.5 * (towns == "C")[:, None] * (paper == RU4)
        seen = true + extra + rng.normal(0, 0.5, true.shape) + rng.normal(0, 0.1, (60, 1))
        mark = np.digitize(seen, [-1.5, -0.2, 1])
        pairs = np.zeros((60, 4, 21))
        np.add.at(pairs, (np.arange(60)[:, None], mark, score), 1)
        scale = Scale(
            year=2026, **paper._asdict(), max_primary=20, min_3=5, min_4=10, min_5=14,
            status="synthetic", source="made up",
        )  # fmt: skip
        papers.append(PaperArrays(paper, scale, pairs.sum(axis=1), pairs))
    one = year(*papers, towns="".join(towns))
    rows = pd.concat(mark_rows(one, {MA4: 0.8, RU4: 0.8}), ignore_index=True)
    view = rows[(rows["level"] == "municipality") & (rows["indicator"] == "mark_gap_paper")]
    view = view.set_index(["unit", "subject"])
    assert view.loc[("C", "RU"), "q"] < 0.01
    assert view.loc[("C", "RU"), "low"] > 0.15
    assert view["value"].abs().idxmax() == ("C", "RU")
    assert view.loc[("C", "MA"), "p"] > 0.01
    schools = rows[(rows["level"] == "school") & (rows["indicator"] == "mark_gap_paper")]
    straight = mark_gap(papers[1].pairs, reliability=0.8)
    mine = schools[schools["subject"] == "RU"].set_index("unit").loc[one.schools.index]
    assert np.allclose(mine["value"], straight.gap)
    assert np.allclose(mine["p"], straight.p)
    assert (mine["q"] >= mine["p"]).all()
