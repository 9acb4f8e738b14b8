"""The table of measures given to schools: read as any contract table, faults set aside by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

HEADER = "year;school;measure;title;direction"
ROWS = (
    "2025;S2;наставник;Наставник из школы-лидера;Работа со школами с низкими результатами",
    "2025;S1;курсы;;",
    "2025;S1;наставник;Наставник из школы-лидера;Работа со школами с низкими результатами",
)


def test_measures_are_read_sorted_and_repeats_set_aside(
    write_csv: Callable[..., Path], derived: Callable[..., tuple]
) -> None:
    bad = ("2025;S2;наставник;ещё раз;", "2025;;курсы;;", "когда-то;S3;курсы;;", "2025;S3;;;")
    report, out = derived(write_csv([HEADER, *ROWS, *bad]))
    table = pl.read_parquet(out / "school_measures.parquet")
    assert table.select("year", "school", "measure").rows() == [
        (2025, "S1", "курсы"),
        (2025, "S1", "наставник"),
        (2025, "S2", "наставник"),
    ]
    assert table["title"].to_list() == [None, *["Наставник из школы-лидера"] * 2]
    aside = {(fault.reason, fault.rows) for fault in report.rejected}
    assert aside == {
        ("повтор: уже есть в data.csv", (5,)),
        ("пусто", (6,)),
        ("не число", (7,)),
        ("пусто", (8,)),
    }
