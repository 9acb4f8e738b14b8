"""Pupil rows → small additive count tables: the only reader of big data.

All that the statistics need is counted here once; pupil rows go no further. Tables from many files
or
workers add up (:func:`add`). A *paper* is year, procedure, grade, subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

PAPER = ("year", "procedure", "grade", "subject")
SCHOOL = (*PAPER, "municipality", "school")
ITEM_PREFIX = "item_"
_COUNTED = {"n", "n_listed", "n_scored", "product"}
# A key packs (run, school mark, given mark, score) into one integer: counting integers is several
# times faster than counting nine columns. 15 and 4095 stand for "none".
_NO_MARK, _NO_SCORE = 15, 4095
_SCORES = 4096
_PER_RUN = 16 * 16 * _SCORES
_NOT_DONE = -1  # code of a task without points
_FIRST_OF_RUN = (pl.col("run") != pl.col("run").shift(1)).fill_null(True)


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
    """Counts and sums over tasks, for pupils who have a score.

    ``item_values``: school × paper × task × points for it → n.
    ``score_item_values``: paper × primary score × task × points for it → n.
    ``item_products``: paper × primary score × two tasks → product, the sum of a·b over the pupils;
    with an empty ``item_b`` the sum of a. Zero sums have no row. A task a pupil has not done has no
    points and is counted nowhere.
    """

    item_values: pl.DataFrame
    score_item_values: pl.DataFrame
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
    keys, runs = pl.collect_all(
        [lean.group_by(key.alias("key")).len("n"), lean.filter(_FIRST_OF_RUN).select(SCHOOL)]
    )
    schools, place = _ordered(runs, SCHOOL)
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
        schools[attendance["key"]].hstack(attendance.drop("key")),
    )


def item_moments(rows: pl.LazyFrame) -> ItemMoments:
    """Values of tasks per school and per score, and products of task points, in one lazy pass.

    ``rows`` follow the results contract; its task columns are ``item_01``, ``item_02``…

    >>> rows = pl.LazyFrame({"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA",
    ...     "municipality": "A", "school": "1", "total": [3, 3, None],
    ...     "item_01": [1, 2, None], "item_02": [2, 2, None]})
    >>> moments = item_moments(rows)
    >>> moments.item_values["item", "value", "n"].rows()
    [('item_01', 1, 1), ('item_01', 2, 1), ('item_02', 2, 2)]
    >>> moments.item_products["item_a", "item_b", "product"].rows()[:2]
    [('item_01', '', 3), ('item_01', 'item_01', 5)]
    """
    items = sorted(n for n in rows.collect_schema().names() if n.startswith(ITEM_PREFIX))
    scored = rows.filter(pl.col("total").is_not_null())
    lean = scored.select(*SCHOOL, *items, score=pl.col("total").cast(pl.Int16))
    lean = lean.with_columns(run=pl.struct(SCHOOL).rle_id())
    points = [pl.col(item).cast(pl.Int16).fill_null(_NOT_DONE) for item in items]
    pupils, runs = pl.collect_all(
        [lean.select("run", "score", *points), lean.filter(_FIRST_OF_RUN).select(SCHOOL)]
    )
    schools, place = _ordered(runs, SCHOOL)
    papers, paper = _ordered(schools.select(PAPER), PAPER)
    school = place.gather(pupils["run"]).to_numpy()
    sat, cell = np.unique(
        paper.to_numpy().astype(np.int64)[school] * _SCORES + pupils["score"].to_numpy(),
        return_inverse=True,
    )
    scores = papers[sat // _SCORES].with_columns(score=pl.Series(sat % _SCORES, dtype=pl.Int16))
    tasks = [_Task.of(column) for column in pupils.select(items).iter_columns()]
    return ItemMoments(
        _value_counts(schools, school, tasks),
        _value_counts(scores, cell, tasks),
        _products(scores, cell, pupils.select(items)),
    )


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
    return schools[place].hstack(codes)


def _or_null(code: pl.Expr, none: int) -> pl.Expr:
    return pl.when(code != none).then(code)


def _ordered(rows: pl.DataFrame, keys: Iterable[str]) -> tuple[pl.DataFrame, pl.Series]:
    """The different rows in order of their keys, and the place of each row among them."""
    keys = list(keys)
    ordered = rows.unique().sort(keys)
    places = rows.join(ordered.with_row_index("place"), on=keys, how="left", maintain_order="left")
    return ordered, places["place"]


@dataclass(frozen=True)
class _Task:
    """Points of all pupils for one task, as places in the list of values that occur."""

    name: str
    values: np.ndarray
    code: np.ndarray

    @classmethod
    def of(cls, column: pl.Series) -> _Task:
        values = column.unique().sort().to_numpy()
        return cls(column.name, values, np.searchsorted(values, column.to_numpy()))


def _value_counts(keys: pl.DataFrame, row: np.ndarray, tasks: list[_Task]) -> pl.DataFrame:
    """Pupils of every row of ``keys`` by task and points; ``row`` (pupils,) is where each stands."""
    found = [np.zeros((4, 0), dtype=np.int64)]
    for number, task in enumerate(tasks):
        width = len(task.values)
        cells = np.bincount(row.astype(np.int64) * width + task.code, minlength=len(keys) * width)
        cells = cells.reshape(len(keys), width)
        cells[:, task.values == _NOT_DONE] = 0
        place, value = np.nonzero(cells)
        item = np.full(len(place), number)
        found.append(np.stack([place, item, task.values[value], cells[place, value]]))
    place, item, value, n = np.concatenate(found, axis=1)
    order = np.lexsort((value, item, place))
    return keys[place[order]].with_columns(
        item=pl.Series([task.name for task in tasks], dtype=pl.String).gather(item[order]),
        value=pl.Series(value[order], dtype=pl.Int16),
        n=pl.Series(n[order], dtype=pl.Int64),
    )


def _products(keys: pl.DataFrame, row: np.ndarray, points: pl.DataFrame) -> pl.DataFrame:
    """Sums and sums of products of points over the pupils of every row of ``keys``."""
    items = points.columns
    first, second = np.triu_indices(len(items))
    names = pl.DataFrame(
        {
            "item_a": [*(items[i] for i in first), *items],
            "item_b": [*(items[i] for i in second), *([""] * len(items))],
        },
        schema={"item_a": pl.String, "item_b": pl.String},
    )
    order = np.argsort(row, kind="stable")
    sorted_points = np.maximum(points.to_numpy()[order], 0)
    ends = np.cumsum(np.bincount(row, minlength=len(keys)))
    sums = np.zeros((len(keys), len(names)), dtype=np.int64)
    for place, (start, end) in enumerate(pairwise([0, *ends])):
        # Floating point is exact for such sums, and several times faster than integers.
        block = sorted_points[start:end].astype(float)
        sums[place] = np.concatenate([(block.T @ block)[first, second], block.sum(axis=0)])
    place, pair = np.nonzero(sums)
    found = keys[place].hstack(names[pair])
    products = found.with_columns(product=pl.Series(sums[place, pair], dtype=pl.Int64))
    return products.sort([*keys.columns, "item_a", "item_b"])
