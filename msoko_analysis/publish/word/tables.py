"""Tables of a document: as on the page, with a head that every page repeats."""

from __future__ import annotations

from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt
from docx.table import Table, _Cell
from lxml.html import HtmlElement

from msoko_analysis.publish.word.styles import TEXT_WIDTH
from msoko_analysis.publish.word.text import plain

_GREY = "E7E6E6"
# A table of more columns than this is set in small type.
_MANY_COLUMNS = 5
# Width of a letter and of a cell's margin, at 10 and 8 points.
_LETTER, _SMALL_LETTER, _PADDING = Cm(0.2), Cm(0.16), Cm(0.2)
# Letters of a cell, and of a word, beyond which a column asks for no more room.
_LONG, _LONG_WORD = 150, 20


def write_table(word: Word, element: HtmlElement) -> None:
    """Write an HTML table; one without a head has no lines."""
    head, rows = element.findall("thead/tr"), element.findall("tbody/tr")
    cells = [list(row.iterchildren("th", "td")) for row in (*head, *rows)]
    columns = max(len(row) for row in cells)
    table = word.add_table(len(cells), columns)
    table.style = "Table Grid" if head else "Normal Table"
    style = word.styles["Table Note"].style_id
    for place, (line, row) in enumerate(zip(table._tbl.tr_lst, cells, strict=True)):
        for tc, cell in zip(line.tc_lst, row, strict=False):
            _fill(_Cell(tc, table), cell, style, head=place < len(head), columns=columns)
    _finish(table, len(head), _widths(cells, columns))


def _fill(cell: _Cell, source: HtmlElement, style: str, *, head: bool, columns: int) -> None:
    """Fill an empty cell; python-docx would look for the cell and its style through all there are."""
    paragraph = cell.paragraphs[0]
    paragraph._p.style = style
    paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(plain(source))
    run.font.size = Pt(10) if columns <= _MANY_COLUMNS else Pt(8)
    run.bold = head
    paragraph.paragraph_format.keep_with_next = head
    if "num" in source.classes:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if head:
        shade = OxmlElement("w:shd")
        shade.set(qn("w:val"), "clear")
        shade.set(qn("w:fill"), _GREY)
        cell._tc.get_or_add_tcPr().append(shade)


def _widths(cells: list[list[HtmlElement]], columns: int) -> list[int]:
    """Room for the longest word of every column; what is left goes to the columns of long texts."""
    letter = _LETTER if columns <= _MANY_COLUMNS else _SMALL_LETTER
    words, texts = [], []
    for column in range(columns):
        said = [plain(row[column]) for row in cells if column < len(row)]
        words.append(
            2 * _PADDING
            + letter * min(_LONG_WORD, max(len(word) for one in said for word in one.split(" ")))
        )
        texts.append(2 * _PADDING + letter * min(max(map(len, said)), _LONG))
    missing = [max(text - word, 0) for text, word in zip(texts, words, strict=True)]
    left = TEXT_WIDTH - sum(words)
    if left > 0 and sum(missing):
        share = left / sum(missing)
        words = [word + share * more for word, more in zip(words, missing, strict=True)]
    return [int(word * TEXT_WIDTH / sum(words)) for word in words]


def _finish(table: Table, head: int, widths: list[int]) -> None:
    """Head repeated on every page, rows not split, columns as wide as they need."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for place, line in enumerate(table._tbl.tr_lst):
        properties = line.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place < head:
            properties.append(OxmlElement("w:tblHeader"))
        for tc, width in zip(line.tc_lst, widths, strict=True):
            tc.width = Emu(width)
