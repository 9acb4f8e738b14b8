"""The real files that stand beside the project: known facts before and after reading."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from accounted import assert_accounted

from msoko_analysis.ingest import IngestReport, read_files

PARQUET = "results_2020_2021_grades4-6_ma_ru.parquet"
MA4_2021 = [
    *(29, 48, 91, 151, 205, 302, 1070, 1237, 1533, 2047, 2112),
    *(2341, 2286, 2254, 2520, 1782, 1698, 1342, 1063, 466, 340),
]


@pytest.fixture(scope="module")
def altai(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[IngestReport, Path, pl.DataFrame]:
    """The whole region: report, derived folder, results."""
    folder = shared / "data" / "altai"
    out = tmp_path_factory.mktemp("altai") / "derived"
    report = read_files([folder / PARQUET, folder / "schools.csv"], out)
    assert_accounted(report, {PARQUET: 275_319, "schools.csv": 699})
    table = pl.read_parquet(out / "results" / "**/*.parquet", hive_partitioning=False)
    return report, out, table


def test_no_pupil_of_the_region_is_lost(altai: tuple, shared: Path) -> None:
    report, _, table = altai
    source = pl.read_parquet(shared / "data" / "altai" / PARQUET)
    assert table.height == source.height == 275_319
    same = ["year", "grade", "subject", "school", "pupil", "total", "item_07", "item_25"]
    types = {"subject": pl.String, "school": pl.String, "pupil": pl.String, "total": pl.Int32}
    key = same[:5]
    theirs = source.select(same).cast(types).sort(key)
    ours = table.select(same).sort(key)
    assert ours["total"].equals(theirs["total"])
    assert ours["item_25"].equals(theirs["item_25"])
    negative = theirs["item_07"] < 0
    assert negative.sum() == 1
    assert ours["item_07"].filter(negative).to_list() == [None]
    assert table["municipality"].n_unique() == 70
    assert report.rejected[0].file == "schools.csv"
    assert len(report.rejected) == 1


def test_true_counts_of_the_region(altai: tuple) -> None:
    report, _, table = altai
    scored = {(p["year"], p["subject"], p["grade"]): p["scored"] for p in report.papers}
    assert scored[2021, "MA", 4] == 24_933
    assert scored[2021, "RU", 4] == 24_969
    assert scored[2021, "MA", 5] == 23_705
    assert scored[2021, "RU", 6] == 23_323
    paper = table.filter(
        (pl.col("year") == 2021) & (pl.col("grade") == 4) & (pl.col("subject") == "MA")
    )
    counts = dict(paper.group_by("total").len().iter_rows())
    assert [counts[score] for score in range(21)] == MA4_2021


def test_marks_outside_the_scale_cost_nine_cells_and_no_row(altai: tuple) -> None:
    report, out, table = altai
    marks = [fault for fault in report.cells if fault.column == "prior_mark"]
    assert [(fault.n, fault.reason) for fault in marks] == [(9, "вне допустимых значений: 2…5")]
    assert set(table["prior_mark"].drop_nulls().unique()) == {2, 3, 4, 5}
    lines = (out / "rejected" / f"{Path(PARQUET).stem}_cells.csv").read_text(encoding="utf-8-sig")
    assert len(lines.splitlines()) == 1 + 13


def test_schools_of_the_region(altai: tuple) -> None:
    """698 rows; two schools stand four times each, their questionnaires crossed with each other."""
    report, out, _ = altai
    card = next(card for card in report.cards if card["source"] == "schools.csv")
    assert (card["rows_in"], card["rows_out"], card["set_aside"]) == (698, 692, 6)
    assert card["ignored"] == ["advanced_subjects", "adapted_programmes"]
    schools = pl.read_parquet(out / "schools.parquet")
    assert schools["municipality"].n_unique() == 70
    assert schools["name"].to_list() == schools["school"].to_list()


def test_origin_card_carries_the_checksum(altai: tuple, shared: Path) -> None:
    import hashlib

    _, out, _ = altai
    card = json.loads((out / "origin.json").read_text(encoding="utf-8"))[0]
    source = shared / "data" / "altai" / PARQUET
    assert card["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert card["bytes"] == source.stat().st_size


@pytest.mark.parametrize(
    ("name", "year", "grade"),
    [("layout2020_ma4", 2020, 4), ("layout2021_ma4", 2021, 4), ("layout2021_ma5", 2021, 5)],
)
def test_regional_exports_agree_with_the_region(
    name: str,
    year: int,
    grade: int,
    altai: tuple,
    shared: Path,
    derived: Callable[..., tuple],
    read_results: Callable[[Path], pl.DataFrame],
) -> None:
    """The export of one municipality holds the same pupils, school by school, task by task."""
    report, out = derived(shared / "data" / "altai" / f"regional_export_{name}.xlsx", strict=True)
    ours = read_results(out).filter(pl.col("total").is_not_null())
    region = altai[2].filter(
        (pl.col("year") == year)
        & (pl.col("grade") == grade)
        & (pl.col("subject") == "MA")
        & (pl.col("municipality") == "M06")
        & pl.col("total").is_not_null()
    )
    items = [column for column in ours.columns if column.startswith("item_")]
    columns = ["total", "prior_mark", "gender", *items]

    def schools(table: pl.DataFrame) -> list[list[tuple]]:
        """Pupils of each school, without its code, in an order of their own."""
        parts = table.select("school", *columns).partition_by("school", include_key=False)
        return sorted((part.sort(columns, nulls_last=True).rows() for part in parts), key=str)

    assert len(schools(ours)) == 7
    assert schools(ours) == schools(region)
    assert report.papers[0]["scored"] == {2020: 522, 2021: 565 if grade == 4 else 485}[year]
    total = pl.sum_horizontal(pl.col(item).fill_null(0) for item in items)
    assert ours.select((total == pl.col("total")).all()).item(), "X counts 0 towards the sum"


def test_the_same_school_read_twice_under_two_codes_is_noticed(
    shared: Path, derived: Callable[..., tuple]
) -> None:
    folder = shared / "data" / "altai"
    files = sorted(folder.glob("regional_export_*.xlsx"))
    report, _ = derived(folder / PARQUET, *files)
    assert [warning.rule.split(" —")[0] for warning in report.warnings] == ["школ: 7"] * 3


def test_forms_of_fisoko(shared: Path, derived: Callable[..., tuple]) -> None:
    report, out = derived(shared / "data" / "fisoko", strict=True)
    assert [card["rows_out"] for card in report.cards] == [50, 4, 3]
    assert report.not_recognised == ("README.md",)
    empty, fewer = sorted(report.warnings, key=lambda warning: warning.file)
    assert "пустая форма сбора" in empty.rule
    assert "участников: 89, строк найдено: 50" in fewer.rule
    marks = pl.read_parquet(out / "mark_statistics.parquet").filter(pl.col("level") == "school")
    assert marks.select("n_schools", "n", "share_2", "share_5").row(0) == (None, 89, 12.36, 7.87)
    prior = pl.read_parquet(out / "mark_vs_prior.parquet").filter(pl.col("level") == "region")
    assert prior.select("n", "lower", "same", "higher").row(0) == (29589, 11011, 17951, 624)
    assert prior["subject"].to_list() == ["MA"]


def test_the_demo_loses_only_its_planted_dirt(
    project: Path, derived: Callable[..., tuple], read_results: Callable[[Path], pl.DataFrame]
) -> None:
    folder = project / "data" / "demo"
    truth = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))
    planted = Counter(fault["kind"] for fault in truth["dirt"])
    report, out = derived(folder)
    assert sum(fault.n for fault in report.rejected) == planted["duplicate_row"]
    assert sum(fault.n for fault in report.cells) == planted["prior_mark_out_of_range"]
    assert report.warnings == ()
    sources = [pl.read_parquet(path).height for path in folder.glob("*.parquet")]
    assert read_results(out).height == sum(sources) - planted["duplicate_row"]
