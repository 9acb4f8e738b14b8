"""Count and measure a region once; every note of the region then only reads.

The tables stand in a hidden folder of the derived data, named by a hash of all they depend on: the
data, the parameters and this package. A changed input therefore never meets old numbers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from msoko_analysis.home import DEMO_DATA
from msoko_analysis.measures import COLUMNS, measure_year
from msoko_analysis.measures.aggregates import aggregate_rows, mismatches, with_forms
from msoko_analysis.measures.alone import without_alone
from msoko_analysis.measures.arrays import Year, arrange_year
from msoko_analysis.measures.exams import ExamScores, exam_rows, exam_scores
from msoko_analysis.measures.form_signs import form_sign_rows
from msoko_analysis.measures.item_arrays import arrange_items
from msoko_analysis.measures.level_years import counted_rows, levels_told
from msoko_analysis.measures.levels import COUNTS as LEVEL_COUNTS
from msoko_analysis.measures.markers import marker_rows, placed_lists
from msoko_analysis.measures.medals import medal_counts, medal_rows
from msoko_analysis.measures.opportunity import PARTNERS, opportunity_rows, partner_table
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.procedures import link_rows, linked_papers
from msoko_analysis.measures.rows import joined
from msoko_analysis.measures.school_tasks import COLUMNS as SCHOOL_TASKS
from msoko_analysis.measures.school_tasks import school_tasks
from msoko_analysis.measures.signs import alpha, enough_schools
from msoko_analysis.measures.similar_pairs import similar_pair_rows
from msoko_analysis.measures.topics import topic_rows
from msoko_analysis.measures.withheld import judge_lost, withheld_papers, without
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.scales import Paper
from msoko_analysis.provenance.manifest import files_below, hashes, text_hash

if TYPE_CHECKING:
    from polars import LazyFrame

_TABLES = (
    *("mark_pairs", "attendance", "quality", "measures", "partners", "lost"),
    *("lists", "names", "references", "levels", "school_tasks"),
)
_PAPER = ("year", "procedure", "grade", "subject")
_UNIT = (*_PAPER, "municipality", "level", "unit", "unit_name", "n")
# Columns of tables that a derived folder may lack, as far as they are used.
_COLUMNS = {
    "mark_pairs": (*_PAPER, "municipality", "school", "prior_mark", "score", "n"),
    "attendance": (*_PAPER, "municipality", "school", "n_listed", "n_scored"),
    "quality": ("check", *_PAPER, "municipality", "n_rows", "n_found"),
    "measures": COLUMNS,
    "partners": PARTNERS,
    "school_tasks": SCHOOL_TASKS,
    "mark_statistics": (*_UNIT, "n_schools", "share_2", "share_3", "share_4", "share_5"),
    "mark_vs_prior": (*_UNIT, "lower", "same", "higher"),
    "markers": ("year", "municipality", "school", "school_name", "ru4", "ma4", "ru5", "ma5"),
    "reference_scores": (*_PAPER, "kind", "score", "n"),
    "medalists": ("year", "municipality", "school", "person", "degree"),
    "level_counts": (*LEVEL_COUNTS, "title"),
}
_WHOLE = {"year": "Int64", "grade": "Int64", "n_rows": "int64", "n_found": "int64"}
_MEASURED_BY = {
    *("papers", "scales", "minimums", "maxima", "medal_rules", "thresholds", "years", "districts"),
    *("equity_models", "shnor_rules", "procedures"),
}
_FORMS = ("mark_statistics", "mark_vs_prior")
# Tables that a region may have instead of pupils' results.
_AGGREGATES = (*_FORMS, "level_counts")


@dataclass(frozen=True)
class Prepared:
    """The tables of a region, all years of its data: two count tables, quality, rows lost in reading
    (:func:`msoko_analysis.measures.withheld.judge_lost`), measures, proposed partners, official lists,
    schools. The count tables are empty where there are only aggregate forms or counts by level,
    ``levels`` are the levels of the latter; ``names`` holds names of schools as forms and lists print
    them; ``references`` the samples outside the results that schools are compared with;
    ``school_tasks`` the tasks of schools whose sign is about tasks.
    """

    mark_pairs: pd.DataFrame
    attendance: pd.DataFrame
    quality: pd.DataFrame
    measures: pd.DataFrame
    partners: pd.DataFrame
    lost: pd.DataFrame
    lists: pd.DataFrame
    names: pd.DataFrame
    references: pd.DataFrame
    levels: pd.DataFrame
    school_tasks: pd.DataFrame
    schools: pd.DataFrame

    @property
    def school_names(self) -> dict[str, str]:
        """Names of schools by code: as the list of schools has them, else as forms print them."""
        names = pd.concat([self.names, self.schools[["school", "name"]]])
        return dict(zip(names["school"], names["name"], strict=True))


def load(run: RunParams) -> Prepared:
    """The prepared tables of a run's region; counts and measures them first when they are not
    there.
    """
    folder = prepare(run)
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
    return Prepared(**tables, schools=pd.read_parquet(run.data / "schools.parquet"))


def prepare(run: RunParams) -> Path:
    """Write the prepared tables of a run's region unless they are there; returns their folder.

    Raises DataError when the data folder is not one that ``msoko ingest`` made.
    """
    if run.data == DEMO_DATA and not run.data.exists():
        from msoko_analysis.ingest.demo import read_demo  # polars, as below

        read_demo()
    results = any((run.data / name).exists() for name in ("results", *map(_file, _AGGREGATES)))
    if not (run.data / _file("schools")).is_file() or not results:
        raise run.without_data(means=(run.data / _file("school_means")).exists())
    folder = run.data / ".prepared" / _key(run)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name, table in _tables(run).items():
            table.to_parquet(temporary / f"{name}.parquet", compression="zstd", index=False)
        if not folder.is_dir():  # another process may have been faster
            os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _key(run: RunParams) -> str:
    package = Path(__file__).resolve().parents[1]
    depends = {
        "data": hashes(files_below(run.data), run.data),
        "package": hashes(package.rglob("*.py"), package),
        "run": run.model_dump(mode="json", include=_MEASURED_BY),
    }
    return text_hash(depends)[:16]


def _file(table: str) -> str:
    return f"{table}.parquet"


def _tables(run: RunParams) -> dict[str, pd.DataFrame]:
    schools = pd.read_parquet(run.data / _file("schools"))
    printed = [_read(run, name) for name in _FORMS]
    places = Places.of(run.districts, schools, printed)
    lost = _lost(run)
    kept = withheld_papers(lost)
    has_pupils = (run.data / "results").is_dir()
    tables = _pupil_tables(run, schools, places, kept) if has_pupils else _no_pupils()
    forms = aggregate_rows(*printed, places, set(run.papers))
    measures = with_forms(tables["measures"], forms, run.thresholds["results_cover_min"].value)
    lists = placed_lists(_read(run, "markers"), places)
    homes = _in_districts(schools, places)
    listed = marker_rows(lists, measures, homes, run.thresholds["spike_q"].value)
    of_forms = form_sign_rows(*printed, places, set(run.papers), tables["measures"])
    apart = mismatches(tables["measures"], forms)
    counts = _in_districts(without(_read(run, "level_counts"), kept), places)
    counts = counts[_of_run(counts, run.papers)]
    by_level = counted_rows(
        levels_told(counts, printed[0], places, set(run.papers), tables["mark_pairs"]),
        schools, run.papers, run.thresholds,
    )  # fmt: skip
    return tables | {
        "quality": _joined([tables["quality"], apart.astype(_WHOLE)]),
        "lost": _in_districts(lost, places),
        "measures": joined([measures, *of_forms, *listed, *by_level]),
        "lists": lists,
        "names": _names(printed, lists),
        "references": _read(run, "reference_scores"),
        "levels": counts[[*_PAPER, "level", "title"]].drop_duplicates([*_PAPER, "level"]),
    }


def _names(forms: list[pd.DataFrame], lists: pd.DataFrame) -> pd.DataFrame:
    schools = [
        form.loc[form["level"] == "school", ["unit", "unit_name"]].set_axis(
            ["school", "name"], axis=1
        )
        for form in forms
    ]
    listed = lists[["school", "school_name"]].set_axis(["school", "name"], axis=1)
    return _joined([*schools, listed]).dropna().drop_duplicates("school", keep="last")


def _lost(run: RunParams) -> pd.DataFrame:
    """Rows of the run's papers lost in reading, judged."""
    from msoko_analysis.ingest.aside import lost_rows  # polars, as below

    rows = lost_rows(run.data)
    return judge_lost(rows[_of_run(rows, run.papers)], run.thresholds["lost_withheld"].value)


def _pupil_tables(
    run: RunParams, schools: pd.DataFrame, places: Places, withheld: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Count tables, quality and measures of pupils' results, without the withheld papers."""
    # polars is imported here only: a process that merely reads prepared tables must be free of its
    # threads, because note kernels are forked (docs/decisions).
    from msoko_analysis import counts
    from msoko_analysis.ingest.quality import quality_table

    rows = _told(counts.scan(run.data), withheld)
    counted = counts.count(rows)
    moments = counts.item_moments(rows)
    of_tasks = [
        getattr(moments, name).to_pandas()
        for name in ("item_values", "score_item_values", "item_products")
    ]
    mark_pairs = _in_districts(counted.mark_pairs.to_pandas(), places)
    references = _read(run, "reference_scores")
    years = {
        int(year): arrange_year(
            int(year), mark_pairs, schools, run.papers, run.scales, references, run.maxima
        )
        for year in sorted(mark_pairs["year"].unique())
    }
    measured, tasks_of_schools = [], [pd.DataFrame(columns=list(SCHOOL_TASKS))]
    reliability: dict[int, dict[Paper, float]] = {}
    for year, arranged in years.items():
        items = arrange_items(arranged, mark_pairs, *of_tasks)
        tasks = {paper: one.counts for paper, one in items.items()}
        reliability[year] = {
            paper: alpha(one) for paper, one in tasks.items() if enough_schools(one.n)
        }
        before, earlier = years.get(year - 1), years.get(year - 2)
        measured.append(measure_year(arranged, before, run.thresholds, tasks, earlier))
        points_of = partial(counts.task_points, rows, year)
        tasks_of_schools += school_tasks(arranged, measured[-1], items, run.thresholds)
        measured += similar_pair_rows(arranged, measured[-1], items, points_of, run.thresholds)
        measured += topic_rows(arranged, items, int(run.thresholds["share_min_n"].value))
    of_run = mark_pairs[_of_run(mark_pairs, run.papers)]
    exams = {
        year: exam_scores(arranged, of_run, run.papers, run.minimums)
        for year, arranged in years.items()
    }
    measured += _procedure_rows(years, of_run, exams)
    measured += opportunity_rows(run, years, joined(measured), reliability, exams)
    measured += _medal_rows(run, _in_districts(_read(run, "medalists"), places))
    measures = without_alone(joined(measured), mark_pairs)
    lists = placed_lists(_read(run, "markers"), places)
    quality = quality_table(run.data, run.scales)
    return {
        "mark_pairs": mark_pairs,
        "attendance": _in_districts(counted.attendance.to_pandas(), places),
        "quality": _in_districts(quality[_of_run(quality, run.papers)], places),
        "measures": measures,
        "school_tasks": _joined(tasks_of_schools),
        "partners": partner_table(run, years, measures, lists),
    }


def _told(rows: LazyFrame, withheld: pd.DataFrame) -> LazyFrame:
    """The rows of pupils that are not of the withheld papers, in their order."""
    if withheld.empty:
        return rows
    import polars as pl

    types = {name: rows.collect_schema()[name] for name in withheld.columns}
    papers = pl.LazyFrame(withheld.to_dict("list"), schema=types)
    return rows.join(papers, on=list(types), how="anti", maintain_order="left")


def _procedure_rows(
    years: Mapping[int, Year],
    mark_pairs: pd.DataFrame,
    exams: Mapping[int, Sequence[ExamScores]],
) -> Iterator[pd.DataFrame]:
    """Results of ЕГЭ, and every school's papers against those of the same cohort before them."""
    for year, arranged in years.items():
        yield from exam_rows(arranged, exams[year])
        yield from link_rows(arranged, linked_papers(year, years, mark_pairs, arranged.schools))


def _medal_rows(run: RunParams, medalists: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Medalists against their ЕГЭ; pupils' results are read for them alone and only counts stay."""
    import polars as pl

    from msoko_analysis import counts

    if medalists.empty:
        return
    exams = (
        counts.scan(run.data)
        .filter(pl.col("procedure") == "EGE", pl.col("person").is_in(list(medalists["person"])))
        .select("year", "subject", "person", "total", "mark")
    )
    counted = medal_counts(exams.collect().to_pandas(), medalists, run.medal_rules, run.minimums)
    limits = {name: run.thresholds[f"medals_{name}"].value for name in ("ratio", "level", "power")}
    for year in sorted(counted["year"].unique()):
        yield from medal_rows(int(year), counted, run.medal_rules.bars, **limits)


def _of_run(table: pd.DataFrame, papers: Sequence[Paper]) -> pd.Series:
    """Which rows are about papers of the run, or about a paper that can not be told."""
    keys = table[list(_PAPER[1:])]
    known = pd.Series([Paper(*key) in papers for key in keys.itertuples(index=False)], table.index)
    return known | keys.isna().any(axis=1)


def _in_districts(table: pd.DataFrame, places: Places) -> pd.DataFrame:
    return table.assign(municipality=places.districts(table["municipality"]))


def _no_pupils() -> dict[str, pd.DataFrame]:
    return {
        name: pd.DataFrame(columns=list(_COLUMNS[name])) for name in _TABLES if name in _COLUMNS
    }


def _read(run: RunParams, table: str) -> pd.DataFrame:
    """A table of the derived data; without rows where the data have none."""
    path = run.data / _file(table)
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame(columns=list(_COLUMNS[table]))


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables under one another; those without rows do not decide about types."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]
