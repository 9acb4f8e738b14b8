"""The finished page of a document made in this process: what a kernel would show, without a kernel."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat

from msoko_analysis.provenance.claims import Claim, with_claims
from msoko_analysis.publish.execution import read_notebook
from msoko_analysis.publish.html import note_html


def claimed(notebook: Path, **parameters: Any) -> tuple[str, tuple[Claim, ...]]:
    """Page and claims of a notebook whose cells end in an expression with an HTML form."""
    told = read_notebook(notebook)
    names: dict[str, Any] = {}
    for cell in told.cells:
        if cell.cell_type == "code":
            shown = _last_value(cell.source, names)
            if "parameters" in cell.metadata.get("tags", []):
                names.update(parameters)
            if hasattr(shown, "_repr_html_"):
                data = {"text/html": shown._repr_html_()}
                cell.outputs = [nbformat.v4.new_output("display_data", data)]
    return with_claims(note_html(told, title="Документ"))


def _last_value(source: str, names: dict[str, Any]) -> Any:
    """Run the cell; its last line when that is an expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
