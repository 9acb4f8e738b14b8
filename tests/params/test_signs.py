"""The register of signs: what is shipped holds together, what is wrong is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from msoko_analysis.errors import ParamsError
from msoko_analysis.params import signs
from msoko_analysis.params.run import load_run
from msoko_analysis.params.signs import load_signs


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The message about the register with one text replaced by another."""

    def told(old: str, new: str) -> str:
        text = signs.FILE.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "signs.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        monkeypatch.setattr(signs, "FILE", path)
        with pytest.raises(ParamsError) as caught:
            load_signs.__wrapped__()
        return str(caught.value)

    return told


def test_every_limit_of_a_sign_is_a_limit_of_the_run(project: Path) -> None:
    limits = load_run(project / "params/runs/demo.yaml").thresholds.entries
    assert {name for one in load_signs().signs for name in one.limits} <= set(limits)


def test_a_family_without_a_sign_that_names_has_no_place() -> None:
    """The correction between families counts every family of the register."""
    assert all(load_signs().naming().values())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("family: marks", "family: mraks", "семейства «mraks» нет"),
        ("method: jump", "method: jmup", "метода «jmup» нет"),
        ("{interval}", "{intreval}", "поля «intreval» нет"),
        ("code: jump", "code: spike", "признак «spike» уже есть выше"),
        ("years: 2", "years: 9", "years"),
        ("names: true", "names: maybe", "names"),
    ],
)
def test_a_fault_is_told_with_its_line(broken, old: str, new: str, words: str) -> None:
    said = broken(old, new)
    assert words in said
    assert "signs.yaml" in said
    assert "строка" in said
