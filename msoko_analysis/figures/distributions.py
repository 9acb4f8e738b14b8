"""Distribution of primary scores: a panel for every paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.figures.base import (
    COMMA,
    DARK,
    EXCESS,
    HIDDEN_BOX,
    MID,
    STYLE,
    Figure,
    draw_hidden,
    drawn,
    grid,
    hidden_patch,
)


@dataclass(frozen=True)
class Distribution:
    """One panel of :func:`score_distributions`: pupils at every score, here and in the region.

    ``region`` is None where the data hold no region to compare with.
    """

    title: str
    district: PublicCounts
    region: PublicCounts | None
    cuts: tuple[int, ...]


def score_distributions(
    panels: Sequence[Distribution], *, name: str, caption: str, description: str
) -> Figure:
    """Share of pupils at every primary score: bars for the district, a step line for the region."""
    with mpl.rc_context(STYLE):
        columns = min(2, len(panels))
        region = any(panel.region for panel in panels)
        canvas, axes = grid(-(-len(panels) // columns), columns, height=1.9)
        for panel, axis in zip(panels, axes, strict=False):
            _distribution(axis, panel)
        for axis in axes[len(panels) :]:
            axis.set_axis_off()
        canvas.legend(
            handles=[
                Patch(facecolor=DARK, label="муниципалитет"),
                *([Line2D([], [], color=EXCESS, linewidth=1.4, label="регион")] if region else []),
                Line2D([], [], color=MID, linestyle="--", label="нижняя граница отметки"),
                hidden_patch(),
            ],
            loc="lower center",
            ncols=4,
            frameon=False,
        )
        return drawn(canvas, name, caption, description)


def _distribution(axis: Axes, panel: Distribution) -> None:
    scores = np.arange(len(panel.district.counts))
    share = 100 * panel.district.counts / panel.district.n
    edges = np.arange(len(scores) + 1) - 0.5
    axis.stairs(np.nan_to_num(share), edges, fill=True, color=DARK)
    draw_hidden(axis, scores, panel.district.counts, 100 / panel.district.n)
    region = np.zeros(len(scores))
    if panel.region is not None:
        region = 100 * panel.region.counts / panel.region.n
        axis.stairs(np.nan_to_num(region), edges, color=EXCESS, linewidth=1.4)
    hidden_box = HIDDEN_BOX * 100 / panel.district.n
    top = max(np.nan_to_num(share).max(), np.nan_to_num(region).max(), hidden_box) * 1.18
    for mark, cut in enumerate(panel.cuts, 3):
        axis.axvline(cut - 0.5, color=MID, linestyle="--", linewidth=0.9)
        axis.text(cut - 0.2, top * 0.99, f"«{mark}»", fontsize=8, va="top")
    axis.set_ylim(0, top)
    axis.set_xlim(-0.7, len(scores) - 0.3)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter(COMMA)
    axis.set_title(panel.title, loc="left")
    axis.set_ylabel("% учеников")
    sns.despine(ax=axis)
