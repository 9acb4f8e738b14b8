"""Makes one note: runs the notebook in a temporary folder, moves the whole result into place.

The folder of a document, ``reports/<year>/<district>/``, changes in one step, from the previous
complete version to the new one. What goes wrong in between, a broken cell, a full disk, Ctrl-C,
leaves it as it was.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from msoko_analysis.errors import RenderError
from msoko_analysis.folders import replace_folder, sibling
from msoko_analysis.home import portable
from msoko_analysis.provenance.claims import with_claims, write_claims
from msoko_analysis.provenance.crate import write_crate
from msoko_analysis.provenance.manifest import NAME, PAGE, now, read_manifest, write_manifest
from msoko_analysis.publish.execution import (
    INJECTED,
    CellFailed,
    declared_parameters,
    execute,
    parameters_source,
    read_notebook,
)
from msoko_analysis.publish.failures import FAILED, failure_log, write_failure
from msoko_analysis.publish.html import note_html
from msoko_analysis.publish.word import note_document

NOTEBOOK, DOCUMENT = "note.ipynb", "note.docx"
# A notebook that saves its pictures here is a document to sign, and gets one.
FIGURES = "figures"
SAVE_TO = "save_to"
NO_ROOM = (
    "на диске с отчётами нет места. Освободите место и повторите команду: готовые справки целы и "
    "переделываться не будут"
)
# What a manifest says of which document it is.
_WHICH = ("kind", "year", "district", "school")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


class DiskFull(RenderError):
    """There is no room for the note; the next one would not find room either."""


class NoteWithheld(RenderError):
    """The notebook declined to make a note; the message is its reason, in Russian."""


def render_note(
    notebook: Path,
    parameters: Mapping[str, Any],
    out: Path,
    *,
    title: str,
    manifest: Mapping[str, Any],
    kernel: str | None = None,
) -> Path:
    """Execute a notebook; page, claims, document, notebook, manifest, tables, figures go into ``out``.

    Parameters
    ----------
    notebook : the notebook; one cell tagged ``parameters`` declares what it takes.
    parameters : a value for every declared name and no other, except ``save_to``, the folder the
        notebook saves its tables in: it is supplied here, because it is a temporary one.
    out : a folder below ``reports/<year>``; replaced as a whole when the note is complete.
    title : title of the page.
    manifest : what to record beside the times and the hashes of the outputs; ``parameters`` in it
        are the values the published notebook shows instead of those of this machine.
    kernel : address of a kernel template (``kernels.kernel_template``); None for a cold kernel.

    Returns
    -------
    Path of the finished note.html.

    Raises
    ------
    ParamsError : a parameter is unknown, missing or of another type.
    NoteWithheld : the notebook raised ``Withheld``; ``out`` then holds a manifest with the reason,
        and no note, because an older note is no longer one we would give out.
    DiskFull : no room; free some and repeat.
    RenderError : anything else, with the cell, the error and where the full log is.
    """
    started = now()
    work = sibling(out, "tmp")
    log = failure_log(out)
    try:
        _refuse_strangers(out, manifest, title)
        log.unlink(missing_ok=True)
        work.mkdir(parents=True)
        try:
            shown = manifest.get("parameters", {})
            executed = _run(notebook, parameters, work, kernel, shown)
        except CellFailed as failed:
            if failed.error != "Withheld":
                raise
            _withhold(work, out, {**manifest, "title": title, "started": started}, failed.message)
            raise NoteWithheld(failed.message) from failed
        fingerprint = str(manifest.get("fingerprint", ""))[:16]
        page, claims = with_claims(note_html(executed, title=title, fingerprint=fingerprint))
        (work / PAGE).write_text(page, encoding="utf-8", newline="\n")
        which = {name: manifest[name] for name in _WHICH if name in manifest}
        write_claims(work, claims, which)
        if (work / FIGURES).is_dir():
            document = note_document(page, work / FIGURES, title=title)
            (work / DOCUMENT).write_bytes(document)
        text = nbformat.writes(executed)
        (work / NOTEBOOK).write_text(text + "\n", encoding="utf-8", newline="\n")
        times = {"started": started, "finished": now()}
        record = {"status": "made", "title": title, **manifest, **times}
        write_crate(work, record)
        write_manifest(work, record)
        replace_folder(work, out)
    except CellFailed as failed:
        raise _explained(failed, title, log) from failed
    except OSError as problem:
        raise _no_room_or(problem, title) from problem
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out / PAGE


def _refuse_strangers(out: Path, manifest: Mapping[str, Any], title: str) -> None:
    """Refuse to replace a folder that holds another document, as disks without capitals may have it."""
    there = read_manifest(out) or {}
    other = any(there.get(key, value) != value for key, value in manifest.items() if key in _WHICH)
    if other or any(path.parent != out for path in out.rglob(NAME)):
        called = there.get("title", "другие документы")
        raise RenderError(
            f"«{title}» не сделана: папка {out} занята, в ней «{called}». Уберите её или укажите другую "
            "папку отчётов (--reports)"
        )


def _run(
    path: Path,
    parameters: Mapping[str, Any],
    work: Path,
    kernel: str | None,
    instead: Mapping[str, Any],
) -> NotebookNode:
    """Execute, then make the notebook a function of its inputs: no times, no folders of today."""
    given = dict(parameters)
    if SAVE_TO in declared_parameters(read_notebook(path)):
        given[SAVE_TO] = str(work.resolve())
    executed = execute(path, given, kernel=kernel)
    executed.metadata.pop("papermill", None)
    for cell in executed.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if cell.get("id") == INJECTED:
            shown = {name: instead.get(name, portable(value)) for name, value in given.items()}
            # run again by a reviewer, the notebook must not write over what was issued
            cell.source = parameters_source({**shown, SAVE_TO: ""} if SAVE_TO in given else shown)
        for output in cell.get("outputs", []):
            plain = output.get("data", {}).get("text/plain")
            if plain:
                output.data["text/plain"] = ADDRESS.sub("at 0x…", plain)
    return executed


def _withhold(work: Path, out: Path, manifest: Mapping[str, Any], reason: str) -> None:
    """Replace the report by a record that it is withheld, and why."""
    shutil.rmtree(work)
    work.mkdir()
    state = {"status": "withheld", "reason": reason, **manifest, "finished": now()}
    write_manifest(work, state)
    replace_folder(work, out)


def _explained(failed: CellFailed, title: str, log: Path) -> RenderError:
    """Write the log and say what happened and where to read more."""
    if os.strerror(errno.ENOSPC) in failed.message:
        return DiskFull(NO_ROOM)
    message = f"«{title}» не сделана: {failed}"
    if write_failure(log, title, str(failed), failed.trace):
        message += f". Полный журнал: {log.parent.parent.name}/{FAILED}/{log.name}"
    return RenderError(message)


def _no_room_or(problem: OSError, title: str) -> RenderError:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(NO_ROOM)
    return RenderError(f"«{title}» не записана: {problem.strerror} ({problem.filename})")
