"""The schools of a district with intervals beside what is usual under their conditions."""

from __future__ import annotations

import numpy as np

from msoko_analysis.facts.district import Facts
from msoko_analysis.figures import Figure
from msoko_analysis.figures.intervals import SchoolIntervals, school_intervals
from msoko_analysis.findings import Verdict
from msoko_analysis.page.prose import Stack, stack
from msoko_analysis.russian import NBSP, counted, natural
from msoko_analysis.wording.equity import conditions
from msoko_analysis.wording.levels import (
    by_levels,
    counted_only,
    highest,
)
from msoko_analysis.wording.names import school_name
from msoko_analysis.wording.numbering import figure_title

_SCHOOLS = ("школа", "школы", "школ")
PAGE = 40
"""Schools on one page of the figure."""


def equity_figures(facts: Facts) -> Stack:
    """All schools of the district with their intervals, what is usual for them, and the region."""
    rows = school_rows(facts)
    if not len(rows):
        return stack([])
    pages = [rows[first : first + PAGE] for first in range(0, len(rows), PAGE)]
    ends = _ends(facts, rows)
    return stack(_page(facts, page, place, ends) for place, page in enumerate(pages))


def school_rows(facts: Facts) -> list[str]:
    """Schools that have a public result over the papers of the year, alphabetically."""
    table = facts.public.table
    mine = table[
        table["year"].eq(facts.year) & table["level"].eq("school")
        & table["municipality"].eq(facts.district) & table["indicator"].eq(_result(facts))
        & ~table["hidden"]
    ]  # fmt: skip
    return sorted(mine["unit"], key=lambda unit: natural(school_name(facts, unit)))


def _result(facts: Facts) -> str:
    """The measure of schools that the figure shows."""
    return "highest_share" if by_levels(facts) else "result"


def _ends(facts: Facts, units: list[str]) -> tuple[float, float]:
    """An axis that holds everything of all pages."""
    rows = [
        facts.pooled(unit, name) for unit in units for name in (_result(facts), "expected_result")
    ]
    shown = [row[name] for row in rows if row is not None for name in ("value", "low", "high")]
    shown.append(facts.value("region", _result(facts)))
    margin = 0.03 * (np.nanmax(shown) - np.nanmin(shown)) or 1.0
    return np.nanmin(shown) - margin, np.nanmax(shown) + margin


def _page(facts: Facts, units: list[str], place: int, ends: tuple[float, float]) -> Figure:
    rows = [facts.pooled(unit, _result(facts)) for unit in units]
    usual = [facts.pooled(unit, "expected_result") for unit in units]
    value, low, high = (np.array([row[name] for row in rows]) for name in ("value", "low", "high"))
    expected = np.array([np.nan if row is None else row["value"] for row in usual], dtype=float)
    found = facts.of("expectation_school", *Verdict)
    named = f" ({conditions(found[0])})" if found else ""
    rest = " (продолжение)" if place else ""
    return school_intervals(
        SchoolIntervals(
            [school_name(facts, unit) for unit in units], value, low, high, expected,
            facts.value("region", _result(facts)), ends,
        ),
        axis_title=_axis(facts),
        name=f"equity-{place + 1}",
        caption=figure_title(
            facts, "equity",
            _caption(facts, rest, named, expected=bool(np.isfinite(expected).any())),
        ),
        description=(
            f"Точечная диаграмма: {counted(len(units), *_SCHOOLS)} муниципалитета с 95-процентными "
            f"интервалами{_beside(facts, expected)}; выводы — в тексте раздела."
        ),
    )  # fmt: skip


def _beside_region(facts: Facts) -> bool:
    """Whether there is a region to draw a line for: not with one municipality, nor with forms."""
    return bool(np.isfinite(facts.value("region", _result(facts))))


def _beside(facts: Facts, expected: np.ndarray) -> str:
    if by_levels(facts):
        return " рядом с регионом" if _beside_region(facts) else ""
    return " рядом с ожидаемым при их условиях" if np.isfinite(expected).any() else ""


def _axis(facts: Facts) -> str:
    if by_levels(facts):
        return f"доля участников с результатом {highest(facts)}, %"
    return "средний результат по работам года, % максимума"


def _caption(facts: Facts, rest: str, under: str, *, expected: bool) -> str:
    if by_levels(facts):
        return (
            f"Доля участников с результатом {highest(facts)}{counted_only(facts)}{rest}: ромб и отрезок — "
            f"школа и 95{NBSP}%, притянутые к доле по региону тем сильнее, чем меньше участников"
            f"{'; пунктир — регион' if _beside_region(facts) else ''}. По алфавиту"
        )
    usual = f", черта — что обычно при таких условиях{under}" if expected else ""
    region = ", пунктир — регион" if _beside_region(facts) else ""
    return f"Результаты школ{rest}: ромб и отрезок — школа и 95{NBSP}%{usual}{region}. По алфавиту"
