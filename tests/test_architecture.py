"""The shape of the project: imports point one way, statistics stay pure, notebooks only tell."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "msoko_analysis"
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

# A module may import only what stands before it. A new module is put where its data come from.
ORDER = [
    *(
        "errors",
        "schema",
        "catalogue",
        "procedures",
        "scales",
        "minimums",
        "task_topics",
        "medal_rules",
    ),
    *(
        "shnor_rules",
        "equity_models",
        "method_versions",
        "params",
        "run_values",
        "manifest",
        "crate",
    ),
    *("contracts", "ingest", "quality", "counts", "synthetic"),
    *("stats", "rules", "measures", "prepare", "disclosure", "findings", "recommendations"),
    "observation",
    *(
        "school_pictures",
        "school_counts",
        "facts",
        "region_facts",
        "russian",
        "printed",
        "prose",
        "packing",
        "tables",
        "monitoring",
        "cycle",
    ),
    *("monitoring_demo", "monitoring_inputs", "monitoring_facts"),
    *("figures", "wording", "saved", "note", "letter", "overview", "monitoring_note", "blindness"),
    *("forkserver", "kernels", "execution", "conversion", "claims", "document", "render"),
    "pdf",
    *("documents", "jobs", "index_page", "check", "compare", "roots", "what_if", "runner"),
    *("verify", "verify_words", "verify_page"),
    *("explore", "explorer_widgets", "laboratory", "cli"),
]


def module_of(path: Path) -> str:
    """The part of the package a file belongs to: its module, or the subpackage as a whole."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Full names of all modules a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: import by the full name, not relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources() -> list[Path]:
    """The files of the package that belong to a module of the line."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_every_module_has_its_place() -> None:
    assert {module_of(path) for path in sources()} - {"__main__"} <= set(ORDER)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = module_of(path)
    for name in imports(path):
        root, _, inside = name.partition(".")
        part = inside.split(".")[0]
        if root == "msoko_analysis" and part in ORDER and part != own:
            assert ORDER.index(part) < ORDER.index(own), f"{own} may not import {part}"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "stats").glob("*.py")), ids=lambda path: path.stem
)
def test_statistics_know_only_arrays(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "scipy"}
    for name in imports(path):
        ours = name.startswith(("msoko_analysis.errors", "msoko_analysis.stats"))
        assert ours or name.split(".")[0] in allowed, f"stats may not import {name}"


# --- notebooks ---------------------------------------------------------------------------------

LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
    *(ast.For, ast.While, ast.If, ast.IfExp, ast.Try, ast.TryStar, ast.comprehension),
)


def code_cells(path: Path) -> list[dict]:
    """The code cells of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_the_note_is_there() -> None:
    assert "district_note" in [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_and_does_not_compute(path: Path) -> None:
    cells = code_cells(path)
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for cell in cells:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            assert not isinstance(node, LOGIC), f"{type(node).__name__} in {path.name}"


def test_the_note_is_short() -> None:
    source = "\n".join(
        "".join(cell["source"])
        for cell in code_cells(PROJECT / "notebooks" / "district_note.ipynb")
    )
    lines = [
        line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    assert 0 < len(lines) <= 40
