"""Measures of the signs beside the spike: homogeneity (C3), school marks (C4), jumps (C6), tasks (C7),
similarity (C8). Each gives one row per school over all its papers: effect, p, q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from msoko_analysis.measures.arrays import PaperArrays, Year, papers_of
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.signs import load_signs
from msoko_analysis.stats.combination import benjamini_hochberg, combine_signs, smallest
from msoko_analysis.stats.given_score import TaskCounts
from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.items import TaskProfile, task_profile
from msoko_analysis.stats.jump import jump, standardised, vanished_rise
from msoko_analysis.stats.mark_gap import mark_gap
from msoko_analysis.stats.pooling import Pooled, pooled_z
from msoko_analysis.stats.reliability import reliability
from msoko_analysis.stats.similarity import Similarity, similarity

_OWN = "own"
# The expectations of these signs are fitted over the schools of the region; with fewer of them in a
# paper than this the sign is not determined.
_FEWEST_SCHOOLS = 30
_SIZABLE = 10
_SURE = (1e-300, 1 - 1e-15)


@dataclass(frozen=True)
class SignOfYear:
    """One sign of every school over its papers; arrays are (schools,), nan where not determined.

    ``effect`` with ``low`` and ``high`` in the unit of the sign, ``n`` the works behind it, ``p``.
    """

    name: str
    n: np.ndarray
    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray

    def rows(self, year: Year) -> pd.DataFrame:
        """The sign as rows of the long table."""
        n = np.where(np.isfinite(self.p), self.n, 0)
        return school_rows(
            year.year, ALL_PAPERS, year.schools, self.name, n, self.effect, low=self.low,
            high=self.high, p=self.p, q=benjamini_hochberg(self.p),
            method=load_signs().of_code(self.name).method, source=_OWN,
        )  # fmt: skip


def other_signs(
    year: Year,
    previous: Year | None,
    tasks: Mapping[Paper, TaskCounts],
    thresholds: Thresholds,
    earlier: Year | None = None,
) -> Iterator[SignOfYear]:
    """The signs that the data of the year allow.

    Hard tasks, similarity and jumps are added up over papers, and name nobody until a second paper
    repeats them (docs/decisions/0052); what a single paper shows is told for attention.

    A state exam is no source of signs of what a school did with a paper, for it was not the school
    that marked it; school marks are held against it as against any paper (docs/decisions/0014).
    ``previous``, the year before, and ``earlier``, two years before, have the schools of ``year``;
    ``tasks`` the task counts of the papers whose tasks are
    known: without them school marks, task profile and similarity are not determined.
    """
    papers = [arrays for arrays in papers_of(year, "school").papers if enough_schools(arrays.n)]
    if papers:
        yield _homogeneity(papers)
    with_tasks = [arrays for arrays in papers if arrays.paper in tasks]
    if with_tasks:
        profiles = [task_profile(tasks[arrays.paper]) for arrays in with_tasks]
        alike = [similarity(tasks[arrays.paper]) for arrays in with_tasks]
        yield _profile(profiles)
        yield _hard_tasks(profiles, thresholds)
        yield _hard_tasks_of_one(profiles)
        yield _similarity(alike, thresholds)
        yield _similarity_of_one(alike)
    known = [
        arrays
        for arrays in year.papers
        if arrays.paper in tasks and enough_schools(arrays.pairs.sum(axis=(1, 2)))
    ]
    if known:
        yield _mark_gap(known, tasks)
    pairs = [
        (before, after)
        for after in papers
        if previous and (before := previous.paper(after.paper)) and enough_schools(before.n)
    ]
    if pairs:
        yield _jump(pairs, thresholds)
    triples = [
        (first, *pair)
        for pair in pairs
        if earlier and (first := earlier.paper(pair[1].paper)) and enough_schools(first.n)
    ]
    if triples:
        yield _vanished(triples)


def enough_schools(n: np.ndarray) -> bool:
    """Whether the region has the 30 schools of ten pupils ``n`` (schools,) that expectations need."""
    return int((n >= _SIZABLE).sum()) >= _FEWEST_SCHOOLS


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over papers (schools × papers) by works, nan left out."""
    there = np.isfinite(values) & (weights > 0)
    with np.errstate(invalid="ignore"):
        total = np.where(there, weights, 0.0).sum(axis=1)
        return np.where(there, values * weights, 0.0).sum(axis=1) / total


def _columns(results: list, get: Callable) -> np.ndarray:
    return np.stack([get(one) for one in results], axis=1)


def _homogeneity(papers: list[PaperArrays]) -> SignOfYear:
    results = [homogeneity(arrays.scores) for arrays in papers]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.n, 0.0))
    low, high = (
        np.exp(_weighted(np.log(_columns(results, lambda one, k=k: one.ratio_interval()[k])), n))
        for k in (0, 1)
    )
    ratio = np.exp(_weighted(np.log(_columns(results, lambda one: one.ratio)), n))
    pooled = pooled_z(_columns(results, lambda one: one.z))
    return SignOfYear(
        "homogeneity", n.sum(axis=1), ratio, low, high, pooled.p,
    )  # fmt: skip


def _mark_gap(papers: list[PaperArrays], tasks: Mapping[Paper, TaskCounts]) -> SignOfYear:
    results = [mark_gap(arrays.pairs, reliability=alpha(tasks[arrays.paper])) for arrays in papers]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.n, 0.0))
    low, high = (
        _weighted(_columns(results, lambda one, k=k: one.interval()[k]), n) for k in (0, 1)
    )
    pooled = pooled_z(_columns(results, lambda one: one.z))
    return SignOfYear(
        "mark_gap", n.sum(axis=1), _weighted(_columns(results, lambda one: one.gap), n), low, high,
        pooled.p,
    )  # fmt: skip


def alpha(tasks: TaskCounts) -> float:
    """Cronbach's α of a paper over the pupils of the region."""
    points = np.arange(tasks.region_values.shape[2])
    sums = tasks.region_values.sum(axis=0) @ points
    return reliability(float(tasks.region_n.sum()), sums, tasks.region_products.sum(axis=0)).alpha


def _profile(profiles: list[TaskProfile]) -> SignOfYear:
    """The paper with the smallest p decides; the effect is its task furthest above the expected."""
    p = _columns(profiles, lambda one: one.profile_p)
    gain = _columns(profiles, lambda one: np.nan_to_num(one.task_gain, nan=0.0).max(axis=1))
    return _of_one_paper("items_profile", p, gain, profiles)


def _hard_tasks(profiles: list[TaskProfile], thresholds: Thresholds) -> SignOfYear:
    """Over all papers; the effect is hard tasks less easy ones in the papers that show it."""
    n = _columns(profiles, lambda one: np.where(np.isfinite(one.contrast_z), one.n, 0.0))
    z, n = _of_enough(_columns(profiles, lambda one: one.contrast_z), n, thresholds)
    nothing = np.full(len(n), np.nan)
    effect = _weighted(_columns(profiles, _hard_less_easy), _showing(z, n, thresholds))
    p = _repeated(pooled_z(z), thresholds)
    return SignOfYear("items_hard", n.sum(axis=1), effect, nothing, nothing, p)


def _hard_tasks_of_one(profiles: list[TaskProfile]) -> SignOfYear:
    """The paper with the smallest p decides; the effect is hard tasks less easy ones."""
    p = _columns(profiles, lambda one: one.contrast_p)
    return _of_one_paper("items_hard_paper", p, _columns(profiles, _hard_less_easy), profiles)


def _of_enough(
    z: np.ndarray, n: np.ndarray, thresholds: Thresholds
) -> tuple[np.ndarray, np.ndarray]:
    """z and works (schools × papers) of the papers with enough works; the others are not told."""
    enough = (n >= thresholds["repeat_works"].value) & np.isfinite(z)
    return np.where(enough, z, np.nan), np.where(enough, n, 0.0)


def _showing(z: np.ndarray, n: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """Works (schools × papers) of the papers that show the trait by themselves; of all where none.

    A mean over all papers would call a trait of half of them small.
    """
    shown = np.nan_to_num(z, nan=-np.inf) >= norm.isf(thresholds["repeat_p"].value)
    return np.where(shown | ~shown.any(axis=1, keepdims=True), n, 0.0)


def _repeated(pooled: Pooled, thresholds: Thresholds) -> np.ndarray:
    """p of a trait over papers, if a second paper repeats it; else that of the repetition.

    nan where a school has one paper only: whether the trait repeats is not determined.
    """
    again = pooled.repeated_p
    shown = again <= thresholds["repeat_p"].value
    p = np.where(shown, pooled.p, np.maximum(pooled.p, again))
    return np.where(pooled.papers > 1, p, np.nan)


def _hard_less_easy(profile: TaskProfile) -> np.ndarray:
    hard = profile.difficulty > 0
    gain = np.nan_to_num(profile.task_gain, nan=0.0)
    return gain[:, hard].mean(axis=1) - gain[:, ~hard].mean(axis=1)


def _of_one_paper(
    name: str,
    p: np.ndarray,
    effect: np.ndarray,
    papers: list[TaskProfile] | list[Similarity],
) -> SignOfYear:
    best = np.nan_to_num(p, nan=np.inf).argmin(axis=1)
    rows = np.arange(len(p))
    nothing = np.full(len(p), np.nan)
    n = _columns(papers, lambda one: one.n)
    return SignOfYear(name, n[rows, best], effect[rows, best], nothing, nothing, smallest(p))


def _similarity(results: list[Similarity], thresholds: Thresholds) -> SignOfYear:
    """Over all papers; the effect is that of the papers that show it. The tail of one paper is longer
    than a normal one: its p is added up as the z of that p."""
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.n, 0.0))
    p = np.clip(_columns(results, lambda one: one.p), *_SURE)
    z, n = _of_enough(norm.isf(p), n, thresholds)
    shown = _showing(z, n, thresholds)
    excess = 100 * _weighted(_columns(results, lambda one: one.excess), shown)
    nothing = np.full(len(excess), np.nan)
    p = _repeated(pooled_z(z), thresholds)
    return SignOfYear("similarity", n.sum(axis=1), excess, nothing, nothing, p)


def _similarity_of_one(results: list[Similarity]) -> SignOfYear:
    """The paper with the smallest p decides."""
    p = _columns(results, lambda one: one.p)
    excess = 100 * _columns(results, lambda one: one.excess)
    return _of_one_paper("similarity_paper", p, excess, results)


def _jump(pairs: list[tuple[PaperArrays, PaperArrays]], thresholds: Thresholds) -> SignOfYear:
    results = [
        jump(standardised(before.scores), standardised(after.scores)) for before, after in pairs
    ]
    n = _columns(results, lambda one: np.where(np.isfinite(one.p), one.before.n + one.after.n, 0.0))
    z, n = _of_enough(_columns(results, lambda one: one.z), n, thresholds)
    low, high = (
        _weighted(_columns(results, lambda one, k=k: one.interval()[k]), n) for k in (0, 1)
    )
    rose, fell = (_repeated(pooled_z(side * z), thresholds) for side in (1, -1))
    return SignOfYear(
        "jump", n.sum(axis=1), _weighted(_columns(results, lambda one: one.effect), n), low, high,
        np.minimum(1.0, 2 * np.minimum(rose, fell)),
    )  # fmt: skip


def _vanished(triples: list[tuple[PaperArrays, PaperArrays, PaperArrays]]) -> SignOfYear:
    """The effect is what was lost this year of the rise of the year before."""
    results = [
        vanished_rise(*(standardised(arrays.scores) for arrays in papers)) for papers in triples
    ]
    n = _columns(
        results, lambda one: np.where(np.isfinite(one.p), one.fall.before.n + one.fall.after.n, 0.0)
    )
    high, low = (
        -_weighted(_columns(results, lambda one, k=k: one.fall.interval()[k]), n) for k in (0, 1)
    )
    rose = pooled_z(_columns(results, lambda one: one.rise.z))
    fell = pooled_z(_columns(results, lambda one: -one.fall.z))
    lost = -_weighted(_columns(results, lambda one: one.fall.effect), n)
    return SignOfYear(
        "vanished", n.sum(axis=1), lost, low, high, np.maximum(rose.p, fell.p),
    )  # fmt: skip


def combined_rows(
    year: Year, works: np.ndarray, signs: Mapping[str, np.ndarray]
) -> Iterator[pd.DataFrame]:
    """Measures signs (the school over its families) and family_<name>, p and q of each.

    ``signs`` p by sign over ``year.schools``, ``works`` (schools,) the works behind them. In the
    family rows ``q`` is the level of the two-stage selection at which the school is selected and the
    family significant inside it, ``value`` the family's own Benjamini–Hochberg q over schools; in the
    signs row ``value`` is the number of families tested. No rows where no sign that names was judged.
    """
    families = load_signs().naming()
    may_name = {name for names in families.values() for name in names}
    judged = {name: p for name, p in signs.items() if name in may_name}
    if not judged:
        return
    combined = combine_signs(judged, families)
    tested = np.sum([np.isfinite(p) for p in combined.families.values()], axis=0).astype(float)
    rows = [("signs", tested, combined.p, combined.q)] + [
        (f"family_{name}", benjamini_hochberg(p), p, combined.inside[name])
        for name, p in combined.families.items()
    ]
    for indicator, value, p, q in rows:
        yield school_rows(
            year.year, ALL_PAPERS, year.schools, indicator, np.where(np.isfinite(p), works, 0),
            value, p=p, q=q, method="signs", source=_OWN,
        )  # fmt: skip
