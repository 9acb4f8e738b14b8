"""The public face: the names a user imports, and nothing that costs before it is asked for."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import msoko_analysis

# A new public name is a decision: it is kept as it is and told in the changelog when it changes.
NAMES = [
    *("IngestReport", "MsokoError", "RunParams"),
    *("build_letter", "build_monitoring_note", "build_note", "build_order", "build_overview"),
    "build_roadmap",
    *("load_run", "open_explorer", "open_region", "read_files"),
    *("rules", "run_notes", "stats", "try_signs"),
]


def test_the_names_are_these() -> None:
    assert msoko_analysis.__all__ == NAMES
    assert dir(msoko_analysis) == sorted([*NAMES, "__version__"])


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_imported_and_says_what_it_is(name: str) -> None:
    assert getattr(msoko_analysis, name).__doc__


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(msoko_analysis.__file__).read_text(encoding="utf-8"))
    told = [
        alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for line in block.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    ]
    assert sorted(told) == NAMES


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, msoko_analysis; print(sum(m.startswith(('numpy', 'pandas')) for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_an_estimator_is_reached_by_its_module() -> None:
    assert msoko_analysis.stats.wilson.share.__module__ == "msoko_analysis.stats.wilson"


@pytest.mark.parametrize("layer", [msoko_analysis.stats, msoko_analysis.rules])
def test_a_module_that_is_not_there_is_no_attribute_but_a_missing_library_is_named(
    layer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AttributeError, match="no attribute 'ranking'"):
        _ = layer.ranking

    def without_scipy(name: str) -> ModuleType:
        raise ModuleNotFoundError(name="scipy")

    monkeypatch.setattr(importlib, "import_module", without_scipy)
    with pytest.raises(ModuleNotFoundError) as error:
        _ = layer.ranking
    assert error.value.name == "scipy"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ranking'"):
        _ = msoko_analysis.ranking  # type: ignore[attr-defined]
