"""An empty official document: A4, margins for the binder, plain black styles, page numbers."""

from __future__ import annotations

from docx import Document
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from msoko_analysis.publish.word.fields import field_begins, field_ends

# Margins of an official document (ГОСТ Р 7.0.97): left 30 mm for the binder.
_LEFT, _RIGHT, _TOP, _BOTTOM = Cm(3), Cm(1.5), Cm(2), Cm(2)
TEXT_WIDTH = Cm(16.5)
_LONGEST_TITLE = 255  # letters in the properties of a file; the page has them all
_FONT, _SIZE, _SMALL = "Times New Roman", Pt(12), Pt(9)
_INK = RGBColor(0, 0, 0)
_ADDED = ("Table Note", "Figure", "Figure Caption", "toc 1", "toc 2")
_SHAPES = {
    # size, bold, space before, space after, kept with the next
    "Normal": (_SIZE, False, 0, 6, False),
    "Body Text": (_SIZE, False, 0, 6, False),
    "Title": (Pt(16), True, 0, 12, True),
    "TOC Heading": (Pt(13), True, 12, 6, True),
    "Heading 1": (Pt(14), True, 18, 6, True),
    "Heading 2": (Pt(12), True, 12, 4, True),
    "Heading 3": (Pt(12), True, 8, 4, True),
    "Caption": (Pt(10), True, 8, 3, True),
    "Figure": (_SIZE, False, 6, 2, True),
    "Figure Caption": (Pt(10), False, 0, 8, False),
    "Table Note": (_SMALL, False, 2, 4, False),
    "toc 1": (_SIZE, False, 0, 2, False),
    "toc 2": (_SIZE, False, 0, 2, False),
}


def empty_document(title: str) -> Word:
    """A4, official margins, plain black styles, page numbers at the foot."""
    word = Document()
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = _LEFT, _RIGHT
    section.top_margin, section.bottom_margin = _TOP, _BOTTOM
    word.core_properties.title = title[:_LONGEST_TITLE]
    word.core_properties.language = "ru-RU"
    word.core_properties.author = word.core_properties.comments = ""
    _styles(word)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field_begins(foot, "PAGE")
    foot.add_run("1")
    field_ends(foot)
    return word


def mark_every_sheet(word: Word, marking: str) -> None:
    """Put a mark, such as «Для служебного пользования», at the head of every sheet, on the right."""
    head = word.sections[0].header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    head.add_run(marking).bold = True


def _styles(word: Word) -> None:
    for name in _ADDED:
        word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    for style in word.styles:
        if style.type != WD_STYLE_TYPE.PARAGRAPH:
            continue
        style.font.name, style.font.color.rgb = _FONT, _INK
        for script in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn(script), _FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            style.element.rPr.rFonts.attrib.pop(qn(theme), None)
    for name, (size, bold, before, after, kept) in _SHAPES.items():
        style = word.styles[name]
        style.font.size, style.font.bold, style.font.italic = size, bold, False
        layout = style.paragraph_format
        layout.space_before, layout.space_after = Pt(before), Pt(after)
        layout.keep_with_next = kept
    word.styles["toc 2"].paragraph_format.left_indent = Cm(0.8)
