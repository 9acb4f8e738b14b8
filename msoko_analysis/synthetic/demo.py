"""The demo region: VPR in grades 4–6, state exams and medals with planted truth from one seed."""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from msoko_analysis.home import SHIPPED
from msoko_analysis.synthetic.demo_gia import draw_demo_gia
from msoko_analysis.synthetic.exam import (
    LEAK_SHARE,
    PAPERS,
    REGION_THETA,
    YEARS,
    Cohort,
    Paper,
    Sitting,
    draw_cohort,
    manipulates,
    school_marks,
    sit,
)
from msoko_analysis.synthetic.region import HIDDEN, ROLES, draw_region

SEED = 164  # how it was chosen: data/README.md
SCALES = SHIPPED / "params" / "scales" / "demo.csv"
#: The files that ``msoko ingest`` reads.
TABLES = ("results.parquet", "gia.parquet", "schools.csv", "medalists.csv")
FILES = (*TABLES, "truth.yaml")
MOST_TASKS = 24
UNKNOWN = 0.003  # share of missing genders and of missing school marks
KEY = ["year", "procedure", "grade", "subject", "school", "pupil"]
DIRT = (  # kind of fault, municipality: each in one row of an honest school, last year
    *(("total_not_sum", town) for town in ("M01", "M01", "M02", "M07", "M10")),
    ("total_above_maximum", "M01"),
    ("prior_mark_out_of_range", "M02"),
    ("duplicate_row", "M01"),
)
Cuts = dict[tuple[int, str], tuple[int, int, int]]


@dataclass(frozen=True)
class Demo:
    """The parts of the demo: tables of the contracts and the truth about them.

    ``results`` holds ВПР of grades 4–6, ``gia`` in the same contract ОГЭ, ЕГЭ and ВПР 8.
    """

    results: pl.DataFrame
    gia: pl.DataFrame
    schools: pl.DataFrame
    medalists: pl.DataFrame
    truth: dict[str, object]


def read_cuts(path: Path = SCALES) -> Cuts:
    """First scores of the marks 3, 4, 5 of the demo papers, by grade and subject.

    >>> read_cuts()[4, "MA"]
    (6, 10, 15)
    """
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (int(row["grade"]), row["subject"]): tuple(int(row[f"min_{m}"]) for m in (3, 4, 5))
            for row in csv.DictReader(file)
        }


def make_demo(seed: int = SEED) -> Demo:
    """Draw the whole demo region from a seed.

    The tables follow the contracts of their names, ``truth`` is what truth.yaml holds. Every part
    has its own child of the seed: a paper changed leaves the others as they were.

    >>> demo = make_demo()
    >>> demo.schools.height, [school["kind"] for school in demo.truth["planted"]].count("spike")
    (155, 4)
    """
    streams = iter(np.random.SeedSequence(seed).spawn(2 + 4 + len(YEARS) * len(PAPERS) + 1))
    region = draw_region(np.random.default_rng(next(streams)))
    stray = np.random.default_rng(next(streams))
    cohorts = [draw_cohort(np.random.default_rng(next(streams)), region) for _ in range(4)]
    cuts, roles, tables = read_cuts(), region["role"].to_list(), []
    truth: dict[int, list[dict[str, object]]] = {role: [] for role in range(len(ROLES))}
    for year in YEARS:
        for paper in PAPERS:
            rng = np.random.default_rng(next(streams))
            cohort = cohorts[2 + (year - YEARS[0]) - (paper.grade - PAPERS[0].grade)]
            sitting = sit(rng, roles, cohort, paper, year, cuts[paper.grade, paper.subject])
            tables.append(_table(rng, region, cohort, paper, year, sitting))
            for role, row in _paper_truth(roles, cohort, paper, year, sitting, cuts).items():
                truth[role].append(row)
    results, dirt = _soil(stray, region, pl.concat(tables).select(*KEY[:4], pl.exclude(KEY[:4])))
    gia, exams_truth = draw_demo_gia(np.random.default_rng(next(streams)), region, cuts)
    told = _truth(seed, region, truth, dirt) | {"gia": exams_truth}
    return Demo(results, gia.results, region.drop(HIDDEN), gia.medalists, told)


def write_demo(folder: Path, seed: int = SEED) -> None:
    """Write the files of the demo; each appears whole or not at all.

    Raises ``OSError`` when the folder can not be written.

    >>> with tempfile.TemporaryDirectory() as made:
    ...     write_demo(Path(made) / "demo")
    ...     sorted(path.name for path in (Path(made) / "demo").iterdir()) == sorted(FILES)
    True
    """
    demo = make_demo(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".demo-") as scratch:
        made = Path(scratch)
        demo.results.write_parquet(made / "results.parquet", compression="zstd")
        demo.gia.write_parquet(made / "gia.parquet", compression="zstd")
        demo.schools.write_csv(made / "schools.csv")
        demo.medalists.write_csv(made / "medalists.csv")
        text = yaml.safe_dump(
            demo.truth, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120
        )
        (made / "truth.yaml").write_text(text, encoding="utf-8", newline="\n")
        for name in FILES:
            os.replace(made / name, folder / name)


def _table(
    rng: np.random.Generator,
    region: pl.DataFrame,
    cohort: Cohort,
    paper: Paper,
    year: int,
    sitting: Sitting,
) -> pl.DataFrame:
    """Rows of the contract «results» for one paper; an absent pupil keeps only the school mark."""
    n, there = len(cohort.school), sitting.present
    marks, known = school_marks(rng, cohort, paper), rng.random((2, n)) >= UNKNOWN
    columns = {
        **{name: pl.Series([value] * n) for name, value in _paper_key(paper, year).items()},
        "municipality": region["municipality"].gather(cohort.school),
        "school": region["school"].gather(cohort.school),
        "class_group": [f"{paper.grade}{letter}" for letter in cohort.letter],
        "pupil": cohort.number.astype(str),
        "gender": _where(known[0], cohort.gender),
        "variant": _where(there, rng.integers(1, 3, n).astype(str)),
        "prior_mark": _where(known[1], marks),
        "total": _where(there, sitting.total),
    }
    given = sitting.points.shape[1]
    padded = np.pad(sitting.points.astype(np.int64), ((0, 0), (0, MOST_TASKS - given)))
    for task in range(MOST_TASKS):
        columns[f"item_{task + 1:02}"] = _where(there & (task < given), padded[:, task])
    return pl.DataFrame(columns)


def _where(known: np.ndarray, values: np.ndarray) -> pl.Series:
    """Values, null where not known."""
    return pl.Series(values).set(pl.Series(~known), None)


def _paper_key(paper: Paper, year: int) -> dict[str, object]:
    """What identifies a paper, in the order of the contracts."""
    return {"year": year, "procedure": "VPR", "grade": paper.grade, "subject": paper.subject}


def _paper_truth(
    roles: list[int | None], cohort: Cohort, paper: Paper, year: int, sitting: Sitting, cuts: Cuts
) -> dict[int, dict[str, object]]:
    """What is true of each planted school on a paper it touched, by the index of its role."""
    cut_3, cut_4, _ = cuts[paper.grade, paper.subject]
    rows = {}
    for school, role in enumerate(roles):
        if role is None:
            continue
        own = (cohort.school == school) & sitting.present
        row = {**_paper_key(paper, year), "n": int(own.sum())}
        match ROLES[role].kind:
            case "spike" if manipulates(ROLES[role], year, paper):
                row["lifted_over_3"] = int(sitting.lifted[cut_3][own].sum())
                row["lifted_over_4"] = int(sitting.lifted[cut_4][own].sum())
            case "leak" if sitting.leaked.size:
                row["leaked_tasks"] = ", ".join(f"item_{task:02}" for task in sitting.leaked)
            case "low":
                row["n_mark_2"] = int((sitting.total[own] < cut_3).sum())
            case "spike" | "leak":
                continue
        rows[role] = row
    return rows


def _soil(
    rng: np.random.Generator, region: pl.DataFrame, results: pl.DataFrame
) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """Spoil a few rows of honest schools the way real files are spoilt; say which."""
    order = ["year", "grade", "subject", "municipality", "school"]
    results = results.sort(order, maintain_order=True)
    honest = region.filter(pl.col("role").is_null() & (pl.col("size") >= 20))["school"].implode()
    good = (pl.col("year") == YEARS[-1]) & pl.col("school").is_in(honest) & (pl.col("total") > 5)
    rows = results.with_row_index().filter(good, pl.col("prior_mark").is_not_null())
    listed, used, twins = [], set(), []
    for kind, town in DIRT:
        pool = [row for row in rows.filter(municipality=town)["index"] if row not in used]
        row = int(rng.choice(pool))
        used.add(row)
        match kind:
            case "total_not_sum":
                results[row, "total"] = results[row, "total"] - 1
            case "total_above_maximum":
                results[row, "total"] = 60
            case "prior_mark_out_of_range":
                results[row, "prior_mark"] = 8
            case "duplicate_row":
                twins.append(row)
        key = results.select(KEY).row(row, named=True)
        listed.append({"kind": kind, "municipality": town, **key})
    return results[sorted([*range(results.height), *twins])], listed


def _truth(
    seed: int,
    region: pl.DataFrame,
    papers: dict[int, list[dict[str, object]]],
    dirt: list[dict[str, object]],
) -> dict[str, object]:
    """Everything planted, in the words of data/README.md."""
    planted = []
    for school in region.filter(pl.col("role").is_not_null()).iter_rows(named=True):
        role, rows = ROLES[school["role"]], papers[school["role"]]
        own = {key: school[key] for key in ("school", "name", "municipality")} | {"kind": role.kind}
        match role.kind:
            case "spike":
                own["theta"] = role.theta
                own["lifted"] = sum(row["lifted_over_3"] + row["lifted_over_4"] for row in rows)
            case "leak":
                own["share_of_pupils"] = LEAK_SHARE
            case "mark_inflation":
                own["leniency_in_pupil_sd"] = role.leniency
            case "level" | "low":
                own["level_in_pupil_sd"] = round(school["level"], 3)
        planted.append({**own, "papers": rows})
    habit = {"theta": REGION_THETA, "cut": 3, "reach": 2, "schools": "all"}
    return {"seed": seed, "region_habit": habit, "planted": planted, "dirt": dirt}
