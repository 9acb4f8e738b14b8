"""The demo's exams and medals: plausible, honest schools consistent, planted ones as the truth says."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from msoko_analysis.ingest.contract_checks import dtypes, validate
from msoko_analysis.ingest.contracts import MEDALISTS, RESULTS
from msoko_analysis.params.run import load_run
from msoko_analysis.rules.medals import MedalExams, follows_rule, p29
from msoko_analysis.synthetic.demo import SEED, read_cuts
from msoko_analysis.synthetic.gia import EXAMS, draw_gia
from msoko_analysis.synthetic.region import draw_region

YEARS = (2024, 2025, 2026)
CONSISTENT = 15  # pupils of a school whose mean is compared


@pytest.fixture(scope="module")
def folder(project: Path) -> Path:
    return project / "data" / "demo"


@pytest.fixture(scope="module")
def rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "gia.parquet")


@pytest.fixture(scope="module")
def written(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("total").is_not_null())


@pytest.fixture(scope="module")
def schools(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "schools.csv")


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[dict]:
    return yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))["gia"]


@pytest.fixture(scope="module")
def medalists(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "medalists.csv")


@pytest.fixture(scope="module")
def judged(written: pl.DataFrame, medalists: pl.DataFrame) -> pl.DataFrame:
    """Each medalist with what the table of results says about the exams, one pupil after another."""
    papers: dict[tuple, dict[str, tuple]] = {}
    for row in written.filter(procedure="EGE").iter_rows(named=True):
        mine = papers.setdefault((row["year"], row["person"]), {})
        mine[row["subject"]] = (row["total"], row["mark"])
    allowed, lowest = [], []
    for row in medalists.iter_rows(named=True):
        mine = papers[row["year"], row["person"]]
        tests = {subject: total for subject, (total, _) in mine.items() if subject != "MAB"}
        bar = {1: 70, 2: 60}[row["degree"]]
        others = [total for subject, total in tests.items() if subject != "RU"]
        base = set(mine) == {"RU", "MAB"} and mine["MAB"][1] == 5
        allowed.append(tests["RU"] >= bar and (any(t >= bar for t in others) or base))
        lowest.append(min(tests.values()))
    return medalists.with_columns(allowed=pl.Series(allowed), lowest=pl.Series(lowest))


def planted(truth: list[dict], kind: str) -> list[dict]:
    return [school for school in truth if school["kind"] == kind]


def paper(table: pl.DataFrame, year: int, grade: int, subject: str) -> pl.DataFrame:
    return table.filter(year=year, grade=grade, subject=subject)


def means(table: pl.DataFrame, value: str = "total") -> pl.DataFrame:
    """Mean of every school with enough pupils in a table of one paper."""
    by_school = table.group_by("school").agg(n=pl.len(), mean=pl.col(value).mean())
    return by_school.filter(pl.col("n") >= CONSISTENT).select("school", "mean")


def mark_shares(table: pl.DataFrame) -> list[float]:
    return [(table["mark"] == mark).mean() for mark in (2, 3, 4, 5)]


# ---- the tables


def test_tables_keep_their_contracts_and_hold_no_names(rows, medalists):
    items = [name for name in rows.columns if name.startswith("item_")]
    missing = [name for name in RESULTS.names if name not in rows.columns]
    assert missing == ["variant"]
    results = rows.with_columns(variant=None).select(*RESULTS.names, *items)
    validate(RESULTS, results.cast(dtypes(RESULTS, tuple(items))))
    validate(MEDALISTS, medalists.cast(dtypes(MEDALISTS)))
    assert rows["person"].drop_nulls().str.contains("^[0-9a-f]{16}$").all()


def test_an_absent_pupil_keeps_only_the_school_mark(rows: pl.DataFrame):
    absent = rows.filter(pl.col("total").is_null())
    assert absent.select("mark", "^item_.*$").null_count().row(0) == (absent.height,) * 28
    share = rows.group_by("procedure").agg(pl.col("total").is_null().mean())
    assert dict(share.iter_rows()) == {
        "VPR": pytest.approx(0.065, abs=0.015),
        "OGE": pytest.approx(0.01, abs=0.004),
        "EGE": pytest.approx(0.01, abs=0.004),
    }


def test_scores_marks_and_tasks_agree_with_the_scales(written: pl.DataFrame, project: Path):
    with (project / "params/scales/demo.csv").open(encoding="utf-8", newline="") as file:
        scales = {(int(r["grade"]), r["subject"]): r for r in csv.DictReader(file)}
    for exam in EXAMS:
        own = written.filter(grade=exam.grade, subject=exam.subject)
        if (exam.grade, exam.subject) not in scales:
            assert own["total"].is_between(0, 100).all()
            assert own["mark"].null_count() == own.height
            continue
        scale = scales[exam.grade, exam.subject]
        assert exam.max_primary == int(scale["max_primary"])
        if exam.grade < 11:
            assert (own["total"] == own.select(pl.sum_horizontal("^item_.*$")).to_series()).all()
        if exam.procedure != "VPR":
            cuts = [int(scale[f"min_{mark}"]) for mark in (3, 4, 5)]
            mark = 2 + sum((own["total"] >= cut).cast(pl.Int64) for cut in cuts)
            assert (own["mark"] == mark).all()


def test_person_links_the_papers_of_one_pupil(rows: pl.DataFrame, medalists: pl.DataFrame):
    exams = rows.filter(pl.col("procedure") != "VPR")
    assert exams["person"].null_count() == 0
    assert exams.group_by("person").agg(pl.col("school").n_unique())["school"].max() == 1
    nine = set(paper(exams, 2024, 9, "RU")["person"])
    eleven = paper(exams, 2026, 11, "RU")["person"]
    assert set(eleven) < nine
    for year in YEARS:
        assert set(medalists.filter(year=year)["person"]) <= set(
            paper(exams, year, 11, "RU")["person"]
        )


# ---- realism: broad orders of magnitude, listed in data/README.md


def test_marks_of_oge(written: pl.DataFrame):
    for year in YEARS:
        for subject in ("RU", "MA", "OB", "BI"):
            two, three, four, five = mark_shares(paper(written, year, 9, subject))
            assert 0.02 < two < 0.15
            assert 0.25 < three < 0.50
            assert 0.30 < four < 0.50
            assert 0.07 < five < 0.30


def test_scores_of_ege(written: pl.DataFrame):
    mean = {"RU": (60, 70), "MA": (55, 64), "OB": (54, 63), "IS": (52, 60), "BI": (50, 60),
            "FI": (55, 65), "IN": (55, 67)}  # fmt: skip
    below = {"RU": (24, 0.01), "MA": (27, 0.08), "OB": (42, 0.18), "BI": (36, 0.18)}
    for year in YEARS:
        for subject, (low, high) in mean.items():
            total = paper(written, year, 11, subject)["total"]
            assert low < total.mean() < high
            assert 10 < total.std() < 20
            if subject in below:
                bar, most = below[subject]
                assert (total < bar).mean() < most
        base = mark_shares(paper(written, year, 11, "MAB"))
        assert 3.8 < np.dot(base, (2, 3, 4, 5)) < 4.3


def test_who_goes_on_to_grade_11(rows: pl.DataFrame, schools: pl.DataFrame):
    basic = schools.filter(school_type="basic")["school"].implode()
    for year in YEARS:
        eleven = paper(rows, year, 11, "RU")
        assert not eleven["school"].is_in(basic).any()
        both = [set(paper(rows, year, 11, subject)["person"]) for subject in ("MA", "MAB")]
        assert set(eleven["person"]) == both[0] | both[1]
        assert not both[0] & both[1]
    assert 0.4 < paper(rows, 2026, 11, "RU").height / paper(rows, 2024, 9, "RU").height < 0.5


def test_medals_are_some_in_a_hundred_and_a_few_a_school(written, medalists):
    for year in YEARS:
        share = medalists.filter(year=year).height / paper(written, year, 11, "RU").height
        assert 0.1 < share < 0.2
        given = medalists.filter(year=year).group_by("school").len()["len"]
        assert 2 <= given.mean() <= 5


# ---- honest schools tell one story


@pytest.mark.parametrize(
    ("before", "after", "least"),
    [  # year, grade; the same pupils, then other pupils of the same schools
        ((2025, 8), (2026, 9), 0.7),
        ((2024, 9), (2026, 11), 0.5),
        ((2025, 9), (2026, 9), 0.5),
    ],
)
def test_school_means_go_together_between_procedures(written, before, after, least):
    for subject in ("RU", "MA"):
        if subject == "MA" and after[1] == 11:
            continue  # the abler half of a school sits it
        both = [means(paper(written, *one, subject)) for one in (before, after)]
        joined = both[0].join(both[1], on="school")
        assert joined.height > 15
        assert joined.select(pl.corr("mean", "mean_right")).item() > least


def test_school_means_go_together_with_those_of_grade_6(written, folder):
    younger = pl.read_parquet(folder / "results.parquet").filter(pl.col("total") <= 51)
    for subject in ("RU", "MA"):
        both = [means(paper(t, 2026, g, subject)) for t, g in ((younger, 6), (written, 9))]
        joined = both[0].join(both[1], on="school")
        assert joined.select(pl.corr("mean", "mean_right")).item() > 0.5


def test_gymnasiums_are_high_everywhere(written, schools):
    selective = schools.filter(pl.col("school_type").is_in(["gymnasium", "lyceum"]))["school"]
    for grade, subject in ((8, "RU"), (8, "MA"), (9, "RU"), (9, "MA"), (9, "OB"), (11, "RU")):
        for (_,), table in written.filter(grade=grade, subject=subject).group_by("year"):
            own = table.filter(pl.col("school").is_in(selective.implode()))["total"].mean()
            assert own > table["total"].mean() + 0.5 * table["total"].std()


# ---- planted truth against the tables


def test_medals_are_those_of_the_truth(judged, truth):
    for school in planted(truth, "doubtful_medals"):
        for told in school["years"]:
            own = judged.filter(school=school["school"], year=told["year"])
            first = own.filter(degree=1)
            assert own.height == told["medals"]
            assert first.height == told["degree_1"]
            assert (first["lowest"] < 70).sum() == told["degree_1_below_70"]
            assert (~own["allowed"]).sum() == told["against_rule"]
            assert told["favoured"] == 4


def test_every_honest_medal_keeps_the_rule_of_its_year(judged, truth):
    doubtful = [school["school"] for school in planted(truth, "doubtful_medals")]
    honest = judged.filter(~pl.col("school").is_in(doubtful))
    assert honest.height > 1000
    assert honest["allowed"].all()


def test_the_rules_of_the_project_say_the_same_of_every_medal(judged, written, project):
    rules = load_run(project / "params/runs/demo.yaml").medal_rules
    subjects = tuple(exam.subject for exam in EXAMS if exam.anchors)
    papers = written.filter(procedure="EGE").pivot("subject", index="person", values="total")
    marks = written.filter(subject="MAB").select("person", base="mark")
    rows = judged.join(papers, on="person", how="left").join(marks, on="person", how="left")
    for (year, degree), own in rows.group_by("year", "degree"):
        scores, base = own.select(subjects).to_numpy(), own["base"].cast(pl.Float64).to_numpy()
        exams = MedalExams(subjects, scores.astype(float), base)
        said = follows_rule(rules.of(year, degree), exams)
        assert (np.nan_to_num(said) == own["allowed"].to_numpy()).all()
        bar = rules.bars.p29.score
        assert (p29(exams, bar) == (own["lowest"] < bar).to_numpy()).all()


def test_medalists_below_70_are_many_where_medals_are_doubtful(judged, truth):
    first = judged.filter(degree=1)
    doubtful = [school["school"] for school in planted(truth, "doubtful_medals")]
    below = (pl.col("lowest") < 70).mean()
    region = first.filter(~pl.col("school").is_in(doubtful)).select(below).item()
    assert 0.1 < region < 0.3  # a third exam below 70 is within the rule: no fault of a school
    for school in doubtful:
        own = first.filter(school=school)
        assert own.height >= 10
        assert own.select(below).item() > 1.5 * region


def test_inflated_marks_stand_out_in_oge_too(written, truth):
    (school,) = planted(truth, "mark_inflation")
    nine = written.filter(procedure="OGE").with_columns(gap=pl.col("prior_mark") - pl.col("mark"))
    by_school = nine.group_by("school").agg(n=pl.len(), gap=pl.col("gap").mean())
    others = by_school.filter(pl.col("n") > 150, pl.col("school") != school["school"])["gap"]
    own = by_school.filter(school=school["school"])["gap"].item()
    assert (own - others.mean()) / others.std() > 2.5
    assert (others > own).mean() < 0.02
    for told in school["papers"]:
        at = paper(nine, told["year"], told["grade"], told["subject"])
        assert at.filter(school=school["school"]).height == told["n"]


def test_help_in_vpr_8_is_gone_at_oge(written, truth):
    (school,) = planted(truth, "helped_vpr8")
    for told in school["papers"]:
        before = paper(written, told["year"], 8, told["subject"])
        assert before.filter(school=school["school"]).height == told["n"]
        both = means(before).join(means(paper(written, 2026, 9, told["subject"])), on="school")
        slope, level = np.polyfit(both["mean_right"], both["mean"], 1)
        rest = both["mean"] - slope * both["mean_right"] - level
        own = rest.filter(both["school"] == school["school"]).item()
        assert own / rest.filter(both["school"] != school["school"]).std() > 2


# ---- the generator


@pytest.fixture(scope="module")
def region() -> pl.DataFrame:
    return draw_region(np.random.default_rng(SEED))


def test_same_seed_same_region_and_another_seed_another(region):
    drawn = [
        draw_gia(np.random.default_rng(seed), region, read_cuts(), years=(2026,))
        for seed in (1, 1, 2)
    ]
    assert drawn[0].results.equals(drawn[1].results)
    assert drawn[0].medals.equals(drawn[1].medals)
    assert not drawn[0].results["total"].equals(drawn[2].results["total"])


def test_what_is_planted_in_one_part_leaves_the_others(region):
    plain, touched = (
        draw_gia(np.random.default_rng(3), region, read_cuts(), years=(2026,), **given)
        for given in ({}, {"favoured": 2, "helped": 0.5})
    )
    exams = [one.results.filter(pl.col("procedure") != "VPR") for one in (plain, touched)]
    assert exams[0].equals(exams[1])
    before = [one.results.filter(procedure="VPR")["total"].mean() for one in (plain, touched)]
    assert before[1] > before[0]
    honest = touched.medals.filter(~pl.col("favoured"))
    assert honest.equals(plain.medals)
    assert touched.medals.filter("favoured")["degree"].unique().to_list() == [1]
