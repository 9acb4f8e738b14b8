"""Where it is said why a document was not made."""

from __future__ import annotations

from pathlib import Path

from msoko_analysis.documents.kinds import year_folder
from msoko_analysis.errors import RenderError

FAILED = "_failed"


def failure_log(out: Path) -> Path:
    """Where the log of a failed document goes: ``reports/_failed/<year>-<folders>.log``.

    >>> failure_log(Path("reports/2021/m01")).as_posix()
    'reports/_failed/2021-m01.log'
    >>> failure_log(Path("reports/2021/letters/m-01/s01")).as_posix()
    'reports/_failed/2021-letters-m--01-s01.log'
    """
    year = year_folder(out)
    if year is None:
        raise RenderError(f"Папка документа стоит не в папке года: {out}")
    return year.parent / FAILED / f"{document_key(out, year.parent)}.log"


def document_key(out: Path, reports: Path) -> str:
    """One word for the folder of a document, other for every other folder.

    >>> document_key(Path("reports/2021/m01"), Path("reports"))
    '2021-m01'
    """
    return "-".join(part.replace("-", "--") for part in out.relative_to(reports).parts)


def write_failure(log: Path, title: str, message: str, trace: str) -> bool:
    """Write the log of a failed note: title, message, traceback; False if it can not be."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"{title}\n{message}\n\n{trace}\n", encoding="utf-8", newline="\n")
    except OSError:  # a full disk must not hide the first error behind a second one
        return False
    return True
