"""Can school results be trusted, and are they fair: checks, measures and notes for МСОКО.

The names below are the whole public face; each is imported when it is first asked for, so that
``import msoko_analysis`` costs nothing. The estimators are handed out by module, as in
``msoko_analysis.stats.spike``; every other module may change its names without notice.

>>> import msoko_analysis
>>> msoko_analysis.load_run("params/runs/demo.yaml").years
(2025, 2026)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msoko_analysis import rules, stats
    from msoko_analysis.documents.blindness import try_signs
    from msoko_analysis.documents.letter import build_letter
    from msoko_analysis.documents.monitoring_note import build_monitoring_note
    from msoko_analysis.documents.note import build_note
    from msoko_analysis.documents.order import build_order
    from msoko_analysis.documents.overview import build_overview
    from msoko_analysis.documents.roadmap import build_roadmap
    from msoko_analysis.errors import MsokoError
    from msoko_analysis.explorer.region import open_region
    from msoko_analysis.explorer.widgets import open_explorer
    from msoko_analysis.ingest import IngestReport, read_files
    from msoko_analysis.params.run import RunParams, load_run
    from msoko_analysis.publish.runner import run_notes

__version__ = "0.1.0"

__all__ = [
    "IngestReport",
    "MsokoError",
    "RunParams",
    "build_letter",
    "build_monitoring_note",
    "build_note",
    "build_order",
    "build_overview",
    "build_roadmap",
    "load_run",
    "open_explorer",
    "open_region",
    "read_files",
    "rules",
    "run_notes",
    "stats",
    "try_signs",
]

_HOMES = {
    "IngestReport": "ingest",
    "MsokoError": "errors",
    "RunParams": "params.run",
    "build_letter": "documents.letter",
    "build_monitoring_note": "documents.monitoring_note",
    "build_note": "documents.note",
    "build_order": "documents.order",
    "build_overview": "documents.overview",
    "build_roadmap": "documents.roadmap",
    "load_run": "params.run",
    "open_explorer": "explorer.widgets",
    "open_region": "explorer.region",
    "read_files": "ingest",
    "run_notes": "publish.runner",
    "try_signs": "documents.blindness",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
