"""All rows of the section on equal opportunity of a region: equity, context, П22–П24, ШНОР, partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.context import context_rows
from msoko_analysis.measures.equity import equity_rows
from msoko_analysis.measures.equity_models import model_rows
from msoko_analysis.measures.equity_years import on_schools
from msoko_analysis.measures.exams import ExamScores
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
    exams: Mapping[int, Sequence[ExamScores]],
) -> Iterator[pd.DataFrame]:
    """Rows of the long table for all years; ``measures`` holds those of ЕГЭ (below_minimum).

    ``reliability`` of the papers of a year whose tasks are known, ``exams`` its papers of ЕГЭ with test
    scores.
    """
    for year, arranged in years.items():
        if not (arranged.papers or exams[year]):
            continue
        previous = years.get(year - 1)
        equity = list(equity_rows(arranged, previous, run.thresholds, reliability[year]))
        yield from equity
        yield from model_rows(
            arranged, previous, run.thresholds, run.equity_models, _pooled_icc(equity), exams[year]
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
    run: RunParams, years: Mapping[int, Year], measures: pd.DataFrame, lists: pd.DataFrame
) -> pd.DataFrame:
    """A proposed partner for every school that the ШНОР rule lists, columns :data:`PARTNERS`.

    Partners are looked for in the own municipality first, then among all that help nobody yet. The
    context that must be near is the number of pupils (its logarithm), beside the same type of
    school and kind of settlement. A school with a sign that needs a check in any family, on the
    official list of the year, or not clearly outside the ШНОР rule is no leader: its results
    themselves are in doubt. Nor is one where in any paper of the year as many pupils are below the
    minimum as the rule asks: a school does not learn from another with its own trouble.
    """
    thresholds = run.thresholds
    pooled = measures[(measures["level"] == "school") & (measures["subject"] == "")]
    tables = []
    for year, arranged in years.items():
        mine = pooled[pooled["year"] == year]
        codes = arranged.schools.index
        named = mine[mine["indicator"] == "shnor_or"].set_index("unit")["value"].reindex(codes)
        better = mine[mine["indicator"] == "better"].set_index("unit")["value"].reindex(codes)
        doubtful = _doubtful(mine, lists[lists["year"] == year], thresholds)
        low = _low_in_a_paper(run, arranged, measures)
        better = better.where((named == 0) & ~codes.isin(list(doubtful)) & ~low)
        if (named == 1).any():
            found = _own_first(arranged.schools, (named == 1).to_numpy(), better, thresholds)
            tables.append(found.assign(year=year)[list(PARTNERS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(PARTNERS))


def _low_in_a_paper(run: RunParams, year: Year, measures: pd.DataFrame) -> np.ndarray:
    """Schools with a paper of the year in which the share of the ШНОР rule is reached (schools,)."""
    rule = run.shnor_rules.of(year.year)
    if rule is None:
        return np.zeros(len(year.schools), dtype=bool)
    bar = rule.low_share.percent / 100
    papers = [(one.n > 0) & (one.low >= bar * one.n) for one in _below_minimum(year, measures)]
    return np.any([np.zeros(len(year.schools), dtype=bool), *papers], axis=0)


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
