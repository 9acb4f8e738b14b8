"""Schools of a municipality with the uncertainty of each, beside what context leads to expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from msoko_analysis.figures.base import (
    COMMA,
    DARK,
    EXCESS,
    MID,
    STYLE,
    WIDTH,
    Figure,
    as_words,
    drawn,
)

_ROW, _FOOT, _LETTER = 0.21, 1.05, 0.068  # inches: one school, axis and legend, a letter of a name

_MARGIN, _WIDEST = 0.25, 0.45  # inches beside the names; share of the page they may take
_LETTERS = int((_WIDEST * WIDTH - _MARGIN) / _LETTER)


@dataclass(frozen=True)
class SchoolIntervals:
    """What :func:`school_intervals` draws, one row a school, in the order of ``names``.

    ``value`` with ``low`` and ``high``; ``expected`` what context leads to expect, nan where that is
    not known; ``region`` one number for all, nan without one; ``ends`` of the axis, the same on every page.
    """

    names: Sequence[str]
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    expected: np.ndarray
    region: float
    ends: tuple[float, float]


def school_intervals(
    data: SchoolIntervals, *, axis_title: str, name: str, caption: str, description: str
) -> Figure:
    """A point and a bar for every school, a tick for its expectation, a line for the region if any."""
    with mpl.rc_context(STYLE):
        height = _ROW * len(data.names) + _FOOT
        canvas = Canvas(figsize=(WIDTH, height))
        axis = canvas.subplots()
        places = np.arange(len(data.names))
        axis.hlines(places, data.low, data.high, color=DARK, linewidth=1.2)
        axis.plot(data.value, places, "D", color=DARK, markersize=4)
        axis.plot(data.expected, places, "|", color=EXCESS, markersize=10, markeredgewidth=2)
        beside = np.isfinite(data.region)
        if beside:
            axis.axvline(data.region, color=MID, linestyle="--", linewidth=1)
        axis.set_yticks(places, [as_words(_fitting(one)) for one in data.names])
        axis.set_ylim(len(places) - 0.4, -0.6)
        axis.set_xlim(*data.ends)
        axis.xaxis.set_major_formatter(COMMA)
        axis.set_xlabel(axis_title)
        usual = Line2D(
            [], [], color=EXCESS, marker="|", markersize=10, markeredgewidth=2,
            linestyle="none", label="обычно при таких условиях",
        )  # fmt: skip
        canvas.legend(
            handles=[
                Line2D([], [], color=DARK, marker="D", markersize=4, label="школа, 95 %"),
                *([usual] if np.isfinite(data.expected).any() else []),
                *([Line2D([], [], color=MID, linestyle="--", label="регион")] if beside else []),
            ],
            loc="lower center",
            ncols=3,
            frameon=False,
        )  # fmt: skip
        longest = max((len(_fitting(one)) for one in data.names), default=0)
        canvas.subplots_adjust(
            left=(_MARGIN + _LETTER * longest) / WIDTH, right=0.98,
            top=1 - 0.08 / height, bottom=0.75 / height,
        )  # fmt: skip
        sns.despine(ax=axis)
        return drawn(canvas, name, caption, description)


def _fitting(name: str) -> str:
    """A name that fits beside the figure: of a long one the last words, which tell schools apart."""
    if len(name) <= _LETTERS:
        return name
    _, _, words = name[1 - _LETTERS :].partition(" ")
    return f"… {words}" if words else f"…{name[1 - _LETTERS :]}"
