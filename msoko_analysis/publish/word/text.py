"""Text of the page as text of a document."""

from __future__ import annotations

import re

from docx.text.paragraph import Paragraph
from lxml.html import HtmlElement

_SPACES = re.compile(r"[ \t\r\n]+")


def plain(element: HtmlElement) -> str:
    """All text of an element on one line, non-breaking spaces kept.

    >>> from lxml import html
    >>> plain(html.fromstring("<p>12\\xa0% <b>работ</b>\\n</p>"))
    '12\\xa0% работ'
    """
    return _SPACES.sub(" ", element.text_content()).strip(" ")


def write_inline(paragraph: Paragraph, element: HtmlElement) -> None:
    """The text of an element with its bold parts; other marks inside keep only their text."""
    paragraph.add_run(_SPACES.sub(" ", element.text or "").lstrip(" "))
    for child in element:
        run = paragraph.add_run(plain(child))
        run.bold = child.tag in ("b", "strong")
        paragraph.add_run(_SPACES.sub(" ", child.tail or ""))
