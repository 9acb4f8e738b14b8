"""Count tables of tasks as arrays over schools, the shape the checks of tasks take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.given_score import TaskCounts

FEWEST_TASKS = 3
"""Papers with fewer tasks say nothing about the pattern of tasks."""


@dataclass(frozen=True)
class ItemArrays:
    """The tasks of one paper of one year, rows in the order of ``Year.schools``.

    ``items`` names of the tasks; ``levels`` (scores,) the sum scores that occur, in rising order:
    the scores axis of ``counts``.
    """

    paper: Paper
    items: tuple[str, ...]
    levels: np.ndarray
    counts: TaskCounts


def arrange_items(
    year: Year,
    mark_pairs: pd.DataFrame,
    item_values: pd.DataFrame,
    score_item_values: pd.DataFrame,
    item_products: pd.DataFrame,
) -> dict[Paper, ItemArrays]:
    """Arrays of the papers of a year whose tasks are known; the region is all schools of the tables.

    ``mark_pairs`` as in :class:`msoko_analysis.counts.CountTables`, the other tables as in
    :class:`msoko_analysis.counts.ItemMoments`. A task without points counts as 0. Files hold
    mistyped points and columns of other papers; the maxima of the tasks must add up to the maximum
    of the paper, so the rarest largest values are dropped until they do, and tasks left with a
    maximum of 0 are no tasks of the paper.
    """
    found = {}
    for arrays in year.papers:
        key = {"year": year.year, **arrays.paper._asdict()}
        tables = [_rows(one, key) for one in (item_values, score_item_values, item_products)]
        if not len(tables[1]):
            continue
        items = _paper_items(arrays, year.schools.index, _rows(mark_pairs, key), *tables)
        if len(items.items) >= FEWEST_TASKS:
            found[arrays.paper] = items
    return found


def _paper_items(
    arrays: PaperArrays,
    schools: pd.Index,
    pairs: pd.DataFrame,
    item_values: pd.DataFrame,
    score_item_values: pd.DataFrame,
    item_products: pd.DataFrame,
) -> ItemArrays:
    names = pd.Index(sorted(score_item_values["item"].unique()))
    levels = np.unique(pairs["score"])
    width = int(score_item_values["value"].max()) + 1

    def level(table: pd.DataFrame) -> np.ndarray:
        return np.searchsorted(levels, table["score"])

    def place(table: pd.DataFrame) -> np.ndarray:
        return schools.get_indexer(table["school"])

    scores = _filled((len(schools), len(levels)), (place(pairs), level(pairs)), pairs["n"])
    shape = (len(schools), len(names), width)
    values = _filled(shape, (place(item_values), *_cell(item_values, names)), item_values["n"])
    shape = (len(levels), len(names), width)
    region = _filled(
        shape, (level(score_item_values), *_cell(score_item_values, names)), score_item_values["n"]
    )
    maxima = task_maxima(region.sum(axis=0), arrays.scale.max_primary)
    products = _products(item_products[item_products["item_b"] != ""], names, levels)
    mistyped = region * (np.arange(width) > maxima[:, None])
    added = _of_mistyped(mistyped, region, scores.sum(axis=0), maxima)
    products = np.maximum(products - added, 0.0)

    kept = maxima > 0
    top = int(maxima.max(initial=0))
    counts = TaskCounts(
        scores,
        _complete(values, maxima, scores.sum(axis=1))[:, kept, : top + 1],
        _complete(region, maxima, scores.sum(axis=0))[:, kept, : top + 1],
        products[:, kept][:, :, kept],
    )
    return ItemArrays(arrays.paper, tuple(names[kept]), levels, counts)


def task_maxima(values: np.ndarray, max_primary: int) -> np.ndarray:
    """The most points each task can earn, (tasks,), from pupils by points for it (tasks × points).

    The largest value that occurs; while these add up to more than the maximum of the paper, the
    largest value with the fewest pupils is dropped as mistyped.

    >>> task_maxima(np.array([[40, 60, 0, 1], [30, 40, 30, 0], [50, 1, 0, 0]]), 3).tolist()
    [1, 2, 0]
    """
    values = np.asarray(values)
    points = np.arange(values.shape[1])
    left = np.where(points > 0, values, 0)
    maxima = (points * (left > 0)).max(axis=1)
    tasks = np.arange(len(values))
    while maxima.sum() > max_primary:
        rarest = np.where(maxima > 0, left[tasks, maxima], np.inf).argmin()
        left[rarest, maxima[rarest]] = 0
        maxima[rarest] = (points * (left[rarest] > 0)).max()
    return maxima


def _rows(table: pd.DataFrame, key: dict[str, object]) -> pd.DataFrame:
    mine = np.ones(len(table), dtype=bool)
    for name, value in key.items():
        mine &= (table[name] == value).to_numpy(dtype=bool)
    return table[mine]


def _cell(table: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    return names.get_indexer(table["item"]), table["value"].to_numpy(dtype=int)


def _filled(shape: tuple[int, ...], cells: tuple[np.ndarray, ...], n: pd.Series) -> np.ndarray:
    array = np.zeros(shape)
    np.add.at(array, cells, n.to_numpy(dtype=float))
    return array


def _products(table: pd.DataFrame, names: pd.Index, levels: np.ndarray) -> np.ndarray:
    """Sums of products (scores × tasks × tasks), both halves."""
    level = np.searchsorted(levels, table["score"])
    first, second = (names.get_indexer(table[name]) for name in ("item_a", "item_b"))
    products = np.zeros((len(levels), len(names), len(names)))
    products[level, first, second] = table["product"]
    products[level, second, first] = table["product"]
    return products


def _of_mistyped(
    mistyped: np.ndarray, region: np.ndarray, n: np.ndarray, maxima: np.ndarray
) -> np.ndarray:
    """What mistyped values add to the products (scores × tasks × tasks).

    Squares exactly. Which points the same pupil has for other tasks is not in the tables: the mean
    of pupils with his score stands for them.
    """
    points = np.arange(region.shape[2])
    mean = (region - mistyped) @ points / np.maximum(n, 1.0)[:, None]
    added = (mistyped @ points)[:, :, None] * mean[:, None, :]
    added = added + added.transpose(0, 2, 1)
    tasks = np.arange(len(maxima))
    added[:, tasks, tasks] = mistyped @ points**2
    return added


def _complete(values: np.ndarray, maxima: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Every pupil once for every task: whoever has no valid points for it has 0."""
    valid = values * (np.arange(values.shape[2]) <= maxima[:, None])
    valid[:, :, 0] += n[:, None] - valid.sum(axis=2)
    return valid
