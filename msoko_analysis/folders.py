"""Folders that appear complete or not at all, whatever stops the process that makes them."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

import psutil

#: ``renameat2(2)`` of Linux: paths are as they stand; the two change places in one step.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def sibling(out: Path, kind: str) -> Path:
    """A hidden folder of this process beside ``out``, on the same disk, so that a rename is one step."""
    return out.parent / f".{out.name}.{os.getpid()}.{kind}"


def replace_folder(new: Path, out: Path) -> None:
    """Put the folder ``new`` in the place of ``out``; on failure ``out`` is what it was.

    Where the system can change two folders in one step there is no moment without ``out``; elsewhere
    the old one stands beside it for that moment, and ``clean_leftovers`` puts it back.
    """
    if not out.exists():
        new.rename(out)
        return
    if _exchanged(new, out):
        shutil.rmtree(new, ignore_errors=True)
        return
    old = sibling(out, "old")
    out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def clean_leftovers(out: Path) -> None:
    """Remove what a killed process left beside ``out``, and put back the old one it had moved.

    Folders of processes that are alive are not touched: another run may be at work.
    """
    for folder in leftovers(out.parent, _literal(out.name)):
        if folder.suffix == ".old" and not out.exists():
            folder.rename(out)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def leftovers(parent: Path, pattern: str = "*") -> list[Path]:
    """Folders that processes no longer alive left in ``parent`` for names of the pattern, sorted."""
    found = []
    for folder in sorted(parent.glob(f".{pattern}.*.*")):
        *_, pid, _kind = folder.name.split(".")
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            found.append(folder)
    return found


def _literal(name: str) -> str:
    """A name as a pattern that fits only itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _exchanged(new: Path, out: Path) -> bool:
    """Whether the two folders changed places; False where the system or the disk can not."""
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None), "renameat2", None)
    if call is None:
        return False
    ends = (_AT_FDCWD, os.fsencode(new), _AT_FDCWD, os.fsencode(out))
    return call(*ends, _RENAME_EXCHANGE) == 0
