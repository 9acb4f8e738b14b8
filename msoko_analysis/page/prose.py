"""Paragraphs, lists and boxes of a note as data, printed as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msoko_analysis.russian import glued

if TYPE_CHECKING:
    from msoko_analysis.findings import Finding


def escaped(text: str) -> str:
    """Text ready for a page: special signs escaped, units kept on the line of their number."""
    return html.escape(glued(text))


def behind(findings: Iterable[Finding]) -> str:
    """The attribute of a block that names the findings told in it; nothing where there are none.

    A finding names a school: give only those whose school the block itself names.

    >>> behind(())
    ''
    """
    named = " ".join(quote(one.id, safe=":") for one in findings)
    return f' data-findings="{named}"' if named else ""


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of plain text, or one item of a list, with the ``findings`` it tells if any."""

    text: str
    findings: tuple[Finding, ...] = ()

    def _repr_html_(self) -> str:
        return self.as_html("p")

    def as_html(self, tag: str) -> str:
        """The text in an element of another name."""
        return f"<{tag}{behind(self.findings)}>{escaped(self.text)}</{tag}>"


@dataclass(frozen=True)
class Absent(Paragraph):
    """A paragraph that only says what is not there: left out where the first page says it for all."""


def says_nothing(block: Any) -> bool:
    """Whether a block holds nothing but that something is not there.

    >>> says_nothing(Stack((Absent("Списка нет."),))), says_nothing(Paragraph("Список есть."))
    (True, False)
    """
    if isinstance(block, Stack):
        return all(says_nothing(one) for one in block.blocks)
    return isinstance(block, Absent)


@dataclass(frozen=True)
class Heading:
    """A heading inside a section, below the notebook's own headings."""

    text: str

    def _repr_html_(self) -> str:
        return f"<h3>{escaped(self.text)}</h3>"


@dataclass(frozen=True)
class Bullets:
    """A list; ``numbered`` when the order matters."""

    items: tuple[str | Paragraph, ...]
    numbered: bool = False

    def _repr_html_(self) -> str:
        tag = "ol" if self.numbered else "ul"
        items = (Paragraph(item) if isinstance(item, str) else item for item in self.items)
        return f"<{tag}>{''.join(item.as_html('li') for item in items)}</{tag}>"


@dataclass(frozen=True)
class Stack:
    """Blocks under one another; ``box`` names the frame around them (lead, note-warning) if any.

    >>> Stack((Paragraph("а < б"),), box="lead")._repr_html_()
    '<div class="lead"><p>а &lt; б</p></div>'
    """

    blocks: tuple[Any, ...]
    box: str = ""

    def _repr_html_(self) -> str:
        inside = "".join(block._repr_html_() for block in self.blocks)
        return f'<div class="{self.box}">{inside}</div>' if self.box else inside


def stack(blocks: Iterable[Any], box: str = "") -> Stack:
    """Blocks under one another, empty ones left out."""
    return Stack(tuple(block for block in blocks if block is not None), box)
