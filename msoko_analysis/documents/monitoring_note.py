"""The note on motivating monitoring and management mechanisms of one district and year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from msoko_analysis.documents.note import Withheld
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.facts.monitoring import MonitoringFacts, gather_monitoring
from msoko_analysis.figures import Figure
from msoko_analysis.measures.prepare import load
from msoko_analysis.page.prose import Stack
from msoko_analysis.page.tables import Table
from msoko_analysis.params.run import load_run
from msoko_analysis.russian import NBSP
from msoko_analysis.wording.monitoring import advice, mechanisms, summary, values
from msoko_analysis.wording.requisites import Requisites


@dataclass(frozen=True)
class MonitoringNote:
    """A note ready to be shown: every property is one block of the page; tables and figures are
    numbered in the order of the page.
    """

    facts: MonitoringFacts

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the document."""
        return summary.requisites(self.facts)

    @cached_property
    def summary(self) -> Stack:
        """The first page."""
        return summary.summary(self.facts)

    @cached_property
    def values(self) -> Stack:
        """Values of indicators against the best."""
        return self._numbered["values"]

    @cached_property
    def computed(self) -> Stack:
        """Indicators worked out from results."""
        return self._numbered["computed"]

    @cached_property
    def dynamics(self) -> Stack:
        """Change of indicators in a year."""
        return self._numbered["dynamics"]

    @cached_property
    def targets(self) -> Stack:
        """Targets and deviations."""
        return self._numbered["targets"]

    @cached_property
    def interview(self) -> Table:
        """The sheet for the interview."""
        return self._numbered["interview"]

    @cached_property
    def index(self) -> Stack:
        """The index of mechanisms with directions and tracks."""
        return self._numbered["index"]

    @cached_property
    def directions(self) -> Any:
        """The directions as bars."""
        return self._numbered["directions"]

    @cached_property
    def components(self) -> Any:
        """Components of the cycle by direction, as experts judged them."""
        return self._numbered["components"]

    @cached_property
    def experts(self) -> Stack:
        """Agreement of experts, and where they differ."""
        return self._numbered["experts"]

    @cached_property
    def remarks(self) -> Any:
        """Typical remarks about lost points."""
        return self._numbered["remarks"]

    @cached_property
    def roadmap(self) -> Stack:
        """Status of the roadmap on the day of the note."""
        return self._numbered["roadmap"]

    @cached_property
    def calendar(self) -> Stack:
        """The calendar of the year."""
        return self._numbered["calendar"]

    @cached_property
    def cycle(self) -> Stack:
        """Completeness of the management cycle."""
        return self._numbered["cycle"]

    @cached_property
    def reading(self) -> Stack:
        """What of the roadmap was not understood."""
        return self._numbered["reading"]

    @cached_property
    def measures(self) -> Stack:
        """Effect of measures."""
        return self._numbered["measures"]

    @cached_property
    def recommendations(self) -> Stack:
        """Addressed recommendations."""
        return advice.advice_text(self.facts)

    @cached_property
    def methods(self) -> Stack:
        """Sources and limits."""
        return summary.methods_text(self.facts)

    @cached_property
    def _numbered(self) -> dict[str, Any]:
        """Blocks with tables and figures in the order of notebooks/monitoring_note.ipynb."""
        facts = self.facts
        blocks = {
            "values": values.values_text(facts),
            "computed": values.computed_text(facts),
            "dynamics": values.dynamics_text(facts),
            "targets": values.targets_text(facts),
            "interview": values.interview_table(facts),
            "index": mechanisms.index_text(facts),
            "directions": mechanisms.directions_figure(facts),
            "components": mechanisms.components_table(facts),
            "experts": mechanisms.experts_text(facts),
            "remarks": mechanisms.remarks_table(facts),
            "roadmap": summary.roadmap_text(facts),
            "calendar": summary.calendar_text(facts),
            "cycle": summary.cycle_text(facts),
            "reading": summary.reading_text(facts),
            "measures": summary.measures_text(facts),
        }
        counter = _Counter()
        return {name: counter.numbered(block) for name, block in blocks.items()}

    def tables(self) -> tuple[Table, ...]:
        """All tables of the note, in the order of the page."""
        return tuple(_tables_in(self._numbered.values()))

    def save(self, folder: str) -> None:
        """Write the tables as CSV and Excel and the figures as PNG; an empty ``folder`` saves nothing."""
        save_parts(folder, blocks=self._numbered.values(), tables=self.tables())


def build_monitoring_note(
    run_file: str, *, district: str, year: int, data: str = ""
) -> MonitoringNote:
    """Forms and results → numbers → note.

    Parameters as of :func:`msoko_analysis.documents.note.build_note`. Raises :class:`Withheld` for a run that
    names no folder of monitoring, DataError with every fault of every form.
    """
    run = load_run(run_file, data=Path(data) if data else None)
    if run.monitoring is None:
        raise Withheld(
            "в файле запуска нет раздела monitoring: папка с данными мониторинга не названа"
        )
    return MonitoringNote(gather_monitoring(run, load(run), district, year))


class _Counter:
    """Gives tables that have rows, and figures, their numbers; a name used before gets a number too."""

    def __init__(self) -> None:
        self.tables, self.figures = 0, 0
        self.names: list[str] = []

    def numbered(self, block: Any) -> Any:
        """The block with numbers in the captions inside it."""
        if isinstance(block, Stack):
            return Stack(tuple(self.numbered(one) for one in block.blocks), block.box)
        if isinstance(block, Figure):
            self.figures += 1
            return replace(block, caption=f"Рисунок{NBSP}{self.figures}. {block.caption}")
        if isinstance(block, Table) and not block.frame.empty:
            self.tables += 1
            caption = f"Таблица{NBSP}{self.tables}. {block.caption}"
            return replace(block, name=self._name(block.name), caption=caption)
        return block

    def _name(self, name: str) -> str:
        """The name, or with a number where several roadmaps give tables of one name."""
        self.names.append(name)
        times = self.names.count(name)
        return name if times == 1 else f"{name} {times}"


def _tables_in(blocks: Any) -> Iterator[Table]:
    """Tables with rows among blocks and inside their stacks."""
    for block in blocks:
        if isinstance(block, Table) and not block.frame.empty:
            yield block
        elif isinstance(block, Stack):
            yield from _tables_in(block.blocks)
