"""The command line speaks Russian: help, refusals, completion; no word of typer's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from samples import HEADER, ROWS

from msoko_analysis.cli import app, main

# Words that are the same in any language: names of files, programs, keys, examples.
KNOWN = re.compile(
    r"msoko|--?[a-z-]+|[\w./~-]*\.(?:yaml|xlsx|csv|bashrc)|[a-z]+/[\w/]*|Excel|JupyterLab|PDF|Chromium|bash|zsh|fish"
    r"|powershell|pwsh|Tab|CSV|_verify|[A-Z]\d+"
)
ENGLISH = re.compile(
    r"\b(?:usage|options?|arguments?|commands?|error|help|invalid|missing|try|show|such)\b", re.I
)


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command in this process: what it ended with and what it said."""

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["msoko", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return call


def every_command() -> list[tuple[str, ...]]:
    root: Any = typer.main.get_command(app)
    inner = [("template", name) for name in root.commands["template"].commands]
    return [(), *((name,) for name in root.commands), *inner]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_is_russian(words: tuple[str, ...], run: Callable[..., Said]) -> None:
    made = run(*words, "--help")
    assert made.code == 0
    assert made.out.startswith("Вызов: msoko")
    bare = KNOWN.sub("", made.out)
    assert not ENGLISH.search(bare), bare
    assert not re.search("[\u2500-\u257f]", made.out), "no frames that a console may lack"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("notes",), "Не указано: ЗАПУСК — Файл запуска"),
        (("notess",), "Команды notess нет. Похоже на: notes."),
        (("start", "a", "--regoin", "x"), "Ключа --regoin нет. Похоже на: --region."),
        (("notes", "x", "--jobs", "два"), "--jobs: такое значение не подходит, нужно ЧИСЛО."),
        (("start", "мои", "файлы"), "Лишнее: файлы. Путь с пробелами возьмите в кавычки."),
        (("start", "a", "--region"), "--region: после этого ключа нужно значение."),
        (("notes", "x", "--force=1"), "--force: после этого ключа значения не бывает."),
        (("completion", "tcsh"), "Оболочки «tcsh» программа не знает"),
    ],
    ids=" ".join,
)
def test_refusals_are_russian_and_name_the_next_step(
    words: tuple[str, ...], said: str, run: Callable[..., Said]
) -> None:
    made = run(*words)
    assert made.code == 2
    assert said in made.err
    assert not ENGLISH.search(KNOWN.sub("", made.err)), made.err
    assert made.out == ""


def test_without_a_command_the_commands_are_listed(run: Callable[..., Said]) -> None:
    for words in ((), ("template",)):
        made = run(*words)
        assert made.code == 2
        assert "Команды:" in made.err


def test_the_shell_is_told_what_may_follow(run: Callable[..., Said]) -> None:
    script = run("completion", "bash").out
    assert "complete -o default -F _msoko_completion msoko" in script
    asked = {
        "_MSOKO_COMPLETE": "complete_bash",
        "COMP_WORDS": "msoko start --reg",
        "COMP_CWORD": "2",
    }
    made = subprocess.run(
        [sys.executable, "-c", "from msoko_analysis.cli import main; main()"],
        capture_output=True, text=True, check=False, env=os.environ | asked,
    )  # fmt: skip
    assert made.stdout.split() == ["--region"]


def test_each_step_names_the_next(tmp_path: Path, run: Callable[..., Said]) -> None:
    (tmp_path / "t.csv").write_text("\n".join((HEADER, *ROWS)), encoding="utf-8")
    out = tmp_path / "derived"
    told = run("ingest", str(tmp_path / "t.csv"), "--out", str(out)).out
    assert f"Дальше: msoko notes ЗАПУСК --data {out}" in told
    made = run("init", str(tmp_path / "мсоко")).out
    assert "msoko start data/raw" in made
