"""How tests read a note: its blocks as HTML, its words, its tables."""

from __future__ import annotations

import html
import re
from functools import cached_property
from html.parser import HTMLParser

from msoko_analysis.documents.letter import Letter
from msoko_analysis.documents.note import Note


def blocks(note: Note | Letter) -> dict[str, str]:
    """HTML of every block of a note or a letter by the name of its property."""
    names = [name for name, value in vars(type(note)).items() if isinstance(value, cached_property)]
    return {name: getattr(note, name)._repr_html_() for name in names}


def text_of(block: object) -> str:
    """The text of a block of a note, without its markup."""
    return html.unescape(re.sub(r"<[^>]+>", " ", block._repr_html_())).replace("\u00a0", " ")


def words(page: str) -> str:
    """The text a reader sees: no tags, no pictures."""
    page = re.sub(r"<svg.*?</svg>", " ", page, flags=re.S)
    page = re.sub(r"</(?:p|li|td|th|tr|h\d|caption|figcaption)>", "\n", page)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


class _Cells(HTMLParser):
    """Rows of cells of the tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def cells(page: str) -> list[list[str]]:
    """The rows of the page's tables, as text."""
    reader = _Cells()
    reader.feed(page)
    return reader.rows
