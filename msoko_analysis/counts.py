"""Pupil rows → small additive count tables: the only reader of big data.

All that the statistics need is counted here once; pupil rows go no further. Tables from many files
or
workers add up (:func:`add`). A *paper* is year, procedure, grade, subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TypeVar

import polars as pl

PAPER = ("year", "procedure", "grade", "subject")
SCHOOL = (*PAPER, "municipality", "school")
ITEM_PREFIX = "item_"
_COUNTED = {"n", "n_listed", "n_scored", "points", "product"}
# A key packs (run, school mark, given mark, score) into one integer: counting integers is several
# times faster than counting nine columns. 15 and 4095 stand for "none".
_NO_MARK, _NO_SCORE = 15, 4095
_SCORES = 4096
_PER_RUN = 16 * 16 * _SCORES


@dataclass(frozen=True)
class CountTables:
    """Count tables of scores and marks, polars frames whose last columns are counts.

    ``score_counts``: school × paper × primary score → n.
    ``mark_pairs``: school × paper × school mark × given mark × primary score → n (marks may be
    null).
    ``attendance``: school × paper → n_listed, n_scored.
    """

    score_counts: pl.DataFrame
    mark_pairs: pl.DataFrame
    attendance: pl.DataFrame


@dataclass(frozen=True)
class ItemMoments:
    """Sums over tasks, for pupils who have a score.

    ``item_sums``: school × paper × task → n, points.
    ``item_products``: paper × primary score × two tasks → product, the sum of a·b over the pupils;
    with an empty ``item_b`` the sum of a. Zero sums have no row.
    """

    item_sums: pl.DataFrame
    item_products: pl.DataFrame


_Tables = TypeVar("_Tables", CountTables, ItemMoments)


def scan(data: Path) -> pl.LazyFrame:
    """Lazy frame over the results of a derived data folder.

    Raises FileNotFoundError when the folder holds no results.
    """
    files = sorted((data / "results").glob("**/*.parquet"))
    if not files:
        raise FileNotFoundError(data / "results")
    return pl.scan_parquet(files, hive_partitioning=False)


def count(rows: pl.LazyFrame) -> CountTables:
    """Count scores, marks and attendance in one lazy pass.

    ``rows`` follow the results contract; ``prior_mark`` and ``mark`` may be missing. Rows may stand
    in any order; sorted by paper and school they are counted fastest. Absent pupils (no total) are
    counted in ``attendance`` only.

    >>> rows = pl.LazyFrame({"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA",
    ...     "municipality": "A", "school": "1", "total": [5, 5, 7, None], "prior_mark": [3, 4, 4, 5]})
    >>> tables = count(rows)
    >>> tables.score_counts["score", "n"].rows(), tables.attendance["n_listed", "n_scored"].rows()
    ([(5, 2), (7, 1)], [(4, 3)])
    """
    present = rows.collect_schema().names()
    marks = [name for name in ("prior_mark", "mark") if name in present]
    lean = rows.select(*SCHOOL, *marks, "total").with_columns(run=pl.struct(SCHOOL).rle_id())
    key = pl.col("run").cast(pl.UInt64)
    for name in ("prior_mark", "mark"):
        code = pl.col(name).fill_null(_NO_MARK).cast(pl.UInt64) if name in marks else _NO_MARK
        key = key * 16 + code
    key = key * _SCORES + pl.col("total").fill_null(_NO_SCORE).cast(pl.UInt64)
    first_of_run = (pl.col("run") != pl.col("run").shift(1)).fill_null(True)
    keys, runs = pl.collect_all(
        [lean.group_by(key.alias("key")).len("n"), lean.filter(first_of_run).select(SCHOOL)]
    )
    schools = runs.unique().sort(SCHOOL).with_row_index("place")
    place = runs.join(schools, on=SCHOOL, how="left", maintain_order="left")["place"]
    keys = keys.with_columns(_replaced_run(place))
    scored = keys.filter(pl.col("key") % _SCORES != _NO_SCORE)
    by_score = scored.select(pl.col("key") // _PER_RUN * _PER_RUN + pl.col("key") % _SCORES, "n")
    listed = keys.select(
        pl.col("key") // _PER_RUN, scored=pl.col("key") % _SCORES != _NO_SCORE, n="n"
    )
    attendance = (
        listed.group_by("key")
        .agg(n_listed=pl.col("n").sum(), n_scored=pl.col("n").filter("scored").sum())
        .sort("key")
    )
    return CountTables(
        _decoded(by_score, schools).drop("prior_mark", "mark"),
        _decoded(scored, schools),
        schools[attendance["key"]].drop("place").hstack(attendance.drop("key")),
    )


def item_moments(rows: pl.LazyFrame) -> ItemMoments:
    """Sums and products of task points in one lazy pass.

    ``rows`` follow the results contract; its task columns are ``item_01``, ``item_02``…

    >>> rows = pl.LazyFrame({"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA",
    ...     "municipality": "A", "school": "1", "total": [3, 3, None],
    ...     "item_01": [1, 2, None], "item_02": [2, 1, None]})
    >>> moments = item_moments(rows)
    >>> moments.item_sums["item", "n", "points"].rows()
    [('item_01', 2, 3), ('item_02', 2, 3)]
    >>> moments.item_products["item_a", "item_b", "product"].rows()[:2]
    [('item_01', '', 3), ('item_01', 'item_01', 5)]
    """
    items = sorted(n for n in rows.collect_schema().names() if n.startswith(ITEM_PREFIX))
    pairs = [*combinations_with_replacement(items, 2), *((item, "") for item in items)]
    scored = rows.filter(pl.col("total").is_not_null())
    sums = scored.group_by(SCHOOL).agg(
        expression
        for item in items
        for expression in (
            pl.col(item).count().alias(f"n:{item}"),
            pl.col(item).cast(pl.Int64).sum().alias(f"points:{item}"),
        )
    )
    products = scored.group_by(*PAPER, pl.col("total").cast(pl.Int16).alias("score")).agg(
        (pl.col(a).cast(pl.Int32) * pl.col(b) if b else pl.col(a))
        .cast(pl.Int64)
        .sum()
        .alias(f"{a}:{b}")
        for a, b in pairs
    )
    sums, products = pl.collect_all([sums, products])
    return ItemMoments(_long_sums(sums, items), _long_products(products))


def add(first: _Tables, second: _Tables) -> _Tables:
    """Sum of two sets of count tables, as if their rows had been counted together.

    >>> rows = pl.LazyFrame({"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA",
    ...     "municipality": "A", "school": "1", "total": [5, 5, 7]})
    >>> whole, part = count(rows), count(rows.slice(0, 1))
    >>> add(part, count(rows.slice(1))).score_counts.equals(whole.score_counts)
    True
    """
    summed = {}
    for field in fields(first):
        both = pl.concat([getattr(first, field.name), getattr(second, field.name)])
        summed[field.name] = _sum_by(both, [name for name in both.columns if name not in _COUNTED])
    return type(first)(**summed)


def _sum_by(frame: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    keys = list(keys)
    values = [name for name in frame.columns if name in _COUNTED]
    return frame.group_by(keys).agg(pl.col(values).sum()).sort(keys, nulls_last=True)


def _replaced_run(place: pl.Series) -> pl.Expr:
    """The key with the number of a run replaced by the place of its school and paper in order."""
    key = pl.col("key")
    run = (key // _PER_RUN).cast(pl.UInt32)
    return run.map_batches(place.gather, return_dtype=place.dtype).cast(pl.UInt64) * _PER_RUN + (
        key % _PER_RUN
    ).alias("key")


def _decoded(keys: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    summed = keys.group_by("key").agg(pl.col("n").sum()).sort("key")
    key = pl.col("key")
    codes = summed.select(
        prior_mark=_or_null((key // (_SCORES * 16) % 16).cast(pl.Int8), _NO_MARK),
        mark=_or_null((key // _SCORES % 16).cast(pl.Int8), _NO_MARK),
        score=(key % _SCORES).cast(pl.Int16),
        n="n",
    )
    place = summed.select((key // _PER_RUN).cast(pl.UInt32)).to_series()
    return schools[place].drop("place").hstack(codes)


def _or_null(code: pl.Expr, none: int) -> pl.Expr:
    return pl.when(code != none).then(code)


def _long_sums(wide: pl.DataFrame, items: list[str]) -> pl.DataFrame:
    keys = list(SCHOOL)
    counted, points = (
        wide.select(
            *keys, pl.col([f"{kind}:{item}" for item in items]).name.replace(f"{kind}:", "")
        ).unpivot(index=keys, variable_name="item", value_name=kind)
        for kind in ("n", "points")
    )
    long = counted.with_columns(points["points"]).filter(pl.col("n") > 0)
    return long.sort([*keys, "item"])


def _long_products(wide: pl.DataFrame) -> pl.DataFrame:
    keys = [*PAPER, "score"]
    names = pl.col("pair").str.split_exact(":", 1).struct.rename_fields(["item_a", "item_b"])
    return (
        wide.unpivot(index=keys, variable_name="pair", value_name="product")
        .with_columns(names)
        .select(*keys, pl.col("pair").struct.unnest(), "product")
        .filter(pl.col("product") != 0)
        .sort([*keys, "item_a", "item_b"])
    )
