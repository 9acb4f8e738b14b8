"""Pupil rows → small additive count tables: the only reader of big data.

All that the statistics need is counted here once; pupil rows go no further. Tables from many files
or workers add up (:func:`add`). A *paper* is year, procedure, grade, subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import polars as pl

from msoko_analysis.params.scales import Paper

PAPER = ("year", "procedure", "grade", "subject")
SCHOOL = (*PAPER, "municipality", "school")
ITEM_PREFIX = "item_"
_COUNTED = {"n", "product"}
# A key packs (run, school mark, given mark, score) into one integer: sorting integers is many times
# faster than grouping by nine columns. 15 and 4095 stand for "none".
_NO_MARK, _NO_SCORE = 15, 4095
_SCORES = 4096
_PER_RUN = 16 * 16 * _SCORES
_NOT_DONE = -1  # code of a task without points
_FIRST_OF_RUN = (pl.col("run") != pl.col("run").shift(1)).fill_null(True)


@dataclass(frozen=True)
class CountTables:
    """Counts of scores and marks, packed; the tables are unpacked when they are asked for.

    ``runs`` the school and paper of every run of rows in the source; ``keys`` (run, school mark, given
    mark, score) packed into one integer; ``n`` how many pupils have that key.
    """

    runs: pl.DataFrame
    keys: np.ndarray
    n: np.ndarray

    @cached_property
    def score_counts(self) -> pl.DataFrame:
        """School × paper × primary score → n."""
        return _sum_by(self.mark_pairs, [*SCHOOL, "score"])

    @cached_property
    def mark_pairs(self) -> pl.DataFrame:
        """School × paper × school mark × given mark × primary score → n (marks may be null)."""
        keys, n = _summed(self._placed, self.n)
        scored = keys % _SCORES != _NO_SCORE
        return self._unpacked(keys[scored], n[scored])

    @cached_property
    def attendance(self) -> pl.DataFrame:
        """School × paper → n_listed, n_scored."""
        place = self._placed // _PER_RUN
        scored = self._placed % _SCORES != _NO_SCORE
        schools = len(self._schools[0])
        listed, wrote = (
            np.bincount(place, weight, schools) for weight in (self.n, self.n * scored)
        )
        return self._schools[0].with_columns(
            n_listed=pl.Series(listed, dtype=pl.UInt32), n_scored=pl.Series(wrote, dtype=pl.UInt32)
        )

    @cached_property
    def _schools(self) -> tuple[pl.DataFrame, np.ndarray]:
        ordered, place = _ordered(self.runs, SCHOOL)
        return ordered, place.to_numpy().astype(np.int64)

    @cached_property
    def _placed(self) -> np.ndarray:
        """Keys with the number of a run replaced by the place of its school and paper in order."""
        return self._schools[1][self.keys // _PER_RUN] * _PER_RUN + self.keys % _PER_RUN

    def _unpacked(self, keys: np.ndarray, n: np.ndarray) -> pl.DataFrame:
        codes = pl.DataFrame({"key": keys, "n": pl.Series(n, dtype=pl.UInt32)})
        key = pl.col("key")
        codes = codes.select(
            prior_mark=_or_null((key // (_SCORES * 16) % 16).cast(pl.Int8), _NO_MARK),
            mark=_or_null((key // _SCORES % 16).cast(pl.Int8), _NO_MARK),
            score=(key % _SCORES).cast(pl.Int16),
            n="n",
        )
        return self._schools[0][keys // _PER_RUN].hstack(codes)


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
    key = pl.col("run").cast(pl.Int64)
    for name in ("prior_mark", "mark"):
        known = name in present
        code = pl.col(name).fill_null(_NO_MARK).cast(pl.Int64) if known else _NO_MARK
        key = key * 16 + code
    key = key * _SCORES + pl.col("total").fill_null(_NO_SCORE).cast(pl.Int64)
    lean = rows.with_columns(run=pl.struct(SCHOOL).rle_id())
    keys, runs = pl.collect_all([lean.select(key=key), lean.filter(_FIRST_OF_RUN).select(SCHOOL)])
    keys = keys["key"].to_numpy()
    return CountTables(runs, *_summed(keys, np.ones(len(keys), dtype=np.int64)))


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


def task_points(rows: pl.LazyFrame, year: int, paper: Paper, schools: list[str]) -> pd.DataFrame:
    """Pupils of a few schools with a score in one paper: school, total, points for every task.

    For looking at pairs of pupils where the counts have raised a sign; nothing of it is stored.
    """
    columns = rows.collect_schema().names()
    of_paper = dict(zip(PAPER, (year, *paper), strict=True))
    mine = rows.filter(
        *(pl.col(name) == value for name, value in of_paper.items()),
        pl.col("school").is_in(schools),
        pl.col("total").is_not_null(),
    )
    items = [name for name in columns if name.startswith(ITEM_PREFIX)]
    return mine.select("school", "total", *items).collect().to_pandas()


def add(first: _Tables, second: _Tables) -> _Tables:
    """Sum of two sets of count tables, as if their rows had been counted together.

    >>> rows = pl.LazyFrame({"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA",
    ...     "municipality": "A", "school": "1", "total": [5, 5, 7]})
    >>> whole, part = count(rows), count(rows.slice(0, 1))
    >>> add(part, count(rows.slice(1))).score_counts.equals(whole.score_counts)
    True
    """
    if isinstance(first, CountTables):
        return CountTables(
            pl.concat([first.runs, second.runs]),
            np.concatenate([first.keys, second.keys + len(first.runs) * _PER_RUN]),
            np.concatenate([first.n, second.n]),
        )
    summed = {}
    for field in fields(first):
        both = pl.concat([getattr(first, field.name), getattr(second, field.name)])
        summed[field.name] = _sum_by(both, [name for name in both.columns if name not in _COUNTED])
    return type(first)(**summed)


def _summed(keys: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different keys in order and the sum of their n."""
    if len(keys) == 0:
        return keys, n
    order = np.argsort(keys, kind="stable") if (n != 1).any() else None
    ordered = np.sort(keys) if order is None else keys[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    if order is None:
        return ordered[first], np.diff(first, append=len(ordered))
    return ordered[first], np.add.reduceat(n[order], first)


def _sum_by(frame: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    keys = list(keys)
    values = [name for name in frame.columns if name in _COUNTED]
    return frame.group_by(keys).agg(pl.col(values).sum()).sort(keys, nulls_last=True)


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
    # without tasks the frame has no rows either
    sorted_points = np.maximum(points.to_numpy().reshape(len(row), len(items))[order], 0)
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
