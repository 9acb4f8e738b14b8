"""All that one note knows: findings, public numbers and public counts of one district and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import (
    Issue,
    PublicCounts,
    PublicMeasures,
    count_to_entitled,
    publish,
    publish_scores,
    publish_to_entitled,
)
from msoko_analysis.facts.pictures import SchoolPicture, pictures
from msoko_analysis.findings import Finding, Verdict, judge, judge_participation
from msoko_analysis.findings.observation import ObservationPlan, plan_observation
from msoko_analysis.findings.recommendations import Addressed, Gone, gone, recommend
from msoko_analysis.measures.arrays import PaperArrays, Year, arrange_year, papers_of
from msoko_analysis.measures.exams import INDICATORS as OF_EXAMS
from msoko_analysis.measures.level import level_funnel
from msoko_analysis.measures.levels import PREFIX as LEVEL_SHARE
from msoko_analysis.measures.levels import schools_counted
from msoko_analysis.measures.prepare import Prepared
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.params.run import RunParams, Thresholds
from msoko_analysis.params.scales import Paper, PaperOfYear, Scale
from msoko_analysis.stats.funnel import Funnel


@dataclass(frozen=True)
class Facts:
    """What a note is written from. ``names`` gives a school's name by code.

    ``lost`` are the rows that reading lost, beside all rows, those of no known place included.
    ``schools`` are the codes of the district's schools with a result this year. ``lists`` are the
    district's rows of the official lists up to this year, ``list_years`` the years of which there is
    a list at all, ``levels`` those of papers that are only counted by level, ``counted_schools`` the
    schools of the district in them, ``partners`` those of proposed partners. ``gone`` is what was told
    a year ago and is not told now; ``compared`` whether there is a year before to compare with;
    ``observation`` the plan for the next procedures. ``issue`` says for whom the note is: ``public``
    are the numbers that issue may print, ``opened`` how many of the district's of the year the public
    one does not. ``known_scales`` are those of the year's papers, one without cuts for a paper that has none.
    Findings and recommendations are the same in both issues.
    """

    run: RunParams
    district: str
    year: int
    names: Mapping[str, str]
    public: PublicMeasures
    quality: pd.DataFrame
    lost: pd.DataFrame
    findings: tuple[Finding, ...]
    recommendations: tuple[Addressed, ...]
    gone: tuple[Gone, ...]
    compared: bool
    observation: ObservationPlan | None
    distributions: Mapping[Paper, tuple[PublicCounts, PublicCounts]]
    known_scales: Mapping[Paper, Scale]
    funnel: tuple[Funnel, pd.DataFrame, np.ndarray] | None
    pictures: Mapping[str, SchoolPicture]
    schools: tuple[str, ...]
    partners: pd.DataFrame
    lists: pd.DataFrame
    list_years: tuple[int, ...]
    levels: pd.DataFrame
    counted_schools: tuple[str, ...]
    issue: Issue = "public"
    opened: int = 0

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """The papers of the year that have marks: scores with a scale, or a form."""
        return self._papers(of_exams=False)

    @cached_property
    def exams(self) -> tuple[Paper, ...]:
        """The papers of ЕГЭ of the year: test scores without marks."""
        return self._papers(of_exams=True)

    def _papers(self, *, of_exams: bool) -> tuple[Paper, ...]:
        table = self.public.table
        mine = table[(table["year"] == self.year) & (table["unit"] == self.district)]
        mine = mine[mine["indicator"].isin(OF_EXAMS) == of_exams]
        written = set(mine[["procedure", "grade", "subject"]].itertuples(index=False, name=None))
        counted = self.counted
        return tuple(one for one in self.run.papers if one in written and one not in counted)

    @cached_property
    def counted(self) -> tuple[Paper, ...]:
        """The papers of the year of which there is only the number of pupils by level."""
        table = self.public.table
        mine = table[
            table["year"].eq(self.year)
            & table["unit"].eq(self.district)
            & table["indicator"].str.fullmatch(rf"{LEVEL_SHARE}\d+")
        ]
        told = set(mine[["procedure", "grade", "subject"]].itertuples(index=False, name=None))
        return tuple(paper for paper in self.run.papers if paper in told)

    def levels_of(self, paper: Paper) -> dict[int, str]:
        """Titles of the counted levels of a paper by number, the lowest first."""
        keys = self.levels[["procedure", "grade", "subject"]].apply(tuple, axis=1)
        mine = self.levels[keys == tuple(paper)] if len(self.levels) else self.levels
        titles = mine.sort_values("level")[["level", "title"]].itertuples(index=False)
        return {
            int(level): title if isinstance(title, str) else f"уровень {level}"
            for level, title in titles
        }

    @property
    def papers_without_scores(self) -> tuple[Paper, ...]:
        """The papers of which there are only aggregate forms."""
        return tuple(paper for paper in self.papers if paper not in self.distributions)

    @property
    def alone(self) -> bool:
        """Whether the data hold the district's pupils and no region to compare them with."""
        scored = list(self.distributions)
        mean = "mean_percent"
        return bool(scored) and not any(
            self.measure("region", mean, paper) is not None for paper in scored
        )

    @property
    def n_schools(self) -> float:
        """Schools of the district with results, or as many as a form counts; nan when none does."""
        told = [self.value("municipality", "form_schools", paper) for paper in self.papers]
        known = len(self.schools) or len(self.counted_schools) or np.nan
        return max([known, *told], key=lambda n: np.nan_to_num(n, nan=-1))

    def scale(self, paper: Paper, year: int | None = None) -> Scale | None:
        """The scale of a paper in the year of the note or another one.

        Of the year itself also what stands for a scale that does not exist.
        """
        if year is None or year == self.year:
            return self.known_scales.get(paper)
        return self.run.scales.get(PaperOfYear(year, *paper))

    def comparable(self, paper: Paper) -> bool:
        """Whether per cents of the maximum mean the same this year and the year before."""
        return all(
            scale is not None and scale.cuts
            for scale in (self.scale(paper), self.scale(paper, self.year - 1))
        )

    @property
    def scales(self) -> dict[Paper, Scale]:
        """The scales of the papers whose distributions are shown."""
        found = {paper: self.scale(paper) for paper in self.distributions}
        return {paper: scale for paper, scale in found.items() if scale is not None}

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


def gather(
    run: RunParams, prepared: Prepared, district: str, year: int, issue: Issue = "public"
) -> Facts:
    """Judge the prepared measures of a district and collect all that its note prints.

    What is judged has passed the public gate whatever the issue: the official one shows more numbers,
    it does not say more of anybody.
    """
    table = prepared.measures
    medals = table["indicator"].str.startswith("medals") & table["year"].eq(year - 2)
    about = table[
        (table["year"].isin([year, year - 1]) | medals)
        & ((table["level"] == "region") | (table["municipality"] == district))
    ]
    public = publish(about, run.thresholds)
    arranged = arrange_year(
        year, prepared.mark_pairs, prepared.schools, run.papers, run.scales, prepared.references,
        run.maxima,
    )  # fmt: skip
    findings, before = (
        _findings(public, prepared.quality, district, one, run.thresholds)
        for one in (year, year - 1)
    )
    mine = prepared.quality["municipality"].eq(district) & prepared.quality["year"].eq(year)
    wrote = prepared.attendance
    wrote = wrote[wrote["year"].eq(year) & wrote["n_scored"].gt(0)]
    lists = prepared.lists[prepared.lists["year"] <= year]
    shown = publish_to_entitled(about, public) if issue == "official" else public
    here = about["municipality"].eq(district).to_numpy() & about["year"].eq(year).to_numpy()
    return Facts(
        run=run,
        district=district,
        year=year,
        names=prepared.school_names,
        public=shown,
        quality=prepared.quality[mine],
        lost=_lost(prepared.lost, district, year),
        findings=findings,
        recommendations=recommend(findings, run.recommendations, before),
        gone=gone(findings, before),
        compared=bool(before),
        observation=plan_observation(run, table, papers_of(arranged, "school"), district),
        distributions=_distributions(arranged, district, shown, run, issue),
        known_scales={arrays.paper: arrays.scale for arrays in arranged.papers},
        funnel=level_funnel(arranged),
        pictures=pictures(arranged, findings, prepared, run.thresholds, issue),
        schools=tuple(sorted(wrote[wrote["municipality"] == district]["school"].unique())),
        partners=prepared.partners[
            prepared.partners["municipality"].eq(district) & prepared.partners["year"].eq(year)
        ],
        lists=lists[lists["municipality"] == district],
        list_years=tuple(sorted(int(one) for one in lists["year"].unique())),
        levels=prepared.levels[prepared.levels["year"].eq(year)],
        counted_schools=schools_counted(table, district, year),
        issue=issue,
        opened=int((public.table["hidden"] & ~shown.table["hidden"])[here].sum()),
    )


def _lost(lost: pd.DataFrame, district: str, year: int) -> pd.DataFrame:
    """Rows read and lost of the district and year, and lost ones that tell no place or no year."""
    here = lost["municipality"].eq(district) | lost["municipality"].isna()
    now = lost["year"].eq(year).fillna(False) | lost["year"].isna()
    return lost[here & now]


def _findings(
    public: PublicMeasures, quality: pd.DataFrame, district: str, year: int, thresholds: Thresholds
) -> tuple[Finding, ...]:
    """All findings of a year, of the note or the one before it."""
    return (
        *judge(public, district, year, thresholds),
        *judge_participation(quality, district, year, thresholds),
    )


def _distributions(
    year: Year, district: str, public: PublicMeasures, run: RunParams, issue: Issue
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

    def shown(arrays: PaperArrays, chosen: np.ndarray | slice) -> PublicCounts:
        cells = arrays.scores[chosen].sum(axis=0)
        if issue == "official":
            return count_to_entitled(cells)
        return publish_scores(cells, arrays.mark_of_score, run.thresholds)

    return {
        arrays.paper: (shown(arrays, mine), shown(arrays, slice(None)))
        for arrays in year.papers
        if arrays.paper in papers
    }
