"""The same inputs give the same bytes wherever and however documents are made; a reviewer's run agrees."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from msoko_analysis.publish import runner
from msoko_analysis.publish.runner import run_notes

RUN = "params/runs/demo.yaml"
MSOKO = "from msoko_analysis.cli import main; main()"
KINDS = ("overview", "monitoring")  # the quickest to make; notes and letters in the slow test
# Times of a run stand in these and nowhere else.
TIMED = {"manifest.json", "ro-crate-metadata.json"}


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of every file of the documents below a folder, by name."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if path.name not in TIMED and not path.name.startswith(".")
    }


def test_cold_kernels_one_by_one_elsewhere_give_the_same_bytes(
    project: Path,
    demo_data: Path,
    demo_documents: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """As when documents of all kinds are made two at a time by forked kernels."""
    monkeypatch.setattr(runner, "kernel_template", nullcontext)
    elsewhere = tmp_path / "deeper" / "отчёты"
    summary = run_notes(
        project / RUN, data=demo_data, kinds=KINDS, districts=["M02"], years=[2026], jobs=1, reports=elsewhere
    )  # fmt: skip
    assert summary.exit_code == 0, summary.text()
    suffixes = {path.suffix for path in elsewhere.rglob("*")}
    assert suffixes >= {".html", ".ipynb", ".docx", ".csv", ".xlsx", ".png", ".json"}
    for kind in KINDS:
        one, two = (contents(place / "2026" / kind) for place in (demo_documents, elsewhere))
        assert one.keys() == two.keys()
        assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="needs to bind a process to a core"
)
def test_one_core_another_folder_of_data_and_another_order_give_the_same_bytes(
    project: Path, demo_data: Path, tmp_path: Path
):
    def make(
        place: Path, kinds: tuple[tuple[str, ...], ...], jobs: int, **environment: str
    ) -> None:
        data = place / "demo"
        shutil.copytree(demo_data, data, ignore=shutil.ignore_patterns(".prepared"))
        for kind in kinds:
            names = [word for name in kind for word in ("--kind", name)]
            subprocess.run(
                [sys.executable, "-c", MSOKO, "notes", RUN, "--data", str(data), *names,
                 "--district", "M03", "--year", "2026", "--jobs", str(jobs), "--reports", str(place / "r")],
                cwd=project, env={**os.environ, **environment}, check=True,
                preexec_fn=(lambda: os.sched_setaffinity(0, {0})) if jobs == 1 else None,
            )  # fmt: skip

    make(tmp_path / "a", (("notes", "letters"),), 2, PYTHONHASHSEED="1")
    make(
        tmp_path / "b" / "глубже", (("letters",), ("notes",)), 1,
        OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1", PYTHONHASHSEED="2",
        TZ="Asia/Barnaul", LC_ALL="C",
    )  # fmt: skip
    one, two = (
        contents(tmp_path / "a" / "r" / "2026"),
        contents(tmp_path / "b" / "глубже" / "r" / "2026"),
    )
    assert len(one) > 50
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_the_executed_notebook_gives_its_outputs_again(
    demo_documents: Path, demo_data: Path, tmp_path: Path
):
    place = tmp_path / "region"
    shutil.copytree(demo_documents / "2026" / "overview" / "region", place)
    (place / demo_data.name).symlink_to(
        demo_data
    )  # data of a run stand in the project, these do not
    before = contents(place)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(place)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 10
    assert contents(place) == before, "a reviewer's run writes nothing"
