"""Rows that share a key, found by hashes first: in a file of a million rows few or none do."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def shared_keys(rows: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Whether the key of each row stands in another row too.

    >>> rows = pl.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "y", "x", "x"]})
    >>> shared_keys(rows, ["a", "b"]).to_list()
    [True, False, False, True]
    """
    keys = rows.select(key)
    alike = keys.hash_rows(seed=1).is_duplicated()
    return _within(alike, keys.filter(alike).is_duplicated())


def first_of_key(rows: pl.DataFrame, key: Sequence[str]) -> pl.Series:
    """Whether each row is the first with its key.

    >>> first_of_key(pl.DataFrame({"a": [1, 1, 2, 1]}), ["a"]).to_list()
    [True, False, True, False]
    """
    alike = shared_keys(rows, key)
    again = ~rows.filter(alike).select(pl.struct(key).is_first_distinct()).to_series()
    return ~_within(alike, again)


def _within(chosen: pl.Series, answers: pl.Series) -> pl.Series:
    """The answers for the rows chosen, False for the others."""
    return (~chosen & False).scatter(chosen.arg_true(), answers)
