"""School marks of one school against those that pupils of such scores have in the region."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.figures.base import (
    STYLE,
    Figure,
    against,
    drawn,
    grid,
    hidden_patch,
    school_and_usual,
)

MARKS = np.array([2, 3, 4, 5])


@dataclass(frozen=True)
class SchoolMarks:
    """What :func:`school_marks` draws: works by school mark 2…5, seen and expected."""

    observed: PublicCounts
    expected: np.ndarray


def school_marks(data: SchoolMarks, *, name: str, caption: str, description: str) -> Figure:
    """Columns of the school's marks, ticks for the marks of the region's pupils of such scores."""
    with mpl.rc_context(STYLE):
        canvas, (axis,) = grid(1, 1, height=2.6)
        against(axis, MARKS, data.observed, data.expected, shade=False)
        axis.set_xticks(MARKS, [f"«{mark}»" for mark in MARKS])
        axis.set_xlabel("отметка, которую поставила школа")
        axis.set_ylabel("работ")
        canvas.legend(
            handles=[*school_and_usual("у учеников региона с такими же баллами"), hidden_patch()],
            loc="lower center", ncols=3, frameon=False,
        )  # fmt: skip
        return drawn(canvas, name, caption, description)
