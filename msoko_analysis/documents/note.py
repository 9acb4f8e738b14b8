"""The analytical note of one district and year: what the notebook shows and the runner saves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from msoko_analysis.disclosure import Issue
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.errors import DataError, MsokoError
from msoko_analysis.facts.district import Facts, gather
from msoko_analysis.facts.monitoring import MonitoringFacts, gather_monitoring
from msoko_analysis.facts.region import FEWEST_SCHOOLS, schools_of
from msoko_analysis.figures import Figure
from msoko_analysis.measures.prepare import Prepared, load
from msoko_analysis.page.prose import Paragraph, Stack, says_nothing
from msoko_analysis.page.tables import Table
from msoko_analysis.params.run import RunParams, load_run
from msoko_analysis.wording import (
    advice,
    district_cuts,
    equity,
    equity_figures,
    equity_tables,
    exams,
    levels,
    lists,
    marks,
    medals,
    methods,
    observation,
    official,
    procedures,
    quality,
    results,
    shnor,
    signs,
    summary,
    topics,
)
from msoko_analysis.wording.forms import only_forms
from msoko_analysis.wording.monitoring import summary as monitoring_summary
from msoko_analysis.wording.requisites import Requisites, requisites


class Withheld(MsokoError):
    """A note must not be made; the message is the reason in Russian."""


@dataclass(frozen=True)
class Note:
    """A note ready to be shown: every property is one block of the page, made once.

    ``monitored`` None for a run without motivating monitoring, the error where its forms have faults.
    """

    facts: Facts
    monitored: MonitoringFacts | DataError | None = None

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the document."""
        return requisites(self.facts)

    @cached_property
    def summary(self) -> Stack:
        """The first page."""
        return summary.summary(self.facts)

    @cached_property
    def results(self) -> Table:
        """The district paper by paper."""
        return results.results_table(self.facts)

    @cached_property
    def distributions(self) -> Stack:
        """Distributions of scores."""
        return self._told(results.distributions_figures(self.facts))

    @cached_property
    def level(self) -> Stack:
        """Which schools stand far from their type."""
        return self._told(results.level_text(self.facts))

    @cached_property
    def funnel(self) -> Figure | Paragraph:
        """Level of the schools among those of the region."""
        return self._told(results.funnel_figure(self.facts))

    @cached_property
    def equity(self) -> Stack:
        """How unequal the schools are, in words."""
        return self._told(equity.equity_text(self.facts))

    @cached_property
    def equity_schools(self) -> Stack:
        """All schools with intervals beside what is usual under their conditions."""
        return equity_figures.equity_figures(self.facts)

    @cached_property
    def gaps(self) -> Table:
        """Measures of inequality and their change."""
        return replace(equity_tables.gaps_table(self.facts), silent=only_forms(self.facts))

    @cached_property
    def low_results(self) -> Stack:
        """Schools with low results: the ШНОР rule, and where the mark «2» is frequent beside it."""
        return self._told(shnor.shnor_text(self.facts))

    @cached_property
    def exams(self) -> Stack:
        """Results of ЕГЭ, with their table."""
        return exams.exams_text(self.facts)

    @cached_property
    def marks(self) -> Stack:
        """School marks against the marks of papers and exams, with their tables."""
        return self._told(marks.marks_text(self.facts))

    @cached_property
    def procedures(self) -> Stack:
        """Every procedure against the earlier ones of the same pupils, with its table."""
        return self._told(procedures.procedures_text(self.facts))

    @cached_property
    def medals(self) -> Stack:
        """Medalists against their ЕГЭ, with their tables."""
        return self._told(medals.medals_text(self.facts))

    @cached_property
    def signs_explained(self) -> Stack:
        """What the sign is and what else explains it."""
        return signs.signs_text(self.facts)

    @cached_property
    def signs(self) -> Table:
        """All signs that are told."""
        return replace(signs.signs_table(self.facts), silent=only_forms(self.facts))

    @cached_property
    def named_schools(self) -> Stack:
        """A figure and a sentence per named school."""
        return signs.signs_figures(self.facts)

    @cached_property
    def district_cuts(self) -> Stack:
        """The district as a whole at the pass cut, with its table."""
        return self._told(district_cuts.district_text(self.facts))

    @cached_property
    def official(self) -> Stack:
        """Official markers, with their table."""
        return self._told(official.official_text(self.facts))

    @cached_property
    def official_lists(self) -> Stack:
        """Schools on the official lists, with their table."""
        return self._told(lists.lists_text(self.facts))

    @cached_property
    def monitoring(self) -> Stack:
        """Motivating monitoring and mechanisms in a few lines; the whole is a note of its own."""
        return self._told(monitoring_summary.in_yearly_note(self.monitored))

    @cached_property
    def recommendations(self) -> Stack:
        """Addressed recommendations."""
        return advice.recommendations(self.facts)

    @cached_property
    def topics(self) -> Stack:
        """Tasks that are topics for groups of teachers, with their table."""
        return self._told(topics.topics_text(self.facts))

    @cached_property
    def observation(self) -> Stack:
        """Where to observe and what to mark again next time, with its table."""
        return self._told(observation.observation_text(self.facts))

    @cached_property
    def quality(self) -> Table:
        """Checks of the data."""
        return replace(quality.quality_table(self.facts), silent=only_forms(self.facts))

    @cached_property
    def quality_remarks(self) -> Stack:
        """Participation, scales, hidden values."""
        return quality.quality_text(self.facts)

    @cached_property
    def scales(self) -> Table:
        """Scales of marks."""
        return replace(quality.scales_table(self.facts), silent=only_forms(self.facts))

    @cached_property
    def methods(self) -> Stack:
        """Methods and limits in words."""
        return methods.methods_text(self.facts)

    @cached_property
    def limits(self) -> Table:
        """Every limit that decided something."""
        return methods.limits_table(self.facts)

    @cached_property
    def schools(self) -> Table:
        """Appendix: all schools."""
        return replace(methods.schools_table(self.facts), silent=only_forms(self.facts))

    @cached_property
    def models(self) -> Table:
        """Appendix: П22–П24 by every way to work them out."""
        return replace(equity_tables.models_table(self.facts), silent=only_forms(self.facts))

    def _told(self, block: Any) -> Any:
        """A block, or nothing where it would only say again what forms do not tell."""
        return Stack(()) if only_forms(self.facts) and says_nothing(block) else block

    def tables(self) -> tuple[Table, ...]:
        """All tables of the note."""
        return (
            self.results, exams.exams_table(self.facts), levels.levels_table(self.facts),
            results.marks_table(self.facts),
            marks.subjects_table(self.facts), marks.school_marks_table(self.facts),
            procedures.procedures_table(self.facts), medals.medals_table(self.facts),
            medals.least_table(self.facts), self.signs, district_cuts.cuts_table(self.facts),
            official.official_table(self.facts), lists.lists_table(self.facts), self.gaps,
            shnor.shnor_table(self.facts), self.models,
            topics.topics_table(self.facts), observation.observation_table(self.facts),
            self.quality, self.scales, self.limits, self.schools,
        )  # fmt: skip

    def save(self, folder: str) -> None:
        """Write findings.json, the tables as CSV and Excel, and the figures shown so far as PNG.

        An empty ``folder`` saves nothing.
        """
        save_parts(
            folder, blocks=vars(self).values(), findings=self.facts.findings, tables=self.tables()
        )


def build_note(
    run_file: str, *, district: str, year: int, data: str = "", issue: Issue = "public"
) -> Note:
    """Parameters → numbers → findings → note.

    ``run_file`` as for :func:`msoko_analysis.params.run.load_run`; ``district`` a code of the run's
    districts; ``data`` a derived folder instead of the run's own; ``issue`` for whom the note is.
    Raises :class:`Withheld` for a municipality of fewer than two schools: its note would be one about a
    single school.
    """
    run = load_run(run_file, data=Path(data) if data else None)
    prepared = load(run)
    _refuse_one_school(run, prepared, district, year)
    monitored = None
    if run.monitoring:
        try:
            monitored = gather_monitoring(run, prepared, district, year)
        except DataError as refused:  # its own note lists the faults; results are told all the same
            monitored = refused
    return Note(gather(run, prepared, district, year, issue), monitored)


def gather_note(run_file: str, *, district: str, year: int, data: str = "") -> Facts:
    """What the public note of a district and year is written from, for documents made of its findings.

    Parameters and errors as of :func:`build_note`.
    """
    run = load_run(run_file, data=Path(data) if data else None)
    prepared = load(run)
    _refuse_one_school(run, prepared, district, year)
    return gather(run, prepared, district, year, "public")


def _refuse_one_school(run: RunParams, prepared: Prepared, district: str, year: int) -> None:
    """Raise :class:`Withheld` where a document about the municipality would be one about a school."""
    schools = schools_of(prepared, district, year)
    if schools < FEWEST_SCHOOLS:
        name = run.districts[district].name.prepositional
        mine = prepared.lost["municipality"].eq(district) & prepared.lost["year"].eq(year)
        if prepared.lost.loc[mine.fillna(False), "withheld"].any():
            raise Withheld(
                f"В {name} за {year} год слишком много строк отложено при чтении: оставшиеся не "
                "представляют участников, результаты не приводятся"
            )
        raise Withheld(
            f"В {name} за {year} год {'одна школа' if schools else 'нет школ'} с результатами: справка "
            "о муниципалитете была бы справкой об одной школе"
        )
