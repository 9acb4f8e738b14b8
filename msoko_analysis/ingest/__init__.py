"""Readers of the files people really have, one per layout, and the one door to them: ``read_files``.

The two names are imported when they are first asked for: who needs one reader alone, as preparing a
region needs ``quality``, does not wait for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msoko_analysis.ingest.pipeline import read_files
    from msoko_analysis.ingest.report import IngestReport

__all__ = ["IngestReport", "read_files"]


def __getattr__(name: str) -> Any:
    if name == "IngestReport":
        from msoko_analysis.ingest.report import IngestReport

        return IngestReport
    if name == "read_files":
        from msoko_analysis.ingest.pipeline import read_files

        return read_files
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
