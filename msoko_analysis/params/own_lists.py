"""Lists of a run's own: ``subjects.yaml`` and ``procedures.yaml`` beside its file.

They add to the project's and go before them by code. A process works on one run: what stands beside
the run file named last is in force in it, also while files are read.
"""

from __future__ import annotations

from pathlib import Path

SUBJECTS, PROCEDURES = "subjects.yaml", "procedures.yaml"
_folder: Path | None = None


def name_run(run_file: Path) -> None:
    """From now on the lists beside this run file are in force in this process."""
    global _folder
    _folder = run_file.resolve().parent


def own_list(name: str) -> Path | None:
    """The file of that name beside the run in force, or None.

    >>> from msoko_analysis.home import SHIPPED
    >>> name_run(SHIPPED / "params" / "runs" / "demo.yaml")
    >>> own_list(SUBJECTS) is None
    True
    """
    path = _folder / name if _folder else None
    return path if path and path.exists() else None
