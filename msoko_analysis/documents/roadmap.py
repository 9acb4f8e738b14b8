"""The draft of a roadmap of one district: recommendations of a note as rows to be edited and marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from msoko_analysis.documents.note import Withheld, gather_note
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.facts.district import Facts
from msoko_analysis.monitoring.roadmap.template import write_roadmap_template
from msoko_analysis.page.packing import without_times
from msoko_analysis.page.prose import Stack
from msoko_analysis.page.tables import Table
from msoko_analysis.wording import roadmap
from msoko_analysis.wording.names import school_names
from msoko_analysis.wording.requisites import Requisites

BOOK = "roadmap.xlsx"
_EMPTY_ROWS = 30  # for what the municipality adds


@dataclass(frozen=True)
class RoadmapDraft:
    """A draft ready to be shown."""

    facts: Facts

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the document."""
        return roadmap.requisites(self.facts)

    @cached_property
    def about(self) -> Stack:
        """What the draft is."""
        return roadmap.about(self.facts)

    @cached_property
    def table(self) -> Table:
        """The measures."""
        return roadmap.table(self.facts)

    def save(self, folder: str) -> None:
        """Write the table, and the roadmap in Excel; an empty ``folder`` saves nothing."""
        save_parts(folder, blocks=(), tables=(self.table,))
        if folder:
            self.write(Path(folder) / BOOK)

    def write(self, path: Path) -> None:
        """Write the roadmap that :func:`~msoko_analysis.monitoring.roadmap.reading.read_roadmap` reads."""
        facts = self.facts
        write_roadmap_template(
            path,
            roadmap.plan(facts.year),
            directions=[one.name for one in roadmap.newest_edition().directions],
            schools=school_names(facts, list(facts.schools)),
            rows=_EMPTY_ROWS,
            draft=roadmap.cells(facts),
        )
        path.write_bytes(without_times(path.read_bytes()))


def build_roadmap(run_file: str, *, district: str, year: int, data: str = "") -> RoadmapDraft:
    """Parameters → numbers → findings → recommendations → rows of a roadmap.

    Parameters as of :func:`msoko_analysis.build_note`. Raises :class:`Withheld` as it does, and where no
    recommendation follows from the results.
    """
    facts = gather_note(run_file, district=district, year=year, data=data)
    if not facts.recommendations:
        raise Withheld("рекомендации из результатов не следуют, дорожная карта была бы пустой")
    return RoadmapDraft(facts)
