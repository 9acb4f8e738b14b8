"""Readers of the files people really have, one per layout, and the one door to them: ``ingest``."""

from msoko_analysis.ingest.pipeline import ingest
from msoko_analysis.ingest.report import IngestReport

__all__ = ["IngestReport", "ingest"]
