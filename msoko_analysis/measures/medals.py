"""Medalists against ЕГЭ: counts per school, and rows of the long table.

Pupils' results come in and only counts go out. Names of indicators: ``medals`` and the like over all
medals, with ``_1`` and ``_2`` over those of one degree (from 2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import percent_rows, school_rows, unit_rows
from msoko_analysis.params.medals import Bars, MedalRules
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.minimums import Minimum
from msoko_analysis.params.scales import Paper, PaperOfYear
from msoko_analysis.rules.medals import MedalExams, follows_rule, p29
from msoko_analysis.stats.combination import benjamini_hochberg
from msoko_analysis.stats.two_rates import FEWEST_SCHOOLS, TwoRates, two_rates
from msoko_analysis.stats.wilson import share

MEDALS = Paper("EGE", 11, "")
"""The paper that rows about medals carry: all papers of ЕГЭ together."""
YEARS = 3
"""Years that are taken together for a conclusion about one school."""
_BASE = "MAB"
_KEY = ["year", "municipality", "school", "degree"]
_OWN = "counted"
_RULE = "medal_orders"
_WILSON = "wilson_medalists"
# indicator → numerator, denominator, whose rule it is; for all degrees and for each.
_SHARES = {
    "medals": ("linked", "medalists", _OWN),
    "medals_rule": ("against_rule", "rule_checked", _RULE),
    "medals_below_university": ("below_university", "linked", "rosobrnadzor"),
    "medals_below_ministry": ("below_ministry", "ministry_checked", "minobrnauki"),
}


def medal_counts(
    results: pd.DataFrame,
    medalists: pd.DataFrame,
    rules: MedalRules,
    minimums: Mapping[PaperOfYear, Minimum],
) -> pd.DataFrame:
    """Medalists of every school, year and degree, counted; one row each.

    Parameters
    ----------
    results : rows of ЕГЭ: year, subject, person, total, mark; rows without a person are passed over,
        of two results of a person in one subject the better counts
    medalists : year, municipality, school, person, degree (1, 2 or missing)
    rules, minimums : of the run

    Returns
    -------
    pandas.DataFrame
        ``year, municipality, school, degree`` (0 where it is missing); ``medalists``; ``linked``
        those with a test score of ЕГЭ; ``p29`` of them below 70 in any subject; ``below_second``
        below 60; ``below_own`` below 60 for the second degree, else below 70; ``rule_checked`` for whom
        the rule of the year can be checked and ``against_rule`` whose results do not agree with it;
        ``below_university`` below the least score for any university in a subject;
        ``ministry_checked`` and ``below_ministry`` the same for the universities of Минобрнауки,
        where the year's is known; ``least_…`` by their least score.
    """
    tables = [
        _counted(group, int(year), int(degree), results, rules, minimums)
        for (year, degree), group in medalists.assign(
            degree=medalists["degree"].fillna(0).astype(int)
        ).groupby(["year", "degree"])
    ]
    if not tables:
        return pd.DataFrame(columns=[*_KEY, *_COUNTED, *bands(rules.bars)])
    return pd.concat(tables, ignore_index=True).sort_values(_KEY, ignore_index=True)


_COUNTED = (
    "medalists", "linked", "p29", "below_second", "below_own", "rule_checked", "against_rule",
    "below_university", "ministry_checked", "below_ministry",
)  # fmt: skip


def bands(bars: Bars) -> dict[str, tuple[int, int]]:
    """Bands of the least score of a medalist: name → lowest and highest score.

    >>> from msoko_analysis.params.run import load_run
    >>> list(bands(load_run("params/runs/demo.yaml").medal_rules.bars))
    ['least_0_59', 'least_60_69', 'least_70_79', 'least_80_100']
    """
    limits = [0, bars.second.score, bars.p29.score, bars.high.score, 101]
    return {f"least_{low}_{high - 1}": (low, high - 1) for low, high in pairwise(limits)}


def _counted(
    group: pd.DataFrame,
    year: int,
    degree: int,
    results: pd.DataFrame,
    rules: MedalRules,
    minimums: Mapping[PaperOfYear, Minimum],
) -> pd.DataFrame:
    """The counts of the medals of one year and degree."""
    exams = _exams(results[results["year"] == year], group["person"])

    def least(kind: str) -> np.ndarray:
        known = [minimums.get(PaperOfYear(year, "EGE", 11, s)) for s in exams.subjects]
        scores = [one.of(kind) if one is not None else None for one in known]
        return np.array(scores, dtype=float)

    rule = rules.of(year, degree or None)
    agrees = (
        np.full(len(group), np.nan)
        if rule is None
        else follows_rule(rule, exams, least("threshold"))
    )
    lowest, bars = exams.least, rules.bars
    own = bars.second.score if degree == 2 else bars.p29.score
    ministry = least("minobrnauki")
    linked = np.isfinite(lowest)
    flags = {
        "medalists": np.ones(len(group)),
        "linked": linked,
        "p29": p29(exams, bars.p29.score) == 1,
        "below_second": p29(exams, bars.second.score) == 1,
        "below_own": p29(exams, own) == 1,
        "rule_checked": np.isfinite(agrees),
        "against_rule": agrees == 0,
        "below_university": (exams.scores < least("university")).any(axis=1),
        "ministry_checked": linked & np.isfinite(ministry).any(),
        "below_ministry": (exams.scores < ministry).any(axis=1),
    } | {name: (lowest >= low) & (lowest <= high) for name, (low, high) in bands(bars).items()}
    flagged = group[["municipality", "school"]].assign(year=year, degree=degree)
    flagged = flagged.assign(**{name: np.asarray(flag, int) for name, flag in flags.items()})
    return flagged.groupby(_KEY, as_index=False).sum()


def _exams(results: pd.DataFrame, persons: pd.Series) -> MedalExams:
    """Results of these persons, in their order."""
    mine = results[results["person"].isin(persons.dropna())]
    base = mine[mine["subject"] == _BASE].groupby("person")["mark"].max()
    scored = mine[(mine["subject"] != _BASE) & mine["total"].notna()]
    table = scored.pivot_table(index="person", columns="subject", values="total", aggfunc="max")
    return MedalExams(
        tuple(table.columns),
        table.reindex(persons).to_numpy(dtype=float),
        base.reindex(persons).to_numpy(dtype=float),
    )


def medal_rows(
    year: int, counts: pd.DataFrame, bars: Bars, *, ratio: float, level: float, power: float
) -> Iterator[pd.DataFrame]:
    """Rows about the medals of a year for schools, municipalities and the region.

    Shares with ``count`` the numerator and ``n`` the medalists it is taken of: ``medals`` those found
    among the results of ЕГЭ; ``medals_rule`` not in agreement with the rule of the year;
    ``medals_below_university``, ``medals_below_ministry``; ``medals_p29`` below 70 in a subject, as the
    indicator is called: medals of both degrees; each also with ``_1`` and ``_2``.
    ``medals_p29_second`` those of the second degree below 60, for reference. ``medals_least_…`` the
    bands of the least score. Of the year and up to two before: ``medals_rate``, see
    :func:`_rate_rows`. ``counts`` as :func:`medal_counts` gives them, all years; ``ratio``, ``level``,
    ``power`` as there.
    """
    now = counts[counts["year"] == year]
    if now.empty:
        return
    shares = {**_SHARES, "medals_p29": ("p29", "linked", bars.p29.source)}
    for suffix, part in (("", now), *((f"_{d}", now[now["degree"] == d]) for d in (1, 2))):
        for name, (count, n, source) in shares.items():
            yield from _share_rows(year, part, name + suffix, count, n, source)
    second = now[now["degree"] == 2]
    yield from _share_rows(
        year, second, "medals_p29_second", "below_second", "linked", bars.second.source
    )
    for band in bands(bars):
        yield from _share_rows(year, now, f"medals_{band}", band, "linked", _OWN)
    yield from _rate_rows(year, counts, ratio, level, power)


def _by_school(counts: pd.DataFrame) -> pd.DataFrame:
    """Sums per school, indexed by school; the municipality is that of the last year."""
    ordered = counts.sort_values("year", kind="stable")
    sums = ordered.drop(columns=["year", "degree", "municipality"]).groupby("school").sum()
    homes = ordered.drop_duplicates("school", keep="last").set_index("school")["municipality"]
    return sums.assign(municipality=homes)


def _share_rows(
    year: int, counts: pd.DataFrame, indicator: str, count: str, n: str, source: str
) -> Iterator[pd.DataFrame]:
    """A share for schools with Wilson's interval, for municipalities and the region by schools."""
    if counts.empty:
        return
    schools = _by_school(counts)
    part, whole = (schools[column].to_numpy(dtype=float) for column in (count, n))
    estimate = share(part, whole)
    low, high = estimate.interval()
    yield school_rows(
        year, MEDALS, schools, indicator, whole, 100 * estimate.value, count=part, low=100 * low,
        high=100 * high, method=_WILSON, source=source,
    )  # fmt: skip
    everybody = np.full(len(schools), REGION)
    for level, group in (("municipality", schools["municipality"].to_numpy()), (REGION, everybody)):
        yield percent_rows(year, MEDALS, level, group, indicator, part, whole, source=source)


def _rate_rows(
    year: int, counts: pd.DataFrame, ratio: float, level: float, power: float
) -> Iterator[pd.DataFrame]:
    """Medalists below their bar over up to three years, tested.

    ``medals_rate``: share of linked medalists below 70 (second degree: 60) in a subject; p one-sided
    against honest schools, q over schools; without p where there are three medalists or fewer, or
    too few schools. ``medals_double`` (school): probability, %, that the school's own rate exceeds
    ``ratio`` times the regional one, with the same p and q: it tells a school without giving away
    how many of a few medalists were below. ``medals_needed`` (region): medalists from which a school with
    every other one below the bar, or ``ratio`` times the regional rate if that is more, is seen at
    ``level`` with ``power``.
    """
    recent = counts[(counts["year"] <= year) & (counts["year"] > year - YEARS)]
    yield from (
        rows
        for rows in _share_rows(year, recent, "medals_rate", "below_own", "linked", _OWN)
        if (rows["level"] != "school").all()
    )
    schools = _by_school(recent)
    x, n = (schools[column].to_numpy(dtype=float) for column in ("below_own", "linked"))
    model = two_rates(x, n) if (n > 0).sum() >= FEWEST_SCHOOLS else None
    p = model.p if model else np.full(len(n), np.nan)
    estimate = share(x, n)
    low, high = estimate.interval()
    years = Step("years", tuple(map(str, sorted(recent["year"].unique()))))
    yield school_rows(
        year, MEDALS, schools, "medals_rate", n, 100 * estimate.value, count=x, low=100 * low,
        high=100 * high, p=p, q=benjamini_hochberg(p),
        method=method("two_rates", years), source=_OWN,
    )  # fmt: skip
    if model:
        yield from _model_rows(year, schools, model, years, ratio, level, power)


def _model_rows(
    year: int,
    schools: pd.DataFrame,
    model: TwoRates,
    years: Step,
    ratio: float,
    level: float,
    power: float,
) -> Iterator[pd.DataFrame]:
    bar = ratio * model.regional
    yield school_rows(
        year, MEDALS, schools, "medals_double", model.n, 100 * model.posterior_above(bar),
        p=model.p, q=benjamini_hochberg(model.p),
        method=method("two_rates_posterior", years), source=_OWN,
    )  # fmt: skip
    seen = max(0.5, bar)
    if seen < 1:
        needed = np.array([model.needed(seen, level=level, power=power)])
        yield unit_rows(
            year, MEDALS, REGION, [REGION], "medals_needed", np.array([model.n.sum()]), needed,
            method="medals_needed", source=_OWN,
        )  # fmt: skip
