"""Readers of the files people really have, one per layout, and the one door to them: ``read_files``."""

from msoko_analysis.ingest.pipeline import read_files
from msoko_analysis.ingest.report import IngestReport

__all__ = ["IngestReport", "read_files"]
