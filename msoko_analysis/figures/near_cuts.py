"""One school against what its own level would give."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.patches import Patch

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.figures.base import (
    EXCESS,
    STYLE,
    Figure,
    against,
    drawn,
    grid,
    hidden_patch,
    school_and_usual,
)


@dataclass(frozen=True)
class NearCuts:
    """What :func:`school_near_cuts` draws: works by distance from a cut, and by tenths of the
    scale. ``stepped``: distances are steps of the scale, not points.
    """

    distances: np.ndarray
    observed: PublicCounts
    expected: np.ndarray
    tenths: PublicCounts
    tenths_expected: np.ndarray
    stepped: bool = False


def school_near_cuts(data: NearCuts, *, name: str, caption: str, description: str) -> Figure:
    """One school against its own expectation: works around the cuts, and over the whole scale."""
    with mpl.rc_context(STYLE):
        canvas, (near, whole) = grid(1, 2, height=2.9)
        against(near, data.distances, data.observed, data.expected, shade=True)
        near.axvline(-0.5, color="black", linestyle="--", linewidth=1)
        near.set_xticks(data.distances)
        near.set_xticklabels([_signed(int(step)) for step in data.distances])
        near.set_xlabel(
            "шагов шкалы до границы (0 — первый от границы)"
            if data.stepped
            else "баллов до границы отметки (0 — ровно граница)"
        )
        near.set_ylabel("работ")
        near.set_title("У границ отметок, все работы вместе", loc="left")
        tenths = np.arange(len(data.tenths_expected))
        against(whole, tenths, data.tenths, data.tenths_expected, shade=False)
        whole.set_xticks(np.arange(-0.5, 10, 2))
        whole.set_xticklabels([str(20 * step) for step in range(6)])
        whole.set_xlabel("балл, % от максимального")
        whole.set_title("По всей шкале", loc="left")
        canvas.legend(
            handles=[
                *school_and_usual("ожидается при её уровне"),
                Patch(facecolor=EXCESS, hatch="///", edgecolor="black", label="сверх ожидаемого"),
                hidden_patch(),
            ],
            loc="lower center",
            ncols=4,
            frameon=False,
        )
        return drawn(canvas, name, caption, description)


def _signed(step: int) -> str:
    return f"−{-step}" if step < 0 else f"+{step}" if step else "0"
