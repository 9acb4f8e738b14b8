"""Twenty schools with inflated marks and ten with doubtful medals: through measures, gate, findings.

The region is of the size of the demo. What is named by the findings is held against what is planted:
at ``spike_q`` = .10 at most a tenth of the named schools may be honest, and no honest gymnasium more
often than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import binom
from worlds_gia import gia_world

from msoko_analysis import counts
from msoko_analysis.disclosure import publish
from msoko_analysis.findings import Finding, Verdict, judge
from msoko_analysis.measures import measure_year
from msoko_analysis.measures.arrays import arrange_year
from msoko_analysis.measures.item_arrays import arrange_items
from msoko_analysis.measures.medals import medal_counts, medal_rows
from msoko_analysis.params.run import RunParams, load_run

YEAR = 2026
LIMIT = 0.10
worlds = pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(1), id="small"),
        pytest.param(range(12), marks=pytest.mark.slow, id="full"),
    ],
)


@dataclass(frozen=True)
class Named:
    """Schools that findings of a world name, and who is who; sets of codes."""

    marks: set[str]
    medals: set[str]
    inflating: set[str]
    doubtful: set[str]
    gymnasiums: set[str]


@pytest.fixture(scope="module")
def run(project) -> RunParams:
    return load_run(project / "params/runs/demo.yaml")


def found(seed: int, run: RunParams, **planted: int) -> Named:
    """The public way of a world: counts, measures, gate, findings of every district."""
    world = gia_world(seed, **planted)
    rows = world.gia.results.filter(pl.col("year") == YEAR)
    schools = world.region.to_pandas()
    for column in ("location", "settlement_size", "pupils"):
        schools[column] = None
    measures = pd.concat([_marks(rows, schools, run), *_medals(world, run)], ignore_index=True)
    public = publish(measures, run.thresholds)
    findings = [
        one
        for district in sorted(set(schools["municipality"]))
        for one in judge(public, district, YEAR, run.thresholds)
    ]
    codes = [set(world.of(mask)["school"]) for mask in _masks(world)]
    return Named(_of(findings, "mark_gap_school"), _of(findings, "medals_school"), *codes)


def _masks(world) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return world.inflating, world.doubtful, world.gymnasium


def _of(findings: list[Finding], code: str) -> set[str]:
    return {one.unit for one in findings if (one.code, one.verdict) == (code, Verdict.CONCERN)}


def _marks(rows: pl.DataFrame, schools: pd.DataFrame, run: RunParams) -> pd.DataFrame:
    """Measures of ОГЭ of the year."""
    lazy = rows.filter(pl.col("procedure") == "OGE").lazy()
    pairs = counts.count(lazy).mark_pairs.to_pandas()
    moments = counts.item_moments(lazy)
    tables = (moments.item_values, moments.score_item_values, moments.item_products)
    arranged = arrange_year(YEAR, pairs, schools, run.papers, run.scales)
    items = arrange_items(arranged, pairs, *(table.to_pandas() for table in tables))
    tasks = {paper: one.counts for paper, one in items.items()}
    return measure_year(arranged, None, run.thresholds, tasks)


def _medals(world, run: RunParams) -> list[pd.DataFrame]:
    exams = world.gia.results.filter(pl.col("procedure") == "EGE").to_pandas()
    medalists = world.gia.medals.select("year", "municipality", "school", "person", "degree")
    counted = medal_counts(exams, medalists.to_pandas(), run.medal_rules, run.minimums)
    limits = {name: run.thresholds[f"medals_{name}"].value for name in ("ratio", "level", "power")}
    return list(medal_rows(YEAR, counted, run.medal_rules.bars, **limits))


@worlds
def test_planted_schools_are_found_and_honest_ones_are_not(seeds: range, run: RunParams) -> None:
    wrong, named, marks, medals, gymnasiums, strong = 0, 0, [], [], 0, 0
    for seed in seeds:
        one = found(100 + seed, run)
        marks.append(len(one.marks & one.inflating) / len(one.inflating))
        medals.append(len(one.medals & one.doubtful) / len(one.doubtful))
        wrong += len(one.marks - one.inflating)
        # A generous school's medals rest on its marks: naming it is no false alarm.
        wrong += len(one.medals - one.doubtful - one.inflating)
        named += len(one.marks) + len(one.medals)
        gymnasiums += len((one.marks | one.medals) & one.gymnasiums)
        strong += len(one.gymnasiums)
    print(f"marks found {np.mean(marks):.2f}, medals found {np.mean(medals):.2f}, "
          f"wrong {wrong} of {named}, gymnasiums {gymnasiums} of {strong}")  # fmt: skip
    # Marks of one procedure and three years of medals: half of the ones, a quarter of the others.
    assert np.mean(marks) > 0.5
    assert np.mean(medals) > 0.25
    # Named schools of one world go together: four binomial errors of the share of wrong ones.
    assert wrong / named <= LIMIT + 4 * np.sqrt(LIMIT * (1 - LIMIT) / named)
    assert gymnasiums <= max(1, 0.05 * strong)


@pytest.mark.slow
def test_an_honest_region_names_nobody_nearly_always(run: RunParams) -> None:
    calls = [found(200 + seed, run, inflating=0, doubtful=0) for seed in range(12)]
    named = sum(bool(one.marks) + bool(one.medals) for one in calls)
    print(f"families with a false name: {named} of {2 * len(calls)}")
    # Two families at .10 in a world: .99 quantile of the binomial number.
    assert named <= binom.ppf(0.99, 2 * len(calls), LIMIT)
