"""Figures of the methods notebook: rejection curves and a grid of shares."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from msoko_analysis.figures.base import COMMA, LIGHT, STYLE, WIDTH, Figure, drawn
from msoko_analysis.russian import number


def rejection_curves(
    groups: Mapping[str, np.ndarray], *, name: str, caption: str, description: str
) -> Figure:
    """Share of units with p at most a level, one curve a group, on logarithmic levels .0001…1.

    ``groups``: name → p of its units; nan is no verdict and counts as not found.
    """
    levels = np.logspace(-4, 0, 81)
    curves = pd.concat(
        pd.DataFrame({"level": levels, "share": _share_below(p, levels), "group": group})
        for group, p in groups.items()
    )
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 3.2))
        axis = canvas.subplots()
        axis.plot(levels, levels, color=LIGHT, linewidth=4, zorder=0)
        sns.lineplot(
            curves, x="level", y="share", hue="group", style="group", ax=axis, palette="colorblind"
        )
        axis.set(xscale="log", ylim=(-0.02, 1.02), xlabel="уровень p", ylabel="доля школ")
        axis.yaxis.set_major_formatter(COMMA)
        axis.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace(".", ","))
        )
        sns.move_legend(axis, "center left", bbox_to_anchor=(1.01, 0.5), frameon=False, title=None)
        sns.despine(ax=axis)
        canvas.subplots_adjust(left=0.09, right=0.68, top=0.96, bottom=0.15)
        return drawn(canvas, name, caption, description)


def _share_below(p: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(p[np.isfinite(p)]), levels, side="right") / max(len(p), 1)


def share_grid(table: pd.DataFrame, *, name: str, caption: str, description: str) -> Figure:
    """Shares in per cent as a grid of shaded cells with their numbers, rows × columns of a table."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(WIDTH, 1.6 + 0.34 * len(table)))
        axis = canvas.subplots()
        printed = table.map(lambda value: number(value, 1 if value < 10 else 0))
        sns.heatmap(
            table, annot=printed, fmt="", vmin=0, vmax=100, cmap="Blues", cbar=False, ax=axis,
            linewidths=0.5, annot_kws={"size": 8},
        )  # fmt: skip
        axis.xaxis.tick_top()
        axis.set_xticks(
            axis.get_xticks(),
            ["\n".join(wrap(str(title), 11, break_long_words=False)) for title in table.columns],
            fontsize=6,
        )
        axis.tick_params(axis="both", length=0, rotation=0)
        canvas.subplots_adjust(
            left=0.24, right=0.99, top=1 - 0.8 / canvas.get_figheight(), bottom=0.03
        )
        return drawn(canvas, name, caption, description)
