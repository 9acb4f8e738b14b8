"""Measures of equality of opportunity: how unequal pupils and schools are, and whether it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.measures.equity_estimates import (
    Estimate,
    average,
    group_estimate,
    icc_estimate,
    pupil_estimates,
    quick_icc_estimate,
    school_estimates,
)
from msoko_analysis.measures.equity_years import (
    members,
    on_schools,
    papers_of_both,
    pooled_means,
    pupils_once,
)
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, COLUMNS, school_rows, unit_rows
from msoko_analysis.params import Thresholds
from msoko_analysis.scales import Paper
from msoko_analysis.stats.shrunken_share import shrunken_share

_OWN = "msoko_analysis: методика пакета"
_JACKKNIFE = "интервал складным ножом по школам"
_SCALE_CAVEAT = "зависит от трудности работы: сравнивать школы одной работы, не работы и не годы"
_METHOD = {
    "pupil_gap": "P90 − P10 участников, % максимума",
    "isolation": "обособленность не достигших минимума сверх случайной",
    "school_gap_quarter": "четверть лучших школ − четверть худших, % максимума",
    "school_ratio_quarter": "четверть лучших школ : четверть худших",
    "school_gap_tenth": "10 % лучших школ − 10 % худших, % максимума",
    "school_ratio_tenth": "10 % лучших школ : 10 % худших",
    "school_p90_p10": "P90 − P10 средних результатов школ, % максимума",
    "icc": "доля различий результатов между школами (REML)",
    "theil": "индекс Тейла T",
    "theil_between": "часть T между школами",
    "gini": "индекс Джини",
    "gini_between": "индекс Джини средних школ",
    "v_gap_location": "V-разрыв: город − село, в стандартных отклонениях",
    "v_gap_type": "V-разрыв: гимназии и лицеи − остальные, в стандартных отклонениях",
}
_SAME_PAPERS = "изменение к прошлому году по работам с той же шкалой; другие участники"
_SELECTIVE = ("gymnasium", "lyceum")
_RURAL = "сельск"
Key = tuple[Paper, str, str]
"""Paper, unit, name of the measure."""


def _groups(schools: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """First and second group of schools (schools,) bool by the name of their gap."""
    location = schools["location"].astype(object)
    placed = location.notna().to_numpy()
    rural = location.fillna("").str.lower().str.contains(_RURAL).to_numpy(dtype=bool)
    typed = schools["school_type"].notna().to_numpy()
    selective = schools["school_type"].isin(_SELECTIVE).to_numpy()
    return {
        "v_gap_location": (placed & ~rural, placed & rural),
        "v_gap_type": (selective, typed & ~selective),
    }


def equity_rows(
    year: Year,
    previous: Year | None,
    thresholds: Thresholds,
    reliability: Mapping[Paper, float],
) -> Iterator[pd.DataFrame]:
    """Rows of the long table for the region and every municipality, by paper and over all papers.

    Measures: icc (the region's with its profile interval), icc_corrected of the region for the papers in
    ``reliability``, pupil_gap, school_gap_quarter, school_ratio_quarter and the same of tenths,
    school_p90_p10, isolation, theil, gini and their parts between schools, v_gap_location,
    v_gap_type; over all papers the mean of the papers by participants, except for gaps of schools,
    which are those of the schools' mean results. ``…_change`` is the change to the year before over
    papers with the same scale, its interval from leaving a school out of both years at once. School
    rows: low_share, the share below the minimum drawn towards that of the region. v_gap_gender has
    no value: counts do not know gender. A school with fewer than ``share_min_n`` pupils has no part
    in gaps of schools.
    """
    fewest = thresholds["share_min_n"].value
    yield from _low_share_rows(year)
    schools, home, same = papers_of_both(year, previous or year)
    now = _Measured.of(on_schools(year, schools), fewest, home)
    whole = now.over(now.year.papers)
    yield _value_rows(year, whole)
    yield from _corrected_rows(year, whole, reliability)
    yield from _gender_rows(year)
    if previous is not None and same:
        before = _Measured.of(on_schools(previous, schools), fewest, home)
        yield _value_rows(year, _changes(now.of_papers(same), before.of_papers(same)))


# ---- values and changes


class _Fit(Protocol):
    def interval(self) -> tuple[float, float]: ...


@dataclass(frozen=True)
class _Value:
    """An estimate, the pupils behind it, and the fit whose own interval is better than that of the
    jackknife, if there is one.
    """

    estimate: Estimate
    n: float
    fit: _Fit | None = None


@dataclass(frozen=True)
class _Measured:
    """Every measure of every paper of a year by unit; ``home`` the municipality of every school."""

    year: Year
    fewest: float
    home: pd.Series
    found: Mapping[Key, _Value]

    @classmethod
    def of(cls, year: Year, fewest: float, home: pd.Series) -> _Measured:
        """Measure all papers of a year."""
        groups = _groups(year.schools)
        found: dict[Key, _Value] = {}
        for arrays in year.papers:
            sheet = _Sheet.of(arrays, fewest)
            for unit, mine in members(home).items():
                for name, one in _of_paper(sheet, mine, groups):
                    found[(arrays.paper, unit, name)] = one
        return cls(year, fewest, home, found)

    def of_papers(self, codes: Sequence[Paper]) -> dict[Key, _Value]:
        """The measures of some of the papers, and over all of these."""
        return self.over(tuple(one for one in self.year.papers if one.paper in codes))

    def over(self, papers: tuple[PaperArrays, ...]) -> dict[Key, _Value]:
        """The measures of some of the papers, and over all of these."""
        codes = [one.paper for one in papers]
        found = {key: one for key, one in self.found.items() if key[0] in codes}
        parts: dict[tuple[str, str], list[tuple[Estimate, float]]] = {}
        for (_, unit, name), one in found.items():
            if not name.startswith("school_"):
                parts.setdefault((unit, name), []).append((one.estimate, one.n))
        schools_of = members(self.home)
        means, once = pooled_means(papers, self.fewest), pupils_once(papers)
        for (unit, name), several in parts.items():
            whole = average(*zip(*several, strict=True))
            found[(ALL_PAPERS, unit, name)] = _Value(whole, float(once[schools_of[unit]].sum()))
        for unit, mine in schools_of.items():
            for name, estimate in school_estimates(np.where(mine, means, np.nan)).items():
                found[(ALL_PAPERS, unit, name)] = _Value(estimate, float(once[mine].sum()))
        return found


@dataclass(frozen=True)
class _Sheet:
    """What the units need of one paper, worked out once; arrays (schools,) but for ``scores``."""

    scores: np.ndarray
    maximum: int
    n: np.ndarray
    marks: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, arrays: PaperArrays, fewest: float) -> _Sheet:
        n = arrays.n
        mean = np.where(n >= fewest, arrays.mean_percent(), np.nan)
        return cls(arrays.scores, arrays.scale.max_primary, n, arrays.mark_counts(), mean)


def _of_paper(
    sheet: _Sheet, mine: np.ndarray, groups: dict[str, tuple[np.ndarray, np.ndarray]]
) -> Iterator[tuple[str, _Value]]:
    """Measures of one paper in one unit, left-out values spread over all schools of the year."""
    there = mine & (sheet.n > 0)
    if there.sum() < 2:
        return
    scores, n = sheet.scores[there], float(sheet.n[there].sum())
    for name, estimate in pupil_estimates(scores, sheet.maximum, sheet.marks[there, 0]).items():
        yield name, _Value(_spread(estimate, there), n)
    for name, estimate in school_estimates(np.where(mine, sheet.mean, np.nan)).items():
        yield name, _Value(estimate, n)
    fits = []
    if there.sum() == (sheet.n > 0).sum():
        fits.append(("icc", icc_estimate(scores)))
    elif (quick := quick_icc_estimate(scores)) is not None:
        yield "icc", _Value(_spread(quick, there), n)
    for name, (first, second) in groups.items():
        fits.append((name, group_estimate(scores, first[there], second[there])))
    for name, found in fits:
        if found is not None:
            yield name, _Value(_spread(found[0], there), n, found[1])


def _spread(estimate: Estimate, there: np.ndarray) -> Estimate:
    left_out = np.full(len(there), estimate.value)
    left_out[there] = estimate.left_out
    taking = there.copy()
    taking[there] = estimate.there
    return Estimate(estimate.value, left_out, taking, estimate.freedom)


def _value_rows(year: Year, found: Mapping[Key, _Value]) -> pd.DataFrame:
    """One row for every paper, unit and measure."""
    rows = []
    for (paper, unit, name), one in found.items():
        low, high = _ends(one)
        rows.append({
            "year": year.year, **paper._asdict(),
            "level": REGION if unit == REGION else "municipality", "municipality": unit,
            "unit": unit, "indicator": name, "n": one.n, "value": one.estimate.value, "low": low,
            "high": high, "method": _method(name, one.fit is not None), "source": _OWN,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _ends(one: _Value) -> tuple[float, float]:
    """Low and high end of an interval."""
    if one.fit is not None:
        return one.fit.interval()
    error, freedom = one.estimate.error
    half = stdtrit(freedom, 0.975) * error
    return one.estimate.value - half, one.estimate.value + half


def _method(name: str, own_interval: bool) -> str:
    measure = name.removesuffix("_change")
    parts = [_METHOD[measure]]
    if measure.startswith(("gini", "theil")):
        parts.append(_SCALE_CAVEAT)
    if not own_interval and measure != "school_p90_p10":
        parts.append(_JACKKNIFE)
    if name != measure:
        parts.append(_SAME_PAPERS)
    return "; ".join(parts)


def _changes(now: Mapping[Key, _Value], before: Mapping[Key, _Value]) -> dict[Key, _Value]:
    """Changes of all measures of both years that have values without each school."""
    changes = {}
    for (paper, unit, name), one in now.items():
        other = before.get((paper, unit, name))
        if other is not None and np.isfinite(one.estimate.left_out).any():
            change = _Value(one.estimate - other.estimate, min(one.n, other.n))
            changes[(paper, unit, f"{name}_change")] = change
    return changes


# ---- rows of another shape


def _low_share_rows(year: Year) -> Iterator[pd.DataFrame]:
    """Share below the minimum of every school, drawn towards the usual share of the region."""
    method = "доля не достигших минимума, бета-биномиальная эмпирическая байесовская оценка"
    below = [(one.paper, one.mark_counts()[:, 0], one.n) for one in year.papers]
    if len(below) > 1:
        once = pupils_once(year.papers)
        low, n = (np.sum([part[place] for part in below], axis=0) for place in (1, 2))
        # Papers of one pupil are not independent: each pupil of a grade counts once.
        below.append((ALL_PAPERS, low * once / np.maximum(n, 1), once))
    for paper, low, n in below:
        result = shrunken_share(low, n)
        if np.isfinite(result.mean):
            ends = result.interval()
            yield school_rows(
                year.year, paper, year.schools, "low_share", n, 100 * result.value,
                count=np.round(low), low=100 * ends[0], high=100 * ends[1], method=method,
                source=_OWN,
            )  # fmt: skip


def _corrected_rows(
    year: Year, now: Mapping[Key, _Value], reliability: Mapping[Paper, float]
) -> Iterator[pd.DataFrame]:
    """Between-school share of true scores, where the reliability of the paper is known."""
    for (paper, unit, name), one in now.items():
        if unit == REGION and name == "icc" and reliability.get(paper, 0) > 0:
            value, low, high = (np.array([end]) for end in one.fit.corrected(reliability[paper]))
            yield unit_rows(
                year.year, paper, REGION, [REGION], "icc_corrected", np.array([one.n]), value,
                low=low, high=high, source=_OWN,
                method="доля различий между школами с поправкой на надёжность работы",
            )  # fmt: skip


def _gender_rows(year: Year) -> Iterator[pd.DataFrame]:
    n = pupils_once(year.papers).sum() if year.papers else 0.0
    yield unit_rows(
        year.year, ALL_PAPERS, REGION, [REGION], "v_gap_gender", np.array([n]),
        np.array([np.nan]), method="не определяется по этим данным: в подсчётах нет пола",
        source=_OWN,
    )  # fmt: skip
