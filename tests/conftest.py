"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from msoko_analysis.documents.note import Note

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def demo_data(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo region, read once by the real ``ingest``."""
    from msoko_analysis.ingest import read_files
    from msoko_analysis.monitoring.demo import MEASURES_FILE
    from msoko_analysis.synthetic.demo import TABLES

    out = tmp_path_factory.mktemp("derived") / "demo"
    read_files([project / "data/demo" / name for name in (*TABLES, MEASURES_FILE)], out)
    return out


@pytest.fixture(scope="session")
def demo_notes(project: Path, demo_data: Path) -> dict[tuple[str, int], Note]:
    """All six notes of the demo by district and year."""
    from msoko_analysis.documents.note import build_note

    run = str(project / "params/runs/demo.yaml")
    return {
        (district, year): build_note(run, district=district, year=year, data=str(demo_data))
        for year in (2025, 2026)
        for district in ("M01", "M02", "M03")
    }


@pytest.fixture(scope="session")
def demo_blocks(demo_notes: dict[tuple[str, int], Note]) -> dict[tuple[str, int], dict[str, str]]:
    """HTML of every block of the six notes, drawn once."""
    from reading import blocks

    return {which: blocks(note) for which, note in demo_notes.items()}


@pytest.fixture(scope="session")
def demo_report(project: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished note of M01, 2026, made as a run makes it."""
    from msoko_analysis.publish.runner import run_notes

    reports = tmp_path_factory.mktemp("reports")
    run = project / "params/runs/demo.yaml"
    summary = run_notes(run, data=demo_data, districts=["M01"], years=[2026], reports=reports)
    assert summary.exit_code == 0, summary.text()
    return reports / "2026" / "M01"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data and references that stand beside the project for developers and CI, not for users."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have the shared folder beside the checkout")
        pytest.skip("the shared folder with real data does not stand beside the project")
    return folder
