"""Level of the schools against their size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import seaborn as sns

from msoko_analysis.figures.base import COMMA, DARK, LIGHT, MID, STYLE, Figure, drawn, grid


@dataclass(frozen=True)
class FunnelPoints:
    """What :func:`school_funnel` draws, schools of the region; ``names`` is empty for others."""

    pupils: np.ndarray
    distance: np.ndarray
    mine: np.ndarray
    names: Sequence[str]
    pupils_grid: np.ndarray
    half_widths: dict[str, np.ndarray]


def school_funnel(points: FunnelPoints, *, name: str, caption: str, description: str) -> Figure:
    """Level of every school against its size, with control limits that include the usual spread."""
    with mpl.rc_context(STYLE):
        canvas, (axis,) = grid(1, 1, height=3.6)
        others = ~points.mine
        axis.scatter(
            points.pupils[others], points.distance[others], s=9, color=LIGHT, edgecolor=MID,
            linewidth=0.4, label="другие школы региона",
        )  # fmt: skip
        axis.scatter(
            points.pupils[points.mine], points.distance[points.mine], s=26, color=DARK,
            marker="D", label="школы муниципалитета", zorder=3,
        )  # fmt: skip
        for style, (label, half) in zip(("--", ":"), points.half_widths.items(), strict=True):
            axis.plot(points.pupils_grid, half, color="black", linestyle=style, linewidth=1)
            axis.plot(
                points.pupils_grid, -half, color="black", linestyle=style, linewidth=1, label=label
            )
        axis.axhline(0, color="black", linewidth=0.8)
        for place in np.flatnonzero(points.mine):
            if points.names[place]:
                axis.annotate(
                    points.names[place], (points.pupils[place], points.distance[place]),
                    xytext=(5, 4), textcoords="offset points", fontsize=8,
                )  # fmt: skip
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter(COMMA)
        axis.set_xticks(
            [tick for tick in (5, 10, 20, 50, 100, 200, 500) if tick <= points.pupils.max()]
        )
        axis.minorticks_off()
        axis.yaxis.set_major_formatter(COMMA)
        axis.set_xlabel("учеников, писавших работы (логарифмическая шкала)")
        axis.set_ylabel("отличие, ст. откл.")
        canvas.legend(loc="lower center", frameon=False, ncols=4)
        sns.despine(ax=axis)
        return drawn(canvas, name, caption, description)
