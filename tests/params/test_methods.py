"""Every number of the measures comes from a method with a version, and a manifest keeps it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from msoko_analysis.errors import ParamsError
from msoko_analysis.measures.prepare import load
from msoko_analysis.params.methods import (
    FILE,
    load_methods,
    method_text,
    method_versions,
    methods_of,
    steps_of,
)
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
    assert _dead(said, project) == []


def _dead(said: set[str], project: Path) -> list[str]:
    """Steps and words of the file that neither the demo nor the code of measures and findings say."""
    package = project / "msoko_analysis"
    files = [*(package / "measures").glob("*.py"), *(package / "findings").glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    literals = {word for text in re.findall(r'"([^"\n]*)"', code) for word in text.split("+")}
    steps = {step for one in said for step in steps_of(one)}
    used = literals | {step.code for step in steps} | {a for step in steps for a in step.arguments}
    known = load_methods()
    codes = [*known.remarks, *known.words, *(code for one in known.methods for code in one.steps)]
    return [code for code in codes if code not in used]


def test_a_method_reads_as_it_always_did():
    """The words of the versions before methods were codes."""
    assert method_text("gini_between+scale_caveat+jackknife+same_papers") == (
        "индекс Джини средних школ; зависит от трудности работы: сравнивать школы одной работы, не "
        "работы и не годы; интервал складным ножом по школам; изменение к прошлому году по работам с "
        "той же шкалой; другие участники"
    )
    assert method_text("level(school_type,settlement_size,pupils)") == (
        "воронка с избыточным разбросом; условия: вид школы, население места, число учеников"
    )
    assert method_text("spike+reference(outside)+downweighted+reference(smooth)") == (
        "наклонённый эталон, критерий счёта, седловая точка; эталон — регион без своего "
        "муниципалитета, школы с признаком учтены с малым весом; эталон — гладкая кривая по остальным "
        "школам"
    )
    assert method_text("two_rates+years(2024,2025)") == (
        "бета-биномиальная модель двух групп; годы: 2024, 2025"
    )


@pytest.mark.parametrize("cell", ["", "spike+", "магия", "spike(", "spike+reference[outside]"])
def test_an_unknown_method_is_refused(cell: str):
    with pytest.raises(ParamsError, match=re.escape("нет в params/methods.yaml")):
        steps_of(cell)


def test_names_and_steps_are_unique(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = [one.name for one in load_methods().methods]
    assert len(set(names)) == len(names)
    file = tmp_path / "methods.yaml"
    twice = FILE.read_text(encoding="utf-8").replace("      wilson: доля", "      sums: доля")
    file.write_text(twice, encoding="utf-8")
    monkeypatch.setattr("msoko_analysis.params.methods.FILE", file)
    with pytest.raises(ParamsError, match="шаг «sums» уже есть выше"):
        load_methods.__wrapped__()


def test_a_manifest_keeps_versions_and_another_version_is_named(demo_documents: Path):
    manifest = json.loads((demo_documents / "2026/M02/manifest.json").read_text(encoding="utf-8"))
    assert manifest["methods"] == method_versions()
    manifest["dirty"] = False  # whatever the checkout this runs in
    newer = json.loads(json.dumps(manifest))
    newer["methods"]["spike"] |= {"version": 2, "changed": "малые школы учитываются иначе"}
    (root,) = differences(manifest, newer)
    assert "метода «скопление работ у границы отметки»" in root.text
    assert "1 → 2" in root.text
    assert "малые школы учитываются иначе" in root.text
