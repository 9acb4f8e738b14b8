"""The index of mechanisms by direction: one bar a direction, both blocks, the whole as a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from msoko_analysis.figures.base import COMMA, DARK, LIGHT, MID, STYLE, WIDTH, Figure, drawn
from msoko_analysis.russian import number

_ROW, _FOOT = 0.3, 1.0  # inches: one direction, axis and legend
_HATCHES = ("", "///")


@dataclass(frozen=True)
class DirectionBars:
    """What :func:`direction_bars` draws, one row a direction in the order of ``codes``.

    ``percent`` of the largest number of points; ``block`` the number of its block, from 0; ``blocks``
    their names; ``index`` of all directions together.
    """

    codes: Sequence[str]
    percent: np.ndarray
    block: np.ndarray
    blocks: Sequence[str]
    index: float


def direction_bars(data: DirectionBars, *, name: str, caption: str, description: str) -> Figure:
    """Bars from 0 to 100 %, blocks told apart by hatching, the index as a dashed line."""
    with mpl.rc_context(STYLE):
        height = _ROW * len(data.codes) + _FOOT
        canvas = Canvas(figsize=(WIDTH, height))
        axis = canvas.subplots()
        for place, (percent, block) in enumerate(zip(data.percent, data.block, strict=True)):
            axis.barh(
                place, percent, 0.62, facecolor=LIGHT, edgecolor=DARK, linewidth=0.8,
                hatch=_HATCHES[block % 2],
            )  # fmt: skip
            axis.text(101, place, f"{number(percent)} %", va="center", ha="left", fontsize=8)
        axis.axvline(data.index, color=MID, linestyle="--", linewidth=1)
        axis.set_yticks(np.arange(len(data.codes)), data.codes)
        axis.set_ylim(len(data.codes) - 0.5, -0.5)
        axis.set_xlim(0, 112)
        axis.set_xticks(np.arange(0, 101, 20))
        axis.xaxis.set_major_formatter(COMMA)
        axis.set_xlabel("Процент от максимального балла направления")
        _legend(canvas, data)
        canvas.subplots_adjust(
            left=0.5 / WIDTH, right=0.98, top=1 - 0.08 / height, bottom=0.8 / height
        )
        sns.despine(ax=axis)
        return drawn(canvas, name, caption, description)


def _legend(canvas: Canvas, data: DirectionBars) -> None:
    patches = [
        Patch(facecolor=LIGHT, edgecolor=DARK, hatch=_HATCHES[number % 2], label=block)
        for number, block in enumerate(data.blocks)
    ]
    line = Line2D([], [], color=MID, linestyle="--", label="индекс механизмов")
    canvas.legend(handles=[*patches, line], loc="lower center", ncols=3, frameon=False)
