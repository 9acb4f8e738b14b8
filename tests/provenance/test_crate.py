"""The crate of a document: read by another reader, true to the folder and the manifest, same bytes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from msoko_analysis.provenance.crate import CRATE, PROFILE, write_crate
from msoko_analysis.provenance.manifest import NAME, write_manifest
from msoko_analysis.verify.check import check_document

MANIFEST = {
    "title": "Район, 2026 год",
    "kind": "notes",
    "year": 2026,
    "district": "M01",
    "organisation": "Центр",
    "inputs": {
        "data": {"results/year=2026/часть 1.parquet": "1" * 64},
        "params": {"thresholds.yaml": "2" * 64},
        "notebook": {"note.ipynb": "3" * 64},
        "package": {"msoko_analysis/cli.py": "4" * 64},
    },
    "versions": {"python": "3.11.2"},
    "commit": "5" * 40,
    "started": "2026-11-22T08:00:00+00:00",
    "finished": "2026-11-22T08:00:05+00:00",
    "status": "made",
}
TABLE = "tables/школа 1.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document as the runner leaves it."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "note.html").write_text("страница", encoding="utf-8")
    (tmp_path / TABLE).write_text("1;2", encoding="utf-8")
    write_crate(tmp_path, MANIFEST)
    write_manifest(tmp_path, MANIFEST)
    return tmp_path


def test_the_run_names_what_went_in_and_what_came_out(folder: Path) -> None:
    crate = ROCrate(folder)
    run = crate.get("#run")
    assert run.type == "CreateAction"
    assert (run["startTime"], run["endTime"]) == (MANIFEST["started"], MANIFEST["finished"])
    assert {one.id for one in run["instrument"]} == {"#notebook/note.ipynb", "#msoko_analysis"}
    objects = {one["name"]: one for one in run["object"]}
    assert objects["results/year=2026/часть 1.parquet"]["sha256"] == "1" * 64
    assert objects["thresholds.yaml"]["sha256"] == "2" * 64
    assert (objects["year"].type, objects["year"]["value"]) == ("PropertyValue", 2026)
    assert run["agent"]["name"] == "Центр"
    results = {one["name"]: one["sha256"] for one in run["result"]}
    assert results == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("note.html", TABLE)
    }


def test_the_root_follows_the_profile(folder: Path) -> None:
    crate = ROCrate(folder)
    assert crate.root_dataset["conformsTo"].id == PROFILE
    assert crate.root_dataset["datePublished"] == MANIFEST["finished"]
    assert crate.root_dataset["mentions"].id == "#run"
    assert {part["name"] for part in crate.root_dataset["hasPart"]} == {"note.html", TABLE, NAME}
    said = [problem.rule for problem in check_document(folder, folder)]
    assert not [rule for rule in said if "RO-Crate" in rule]


def test_the_same_folder_gives_the_same_bytes(folder: Path) -> None:
    before = (folder / CRATE).read_bytes()
    for name in (CRATE, NAME):
        (folder / name).unlink()
    write_crate(folder, MANIFEST)
    assert (folder / CRATE).read_bytes() == before
    assert all("@id" in one for one in json.loads(before)["@graph"])
