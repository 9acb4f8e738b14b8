"""Whom to observe and what to re-check under a given capacity: by probability, coverage and lot.

Poorest data accepted: a p for some of the schools. Nothing here says that a school did anything: the
probability decides where a look is worth most, and a stated share goes by lot to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.two_groups import two_groups

# Shifts near 0 can not be told from it: with them on the grid 15 % of the schools of honest regions
# get a probability of .2 or more, from 2 on 0.6 %.
_SHIFTS = np.append(0.0, np.arange(2.0, 6.25, 0.25))
_CLIP = (-4.0, 8.0)


class Reason(StrEnum):
    """Why a school is in the plan."""

    PROBABLE = "probable"
    AGAIN = "again"
    LOT = "lot"


@dataclass(frozen=True)
class Visit:
    """An observer at a school (its place in the arrays), and why."""

    school: int
    reason: Reason


@dataclass(frozen=True)
class Recheck:
    """Works of one school and paper (places in the arrays) to be marked again, and why."""

    school: int
    paper: int
    works: int
    reason: Reason


def probability_of_effect(p: np.ndarray) -> np.ndarray:
    """Probability that a school differs from the honest ones, given its one-sided p (schools,).

    ``1 − local fdr`` of :func:`~msoko_analysis.stats.two_groups.two_groups` on ``z = Φ⁻¹(1 − p)``,
    normal about a shift that is 0 for honest schools and 2…6 for the others. A school without a
    p has the share of the others in the region: nothing is known about it. All nan: nan.

    >>> p = np.append(np.linspace(0.005, 0.995, 200), [1e-9, np.nan])
    >>> chance = probability_of_effect(p)
    >>> bool(chance[200] > 0.99), bool(chance[100] < 0.05), bool(chance[201] < 0.1)
    (True, True, True)
    """
    p = np.asarray(p, dtype=float)
    if ((p < 0) | (p > 1)).any():
        raise StatsInputError("p must lie between 0 and 1")
    known = np.isfinite(p)
    if not known.any():
        return np.full(len(p), np.nan)
    z = np.clip(norm.isf(p[known]), *_CLIP)
    groups = two_groups(-((z - _SHIFTS[:, None]) ** 2) / 2, _SHIFTS)
    chance = np.full(len(p), 1 - groups.honest_share)
    chance[known] = 1 - groups.local_fdr
    return chance


def choose_visits(
    probability: np.ndarray,
    municipality: np.ndarray,
    visited: np.ndarray,
    observers: int,
    *,
    least: float,
    again: float,
    lot: float,
    rng: np.random.Generator,
) -> tuple[Visit, ...]:
    """Schools for ``observers`` (at most), the most probable first, then those drawn by lot.

    A share ``lot`` of the observers, one at least where there are two, goes by lot to schools that
    nobody ``visited`` (schools,) last time, each alike; the others go to schools with a probability
    of ``least`` or more in falling order. A school visited last time is passed over unless its
    probability is ``again`` or more. No municipality gets more than twice its share of schools. What
    probability does not claim goes by lot as well. With as many observers as schools all are chosen.

    >>> chance = np.array([0.9, 0.8, 0.6, 0.0, 0.0, 0.0])
    >>> plan = choose_visits(chance, np.zeros(6), np.array([0, 0, 1, 0, 0, 1], bool), 3, least=0.2,
    ...     again=0.5, lot=0.2, rng=np.random.default_rng(1))
    >>> [(one.school, str(one.reason)) for one in plan[:2]], plan[2].school in (2, 3, 4)
    ([(0, 'probable'), (1, 'probable')], True)
    """
    chance, visited = np.nan_to_num(probability), np.asarray(visited, dtype=bool)
    _check(chance, lot, observers)
    observers = min(observers, len(chance))
    by_lot = max(round(lot * observers), int(lot > 0 and observers > 1))
    wanted = (chance >= least) & (~visited | (chance >= again))
    order = np.argsort(-chance, kind="stable")
    order = _spread(order[wanted[order]], np.asarray(municipality), observers - by_lot)
    plan = [
        Visit(int(school), Reason.AGAIN if visited[school] else Reason.PROBABLE) for school in order
    ]
    rest = np.setdiff1d(np.arange(len(chance)), order)
    # Drawn in two goes, so that schools visited last time come only when no others are left.
    drawn = np.concatenate([rng.permutation(rest[visited[rest] == was]) for was in (False, True)])
    return (*plan, *(Visit(int(one), Reason.LOT) for one in drawn[: observers - len(plan)]))


def _spread(order: np.ndarray, municipality: np.ndarray, places: int) -> np.ndarray:
    """The first ``places`` of ``order``, no municipality more often than twice its share."""
    names, index, sizes = np.unique(municipality, return_inverse=True, return_counts=True)
    most = np.ceil(2 * places * sizes / len(municipality))
    taken = np.zeros(len(names))
    kept: list[int] = []
    for school in order:
        if len(kept) < places and taken[index[school]] < most[index[school]]:
            taken[index[school]] += 1
            kept.append(school)
    return np.array(kept, dtype=int)


def choose_works(
    probability: np.ndarray,
    at_cut: np.ndarray,
    expected: np.ndarray,
    works: int,
    *,
    least: float,
    lot: float,
    block: int,
    rng: np.random.Generator,
) -> tuple[Recheck, ...]:
    """Which works to mark again: papers of schools in the order of what one work is likely to show.

    ``at_cut`` (schools × papers) works that just reached a cut, ``expected`` as many as the school's
    own level gives. A work there is one of the extra ones with probability
    ``P·(at_cut − expected)⁺/at_cut``; papers of schools with ``P ≥ least`` are taken in its falling
    order, in whole blocks of ``block`` works, until ``works`` are used up but for the share ``lot``.
    That goes by lot, one block a paper, to any school. What neither claims is left over: works of
    schools without a sign need no second marking.

    >>> plan = choose_works(np.array([0.9, 0.0]), np.array([[9, 4], [6, 6]]),
    ...     np.array([[3, 4], [6, 6]]), 20, least=0.2, lot=0.25, block=5,
    ...     rng=np.random.default_rng(1))
    >>> [(one.school, one.paper, one.works, str(one.reason)) for one in plan[:1]], len(plan)
    ([(0, 0, 10, 'probable')], 2)
    """
    chance, at_cut = np.nan_to_num(probability), np.asarray(at_cut, dtype=float)
    _check(chance, lot, works)
    if at_cut.shape != np.shape(expected) or at_cut.shape[:1] != chance.shape or block < 1:
        raise StatsInputError("at_cut and expected must be (schools x papers), block at least 1")
    filled = np.maximum(at_cut, 1.0)
    density = chance[:, None] * np.maximum(at_cut - expected, 0.0) / filled
    density[chance < least] = 0.0
    by_lot = int(lot * works) // block * block
    left, plan = works - by_lot, []
    for cell in np.argsort(-density, axis=None, kind="stable"):
        school, paper = np.unravel_index(cell, at_cut.shape)
        blocks = min(-(-int(at_cut[school, paper]) // block), left // block)
        if density[school, paper] > 0 and blocks:
            plan.append(Recheck(int(school), int(paper), blocks * block, Reason.PROBABLE))
            left -= blocks * block
    chosen = {(one.school, one.paper) for one in plan}
    others = [tuple(map(int, cell)) for cell in np.argwhere(at_cut > 0)]
    others = [cell for cell in others if cell not in chosen]
    drawn = rng.permutation(len(others))[: by_lot // block]
    return (*plan, *(Recheck(*others[one], block, Reason.LOT) for one in drawn))


def _check(chance: np.ndarray, lot: float, capacity: int) -> None:
    if ((chance < 0) | (chance > 1)).any() or not 0 <= lot <= 1 or capacity < 0:
        raise StatsInputError("probabilities and lot lie in 0…1, capacities are not negative")
