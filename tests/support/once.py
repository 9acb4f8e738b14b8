"""What several test processes need is made by the first that asks; the others wait and read it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import FileLock

Made = TypeVar("Made")


def common_folder(factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of this run of tests, the same for all its processes."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """What ``make`` returned when it was given the empty folder ``name``, by whichever process.

    The result is pickled: nobody may rely on its identity, nor change files in the folder.
    """
    folder = common_folder(factory) / name
    kept = folder.with_suffix(".pickle")
    with FileLock(folder.with_suffix(".lock")):
        if not kept.is_file():
            folder.mkdir()
            kept.write_bytes(pickle.dumps(make(folder)))
    return pickle.loads(kept.read_bytes())
