"""Effect of measures: who is compared with whom, against foreign software, every verdict, the words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.findings.interventions import Conclusion, Reason, judge_effect
from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.interventions import (
    MeasureEffect,
    SchoolResults,
    estimate,
    measure_effects,
)
from msoko_analysis.measures.outcomes import school_outcome
from msoko_analysis.params.run import load_run
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.stats.effect import Effect
from msoko_analysis.wording.monitoring.interventions import effect_table, effect_text, measure_text

PROJECT = Path(__file__).resolve().parents[2]
THRESHOLDS = load_run(PROJECT / "params/runs/demo.yaml").thresholds
MATHS, RUSSIAN, FIFTH = Paper("VPR", 4, "MA"), Paper("VPR", 4, "RU"), Paper("VPR", 5, "MA")
COLUMNS = ["year", "school", "measure", "title", "direction"]


def paper_of(paper: Paper, year: int, scores: np.ndarray) -> PaperArrays:
    """A paper of 0…4 points with cuts at 1, 2, 3."""
    scale = Scale(
        year=year, procedure=paper.procedure, grade=paper.grade, subject=paper.subject,
        max_primary=4, min_3=1, min_4=2, min_5=3, status="synthetic", source="тест",
    )  # fmt: skip
    return PaperArrays(paper, scale, scores.astype(float), np.zeros((len(scores), 4, 5)))


def schools(kinds: list[tuple[str | None, str | None]]) -> pd.DataFrame:
    """Schools S00, S01 … of these types and locations."""
    frame = pd.DataFrame(kinds, columns=["school_type", "location"], dtype=object)
    frame.index = [f"S{n:02}" for n in range(len(kinds))]
    return frame.assign(municipality="M01", settlement_size=None, pupils=np.nan)


def region(years: tuple[int, ...] = (2024, 2025, 2026), size: int = 40) -> list[Year]:
    """Years of maths and Russian in which nothing happens."""
    rng = np.random.default_rng(1)
    table = schools([("secondary", "село" if n % 2 else "город") for n in range(size)])
    ability = rng.normal(0, 0.6, size)
    made = []
    for year in years:
        papers = []
        for paper in (MATHS, RUSSIAN):
            chance = 1 / (1 + np.exp(-(ability + rng.normal(0, 0.1, size))))
            scores = np.array([np.bincount(rng.binomial(4, p, 30), minlength=5) for p in chance])
            papers.append(paper_of(paper, year, scores))
        made.append(Year(year, table, tuple(papers)))
    return made


def given(*rows: tuple[int, str, str]) -> pd.DataFrame:
    """The table of measures."""
    full = [(*row, f"Мера {row[2]}", None) for row in rows]
    return pd.DataFrame(full, columns=COLUMNS)


# --- results of schools ------------------------------------------------------------------------


def test_share_of_2_and_mean_by_hand() -> None:
    counts = np.array([[2, 0, 0, 2, 0], [0, 4, 0, 0, 4], [0, 0, 0, 0, 0]])
    year = Year(2025, schools([("secondary", None)] * 3), (paper_of(MATHS, 2025, counts),))
    share = school_outcome(year, [MATHS], "share_2")
    assert share["value"].iloc[:2].tolist() == [50, 0]
    share_of_all = 2.5 / 13
    by_hand = 100 * np.sqrt(share_of_all * (1 - share_of_all) / np.array([4, 8]))
    assert share["error"].iloc[:2].to_numpy() == pytest.approx(by_hand)
    mean = school_outcome(year, [MATHS], "mean")
    # twelve pupils: 0 0 3 3 | 1 1 1 1 4 4 4 4; mean 26/12, variance 86/12 − (26/12)²
    spread = np.sqrt(86 / 12 - (26 / 12) ** 2)
    assert mean["value"].iloc[:2].to_numpy() == pytest.approx(
        (np.array([1.5, 2.5]) - 26 / 12) / spread
    )
    assert share.iloc[2].isna().all()
    assert mean.iloc[2].isna().all()


def test_papers_are_pooled_by_pupils_and_errors_of_one_grade_add_up() -> None:
    rng = np.random.default_rng(3)
    first, second = (rng.integers(1, 6, (4, 5)) for _ in range(2))
    table = schools([("secondary", None)] * 4)

    def pooled(other: Paper) -> pd.DataFrame:
        papers = (paper_of(MATHS, 2025, first), paper_of(other, 2025, second))
        return school_outcome(Year(2025, table, papers), [MATHS, other], "mean")

    same, apart = pooled(RUSSIAN), pooled(FIFTH)
    parts = [
        school_outcome(Year(2025, table, (paper_of(MATHS, 2025, one),)), [MATHS], "mean")
        for one in (first, second)
    ]
    n = [one["n"].to_numpy() for one in parts]
    value = sum(w * one["value"].to_numpy() for w, one in zip(n, parts, strict=True)) / sum(n)
    assert same["value"].to_numpy() == pytest.approx(value)
    weighted = [w * one["error"].to_numpy() for w, one in zip(n, parts, strict=True)]
    assert same["error"].to_numpy() == pytest.approx(sum(weighted) / sum(n))
    assert apart["error"].to_numpy() == pytest.approx(np.hypot(*weighted) / sum(n))


# --- who is compared ---------------------------------------------------------------------------


def test_compared_are_schools_alike_that_got_nothing() -> None:
    years = region()
    kinds = [("secondary", "село")] * 20 + [("gymnasium", "город")] * 10 + [("basic", None)] * 10
    years = [replace(one, schools=schools(kinds)) for one in years]
    rows = given(
        *((2025, f"S{n:02}", "курсы") for n in range(6)),
        (2024, "S05", "курсы"),  # had it before: neither treated nor compared
        (2025, "S06", "наставник"),  # got something else: not compared
        *((2025, f"S{n:02}", "курсы") for n in range(30, 40)),  # all of their type: nobody alike
        (2025, "S99", "курсы"),  # no results
    )
    found = {
        (one.measure, one.results.years[one.results.before]): one
        for one in measure_effects(rows, years, [MATHS], rng=np.random.default_rng(0))
    }
    assert set(found) == {("курсы", 2025), ("курсы", 2024), ("наставник", 2025)}
    courses = found["курсы", 2025]
    treated = courses.results.school[courses.results.treated].tolist()
    assert treated == [f"S{n:02}" for n in range(5)]
    compared = courses.results.school[~courses.results.treated].tolist()
    assert compared == [f"S{n:02}" for n in range(7, 20)]
    assert courses.left_out == {
        "without_results": 1, "had_it_before": 1, "nothing_comparable": 10, "other_measure": 1,
    }  # fmt: skip
    assert (courses.treated, courses.compared) == (5, 13)
    assert courses.title == "Мера курсы"


def test_a_year_without_results_after_it_gives_nothing() -> None:
    rows = given(*((2026, f"S{n:02}", "курсы") for n in range(6)))
    assert measure_effects(rows, region(), [MATHS], rng=np.random.default_rng(0)) == ()


def test_results_keep_their_inputs_and_two_years_are_enough() -> None:
    rows = given(*((2025, f"S{n:02}", "курсы") for n in range(12)))
    rng = np.random.default_rng(0)
    three, two = (
        measure_effects(rows, region(years), [MATHS], placebo_papers=[RUSSIAN], rng=rng)[0]
        for years in ((2024, 2025, 2026), (2025, 2026))
    )
    assert three.placebo_time is not None
    assert three.placebo_outcome is not None
    assert set(three.study) == {2024, 2025, 2026}
    assert three.study[2025] is None
    assert not three.power.during
    assert two.placebo_time is None
    assert two.study == {}
    assert two.power.during
    again = estimate(three.results, measure=three.measure, rng=rng)
    assert again.adjusted == three.adjusted
    with pytest.raises(StatsInputError, match="a year before"):
        replace(three.results, before=2)


# --- against other software --------------------------------------------------------------------


def toy(seed: int, *, treated: int = 15, schools: int = 80, effect: float = 0.0) -> SchoolResults:
    """Schools in three strata with exactly known results."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.4, schools)
    outcome = level[:, None] + rng.normal(0, 0.15, (schools, 3))
    chosen = np.isin(np.arange(schools), rng.choice(schools, treated, replace=False))
    outcome[chosen, 2] += effect
    return SchoolResults(
        np.arange(schools), rng.choice(list("АБВ"), schools), chosen, outcome, (2024, 2025, 2026), 1,
        np.full(schools, 1e-9), level[:, None] + rng.normal(0, 0.15, (schools, 2)),
        np.full(schools, 1e-9),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_estimates_are_those_of_statsmodels(seed: int) -> None:
    results = toy(seed, effect=0.2)
    found = estimate(results, measure="мера", rng=np.random.default_rng(0))
    dummies = pd.get_dummies(results.stratum, drop_first=True, dtype=float).to_numpy()
    treated, base = results.treated.astype(float), results.outcome[:, 1]

    def agrees(ours: Effect, after: np.ndarray, *columns: np.ndarray) -> None:
        design = sm.add_constant(np.column_stack([treated, dummies, *columns]))
        fit = sm.OLS(after, design).fit(cov_type="HC2")
        assert (ours.estimate, ours.standard_error) == pytest.approx(
            (fit.params[1], fit.bse[1]), rel=1e-6
        )

    agrees(found.adjusted, results.outcome[:, 2], base)
    agrees(found.placebo_time, results.outcome[:, 0], base)
    agrees(found.placebo_outcome, results.placebo[:, 1], results.placebo[:, 0], base)


def test_the_price_of_adjusting_is_that_of_the_design() -> None:
    """Detectable effects of two designs stand to one another as the standard errors of least squares."""
    results = toy(5)
    low = np.argsort(results.outcome[:, 1])
    chosen = np.isin(np.arange(80), low[:30:2])
    ratios = []
    for one in (results, replace(results, treated=chosen)):
        power = estimate(one, measure="м", rng=np.random.default_rng(0)).power
        columns = np.column_stack([np.ones(80), one.treated, one.covariates, one.outcome[:, 1]])
        inverse = np.linalg.inv(columns.T @ columns)
        ratios.append(power.smallest / power.deviation / np.sqrt(inverse[1, 1]))
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-6)


def test_permutation_stands_beside_a_handful_only() -> None:
    rng = np.random.default_rng(0)
    few = estimate(toy(1, treated=6, effect=0.6), measure="мера", rng=rng, rounds=999)
    many = estimate(toy(1, treated=15), measure="мера", rng=rng)
    assert few.permutation <= 0.01
    assert np.isnan(many.permutation)


# --- verdicts ----------------------------------------------------------------------------------


def effect(size: float, error: float = 0.05, *, treated: int = 15, inside: int = 15) -> Effect:
    return Effect(size, error, 40.0, treated, 60, inside)


@pytest.fixture(scope="module")
def clear() -> MeasureEffect:
    """A measure followed by better results, nothing against it."""
    found = estimate(toy(2), measure="курсы", title="Курсы", rng=np.random.default_rng(0))
    return replace(
        found, adjusted=effect(0.3), difference=effect(0.4), placebo_time=effect(0.01),
        placebo_outcome=effect(-0.02), permutation=np.nan,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"adjusted": None}, Reason.FEW_SCHOOLS),
        ({"difference": None}, Reason.FEW_SCHOOLS),
        ({"adjusted": effect(0.3, inside=11)}, Reason.NO_OVERLAP),
        ({"adjusted": effect(0.3, 0.16)}, Reason.WIDE_INTERVAL),
        ({"permutation": 0.06}, Reason.CHANCE),
        ({"difference": effect(-0.01)}, Reason.SIGNS_DISAGREE),
        ({"placebo_time": effect(0.12)}, Reason.PLACEBO_TIME),
        ({"placebo_outcome": effect(-0.12)}, Reason.PLACEBO_OUTCOME),
    ],
)
def test_each_doubt_alone_stops_the_conclusion(
    clear: MeasureEffect, change: dict, reason: Reason
) -> None:
    finding = judge_effect(replace(clear, **change), THRESHOLDS)
    assert finding.conclusion is Conclusion.UNCLEAR
    assert finding.reasons == (reason,)
    assert "Заключить, изменила ли мера результаты, нельзя:" in measure_text(finding)


def test_an_interval_that_ends_at_zero_holds_it(clear: MeasureEffect) -> None:
    half = effect(0.0).interval()[1]
    for size in (half, -half):
        at = replace(clear, adjusted=effect(size), difference=effect(size))
        finding = judge_effect(at, THRESHOLDS)
        assert 0 in (finding.low, finding.high)
        assert finding.reasons == (Reason.WIDE_INTERVAL,)


def test_no_difference_in_differences_bears_nothing_out(clear: MeasureEffect) -> None:
    finding = judge_effect(replace(clear, difference=effect(0.0)), THRESHOLDS)
    assert finding.reasons == (Reason.SIGNS_DISAGREE,)


def test_a_placebo_at_the_level_itself_does_not_speak_against(clear: MeasureEffect) -> None:
    class AtLevel(Effect):
        p = THRESHOLDS["effect_level"].value

    at = AtLevel(0.1, 0.05, 40.0, 15, 60, 15)
    for name in ("placebo_time", "placebo_outcome"):
        assert judge_effect(replace(clear, **{name: at}), THRESHOLDS).reasons == ()


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"placebo_time": None, "placebo_outcome": None},  # no data for them
        {"adjusted": effect(0.3, inside=12)},  # 80 % have their like
        {"permutation": 0.05},
    ],
)
def test_improvement_needs_all_to_agree(clear: MeasureEffect, change: dict) -> None:
    finding = judge_effect(replace(clear, **change), THRESHOLDS)
    assert finding.conclusion is Conclusion.IMPROVED
    assert "Улучшение подтверждается сравнением." in measure_text(finding)


def test_worsening_is_symmetrical_and_fewer_twos_are_better(clear: MeasureEffect) -> None:
    down = replace(clear, adjusted=effect(-0.3), difference=effect(-0.2))
    assert judge_effect(down, THRESHOLDS).conclusion is Conclusion.WORSENED
    fewer = replace(down, outcome="share_2")
    assert judge_effect(fewer, THRESHOLDS).conclusion is Conclusion.IMPROVED
    assert "доля отметки «2»" in measure_text(judge_effect(fewer, THRESHOLDS))


def test_three_treated_schools_are_too_few() -> None:
    rng = np.random.default_rng(0)
    three, four = (
        judge_effect(estimate(toy(3, treated=n, effect=3.0), measure="м", rng=rng), THRESHOLDS)
        for n in (3, 4)
    )
    assert three.reasons == (Reason.FEW_SCHOOLS,)
    assert Reason.FEW_SCHOOLS not in four.reasons
    one = estimate(toy(3, treated=1), measure="м", rng=rng)
    assert one.adjusted is None
    assert one.power is None
    assert judge_effect(one, THRESHOLDS).reasons == (Reason.FEW_SCHOOLS,)


# --- words -------------------------------------------------------------------------------------


def test_the_text_says_who_what_could_be_seen_and_what_was(clear: MeasureEffect) -> None:
    text = measure_text(judge_effect(clear, THRESHOLDS)).replace("\u00a0", " ")
    assert text.startswith(
        "Мера «Курсы» (средний результат относительно региона): после процедур 2025 года её "
        "получили 15 школ с результатами до и после, сравнение — с 65 школами."
    )
    assert text.index("Ещё до взгляда на итог") < text.index("При одинаковом исходном результате")
    assert "+0,30 стандартного отклонения (интервал 95 %: от +0,20 до +0,40)" in text


def test_the_table_holds_every_estimate(clear: MeasureEffect) -> None:
    finding = judge_effect(replace(clear, permutation=0.01), THRESHOLDS)
    frame = effect_table((finding,)).frame
    assert len(frame) == 6  # four estimates, the year before in the study, the permutation
    main = frame[frame["Оценка"].str.contains("главная")].iloc[0]
    assert (main["Изменение"], main["Школ с мерой"]) == ("+0,30", 15)
    page = effect_text((finding, finding))._repr_html_()
    assert "Сравнений — 2" in page
    assert "без сравнения ничего не говорит" in page


def test_left_out_schools_are_counted_below_the_table(clear: MeasureEffect) -> None:
    finding = judge_effect(
        replace(clear, left_out={"had_it_before": 2, "other_measure": 0}), THRESHOLDS
    )
    notes = effect_table((finding,)).notes
    assert "Мера «Курсы», не вошли школы: получали ту же меру раньше — 2." in notes
