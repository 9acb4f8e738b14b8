"""The synthetic worlds: honest ones really are, and the demo holds exactly what its truth says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from anova import anova_icc
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from msoko_analysis.params.run import load_run
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.spike import PaperScores, SpikeTest, spike_test, usable_cuts
from msoko_analysis.synthetic import Tasks, count_scores, honest_world, lift, respond
from msoko_analysis.synthetic.__main__ import main
from msoko_analysis.synthetic.demo import FILES, KEY, read_cuts
from msoko_analysis.synthetic.exam import PAPERS

YEARS = (2025, 2026)
DISTRICTS = ("M01", "M02", "M03")
KEYS = [(year, paper.grade, paper.subject) for year in YEARS for paper in PAPERS]


@pytest.fixture(scope="module")
def folder(project: Path) -> Path:
    return project / "data" / "demo"


@pytest.fixture(scope="module")
def results(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "results.parquet")


@pytest.fixture(scope="module")
def schools(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "schools.csv")


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict:
    return yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def largest(project: Path) -> dict[tuple[int, str], int]:
    """Maxima of the papers of grades 4–6; those of the exams are for tests/test_gia.py."""
    with (project / "params/scales/demo.csv").open(encoding="utf-8", newline="") as file:
        return {
            (int(r["grade"]), r["subject"]): int(r["max_primary"])
            for r in csv.DictReader(file)
            if int(r["grade"]) <= 6
        }


@pytest.fixture(scope="module")
def clean(results: pl.DataFrame, largest: dict) -> pl.DataFrame:
    """Pupils who wrote a paper, with possible scores and marks, each once; and their mark."""
    parts = []
    for (grade, subject), highest in largest.items():
        cuts = list(read_cuts()[grade, subject])
        mark = 2 + sum((pl.col("total") >= cut).cast(pl.Int64) for cut in cuts)
        own = results.filter(pl.col("total") <= highest, grade=grade, subject=subject)
        parts.append(own.with_columns(mark=mark))
    return pl.concat(parts).unique(KEY, maintain_order=True)


def planted(truth: dict, kind: str) -> list[dict]:
    return [school for school in truth["planted"] if school["kind"] == kind]


def one_paper(rows: pl.DataFrame, paper: dict | tuple[int, int, str]) -> pl.DataFrame:
    if isinstance(paper, dict):
        paper = (paper["year"], paper["grade"], paper["subject"])
    return rows.filter(year=paper[0], grade=paper[1], subject=paper[2])


# ---- worlds


def test_points_follow_the_partial_credit_model():
    tasks = Tasks(
        np.array([1, 3]), np.array([1.4, 0.8]), np.array([[0.3, np.inf, np.inf], [-1, 1, 0]])
    )
    n, ability = 20_000, 0.5
    points = respond(np.random.default_rng(5), tasks, np.full(n, ability))
    for task, most in enumerate(tasks.maxima):
        odds = [1.0]
        for step in tasks.steps[task, :most]:  # the slow twin: one category after another
            odds.append(odds[-1] * np.exp(tasks.slope[task] * (ability - step)))
        seen = np.bincount(points[:, task], minlength=most + 1)
        assert chisquare(seen, n * np.array(odds) / sum(odds)).pvalue > 0.001


def test_honest_world_has_the_sizes_and_the_icc_it_was_asked_for():
    world = honest_world(np.random.default_rng(3), 1500, median_size=30, icc=0.2, gymnasiums=0)
    assert np.median(world.sizes) == pytest.approx(30, rel=0.06)
    assert np.log(world.sizes).std() == pytest.approx(0.8, abs=0.05)
    # A score of 25 points is a noisy ability: its ICC is a little below that of ability.
    assert 0.15 < anova_icc(world.scores, world.school) < 0.2


def test_gymnasiums_are_better_and_streams_make_two_humps():
    world = honest_world(
        np.random.default_rng(4), 800, gymnasiums=0.3, bimodal=0.5, gap=3, icc=0.05
    )
    mean = np.bincount(world.school, world.scores) / world.sizes
    assert mean[world.gymnasium].mean() > mean[~world.gymnasium].mean() + 3
    spread = np.array([world.scores[world.school == s].std() for s in range(800)])
    ordinary = ~world.gymnasium
    assert np.median(spread[ordinary & world.bimodal]) > 1.2 * np.median(
        spread[ordinary & ~world.bimodal]
    )


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.integers(3, 18), st.integers(1, 3))
def test_lift_moves_only_pupils_within_reach_and_only_over_the_cut(seed, theta, cut, reach):
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 21, 300)
    after = lift(rng, before, cut, theta, reach=reach)
    moved = after != before
    assert ((before[moved] >= cut - reach) & (before[moved] < cut)).all()
    assert np.isin(after[moved], [cut, cut + 1]).all()


def test_lift_moves_the_asked_share_of_those_within_reach_of_each_school():
    rng = np.random.default_rng(6)
    theta = np.repeat([0.0, 0.6], 20_000)
    after = lift(rng, np.full(40_000, 9), 10, theta)
    assert (after[:20_000] == 9).all()
    lifted = int((after > 9).sum())
    assert 0.001 < binom.cdf(lifted, 20_000, 0.6) < 0.999
    assert (after == 11).sum() / lifted == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / lifted))


# ---- the demo as a file


def test_demo_is_made_again_to_the_last_value(folder: Path, tmp_path: Path, capsys):
    assert main([str(tmp_path / "again")]) == 0
    assert "Готово" in capsys.readouterr().out
    for name in FILES:
        again, kept = tmp_path / "again" / name, folder / name
        if name.endswith(".parquet"):  # its bytes depend on the library, the table does not
            again, kept = pl.read_parquet(again), pl.read_parquet(kept)
            assert again.schema == kept.schema
            assert again.equals(kept)
        else:
            assert again.read_bytes() == kept.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_demo_is_small(folder: Path):
    assert sum((folder / name).stat().st_size for name in FILES) < 1_500_000


def test_run_file_of_the_demo_is_accepted_and_names_its_districts(project: Path, schools):
    run = load_run(project / "params/runs/demo.yaml")
    assert tuple(run.districts) == DISTRICTS
    assert run.districts["M02"].name.genitive == "Северного района"
    assert {scale.status for scale in run.scales.values()} == {"synthetic"}
    sizes = dict(schools.group_by("municipality").len().iter_rows())
    assert [sizes[code] for code in DISTRICTS] == [22, 14, 7]
    assert len(sizes) == 11


# ---- realism: ranges of domain.md §1.5


def test_scales_have_the_maximum_of_the_tasks(largest):
    tasks = {(p.grade, p.subject): int(np.dot((1, 2, 3), p.tasks)) for p in PAPERS}
    assert tasks == largest


def test_school_sizes(clean):
    sizes = clean.group_by("year", "grade", "subject", "school").len()["len"]
    assert 20 <= sizes.median() <= 25
    assert 8 <= sizes.quantile(0.25) <= 13
    assert 40 <= sizes.quantile(0.75) <= 60
    assert 0.18 <= (sizes < 10).mean() <= 0.26


def test_differences_between_schools_and_municipalities(clean):
    of_schools, of_towns = [], []
    for key in KEYS:
        paper = one_paper(clean, key)
        of_schools.append(anova_icc(paper["total"], paper["school"]))
        of_towns.append(anova_icc(paper["total"], paper["municipality"]))
    assert min(of_schools) > 0.10
    assert max(of_schools) < 0.20
    assert 0.01 < np.mean(of_towns) < 0.06


def test_school_marks_against_the_paper(clean):
    for key in KEYS:
        paper = one_paper(clean, key).filter(pl.col("prior_mark").is_between(2, 5))
        step = (paper["mark"] - paper["prior_mark"]).sign()
        lower, same, higher = ((step == sign).mean() for sign in (-1, 0, 1))
        assert 0.10 < lower < 0.45
        assert 0.45 < same < 0.70
        assert 0.03 < higher < 0.25
        assert 0.60 < paper.select(pl.corr("total", "prior_mark")).item() < 0.78


def test_the_whole_region_has_a_spike_at_the_pass_cut_and_only_there(clean):
    for key in KEYS:
        scores = one_paper(clean, key)["total"].to_numpy()
        ratio = [(scores == cut).sum() / (scores == cut - 1).sum() for cut in read_cuts()[key[1:]]]
        assert 2 < ratio[0] < 9
        assert max(ratio[1:]) < 1.5


def test_participation_and_variants(results):
    for key in KEYS:
        paper = one_paper(results, key)
        absent = paper["total"].is_null()
        assert 0.05 < absent.mean() < 0.08
        items = paper.filter(absent).select(pl.col("^item_.*$").is_not_null().sum())
        assert sum(items.row(0)) == 0
        assert set(paper["variant"].drop_nulls().unique()) == {"1", "2"}


def test_a_cohort_keeps_its_level_from_grade_4_to_grade_5(clean):
    for subject in ("RU", "MA"):
        means = [
            one_paper(clean, (year, grade, subject))
            .group_by("school")
            .agg(n=pl.len(), mean=pl.col("total").mean())
            .filter(pl.col("n") >= 15)
            for year, grade in ((2025, 4), (2026, 5))
        ]
        both = means[0].join(means[1], on="school")
        assert both.select(pl.corr("mean", "mean_right")).item() > 0.6


# ---- planted truth against the data


def test_numbers_of_pupils_in_the_truth(clean, truth):
    for school in truth["planted"]:
        for paper in school["papers"]:
            own = one_paper(clean, paper).filter(school=school["school"])
            assert own.height == paper["n"]
            if school["kind"] == "low":
                assert (own["mark"] == 2).sum() == paper["n_mark_2"]


def test_lifted_pupils_stand_over_the_cut_and_are_missing_under_it(clean, truth):
    for school in planted(truth, "spike"):
        lifted, left = 0, 0
        assert len(school["papers"]) == 5
        for paper in school["papers"]:
            scores = one_paper(clean, paper).filter(school=school["school"])["total"].to_numpy()
            cuts = read_cuts()[paper["grade"], paper["subject"]]
            for cut, moved in zip(
                cuts, (paper["lifted_over_3"], paper["lifted_over_4"]), strict=False
            ):
                assert np.isin(scores, [cut, cut + 1]).sum() >= moved
                lifted += moved
                left += int(np.isin(scores, [cut - 1, cut - 2]).sum())
        assert lifted == school["lifted"]
        # Everybody within reach was lifted or is still there: θ is the share of those lifted.
        tail = binom.cdf(lifted, lifted + left, school["theta"])
        assert 0.001 < tail < 0.999


def test_low_results_in_two_papers_of_both_years(clean, truth):
    assert {school["municipality"] for school in planted(truth, "low")} == {"M01", "M03"}
    for school in planted(truth, "low"):
        for year in YEARS:
            papers = [p for p in school["papers"] if p["year"] == year and p["n"] >= 10]
            assert sum(p["n_mark_2"] / p["n"] >= 0.3 for p in papers) >= 2


def test_inflated_marks_stand_out(clean, truth):
    (school,) = planted(truth, "mark_inflation")
    gap = (pl.col("prior_mark") - pl.col("mark")).filter(pl.col("prior_mark") <= 5).mean()
    by_school = clean.group_by("school").agg(gap=gap, n=pl.len()).filter(pl.col("n") > 150)
    own = by_school.filter(school=school["school"])["gap"].item()
    others = by_school.filter(pl.col("school") != school["school"])["gap"]
    assert (own - others.mean()) / others.std() > 2.5
    assert (others > own).mean() < 0.02


def test_leaked_tasks_are_known_and_the_others_are_not(clean, truth):
    (school,) = planted(truth, "leak")
    for paper in school["papers"]:
        rows, leaked = one_paper(clean, paper), paper["leaked_tasks"].split(", ")
        used = [name for name in rows.columns if name.startswith("item_") and rows[name].max()]
        mean, largest = rows.select(used).mean().row(0), rows.select(used).max().row(0)
        own = rows.filter(school=school["school"]).select(used).mean().row(0)
        gain = {name: (o - m) / x for name, o, m, x in zip(used, own, mean, largest, strict=True)}
        assert min(gain[name] for name in leaked) > 0.3
        assert np.mean([value for name, value in gain.items() if name not in leaked]) < 0.15


def test_the_strong_gymnasium_is_only_strong(clean, truth):
    (school,) = planted(truth, "level")
    for key in KEYS:
        paper = one_paper(clean, key)
        own = paper.filter(school=school["school"])["total"].mean()
        assert own > paper["total"].mean() + 0.7 * paper["total"].std()


def test_dirt_is_exactly_what_the_truth_lists(results, truth, largest):
    def listed(*kinds: str) -> list[tuple]:
        rows = [row for row in truth["dirt"] if row["kind"] in kinds]
        return sorted(tuple(row[name] for name in KEY) for row in rows)

    def found(rows: pl.DataFrame) -> list[tuple]:
        return sorted(rows.select(KEY).rows())

    highest = pl.DataFrame(
        [(grade, subject, top) for (grade, subject), top in largest.items()],
        schema=["grade", "subject", "top"],
        orient="row",
    )
    rows = results.join(highest, on=["grade", "subject"])
    wrong_sum = pl.col("total") != pl.sum_horizontal("^item_.*$")
    assert found(rows.filter(wrong_sum)) == listed("total_not_sum", "total_above_maximum")
    assert found(rows.filter(pl.col("total") > pl.col("top"))) == listed("total_above_maximum")
    odd_mark = ~pl.col("prior_mark").is_between(2, 5)
    assert found(rows.filter(odd_mark)) == listed("prior_mark_out_of_range")
    twins = results.filter(pl.struct(KEY).is_duplicated()).unique()
    assert found(twins) == listed("duplicate_row")
    dishonest = {school["school"] for school in truth["planted"]}
    assert not dishonest & {row["school"] for row in truth["dirt"]}


# ---- what a spike test sees


def pooled(clean: pl.DataFrame, schools: pl.DataFrame, largest: dict, year: int) -> SpikeTest:
    index = {school: number for number, school in enumerate(schools["school"])}
    papers = []
    for (grade, subject), highest in largest.items():
        rows = one_paper(clean, (year, grade, subject))
        own = np.array([index[school] for school in rows["school"]])
        counts = count_scores(own, rows["total"].to_numpy(), len(index), highest)
        reference = outside_municipality(counts, schools["municipality"].to_numpy())
        cuts = usable_cuts(highest, read_cuts()[grade, subject])
        papers.append(PaperScores(counts, reference, cuts))
    return spike_test(papers)


def test_planted_schools_are_seen_and_honest_ones_are_like_their_region(
    clean, schools, truth, largest
):
    test = pooled(clean, schools, largest, 2026)
    spiked = schools["school"].is_in([s["school"] for s in planted(truth, "spike")]).to_numpy()
    reported = schools["municipality"].is_in(DISTRICTS).to_numpy()
    assert test.z[spiked].min() > 5
    assert test.p[reported & ~spiked].min() > 0.001
    honest = reported & ~spiked
    together = test.score[honest].sum() / np.sqrt(test.information[honest].sum())
    assert abs(together) < 2.6


def test_nobody_stands_out_in_the_first_year(clean, schools, largest):
    test = pooled(clean, schools, largest, 2025)
    reported = schools["municipality"].is_in(DISTRICTS).to_numpy()
    assert test.p[reported].min() > 0.001
