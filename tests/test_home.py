"""The package travels: a wheel has all that a checkout has, and works where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

SHIPPED = ("params", "notebooks", "data/demo")


@pytest.fixture(scope="module")
def installed(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked as an installer does it."""
    place = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(project)).build(directory=str(place), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "site")
    return place / "site"


def test_the_wheel_carries_what_stands_beside_the_package(project: Path, installed: Path) -> None:
    listed = subprocess.run(
        ["git", "-C", str(project), "ls-files", "-z", *SHIPPED], capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("no git repository: the files of the project are not known")
    names = listed.stdout.strip("\0").split("\0")
    assert len(names) > 40
    for name in names:
        packed = installed / "msoko_analysis/shipped" / name
        assert packed.read_bytes() == (project / name).read_bytes(), name


def run(installed: Path, here: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python with the unpacked wheel before everything else, started in ``here``."""
    known = {name: value for name, value in os.environ.items() if name != "MSOKO_WORK"}
    return subprocess.run(
        [sys.executable, *words], cwd=here, capture_output=True, text=True, check=False,
        env=known | {"PYTHONPATH": str(installed)},
    )  # fmt: skip


def test_without_a_checkout_one_works_where_one_stands(installed: Path, tmp_path: Path) -> None:
    code = """
from msoko_analysis import load_run
from msoko_analysis.home import SHIPPED, WORK
from msoko_analysis.params.run import DEMO_RUN
from msoko_analysis.publish.runner import REPORTS
print(SHIPPED, WORK, load_run(DEMO_RUN).data, REPORTS, sep="|")
"""
    told = run(installed, tmp_path, "-c", code)
    assert told.returncode == 0, told.stderr
    here = tmp_path.resolve()
    assert told.stdout.strip().split("|") == [
        str(installed / "msoko_analysis/shipped"), str(here), str(here / "data/derived/demo"),
        str(here / "reports"),
    ]  # fmt: skip


@pytest.mark.slow
def test_the_demo_of_a_wheel_says_what_that_of_a_checkout_says(
    installed: Path, demo_documents: Path, tmp_path: Path
) -> None:
    made = run(installed, tmp_path, "-c", "from msoko_analysis.cli import main; main()", "demo")
    assert made.returncode == 0, made.stdout + made.stderr
    note = Path("2026/M02")
    for name in ("findings.json", "claims.json"):
        ours = (demo_documents / note / name).read_bytes()
        assert (tmp_path / "reports" / note / name).read_bytes() == ours
