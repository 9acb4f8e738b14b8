"""Paragraphs, lists and boxes of a note as data, printed as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msoko_analysis.russian import glued


def escaped(text: str) -> str:
    """Text ready for a page: special signs escaped, units kept on the line of their number."""
    return html.escape(glued(text))


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of plain text."""

    text: str

    def _repr_html_(self) -> str:
        return f"<p>{escaped(self.text)}</p>"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section, below the notebook's own headings."""

    text: str

    def _repr_html_(self) -> str:
        return f"<h3>{escaped(self.text)}</h3>"


@dataclass(frozen=True)
class Bullets:
    """A list; ``numbered`` when the order matters."""

    items: tuple[str, ...]
    numbered: bool = False

    def _repr_html_(self) -> str:
        tag = "ol" if self.numbered else "ul"
        return f"<{tag}>{''.join(f'<li>{escaped(item)}</li>' for item in self.items)}</{tag}>"


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
