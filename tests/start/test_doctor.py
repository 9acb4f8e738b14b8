"""What the computer lacks is told with its cure; what Windows does otherwise is simulated on Linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from msoko_analysis.publish.pdf import find_browser
from msoko_analysis.start.doctor import Finding, examine


def by_title(work: Path) -> dict[str, Finding]:
    """What is found in a work folder, by title."""
    return {one.title: one for one in examine(work)}


def test_a_sound_computer_needs_nothing(tmp_path: Path) -> None:
    assert not [one for one in examine(tmp_path) if one.cure and one.needed]


def test_every_lack_has_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=3e8))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=7e8))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    found = by_title(tmp_path / "ещё нет")
    lacking = {title for title, one in found.items() if one.cure and one.needed}
    assert lacking == {"Место на диске", "Свободная память", "Рабочая папка"}
    assert found["Место на диске"].text.startswith("НЕТ  Место на диске: 0,3 ГБ")
    assert not found["Браузер для PDF"].needed
    assert "Edge" in found["Браузер для PDF"].cure


def test_what_a_killed_run_left_is_told_and_what_a_living_one_does_is_not(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for pid in (ended.pid, os.getpid()):
        (tmp_path / f"data/derived/.мои.{pid}.new").mkdir(parents=True)
    (tmp_path / "data/derived/мои").mkdir()
    assert (
        by_title(tmp_path)["Остатки прерванной работы"].seen == f"data/derived/.мои.{ended.pid}.new"
    )


def test_edge_is_found_where_windows_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    edge = tmp_path / "Microsoft/Edge/Application/msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    monkeypatch.setenv("ProgramFiles(x86)", str(tmp_path))
    assert find_browser() == str(edge)


def test_redirected_output_is_utf_8_whatever_the_code_page() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from msoko_analysis.cli import main; main()", "notes", "нет\u202fтакого"],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "cp1251"},
    )  # fmt: skip
    assert told.returncode == 2
    assert "нет\u202fтакого" in told.stderr.decode("utf-8")
