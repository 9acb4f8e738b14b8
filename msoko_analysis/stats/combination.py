"""Several signs of one school into one conclusion that names the sign it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Combined:
    """Result of :func:`combine_signs`; arrays are (schools,), nan where nothing was tested.

    ``signs`` p by sign as given; ``families`` p by family; ``p`` of the school over its families;
    ``q`` Benjamini–Hochberg over schools; ``inside`` by family: the smallest level of ``q`` at which
    the school is selected *and* the family is significant inside it.
    """

    signs: Mapping[str, np.ndarray]
    members: Mapping[str, tuple[str, ...]]
    families: Mapping[str, np.ndarray]
    p: np.ndarray
    q: np.ndarray
    inside: Mapping[str, np.ndarray]


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjusted p over the tested entries; nan stays nan.

    >>> benjamini_hochberg(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    q = np.full(len(p), np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return q


def smallest(p: np.ndarray) -> np.ndarray:
    """``min(1, k · min p)`` over the k tested entries of every row: Holm's and Bonferroni's test that
    all are null, valid under any dependence; nan where nothing was tested.

    >>> smallest(np.array([[0.01, 0.5, np.nan], [np.nan, np.nan, np.nan]])).tolist()
    [0.02, nan]
    """
    tested = np.isfinite(p).sum(axis=1)
    least = np.where(tested > 0, np.nan_to_num(p, nan=np.inf).min(axis=1), np.nan)
    return np.minimum(1.0, tested * least)


def combine_signs(
    signs: Mapping[str, np.ndarray], members: Mapping[str, tuple[str, ...]]
) -> Combined:
    """Signs → families → school, and selection over schools in two stages.

    Family p is :func:`smallest` over its signs, school p :func:`smallest` over its families: a school
    is selected because of a sign that can be named. Over schools: Benjamini–Hochberg. Inside the R
    selected of m tested schools at a level L a family is significant when its Holm-adjusted p is at
    most ``L·R/m`` (Benjamini & Bogomolov 2014), which keeps the expected share of false claims over
    the selected schools at L; ``inside`` is the smallest such L. Signs that are absent from ``signs``
    were not tested. Source: methods.md §3.11.

    >>> p = {"a": np.array([0.0001, 0.4, 0.9]), "b": np.array([0.5, 0.6, np.nan])}
    >>> result = combine_signs(p, {"A": ("a",), "B": ("b",)})
    >>> [bool(q <= 0.1) for q in result.q], [bool(q <= 0.1) for q in result.inside["A"]]
    ([True, False, False], [True, False, False])
    """
    if not signs:
        raise StatsInputError("at least one sign is needed")
    unknown = set(signs) - {name for names in members.values() for name in names}
    if unknown:
        raise StatsInputError(f"signs without a family: {', '.join(sorted(unknown))}")
    families = {
        family: smallest(np.stack([signs[name] for name in names if name in signs], axis=1))
        for family, names in members.items()
        if any(name in signs for name in names)
    }
    table = np.stack(list(families.values()), axis=1)
    p = smallest(table)
    q = benjamini_hochberg(p)
    adjusted = _holm(table)
    inside = {family: _level_inside(q, adjusted[:, at]) for at, family in enumerate(families)}
    return Combined(dict(signs), dict(members), families, p, q, inside)


def _level_inside(q: np.ndarray, adjusted: np.ndarray) -> np.ndarray:
    """Smallest level L with ``q ≤ L`` and ``adjusted ≤ L·R(L)/m``, R the schools selected at L."""
    tested = np.isfinite(q)
    steps = np.unique(q[tested])
    selected = np.searchsorted(np.sort(q[tested]), steps, side="right")
    until = np.append(steps[1:], np.inf)
    # Between two steps R is constant, so the level needed there is adjusted·m/R.
    needed = np.maximum(steps, adjusted[:, None] * tested.sum() / selected)
    possible = (needed < until) & (steps >= q[:, None])
    return np.where(
        tested & np.isfinite(adjusted), np.where(possible, needed, np.inf).min(axis=1), np.nan
    )


def _holm(p: np.ndarray) -> np.ndarray:
    """Holm-adjusted p within every row; nan entries are not tested and stay nan."""
    filled = np.where(np.isfinite(p), p, np.inf)
    order = np.argsort(filled, axis=1)
    tested = np.isfinite(p).sum(axis=1, keepdims=True)
    ordered = np.take_along_axis(filled, order, axis=1)
    steps = np.maximum(tested - np.arange(p.shape[1]), 1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(ordered * steps, axis=1))
    back = np.empty_like(adjusted)
    np.put_along_axis(back, order, adjusted, axis=1)
    return np.where(np.isfinite(p), back, np.nan)
