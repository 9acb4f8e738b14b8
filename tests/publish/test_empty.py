"""What shows nothing is left off the page: cells, headings over nothing, and nothing else."""

from __future__ import annotations

import nbformat.v4 as v4
from nbformat import NotebookNode

from msoko_analysis.publish.empty import without_empty
from msoko_analysis.publish.html import note_html


def text(source: str) -> NotebookNode:
    return v4.new_markdown_cell(source)


def code(source: str, *pages: str) -> NotebookNode:
    outputs = [v4.new_output("execute_result", {"text/html": page}) for page in pages]
    return v4.new_code_cell(source, outputs=outputs)


def left(*cells: NotebookNode) -> list[str]:
    return [cell.source for cell in without_empty(v4.new_notebook(cells=list(cells))).cells]


def test_a_section_goes_with_all_its_parts() -> None:
    cells = [
        text("# Справка"),
        text("## А\n\n### Б"),
        code("b", ""),
        text("### В"),
        code("c", " \n"),
    ]
    assert left(*cells, text("## Г"), code("g", "<p>5</p>")) == ["# Справка", "## Г", "g"]


def test_a_part_below_keeps_the_heading_above() -> None:
    cells = [text("## А\n\n### Б"), code("b", ""), text("### В\n\nтекст")]
    assert left(*cells) == ["## А", "### В\n\nтекст"]


def test_a_cell_that_shows_anything_stays() -> None:
    stream = v4.new_code_cell("s", outputs=[v4.new_output("stream", name="stdout", text="1")])
    picture = v4.new_output("display_data", {"image/svg+xml": "<svg/>"})
    drawn = v4.new_code_cell("d", outputs=[picture])
    both = code("e", "", "<p>1</p>")
    cells = [text("## А"), stream, text("## Б"), drawn, text("## В"), both, code("calculates")]
    assert left(*cells) == [cell.source for cell in cells]


def test_a_number_sign_in_a_listing_is_no_heading() -> None:
    listing = "## А\n```\n# знак\n```"
    assert left(text(listing)) == [listing]


def test_the_notebook_itself_is_left_as_it_was() -> None:
    book = v4.new_notebook(cells=[text("## А\n\n### Б"), code("b", "")])
    before = book.copy()
    page = note_html(book, title="Справка")
    assert "<h2" not in page
    assert book == before
    assert len(book.cells) == 2
