"""Figures: what is hidden is not drawn, what is drawn is told in words, the bytes stay the same."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.axes import Axes

from msoko_analysis.disclosure import PublicCounts, publish_counts
from msoko_analysis.figures import (
    Distribution,
    FunnelPoints,
    NearCuts,
    school_funnel,
    school_near_cuts,
    score_distributions,
)
from msoko_analysis.figures.base import COMMA
from msoko_analysis.figures.intervals import SchoolIntervals, school_intervals

WORDS = {"name": "f", "caption": "Рисунок 1. Баллы", "description": "Столбцы по баллам"}
REGION = PublicCounts(np.array([10.0, 20, 40, 60, 80, 90, 80, 60, 40, 20, 10]), 510)


@pytest.fixture
def drawn(monkeypatch) -> list[tuple[np.ndarray, str | None]]:
    """Heights handed to matplotlib by stairs and bars, with the hatch that marks hidden cells."""
    seen: list[tuple[np.ndarray, str | None]] = []
    for name, place in (("stairs", 0), ("bar", 1)):
        real = getattr(Axes, name)

        def spy(axis, *args, _real=real, _place=place, **more):
            seen.append((np.asarray(args[_place], dtype=float), more.get("hatch")))
            return _real(axis, *args, **more)

        monkeypatch.setattr(Axes, name, spy)
    return seen


def panel(counts: PublicCounts) -> Distribution:
    return Distribution("Математика, 4 класс", counts, REGION, (3, 5, 8))


def near(observed: PublicCounts, tenths: PublicCounts) -> NearCuts:
    return NearCuts(np.arange(-3, 2), observed, np.full(5, 8.0), tenths, np.full(10, 7.0))


CELLS = np.array([0, 1, 4, 12, 18, 30, 22, 14, 9, 3, 0])


def test_hidden_cells_of_a_distribution_have_one_height(thresholds, drawn) -> None:
    public = publish_counts(CELLS, thresholds)
    score_distributions([panel(public)], **WORDS)
    (bars, _), (boxes, hatch), (line, _) = drawn
    share = 100 / CELLS.sum()
    assert hatch == "xxxx"
    hidden = np.isnan(public.counts)
    assert hidden[[1, 2, 9]].all()
    assert (bars[hidden] == 0).all()
    assert np.allclose(bars[~hidden], share * CELLS[~hidden])
    assert np.unique(boxes[hidden]).size == 1
    assert np.isnan(boxes[~hidden]).all()
    assert np.allclose(line, 100 * REGION.counts / REGION.n)


def test_the_picture_does_not_depend_on_what_is_hidden(thresholds) -> None:
    """Moving pupils between hidden cells changes no byte of the figures."""
    other = CELLS.copy()
    other[[1, 2, 9]] = 3, 1, 4
    assert other.sum() == CELLS.sum()
    pictures = [
        score_distributions([panel(publish_counts(cells, thresholds))], **WORDS).svg
        for cells in (CELLS, other)
    ]
    assert pictures[0] == pictures[1]
    halves = [
        publish_counts(np.array(cells), thresholds)
        for cells in ((3, 1, 9, 20, 7), (1, 3, 9, 20, 7))
    ]
    tenths = publish_counts(CELLS[:10], thresholds)
    schools = [school_near_cuts(near(half, tenths), **WORDS).svg for half in halves]
    assert schools[0] == schools[1]


def test_bars_of_a_school_leave_hidden_cells_empty(thresholds, drawn) -> None:
    public = publish_counts(np.array([3, 1, 9, 20, 7]), thresholds)
    school_near_cuts(near(public, publish_counts(CELLS[:10], thresholds)), **WORDS)
    hidden = np.isnan(public.counts)
    usual = drawn[0][0]
    assert (usual[hidden] == 0).all()
    excess = next(heights for heights, hatch in drawn if hatch == "///")
    assert excess.tolist() == [12.0]  # 20 works where 8 are expected


def test_a_distribution_hidden_whole_is_still_drawn() -> None:
    nothing = PublicCounts(np.full(11, np.nan), 30)
    figure = score_distributions([panel(nothing)], **WORDS)
    assert "nan" not in figure.svg.lower()


def _funnel(names: list[str]) -> FunnelPoints:
    pupils = np.array([8.0, 40, 200])
    grid = np.geomspace(5, 200, 20)
    return FunnelPoints(
        pupils, np.array([0.4, -0.2, 1.1]), np.array([True, False, True]), names, grid,
        {"95 % школ": 1 / np.sqrt(grid), "предел вывода": 2 / np.sqrt(grid)},
    )  # fmt: skip


FIGURES = {
    "distributions": lambda: score_distributions([panel(PublicCounts(CELLS + 5.0, 168))], **WORDS),
    "funnel": lambda: school_funnel(_funnel(["", "", "Школа № 1"]), **WORDS),
    "school": lambda: school_near_cuts(
        near(PublicCounts(np.full(5, 9.0), 45), PublicCounts(np.full(10, 9.0), 90)), **WORDS
    ),
}
every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


@every_figure
def test_a_figure_is_told_in_words(draw) -> None:
    page = draw()._repr_html_()
    assert 'role="img" aria-label="Столбцы по баллам"' in page
    assert "<figcaption>Рисунок 1. Баллы</figcaption>" in page


@every_figure
def test_a_figure_is_plain_svg_without_a_date(draw) -> None:
    figure = draw()
    ET.fromstring(figure.svg)
    assert not re.search(r"\d{4}-\d\d-\d\dT", figure.svg)
    assert "<script" not in figure.svg
    assert figure.svg == draw().svg


def test_text_of_a_figure_can_not_break_the_page() -> None:
    words = {"name": "f", "caption": 'Школа <"№ 1">', "description": '"><script>'}
    page = score_distributions([panel(PublicCounts(CELLS + 5.0, 168))], **words)._repr_html_()
    assert "<script>" not in page
    assert "Школа &lt;" in page


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0,5"), (1.0, "1"), (-1.5, "−1,5"), (1200.0, "1\u202f200")]
)
def test_axes_have_decimal_commas(value: float, text: str) -> None:
    assert COMMA(value, 0) == text


def test_every_figure_of_the_demo_has_a_description(demo_blocks) -> None:
    for pages in demo_blocks.values():
        page = "".join(pages.values())
        assert page.count("<svg") == page.count('role="img" aria-label="')
        assert 'aria-label=""' not in page
        numbers = [int(one) for one in re.findall(r"<figcaption>Рисунок (\d+)", page)]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", ["Лицей $\\frac{a}$", "$x^2$", "Школа \ue000 漢字", "$"])
def test_a_school_called_anything_is_drawn_as_it_is_called(name: str) -> None:
    one = np.array([1.0])
    data = SchoolIntervals((name,), one, one - 1, one + 1, one, 1.0, (0.0, 2.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a page prints warnings, with paths of this machine
        figure = school_intervals(data, axis_title="Балл", **WORDS)
    assert figure.png
