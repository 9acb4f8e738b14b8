"""Tasks of one paper in one school against what pupils of such scores solve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import seaborn as sns

from msoko_analysis.figures.base import (
    COMMA,
    DARK,
    LIGHT,
    STYLE,
    Figure,
    draw_hidden,
    drawn,
    grid,
    hidden_patch,
    school_and_usual,
)


@dataclass(frozen=True)
class SchoolTasks:
    """What :func:`school_tasks` draws, tasks from easy to hard: shares of the points in per cent.

    ``observed`` is nan where it is hidden.
    """

    tasks: Sequence[str]
    observed: np.ndarray
    expected: np.ndarray


def school_tasks(data: SchoolTasks, *, name: str, caption: str, description: str) -> Figure:
    """Columns of the points the school got on every task, ticks for the expected ones."""
    with mpl.rc_context(STYLE):
        canvas, (axis,) = grid(1, 1, height=2.6)
        places = np.arange(len(data.tasks))
        shown = np.nan_to_num(data.observed)
        axis.bar(places, shown, width=0.8, color=LIGHT, edgecolor=DARK, linewidth=0.8)
        draw_hidden(axis, places, data.observed, 5.0)
        axis.plot(
            places, data.expected, color="black", linestyle="none", marker="_", markersize=13, mew=2
        )
        axis.set_xticks(places, data.tasks)
        axis.set_ylim(0, 100)
        axis.yaxis.set_major_formatter(COMMA)
        axis.set_xlabel("номер задания, от лёгких к трудным")
        axis.set_ylabel("% баллов задания")
        canvas.legend(
            handles=[*school_and_usual("у учеников региона с такими же баллами"), hidden_patch()],
            loc="lower center", ncols=3, frameon=False,
        )  # fmt: skip
        sns.despine(ax=axis)
        return drawn(canvas, name, caption, description)
