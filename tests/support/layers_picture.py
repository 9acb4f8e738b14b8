"""The picture of the layers, ``docs/layers.md``, from the list and the imports of the package.

    python tests/support/layers_picture.py

Layers and what they are stand in ``tests/test_architecture.py``, arrows are read from the imports; an
arrow that follows from others (a → b → c, so a → c) is not drawn. A test holds the page to the code.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "msoko_analysis"
PAGE = PROJECT / "docs" / "layers.md"
COMMAND = "make layers"


def layers() -> dict[str, str]:
    """The layers, first to last, each with what it is."""
    text = (PROJECT / "tests" / "test_architecture.py").read_text(encoding="utf-8")
    listed = re.search(r"^LAYERS = \[\n(.*?)^\]", text, flags=re.S | re.M)
    assert listed, "LAYERS is a list literal, one line a layer"
    return dict(re.findall(r'^ +"(\w+)",  # (.+)$', listed[1], flags=re.M))


def imported(layer: str) -> set[str]:
    """The other layers whose modules the files of a layer import."""
    found = set()
    for path in (PACKAGE / f"{layer}.py", *(PACKAGE / layer).rglob("*.py")):
        if path.is_file():
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [f"{node.module}.{alias.name}" for alias in node.names]
                elif isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                else:
                    continue
                found |= {
                    name.split(".")[1] for name in names if name.startswith("msoko_analysis.")
                }
    return (found & set(layers())) - {layer}


def drawn(uses: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows without those that follow from others; layers come in their order."""
    reached: dict[str, set[str]] = {}
    for layer, used in uses.items():
        reached[layer] = used.union(*(reached[one] for one in used))
    return {
        layer: used - set().union(*(reached[one] for one in used)) for layer, used in uses.items()
    }


def page() -> str:
    """The page as Markdown with a Mermaid picture."""
    told = layers()
    uses = {layer: imported(layer) for layer in told}
    arrows = [
        f"    {one} --> {layer}"
        for layer, used in drawn(uses).items()
        for one in sorted(used, key=list(told).index)
    ]
    return "\n".join([
        "# Layers",
        "",
        f"Made by `{COMMAND}` from `tests/test_architecture.py` and the imports of the package; a test"
        " holds it to them.",
        "An arrow leads from a layer to one that imports it; those that follow from others are not"
        " drawn.",
        "",
        "```mermaid",
        "flowchart TD",
        *arrows,
        "```",
        "",
        "| layer | what it is |",
        "|---|---|",
        *(f"| `{layer}` | {what} |" for layer, what in told.items()),
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    drawn_from = [len(imported(layer)) for layer in layers()]
    print(f"{PAGE.relative_to(PROJECT)}: {len(drawn_from)} layers, {sum(drawn_from)} arrows")
