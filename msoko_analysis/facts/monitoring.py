"""All that a note on monitoring knows of one municipality and year."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import publish
from msoko_analysis.errors import DataError, Problem
from msoko_analysis.findings.indicators import Behind, judge_behind
from msoko_analysis.findings.interventions import EffectFinding, judge_effect
from msoko_analysis.home import located
from msoko_analysis.measures.arrays import arrange_year
from msoko_analysis.measures.interventions import measure_effects
from msoko_analysis.measures.prepare import Prepared
from msoko_analysis.monitoring.dynamics import changes, deviations, period_before
from msoko_analysis.monitoring.editions import Edition, load_editions
from msoko_analysis.monitoring.engine import KEY, NUMBERS, indicator_values
from msoko_analysis.monitoring.experts import (
    ExpertAgreement,
    agreement_of_experts,
    disagreements,
    primary_points,
)
from msoko_analysis.monitoring.inputs import MonitoringInputs, read_inputs
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import Registry, load_registry
from msoko_analysis.monitoring.remarks import advice, load_remarks
from msoko_analysis.monitoring.roadmap.completeness import Completeness, completeness
from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
from msoko_analysis.monitoring.roadmap.status import Dated, statuses
from msoko_analysis.monitoring.scoring import Scores, scores
from msoko_analysis.params.equity import read_equity_models
from msoko_analysis.params.run import PARAMS, RunParams
from msoko_analysis.rules.mechanisms import Mechanisms, assess

INDEX = "П20"  # the index of mechanisms among the indicators
MEASURES = "school_measures.parquet"
# A computed value of one school would be about that school.
_FEWEST_SCHOOLS = 2
_TARGETS = [*KEY, "target", "source"]


@dataclass(frozen=True)
class Assessment:
    """The index of mechanisms of one municipality and year, and how far its experts agree.

    ``advice`` rows of :func:`~msoko_analysis.monitoring.remarks.advice`.
    """

    edition: Edition
    result: Mechanisms
    agreement: ExpertAgreement
    differ: pd.DataFrame
    advice: pd.DataFrame


@dataclass(frozen=True)
class RoadmapOnDate:
    """A roadmap with the status of its activities on the day of the note, and its stages."""

    roadmap: Roadmap
    dated: tuple[Dated, ...]
    cycle: Completeness


@dataclass(frozen=True)
class MonitoringFacts:
    """What the note is written from; tables hold all municipalities, the note prints one.

    ``values`` of indicators, of all years to this one; ``scored`` those of the year; ``changed``
    typed ones against the same period a year before; ``short_of`` targets of the year; ``computed``
    those worked out from results, ``made_by`` how, by code: their papers differ between years, so
    they have no change here; ``behind`` shares that stay behind the others. ``absent`` (indicator,
    period) that other municipalities have this year and this one has not. ``assessed`` None without
    experts' points, ``unassessed`` positions nobody judged. ``effects`` of measures taken after the
    procedures of the year before, in the whole region; ``given`` schools of the municipality that got one,
    ``measures_known`` whether there is a table of measures.
    """

    run: RunParams
    district: str
    year: int
    registry: Registry
    values: pd.DataFrame
    scored: Scores
    changed: pd.DataFrame
    short_of: pd.DataFrame
    computed: pd.DataFrame
    made_by: Mapping[str, str]
    behind: tuple[Behind, ...]
    absent: tuple[tuple[str, str], ...]
    templates: bool
    assessed: Assessment | None
    unassessed: tuple[str, ...]
    roadmaps: tuple[RoadmapOnDate, ...]
    effects: tuple[EffectFinding, ...]
    given: int
    measures_known: bool

    @property
    def day(self) -> datetime.date:
        """The day roadmaps are looked at."""
        month, day = map(int, self.run.monitoring.status_day.split("-"))
        return datetime.date(self.year, month, day)

    def mine(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the municipality and year, in the order of the registry and of time."""
        order = {one.code: place for place, one in enumerate(self.registry)}
        rows = frame[
            (frame["municipality"] == self.district)
            & frame["period"].str.startswith(str(self.year))
        ]
        place = rows["indicator"].map(order).astype(int)
        return rows.assign(place=place).sort_values(["place", "period"]).drop(columns="place")

    @cached_property
    def latest(self) -> pd.DataFrame:
        """Scored values of the municipality, each indicator by its last period of the year."""
        rows = self.mine(self.scored.frame).dropna(subset=["value"])
        return rows.drop_duplicates("indicator", keep="last").reset_index(drop=True)

    @property
    def worse(self) -> pd.DataFrame:
        """Changes of the municipality for the worse."""
        mine = self.mine(self.changed)
        return mine[mine["towards"] < 0]

    @property
    def missed(self) -> pd.DataFrame:
        """Targets of the municipality that are not reached."""
        mine = self.mine(self.short_of)
        return mine[mine["reached"] == 0]


def gather_monitoring(
    run: RunParams, prepared: Prepared, district: str, year: int
) -> MonitoringFacts:
    """Read the forms of a run and work out what the note of a municipality prints.

    Raises DataError with every fault of every form.
    """
    registry, editions = load_registry(), load_editions()
    inputs = read_inputs(
        located(Path(run.monitoring.folder)), registry, editions, places_of(run, prepared)
    )
    points = inputs.points[inputs.points["year"] <= year]
    assessed, unassessed = _assessed(points, editions, district, year)
    computed, made_by = computed_values(prepared, run, registry)
    computed = computed[computed["period"].map(_year) <= year]
    given = {tuple(row[:3]): row[3] for row in computed.itertuples(index=False)}
    entries = _entries(inputs, points, assessed, year)
    typed = indicator_values(entries, registry)
    values = indicator_values(entries, registry, given)
    of_year = values[values["period"].map(_year) == year]
    month, day = map(int, run.monitoring.status_day.split("-"))
    roadmaps = inputs.roadmaps_of(district, year)
    effects, treated, taken = _effects(run, prepared, district, year)
    return MonitoringFacts(
        run=run,
        district=district,
        year=year,
        registry=registry,
        values=values,
        scored=scores(of_year, registry, run.monitoring.score),
        changed=changes(typed, registry),
        short_of=deviations(values, _targets(inputs, year), registry),
        computed=computed,
        made_by=made_by,
        behind=judge_behind(_shares(typed, registry), district, year),
        absent=_absent(of_year, registry, district),
        templates=inputs.filled is not None,
        assessed=assessed,
        unassessed=unassessed,
        roadmaps=tuple(
            RoadmapOnDate(
                one, statuses(one, datetime.date(year, month, day)), completeness(one)
            )
            for one in roadmaps
        ),
        effects=effects,
        given=treated,
        measures_known=taken,
    )  # fmt: skip


def _shares(typed: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """The typed shares of which one direction is better, with that direction."""
    higher = {
        one.code: one.better == "higher"
        for one in registry
        if one.kind == "share" and one.better != "none"
    }
    rows = typed[typed["indicator"].isin(higher)]
    before = [period_before(period, "year") for period in rows["period"]]
    return rows.assign(higher=rows["indicator"].map(higher), before_period=before)


def places_of(run: RunParams, prepared: Prepared) -> dict[str, str]:
    """Names by code: districts of the run, and every other municipality of the data under its code."""
    counted = prepared.measures.loc[prepared.measures["level"] == "municipality", "unit"]
    of_data = {*prepared.attendance["municipality"].dropna(), *counted}
    others = sorted(of_data - set(run.districts))
    names = {code: one.name.nominative for code, one in run.districts.items()}
    return names | {code: code for code in others}


def computed_values(
    prepared: Prepared, run: RunParams, registry: Registry
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Values of indicators that are computed from results, and how each is computed, by code.

    П22–П24 by the variant that ``params/equity_models.yaml`` names first. A value the gate
    for small groups hides, or of a municipality with one school, is not there. The frame has columns
    of KEY, value, low and high: the interval where one is known.
    """
    names, told = _computed_names(registry)
    table = prepared.measures
    wanted = (table["level"] == "municipality") & table["indicator"].isin(names)
    # the gate counts the schools behind a value by their means
    schools_of = (table["level"] == "school") & (table["indicator"] == "mean_percent")
    shown = publish(table[wanted | schools_of], run.thresholds).table
    shown = shown[shown["indicator"].isin(names) & ~shown["hidden"] & shown["value"].notna()]
    wrote = prepared.attendance[prepared.attendance["n_scored"] > 0]
    schools = wrote.groupby(["year", "municipality"])["school"].nunique()
    found = {
        (names[row.indicator], row.unit, str(row.year)): (row.value, row.low, row.high)
        # a row pooled over papers, where there is one, comes last and stays
        for row in shown.sort_values("procedure", ascending=False).itertuples()
        if schools.get((row.year, row.unit), 0) >= _FEWEST_SCHOOLS
    }
    frame = pd.DataFrame(
        [(*key, *map(float, numbers)) for key, numbers in found.items()],
        columns=[*KEY, "value", "low", "high"],
    )
    return frame, told


def _computed_names(registry: Registry) -> tuple[dict[str, str], dict[str, str]]:
    """Name of the measure → code of the indicator, and code → definition."""
    problems: list[Problem] = []
    models = read_equity_models(PARAMS / "equity_models.yaml", problems)
    if models is None or problems:
        raise DataError.from_problems("Расчётные модели не приняты", problems)
    names = {"p19": "П19", "medals_p29": "П29"}
    told = {
        "П19": registry["П19"].computed_from,
        "П29": "Медалисты обеих степеней с результатом ниже 70 хотя бы по одному предмету ЕГЭ (без базовой "
        "математики) среди медалистов, найденных в результатах ЕГЭ",
    }
    for short in ("p22", "p23", "p24"):
        for model in models.of(short)[:1]:
            code = f"П{short[1:]}"
            names[f"{short}_{model.variant}"] = code
            told[code] = f"{model.definition_ru} (муниципальная расчётная модель)"
    return {name: code for name, code in names.items() if code in registry}, told


def _year(period: str) -> int:
    return Period.parse(period).year


def _assessed(
    points: pd.DataFrame, editions: Mapping[str, Edition], district: str, year: int
) -> tuple[Assessment | None, tuple[str, ...]]:
    """The assessment of a municipality, or the positions nobody judged."""
    mine = points[(points["municipality"] == district) & (points["year"] == year)]
    if mine.empty:
        return None, ()
    edition = editions[mine["edition"].iloc[0]]
    positions = edition.positions()
    absent = [code for code in positions["position"] if code not in set(mine["position"])]
    if absent:
        return None, tuple(absent)
    result = assess(positions, primary_points(edition, mine))
    return Assessment(
        edition, result, agreement_of_experts(edition, mine), disagreements(edition, mine),
        advice(result, edition, load_remarks()),
    ), ()  # fmt: skip


def _entries(
    inputs: MonitoringInputs, points: pd.DataFrame, assessed: Assessment | None, year: int
) -> pd.DataFrame:
    """Typed numbers to this year, with the index of mechanisms where experts' points give it."""
    typed = pd.DataFrame(columns=KEY + NUMBERS).astype(dict.fromkeys(NUMBERS, float))
    if inputs.filled is not None:
        typed = inputs.filled.entries
        typed = typed[typed["period"].map(_year) <= year]
    if assessed is None:
        return typed
    known = set(
        typed[typed["indicator"] == INDEX][["municipality", "period"]].itertuples(False, None)
    )
    rows = []
    same = points[points["edition"] == assessed.edition.edition]
    for (place, of_year), mine in same.groupby(["municipality", "year"]):
        complete = set(assessed.edition.positions()["position"]) == set(mine["position"])
        if complete and (place, str(of_year)) not in known:
            made = assess(assessed.edition.positions(), primary_points(assessed.edition, mine))
            rows.append((INDEX, place, str(of_year), made.points, made.maximum, np.nan))
    more = pd.DataFrame(rows, columns=KEY + NUMBERS)
    return pd.concat([one for one in (typed, more) if len(one)], ignore_index=True)


def _targets(inputs: MonitoringInputs, year: int) -> pd.DataFrame:
    if inputs.filled is None:
        return pd.DataFrame(columns=_TARGETS).astype({"target": float})
    targets = inputs.filled.targets
    return targets[targets["period"].map(_year) == year]


def _absent(
    of_year: pd.DataFrame, registry: Registry, district: str
) -> tuple[tuple[str, str], ...]:
    """What others have and the municipality has not, in the order of the registry."""
    filled = of_year.dropna(subset=["value"])
    typed = filled[filled["indicator"].isin([one.code for one in registry.typed])]
    pairs = {
        place: set(rows[["indicator", "period"]].itertuples(index=False, name=None))
        for place, rows in typed.groupby("municipality")
    }
    others = set().union(*(ones for place, ones in pairs.items() if place != district))
    order = {one.code: place for place, one in enumerate(registry)}
    return tuple(
        sorted(others - pairs.get(district, set()), key=lambda one: (order[one[0]], one[1]))
    )


def _effects(
    run: RunParams, prepared: Prepared, district: str, year: int
) -> tuple[tuple[EffectFinding, ...], int, bool]:
    """Effects of the measures taken after the procedures of the year before; how many schools of the
    municipality got one; whether the data have a table of measures at all.
    """
    path = run.data / MEASURES
    if not path.is_file():
        return (), 0, False
    taken = pd.read_parquet(path)
    last = taken[taken["year"] == year - 1]
    homes = prepared.schools.set_index("school")["municipality"]
    treated = int((last["school"].drop_duplicates().map(homes) == district).sum())
    if last.empty:
        return (), treated, True
    arranged = [
        arrange_year(
            one, prepared.mark_pairs, prepared.schools, run.papers, run.scales, maxima=run.maxima
        )
        for one in sorted({int(one) for one in prepared.mark_pairs["year"]})
        if one <= year
    ]
    # the same papers in every year, or a change of papers would look like a change of results
    both = [one for one in arranged if one.year in (year - 1, year)]
    papers = [
        paper for paper in run.papers if len(both) == 2 and all(one.paper(paper) for one in both)
    ]
    years = [one for one in arranged if papers and all(one.paper(paper) for paper in papers)]
    found = measure_effects(
        taken[taken["year"] <= year - 1], years, papers, rng=np.random.default_rng(run.seed)
    )
    of_last = [one for one in found if one.results.years[one.results.before] == year - 1]
    return tuple(judge_effect(one, run.thresholds) for one in of_last), treated, True
