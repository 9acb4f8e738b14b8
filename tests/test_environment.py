"""pyproject.toml, environment.yml and requirements.lock name the same packages and versions."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PYTHONS = ("3.11.9", "3.12.5", "3.13.1")


@pytest.fixture(scope="module")
def declared(project: Path) -> dict[str, Requirement]:
    """Every dependency of pyproject.toml, extras included."""
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = metadata["optional-dependencies"].values()
    lines = [*metadata["dependencies"], *chain.from_iterable(extras)]
    return {canonicalize_name(item.name): item for item in map(Requirement, lines)}


@pytest.fixture(scope="module")
def conda(project: Path) -> list[str | dict[str, list[str]]]:
    """The dependencies of environment.yml."""
    text = (project / "environment.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["dependencies"]


@pytest.fixture(scope="module")
def locked(project: Path) -> list[str]:
    """The requirements of the lock, one string each with its hashes."""
    text = (project / "requirements.lock").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    return [line for line in joined.splitlines() if line.strip()]


def test_conda_has_the_same_packages_with_the_same_bounds(
    declared: dict[str, Requirement], conda: list
) -> None:
    of_pip = next(item["pip"] for item in conda if isinstance(item, dict))
    names = [item for item in [*conda, *of_pip] if isinstance(item, str)]
    bounds = dict(re.match(r"([\w-]+)(.*)", item).groups() for item in names)
    assert bounds.pop("--editable") == " ."
    assert bounds.pop("python") == ">=3.11"
    assert bounds.pop("pip") == ""
    wanted = {name: item.specifier for name, item in declared.items()}
    assert {name: SpecifierSet(bound) for name, bound in bounds.items()} == wanted


def test_each_locked_version_satisfies_pyproject(
    declared: dict[str, Requirement], locked: list[str]
) -> None:
    pins = [
        re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.+!-]+)(?:\s*;([^-]*?))?\s+--hash", line)
        for line in locked
    ]
    assert all(pins)
    for python in PYTHONS:
        here = {"python_version": python[:4], "python_full_version": python}
        versions = {
            canonicalize_name(pin[1]): pin[2]
            for pin in pins
            if pin[3] is None or Marker(pin[3].strip()).evaluate(here)
        }
        for name, requirement in declared.items():
            assert requirement.specifier.contains(versions[name]), (python, name)


def test_the_lock_names_no_address_and_hashes_everything(locked: list[str]) -> None:
    for line in locked:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line[:60]
        assert "://" not in line
        assert " @ " not in line
        assert not line.startswith("-")
