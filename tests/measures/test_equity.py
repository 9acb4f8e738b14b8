"""Rows of equity: estimates against leaving schools out by hand, and the real region's numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from altai import altai_years
from leaving_out import jackknife_difference

from msoko_analysis.home import SHIPPED
from msoko_analysis.measures.arrays import CONTEXT, PaperArrays, Year
from msoko_analysis.measures.equity import equity_rows
from msoko_analysis.measures.equity_estimates import (
    average,
    icc_estimate,
    pupil_estimates,
    school_estimates,
)
from msoko_analysis.measures.equity_models import model_rows
from msoko_analysis.measures.equity_years import pooled_means, pupils_once
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.measures.shnor import BelowMinimum, below_minimum, shnor_rows
from msoko_analysis.params.equity import read_equity_models
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.params.shnor import read_shnor_rules
from msoko_analysis.stats.ordered_probit import ordered_probit

MA4, RU4, MA5 = Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU"), Paper("VPR", 5, "MA")


def paper(rng: np.random.Generator, which: Paper, level: np.ndarray, n: np.ndarray, cut: int = 6):
    """A paper of 20 points in schools of that level."""
    scale = Scale(
        year=2026, **which._asdict(), max_primary=20, min_3=cut, min_4=10, min_5=15,
        status="synthetic", source="made up",
    )  # fmt: skip
    scores = np.array([
        np.bincount(np.clip(np.rint(rng.normal(one, 4, k)), 0, 20).astype(int), minlength=21)
        for one, k in zip(level, n, strict=True)
    ]).astype(float)  # fmt: skip
    return PaperArrays(which, scale, scores, np.zeros((len(n), 4, 21)), {})


def region(seed: int, year: int = 2026, cut: int = 6, schools: int = 24) -> Year:
    rng = np.random.default_rng(seed)
    level = np.random.default_rng(99).normal(11, 2, schools)
    codes = [f"S{number:02}" for number in range(schools)]
    listed = pd.DataFrame(index=pd.Index(codes), columns=["municipality", *CONTEXT], dtype=object)
    listed["municipality"] = np.where(np.arange(schools) < 14, "M1", "M2")
    listed["location"] = np.where(np.arange(schools) % 3 > 0, "4) сельского типа", "2) Город")
    listed["school_type"] = np.where(level > 13, "gymnasium", "secondary")
    n = np.random.default_rng(98).integers(5, 60, schools)
    papers = (paper(rng, MA4, level, n), paper(rng, RU4, level, n), paper(rng, MA5, level, n, cut))
    return Year(year, listed, papers)


def table(*arguments) -> pd.DataFrame:
    frames = list(equity_rows(*arguments))
    assert all(list(one.columns) == list(COLUMNS) for one in frames)
    return pd.concat([one for one in frames if len(one)])


def test_left_out_equals_leaving_out() -> None:
    year = region(1)
    arrays = year.papers[0]
    scores, marks, low = arrays.scores, arrays.mark_counts(), arrays.mark_counts()[:, 0]
    pupils = pupil_estimates(scores, 20, low)
    for name, one in pupils.items():
        twin = jackknife_difference(
            lambda s, x, n=name: pupil_estimates(s, 20, x)[n].value, scores, low
        )
        assert np.allclose(one.left_out, twin.left_out, atol=1e-9), name
        assert one.error[0] == pytest.approx(float(twin.standard_error), rel=1e-9)
    schools = school_estimates(arrays.mean_percent())
    for name in ("school_gap_quarter", "school_ratio_tenth"):
        twin = jackknife_difference(
            lambda m, n=name: school_estimates(m)[n].value if len(m) == 24 else np.nan,
            arrays.mean_percent(),
        )
        assert schools[name].value == pytest.approx(float(twin.difference))
    quarter = [
        school_estimates(np.delete(arrays.mean_percent(), s))["school_gap_quarter"].value
        for s in range(24)
    ]
    assert np.allclose(schools["school_gap_quarter"].left_out, quarter)
    icc = icc_estimate(scores)[0]
    twin = [icc_estimate(np.delete(scores, s, axis=0))[0].value for s in range(24)]
    assert np.allclose(icc.left_out, twin, atol=1e-3)
    one_step = ordered_probit(marks).without_each_school()
    refitted = [ordered_probit(np.delete(marks, s, axis=0)).icc for s in range(24)]
    assert np.corrcoef(one_step, refitted)[0, 1] > 0.98


def test_averages_and_changes_keep_their_schools() -> None:
    first, second = (
        pupil_estimates(region(seed).papers[0].scores, 20, np.arange(24.0) % 3)["theil"]
        for seed in (1, 2)
    )
    whole = average([first, second], [1, 3])
    assert whole.value == pytest.approx(0.25 * first.value + 0.75 * second.value)
    assert np.allclose(whole.left_out, 0.25 * first.left_out + 0.75 * second.left_out)
    same = first - first
    assert same.value == 0
    assert same.error[0] == 0


def test_rows(thresholds: Thresholds) -> None:
    year, before = region(1), region(2, 2025, cut=7)
    rows = table(year, before, thresholds, {MA4: 0.8})
    at = rows.set_index(["level", "unit", "grade", "subject", "indicator"])["value"]
    arrays = year.papers[0]
    both = at[("region", "region", 4, "MA", "icc_corrected")]
    assert both == pytest.approx(at[("region", "region", 4, "MA", "icc")] / 0.8)
    found = pupil_estimates(arrays.scores[:14], 20, arrays.mark_counts()[:14, 0])
    assert at[("municipality", "M1", 4, "MA", "theil")] == pytest.approx(found["theil"].value)
    # Over all papers: the mean of the papers by participants.
    n = [one.n.sum() for one in year.papers]
    parts = [at[("region", "region", *p.paper[1:], "pupil_gap")] for p in year.papers]
    assert at[("region", "region", 0, "", "pupil_gap")] == pytest.approx(
        np.average(parts, weights=n)
    )
    assert ("region", "region", 4, "MA", "pupil_gap_change") in at.index
    # The cut of MA5 moved, so it can not be compared with the year before.
    assert ("region", "region", 5, "MA", "pupil_gap_change") not in at.index
    gender = rows[rows["indicator"] == "v_gap_gender"]
    assert gender["value"].isna().all()
    assert set(gender["method"]) == {"v_gap_gender"}
    known = rows.dropna(subset=["low", "value"])
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()


def test_a_year_against_itself_has_not_changed(thresholds: Thresholds) -> None:
    rows = table(region(3), region(3, 2025), thresholds, {})
    changes = rows[rows["indicator"].str.endswith("_change")]
    assert len(changes) > 50
    assert np.allclose(changes["value"], 0, atol=1e-12)


def test_pooled_means_do_not_depend_on_which_papers_a_school_wrote() -> None:
    year = region(4)
    easy = PaperArrays(
        RU4, year.papers[1].scale, np.roll(year.papers[1].scores, 4, axis=1) * 1.0,
        year.papers[1].pairs, {},
    )  # fmt: skip
    hard = year.papers[0]
    hard.scores[:8] = 0
    means = pooled_means((hard, easy), 5)
    assert np.isfinite(means).all()
    alone = easy.mean_percent() - easy.mean_percent().mean()
    assert np.corrcoef(means[:8], alone[:8])[0, 1] == pytest.approx(1)
    assert pupils_once((hard, easy))[9] == max(hard.n[9], easy.n[9])


def test_models_and_shnor(thresholds: Thresholds) -> None:
    year, before = region(1), region(2, 2025)
    models = read_equity_models(SHIPPED / "params/equity_models.yaml", [])
    rows = pd.concat(model_rows(year, before, thresholds, models, {"region": 0.2}))
    at = rows.set_index(["unit", "indicator"])["value"]
    passed = sum(one.scores[:, one.scale.min_3 :].sum() for one in year.papers)
    whole = sum(one.n.sum() for one in year.papers)
    assert at[("region", "p22_participants")] == pytest.approx(100 * passed / whole)
    assert at[("region", "p24_icc")] == pytest.approx(80)
    assert ("M1", "p24_quarters_change") in at.index
    assert ("M2", "p24_tenths") not in at.index  # ten schools: a tenth is one of them
    assert set(rows["method"]) == {"equity_model"}

    rule = read_shnor_rules(SHIPPED / "params/shnor.yaml", []).of(2026)
    assert list(shnor_rows(2026, year.schools, below_minimum(year)[:2], None, rule)) == []
    n = np.full(24, 40.0)
    now = [BelowMinimum(MA5, np.where(np.arange(24) == 3, 20.0, 1.0), n),
           BelowMinimum(Paper("OGE", 9, "MA"), np.where(np.arange(24) < 5, 15.0, 1.0), n)]  # fmt: skip
    rows = pd.concat(shnor_rows(2026, year.schools, now, now[:1], rule))
    flags = rows.pivot(index="unit", columns="indicator", values="value")
    assert flags.loc["S03"].tolist() == [1, 1, 1, 1]
    assert flags.loc["S04"].tolist() == [0, 0, 0, 0]


def test_the_real_region(shared: Path, thresholds: Thresholds) -> None:
    # domain.md §2.3, schools with n ≥ 10, 2021: top to bottom tenth 1.55 (MA4), 1.59 (RU4), 1.94
    # (MA6), quarter 1.36, 1.37, 1.58, P90 − P10 17, 19.5, 21 points.
    rows = table(altai_years(shared)[2021], None, thresholds, {})
    at = rows[rows["level"] == "region"].set_index(["grade", "subject", "indicator"])["value"]
    expected = {
        (4, "MA"): (1.55, 1.36, 17),
        (4, "RU"): (1.59, 1.37, 19.5),
        (6, "MA"): (1.94, 1.58, 21),
    }
    for key, (tenth, quarter, spread) in expected.items():
        assert at[(*key, "school_ratio_tenth")] == pytest.approx(tenth, abs=0.006)
        assert at[(*key, "school_ratio_quarter")] == pytest.approx(quarter, abs=0.006)
        assert at[(*key, "school_p90_p10")] == pytest.approx(spread, abs=0.3)
    assert at[(4, "MA", "icc")] == pytest.approx(0.094, abs=0.01)
    assert at[(4, "RU", "icc")] == pytest.approx(0.103, abs=0.01)
    assert rows[rows["level"] == "municipality"]["unit"].nunique() > 60
