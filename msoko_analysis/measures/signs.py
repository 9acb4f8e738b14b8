"""Measures of the signs beside the spike: homogeneity (C3), school marks (C4), jumps (C6), tasks (C7),
similarity (C8). Each gives one row per school over all its papers: effect, p, q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.scales import Paper
from msoko_analysis.stats.combination import benjamini_hochberg, combine_signs
from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.jump import jump, standardised
from msoko_analysis.stats.mark_gap import mark_gap
from msoko_analysis.stats.pooling import pooled_z

_OWN = "msoko_analysis: методика пакета"
# The expectations of these signs are fitted over the schools of the region; with fewer of them in a
# paper than this the sign is not determined.
_FEWEST_SCHOOLS = 30
_SIZABLE = 10


@dataclass(frozen=True)
class Sign:
    """One sign of every school over its papers; arrays are (schools,), nan where not determined.

    ``effect`` with ``low`` and ``high`` in the unit of the sign, ``n`` the works behind it, ``p``.
    """

    name: str
    n: np.ndarray
    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    method: str

    def rows(self, year: Year) -> pd.DataFrame:
        """The sign as rows of the long table."""
        n = np.where(np.isfinite(self.p), self.n, 0)
        return school_rows(
            year.year, ALL_PAPERS, year.schools, self.name, n, self.effect, low=self.low,
            high=self.high, p=self.p, q=benjamini_hochberg(self.p), method=self.method, source=_OWN,
        )  # fmt: skip


def other_signs(year: Year, previous: Year | None, alphas: Mapping[Paper, float]) -> Iterator[Sign]:
    """The signs that the data of the year allow.

    ``previous`` has the schools of ``year``; ``alphas`` the reliability of every paper with tasks.
    """
    papers = [arrays for arrays in year.papers if _enough_schools(arrays.n)]
    if not papers:
        return
    yield _homogeneity(papers)
    known = [
        arrays
        for arrays in papers
        if arrays.paper in alphas and _enough_schools(arrays.pairs.sum(axis=(1, 2)))
    ]
    if known:
        yield _mark_gap(known, alphas)
    pairs = [
        (before, after)
        for after in papers
        if previous and (before := previous.paper(after.paper)) and _enough_schools(before.n)
    ]
    if pairs:
        yield _jump(pairs)


def _enough_schools(n: np.ndarray) -> bool:
    return int((n >= _SIZABLE).sum()) >= _FEWEST_SCHOOLS


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over papers (schools × papers) by works, nan left out."""
    there = np.isfinite(values) & (weights > 0)
    with np.errstate(invalid="ignore"):
        total = np.where(there, weights, 0.0).sum(axis=1)
        return np.where(there, values * weights, 0.0).sum(axis=1) / total


def _columns(results: list, get: Callable) -> np.ndarray:
    return np.stack([get(one) for one in results], axis=1)


def _homogeneity(papers: list[PaperArrays]) -> Sign:
    results = [homogeneity(arrays.scores) for arrays in papers]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.n, 0.0))
    low, high = (
        np.exp(_weighted(np.log(_columns(results, lambda one, k=k: one.ratio_interval()[k])), n))
        for k in (0, 1)
    )
    ratio = np.exp(_weighted(np.log(_columns(results, lambda one: one.ratio)), n))
    pooled = pooled_z(_columns(results, lambda one: one.z))
    return Sign(
        "homogeneity", n.sum(axis=1), ratio, low, high, pooled.p,
        "разброс при таком среднем, по работам вместе",
    )  # fmt: skip


def _mark_gap(papers: list[PaperArrays], alphas: Mapping[Paper, float]) -> Sign:
    results = [mark_gap(arrays.pairs, reliability=alphas[arrays.paper]) for arrays in papers]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.n, 0.0))
    low, high = (
        _weighted(_columns(results, lambda one, k=k: one.interval()[k]), n) for k in (0, 1)
    )
    pooled = pooled_z(_columns(results, lambda one: one.z))
    return Sign(
        "mark_gap", n.sum(axis=1), _weighted(_columns(results, lambda one: one.gap), n), low, high,
        pooled.p, "отметка школы против балла с поправкой на надёжность",
    )  # fmt: skip


def _jump(pairs: list[tuple[PaperArrays, PaperArrays]]) -> Sign:
    results = [
        jump(standardised(before.scores), standardised(after.scores)) for before, after in pairs
    ]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.before.n + one.after.n, 0.0))
    low, high = (
        _weighted(_columns(results, lambda one, k=k: one.interval()[k]), n) for k in (0, 1)
    )
    pooled = pooled_z(_columns(results, lambda one: one.z))
    two_sided = np.minimum(1.0, 2 * np.minimum(pooled.p, 1 - pooled.p))
    return Sign(
        "jump", n.sum(axis=1), _weighted(_columns(results, lambda one: one.effect), n), low, high,
        two_sided, "изменение к прошлому году сверх обычного для школ региона",
    )  # fmt: skip


# Families of signs that fail for unlike reasons (methods.md §3.11).
FAMILIES = {
    "cuts": ("spike",),
    "tasks": ("homogeneity", "items_profile", "items_hard", "similarity"),
    "marks": ("mark_gap",),
    "time": ("jump",),
}


def combined_rows(year: Year, signs: Mapping[str, np.ndarray]) -> Iterator[pd.DataFrame]:
    """Measures signs (the school over its families) and family_<name>, p and q of each.

    ``signs`` p by sign over ``year.schools``. In the family rows ``q`` is the level of the two-stage
    selection at which the school is selected and the family significant inside it, ``value`` the
    family's own Benjamini–Hochberg q over schools; in the signs row ``value`` is the number of
    families tested.
    """
    combined = combine_signs(signs, FAMILIES)
    works = sum(arrays.n for arrays in year.papers)
    tested = np.sum([np.isfinite(p) for p in combined.families.values()], axis=0).astype(float)
    rows = [("signs", tested, combined.p, combined.q)] + [
        (f"family_{name}", benjamini_hochberg(p), p, combined.inside[name])
        for name, p in combined.families.items()
    ]
    for indicator, value, p, q in rows:
        yield school_rows(
            year.year, ALL_PAPERS, year.schools, indicator, np.where(np.isfinite(p), works, 0),
            value, p=p, q=q, method="наименьшее p с поправкой, двухступенчатый отбор", source=_OWN,
        )  # fmt: skip
