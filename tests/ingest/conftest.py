"""Small files to read: made on the fly, so nothing real is copied into the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from accounted import assert_accounted
from samples import HEADER, ROWS

from msoko_analysis.ingest import IngestReport, read_files


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV of lines; by default the three good rows."""

    def write(
        lines: Sequence[str] = (HEADER, *ROWS), name: str = "data.csv", encoding: str = "utf-8"
    ) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


@pytest.fixture
def write_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook of one sheet."""

    def write(rows: Sequence[Sequence[object]], name: str, title: str = "Лист1") -> Path:
        book = openpyxl.Workbook()
        book.active.title = title
        for row in rows:
            book.active.append(list(row))
        path = tmp_path / name
        book.save(path)
        return path

    return write


@pytest.fixture
def derived(tmp_path: Path) -> Callable[..., tuple[IngestReport, Path]]:
    """Ingest files into a fresh folder and return the report and the folder.

    Whatever a test is about, every line of its files must be accounted for.
    """

    def run(*paths: Path, **options: object) -> tuple[IngestReport, Path]:
        out = tmp_path / "derived" / "test"
        report = read_files(paths, out, today=date(2026, 1, 2), **options)
        assert_accounted(report)
        return report, out

    return run


@pytest.fixture
def read_results() -> Callable[[Path], pl.DataFrame]:
    """Read the results of a derived folder, sorted by school and pupil."""

    def read(folder: Path) -> pl.DataFrame:
        table = pl.read_parquet(folder / "results" / "**/*.parquet", hive_partitioning=False)
        return table.sort("year", "school", "pupil")

    return read
