"""One school against what its own level would give."""

from __future__ import annotations

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
    DARK,
    EXCESS,
    LIGHT,
    STYLE,
    Figure,
    draw_hidden,
    drawn,
    grid,
    hidden_patch,
)


@dataclass(frozen=True)
class NearCuts:
    """What :func:`school_near_cuts` draws: works by distance from a cut, and by tenths of the
    scale.
    """

    distances: np.ndarray
    observed: PublicCounts
    expected: np.ndarray
    tenths: PublicCounts
    tenths_expected: np.ndarray


def school_near_cuts(data: NearCuts, *, name: str, caption: str, description: str) -> Figure:
    """One school against its own expectation: works around the cuts, and over the whole scale."""
    with mpl.rc_context(STYLE):
        canvas, (near, whole) = grid(1, 2, height=2.9)
        _against(near, data.distances, data.observed, data.expected, shade=True)
        near.axvline(-0.5, color="black", linestyle="--", linewidth=1)
        near.set_xticks(data.distances)
        near.set_xticklabels([_signed(int(step)) for step in data.distances])
        near.set_xlabel("баллов до границы отметки (0 — ровно граница)")
        near.set_ylabel("работ")
        near.set_title("У границ отметок, все работы вместе", loc="left")
        tenths = np.arange(len(data.tenths_expected))
        _against(whole, tenths, data.tenths, data.tenths_expected, shade=False)
        whole.set_xticks(np.arange(-0.5, 10, 2))
        whole.set_xticklabels([str(20 * step) for step in range(6)])
        whole.set_xlabel("балл, % от максимального")
        whole.set_title("По всей шкале", loc="left")
        canvas.legend(
            handles=[
                Patch(facecolor=LIGHT, edgecolor=DARK, label="в школе"),
                Patch(facecolor=EXCESS, hatch="///", edgecolor="black", label="сверх ожидаемого"),
                Line2D(
                    [], [], color="black", marker="_", markersize=9, label="ожидается при её уровне"
                ),
                hidden_patch(),
            ],
            loc="lower center",
            ncols=4,
            frameon=False,
        )
        return drawn(canvas, name, caption, description)


def _against(
    axis: Axes, places: np.ndarray, seen: PublicCounts, expected: np.ndarray, *, shade: bool
) -> None:
    counts = np.nan_to_num(seen.counts)
    if shade:
        usual = np.minimum(counts, expected)
        axis.bar(places, usual, width=0.8, color=LIGHT, edgecolor=DARK, linewidth=0.8)
        over = np.where(places >= 0, counts - usual, 0)
        under = np.where(places < 0, counts - usual, 0)
        axis.bar(places, under, bottom=usual, width=0.8, color=LIGHT, edgecolor=DARK, linewidth=0.8)
        axis.bar(
            places[over > 0], over[over > 0], bottom=usual[over > 0], width=0.8, color=EXCESS,
            edgecolor="black", hatch="///", linewidth=0.8,
        )  # fmt: skip
    else:
        axis.bar(places, counts, width=0.8, color=LIGHT, edgecolor=DARK, linewidth=0.8)
    draw_hidden(axis, places, seen, 1.0)
    axis.plot(places, expected, color="black", linestyle="none", marker="_", markersize=15, mew=2)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_ylim(0, None)
    sns.despine(ax=axis)


def _signed(step: int) -> str:
    return f"−{-step}" if step < 0 else f"+{step}" if step else "0"
