"""The shape of the project: imports point one way, statistics stay pure, notebooks only tell."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import layers_picture
import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "msoko_analysis"
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))

# The layers, first to last: the line of data. A file may import only from its own layer and from those
# above it in this list. File = topic, folder = layer (CONTRIBUTING.md).
LAYERS = [
    "errors",  # what a fault is
    "home",  # what is shipped, and the folder worked in
    "walls",  # what a file must be before anything opens it
    "folders",  # folders that appear complete or not at all
    "safe_names",  # what somebody typed, as a folder, as a cell
    "russian",  # numbers, plurals, cases
    "synthetic",  # pupils with known truth; knows nothing of the rest
    "params",  # every reader of params/: run, scales, limits, registers
    "stats",  # our estimators
    "rules",  # official rules as published
    "ingest",  # files → tables, with contracts and quality
    "counts",  # rows → additive count tables
    "disclosure",  # the one gate for small groups
    "provenance",  # what a document claims and what it came from
    "measures",  # counts × stats × rules → the long table
    "findings",  # limits → verdicts; recommendations
    "page",  # prose, tables, packing
    "figures",  # one inline SVG each
    "monitoring",  # indicators, mechanisms, experts, roadmaps
    "facts",  # what a document is written from
    "wording",  # the only prose about results
    "documents",  # note, letter, overview, monitoring note
    "publish",  # notebooks → files
    "verify",  # is it what was issued, does it still follow
    "explorer",  # one school on the methodologist's desk
    "start",  # a folder of files → a run → notes
    "cli",  # the command line
]


def layer_of(path: Path) -> str:
    """The layer a file belongs to."""
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
    """The files of the package that belong to a layer."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_every_file_has_its_layer() -> None:
    assert {layer_of(path) for path in sources()} == set(LAYERS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = layer_of(path)
    for name in imports(path):
        root, _, inside = name.partition(".")
        part = inside.split(".")[0]
        if root == "msoko_analysis" and part in LAYERS and part != own:
            assert LAYERS.index(part) < LAYERS.index(own), f"{own} may not import {part}"


def test_the_picture_of_the_layers_is_up_to_date() -> None:
    assert list(layers_picture.layers()) == LAYERS
    page = layers_picture.PAGE.read_text(encoding="utf-8")
    assert page == layers_picture.page(), f"run `{layers_picture.COMMAND}`"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "stats").glob("*.py")), ids=lambda path: path.stem
)
def test_statistics_know_only_arrays(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "scipy"}
    for name in imports(path):
        ours = name.startswith(("msoko_analysis.errors", "msoko_analysis.stats"))
        assert ours or name.split(".")[0] in allowed, f"stats may not import {name}"


# Layers that compute and never tell: words come from params/ or from wording/.
SILENT = (
    *(PACKAGE / "stats").glob("*.py"),
    *(PACKAGE / "rules").glob("*.py"),
    *(PACKAGE / "measures").glob("*.py"),
    PACKAGE / "counts.py",
    PACKAGE / "disclosure.py",
)


@pytest.mark.parametrize("path", sorted(SILENT), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_computes_holds_no_russian(path: Path) -> None:
    """No Cyrillic literal, docstrings apart (those under a constant too)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [
        f"{path.name}:{node.lineno}: {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
        and re.search("[а-яё]", node.value, re.IGNORECASE)
    ]  # fmt: skip
    assert found == []


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


def test_a_test_that_a_text_names_is_there() -> None:
    """Notes, limits and records send a reader to tests: a move must not leave him before nothing."""
    texts = [
        path
        for folder in ("msoko_analysis", "params", "docs", "notebooks")
        for path in sorted((PROJECT / folder).rglob("*"))
        if path.suffix in (".py", ".yaml", ".md", ".css", ".j2", ".ipynb")
    ] + sorted(PROJECT.glob("*.md"))
    told = {
        (path.name, name)
        for path in texts
        for name in re.findall(r"\btests/[\w/]+\.(?:py|yaml)", path.read_text(encoding="utf-8"))
    }
    assert len(told) > 10
    assert [one for one in sorted(told) if not (PROJECT / one[1]).is_file()] == []
