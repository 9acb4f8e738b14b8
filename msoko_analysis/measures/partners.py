"""A partner «школа-лидер» for every school that needs help: one alike that does better than expected.

Who needs help and how likely a school is better than its context would lead to expect come from
outside; here schools are only paired. Nobody is ranked: a leader is one that can show how the same
circumstances are met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from msoko_analysis.errors import StatsInputError

MATCHED = "matched"
NO_CONTEXT = "no_context"
NO_LEADER_ALIKE = "no_leader_alike"
NONE_NEAR = "none_near"
ALL_TAKEN = "all_taken"
_FAR = 1e6


@dataclass(frozen=True)
class Schools:
    """What pairing looks at; rows of all arrays are the schools of the region in one order.

    ``code`` (schools,); ``kind`` (schools,) type of the school; ``settlement`` (schools,) class of
    the settlement; None or nan unknown. ``context`` (schools × variables) numbers on any scale, nan
    unknown. ``better`` (schools,) probability that the school does better than expected, nan where
    it was not judged.
    """

    code: np.ndarray
    kind: np.ndarray
    settlement: np.ndarray
    context: np.ndarray
    better: np.ndarray

    def __post_init__(self) -> None:
        columns = (self.code, self.kind, self.settlement, self.context, self.better)
        if len({len(one) for one in columns}) > 1 or np.ndim(self.context) != 2:
            raise StatsInputError("all columns of the schools must have one row a school")


def partners(
    schools: Schools, needs: np.ndarray, *, probability: float, distance: float, at_most: int
) -> pd.DataFrame:
    """Pair every school in need with at most one leader.

    A leader is a school not in need with ``better ≥ probability``. It suits a school of the same
    type and settlement class when their contexts are at most ``distance`` apart: the root mean
    square difference of the variables, each in standard deviations over the schools of the region.
    A leader helps ``at_most`` schools. Of all ways to pair, as many schools as possible get a leader
    and, of those ways, the sum of distances is least (assignment problem), so the result does not
    depend on the order of the schools but for exact ties.

    ``needs`` (schools,) bool. Returns one row a school in need, in the given order: ``school``,
    ``partner`` (None without one), ``distance`` to it, ``better`` its probability, and ``reason``:
    «matched», or why not: «no_context» the school's own type, settlement or context is unknown,
    «no_leader_alike» none of the same type and settlement, «none_near» none of them near enough,
    «all_taken» all near ones help others already.

    >>> schools = Schools(
    ...     np.array(["A", "B", "C", "D"]), np.array(["secondary"] * 4),
    ...     np.array(["village", "village", "village", "city"]),
    ...     np.array([[100.0], [120.0], [130.0], [900.0]]), np.array([0.1, 0.95, 0.3, 0.99]),
    ... )
    >>> needs = np.array([True, False, False, False])
    >>> table = partners(schools, needs, probability=0.8, distance=0.5, at_most=2)
    >>> table[["school", "partner", "reason"]].values.tolist()
    [['A', 'B', 'matched']]
    """
    needs = np.asarray(needs, dtype=bool)
    if needs.shape != np.shape(schools.code) or at_most < 1:
        raise StatsInputError("needs must be given for every school, and at_most be at least 1")
    better = np.asarray(schools.better, dtype=float)
    weak = np.flatnonzero(needs)
    strong = np.flatnonzero(~needs & (np.nan_to_num(better, nan=-1.0) >= probability))
    alike, apart = _alike(schools, weak, strong), _apart(schools, weak, strong)
    suits = alike & (apart <= distance)
    chosen = _assign(np.where(suits, apart, _FAR), at_most)
    found = chosen >= 0
    partner = strong[chosen[found]]
    table = pd.DataFrame({"school": schools.code[weak], "partner": None})
    table["distance"], table["better"] = np.nan, np.nan
    table.loc[found, "partner"] = schools.code[partner]
    table.loc[found, "distance"] = apart[found, chosen[found]]
    table.loc[found, "better"] = better[partner]
    near = suits.any(axis=1)
    reasons = [found, ~_known(schools)[weak], ~alike.any(axis=1), ~near]
    words = [MATCHED, NO_CONTEXT, NO_LEADER_ALIKE, NONE_NEAR]
    table["reason"] = np.select(reasons, words, ALL_TAKEN).astype(object)
    return table


def _known(schools: Schools) -> np.ndarray:
    """Schools of which everything that pairing looks at is known (schools,)."""
    named = ~pd.isna(pd.Series(schools.kind, dtype=object)).to_numpy()
    placed = ~pd.isna(pd.Series(schools.settlement, dtype=object)).to_numpy()
    return named & placed & np.isfinite(np.asarray(schools.context, dtype=float)).all(axis=1)


def _alike(schools: Schools, weak: np.ndarray, strong: np.ndarray) -> np.ndarray:
    kind = np.asarray(schools.kind, dtype=object)
    settlement = np.asarray(schools.settlement, dtype=object)
    known = _known(schools)
    same = (kind[weak][:, None] == kind[strong]) & (settlement[weak][:, None] == settlement[strong])
    return same & known[weak][:, None] & known[strong]


def _apart(schools: Schools, weak: np.ndarray, strong: np.ndarray) -> np.ndarray:
    """Distance of contexts (weak × strong), infinite where one is unknown."""
    context = np.asarray(schools.context, dtype=float)
    known = np.isfinite(context).all(axis=1)
    if not known.any() or not context.shape[1]:
        return np.where(known[weak][:, None] & known[strong], 0.0, np.inf)
    spread = context[known].std(axis=0)
    units = context / np.where(spread > 0, spread, 1.0)
    square = (units[weak][:, None, :] - units[strong][None, :, :]) ** 2
    return np.nan_to_num(np.sqrt(square.mean(axis=2)), nan=np.inf)


def _assign(cost: np.ndarray, at_most: int) -> np.ndarray:
    """Column chosen for every row (rows,), −1 for none; a column at most so many times."""
    rows, columns = cost.shape
    chosen = np.full(rows, -1)
    if not rows or not columns:
        return chosen
    # A row of its own stands for "no leader": dearer than any distance, cheaper than a bad one.
    places = np.hstack([np.repeat(cost, at_most, axis=1), np.full((rows, rows), _FAR / 10)])
    row, place = linear_sum_assignment(places)
    real = place < columns * at_most
    chosen[row[real]] = place[real] // at_most
    return chosen
