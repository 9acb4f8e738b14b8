"""The overview of a region: what the notebook shows and the runner saves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from msoko_analysis.documents.note import Withheld
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.facts.region import RegionFacts, gather_region
from msoko_analysis.measures.prepare import load
from msoko_analysis.page.prose import Stack
from msoko_analysis.page.tables import Table
from msoko_analysis.params.run import load_run
from msoko_analysis.wording.overview import page
from msoko_analysis.wording.requisites import Requisites


@dataclass(frozen=True)
class Overview:
    """An overview ready to be shown; ``tables`` by name: results, changes, signs, kinds, curve, …"""

    facts: RegionFacts

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the document."""
        return page.requisites(self.facts)

    @cached_property
    def summary(self) -> Stack:
        """The first page."""
        return page.summary(self.facts, self.tables)

    @cached_property
    def tables(self) -> dict[str, Table]:
        """All tables by name, numbered through."""
        return page.all_tables(self.facts)

    @cached_property
    def methods(self) -> Stack:
        """How the numbers were got."""
        return page.methods_text(self.facts)

    def save(self, folder: str) -> None:
        """Write findings and tables; an empty ``folder`` saves nothing.

        Findings about single schools stay in the notes of their municipalities.
        """
        findings = [
            one
            for mine in self.facts.findings.values()
            for one in mine
            if one.unit == one.municipality
        ]
        save_parts(folder, blocks=(), findings=findings, tables=tuple(self.tables.values()))


def build_overview(run_file: str, *, year: int, data: str = "") -> Overview:
    """Parameters → numbers → findings → overview; arguments as of :func:`msoko_analysis.build_note`.

    Raises :class:`Withheld` when fewer than two districts of the run have results of two schools.
    """
    run = load_run(run_file, data=Path(data) if data else None)
    facts = gather_region(run, load(run), year)
    if len(facts.findings) < 2:
        raise Withheld(
            f"За {year} год результаты двух и более школ есть меньше чем в двух муниципалитетах запуска: "
            "обзор был бы справкой об одном муниципалитете"
        )
    return Overview(facts)
