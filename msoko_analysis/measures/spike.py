"""Measures of the spike at mark cuts (C1): test, size, posterior, how much the settings matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.reference import CONTROLS, KINDS, Chosen, choose, reference_rows
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.cleaning import CleanedTest, cleaned_spike_test
from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.misfit import shape_misfit
from msoko_analysis.stats.spike import PaperScores, SpikeTest, spike_test, told_together
from msoko_analysis.stats.tilt import fit_tilt

_OWN = "own"
# The size of an effect is worked out where a conclusion is possible, not for hundreds of clean
# schools.
_WORTH_SIZING = 0.10
# Power is stated for a half of the pupils within reach lifted, at one per cent: methods.md §3.11.
_STATED_SHARE, _STATED_ALPHA = 0.5, 0.01
# A school whose own shape rejects the quadratic tilt at this level is judged with degree 4.
_MISFIT = 0.01
_REACHES = (1, 2, 3)
# With fewer schools than this in a paper there is no reference (methods.md §3.1: 8 were tried).
_FEWEST_SCHOOLS = 8
_LEAST_PUPILS = (1, 10)


@dataclass(frozen=True)
class SpikeResult:
    """The pooled test of a year with everything it was made from; arrays are (schools,)."""

    papers: tuple[PaperScores, ...]
    references: tuple[Chosen, ...]
    cleaned: CleanedTest
    own_shape: np.ndarray
    tested: Tested
    q: np.ndarray
    enough: np.ndarray

    @property
    def n(self) -> np.ndarray:
        return self.tested.n

    @property
    def p(self) -> np.ndarray:
        return self.tested.p


@dataclass(frozen=True)
class Tested:
    """The spike test of every school with the degree that its shape asks for; arrays (schools,).

    ``needed``: how many times more papers would show half of the pupils within reach lifted. It is
    that of the test that was used, so «признака нет» is said by the test that looked.
    """

    n: np.ndarray
    z: np.ndarray
    p: np.ndarray
    needed: np.ndarray

    @classmethod
    def of(cls, test: SpikeTest, own_shape: np.ndarray) -> Tested:
        """``test`` with degree 2, done again with degree 4 for the schools of their own shape."""
        z, p = test.z.copy(), test.p.copy()
        needed = test.papers_needed(_STATED_SHARE, _STATED_ALPHA)
        if own_shape.any():
            finer = spike_test(
                [_rows(one, own_shape) for one in test.papers], reach=test.reach, degree=4
            )
            z[own_shape], p[own_shape] = finer.z, finer.p
            needed[own_shape] = finer.papers_needed(_STATED_SHARE, _STATED_ALPHA)
        return cls(test.n, z, p, needed)


def spike_rows(year: Year, previous: Year | None, thresholds: Thresholds) -> Iterator[pd.DataFrame]:
    """Measures spike (per paper, per subject and pooled), spike_share, spike_pupils, spike_fdr,
    spike_papers_needed, spike_own_shape, spike_stability; for the region spike_median_z,
    spike_honest and spike_reference.

    q is Benjamini–Hochberg over all schools of the region and year that were tested with enough
    pupils (docs/decisions/0003). Papers with a short scale or cuts too near its ends take no part.
    """
    usable = _usable(year)
    if not usable:
        return
    result = spike_of_year(year, usable, thresholds)
    made = _method(result.references, result.cleaned)
    yield from _test_rows(year, usable, result)
    yield from _size_rows(year, result)
    yield from _stability_rows(year, previous, thresholds, result)
    yield from _region_rows(year, result, made)
    yield from reference_rows(year, usable)


def spike_of_year(year: Year, usable: Sequence[PaperArrays], thresholds: Thresholds) -> SpikeResult:
    """The pooled test against the chosen references, with degree 4 for schools of their own shape.

    The reference of a paper is a control sample, the country, or the region, cleaned where a clean
    majority exists (:func:`msoko_analysis.measures.reference.choose`).
    """
    references = tuple(choose(year, arrays) for arrays in usable)
    cleaned = cleaned_spike_test(
        [arrays.scores for arrays in usable],
        [arrays.near_cuts() for arrays in usable],
        [one.of for one in references],
        steps=[arrays.scale.step for arrays in usable],
    )
    test = cleaned.test
    own_shape = shape_misfit(test.papers).p < _MISFIT
    tested = Tested.of(test, own_shape)
    enough = tested.n >= thresholds["spike_min_tested"].value
    q = _bh(tested.p, enough)
    return SpikeResult(test.papers, references, cleaned, own_shape, tested, q, enough)


def _usable(year: Year) -> list[PaperArrays]:
    return [
        arrays
        for arrays in year.papers
        if arrays.near_cuts() and (arrays.n > 0).sum() >= _FEWEST_SCHOOLS
    ]


def _at_least(arrays: PaperArrays, least: int) -> np.ndarray:
    return np.where(arrays.n[:, None] >= least, arrays.scores, 0.0)


def _method(references: Sequence[Chosen], cleaned: CleanedTest) -> str:
    """The method with the references of the papers, in the order in which they are chosen."""
    steps: list[str | Step] = ["spike"]
    for kind in KINDS:
        if any(one.kind == kind for one in references):
            steps.append(Step("reference", (kind,)))
            steps += ["downweighted"] if kind == "outside" and cleaned.accepted else []
    return method(*steps)


def expected_of(
    year: Year, arrays: PaperArrays, weight: np.ndarray, own_shape: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    """Pupils expected at every score in the chosen schools (chosen × scores), as the test saw them.

    ``weight`` (schools,) the trust in each school, ``own_shape`` (schools,) true where degree 4 was
    used: the measures spike_weight and spike_own_shape; ``chosen`` places of schools.
    """
    reference = choose(year, arrays).of(arrays.scores, weight)[chosen]
    seen = arrays.scores[chosen]
    together = told_together(arrays.near_cuts(), step=arrays.scale.step)
    usual, finer = (
        fit_tilt(seen, reference, degree=degree, together=together) for degree in (2, 4)
    )
    return usual.n[:, None] * np.where(own_shape[chosen][:, None], finer.pmf, usual.pmf)


def _bh(p: np.ndarray, tested: np.ndarray) -> np.ndarray:
    q = np.full(len(p), np.nan)
    tested = tested & np.isfinite(p)
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return q


def _rows(paper: PaperScores, chosen: np.ndarray) -> PaperScores:
    return replace(paper, counts=paper.counts[chosen], reference=paper.reference[chosen])


def _test_rows(
    year: Year, usable: Sequence[PaperArrays], result: SpikeResult
) -> Iterator[pd.DataFrame]:
    def rows(paper: Paper, indicator: str, n: np.ndarray, value: np.ndarray, **more):
        made = _method(more.pop("references", result.references), result.cleaned)
        return school_rows(
            year.year, paper, year.schools, indicator, n, value, method=made, source=_OWN, **more
        )

    parts = list(zip(usable, result.papers, result.references, strict=True))
    for arrays, scores, reference in parts:
        one = Tested.of(spike_test([scores]), result.own_shape)
        yield rows(arrays.paper, "spike", one.n, one.z, p=one.p, references=[reference])
    for subject in dict.fromkeys(arrays.paper.subject for arrays in usable):
        mine = [part for part in parts if part[0].paper.subject == subject]
        one = Tested.of(spike_test([scores for _, scores, _ in mine]), result.own_shape)
        yield rows(
            Paper("", 0, subject), "spike", one.n, one.z, p=one.p, q=_bh(one.p, result.enough),
            references=[reference for *_, reference in mine],
        )  # fmt: skip
    yield rows(ALL_PAPERS, "spike", result.n, result.tested.z, p=result.p, q=result.q)
    yield rows(ALL_PAPERS, "spike_papers_needed", result.n, result.tested.needed)
    yield rows(ALL_PAPERS, "spike_own_shape", result.n, result.own_shape.astype(float))
    yield rows(ALL_PAPERS, "spike_weight", result.n, result.cleaned.weight)
    groups = result.cleaned.groups
    yield rows(ALL_PAPERS, "spike_fdr", result.n, groups.local_fdr)


def _size_rows(year: Year, result: SpikeResult) -> Iterator[pd.DataFrame]:
    worth = result.enough & (np.nan_to_num(result.p, nan=1.0) <= _WORTH_SIZING)
    if not worth.any():
        return
    lifted = lifted_pupils([_rows(one, worth) for one in result.papers])
    schools, n = year.schools[worth], result.n[worth]
    low, high = lifted.interval()
    yield school_rows(
        year.year, ALL_PAPERS, schools, "spike_share", n, 100 * lifted.share,
        low=100 * low, high=100 * high, method="spike_size", source=_OWN,
    )  # fmt: skip
    low, high = lifted.pupils_interval()
    yield school_rows(
        year.year, ALL_PAPERS, schools, "spike_pupils", n, lifted.pupils,
        low=low, high=high, method="spike_size", source=_OWN,
    )  # fmt: skip


def _stability_rows(
    year: Year, previous: Year | None, thresholds: Thresholds, result: SpikeResult
) -> Iterator[pd.DataFrame]:
    """spike_stability: in how many of the reasonable settings a named school stays named.

    Settings: reference cleaned or not × reach 1, 2, 3 × papers with at least 1 or 10 pupils × this
    year alone or with the year before. Where a paper has a control sample the second reference is
    the region's own. n is the number of settings, count those that name the school.
    """
    limit = thresholds["spike_q"].value
    named = np.nan_to_num(result.q, nan=1.0) <= limit
    if not named.any():
        return
    spans = [[year]] if previous is None else [[year], [year, aligned(previous, year)]]
    agree, settings = np.zeros(named.sum()), 0
    for span, reach, least, other in product(spans, _REACHES, _LEAST_PUPILS, (False, True)):
        test = Tested.of(_setting(span, reach, least, other=other), result.own_shape)
        enough = test.n >= thresholds["spike_min_tested"].value
        agree += np.nan_to_num(_bh(test.p, enough), nan=1.0)[named] <= limit
        settings += 1
    whole = np.full(len(agree), float(settings))
    yield school_rows(
        year.year, ALL_PAPERS, year.schools[named], "spike_stability", whole, 100 * agree / settings,
        method="spike_stability", source=_OWN,
    )  # fmt: skip


def _setting(span: Sequence[Year], reach: int, least: int, *, other: bool) -> SpikeTest:
    tables = [(one, arrays) for one in span for arrays in _usable(one)]
    counts = [_at_least(arrays, least) for _, arrays in tables]
    cuts = [arrays.near_cuts() for _, arrays in tables]
    steps = [arrays.scale.step for _, arrays in tables]
    chosen = [choose(one, arrays) for one, arrays in tables]
    controlled = any(one.kind in CONTROLS for one in chosen)
    if other:
        chosen = [choose(one, arrays, own=True) for one, arrays in tables]
    if controlled or not other:
        references = [one.of for one in chosen]
        return cleaned_spike_test(counts, cuts, references, steps=steps, reach=reach).test
    everyone = np.ones(len(counts[0]))
    papers = [
        PaperScores(table, one.of(table, everyone), at, step)
        for table, one, at, step in zip(counts, chosen, cuts, steps, strict=True)
    ]
    return spike_test(papers, reach=reach)


def aligned(previous: Year, year: Year) -> Year:
    """The year before with the schools of this year in this year's order; absent ones have zeros."""
    place = previous.schools.index.get_indexer(year.schools.index)
    papers = tuple(one.over(place) for one in previous.papers)
    return Year(previous.year, year.schools, papers)


def _region_rows(year: Year, result: SpikeResult, made: str) -> Iterator[pd.DataFrame]:
    tested = np.array([result.enough.sum()], dtype=float)
    quantiles = norm.isf(result.p[result.enough])
    middle = np.median(quantiles) if len(quantiles) else np.nan
    # The median of n standard normal deviates has variance π/2n.
    half = norm.isf(0.025) * np.sqrt(np.pi / 2 / np.maximum(tested, 1))
    for indicator, value, more in (
        ("spike_median_z", middle, {"low": middle - half, "high": middle + half}),
        ("spike_honest", 100 * result.cleaned.groups.honest_share, {}),
        ("spike_cleaned", float(result.cleaned.accepted), {}),
    ):
        yield unit_rows(
            year.year, ALL_PAPERS, REGION, [REGION], indicator, tested, np.array([value]),
            method=made, source=_OWN, **more,
        )  # fmt: skip


def cut_rows(year: Year, arrays: PaperArrays) -> Iterator[pd.DataFrame]:
    """cut_ratio_3/4/5: pupils exactly at a cut per pupil one point below; n is both together."""
    municipality = year.schools["municipality"].to_numpy()
    units, index = np.unique(municipality, return_inverse=True)
    usable = arrays.near_cuts()
    for mark, cut in enumerate(arrays.scale.cuts, 3):
        if cut not in usable:
            continue
        for level, names, place in (
            ("municipality", units, index),
            (REGION, [REGION], np.zeros(len(municipality), dtype=int)),
        ):
            at = np.bincount(place, arrays.scores[:, cut], len(names))
            below = np.bincount(place, arrays.scores[:, cut - 1], len(names))
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = at / below
            yield unit_rows(
                year.year, arrays.paper, level, names, f"cut_ratio_{mark}", at + below, ratio,
                count=below, method="cut_ratio", source=_OWN,
            )  # fmt: skip
