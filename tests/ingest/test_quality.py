"""Counts of faults: a slow twin, the planted dirt of the demo, and the facts of a real region."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import polars as pl
import pytest
import yaml

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import read_files
from msoko_analysis.ingest.quality import CHECKS, COLUMNS, QualityItem, assess, quality_table

HEADER = "year;procedure;grade;subject;municipality;school;pupil;prior_mark;total;item_01;item_02"
SCALES = {(year, "VPR", 4, "MA"): SimpleNamespace(max_primary=20) for year in (2020, 2021)}
LINES = (
    "2020;VPR;4;MA;M1;S1;1;4;12;10;2",
    "2020;VPR;4;MA;M1;S1;2;4;9;9;X",
    "2020;VPR;4;MA;M2;S3;1;4;;;",
    "2021;VPR;4;MA;M1;S1;1;4;21;20;1",  # above the maximum
    "2021;VPR;4;MA;M1;S1;2;4;20;19;X",  # not the sum of tasks, X counts 0
    "2021;VPR;4;MA;M1;S1;3;8;5;5;X",  # a mark of 8: its cell is emptied
    "2021;VPR;4;MA;M1;S2;1;4;7;;",  # no tasks: the sum can not be checked
    "2021;VPR;4;MA;M1;S2;2;4;;;",  # absent
    "2021;VPR;4;MA;M1;S2;3;4;;1;1",  # tasks without a score
    "2021;VPR;4;MA;M1;S2;3;4;3;1;2",  # the same pupil again
    "2021;VPR;4;MA;M2;S9;1;4;-3;;",  # set aside
    "2021;VPR;4;MA;M2;S9;2;4;3;1;2",  # S9 is in no table of schools
    "2021;VPR;6;RU;M1;S1;1;4;3;1;2",  # a paper without a scale, not held the year before
    "год;VPR;6;RU;M1;S1;2;4;3;1;2",  # a row of no paper
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A derived folder with each fault planted once."""
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *LINES]), encoding="utf-8")
    schools = "school;municipality\nS1;M1\nS2;M1\nS3;M2\n"
    (tmp_path / "schools.csv").write_text(schools, encoding="utf-8")
    read_files([tmp_path / "a.csv", tmp_path / "schools.csv"], tmp_path / "derived")
    return tmp_path / "derived"


def test_a_test_score_is_no_sum_of_tasks_and_needs_no_scale(tmp_path: Path) -> None:
    lines = [HEADER, "2026;EGE;11;RU;M1;S1;1;;70;10;2", "2026;OGE;9;RU;M1;S1;1;;13;10;2"]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    read_files([tmp_path / "a.csv"], tmp_path / "derived")
    table = quality_table(tmp_path / "derived", {})
    for check in ("total_ne_items", "no_scale"):
        assert pick(table, check, 2026, 11, "M1") == (0, 0), "not checked"
        assert pick(table, check, 2026, 9, "M1") == (1, 1)


def pick(table: pd.DataFrame, check: str, year: int, grade: int, place: str) -> tuple[int, int]:
    """(n_found, n_rows) of one cell of the table."""
    row = table[
        (table["check"] == check)
        & (table["year"] == year)
        & (table["grade"] == grade)
        & (table["municipality"] == place)
    ]
    assert len(row) == 1, check
    return int(row["n_found"].iloc[0]), int(row["n_rows"].iloc[0])


@pytest.mark.parametrize(
    ("check", "place", "found"),
    [
        ("total_above_max", "M1", (1, 4)),
        ("total_ne_items", "M1", (1, 3)),
        ("no_scale", "M1", (0, 4)),
        ("unknown_school", "M1", (0, 6)),
        ("unknown_school", "M2", (1, 1)),
        ("absent", "M1", (1, 6)),
        ("no_total", "M1", (1, 6)),
        ("set_aside", "M1", (1, 7)),
        ("set_aside", "M2", (1, 2)),
        ("cells_blanked", "M1", (1, 7)),
        ("participation", "M1", (4, 2)),
        ("participation", "M2", (1, 0)),
    ],
)
def test_each_planted_fault_is_counted_once(
    check: str, place: str, found: tuple[int, int], folder: Path
) -> None:
    assert pick(quality_table(folder, SCALES), check, 2021, 4, place) == found


def test_a_paper_without_a_scale_is_told_and_not_checked_for_its_maximum(folder: Path) -> None:
    table = quality_table(folder, SCALES)
    assert pick(table, "no_scale", 2021, 6, "M1") == (1, 1)
    assert pick(table, "total_above_max", 2021, 6, "M1") == (0, 0)
    assert table[(table["check"] == "participation") & (table["grade"] == 6)].empty


def test_a_row_of_no_paper_is_not_lost(folder: Path) -> None:
    table = quality_table(folder, SCALES)
    assert list(table.columns) == list(COLUMNS)
    assert set(table["check"]) == set(CHECKS)
    nameless = table[table["year"].isna() & (table["check"] == "set_aside")]
    assert nameless[["municipality", "n_rows", "n_found"]].to_numpy().tolist() == [["M1", 1, 1]]


def test_assess_filters_a_district_and_leaves_out_what_is_clean(folder: Path) -> None:
    report = assess(folder, SCALES, district="M2")
    paper = (2021, "VPR", 4, "MA")
    assert report.items == (
        QualityItem("unknown_school", paper, "M2", 1, 1),
        QualityItem("absent", (2020, "VPR", 4, "MA"), "M2", 1, 1),
        QualityItem("set_aside", paper, "M2", 1, 2),
        QualityItem("participation", paper, "M2", 1, 0),
    )
    assert assess(folder, SCALES).count("set_aside") == 3


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="msoko ingest"):
        quality_table(tmp_path, SCALES)


def test_the_planted_dirt_of_the_demo(project: Path, tmp_path: Path) -> None:
    demo = project / "data" / "demo"
    truth = yaml.safe_load((demo / "truth.yaml").read_text(encoding="utf-8"))
    planted = Counter(fault["kind"] for fault in truth["dirt"])
    read_files([demo], tmp_path / "derived")
    results = pl.read_parquet(demo / "results.parquet")
    papers = results.select("year", "procedure", "grade", "subject").unique().rows()
    with (project / "params" / "scales" / "demo.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    maxima = {(int(row["grade"]), row["subject"]): int(row["max_primary"]) for row in rows}
    scales = {p: SimpleNamespace(max_primary=maxima[p[2], p[3]]) for p in papers}
    report = assess(tmp_path / "derived", scales)
    # a score above the maximum can not be the sum of its tasks either
    wrong_sums = planted["total_not_sum"] + planted["total_above_maximum"]
    assert report.count("total_ne_items") == wrong_sums
    assert report.count("total_above_max") == planted["total_above_maximum"]
    assert report.count("cells_blanked") == planted["prior_mark_out_of_range"]
    assert report.count("set_aside") == planted["duplicate_row"]


def slow_counts(source: pl.DataFrame, maxima: dict[tuple[int, str], int]) -> Counter[str]:
    """The checks of a region one pupil at a time, straight from the source file."""
    counts: Counter[str] = Counter()
    items = [name for name in source.columns if name.startswith("item_")]
    for row in source.iter_rows(named=True):
        points = [row[item] for item in items if row[item] is not None and row[item] >= 0]
        if row["total"] is None:
            counts["no_total" if points else "absent"] += 1
            continue
        counts["total_above_max"] += row["total"] > maxima[row["grade"], row["subject"]]
        counts["total_ne_items"] += bool(points) and sum(points) != row["total"]
    return counts


def test_a_real_region_against_the_slow_twin(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "altai"
    source = folder / "results_2020_2021_grades4-6_ma_ru.parquet"
    codes = {"РУ": "RU", "МА": "MA"}
    with (shared / "tables" / "vpr_scales.csv").open(encoding="utf-8") as file:
        maxima = {
            (int(row["grade"]), codes[row["subject"]]): int(row["max_primary"])
            for row in csv.DictReader(file, delimiter=";")
            if row["subject"] in codes and row["year_from"] == "2021"
        }
    scales = {
        (year, "VPR", grade, subject): SimpleNamespace(max_primary=maximum)
        for year in (2020, 2021)
        for (grade, subject), maximum in maxima.items()
    }
    read_files([source, folder / "schools.csv"], tmp_path / "derived")
    table = quality_table(tmp_path / "derived", scales)
    found = table.groupby("check")["n_found"].sum()
    slow = slow_counts(pl.read_parquet(source), maxima)
    assert {check: found[check] for check in slow} == dict(slow)
    above = table[(table["check"] == "total_above_max") & (table["year"] == 2021)]
    by_paper = above.groupby(["grade", "subject"])["n_found"].sum()
    # 24,933 scores of MA4 less the 24,917 of its published counts of 0…20
    assert by_paper[4, "MA"] == 24_933 - 24_917
    assert found["total_above_max"] == 55
    assert found["unknown_school"] == found["no_scale"] == found["set_aside"] == 0
    assert found["cells_blanked"] == 13


def test_nothing_heavy_is_imported(project: Path) -> None:
    """Note kernels read the table; pandera belongs to ingest only."""
    import subprocess
    import sys

    code = "import sys, msoko_analysis.ingest.quality; sys.exit('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=project, check=False).returncode == 0
