"""Marks told beside the scores of a paper without a scale: the twin is the same paper with its scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from msoko_analysis.facts.counts import counts_of_school
from msoko_analysis.measures import measure_year
from msoko_analysis.measures.arrays import Year, arrange_year
from msoko_analysis.measures.equity import equity_rows
from msoko_analysis.measures.equity_models import model_rows
from msoko_analysis.params.equity import read_equity_models
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale

PAPER, TOP, CUTS = Paper("VPR", 7, "MA"), 19, (7, 12, 16)
SCALE = Scale(
    year=2026, **PAPER._asdict(), max_primary=TOP, min_3=7, min_4=12, min_5=16, status="synthetic",
    source="made up",
)  # fmt: skip
#: What is known from the marks alone. The rest needs to know where the marks change.
OF_MARKS = r"share_|prior_|mark_shift|low_share|p2[23]|shnor|fioko|isolation"


def pupils(missing: int = 0) -> pd.DataFrame:
    """The table mark_pairs of 24 schools in three towns; ``missing`` works without their mark."""
    draws = np.random.default_rng(11)
    score = draws.binomial(TOP, draws.beta(5, 4, 24).repeat(30))
    mark = 2 + np.searchsorted(CUTS, score, side="right")
    prior = np.clip(mark + draws.integers(-1, 3, len(mark)), 2, 6)
    rows = pd.DataFrame(
        {
            "year": 2026,
            **PAPER._asdict(),
            "municipality": np.repeat(["A", "B", "C"], 240),
            "school": np.repeat([f"S{number:02}" for number in range(24)], 30),
            "prior_mark": pd.array(np.where(prior < 6, prior, 0), dtype="Int8"),
            "mark": pd.array(mark, dtype="Int8"),
            "score": score,
            "n": 1,
        }
    )
    rows["prior_mark"] = rows["prior_mark"].replace(0, pd.NA)
    rows.loc[rows.index[:missing], "mark"] = pd.NA
    rows.loc[rows.index[-1], "score"] = TOP
    rows.loc[rows.index[-1], "mark"] = 5
    return rows


def year_of(rows: pd.DataFrame, *scales: Scale) -> Year:
    schools = pd.DataFrame({"school": rows["school"].unique(), "school_type": "secondary"})
    return arrange_year(
        2026, rows, schools, (PAPER,), {PaperOfYear(2026, *PAPER): one for one in scales}
    )


def measured(year: Year, thresholds: Thresholds, project) -> pd.DataFrame:
    models = read_equity_models(project / "params/equity_models.yaml", [])
    parts = [
        measure_year(year, None, thresholds, {}),
        *equity_rows(year, None, thresholds, {}),
        *model_rows(year, None, thresholds, models, {}),
    ]
    table = pd.concat(parts)
    keys = ["level", "unit", "indicator", "procedure", "grade", "subject"]
    return table.drop(columns="method").sort_values(keys).reset_index(drop=True)


def test_all_of_marks_is_as_with_the_scale(thresholds: Thresholds, project) -> None:
    scaled, told = year_of(pupils(), SCALE), year_of(pupils())
    assert told.papers[0].scale.cuts == ()
    assert told.papers[0].scale.status == "marks_told"
    np.testing.assert_array_equal(told.papers[0].mark_of_score, scaled.papers[0].mark_of_score)
    expected, found = (measured(one, thresholds, project) for one in (scaled, told))
    expected, found = (
        one[one["indicator"].str.match(OF_MARKS)].reset_index(drop=True)
        for one in (expected, found)
    )
    assert {"share_2", "share_45", "prior_higher", "prior_far", "mark_shift", "low_share"} <= set(
        found["indicator"]
    )
    # П24 of some ways needs the minimum in points, so only marks are compared here
    pd.testing.assert_frame_equal(found, expected)


def test_no_cut_is_looked_at(thresholds: Thresholds, project) -> None:
    table = measured(year_of(pupils()), thresholds, project)
    assert not table["indicator"].str.match(r"spike|lifted|cut_ratio").any()


@pytest.mark.parametrize("missing", [1, 30])
def test_one_work_without_its_mark_and_marks_are_not_told(
    missing: int, thresholds: Thresholds, project
) -> None:
    """A share of the works that have a mark would be of others than the participants."""
    year = year_of(pupils(missing))
    assert year.marked == ()
    assert year.papers[0].scale.status == "absent"
    assert not measured(year, thresholds, project)["indicator"].str.match(OF_MARKS).any()


def test_marks_against_the_scores_stay_as_told() -> None:
    """A mark that hangs on a condition too (geometry, literacy) contradicts any scale and is kept."""
    rows = pupils()
    rows.loc[rows.index[:5], "mark"] = 2
    year = year_of(rows)
    (paper,) = year.papers
    for school, mine in rows.groupby("school"):
        place = year.schools.index.get_loc(school)
        counted = mine["mark"].value_counts().reindex([2, 3, 4, 5], fill_value=0)
        np.testing.assert_array_equal(paper.mark_counts()[place], counted)
        both = mine.dropna(subset="prior_mark")
        crossed = pd.crosstab(both["prior_mark"], both["mark"])
        crossed = crossed.reindex(index=[2, 3, 4, 5], columns=[2, 3, 4, 5], fill_value=0)
        np.testing.assert_array_equal(paper.mark_pairs()[place], crossed)


def test_the_counts_of_one_school_have_the_same_marks(thresholds: Thresholds, project) -> None:
    """What the explorer shows of a school, by the scale and as told."""
    of_school = []
    for year in (year_of(pupils(), SCALE), year_of(pupils())):
        table = measured(year, thresholds, project)
        of_school.append(counts_of_school(year, pupils(), table, "S03", thresholds)[PAPER])
    scaled, told = of_school
    assert told.cuts == ()
    assert scaled.marks.sum() == scaled.n == 30
    np.testing.assert_array_equal(told.marks, scaled.marks)
    np.testing.assert_array_equal(told.pairs, scaled.pairs)
