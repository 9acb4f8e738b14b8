"""П19, П22, П23 and П29 of the demo, counted again pupil by pupil from its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from msoko_analysis.measures.prepare import load
from msoko_analysis.params.run import RunParams, load_run
from msoko_analysis.params.scales import Paper, PaperOfYear

WHICH = ("M01", 2026)


@pytest.fixture(scope="module")
def run(project: Path) -> RunParams:
    return load_run(project / "params/runs/demo.yaml")


@pytest.fixture(scope="module")
def rows(demo_data: Path) -> pl.DataFrame:
    return pl.read_parquet(demo_data / "results/**/*.parquet", hive_partitioning=False)


@pytest.fixture(scope="module")
def measures(run: RunParams, demo_data: Path, demo_notes) -> pd.DataFrame:
    """The long table that the notes have made."""
    return load(run.model_copy(update={"data": demo_data})).measures


def row(measures: pd.DataFrame, indicator: str) -> pd.Series:
    district, year = WHICH
    (one,) = measures[
        (measures["year"] == year)
        & (measures["unit"] == district)
        & (measures["indicator"] == indicator)
    ].index
    return measures.loc[one]


def papers(rows: pl.DataFrame, run: RunParams) -> Iterator[tuple[Paper, np.ndarray, int | None]]:
    """Papers of the municipality and year, their results, and the least result that passes."""
    district, year = WHICH
    mine = rows.filter(pl.col("year") == year, pl.col("municipality") == district)
    for paper in run.papers:
        scores = mine.filter(
            pl.col("procedure") == paper.procedure,
            pl.col("grade") == paper.grade,
            pl.col("subject") == paper.subject,
        )["total"].drop_nulls()
        scale = run.scales.get(PaperOfYear(year, *paper))
        if scale is not None:
            yield paper, scores.filter(scores <= scale.max_primary).to_numpy(), scale.min_3
        elif len(scores):
            known = run.minimums.get(PaperOfYear(year, *paper))
            yield paper, scores.to_numpy(), known.of("threshold") if known else None


def test_p22_and_p23_are_their_definitions(
    rows: pl.DataFrame, run: RunParams, measures: pd.DataFrame
) -> None:
    passed = high = of_80 = whole = 0
    exams = set()
    for paper, scores, least in papers(rows, run):
        assert least is not None, "the demo knows every minimum"
        scale = run.scales.get(PaperOfYear(WHICH[1], *paper))
        top, other = (81, 80) if scale is None else (scale.min_5, scale.min_5)
        exams |= {paper.subject} if scale is None else set()
        whole += len(scores)
        passed += (scores >= least).sum()
        high += (scores >= top).sum()
        of_80 += (scores >= other).sum()
    assert len(exams) > 4  # test scores of ЕГЭ do take part
    assert of_80 > high
    assert row(measures, "p22_participants")["value"] == pytest.approx(100 * passed / whole)
    assert row(measures, "p23_fives_81")["value"] == pytest.approx(100 * high / whole)
    assert row(measures, "p23_fives_80")["value"] == pytest.approx(100 * of_80 / whole)


def test_p29_counts_medals_of_both_degrees(
    rows: pl.DataFrame, demo_data: Path, measures: pd.DataFrame
) -> None:
    district, year = WHICH
    medals = pl.read_parquet(demo_data / "medalists.parquet").filter(
        pl.col("year") == year, pl.col("municipality") == district
    )
    assert set(medals["degree"]) == {1, 2}
    least = (
        rows.filter(
            pl.col("year") == year, pl.col("procedure") == "EGE", pl.col("subject") != "MAB"
        )
        .group_by("person")
        .agg(pl.col("total").min())
        .join(medals, on="person")["total"]
    )
    assert row(measures, "medals_p29")["value"] == pytest.approx(100 * (least < 70).mean())


def test_p19_has_the_fourteen_markers(rows: pl.DataFrame, measures: pd.DataFrame) -> None:
    """Rule (a) of ОГЭ: the lower limit of the school's mean above the upper one of the region."""
    year = WHICH[1]
    told = measures[(measures["year"] == year) & (measures["indicator"] == "fioko_a")]
    for subject in ("RU", "MA"):
        exam = rows.filter(
            pl.col("year") == year, pl.col("procedure") == "OGE", pl.col("subject") == subject
        ).drop_nulls("total")
        error = 1.96 * pl.col("total").std() / pl.len().sqrt()
        upper = exam.select(pl.col("total").mean() + error).item()
        schools = exam.group_by("school").agg(
            marked=(pl.col("total").mean() - error > upper).fill_null(False)
        )
        marked = set(schools.filter("marked")["school"])
        of_exam = told[(told["procedure"] == "OGE") & (told["subject"] == subject)]
        assert marked == set(of_exam.loc[of_exam["value"] == 1, "unit"])
        assert marked
    wrote = row(measures, "p19")
    # 16 of 22 schools without a marker by ВПР alone, 13 with ОГЭ (issue of the methodology, 2019)
    assert (wrote["n"], wrote["count"]) == (22, 9)
    assert wrote["value"] == pytest.approx(100 - 100 * 9 / 22)
