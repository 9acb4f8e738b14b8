"""A whole run where Windows differs, played on Linux: the same bytes come out as without the play."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from msoko_analysis.params.run import PARAMS, load_run

PLAY = Path(__file__).parents[1] / "support" / "windows_like"
# Times, and the hashes of files that hold times.
NEVER_EQUAL = {"manifest.json", "ro-crate-metadata.json"}


def made(here: Path, windows: bool) -> dict[str, bytes]:
    """A work folder, a table in it, ``start``: every file of the reports and of the run."""
    work = here / "Мои справки"
    known = {name: value for name, value in os.environ.items() if name != "MSOKO_WORK"}
    if windows:
        known |= {"PYTHONPATH": str(PLAY), "PYTHONIOENCODING": "cp1251"}
        known |= {"PYTHONWARNDEFAULTENCODING": "1"}
    for words in (("init", str(work)), ("start", "data/raw", "--region", "Алтайский край")):
        done = subprocess.run(
            [sys.executable, "-c", "from msoko_analysis.cli import main; main()", *words],
            cwd=work if work.is_dir() else here, env=known, capture_output=True, check=False,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8")
        assert done.returncode == 0, said
        if words[0] == "init":
            table(work / "data/raw/РЕЗУЛЬТАТЫ 2021.csv")
    assert "готово: Луговой район, 2021 год" in said
    files = [
        *sorted((work / "reports").rglob("*")), *sorted((work / "params").rglob("*")),
        *sorted((work / "data/derived").rglob("*")),
    ]  # fmt: skip
    names = [path.relative_to(work).as_posix() for path in files]
    assert len({name.casefold() for name in names}) == len(names), "a disk blind to case has both"
    return {
        name: path.read_bytes()
        for name, path in zip(names, files, strict=True)
        if path.is_file() and path.name not in NEVER_EQUAL
    }


def table(file: Path) -> None:
    lines = ["year;procedure;grade;subject;municipality;school;pupil;total"]
    for place, school in (("Луговой район", "А"), ("Луговой район", "Б"), ("г. Заречный", "В")):
        lines += [f"2021;ВПР;4;МА;{place};{school};{n};{5 + n % 15}" for n in range(40)]
    file.write_bytes("\r\n".join(lines).encode("cp1251"))


def test_the_same_bytes_come_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    usual, played = made(tmp_path / "a", windows=False), made(tmp_path / "b", windows=True)
    assert usual.keys() == played.keys()
    apart = [name for name in usual if usual[name] != played[name]]
    assert apart == []
    assert any(name.endswith("note.html") for name in usual)


def test_parameters_say_the_same_where_a_checkout_has_other_ends_of_lines(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(PARAMS, tmp_path / "params"))
    for file in copy.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    run = copy / "runs/demo.yaml"
    assert load_run(run, params=copy) == load_run(PARAMS / "runs/demo.yaml")
    kept = (PARAMS.parent / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in kept, "and a checkout keeps them: hashes are of bytes"


@pytest.mark.parametrize("code", ["import os; os.kill(os.getpid(), 0)", "open('x').read()"])
def test_the_play_strikes(code: str, tmp_path: Path) -> None:
    (tmp_path / "msoko_analysis_like.py").write_text(code, encoding="utf-8")
    (tmp_path / "x").write_text("", encoding="utf-8")
    known = os.environ | {
        "PYTHONPATH": f"{PLAY}{os.pathsep}{tmp_path}",
        "PYTHONWARNDEFAULTENCODING": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import msoko_analysis_like"],
        env=known, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
