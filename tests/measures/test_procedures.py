"""Links between procedures of a cohort: which there are, over which schools, and their rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from altai import altai_years
from scipy.stats import binom

from msoko_analysis.measures.arrays import Year, arrange_year
from msoko_analysis.measures.procedures import (
    earlier_paper,
    link_rows,
    linked_papers,
    score_counts,
)
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.methods import method_text
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale
from msoko_analysis.stats.jump import standardised

PAPERS = {  # year → papers written
    2024: ("VPR-4-MA", "OGE-9-MA"),
    2025: ("VPR-8-MA", "VPR-4-MA"),
    2026: ("VPR-5-MA", "OGE-9-MA", "VPR-4-MA", "EGE-11-MA"),
}
HELPED = "S07"  # stands 1.2 SD higher in ЕГЭ 2026 than in anything before


def test_the_earlier_paper_of_a_cohort() -> None:
    assert earlier_paper(Paper("OGE", 9, "RU")) == (Paper("VPR", 8, "RU"), 1)
    assert earlier_paper(Paper("VPR", 8, "RU")) == (Paper("VPR", 7, "RU"), 1)
    assert earlier_paper(Paper("VPR", 10, "RU")) is None  # nobody writes ВПР in grade 9


def region(schools: int = 60) -> tuple[pd.DataFrame, dict[int, Year], pd.DataFrame]:
    """mark_pairs of three years, their arrays, and the list of schools; one is new in 2026."""
    rng = np.random.default_rng(5)
    names = [f"S{number:02}" for number in range(schools)]
    level = rng.normal(0, 0.5, schools)
    rows = []
    for year, papers in PAPERS.items():
        for code in papers:
            paper = Paper.parse(code)
            highest = 100 if paper.procedure == "EGE" else 20
            for number, name in enumerate(names):
                if number == 0 and year < 2026:
                    continue
                extra = 1.6 * (name == HELPED and paper.procedure == "EGE")
                ability = level[number] + extra + rng.normal(0, 0.9, 30)
                share = 1 / (1 + np.exp(-ability))
                scores, n = np.unique(
                    binom.rvs(highest, share, random_state=rng), return_counts=True
                )
                rows += [
                    (year, *paper, "A", name, None, None, int(k), int(m))
                    for k, m in zip(scores, n, strict=True)
                ]
    columns = ["year", "procedure", "grade", "subject", "municipality", "school", "prior_mark",
               "mark", "score", "n"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame["prior_mark"] = frame["prior_mark"].astype("Int8")
    listed = pd.DataFrame({"school": names, "school_type": "secondary"})
    papers = tuple({Paper.parse(code) for codes in PAPERS.values() for code in codes})
    scales = {
        PaperOfYear(year, *paper): Scale(
            year=year, **paper._asdict(), max_primary=20, min_3=6, min_4=10, min_5=15,
            status="synthetic", source="made up",
        )
        for year in PAPERS for paper in papers if paper.procedure != "EGE"
    }  # fmt: skip
    years = {year: arrange_year(year, frame, listed, papers, scales) for year in PAPERS}
    return frame, years, years[2026].schools


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, dict[int, Year], list]:
    frame, years, schools = region()
    return frame, years, linked_papers(2026, years, frame, schools)


def test_all_links_of_the_year_are_found(made) -> None:
    _, years, linked = made
    found = {(one.indicator, one.earlier.code, one.years, one.later.code) for one in linked}
    assert found == {
        ("link_vpr", "VPR-4-MA", 1, "VPR-5-MA"),
        ("link_vpr", "VPR-8-MA", 1, "OGE-9-MA"),
        ("link_oge", "OGE-9-MA", 2, "EGE-11-MA"),
    }
    assert linked_papers(2024, years, made[0].iloc[:0], years[2024].schools) == []


def test_schools_are_matched_by_name_not_by_place(made) -> None:
    frame, years, linked = made
    (vpr,) = [one for one in linked if one.later == Paper("VPR", 5, "MA")]
    assert vpr.result.first.n[0] == 0  # S00 is new
    assert np.isnan(vpr.result.effect[0])
    before = standardised(years[2025].paper(Paper("VPR", 4, "MA")).scores)
    assert np.allclose(vpr.result.first.mean[1:], before.mean)
    ege = score_counts(frame, 2026, Paper("EGE", 11, "MA"), years[2026].schools.index)
    assert ege.sum() == 60 * 30
    assert ege.shape == (60, 101)


def test_rows(made) -> None:
    _, years, linked = made
    rows = pd.concat(link_rows(years[2026], linked), ignore_index=True)
    assert list(rows.columns) == list(COLUMNS)
    assert set(rows["indicator"]) == {"link_vpr", "link_oge", "link", "link_number"}
    oge = rows[rows["indicator"] == "link_oge"].set_index("unit")
    assert (oge[["procedure", "grade", "subject"]] == ["EGE", 11, "MA"]).all(axis=None)
    assert set(oge["method"].map(method_text)) == {
        "по OGE-9-MA 2024 года, регрессия с ошибкой в обоих"
    }
    assert oge["p"].idxmin() == HELPED
    assert oge.loc[HELPED, "q"] < 0.05
    assert oge.loc[HELPED, "low"] < oge.loc[HELPED, "value"] < oge.loc[HELPED, "high"]
    assert "S00" not in oge.index
    number = rows[rows["indicator"] == "link_number"].set_index("unit")["value"]
    assert set(number) == {3.0}
    pooled = rows[rows["indicator"] == "link"].set_index("unit")
    single = rows[rows["indicator"].isin(["link_vpr", "link_oge"])]
    assert pooled.loc["S10", "n"] == single.loc[single["unit"] == "S10", "n"].sum()
    assert pooled.loc["S10", "value"] == pytest.approx(
        single.loc[single["unit"] == "S10", "value"].mean()
    )  # thirty pupils in every paper
    assert (pooled["p"] < 0.05).mean() < 0.15
    assert list(link_rows(years[2026], [])) == []


def test_real_cohorts(shared) -> None:
    years = altai_years(shared)
    empty = pd.DataFrame(columns=["year", "procedure", "grade", "subject", "school", "score", "n"])
    linked = linked_papers(2021, years, empty, years[2021].schools)
    assert {(one.earlier.code, one.later.code) for one in linked} == {
        ("VPR-4-RU", "VPR-5-RU"), ("VPR-4-MA", "VPR-5-MA"),
        ("VPR-5-RU", "VPR-6-RU"), ("VPR-5-MA", "VPR-6-MA"),
    }  # fmt: skip
    for one in linked:
        result = one.result
        judged = np.isfinite(result.z)
        assert judged.sum() > 400
        assert 0.3 < result.slope < 1.1, one.later
        follow = np.corrcoef(result.z[judged], result.first.mean[judged])[0, 1]
        called = (result.p[judged] < 0.05).mean()
        print(one.later.code, round(result.slope, 2), round(follow, 3), round(called, 3))
        assert abs(follow) < 0.1, one.later
        assert 0.03 < called < 0.13, one.later
