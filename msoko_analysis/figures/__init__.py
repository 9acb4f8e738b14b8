"""Figures of a note: seaborn and matplotlib to one inline SVG with a caption and a description."""

from msoko_analysis.figures.base import Figure
from msoko_analysis.figures.distributions import Distribution, score_distributions
from msoko_analysis.figures.funnel import FunnelPoints, school_funnel
from msoko_analysis.figures.intervals import SchoolIntervals, school_intervals
from msoko_analysis.figures.marks import SchoolMarks, school_marks
from msoko_analysis.figures.mechanisms import DirectionBars, direction_bars
from msoko_analysis.figures.methods import rejection_curves, share_grid
from msoko_analysis.figures.near_cuts import NearCuts, school_near_cuts
from msoko_analysis.figures.school_scores import SchoolScores, school_scores
from msoko_analysis.figures.tasks import SchoolTasks, school_tasks

__all__ = [
    "DirectionBars",
    "Distribution",
    "Figure",
    "FunnelPoints",
    "NearCuts",
    "SchoolIntervals",
    "SchoolMarks",
    "SchoolScores",
    "SchoolTasks",
    "direction_bars",
    "rejection_curves",
    "school_funnel",
    "school_intervals",
    "school_marks",
    "school_near_cuts",
    "school_scores",
    "school_tasks",
    "score_distributions",
    "share_grid",
]
