"""All that one note knows: findings, public numbers and public counts of one district and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import (
    PublicCounts,
    PublicMeasures,
    publish,
    publish_counts,
    publish_scores,
)
from msoko_analysis.findings import Finding, Verdict, judge, judge_participation
from msoko_analysis.measures.arrays import PaperArrays, Year, arrange_year, papers_of
from msoko_analysis.measures.exams import INDICATORS as OF_EXAMS
from msoko_analysis.measures.level import level_funnel
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.measures.spike import expected_of
from msoko_analysis.observation import ObservationPlan, plan_observation
from msoko_analysis.params import RunParams, Thresholds
from msoko_analysis.prepare import Prepared
from msoko_analysis.recommendations import Addressed, Gone, gone, recommend
from msoko_analysis.scales import Paper, PaperOfYear, Scale
from msoko_analysis.stats.funnel import Funnel
from msoko_analysis.stats.spike import usable_cuts

# Distances from a cut that are shown: one beyond reach, all within reach, where the lifted land.
DISTANCES = np.arange(-3, 2)


@dataclass(frozen=True)
class SchoolAgainstItself:
    """Works of one school around the cuts and over the scale, with what its own level would give."""

    near: PublicCounts
    near_expected: np.ndarray
    tenths: PublicCounts
    tenths_expected: np.ndarray


@dataclass(frozen=True)
class Facts:
    """What a note is written from. ``names`` gives a school's name by code.

    ``schools`` are the codes of the district's schools with a result this year. ``lists`` are the
    district's rows of the official lists up to this year, ``list_years`` the years of which there is
    a list at all, ``partners`` those of proposed partners. ``gone`` is what was told a year ago and
    is not told now; ``compared`` whether there is a year before to compare with; ``observation`` the
    plan for the next procedures.
    """

    run: RunParams
    district: str
    year: int
    names: Mapping[str, str]
    public: PublicMeasures
    quality: pd.DataFrame
    findings: tuple[Finding, ...]
    recommendations: tuple[Addressed, ...]
    gone: tuple[Gone, ...]
    compared: bool
    observation: ObservationPlan | None
    distributions: Mapping[Paper, tuple[PublicCounts, PublicCounts]]
    funnel: tuple[Funnel, pd.DataFrame, np.ndarray] | None
    named: Mapping[str, SchoolAgainstItself]
    schools: tuple[str, ...]
    partners: pd.DataFrame
    lists: pd.DataFrame
    list_years: tuple[int, ...]

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers of the year that have marks: scores with a scale, or a form."""
        return self._papers(of_exams=False)

    @property
    def exams(self) -> tuple[Paper, ...]:
        """The papers of ЕГЭ of the year: test scores without marks."""
        return self._papers(of_exams=True)

    def _papers(self, *, of_exams: bool) -> tuple[Paper, ...]:
        table = self.public.table
        mine = table[(table["year"] == self.year) & (table["unit"] == self.district)]
        mine = mine[mine["indicator"].isin(OF_EXAMS) == of_exams]
        written = set(mine[["procedure", "grade", "subject"]].itertuples(index=False, name=None))
        return tuple(paper for paper in self.run.papers if paper in written)

    @property
    def papers_without_scores(self) -> tuple[Paper, ...]:
        """The papers of which there are only aggregate forms."""
        return tuple(paper for paper in self.papers if paper not in self.distributions)

    @property
    def n_schools(self) -> float:
        """Schools of the district with results, or as many as a form counts; nan when none does."""
        told = [self.value("municipality", "form_schools", paper) for paper in self.papers]
        return max([len(self.schools) or np.nan, *told], key=lambda n: np.nan_to_num(n, nan=-1))

    def scale(self, paper: Paper, year: int | None = None) -> Scale | None:
        """The scale of a paper in the year of the note or another one."""
        return self.run.scales.get(PaperOfYear(year or self.year, *paper))

    def of(self, code: str, *verdicts: Verdict) -> tuple[Finding, ...]:
        """Findings of a code with one of the verdicts."""
        return tuple(one for one in self.findings if one.code == code and one.verdict in verdicts)

    @cached_property
    def _place(self) -> dict[tuple, int]:
        """Where a row of the public table stands, by (year, level, unit, indicator, paper)."""
        table = self.public.table
        keys = ("year", "level", "unit", "indicator", "procedure", "grade", "subject")
        columns = zip(*(table[key] for key in keys), strict=True)
        return {key: place for place, key in enumerate(columns)}

    def _row(self, *key: object) -> pd.Series | None:
        place = self._place.get(key)
        return None if place is None else self.public.table.iloc[place]

    def measure(
        self, level: str, indicator: str, paper: Paper | None = None, *, year: int | None = None
    ) -> pd.Series | None:
        """The row of an indicator of the municipality or the region; None when there is none."""
        unit = self.district if level == "municipality" else REGION
        return self._row(year or self.year, level, unit, indicator, *(paper or ALL_PAPERS))

    def pooled(self, unit: str, indicator: str) -> pd.Series | None:
        """The row of one school over all its papers of the year; None when there is none."""
        return self._row(self.year, "school", unit, indicator, *ALL_PAPERS)

    def of_paper(self, unit: str, indicator: str, paper: Paper) -> pd.Series | None:
        """The row of one school in one paper of the year; None when there is none."""
        return self._row(self.year, "school", unit, indicator, *paper)

    def has(self, unit: str, indicator: str) -> bool:
        """Whether a school has the indicator this year in any paper, shown or hidden."""
        papers = (*self.run.papers, ALL_PAPERS)
        return any(
            (self.year, "school", unit, indicator, *paper) in self._place for paper in papers
        )

    def value(
        self, level: str, indicator: str, paper: Paper | None = None, *, year: int | None = None
    ) -> float:
        """The value of :meth:`measure`; nan when there is none or it is hidden."""
        row = self.measure(level, indicator, paper, year=year)
        return float("nan") if row is None else float(row["value"])


def gather(run: RunParams, prepared: Prepared, district: str, year: int) -> Facts:
    """Judge the prepared measures of a district and collect all that its note prints."""
    table = prepared.measures
    medals = table["indicator"].str.startswith("medals") & table["year"].eq(year - 2)
    about = table[
        (table["year"].isin([year, year - 1]) | medals)
        & ((table["level"] == "region") | (table["municipality"] == district))
    ]
    public = publish(about, run.thresholds)
    arranged = arrange_year(
        year, prepared.mark_pairs, prepared.schools, run.papers, run.scales, prepared.references
    )
    findings, before = (
        _findings(public, prepared.quality, district, one, run.thresholds)
        for one in (year, year - 1)
    )
    named = [
        one.unit
        for one in findings
        if one.code == "spike_school" and one.verdict in (Verdict.CONCERN, Verdict.WATCH)
    ]
    mine = prepared.quality["municipality"].eq(district) & prepared.quality["year"].eq(year)
    wrote = prepared.attendance
    wrote = wrote[wrote["year"].eq(year) & wrote["n_scored"].gt(0)]
    lists = prepared.lists[prepared.lists["year"] <= year]
    return Facts(
        run=run,
        district=district,
        year=year,
        names=prepared.school_names,
        public=public,
        quality=prepared.quality[mine],
        findings=findings,
        recommendations=recommend(findings, run.recommendations, before),
        gone=gone(findings, before),
        compared=bool(before),
        observation=plan_observation(run, table, papers_of(arranged, "school"), district),
        distributions=_distributions(arranged, district, public, run),
        funnel=level_funnel(arranged),
        named=_named(papers_of(arranged, "school"), named, table, run),
        schools=tuple(sorted(wrote[wrote["municipality"] == district]["school"].unique())),
        partners=prepared.partners[
            prepared.partners["municipality"].eq(district) & prepared.partners["year"].eq(year)
        ],
        lists=lists[lists["municipality"] == district],
        list_years=tuple(sorted(int(one) for one in lists["year"].unique())),
    )


def _findings(
    public: PublicMeasures, quality: pd.DataFrame, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """All findings of a year, of the note or the one before it."""
    return (
        *judge(public, district, year, thresholds),
        *judge_participation(quality, district, year, thresholds),
    )


def _distributions(
    year: Year, district: str, public: PublicMeasures, run: RunParams
) -> dict[Paper, tuple[PublicCounts, PublicCounts]]:
    """Scores of the district and the region, for papers whose results are the district's: a mean."""
    table = public.table
    told = table[
        table["year"].eq(year.year)
        & table["unit"].eq(district)
        & table["indicator"].eq("mean_percent")
    ]
    papers = set(told[["procedure", "grade", "subject"]].itertuples(index=False, name=None))
    mine = (year.schools["municipality"] == district).to_numpy()
    return {
        arrays.paper: tuple(
            publish_scores(arrays.scores[chosen].sum(axis=0), arrays.mark_of_score, run.thresholds)
            for chosen in (mine, slice(None))
        )
        for arrays in year.papers
        if arrays.paper in papers
    }


def _named(
    year: Year, units: list[str], measures: pd.DataFrame, run: RunParams
) -> dict[str, SchoolAgainstItself]:
    places = year.schools.index.get_indexer(units)
    weight = _of_schools(year, measures, "spike_weight", 1.0)
    own_shape = _of_schools(year, measures, "spike_own_shape", 0.0) > 0
    near = np.zeros((2, len(units), len(DISTANCES)))
    tenths = np.zeros((2, len(units), 10))
    for arrays in year.papers if units else ():
        seen = arrays.scores[places]
        expected = expected_of(year, arrays, weight, own_shape, places)
        for place, counts in enumerate((seen, expected)):
            near[place] += _around_cuts(arrays, counts)
            tenths[place] += _by_tenths(counts)
    return {
        unit: SchoolAgainstItself(
            publish_counts(near[0, place], run.thresholds),
            near[1, place],
            publish_counts(tenths[0, place], run.thresholds),
            tenths[1, place],
        )
        for place, unit in enumerate(units)
    }


def _of_schools(year: Year, measures: pd.DataFrame, indicator: str, absent: float) -> np.ndarray:
    """A pooled measure of all schools of a year (schools,)."""
    rows = measures[(measures["year"] == year.year) & (measures["indicator"] == indicator)]
    return rows.set_index("unit")["value"].reindex(year.schools.index).fillna(absent).to_numpy()


def _around_cuts(arrays: PaperArrays, counts: np.ndarray) -> np.ndarray:
    cuts = usable_cuts(arrays.scale.max_primary, arrays.scale.cuts)
    return sum(
        (counts[:, cut + DISTANCES] for cut in cuts), np.zeros((len(counts), len(DISTANCES)))
    )


def _by_tenths(counts: np.ndarray) -> np.ndarray:
    top = counts.shape[1] - 1
    tenth = np.minimum(np.arange(top + 1) * 10 // top, 9)
    return counts @ (tenth[:, None] == np.arange(10)).astype(float)
