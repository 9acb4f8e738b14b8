"""The draft of an order of one district on what a note found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from msoko_analysis.documents.note import Withheld, gather_note
from msoko_analysis.documents.saved import save_parts
from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import Paragraph, Stack
from msoko_analysis.page.tables import Table
from msoko_analysis.wording import order
from msoko_analysis.wording.requisites import Requisites


@dataclass(frozen=True)
class Order:
    """A draft ready to be shown."""

    facts: Facts

    @cached_property
    def requisites(self) -> Requisites:
        """Head of the document."""
        return order.requisites(self.facts)

    @cached_property
    def before_signing(self) -> Stack:
        """What a person has to do with the draft."""
        return order.before_signing(self.facts)

    @cached_property
    def text(self) -> Stack:
        """Grounds, points, control."""
        return order.text(self.facts)

    @cached_property
    def roadmap(self) -> Paragraph:
        """The first appendix."""
        return order.first_appendix(self.facts)

    @cached_property
    def grounds(self) -> Table:
        """The second appendix: findings behind the points."""
        return order.grounds_table(self.facts)

    def save(self, folder: str) -> None:
        """Write the table; an empty ``folder`` saves nothing."""
        save_parts(folder, blocks=(), tables=(self.grounds,))


def build_order(run_file: str, *, district: str, year: int, data: str = "") -> Order:
    """Parameters → numbers → findings → recommendations → draft of an order.

    Parameters as of :func:`msoko_analysis.build_note`. Raises :class:`Withheld` as it does, and where no
    recommendation that can be ordered follows from the results.
    """
    facts = gather_note(run_file, district=district, year=year, data=data)
    if not order.ordered(facts):
        raise Withheld("мер, которые можно поручить приказом, из результатов не следует")
    return Order(facts)
