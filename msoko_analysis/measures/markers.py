"""Official lists of schools with markers: history, П19 by list, concordance with what we compute.

A name space of its own: ``official_…`` and ``p19_list`` are what ФИОКО's lists say, ``fioko_…`` and
``p19`` are the published rules computed here from pupils' results.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.aggregates import METHOD as BY_FORMS
from msoko_analysis.measures.places import Places
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.agreement import Agreement, agreement
from msoko_analysis.stats.wilson import Share

_LISTS = "official_lists"
_COUNTED = "counted"
#: Whose schools are the denominator of П19 by list: those that wrote Russian in grade 4.
DENOMINATOR = Paper("VPR", 4, "RU")
BY_RESULTS, BY_FORM, BY_SCHOOLS = (
    "p19_by_results",
    "p19_by_form",
    "p19_by_schools",
)


def placed_lists(markers: pd.DataFrame, places: Places) -> pd.DataFrame:
    """The table of the contract with municipalities as the run calls them."""
    return markers.assign(
        municipality=places.of_schools(markers["school"], markers["municipality"])
    )


def marker_rows(
    lists: pd.DataFrame, measures: pd.DataFrame, schools: pd.DataFrame, spike_q: float
) -> Iterator[pd.DataFrame]:
    """Rows about the official lists, for every year that has a list or measures after one.

    ``official_list`` (school): 1 on the list of the year, 0 not; years with a list only.
    ``official_years`` (school): years on the lists up to this one; n is the number of those lists.
    ``p19_list`` (municipality, region): 100 − percentage of listed schools, see :func:`_index_rows`.
    ``list_spike_…``, ``list_fioko_…`` (municipality, region): concordance of the list with our spike
    sign (q not above ``spike_q``) and with our computation of rule (a), see :func:`_concordance`.

    ``lists`` as :func:`placed_lists` returns them, ``measures`` the long table of all years,
    ``schools`` the table of schools with municipalities as in ``lists``.
    """
    listed_years = sorted(lists["year"].unique())
    measured = measures["year"].unique() if listed_years else []
    for year in sorted({*listed_years, *(y for y in measured if y > listed_years[0])}):
        so_far = lists[lists["year"] <= year]
        now = measures[measures["year"] == year]
        known = _known_schools(so_far, now, schools)
        times = known.index.map(so_far["school"].value_counts()).fillna(0).to_numpy(dtype=float)
        loaded = np.full(len(known), float(so_far["year"].nunique()))
        yield school_rows(
            year, ALL_PAPERS, known, "official_years", loaded, times,
            method="years_on_lists", source=_LISTS,
        )  # fmt: skip
        if year not in listed_years:
            continue
        of_year = set(so_far.loc[so_far["year"] == year, "school"])
        listed = known.index.isin(of_year)
        yield school_rows(
            year, ALL_PAPERS, known, "official_list", np.ones(len(known)), listed.astype(float),
            method="on_list", source=_LISTS,
        )  # fmt: skip
        yield from _index_rows(year, known.assign(listed=listed), now, schools)
        for name, flags in (("spike", _spike_flags(now, spike_q)), ("fioko", _rule_a_flags(now))):
            yield from _concordance(year, name, flags, of_year)


def _known_schools(
    lists: pd.DataFrame, measures: pd.DataFrame, schools: pd.DataFrame
) -> pd.DataFrame:
    """Schools of the table, of the year's measures and of the lists, with their municipality."""
    measured = measures[measures["level"] == "school"].rename(columns={"unit": "school"})
    columns = ["school", "municipality"]
    every = pd.concat([schools[columns], measured[columns], lists[columns]])
    return every.drop_duplicates("school").set_index("school").sort_index()


def _index_rows(
    year: int, known: pd.DataFrame, measures: pd.DataFrame, schools: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """p19_list with the best denominator there is; n is that denominator, count the listed schools.

    In this order: schools whose pupils' results in Russian of grade 4 are there (if the results are
    the municipality's or region's measures at all); «Кол-во ОО» of the form for that paper; the
    table of schools. With the first and the last a listed school outside the denominator is not
    counted.
    """
    paper = _of_paper(measures, DENOMINATOR)
    whole = paper[paper["indicator"].eq("share_2") & paper["method"].ne(BY_FORMS)]
    wrote = known.index.isin(whole.loc[whole["level"] == "school", "unit"])
    told = paper[paper["indicator"] == "form_schools"].set_index("unit")["value"]
    table = known.index.isin(schools["school"])
    for level, names, of_units in (
        ("municipality", sorted(known["municipality"].unique()), known["municipality"]),
        (REGION, [REGION], pd.Series(REGION, index=known.index)),
    ):
        covered = set(whole.loc[whole["level"] == level, "unit"])
        for unit in names:
            mine = (of_units == unit).to_numpy()
            if unit in covered:
                among, n, method = mine & wrote, (mine & wrote).sum(), BY_RESULTS
            elif unit in told.index:
                among, n, method = mine, told[unit], BY_FORM
            else:
                among, n, method = mine & table, (mine & table).sum(), BY_SCHOOLS
            count = known["listed"].to_numpy()[among].sum()
            if count > n:  # the form counts fewer schools than the list names: no share of them
                continue
            share_of = 100 * np.array([float(count)]) / max(n, 1)
            yield unit_rows(
                year, ALL_PAPERS, level, [unit], "p19_list", np.array([float(n)]), 100 - share_of,
                count=np.array([float(count)]), method=method, source=_LISTS,
            )  # fmt: skip


def _of_paper(measures: pd.DataFrame, paper: Paper) -> pd.DataFrame:
    return measures[
        (measures["procedure"] == paper.procedure)
        & (measures["grade"] == paper.grade)
        & (measures["subject"] == paper.subject)
    ]


def _spike_flags(measures: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Schools that were tested for the spike over all papers, and whether they are named."""
    pooled = measures["indicator"].eq("spike") & measures["subject"].eq("")
    tested = measures[pooled & measures["q"].notna()]
    return tested[["unit", "municipality"]].assign(flag=tested["q"] <= limit)


def _rule_a_flags(measures: pd.DataFrame) -> pd.DataFrame:
    """Schools for which rule (a) was computed, and whether it marks any of their papers."""
    computed = measures[measures["indicator"] == "fioko_a"]
    return (
        computed.assign(flag=computed["value"].eq(1))
        .groupby(["unit", "municipality"], as_index=False)["flag"]
        .any()
    )


def _concordance(
    year: int, name: str, flags: pd.DataFrame, listed: set[str]
) -> Iterator[pd.DataFrame]:
    """list_NAME_kappa, list_NAME_ppv, list_NAME_found over the schools both could flag.

    kappa: n schools, count flagged by both; ppv: listed schools (count) among those we flag (n), per
    cent; found: schools we flag (count) among the listed (n), per cent.
    """
    if flags.empty:
        return
    theirs = flags["unit"].isin(listed).to_numpy()
    units, index = np.unique(flags["municipality"], return_inverse=True)
    ours = flags["flag"].to_numpy(dtype=bool)
    for level, names, group in (
        ("municipality", units, index),
        (REGION, [REGION], np.zeros(len(flags), dtype=int)),
    ):
        yield from _agreement_rows(year, name, level, names, agreement(ours, theirs, group=group))


def _agreement_rows(
    year: int, name: str, level: str, units: np.ndarray, both: Agreement
) -> Iterator[pd.DataFrame]:
    low, high = both.interval()
    yield unit_rows(
        year, ALL_PAPERS, level, units, f"list_{name}_kappa", both.n.astype(float), both.kappa,
        count=both.both.astype(float), low=low, high=high, method="kappa", source=_COUNTED,
    )  # fmt: skip
    for indicator, part in (("ppv", both.precision), ("found", both.precision_back)):
        yield _share_row(year, f"list_{name}_{indicator}", level, units, part)


def _share_row(
    year: int, indicator: str, level: str, units: np.ndarray, part: Share
) -> pd.DataFrame:
    low, high = part.interval()
    return unit_rows(
        year, ALL_PAPERS, level, units, indicator, part.n, 100 * part.value, count=part.successes,
        low=100 * low, high=100 * high, method="wilson", source=_COUNTED,
    )  # fmt: skip
