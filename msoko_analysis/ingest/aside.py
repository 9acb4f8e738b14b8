"""Rows that ingest set aside and that no other row replaces, by school and paper: what a note lacks.

A row that repeats another one word for word loses nobody and is not counted here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import polars as pl

PAPER = ("year", "procedure", "grade", "subject")
COLUMNS = (*PAPER, "municipality", "school", "n_rows", "n_lost")
_TYPES = dict(
    zip(
        COLUMNS,
        (pl.Int32, pl.String, pl.Int32, pl.String, pl.String, pl.String, pl.Int64, pl.Int64),
        strict=True,
    )
)
#: Tables whose rows stand for a school.
_TABLES = ("results", "level_counts")


def lost_rows(data: Path) -> pd.DataFrame:
    """Rows read (``n_rows``, lost ones included) and lost, by paper, municipality and school.

    ``data`` is a derived folder. What a lost row does not tell (a year that is none, a hidden code of
    a school) is empty.
    """
    place = list(COLUMNS[:-2])
    counts = json.loads((data / "quality.json").read_text(encoding="utf-8"))
    lost = [
        {name: one.get(name) for name in place} | {"n_lost": one["n"] - (one.get("n_same") or 0)}
        for one in counts
        if one["check"] == "set_aside" and one["table"] in _TABLES
    ]
    aside = (
        pl.DataFrame(lost, schema={name: _TYPES[name] for name in (*place, "n_lost")})
        .group_by(place)
        .agg(pl.col("n_lost").sum())
        .filter(pl.col("n_lost") > 0)
    )
    kept = pl.concat([_kept(data, table, place) for table in _TABLES])
    every = kept.join(aside, on=place, how="full", nulls_equal=True, coalesce=True)
    every = every.with_columns(pl.col("n_kept", "n_lost").fill_null(0))
    every = every.with_columns((pl.col("n_kept") + pl.col("n_lost")).alias("n_rows"))
    whole = {"year": "Int64", "grade": "Int64", "n_rows": "int64", "n_lost": "int64"}
    return every.sort(place, nulls_last=True).select(COLUMNS).to_pandas().astype(whole)


def _kept(data: Path, table: str, place: list[str]) -> pl.DataFrame:
    files = sorted((data / table).glob("**/*.parquet")) or [data / f"{table}.parquet"]
    if not files[0].is_file():
        return pl.DataFrame(schema={name: _TYPES[name] for name in place} | {"n_kept": pl.Int64})
    rows = pl.scan_parquet(files, hive_partitioning=False)
    return rows.group_by(place).agg(pl.len().cast(pl.Int64).alias("n_kept")).collect()
