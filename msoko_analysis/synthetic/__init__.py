"""Invented pupils with known truth: honest worlds for calibration, and the demo region."""

from msoko_analysis.synthetic.world import (
    Schools,
    Tasks,
    World,
    count_scores,
    draw_schools,
    draw_tasks,
    honest_world,
    lift,
    respond,
)

__all__ = [
    "Schools",
    "Tasks",
    "World",
    "count_scores",
    "draw_schools",
    "draw_tasks",
    "honest_world",
    "lift",
    "respond",
]
