"""Counts × statistics × rules → measures: one long table for all schools of a region and a year."""

from msoko_analysis.measures.rows import COLUMNS
from msoko_analysis.measures.table import measure_year

__all__ = ["COLUMNS", "measure_year"]
