"""Figures of a note: seaborn and matplotlib to one inline SVG with a caption and a text for those
who
do not see it. Black-and-white print must do: meaning is carried by shape, hatching and labels.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.prose import escaped
from msoko_analysis.russian import number

_DARK, _MID, _LIGHT = "#1f3b57", "#7a7a7a", "#d9d9d9"
_EXCESS = "#b5541c"
_STYLE = {
    **sns.axes_style("ticks"),
    **sns.plotting_context("paper"),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "hatch.linewidth": 0.7,
    # The same inputs must give the same bytes: no random ids, no date (docs/decisions).
    "svg.hashsalt": "msoko",
    "svg.fonttype": "path",
}
_WIDTH = 7.6
_HIDDEN_BOX = 4
_COMMA = FuncFormatter(lambda value, _: number(value, 0 if value == round(value) else 1))


@dataclass(frozen=True)
class Figure:
    """One numbered figure: inline SVG, caption, and a description for readers who can not see it."""

    name: str
    caption: str
    description: str
    svg: str

    def _repr_html_(self) -> str:
        return (
            f'<figure><div role="img" aria-label="{escaped(self.description)}">{self.svg}</div>'
            f"<figcaption>{escaped(self.caption)}</figcaption></figure>"
        )


@dataclass(frozen=True)
class Distribution:
    """One panel of :func:`score_distributions`: pupils at every score, here and in the region."""

    title: str
    district: PublicCounts
    region: PublicCounts
    cuts: tuple[int, ...]


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


@dataclass(frozen=True)
class FunnelPoints:
    """What :func:`school_funnel` draws, schools of the region; ``names`` is empty for others."""

    pupils: np.ndarray
    distance: np.ndarray
    mine: np.ndarray
    names: Sequence[str]
    pupils_grid: np.ndarray
    half_widths: dict[str, np.ndarray]


def score_distributions(
    panels: Sequence[Distribution], *, name: str, caption: str, description: str
) -> Figure:
    """Share of pupils at every primary score: bars for the district, a step line for the region."""
    with mpl.rc_context(_STYLE):
        columns = min(2, len(panels))
        canvas, axes = _grid(-(-len(panels) // columns), columns, height=1.9)
        for panel, axis in zip(panels, axes, strict=False):
            _distribution(axis, panel)
        for axis in axes[len(panels) :]:
            axis.set_axis_off()
        canvas.legend(
            handles=[
                Patch(facecolor=_DARK, label="муниципалитет"),
                Line2D([], [], color=_EXCESS, linewidth=1.4, label="регион"),
                Line2D([], [], color=_MID, linestyle="--", label="нижняя граница отметки"),
                _hidden_patch(),
            ],
            loc="lower center",
            ncols=4,
            frameon=False,
        )
        return _figure(canvas, name, caption, description)


def school_funnel(points: FunnelPoints, *, name: str, caption: str, description: str) -> Figure:
    """Level of every school against its size, with control limits that include the usual spread."""
    with mpl.rc_context(_STYLE):
        canvas, (axis,) = _grid(1, 1, height=3.6)
        others = ~points.mine
        axis.scatter(
            points.pupils[others], points.distance[others], s=9, color=_LIGHT, edgecolor=_MID,
            linewidth=0.4, label="другие школы региона",
        )  # fmt: skip
        axis.scatter(
            points.pupils[points.mine], points.distance[points.mine], s=26, color=_DARK,
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
        axis.xaxis.set_major_formatter(_COMMA)
        axis.set_xticks(
            [tick for tick in (5, 10, 20, 50, 100, 200, 500) if tick <= points.pupils.max()]
        )
        axis.minorticks_off()
        axis.yaxis.set_major_formatter(_COMMA)
        axis.set_xlabel("учеников, писавших работы (логарифмическая шкала)")
        axis.set_ylabel("отличие, ст. откл.")
        canvas.legend(loc="lower center", frameon=False, ncols=4)
        sns.despine(ax=axis)
        return _figure(canvas, name, caption, description)


def school_near_cuts(data: NearCuts, *, name: str, caption: str, description: str) -> Figure:
    """One school against its own expectation: works around the cuts, and over the whole scale."""
    with mpl.rc_context(_STYLE):
        canvas, (near, whole) = _grid(1, 2, height=2.9)
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
                Patch(facecolor=_LIGHT, edgecolor=_DARK, label="в школе"),
                Patch(facecolor=_EXCESS, hatch="///", edgecolor="black", label="сверх ожидаемого"),
                Line2D(
                    [], [], color="black", marker="_", markersize=9, label="ожидается при её уровне"
                ),
                _hidden_patch(),
            ],
            loc="lower center",
            ncols=4,
            frameon=False,
        )
        return _figure(canvas, name, caption, description)


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
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(_WIDTH, 3.2))
        axis = canvas.subplots()
        axis.plot(levels, levels, color=_LIGHT, linewidth=4, zorder=0)
        sns.lineplot(
            curves, x="level", y="share", hue="group", style="group", ax=axis, palette="colorblind"
        )
        axis.set(xscale="log", ylim=(-0.02, 1.02), xlabel="уровень p", ylabel="доля школ")
        axis.yaxis.set_major_formatter(_COMMA)
        axis.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:g}".replace(".", ","))
        )
        sns.move_legend(axis, "center left", bbox_to_anchor=(1.01, 0.5), frameon=False, title=None)
        sns.despine(ax=axis)
        canvas.subplots_adjust(left=0.09, right=0.68, top=0.96, bottom=0.15)
        return _figure(canvas, name, caption, description)


def _share_below(p: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(p[np.isfinite(p)]), levels, side="right") / max(len(p), 1)


def share_grid(table: pd.DataFrame, *, name: str, caption: str, description: str) -> Figure:
    """Shares in per cent as a grid of shaded cells with their numbers, rows × columns of a table."""
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(_WIDTH, 1.6 + 0.34 * len(table)))
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
        return _figure(canvas, name, caption, description)


def _grid(rows: int, columns: int, *, height: float) -> tuple[Canvas, np.ndarray]:
    """Panels with fixed margins in inches: an automatic layout draws everything twice."""
    whole = rows * height + 0.35
    canvas = Canvas(figsize=(_WIDTH, whole))
    axes = canvas.subplots(rows, columns, squeeze=False)
    canvas.subplots_adjust(
        left=0.62 / _WIDTH, right=1 - 0.08 / _WIDTH, top=1 - 0.25 / whole, bottom=0.82 / whole,
        wspace=0.26, hspace=0.52,
    )  # fmt: skip
    return canvas, axes.ravel()


def _distribution(axis: Axes, panel: Distribution) -> None:
    scores = np.arange(len(panel.district.counts))
    share = 100 * panel.district.counts / panel.district.n
    edges = np.arange(len(scores) + 1) - 0.5
    axis.stairs(np.nan_to_num(share), edges, fill=True, color=_DARK)
    _draw_hidden(axis, scores, panel.district, 100 / panel.district.n)
    region = 100 * panel.region.counts / panel.region.n
    axis.stairs(np.nan_to_num(region), edges, color=_EXCESS, linewidth=1.4)
    hidden_box = _HIDDEN_BOX * 100 / panel.district.n
    top = max(np.nan_to_num(share).max(), np.nan_to_num(region).max(), hidden_box) * 1.18
    for mark, cut in zip((3, 4, 5), panel.cuts, strict=True):
        axis.axvline(cut - 0.5, color=_MID, linestyle="--", linewidth=0.9)
        axis.text(cut - 0.2, top * 0.99, f"«{mark}»", fontsize=8, va="top")
    axis.set_ylim(0, top)
    axis.set_xlim(-0.7, len(scores) - 0.3)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter(_COMMA)
    axis.set_title(panel.title, loc="left")
    axis.set_ylabel("% учеников")
    sns.despine(ax=axis)


def _against(
    axis: Axes, places: np.ndarray, seen: PublicCounts, expected: np.ndarray, *, shade: bool
) -> None:
    counts = np.nan_to_num(seen.counts)
    if shade:
        usual = np.minimum(counts, expected)
        axis.bar(places, usual, width=0.8, color=_LIGHT, edgecolor=_DARK, linewidth=0.8)
        over = np.where(places >= 0, counts - usual, 0)
        under = np.where(places < 0, counts - usual, 0)
        axis.bar(
            places, under, bottom=usual, width=0.8, color=_LIGHT, edgecolor=_DARK, linewidth=0.8
        )
        axis.bar(
            places[over > 0], over[over > 0], bottom=usual[over > 0], width=0.8, color=_EXCESS,
            edgecolor="black", hatch="///", linewidth=0.8,
        )  # fmt: skip
    else:
        axis.bar(places, counts, width=0.8, color=_LIGHT, edgecolor=_DARK, linewidth=0.8)
    _draw_hidden(axis, places, seen, 1.0)
    axis.plot(places, expected, color="black", linestyle="none", marker="_", markersize=15, mew=2)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_ylim(0, None)
    sns.despine(ax=axis)


def _draw_hidden(axis: Axes, places: np.ndarray, seen: PublicCounts, unit: float) -> None:
    """A hidden cell is drawn as an empty hatched box, of the same height whatever it hides."""
    hidden = np.isnan(seen.counts)
    if hidden.any():
        edges = np.append(places, places[-1] + 1) - 0.5
        axis.stairs(
            np.where(hidden, _HIDDEN_BOX * unit, np.nan), edges, fill=True, facecolor="none", edgecolor=_MID,
            hatch="xxxx", linewidth=0.4,
        )  # fmt: skip


def _hidden_patch() -> Patch:
    return Patch(
        facecolor="none", edgecolor=_MID, hatch="xxxx", label="число скрыто (малая группа)"
    )


def _signed(step: int) -> str:
    return f"−{-step}" if step < 0 else f"+{step}" if step else "0"


def _figure(canvas: Canvas, name: str, caption: str, description: str) -> Figure:
    buffer = io.StringIO()
    canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    return Figure(name, caption, description, svg[svg.index("<svg") :])
