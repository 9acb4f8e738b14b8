"""What of an executed notebook has nothing to show: it stays in the notebook and off the page."""

from __future__ import annotations

import copy
import re
from typing import NamedTuple

from nbformat import NotebookNode

_HEADING = re.compile(r"(#{1,6})\s+\S")


class _Part(NamedTuple):
    """A line of text or a cell of code: where it stands, the level of a heading or 0, what it shows."""

    cell: int
    line: int
    level: int
    shows: bool


def without_empty(notebook: NotebookNode) -> NotebookNode:
    """The notebook without cells whose output is empty and without headings over nothing.

    A heading has something below it when, before the next of its level or a higher one, there is text
    or a cell that shows something. The title stays, and so do cells without any output: they calculate.

    >>> import nbformat.v4 as v4
    >>> shown = lambda html: [v4.new_output("execute_result", {"text/html": html})]
    >>> book = v4.new_notebook(cells=[
    ...     v4.new_markdown_cell("## Результаты\\n\\n### Уровень"),
    ...     v4.new_code_cell("level", outputs=shown("")),
    ...     v4.new_markdown_cell("### Отметки"), v4.new_code_cell("marks", outputs=shown("<p>5</p>")),
    ... ])
    >>> [cell.source for cell in without_empty(book).cells]
    ['## Результаты', '### Отметки', 'marks']
    """
    cells = notebook.cells
    empty = {at for at, cell in enumerate(cells) if _empty(cell)}
    parts = [part for at, cell in enumerate(cells) for part in _parts(at, cell)]
    bare = {
        (one.cell, one.line)
        for place, one in enumerate(parts)
        if one.level > 1 and not _followed(parts[place + 1 :], one.level)
    }
    kept = copy.copy(notebook)
    kept.cells = []
    for at, cell in enumerate(cells):
        if at in empty:
            continue
        if any(where == at for where, _ in bare):
            lines = cell.source.split("\n")
            source = "\n".join(text for n, text in enumerate(lines) if (at, n) not in bare)
            if not source.strip():
                continue
            cell = NotebookNode({**cell, "source": source.strip("\n")})
        kept.cells.append(cell)
    return kept


def _empty(cell: NotebookNode) -> bool:
    """Whether a cell has outputs and all of them are pages of nothing."""
    outputs = cell.get("outputs", [])
    return bool(outputs) and all(
        not one.get("data", {}).get("text/html", "?").strip() for one in outputs
    )


def _parts(at: int, cell: NotebookNode) -> list[_Part]:
    if cell.cell_type != "markdown":
        return [_Part(at, 0, 0, bool(cell.get("outputs")) and not _empty(cell))]
    parts, fenced = [], False
    for number, line in enumerate(cell.source.split("\n")):
        fenced ^= line.startswith("```")
        heading = None if fenced else _HEADING.match(line)
        level = len(heading[1]) if heading else 0
        parts.append(_Part(at, number, level, not level and bool(line.strip())))
    return parts


def _followed(parts: list[_Part], level: int) -> bool:
    for one in parts:
        if 0 < one.level <= level:
            return False
        if one.shows:
            return True
    return False
