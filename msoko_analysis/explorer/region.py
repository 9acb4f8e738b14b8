"""Questions to a region in one line each: districts, schools, signs, and why a school is in the list.

For those who write code, and for the widgets of ``notebooks/explore.ipynb``, which call only this. It
is for the owner of the data: figures and tables of counts show small groups and say «Для служебного
пользования»; every other table has passed the public gate, so it may be sent on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from msoko_analysis.documents.letter import of_one_school
from msoko_analysis.documents.note import Note
from msoko_analysis.errors import ParamsError
from msoko_analysis.facts.counts import PaperCounts, counts_of_school
from msoko_analysis.facts.district import Facts, gather
from msoko_analysis.facts.pictures import SchoolPicture, pictures_of
from msoko_analysis.figures import Figure
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.home import WORK
from msoko_analysis.measures.arrays import Year, arrange_year
from msoko_analysis.measures.prepare import Prepared, load
from msoko_analysis.measures.procedures import earlier_paper
from msoko_analysis.page.prose import Paragraph, Stack
from msoko_analysis.page.tables import Table, workbook
from msoko_analysis.params.run import DEMO_RUN, RunParams, load_run
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.schema import nearest
from msoko_analysis.russian import natural
from msoko_analysis.safe_names import file_name
from msoko_analysis.wording import school_figures
from msoko_analysis.wording.explorer import chain, context, counts, school
from msoko_analysis.wording.names import paper_name, school_name
from msoko_analysis.wording.sign_kinds import KINDS
from msoko_analysis.wording.signs import signs_table

EXPORTS = WORK / "reports" / "explore"
# ``msoko explore`` tells the notebook by these which run and data it was asked for.
RUN_VARIABLE, DATA_VARIABLE = "MSOKO_RUN", "MSOKO_DATA"


def open_region(run_file: Path | str = "", *, data: Path | str = "") -> Region:
    """The region of a run, its tables counted and measured first when they are not there.

    ``run_file`` and ``data`` as for :func:`msoko_analysis.params.run.load_run`; where they are empty, those
    that ``msoko explore`` was given hold, else the demo. Raises ParamsError and DataError.
    """
    chosen = run_file or os.environ.get(RUN_VARIABLE) or DEMO_RUN
    folder = data or os.environ.get(DATA_VARIABLE)
    run = load_run(Path(chosen), data=Path(folder) if folder else None)
    return Region(run, load(run))


@dataclass(frozen=True, eq=False)
class Region:
    """A region to be asked; facts of a district and year are gathered once."""

    run: RunParams
    prepared: Prepared
    _facts: dict[tuple[str, int], Facts] = field(default_factory=dict, repr=False)
    _tables: dict[tuple[str, int], tuple[Table, ...]] = field(default_factory=dict, repr=False)
    _years: dict[int, Year] = field(default_factory=dict, repr=False)
    _schools: dict[tuple[str, int], School] = field(default_factory=dict, repr=False)

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the run, the latest first."""
        return tuple(sorted(self.run.years, reverse=True))

    @cached_property
    def districts(self) -> pd.DataFrame:
        """Districts of the run by code: name, and the schools with results in every year."""
        names = {code: one.name.nominative for code, one in self.run.districts.items()}
        codes = sorted(names, key=lambda code: natural(names[code]))
        frame = pd.DataFrame({"Муниципалитет": [names[code] for code in codes]}, index=codes)
        for year in self.years:
            frame[f"Школ в {year} году"] = [len(self._wrote(code, year)) for code in codes]
        return frame.rename_axis("Код")

    def schools(self, district: str, year: int | None = None) -> pd.DataFrame:
        """Schools of a district with results, in alphabetical order: name and what is told of them."""
        facts = self.facts(district, year)
        units = sorted(facts.schools, key=lambda unit: natural(school_name(facts, unit)))
        told = {unit: school.told_of(facts, unit) for unit in units}
        columns = {
            name: [school.names_of(told[unit], verdict) for unit in units]
            for name, verdict in (
                ("Требует проверки", Verdict.CONCERN), ("К сведению", Verdict.WATCH),
            )
        }  # fmt: skip
        names = [school_name(facts, unit) for unit in units]
        return pd.DataFrame({"Школа": names, **columns}, index=units).rename_axis("Код")

    def signs(self, district: str, year: int | None = None) -> Table:
        """Signs that are told of the schools of a district, as in its note."""
        return signs_table(self.facts(district, year))

    def tables(self, district: str, year: int | None = None) -> tuple[Table, ...]:
        """All tables of the note of a district."""
        key = (district, self._known_year(year))
        if key not in self._tables:
            self._tables[key] = Note(self.facts(*key)).tables()
        return self._tables[key]

    def facts(self, district: str, year: int | None = None) -> Facts:
        """All that the note of a district knows; ``year`` the latest unless told.

        Raises ParamsError for a district or year that the run does not have.
        """
        year = self._known_year(year)
        if district not in self.run.districts:
            raise ParamsError(
                f"Муниципалитета «{district}» нет; {nearest(district, self.run.districts)}"
            )
        if (district, year) not in self._facts:
            self._facts[district, year] = gather(self.run, self.prepared, district, year)
        return self._facts[district, year]

    def school(self, unit: str, year: int | None = None) -> School:
        """One school in one year, the latest unless told; ParamsError when it has no results then."""
        year = self._known_year(year)
        if (unit, year) not in self._schools:
            home = next(
                (code for code in self.run.districts if unit in self._wrote(code, year)), None
            )
            if home is None:
                there = [one for code in self.run.districts for one in self._wrote(code, year)]
                raise ParamsError(
                    f"Результатов школы «{unit}» за {year} год нет; {nearest(unit, there)}"
                )
            self._schools[unit, year] = School(self, self.facts(home, year), unit)
        return self._schools[unit, year]

    def year(self, year: int) -> Year:
        """The counts of a year as arrays over the schools of the region."""
        if year not in self._years:
            self._years[year] = arrange_year(
                year, self.prepared.mark_pairs, self.prepared.schools, self.run.papers,
                self.run.scales, self.prepared.references, self.run.maxima,
            )  # fmt: skip
        return self._years[year]

    def _known_year(self, year: int | None) -> int:
        if year is not None and year not in self.run.years:
            there = ", ".join(map(str, self.years))
            raise ParamsError(f"В запуске «{self.run.run}» нет {year} года. Есть: {there}")
        return self.years[0] if year is None else year

    def _wrote(self, district: str, year: int) -> list[str]:
        rows = self.prepared.attendance
        mine = rows["municipality"].eq(district) & rows["year"].eq(year) & rows["n_scored"].gt(0)
        return sorted(rows.loc[mine, "school"].unique())


@dataclass(frozen=True, eq=False)
class School:
    """One school in one year; every answer shows itself in a cell of a notebook."""

    region: Region
    facts: Facts
    unit: str

    @property
    def name(self) -> str:
        """The name of the school."""
        return school_name(self.facts, self.unit)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is told of the school: signs first, those that need a check before the others."""
        return tuple(school.told_of(self.facts, self.unit))

    @cached_property
    def papers(self) -> dict[str, str]:
        """The papers the school wrote, of which there are counts: code → name, in the run's order."""
        return {
            paper.code: paper_name(self.facts, paper)
            for paper in self.region.run.papers
            if paper in self._counts
        }

    def headline(self) -> Stack:
        """What is known of the school, in two lines."""
        return school.headline(self.facts, self.unit)

    def histogram(self, paper: Paper | str | None = None) -> Figure | Paragraph:
        """Works of the school beside what its own level would give: all papers around the cuts, as in
        the note, or one paper score by score. Shows small groups.
        """
        if paper is None:
            return counts.pooled_figure(self.facts, self.unit, self._picture)
        return counts.paper_figure(self.facts, self.unit, self._of_paper(paper))

    def mark_histogram(self) -> Figure | Paragraph:
        """Marks of the school beside those of the region's pupils of such scores. Shows small groups."""
        return counts.marks_figure(self.facts, self.unit, self._picture)

    def counts(self, paper: Paper | str | None = None) -> Table:
        """Counts of all papers by mark, or of one by score. Shows small groups."""
        if paper is None:
            return counts.papers_table(self.facts, self.unit, self._in_order())
        return counts.scores_table(self.facts, self.unit, self._of_paper(paper))

    def signs(self) -> Table:
        """All signs that were looked for, told or not."""
        return school.signs_table(self.facts, self.unit)

    def others(self) -> Table:
        """What else was judged: low results, level, procedures, medals, official markers."""
        return school.others_table(self.facts, self.unit)

    def results(self) -> Table:
        """The school paper by paper against the region."""
        return school.results_table(self.facts, self.unit)

    def procedures(self) -> Table:
        """Later procedures against the earlier ones of the same pupils."""
        return school.links_table(self.facts, self.unit)

    def marks(self) -> Table:
        """Marks of the school against marks of papers and exams."""
        return school.marks_table(self.facts, self.unit)

    def context(self) -> Table:
        """Kind, place and size of the school, its level against what they lead to expect."""
        about = self.region.year(self.facts.year).schools.loc[self.unit].to_dict()
        return context.context_table(self.facts, self.unit, about)

    def why(self) -> Stack:
        """Every finding of the school with its limit, its rows of measures, the counts behind, innocent
        causes and what is recommended. Shows small groups.
        """
        return chain.why(self.facts, self.unit, self._behind)

    def measures(self) -> Table:
        """The rows of the table of measures behind all that is told of the school."""
        return chain.behind_table(self.facts, self.unit)

    def tables(self) -> tuple[Table, ...]:
        """All tables of the school that have passed the public gate."""
        return (
            self.signs(), self.others(), self.results(), self.procedures(), self.marks(),
            self.context(), self.measures(),
        )  # fmt: skip

    @cached_property
    def _counts(self) -> dict[Paper, PaperCounts]:
        return self._counts_of(self.facts.year)

    def _counts_of(self, year: int) -> dict[Paper, PaperCounts]:
        prepared, run = self.region.prepared, self.region.run
        return counts_of_school(
            self.region.year(year),
            prepared.mark_pairs,
            prepared.measures,
            self.unit,
            run.thresholds,
        )

    @cached_property
    def _picture(self) -> SchoolPicture | None:
        year, run = self.region.year(self.facts.year), self.region.run
        made = pictures_of(year, [self.unit], self.region.prepared, run.thresholds, "official")
        return made.get(self.unit)

    def _in_order(self) -> list[PaperCounts]:
        return [self._counts[paper] for paper in self.region.run.papers if paper in self._counts]

    def _of_paper(self, paper: Paper | str) -> PaperCounts:
        wanted = Paper.parse(paper) if isinstance(paper, str) else paper
        if wanted not in self._counts:
            there = ", ".join(self.papers) or "нет ни одной"
            raise ParamsError(f"{self.name} не писала {wanted.code}. Есть: {there}")
        return self._counts[wanted]

    def _behind(self, one: Finding) -> Sequence[Any]:
        """The counts behind a finding: the figure the note has for it, and counts of its papers."""
        if one.code == "link_school":
            earlier, years = earlier_paper(one.paper)
            before = self._counts_of(self.facts.year - years).get(earlier)
            pair = [one for one in (before, self._counts.get(one.paper)) if one is not None]
            return [counts.papers_table(self.facts, self.unit, pair)]
        if one.code == "medals_school":
            rows = self.region.prepared.measures
            mine = rows["year"].eq(self.facts.year) & rows["unit"].eq(self.unit)
            medals = rows[mine & rows["indicator"].str.startswith("medals")]
            return [counts.medals_table(self.facts, self.unit, medals)]
        drawn = None
        if one.code in KINDS and self._picture is not None:
            facts = of_one_school(self.facts, self.unit)
            drawn = school_figures.school_figure(facts, [one], "{}".format)
        return [one for one in (drawn, self.counts()) if one is not None]


def save_tables(tables: Sequence[Table], folder: Path | str = "", *, name: str = "") -> Path:
    """Write tables as sheets of one Excel file, with the cells as they are shown; returns its path.

    ``folder`` is ``reports/explore`` unless told, ``name`` that of the first table. The name of a file
    with small groups ends in «-служебное».
    """
    out = Path(folder or EXPORTS)
    out.mkdir(parents=True, exist_ok=True)
    service = any(one.service for one in tables)
    mark = "-служебное" if service else ""
    path = out / f"{file_name(name or tables[0].name)}{mark}.xlsx"
    path.write_bytes(workbook(tables))
    return path
