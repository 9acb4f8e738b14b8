"""A YAML file that is a bomb, or not what it looks like, is one fault with its line, at once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from msoko_analysis.errors import Problem
from msoko_analysis.params.schema import Document, read_yaml


def read(folder: Path, text: str) -> tuple[Document | None, list[Problem]]:
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    started = time.process_time()
    document = read_yaml(path, problems)
    assert time.process_time() - started < 5
    return document, problems


def bomb(levels: int, width: int) -> str:
    """Each line is ``width`` aliases of the line before: width ** levels values."""
    lines = ["a0: &a0 [1]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (bomb(12, 9), 6, "значений больше"),
        ("a: 1\nb: " + "[" * 5000 + "]" * 5000, 2, "вложено глубже"),
        ("k:\n" + "\n".join(" " * n + f"k{n}:" for n in range(1, 60)), 30, "вложено глубже"),
        ("a: 1\nb: &b [1, *b]", 2, "ссылка на то, чего выше нет"),
        ("a: &a\n  b: 1\n  c: *a", 3, "ссылка на то, чего выше нет"),
        ("a: *nothing", 1, "ссылка на то, чего выше нет"),
        ("a: 1\nb: !!timestamp слово", 2, "не то, чем помечено"),
        ("a: 1\nb: 2026-13-45", 2, "не то, чем помечено"),
        ("a: [1,\n  !!int слово]", 2, "не то, чем помечено"),
        ("a: 1\nb: !!float слово", 2, "не то, чем помечено"),
        ("a: 1\nb: !!binary я", 2, "не YAML"),
        ("a: 1\nb: !!python/object/apply:os.system [true]", 2, "не YAML"),
        ("a: 1\n? {b: 1}\n: 2", 2, "не YAML"),
        ("a: 1\n--- \nb: 2", 2, "не YAML"),
    ],
)
def test_a_fault_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    document, problems = read(tmp_path, text)
    assert document is None
    assert [problem.row for problem in problems] == [line], problems
    assert said in problems[0].rule


def test_a_few_aliases_are_fine(tmp_path: Path) -> None:
    document, problems = read(tmp_path, "a: &a {x: [1, 2]}\nb: *a\nc: [*a, *a]\nd: 2026-01-31")
    assert not problems
    assert document is not None
    assert document.data["c"] == [{"x": [1, 2]}] * 2


def test_control_characters_and_size(tmp_path: Path) -> None:
    assert "не YAML" in read(tmp_path, "a: \x01")[1][0].rule
    assert "слишком велик" in read(tmp_path, "#" * 6_000_000)[1][0].rule


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.yaml")
    problems: list[Problem] = []
    assert read_yaml(tmp_path / "run.yaml", problems) is None
    assert "канал" in problems[0].rule
