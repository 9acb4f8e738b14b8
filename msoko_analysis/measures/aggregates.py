"""Measures from aggregate forms of ФИС ОКО, for want of pupils' results.

Forms give shares of marks and the comparison with school marks. Counts of marks can not show a
spike at a cut, nor the spread of scores (methods.md §0.3), so nothing of that kind is worked out
from them. The one sign they allow is in :mod:`msoko_analysis.measures.form_signs`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.places import Places
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.params.measures import measure
from msoko_analysis.params.scales import Paper
from msoko_analysis.stats.wilson import share

METHOD = "forms"
MISMATCH = "aggregate_mismatch"
SHARES, COMPARISON = "form_marks", "form_comparison"
_PAPER = ["year", "procedure", "grade", "subject"]
_UNIT = [*_PAPER, "level", "municipality", "unit"]
_UNIT_OF_YEAR = ["year", "level", "municipality", "unit"]
# Half a unit of the second decimal that forms print, for each share that enters the sum.
_ROUNDING = {"share_45": 0.01}
_ROUNDING_OF_ONE = 0.005
_TINY = 1e-9


def aggregate_rows(
    mark_statistics: pd.DataFrame, mark_vs_prior: pd.DataFrame, places: Places, papers: set[Paper]
) -> pd.DataFrame:
    """Measures share_2, share_45, prior_lower/same/higher and form_schools, in the long table.

    Parameters: the two tables of the contracts (may be empty); where municipalities and schools
    belong; the papers of the run. The value of a share is the one the form prints, ``count`` its
    numerator to the nearest pupil; a school has Wilson's interval, larger units none, since a form
    does not show the spread between their schools. ``form_schools`` is «Кол-во ОО». Rows of the
    country, of a second region and of schools whose municipality is not known are left out.
    """
    statistics, comparison = (
        placed(form, places, papers) for form in (mark_statistics, mark_vs_prior)
    )
    parts = [*_share_rows(statistics), *_prior_rows(comparison), _school_numbers(statistics)]
    rows = pd.concat(parts)
    return rows.drop_duplicates([*_UNIT, "indicator"], ignore_index=True)


_TYPES = dict.fromkeys(("year", "grade"), int) | dict.fromkeys(
    ("n", "count", "value", "low", "high", "p", "q"), float
)


def placed(form: pd.DataFrame, places: Places, papers: set[Paper]) -> pd.DataFrame:
    """Rows of the run's papers with the units and municipalities of the long table."""
    wanted = [Paper(*paper) in papers for paper in form[_PAPER[1:]].itertuples(index=False)]
    form = form[np.array(wanted, dtype=bool)]
    districts, schools = form["level"].eq("municipality"), form["level"].eq("school")
    region = form["level"].eq("region")
    regions = form["unit"].where(region).groupby([form[name] for name in _PAPER])
    only = region & regions.transform("nunique").eq(1)
    municipality = places.districts(form["unit"]).where(districts, REGION)
    home = places.of_schools(form["unit"], form["municipality"])
    municipality = municipality.where(~schools, home)
    unit = form["unit"].where(schools, municipality)
    kept = (districts | schools | only) & municipality.notna()
    return form.assign(municipality=municipality, unit=unit)[kept]


def _share_rows(form: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for indicator, value in (
        ("share_2", form["share_2"]),
        ("share_45", form["share_4"] + form["share_5"]),
    ):
        yield _rows(form, indicator, form["n"], (form["n"] * value / 100).round(), value, SHARES)


def _prior_rows(form: pd.DataFrame) -> Iterator[pd.DataFrame]:
    known = form["lower"] + form["same"] + form["higher"]
    for part in ("lower", "same", "higher"):
        value = 100 * form[part] / known.where(known > 0)
        yield _rows(form, f"prior_{part}", known, form[part], value, COMPARISON)


def _school_numbers(form: pd.DataFrame) -> pd.DataFrame:
    larger = form[form["level"].ne("school") & form["n_schools"].notna()]
    nothing = pd.Series(np.nan, index=larger.index)
    return _rows(larger, "form_schools", larger["n"], nothing, larger["n_schools"], SHARES)


def _rows(
    form: pd.DataFrame,
    indicator: str,
    n: pd.Series,
    count: pd.Series,
    value: pd.Series,
    source: str,
) -> pd.DataFrame:
    measure(indicator)
    shares = count.where(form["level"].eq("school")).notna() & (n > 0)
    known = np.where(shares, n, 0)
    low, high = share(np.minimum(np.where(shares, count, 0), known), known).interval()
    numbers = {"n": n, "count": count, "value": value, "low": 100 * low, "high": 100 * high}
    rows = form[_UNIT].assign(**numbers, indicator=indicator, method=METHOD, source=source)
    return rows[n > 0].reindex(columns=list(COLUMNS)).astype(_TYPES)


def with_forms(pupils: pd.DataFrame, forms: pd.DataFrame, cover: float) -> pd.DataFrame:
    """The long table with what only the forms tell: nothing is told twice.

    ``pupils`` are the measures of pupils' results, ``forms`` those of :func:`aggregate_rows`. What
    both tell about a school is taken from the pupils. About a municipality or the region too, if
    the results hold at least the share ``cover`` of the participants the form counts and more than
    one school; otherwise they are a sample that says nothing about the whole: the form speaks, and
    measures of the whole from those results are left out.
    """
    if forms.empty or pupils.empty:
        return pupils if forms.empty else forms
    beyond = _beyond(pupils, forms, cover)
    larger = pupils["level"].ne("school")
    pooled = pupils["subject"].eq("")
    of_papers = _among(pupils, beyond, _UNIT)
    covered = pupils[larger & ~pooled & ~of_papers]
    # a measure over all papers falls with the last of its papers
    lost = pooled & _among(pupils, beyond, _UNIT_OF_YEAR) & ~_among(pupils, covered, _UNIT_OF_YEAR)
    kept = pupils[~(larger & (of_papers | lost))]
    new = forms[~_among(forms, kept, [*_UNIT, "indicator"])]
    return pd.concat([kept, new], ignore_index=True)


def _beyond(pupils: pd.DataFrame, forms: pd.DataFrame, cover: float) -> pd.DataFrame:
    """Papers of municipalities and of the region that the results do not cover."""
    counted = forms[forms["level"].ne("school")].groupby(_UNIT, as_index=False)["n"].max()
    # a paper without a scale has no marks, and its results may cover as little
    told = pupils[pupils["indicator"].isin(["share_2", "mean_percent"])]
    marks = told.drop_duplicates(_UNIT)
    schools = marks[marks["level"].eq("school")]
    here = schools.groupby([*_PAPER, "municipality"]).size()
    everywhere = schools.groupby(_PAPER).size()
    both = counted.merge(marks[[*_UNIT, "n"]], on=_UNIT, suffixes=("", "_pupils"))
    both = both.join(here.rename("here"), on=[*_PAPER, "municipality"])
    both = both.join(everywhere.rename("everywhere"), on=_PAPER)
    several = both["here"].where(both["level"].ne(REGION), both["everywhere"]) > 1
    return both[(both["n_pupils"] < cover * both["n"]) | ~several][_UNIT]


def _among(rows: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Which rows have the keys of one of the others."""
    wanted = pd.MultiIndex.from_frame(others[keys].drop_duplicates())
    return pd.Series(pd.MultiIndex.from_frame(rows[keys]).isin(wanted), index=rows.index)


def mismatches(pupils: pd.DataFrame, forms: pd.DataFrame) -> pd.DataFrame:
    """Rows of forms that differ from pupils' results by more than rounding.

    One row of the quality table (check ``aggregate_mismatch``) per paper and municipality, the
    region having none: ``n_rows`` rows of forms that could be compared, ``n_found`` of them where
    the number of participants or a share differs.
    """
    place = [*_PAPER, "municipality"]
    columns = ["check", *place, "n_rows", "n_found"]
    if forms.empty or pupils.empty:
        return pd.DataFrame(columns=columns)
    keys = [*_UNIT, "indicator"]
    both = forms.merge(pupils[[*keys, "n", "value"]], on=keys, suffixes=("", "_pupils"))
    allowed = both["indicator"].map(_ROUNDING).astype(float).fillna(_ROUNDING_OF_ONE) + _TINY
    apart = (both["value"] - both["value_pupils"]).abs() > allowed
    both["found"] = apart | both["n"].ne(both["n_pupils"])
    both["municipality"] = both["municipality"].where(both["level"].ne(REGION), None)
    by_row = both.groupby([*_UNIT, "source"], dropna=False, as_index=False)["found"].any()
    counted = by_row.groupby(place, dropna=False, as_index=False)["found"].agg(
        n_rows="size", n_found="sum"
    )
    return counted.assign(check=MISMATCH)[columns]


def schools_told(measures: pd.DataFrame, district: str, year: int) -> int:
    """At least how many schools of a district the forms of a year are about; 0 without forms.

    «Кол-во ОО» where a form has it; else the schools it lists, and one more if they are not all its
    participants. A form that lists no school says nothing about a single one and counts as two.
    """
    mine = measures[
        measures["year"].eq(year)
        & measures["municipality"].eq(district)
        & measures["method"].eq(METHOD)
    ]
    whole = mine[mine["level"] == "municipality"]
    if whole.empty:
        return 0
    counted = whole.loc[whole["indicator"] == "form_schools", "value"]
    if len(counted):
        return int(counted.max())
    listed = mine[mine["level"] == "school"]
    keys = [*_PAPER, "indicator"]
    rest = whole.set_index(keys)["n"].sub(listed.groupby(keys)["n"].sum(), fill_value=0)
    least = listed["unit"].nunique() + bool((rest > 0).any())
    return max(least, 2) if listed.empty else least
