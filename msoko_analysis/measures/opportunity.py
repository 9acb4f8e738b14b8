"""All rows of the section on equal opportunity of a region: equity, context, П22–П24, ШНОР, partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.context import context_rows
from msoko_analysis.measures.equity import equity_rows
from msoko_analysis.measures.equity_models import model_rows
from msoko_analysis.measures.equity_years import on_schools
from msoko_analysis.measures.partners import Schools, partners
from msoko_analysis.measures.shnor import BelowMinimum, below_minimum, shnor_rows
from msoko_analysis.params.run import RunParams, Thresholds
from msoko_analysis.params.scales import Paper

PARTNERS = ("year", "municipality", "school", "partner", "partner_municipality", "reason")


def opportunity_rows(
    run: RunParams,
    years: Mapping[int, Year],
    measures: pd.DataFrame,
    reliability: Mapping[int, Mapping[Paper, float]],
) -> Iterator[pd.DataFrame]:
    """Rows of the long table for all years; ``measures`` holds those of ЕГЭ (below_minimum).

    ``reliability`` of the papers of a year whose tasks are known.
    """
    for year, arranged in years.items():
        if not arranged.papers:
            continue
        previous = years.get(year - 1)
        equity = list(equity_rows(arranged, previous, run.thresholds, reliability[year]))
        yield from equity
        yield from model_rows(
            arranged, previous, run.thresholds, run.equity_models, _pooled_icc(equity)
        )
        yield from context_rows(arranged, run.thresholds)
        rule = run.shnor_rules.of(year)
        if rule is not None:
            now = _below_minimum(arranged, measures)
            before = None
            if previous is not None:
                before = _below_minimum(on_schools(previous, arranged.schools.index), measures)
            yield from shnor_rows(year, arranged.schools, now, before, rule)


def _pooled_icc(equity: list[pd.DataFrame]) -> dict[str, float]:
    rows = pd.concat([one[(one["indicator"] == "icc") & (one["grade"] == 0)] for one in equity])
    return dict(zip(rows["unit"], rows["value"].astype(float), strict=True))


def _below_minimum(year: Year, measures: pd.DataFrame) -> tuple[BelowMinimum, ...]:
    """The papers with marks, and those of ЕГЭ whose minimum is known."""
    exams = measures[
        (measures["year"] == year.year)
        & (measures["level"] == "school")
        & (measures["indicator"] == "below_minimum")
    ]
    found = [*below_minimum(year)]
    for key, rows in exams.groupby(["procedure", "grade", "subject"]):
        of_school = rows.set_index("unit")[["count", "n"]].reindex(year.schools.index).fillna(0)
        found.append(BelowMinimum(Paper(*key), *of_school.to_numpy(dtype=float).T))
    return tuple(found)


def partner_table(
    years: Mapping[int, Year], measures: pd.DataFrame, lists: pd.DataFrame, thresholds: Thresholds
) -> pd.DataFrame:
    """A proposed partner for every school that the ШНОР rule lists, columns :data:`PARTNERS`.

    Partners are looked for in the own municipality first, then among all that help nobody yet. The
    context that must be near is the number of pupils (its logarithm), beside the same type of
    school and kind of settlement. A school with a sign that needs a check in any family, on the
    official list of the year, or not clearly outside the ШНОР rule is no leader: its results
    themselves are in doubt.
    """
    pooled = measures[(measures["level"] == "school") & (measures["subject"] == "")]
    tables = []
    for year, arranged in years.items():
        mine = pooled[pooled["year"] == year]
        codes = arranged.schools.index
        named = mine[mine["indicator"] == "shnor_or"].set_index("unit")["value"].reindex(codes)
        better = mine[mine["indicator"] == "better"].set_index("unit")["value"].reindex(codes)
        doubtful = _doubtful(mine, lists[lists["year"] == year], thresholds)
        better = better.where((named == 0) & ~codes.isin(list(doubtful)))
        if (named == 1).any():
            found = _own_first(arranged.schools, (named == 1).to_numpy(), better, thresholds)
            tables.append(found.assign(year=year)[list(PARTNERS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(PARTNERS))


def _own_first(
    schools: pd.DataFrame, needs: np.ndarray, better: pd.Series, thresholds: Thresholds
) -> pd.DataFrame:
    """Partners from the own municipality, and for schools without one from the whole region."""
    home = schools["municipality"]
    limits = {
        "probability": thresholds["leader_probability"].value,
        "distance": thresholds["leader_distance"].value,
        "at_most": int(thresholds["leader_at_most"].value),
    }
    own = pd.concat([
        partners(_schools(schools, better.where(home == unit)), needs & (home == unit), **limits)
        for unit in home[needs].unique()
    ])  # fmt: skip
    own = own[own["partner"].notna()]
    left = needs & ~schools.index.isin(own["school"])
    rest = partners(
        _schools(schools, better.drop(own["partner"]).reindex(schools.index)), left, **limits
    )
    found = pd.concat([one for one in (own, rest) if len(one)], ignore_index=True)
    return found.assign(
        municipality=home.reindex(found["school"]).to_numpy(),
        partner_municipality=home.reindex(found["partner"]).to_numpy(),
    )


def _schools(schools: pd.DataFrame, better: pd.Series) -> Schools:
    placed = "location" if schools["location"].notna().any() else "settlement_size"
    pupils = np.log(schools[["pupils"]].to_numpy(dtype=float))
    if not np.isfinite(pupils).any():
        pupils = pupils[:, :0]
    return Schools(
        schools.index.to_numpy(), schools["school_type"].to_numpy(), schools[placed].to_numpy(),
        pupils, better.to_numpy(dtype=float),
    )  # fmt: skip


def _doubtful(rows: pd.DataFrame, listed: pd.DataFrame, thresholds: Thresholds) -> set[str]:
    signs = rows["indicator"].str.startswith("family_") | (rows["indicator"] == "spike")
    named = rows[signs & (rows["q"] <= thresholds["spike_q"].value)]
    return {*named["unit"], *listed["school"]}
