"""Count and measure a region once; every note of the region then only reads.

The tables stand in a hidden folder of the derived data, named by a hash of everything they depend
on:
the data, the parameters and this package. A changed input therefore never meets old numbers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.manifest import files_below, hashes, text_hash
from msoko_analysis.measures import measure_year
from msoko_analysis.measures.arrays import arrange_year
from msoko_analysis.params import RunParams

_TABLES = ("mark_pairs", "attendance", "quality", "measures")


@dataclass(frozen=True)
class Prepared:
    """The tables of a region, all years of its data: two count tables, quality, measures, schools."""

    mark_pairs: pd.DataFrame
    attendance: pd.DataFrame
    quality: pd.DataFrame
    measures: pd.DataFrame
    schools: pd.DataFrame


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
    if not (run.data / "schools.parquet").is_file() or not (run.data / "results").is_dir():
        raise DataError.from_problems(
            "Данные запуска не найдены",
            [Problem(
                "в папке нет результатов, приведённых к общему виду",
                "сначала выполните: msoko ingest ФАЙЛЫ --out ПАПКА",
                file=str(run.data),
            )],
        )  # fmt: skip
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
    package = Path(__file__).resolve().parent
    depends = {
        "data": hashes(files_below(run.data), run.data),
        "package": hashes(package.rglob("*.py"), package),
        "run": run.model_dump(mode="json", include={"papers", "scales", "thresholds", "years"}),
    }
    return text_hash(depends)[:16]


def _tables(run: RunParams) -> dict[str, pd.DataFrame]:
    # polars is imported here only: a process that merely reads prepared tables must be free of its
    # threads, because note kernels are forked (docs/decisions).
    from msoko_analysis import counts
    from msoko_analysis.quality import quality_table

    counted = counts.count(counts.scan(run.data))
    mark_pairs = counted.mark_pairs.to_pandas()
    schools = pd.read_parquet(run.data / "schools.parquet")
    measured, previous = [], None
    for year in sorted(mark_pairs["year"].unique()):
        arranged = arrange_year(int(year), mark_pairs, schools, run.papers, run.scales)
        follows = previous is not None and previous.year == year - 1
        measured.append(measure_year(arranged, previous if follows else None, run.thresholds))
        previous = arranged
    return {
        "mark_pairs": mark_pairs,
        "attendance": counted.attendance.to_pandas(),
        "quality": quality_table(run.data, run.scales),
        "measures": pd.concat(measured, ignore_index=True),
    }
