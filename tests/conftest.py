"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings
from once import made_once

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msoko_analysis.documents.note import Note
    from msoko_analysis.params.run import RunParams, Thresholds

# Each test process counts on one core: two of them fill the machine, more threads only get in the way.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(name, "1")

# The same examples everywhere and no limit of time: a busy machine fails no property. New examples:
# pytest --hypothesis-profile default
settings.register_profile(
    "anywhere", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("anywhere")

PROJECT = Path(__file__).resolve().parents[1]

#: Plays Windows in processes of its own: imported here it would change this one.
collect_ignore = ["support/windows_like"]

#: Tests of the layers whose lines are counted (pyproject.toml), and the doctests of these layers. Others
#: run through the layers too, but prove no line of them, and counting takes them half as long again.
_PROVE_LINES = (
    *("tests/stats", "tests/rules", "tests/findings", "tests/measures", "tests/calibration"),
    *(
        "tests/monitoring/test_mechanisms.py",
        "tests/test_disclosure.py",
        "tests/test_public_face.py",
    ),
    *("tests/documents/test_recommendations.py", "msoko_analysis/stats", "msoko_analysis/rules"),
    *("msoko_analysis/findings", "msoko_analysis/disclosure.py"),
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Lines are counted where a test can prove them."""
    counting = Coverage.current()
    if counting is None or item.nodeid.startswith(_PROVE_LINES):
        return (yield)
    counting.stop()
    try:
        return (yield)
    finally:
        counting.start()


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def thresholds(project: Path) -> Thresholds:
    """The limits of the project, as the run of the demo takes them."""
    from msoko_analysis.params.run import load_run

    return load_run(project / "params/runs/demo.yaml").thresholds


@pytest.fixture(scope="session")
def demo_data(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo region, read once by the real ``ingest``."""

    def make(folder: Path) -> Path:
        from msoko_analysis.ingest import read_files
        from msoko_analysis.monitoring.demo import MEASURES_FILE
        from msoko_analysis.synthetic.demo import TABLES

        files = [project / "data/demo" / name for name in (*TABLES, MEASURES_FILE)]
        read_files(files, folder / "demo")
        return folder / "demo"

    return made_once(tmp_path_factory, "demo_data", make)


@pytest.fixture(scope="session")
def demo_notes(
    project: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], Note]:
    """All six notes of the demo by district and year."""

    def make(folder: Path) -> dict[tuple[str, int], Note]:
        from msoko_analysis.documents.note import build_note

        run = str(project / "params/runs/demo.yaml")
        return {
            (district, year): build_note(run, district=district, year=year, data=str(demo_data))
            for year in (2025, 2026)
            for district in ("M01", "M02", "M03")
        }

    return made_once(tmp_path_factory, "demo_notes", make)


@pytest.fixture(scope="session")
def demo_blocks(
    demo_notes: dict[tuple[str, int], Note], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], dict[str, str]]:
    """HTML of every block of the six notes, drawn once."""

    def make(folder: Path) -> dict[tuple[str, int], dict[str, str]]:
        from reading import blocks

        return {which: blocks(note) for which, note in demo_notes.items()}

    return made_once(tmp_path_factory, "demo_blocks", make)


@pytest.fixture(scope="session")
def demo_documents(
    project: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Reports of M02, 2026: a document of every kind, of school S024 its letter, as a run makes them."""

    def make(folder: Path) -> Path:
        from msoko_analysis.documents import kinds as documents
        from msoko_analysis.publish.runner import run_notes

        known = documents.schools_with_results

        def one_school(run: RunParams) -> dict:
            return {(2026, "M02"): {"S024": known(run)[2026, "M02"]["S024"]}}

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(documents, "schools_with_results", one_school)
            made = run_notes(
                project / "params/runs/demo.yaml", data=demo_data, kinds=list(documents.KINDS),
                districts=["M02"], years=[2026], jobs=2, reports=folder,
            )  # fmt: skip
        assert made.exit_code == 0, made.text()
        return folder

    return made_once(tmp_path_factory, "demo_documents", make)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data and references that stand beside the project for developers and CI, not for users."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have the shared folder beside the checkout")
        pytest.skip("the shared folder with real data does not stand beside the project")
    return folder
