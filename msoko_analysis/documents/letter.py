"""The letter to one school: what the notebook shows and the runner saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from msoko_analysis.documents.note import Withheld
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.facts.district import Facts, gather
from msoko_analysis.findings.recommendations import Addressed
from msoko_analysis.measures.prepare import load
from msoko_analysis.page.prose import Stack
from msoko_analysis.page.tables import Table
from msoko_analysis.params.run import load_run
from msoko_analysis.wording.letter import appendix, page
from msoko_analysis.wording.requisites import Requisites

# Whom a letter to a school addresses.
_LEVELS = ("school", "teachers")


@dataclass(frozen=True)
class Letter:
    """A letter ready to be shown: every property is one block, made once.

    ``facts`` are those of one school (:func:`of_one_school`).
    """

    facts: Facts

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the letter."""
        return page.requisites(self.facts)

    @cached_property
    def page(self) -> Stack:
        """The letter itself: one page."""
        return page.page(self.facts)

    @cached_property
    def results(self) -> Table:
        """The school paper by paper."""
        return appendix.results_table(self.facts)

    @cached_property
    def exams(self) -> Stack:
        """ЕГЭ, where pupils of the school wrote it."""
        return _filled(appendix.exams_table(self.facts))

    @cached_property
    def checked(self) -> Table:
        """All signs that were looked for."""
        return appendix.checked_table(self.facts)

    @cached_property
    def signs(self) -> Stack:
        """Signs that are told, with figure and innocent causes."""
        return appendix.signs_text(self.facts)

    @cached_property
    def marks(self) -> Stack:
        """Marks by paper where they need a check."""
        return _filled(appendix.marks_table(self.facts))

    @cached_property
    def recommendations(self) -> Stack:
        """Recommendations to the head of the school and its teachers."""
        return appendix.measures_text(self.facts)

    @cached_property
    def methods(self) -> Stack:
        """How the numbers were got."""
        return appendix.methods_text(self.facts)

    def tables(self) -> tuple[Table, ...]:
        """All tables of the letter."""
        measures = (one for one in self.recommendations.blocks if isinstance(one, Table))
        return (self.results, *self.exams.blocks, self.checked, *self.marks.blocks, *measures)

    def save(self, folder: str) -> None:
        """Write findings, tables and figures; an empty ``folder`` saves nothing."""
        save_parts(
            folder, blocks=vars(self).values(), findings=self.facts.findings, tables=self.tables()
        )


def build_letter(run_file: str, *, district: str, school: str, year: int, data: str = "") -> Letter:
    """Parameters → numbers → findings → letter; arguments as of :func:`msoko_analysis.build_note`.

    ``school`` is a code of the district's schools. Raises :class:`Withheld` for a school without
    results in the year.
    """
    run = load_run(run_file, data=Path(data) if data else None)
    facts = gather(run, load(run), district, year)
    if school not in facts.schools:
        name = run.districts[district].name.prepositional
        raise Withheld(f"В {name} за {year} год нет результатов школы «{school}»")
    return Letter(of_one_school(facts, school))


def of_one_school(facts: Facts, school: str) -> Facts:
    """What of a district's facts is about one school, without the name of any other.

    Not even of a proposed partner: the two are introduced by the municipality.

    The public numbers stay as the gate has let them pass for the whole district: a letter must not
    show what the note hides.
    """
    return replace(
        facts,
        names={school: facts.names.get(school, school)},
        findings=tuple(one for one in facts.findings if one.unit == school),
        recommendations=tuple(_measures(facts, school)),
        gone=tuple(one for one in facts.gone if one.finding.unit == school),
        distributions={},
        funnel=None,
        pictures={unit: seen for unit, seen in facts.pictures.items() if unit == school},
        schools=(school,),
        lists=facts.lists[facts.lists["school"] == school],
        partners=facts.partners.iloc[:0],
    )


def _measures(facts: Facts, school: str) -> Iterator[Addressed]:
    """What the school and its teachers are asked for, on the grounds of this school alone."""
    for one in facts.recommendations:
        grounds = tuple(ground for ground in one.grounds if ground.finding.unit == school)
        if grounds and one.entry.level in _LEVELS:
            yield replace(one, grounds=grounds)


def _filled(table: Table) -> Stack:
    """The table, or nothing where it has no rows."""
    return Stack(() if table.frame.empty else (table,))
