"""One paper of one school: works at every score against what its own level would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.figures.base import (
    DARK,
    EXCESS,
    LIGHT,
    MID,
    STYLE,
    Figure,
    against,
    drawn,
    grid,
    school_and_usual,
)


@dataclass(frozen=True)
class SchoolScores:
    """What :func:`school_scores` draws: works in cells, seen and expected (nan: nothing is expected).

    ``labels`` names the cells where each is a range of scores, empty where a cell is one score;
    ``cuts`` the lowest scores of the marks 3, 4, 5; ``shade`` marks works beyond the expected at them.
    """

    observed: PublicCounts
    expected: np.ndarray
    cuts: tuple[int, ...] = ()
    labels: Sequence[str] = ()
    shade: bool = False


def school_scores(
    data: SchoolScores, *, axis_title: str, name: str, caption: str, description: str
) -> Figure:
    """Columns of works with ticks of what is expected, and the cuts of the marks."""
    with mpl.rc_context(STYLE):
        canvas, (axis,) = grid(1, 1, height=3.0)
        places = np.arange(len(data.expected))
        against(axis, places, data.observed, data.expected, shade=False)
        counts = np.nan_to_num(data.observed.counts)
        if data.shade:
            _excess(axis, counts, data.expected, np.array(data.cuts, dtype=int))
        top = max(counts.max(), np.nan_to_num(data.expected).max(), 1) * 1.15
        for mark, cut in enumerate(data.cuts, 3):
            axis.axvline(cut - 0.5, color=MID, linestyle="--", linewidth=0.9)
            axis.text(cut - 0.4, top, f"«{mark}»", fontsize=8, va="top")
        axis.set_ylim(0, top)
        axis.set_xlim(-0.7, len(places) - 0.3)
        if data.labels:
            axis.set_xticks(places, data.labels)
        else:
            axis.xaxis.set_major_locator(MaxNLocator(12, integer=True))
        axis.set_xlabel(axis_title)
        axis.set_ylabel("работ")
        canvas.legend(
            handles=_legend(data), loc="lower center", ncols=4, frameon=False, columnspacing=1.2
        )
        return drawn(canvas, name, caption, description)


def _excess(axis: Axes, counts: np.ndarray, expected: np.ndarray, cuts: np.ndarray) -> None:
    """Works exactly at a cut beyond what is expected there."""
    over = np.nan_to_num(counts[cuts] - expected[cuts])
    cuts, over = cuts[over > 0], over[over > 0]
    axis.bar(
        cuts, over, bottom=expected[cuts], width=0.8, color=EXCESS, edgecolor="black", hatch="///",
        linewidth=0.8,
    )  # fmt: skip


def _legend(data: SchoolScores) -> list[Patch | Line2D]:
    usual = "ожидается при её уровне"
    handles = school_and_usual(usual)
    if not np.isfinite(data.expected).any():
        handles = [Patch(facecolor=LIGHT, edgecolor=DARK, label="в школе")]
    if data.shade:
        over = "на границе сверх ожидаемого"
        handles.append(Patch(facecolor=EXCESS, hatch="///", edgecolor="black", label=over))
    if data.cuts:
        handles.append(Line2D([], [], color=MID, linestyle="--", label="нижняя граница отметки"))
    return handles
