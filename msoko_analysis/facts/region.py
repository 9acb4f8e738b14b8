"""All that an overview of a region knows: public numbers and findings of every district of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from msoko_analysis.disclosure import PublicMeasures, publish
from msoko_analysis.facts.participation import compared_works
from msoko_analysis.findings import Finding, Verdict, judge, judge_participation
from msoko_analysis.measures.aggregates import schools_told
from msoko_analysis.measures.levels import PREFIX as LEVEL_SHARE
from msoko_analysis.measures.levels import schools_counted
from msoko_analysis.measures.prepare import Prepared
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.scales import Paper

_LEVEL = re.compile(rf"{LEVEL_SHARE}\d+")
# A municipality of fewer schools would be told about single schools (as in note.build_note).
FEWEST_SCHOOLS = 2


@dataclass(frozen=True)
class RegionFacts:
    """What an overview is written from; no school is named in it.

    ``schools`` are the schools with results by district, all districts of the run in alphabetical
    order; ``findings`` those of the districts with enough schools; ``quality`` the checks of the data;
    ``works`` those of the year before and of this year, as the notes of the districts print them.
    """

    run: RunParams
    year: int
    public: PublicMeasures
    schools: Mapping[str, int]
    findings: Mapping[str, tuple[Finding, ...]]
    quality: pd.DataFrame
    works: Mapping[str, tuple[int, int]]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers of the year with a mean result in the region."""
        return self._with("mean_percent")

    @property
    def exams(self) -> tuple[Paper, ...]:
        """The papers of ЕГЭ of the year with test scores."""
        return self._with("mean_test_score")

    @property
    def counted(self) -> tuple[Paper, ...]:
        """The papers of the year of which there is only the number of pupils by level."""
        of_levels = [
            name for name in self.public.table["indicator"].unique() if _LEVEL.fullmatch(name)
        ]
        told = {paper for name in of_levels for paper in self._with(name)}
        return tuple(paper for paper in self.run.papers if paper in told)

    def _with(self, indicator: str) -> tuple[Paper, ...]:
        rows = ((paper, self.row(REGION, REGION, indicator, paper)) for paper in self.run.papers)
        return tuple(paper for paper, row in rows if row is not None)

    @cached_property
    def _place(self) -> dict[tuple, int]:
        table = self.public.table
        keys = ("year", "level", "unit", "indicator", "procedure", "grade", "subject")
        columns = zip(*(table[key] for key in keys), strict=True)
        return {key: place for place, key in enumerate(columns)}

    def row(
        self, level: str, unit: str, indicator: str, paper: Paper = ALL_PAPERS
    ) -> pd.Series | None:
        """The row of an indicator of the year; None when there is none."""
        place = self._place.get((self.year, level, unit, indicator, *paper))
        return None if place is None else self.public.table.iloc[place]

    def of(self, district: str, code: str, *verdicts: Verdict) -> tuple[Finding, ...]:
        """Findings of a district of a code with one of the verdicts."""
        mine = self.findings.get(district, ())
        return tuple(one for one in mine if one.code == code and one.verdict in verdicts)


def schools_of(prepared: Prepared, district: str, year: int) -> int:
    """Schools of a district with results, or as many as aggregate forms or counts by level are about."""
    attendance = prepared.attendance
    mine = attendance[
        (attendance["municipality"] == district)
        & (attendance["year"] == year)
        & (attendance["n_scored"] > 0)
    ]
    counted = len(schools_counted(prepared.measures, district, year))
    told = schools_told(prepared.measures, district, year)
    return max(mine["school"].nunique(), counted, told)


def gather_region(run: RunParams, prepared: Prepared, year: int) -> RegionFacts:
    """Judge the prepared measures of every district of a run."""
    codes = sorted(run.districts, key=lambda code: run.districts[code].name.nominative.casefold())
    schools = {code: schools_of(prepared, code, year) for code in codes}
    told = [code for code in codes if schools[code] >= FEWEST_SCHOOLS]
    table = prepared.measures
    recent = table[table["year"].isin([year, year - 1])]
    public = publish(_about(recent, codes), run.thresholds)
    quality = prepared.quality
    return RegionFacts(
        run=run,
        year=year,
        public=public,
        schools=schools,
        findings={
            code: (
                *judge(public, code, year, run.thresholds),
                *judge_participation(quality, code, year, run.thresholds),
            )
            for code in told
        },
        quality=quality[quality["year"].eq(year) & quality["municipality"].isin(told)],
        works={
            code: compared_works(
                quality, publish(_about(recent, [code]), run.thresholds).table, code, year
            )
            for code in told
        },
    )


def _about(table: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """The rows of the region and of some of its districts."""
    return table[(table["level"] == REGION) | table["municipality"].isin(codes)]
