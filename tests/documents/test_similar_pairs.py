"""Pairs of works: opened in flagged schools only, counted as planted, told through the gate."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from task_worlds import TaskWorld, task_world

from msoko_analysis.counts import count, item_moments, task_points
from msoko_analysis.disclosure import PublicMeasures, publish
from msoko_analysis.measures.arrays import Year, arrange_year
from msoko_analysis.measures.item_arrays import arrange_items
from msoko_analysis.measures.signs import other_signs
from msoko_analysis.measures.similar_pairs import similar_pair_rows
from msoko_analysis.params.run import Thresholds, load_run
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale
from msoko_analysis.wording.similar_pairs import pairs_text

PAPER = Paper("VPR", 4, "MA")
MAXIMA = (1,) * 20 + (2,) * 5
SCHOOLS, GROUP = 60, 14


@pytest.fixture(scope="module")
def thresholds(project: Path) -> Thresholds:
    return load_run(project / "params/runs/demo.yaml").thresholds


@pytest.fixture(scope="module")
def world() -> tuple[TaskWorld, np.ndarray]:
    """Sixty schools; in the first, fourteen pupils hand in one work."""
    world = task_world(np.random.default_rng(71), SCHOOLS, maxima=MAXIMA, median_size=30)
    points = world.points.copy()
    mine = np.flatnonzero(world.school == 0)[:GROUP]
    assert len(mine) == GROUP
    points[mine] = points[mine[0]]
    return world, points


@pytest.fixture(scope="module")
def rows(world: tuple[TaskWorld, np.ndarray]) -> pl.LazyFrame:
    honest, points = world
    tasks = {f"item_{i + 1:02}": points[:, i].astype(np.int64) for i in range(len(MAXIMA))}
    names = {"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "municipality": "M"}
    school = [f"S{number:03}" for number in honest.school]
    total = points.sum(axis=1).astype(np.int64)
    return pl.DataFrame({**names, "school": school, "total": total, **tasks}).lazy()


@pytest.fixture(scope="module")
def measured(rows: pl.LazyFrame, thresholds: Thresholds) -> tuple[Year, pd.DataFrame, pd.DataFrame]:
    """The year, its sign of similarity and the rows of pairs."""
    pairs, moments = count(rows).mark_pairs.to_pandas(), item_moments(rows)
    tables = [
        getattr(moments, name).to_pandas()
        for name in ("item_values", "score_item_values", "item_products")
    ]
    scale = Scale(
        year=2026, **PAPER._asdict(), max_primary=sum(MAXIMA), min_3=8, min_4=14, min_5=20,
        status="synthetic", source="made up",
    )  # fmt: skip
    known = pd.DataFrame(columns=["school", "school_type", "location", "settlement_size", "pupils"])
    year = arrange_year(2026, pairs, known, (PAPER,), {PaperOfYear(2026, *PAPER): scale})
    items = arrange_items(year, pairs, *tables)
    tasks = {paper: one.counts for paper, one in items.items()}
    signs = pd.concat([sign.rows(year) for sign in other_signs(year, None, tasks, thresholds)])
    points_of = partial(task_points, rows, 2026)
    return year, signs, pd.concat(similar_pair_rows(year, signs, items, points_of, thresholds))


def test_only_flagged_schools_are_opened(measured: tuple, thresholds: Thresholds) -> None:
    _, signs, pairs = measured
    similar = signs[signs["indicator"] == "similarity_paper"].set_index("unit")
    flagged = set(similar.index[similar["q"] <= thresholds["spike_q"].value])
    assert "S000" in flagged
    assert len(flagged) < 5
    assert set(pairs["unit"]) == flagged
    assert (pairs[["procedure", "grade", "subject"]] == list(PAPER)).all(axis=None)


def test_the_works_handed_in_alike_are_counted(measured: tuple, world: tuple) -> None:
    _, _, pairs = measured
    row = pairs.set_index("unit").loc["S000"]
    assert row["n"] == (world[0].school == 0).sum()
    assert row["count"] == GROUP
    assert row["value"] == len(list(combinations(range(GROUP), 2)))


def told(table: pd.DataFrame) -> str:
    facts = SimpleNamespace(
        public=PublicMeasures(table),
        year=2026,
        run=SimpleNamespace(
            subjects={"MA": SimpleNamespace(nominative="математика")}, papers=(PAPER,)
        ),
    )
    return pairs_text(facts, SimpleNamespace(unit="S000")).replace("\u00a0", " ")


def test_the_gate_hides_few_works(measured: tuple, thresholds: Thresholds) -> None:
    pairs = measured[2]
    row = pairs[pairs["unit"] == "S000"]
    shown = publish(row, thresholds).table
    assert "91 пара (14 работ)" in told(shown)
    few = publish(row.assign(value=2.0, count=3.0), thresholds).table
    assert few["hidden"].all()
    assert "число не показано" in told(few)
    assert "3 раб" not in told(few)
    none = publish(row.assign(value=0.0, count=0.0), thresholds).table
    assert not none["hidden"].any()
    assert "ни одна отдельно не выделяется" in told(none)
    assert told(shown.iloc[:0]) == ""


def test_points_of_a_few_schools(rows: pl.LazyFrame) -> None:
    mine = task_points(rows, 2026, PAPER, ["S001", "S002"])
    assert set(mine["school"]) == {"S001", "S002"}
    assert list(mine.columns) == [
        "school",
        "total",
        *(f"item_{i + 1:02}" for i in range(len(MAXIMA))),
    ]
    assert task_points(rows, 2025, PAPER, ["S001"]).empty
    without = rows.with_columns(total=pl.lit(None, pl.Int64))
    assert task_points(without, 2026, PAPER, ["S001"]).empty
