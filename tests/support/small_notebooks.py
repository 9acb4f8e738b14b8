"""Small notebooks for tests, built cell by cell."""

from __future__ import annotations

from pathlib import Path

import nbformat

PARAMETERS = (
    "run_file: str = ''\ndata: str = ''\ndistrict: str = ''\nyear: int = 0\nsave_to: str = ''"
)


def write_notebook(path: Path, *cells: str, parameters: str | None = PARAMETERS) -> Path:
    """A notebook with a parameters cell and ``cells``; a cell that starts with # is Markdown."""
    v4 = nbformat.v4
    made = []
    if parameters is not None:
        made.append(v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for text in cells:
        made.append(v4.new_markdown_cell(text) if text[0] == "#" else v4.new_code_cell(text))
    for number, cell in enumerate(made):
        cell["id"] = f"test-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = v4.new_notebook(cells=made, metadata={"kernelspec": kernel})
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
