"""Invented pupils with known truth: honest worlds for calibration, and the demo region."""

from msoko_analysis.synthetic.world import (
    Tasks,
    World,
    count_scores,
    draw_tasks,
    honest_world,
    lift,
    respond,
)

__all__ = ["Tasks", "World", "count_scores", "draw_tasks", "honest_world", "lift", "respond"]
