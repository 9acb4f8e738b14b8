"""Fields of Word: what it counts itself, with the value it shows until it does."""

from __future__ import annotations

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph


def field_begins(paragraph: Paragraph, instruction: str) -> None:
    """Open a field; what is written next is its value until Word updates it."""
    _field_part(paragraph, "begin")
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = f" {instruction} "
    paragraph.add_run()._r.append(text)
    _field_part(paragraph, "separate")


def field_ends(paragraph: Paragraph) -> None:
    """Close the field."""
    _field_part(paragraph, "end")


def _field_part(paragraph: Paragraph, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)
