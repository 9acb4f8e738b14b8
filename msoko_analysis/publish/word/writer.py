"""Walks the page of a note and writes what it meets into a document."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from docx.document import Document as Word
from docx.oxml.ns import qn
from lxml.html import HtmlElement

from msoko_analysis.errors import RenderError
from msoko_analysis.publish.word.fields import field_begins, field_ends
from msoko_analysis.publish.word.styles import TEXT_WIDTH
from msoko_analysis.publish.word.tables import write_table
from msoko_analysis.publish.word.text import plain, write_inline


class Writer:
    """Walks the page and writes what it meets."""

    def __init__(self, word: Word, figures: Path) -> None:
        self.word = word
        self.figures = figures
        self.blocks: dict[str, Callable[[HtmlElement], None]] = {
            "p": self._paragraph,
            "pre": self._paragraph,
            "ul": self._list,
            "ol": self._list,
            "table": self._table,
            "figure": self._figure,
            "nav": self._contents,
            "footer": self._inside,
            "section": self._inside,
            "div": self._inside,
            **dict.fromkeys(("h1", "h2", "h3", "h4"), self._heading),
        }

    def block(self, element: HtmlElement) -> None:
        """Write one element; folded code and rules are for the screen only."""
        if not isinstance(element.tag, str) or element.tag in ("details", "hr"):
            return
        if element.tag not in self.blocks:
            raise RenderError(
                f"Документ Word не умеет показать «{element.tag}»: {plain(element)[:60]}"
            )
        self.blocks[element.tag](element)

    def _inside(self, element: HtmlElement) -> None:
        if (element.text or "").strip():
            raise RenderError(f"Текст вне абзаца: {element.text.strip()[:60]}")
        for child in element:
            self.block(child)

    def _heading(self, element: HtmlElement) -> None:
        level = int(element.tag[1])
        if level == 1:
            self.word.add_paragraph(plain(element), style="Title")
        else:
            heading = self.word.add_heading(plain(element), level - 1)
            heading.paragraph_format.page_break_before = plain(element).startswith("Приложение")

    def _paragraph(self, element: HtmlElement) -> None:
        small = "table-note" in element.classes
        style = "Table Note" if small else "Body Text"
        write_inline(self.word.add_paragraph(style=style), element)

    def _list(self, element: HtmlElement) -> None:
        numbered = element.tag == "ol"
        for number, item in enumerate(element.iterchildren("li"), 1):
            paragraph = self.word.add_paragraph(style="List" if numbered else "List Bullet")
            if numbered:
                paragraph.add_run(f"{number}.\t")
            write_inline(paragraph, item)

    def _contents(self, element: HtmlElement) -> None:
        """A field that Word fills; until then it shows the headings of the page."""
        self.word.add_paragraph("Содержание", style="TOC Heading")
        items = element.findall(".//li")
        for place, item in enumerate(items):
            deeper = "level-3" in item.classes
            line = self.word.add_paragraph(style="toc 2" if deeper else "toc 1")
            if place == 0:
                field_begins(line, 'TOC \\o "1-2" \\h \\z \\u')
            line.add_run(plain(item))
            if place == len(items) - 1:
                field_ends(line)

    def _figure(self, element: HtmlElement) -> None:
        name = element.get("data-name", "")
        picture = self.figures / f"{name}.png"
        if not picture.is_file():
            raise RenderError(f"Для документа Word нет рисунка {picture.name}")
        paragraph = self.word.add_paragraph(style="Figure")
        paragraph.add_run().add_picture(str(picture), width=TEXT_WIDTH)
        said = element.find(".//div[@role='img']").get("aria-label")
        inline = paragraph._p.find(".//" + qn("wp:docPr"))
        inline.set("descr", said)
        inline.set("name", name)
        self._caption(plain(element.find("figcaption")), "Figure Caption")

    def _table(self, element: HtmlElement) -> None:
        caption = element.find("caption")
        if caption is not None:
            self._caption(plain(caption), "Caption")
        write_table(self.word, element)
        self.word.add_paragraph(style="Table Note")

    def _caption(self, text: str, style: str) -> None:
        """«Таблица 3. …» with its number as a field, so Word can list and renumber captions."""
        paragraph = self.word.add_paragraph(style=style)
        found = re.match(r"(Таблица|Рисунок)(\s)([А-Я]?\.?\d+)(.*)", text, re.DOTALL)
        if found is None:
            paragraph.add_run(text)
            return
        kind, space, number, rest = found.groups()
        paragraph.add_run(kind + space)
        field_begins(paragraph, f"SEQ {kind} \\* ARABIC")
        paragraph.add_run(number)
        field_ends(paragraph)
        paragraph.add_run(rest)
