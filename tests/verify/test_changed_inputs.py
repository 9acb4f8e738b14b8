"""Changed inputs are found by comparing what two manifests say, and laid at the right door."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_report
from report_changes import kinds, texts
from small_report import DISTRICT, YEAR, SmallReport

from msoko_analysis.home import SHIPPED
from msoko_analysis.params.run import PARAMS, load_run
from msoko_analysis.provenance import manifest as manifest_module
from msoko_analysis.provenance.manifest import describe_note, describe_run
from msoko_analysis.verify.causes import differences


def described(report: SmallReport, run_file: Path | None = None, **load: Any) -> dict[str, Any]:
    """The manifest a document of the small run would have."""
    path = run_file or report.run_file
    shared = describe_run(load_run(path, data=report.data, **load), run_file=path)
    about = {"district": DISTRICT, "year": YEAR}
    told = describe_note(shared, notebook=report.notebook, kind="notes", about=about)
    return json.loads(json.dumps(told))


def replaced(*path: str, by: Any) -> Callable[[dict], None]:
    """Another value at a path of a manifest."""

    def change(manifest: dict) -> None:
        place = manifest
        for name in path[:-1]:
            place = place[name]
        assert path[-1] in place or by is not None
        place[path[-1]] = by

    return change


MANIFESTS = {
    "a score edited": (
        replaced("inputs", "data", "results/year=2026/part-0.parquet", by="0"),
        "data",
        "данные: изменено results/year=2026/part-0.parquet",
    ),
    "a year removed": (
        lambda one: one["inputs"]["data"].pop("results/year=2025/part-0.parquet"),
        "data",
        "данные: нет results/year=2025/part-0.parquet",
    ),
    "a list of medalists added": (
        replaced("inputs", "data", "medalists.parquet", by="0"),
        "data",
        "данные: добавлено medalists.parquet",
    ),
    "a form of monitoring edited": (
        replaced("inputs", "monitoring", "indicators/2026.xlsx", by="0"),
        "monitoring",
        "данные мониторинга: добавлено indicators/2026.xlsx",
    ),
    "a version of a package": (
        replaced("versions", "numpy", by="0.1"),
        "version",
        "версия пакета numpy",
    ),
    "a version of Python": (replaced("versions", "python", by="3.9"), "version", "версия Python"),
    "the code of the program": (
        replaced("inputs", "package", "msoko_analysis/stats/spike.py", by="0"),
        "package",
        "код программы: изменено msoko_analysis/stats/spike.py",
    ),
    "the notebook": (
        replaced("inputs", "notebook", "small.ipynb", by="0"),
        "notebook",
        "тетрадь: изменено small.ipynb",
    ),
    "the lock": (replaced("inputs", "lock", by="0"), "lock", "requirements.lock"),
    "a version of a method": (
        replaced("methods", "spike", by={"version": 9, "title": "скопление", "changed": "точнее"}),
        "method",
        "версия метода «скопление» (spike): 1 → 9, точнее",
    ),
    "a version of a method with its file": (
        lambda one: (
            one["methods"]["spike"].update(version=9, changed="иначе"),
            one["inputs"]["params"].update({"methods.yaml": "0"}),
        ),
        "method",
        "(spike): 1 → 9, иначе",
    ),
}
REMARKS = {
    "a dirty checkout": (replaced("dirty", by=True), "dirty", "незафиксированные изменения"),
    "another commit of the same code": (replaced("commit", by="0" * 40), "commit", "0000000000"),
    "another name of the run file": (
        lambda one: one["inputs"].update(
            run_file={"other.yaml": next(iter(one["inputs"]["run_file"].values()))}
        ),
        "run_file",
        "файл запуска переименован: small.yaml → other.yaml",
    ),
    "a comment in the run file": (
        replaced("inputs", "run_file", "small.yaml", by="0"),
        "run_file",
        "файл запуска small.yaml изменён",
    ),
}


@pytest.mark.parametrize("planted", MANIFESTS)
def test_a_changed_input_is_named(issued: SmallReport, planted: str) -> None:
    change, kind, said = MANIFESTS[planted]
    old = described(issued)
    new = copy.deepcopy(old)
    change(new)
    roots = differences(old, new)
    assert kinds(roots) == {kind}
    assert said in texts(roots)


@pytest.mark.parametrize("planted", REMARKS)
def test_what_can_change_no_result_is_only_remarked(issued: SmallReport, planted: str) -> None:
    change, kind, said = REMARKS[planted]
    old = described(issued) | {"dirty": False, "commit": "a" * 40}
    new = copy.deepcopy(old)
    change(new)
    roots = differences(old, new)
    assert [root.kind for root in roots] == [kind]
    assert kinds(roots) == set()
    assert said in texts(roots)


def scales(folder: Path) -> dict[str, Any]:
    """The demo's scales with another cut, beside the run."""
    text = (PARAMS / "scales" / "demo.csv").read_text(encoding="utf-8")
    head, *rows = text.splitlines()
    names = head.split(",")
    for place, row in enumerate(rows):
        cells = row.split(",")
        if cells[names.index("procedure")] == "VPR" and cells[names.index("subject")] == "MA":
            cells[names.index("min_3")] = str(int(cells[names.index("min_3")]) + 1)
            rows[place] = ",".join(cells)
    (folder / "scales" / "demo.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return {}


def in_params(name: str, old: str, new: str) -> Callable[[Path], dict[str, Any]]:
    """Edit a file of a copy of params/."""

    def change(folder: Path) -> dict[str, Any]:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return {}

    return change


PARAMETERS = {
    "a limit": (
        in_params("thresholds.yaml", "value: 0.10", "value: 0.2"),
        {"threshold"},
        "порог spike_q: 0,1 → 0,2",
    ),
    "a limit for this run alone": (
        lambda _: {"thresholds": {"spike_min_pupils": 5}},
        {"threshold"},
        "порог spike_min_pupils: 3 → 5",
    ),
    "the source of a limit": (
        in_params("thresholds.yaml", "Benjamini, Hochberg, 1995", "BH, 1995"),
        {"params"},
        "параметры, разделы thresholds",
    ),
    "a cut of a scale": (scales, {"scale"}, "шкала 2026-VPR-4-MA"),
    "the name of a municipality": (
        in_params("districts/demo.yaml", "Заречный городской округ", "Заречный округ"),
        {"district"},
        "название муниципалитета M01: Заречный городской округ → Заречный округ",
    ),
    "a case of the name of a municipality": (
        in_params("districts/demo.yaml", "Заречном городском округе", "Заречном ГО"),
        {"params"},
        "параметры, разделы districts",
    ),
    "the wording of a recommendation": (
        in_params("recommendations.yaml", "Выборочно перепроверить", "Перепроверить"),
        {"recommendation"},
        "рекомендация spike_school.municipality.recheck: изменён текст",
    ),
    "a rule of medals": (
        in_params("medal_rules.yaml", "score: 70", "score: 71"),
        {"params"},
        "параметры, разделы medal_rules",
    ),
    "the seed": (lambda _: {"seed": 7}, {"seed"}, "начальное число: 2026 → 7"),
    "the organisation": (
        lambda _: {"organisation": "Другой центр"},
        {"run"},
        "организация в файле запуска: Демонстрационный центр",
    ),
}


@pytest.mark.parametrize("planted", PARAMETERS)
def test_a_changed_parameter_is_named_with_its_values(
    issued: SmallReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    change, expected, said = PARAMETERS[planted]
    old = described(issued)
    folder = Path(shutil.copytree(PARAMS, tmp_path / "params"))
    run_file = small_report.write_run(tmp_path / "small.yaml", **change(folder))
    monkeypatch.setattr(manifest_module, "SHIPPED", tmp_path)
    shutil.copy(SHIPPED / "requirements.lock", tmp_path)
    new = described(issued, run_file, params=folder)
    new["inputs"]["package"] = old["inputs"]["package"]  # a developer may be editing it just now
    roots = differences(old, new)
    assert kinds(roots) == expected
    assert said in texts(roots)
