"""A killed ingest costs nobody's data and leaves nothing the next one does not clear."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import pipeline, read_files, store

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and modes of POSIX")
START = """
import os, signal, sys
from pathlib import Path
from msoko_analysis import folders
from msoko_analysis.ingest import read_files, store
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
where, file, out = sys.argv[1:]
if where == "fill":
    store._write_rejected = die
elif where == "after the exchange":
    folders.shutil.rmtree = lambda path, **_: die() if Path(path, "origin.json").exists() else None
else:
    folders._exchanged = lambda *_: False
    move = Path.rename
    Path.rename = lambda self, to: die() if ".new" in self.name else move(self, to)
read_files([file], out, replace=True)
"""


def sources(out: Path) -> list[str]:
    return [card["source"] for card in json.loads((out / "origin.json").read_text("utf-8"))]


@needs_posix
@pytest.mark.parametrize("where", ["fill", "after the exchange", "between two moves"])
def test_a_kill_at_any_step_leaves_old_data_or_new(
    where: str, write_csv: Callable[..., Path], tmp_path: Path
) -> None:
    out, new = tmp_path / "derived" / "x", write_csv(name="new.csv")
    read_files([write_csv(name="old.csv")], out)
    run = [sys.executable, "-c", START, where, str(new), str(out)]
    assert subprocess.run(run, check=False).returncode == -signal.SIGKILL
    assert len(list(out.parent.iterdir())) > 1, "the kill came in the middle"
    with pytest.raises(DataError, match="уже есть"):  # the next one clears, and data are there
        read_files([new], out)
    assert [folder.name for folder in out.parent.iterdir()] == [out.name]
    if where == "after the exchange" and sys.platform.startswith("linux"):
        assert sources(out) == ["new.csv"]
    else:
        assert sources(out) == ["old.csv"]


@pytest.mark.parametrize("replace", [False, True])
def test_of_two_into_one_folder_one_wins_and_the_other_says_so(
    replace: bool,
    write_csv: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, first, second = tmp_path / "x", write_csv(name="a.csv"), write_csv(name="b.csv")
    if replace:
        read_files([write_csv(name="old.csv")], out)
    fill = pipeline.fill_folder

    def meanwhile(*arguments: object) -> None:
        monkeypatch.setattr(pipeline, "fill_folder", fill)
        monkeypatch.setattr(
            store, "sibling", lambda out, kind: out.parent / f".{out.name}.1.{kind}"
        )
        read_files([second], out, replace=replace)
        fill(*arguments)

    monkeypatch.setattr(pipeline, "fill_folder", meanwhile)
    with pytest.raises(DataError, match="за время загрузки записал другой запуск"):
        read_files([first], out, replace=replace)
    assert sources(out) == ["b.csv"]
    assert not [folder for folder in tmp_path.iterdir() if folder.name.startswith(".")]


def test_the_fingerprint_is_of_the_bytes_that_were_read(
    write_csv: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_csv()
    read_files([path], tmp_path / "x")
    (card,) = json.loads((tmp_path / "x" / "origin.json").read_text("utf-8"))
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["bytes"] == path.stat().st_size
    opened = pipeline.open_sheets

    def changed_meanwhile(file: Path, *rest: object) -> object:
        sheets = opened(file, *rest)
        file.write_text("\n".join([HEADER, *ROWS[:2]]), encoding="utf-8")
        return sheets

    monkeypatch.setattr(pipeline, "open_sheets", changed_meanwhile)
    with pytest.raises(DataError, match="изменился, пока его читали"):
        read_files([path], tmp_path / "y")
    assert not (tmp_path / "y").exists()


@needs_posix
def test_only_the_owner_may_open_the_data(write_csv: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "x"
    read_files([write_csv([HEADER, *ROWS, ROWS[0]])], out)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (out, *out.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other disks refuse such names")
def test_a_name_of_a_file_that_is_no_text_is_told(
    write_csv: Callable[..., Path], tmp_path: Path
) -> None:
    write_csv().rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xd0\xff.csv"))
    with pytest.raises(DataError, match="не в UTF-8") as caught:
        read_files([tmp_path], tmp_path / "x")
    str(caught.value).encode()
