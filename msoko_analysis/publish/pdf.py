"""A page as PDF on request, printed by the Chromium of the machine: A4, page numbers by the style sheet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from msoko_analysis.errors import RenderError
from msoko_analysis.provenance.manifest import PRINTS, file_hash

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
#: Where Windows keeps Edge and Chrome, which are not among its commands.
_INSTALLED = ("Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe")
_PROGRAMS = ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
_SECONDS = 180


def find_browser() -> str:
    """The Chromium, Chrome or Edge of the machine; RenderError with what to do when there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    for variable in _PROGRAMS:
        for name in _INSTALLED:
            if (
                found := Path(os.environ.get(variable, "")) / name
            ).is_absolute() and found.exists():
                return str(found)
    raise RenderError(
        "PDF не сделан: на компьютере не найден Chromium, Chrome или Edge (искали "
        f"{', '.join(BROWSERS)}). Установите его и повторите команду или откройте note.html в любом "
        "браузере и напечатайте в PDF. Остальное сделано"
    )


def print_pages(pages: Sequence[Path], limit: int) -> str:
    """Print what has no PDF yet, ``limit`` at a time; why some could not be printed, "" if all were.

    A document's folder that is made anew loses its PDF, so one that is there is of the page beside it.

    >>> print_pages([], 2)
    ''
    """
    missing = [page for page in pages if not page.with_suffix(".pdf").exists()]
    try:
        browser = find_browser() if missing else ""
        with ThreadPoolExecutor(limit) as pool:
            for _ in pool.map(lambda page: print_page(page, browser), missing):
                pass
    except RenderError as problem:
        return str(problem)
    return ""


def print_page(page: Path, browser: str) -> Path:
    """Print ``page`` to a .pdf beside it, in one step, and return its path.

    Chromium writes the time and numbers of its own into the file: two PDF of one page look alike but are
    not the same bytes, so not the manifest lists them but ``prints.json`` beside it, with the hash of
    the page each was printed from. Raises RenderError when Chromium fails.
    """
    out = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="msoko-pdf-") as folder:
        draft = Path(folder) / "page.pdf"
        command = [
            browser, "--headless=new", "--disable-gpu", "--disable-extensions", "--disable-sync",
            "--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage",
            f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
            f"--print-to-pdf={draft}", page.resolve().as_uri(),
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # root has no sandbox to enter
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
            made = draft.read_bytes()
        except (OSError, subprocess.SubprocessError) as problem:
            raise RenderError(f"PDF не сделан: браузер не напечатал {page}: {problem}") from problem
    beside = out.with_suffix(f".{os.getpid()}.tmp")
    try:
        beside.write_bytes(made)
        _note(page, out, beside)
        return beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _note(page: Path, out: Path, made: Path) -> None:
    """Say in the folder of a page which print of it this is, before the print is there."""
    told = json.dumps({out.name: {"sha256": file_hash(made), "page_sha256": file_hash(page)}})
    draft = made.with_suffix(".json")
    try:
        draft.write_text(f"{told}\n", encoding="utf-8", newline="\n")
        draft.replace(page.with_name(PRINTS))
    finally:
        draft.unlink(missing_ok=True)
