"""Every number of the measures comes from a method with a version, and a manifest keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from msoko_analysis.measures.prepare import load
from msoko_analysis.params.methods import load_methods, method_versions, methods_of
from msoko_analysis.params.run import load_run
from msoko_analysis.verify.causes import differences


def test_every_measure_and_finding_has_a_versioned_method(
    project: Path, demo_data: Path, demo_notes
):
    prepared = load(load_run(project / "params/runs/demo.yaml", data=demo_data))
    said = set(prepared.measures["method"])
    for note in demo_notes.values():
        said |= {one.method for one in note.facts.findings}
    assert len(said) > 50
    assert [one for one in sorted(said) if not methods_of(one)] == []


@pytest.mark.parametrize("method", load_methods(), ids=lambda one: one.name)
def test_a_method_is_one_that_the_package_says(method, project: Path):
    package = project / "msoko_analysis"
    files = [*(package / "measures").glob("*.py"), *(package / "findings").glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [words for words in method.says if not _said(words, code)] == []


def _said(words: str, code: str) -> bool:
    """Words of a model stand in the parameters, after the package's own."""
    return words in code or words == "доля различий между школами"


def test_names_are_unique():
    names = [one.name for one in load_methods()]
    assert len(set(names)) == len(names)


def test_a_manifest_keeps_versions_and_another_version_is_named(demo_report: Path):
    manifest = json.loads((demo_report / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["methods"] == method_versions()
    manifest["dirty"] = False  # whatever the checkout this runs in
    newer = json.loads(json.dumps(manifest))
    newer["methods"]["spike"] |= {"version": 2, "changed": "малые школы учитываются иначе"}
    (root,) = differences(manifest, newer)
    assert "метода «скопление работ у границы отметки»" in root.text
    assert "1 → 2" in root.text
    assert "малые школы учитываются иначе" in root.text
