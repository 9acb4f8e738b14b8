"""The page of a note as a Word document: the same text, tables and figures, ready to sign.

What stands on the page is read from the page itself, so the two can not say different things. Folded
code stays on the page only.
"""

from __future__ import annotations

import io
from pathlib import Path

from lxml import html

from msoko_analysis.page.packing import without_times
from msoko_analysis.publish.word.styles import empty_document, mark_every_sheet
from msoko_analysis.publish.word.writer import Writer


def note_document(page: str, figures: Path, *, title: str) -> bytes:
    """A page made by :func:`msoko_analysis.publish.html.note_html` as the bytes of a .docx file.

    Parameters
    ----------
    page : the HTML page.
    figures : folder with ``<name>.png`` for every figure of the page.
    title : title of the document.

    Raises
    ------
    RenderError : a figure of the page has no picture, or the page holds an element the document
        does not know: nothing is left out silently.
    """
    word = empty_document(title)
    writer = Writer(word, figures)
    main = html.fromstring(page).find(".//main")
    for restricted in main.find_class("restricted"):
        mark_every_sheet(word, restricted.get("data-marking"))
    for element in main:
        writer.block(element)
    made = io.BytesIO()
    word.save(made)
    return without_times(made.getvalue())
