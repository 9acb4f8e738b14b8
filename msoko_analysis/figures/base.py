"""What all figures share: style, panels, and the way from a canvas to one inline SVG.

Black-and-white print must do: meaning is carried by shape, hatching and labels.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from msoko_analysis.disclosure import PublicCounts
from msoko_analysis.page.prose import escaped
from msoko_analysis.russian import number

DARK, MID, LIGHT = "#1f3b57", "#7a7a7a", "#d9d9d9"
EXCESS = "#b5541c"
STYLE = {
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
WIDTH = 7.6
_DOTS = 160  # per inch, enough for print
COMMA = FuncFormatter(lambda value, _: number(value, 0 if value == round(value) else 1))
HIDDEN_BOX = 4
"""Height of the box of a hidden cell, in pupils: the same whatever it hides."""


@dataclass(frozen=True)
class Figure:
    """One numbered figure: inline SVG, caption, and a description for readers who can not see it.

    ``png`` is the same picture for a Word document and for slides.
    """

    name: str
    caption: str
    description: str
    svg: str
    png: bytes

    def _repr_html_(self) -> str:
        return (
            f'<figure data-name="{escaped(self.name)}" tabindex="0">'
            f'<div role="img" aria-label="{escaped(self.description)}">{self.svg}</div>'
            f"<figcaption>{escaped(self.caption)}</figcaption></figure>"
        )


def grid(rows: int, columns: int, *, height: float) -> tuple[Canvas, np.ndarray]:
    """Panels with fixed margins in inches: an automatic layout draws everything twice."""
    whole = rows * height + 0.35
    canvas = Canvas(figsize=(WIDTH, whole))
    axes = canvas.subplots(rows, columns, squeeze=False)
    canvas.subplots_adjust(
        left=0.62 / WIDTH, right=1 - 0.08 / WIDTH, top=1 - 0.25 / whole, bottom=0.82 / whole,
        wspace=0.26, hspace=0.52,
    )  # fmt: skip
    return canvas, axes.ravel()


def against(
    axis: Axes, places: np.ndarray, seen: PublicCounts, expected: np.ndarray, *, shade: bool
) -> None:
    """Columns of what was seen with ticks of what was expected; ``shade`` marks what is beyond it at
    places from 0 on.
    """
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
    draw_hidden(axis, places, seen.counts, 1.0)
    axis.plot(places, expected, color="black", linestyle="none", marker="_", markersize=15, mew=2)
    axis.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.set_ylim(0, None)
    sns.despine(ax=axis)


def draw_hidden(axis: Axes, places: np.ndarray, seen: np.ndarray, unit: float) -> None:
    """A hidden cell, nan in ``seen``, is an empty hatched box, of the same height whatever it hides."""
    hidden = np.isnan(seen)
    if hidden.any():
        edges = np.append(places, places[-1] + 1) - 0.5
        axis.stairs(
            np.where(hidden, HIDDEN_BOX * unit, np.nan), edges, fill=True, facecolor="none", edgecolor=MID,
            hatch="xxxx", linewidth=0.4,
        )  # fmt: skip


def school_and_usual(usual: str) -> list[Patch | Line2D]:
    """What the legend says of a school against its expectation; ``usual`` says whose that is."""
    return [
        Patch(facecolor=LIGHT, edgecolor=DARK, label="в школе"),
        Line2D(
            [], [], color="black", marker="_", markersize=9, linestyle="none", mew=2, label=usual
        ),
    ]


def hidden_patch() -> Patch:
    """What the legend says of a hidden cell."""
    return Patch(facecolor="none", edgecolor=MID, hatch="xxxx", label="число скрыто (малая группа)")


def as_words(name: str) -> str:
    r"""A name that somebody typed, as text of a figure: two dollars in it are no formula.

    >>> print(as_words("Лицей $1$"))
    Лицей \$1\$
    """
    return name.replace("$", r"\$")


def drawn(canvas: Canvas, name: str, caption: str, description: str) -> Figure:
    """The canvas as a figure; the same canvas gives the same bytes."""
    buffer, picture = io.StringIO(), io.BytesIO()
    with warnings.catch_warnings():
        # a sign the font lacks is drawn as a box; the table beside the figure has it
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        canvas.savefig(picture, format="png", dpi=_DOTS, metadata={"Software": None})
    svg = buffer.getvalue()
    return Figure(name, caption, description, svg[svg.index("<svg") :], picture.getvalue())
