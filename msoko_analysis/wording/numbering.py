"""Numbers of tables and figures: one order for the whole note, so that no reference goes astray.

A table without rows, or a figure that this note does not have, takes no number.
"""

from __future__ import annotations

from collections.abc import Callable

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.measures.medals import MEDALS
from msoko_analysis.russian import NBSP, natural
from msoko_analysis.wording.names import school_name
from msoko_analysis.wording.sign_kinds import KINDS


def _papers(facts: Facts) -> bool:
    return bool(facts.papers)


def _any_paper(facts: Facts, indicator: str) -> bool:
    return any(facts.measure("municipality", indicator, one) is not None for one in facts.papers)


def _signs(facts: Facts) -> bool:
    return any(facts.of(code, Verdict.CONCERN, Verdict.WATCH) for code in KINDS)


def _cuts(facts: Facts) -> bool:
    rows = [facts.measure("municipality", "cut_ratio_3", paper) for paper in facts.papers]
    known = any(row is not None and (row["hidden"] or row["value"] == row["value"]) for row in rows)
    return bool(facts.distributions) and known


def _official(facts: Facts) -> bool:
    marked = any(one.value >= 1 for one in facts.of("fioko_markers_school", *Verdict))
    return facts.measure("municipality", "p19") is not None and marked


def _schools_known(facts: Facts) -> bool:
    return bool(facts.schools or facts.counted or facts.of("low_share_school", *Verdict))


def _planned(facts: Facts) -> bool:
    plan = facts.observation
    return plan is not None and bool(plan.visits or plan.rechecks)


def _shnor(facts: Facts) -> bool:
    rule = facts.run.shnor_rules.of(facts.year)
    left = any(one.finding.code == "shnor_school" for one in facts.gone)
    return rule is not None and bool(facts.of("shnor_school", Verdict.WATCH) or left)


def _gaps(facts: Facts) -> bool:
    names = ("pupil_gap", "isolation_highest")
    return any(facts.measure("municipality", name) is not None for name in names)


# In the order of notebooks/district_note.ipynb, with what gives them rows (a test compares both).
_TABLES: dict[str, Callable[[Facts], bool]] = {
    "results": _papers,
    "exams": lambda facts: bool(facts.exams),
    "levels": lambda facts: bool(facts.counted),
    "marks": lambda facts: _any_paper(facts, "prior_same"),
    "subjects": lambda facts: _any_paper(facts, "mark_shift"),
    "school_marks": lambda facts: any(facts.has(one, "mark_shift") for one in facts.schools),
    "procedures": lambda facts: bool(facts.of("link_school", *Verdict)),
    "medals": lambda facts: facts.measure("municipality", "medals", MEDALS) is not None,
    "least": lambda facts: facts.measure("municipality", "medals", MEDALS) is not None,
    "signs": _signs,
    "cuts": _cuts,
    "official": _official,
    "lists": lambda facts: len(facts.lists) > 0,
    "gaps": _gaps,
    "shnor": _shnor,
    "topics": lambda facts: bool(facts.of("topic_district", Verdict.WATCH)),
    "observation": _planned,
    "quality": lambda facts: len(facts.quality) > 0,
    "scales": lambda facts: bool(facts.distributions),
    "limits": lambda facts: True,
    "schools": _schools_known,
    "models": lambda facts: facts.measure("municipality", "p22_participants") is not None,
}


def _distributions(facts: Facts) -> tuple[str, ...]:
    limit = facts.run.thresholds["small_cell"].value
    shown = any(mine.n >= limit for mine, _ in facts.distributions.values())
    return ("distributions",) if shown else ()


def _funnel(facts: Facts) -> tuple[str, ...]:
    return () if facts.funnel is None else ("funnel",)


def _schools(facts: Facts) -> tuple[str, ...]:
    ordered = sorted(facts.pictures, key=lambda unit: natural(school_name(facts, unit)))
    return tuple(f"school-{unit}" for unit in ordered)


def _equity(facts: Facts) -> tuple[str, ...]:
    table = facts.public.table
    mine = table["year"].eq(facts.year) & table["municipality"].eq(facts.district)
    results = (
        mine & table["level"].eq("school") & table["indicator"].isin(["result", "highest_share"])
    )
    return ("equity",) if (results & ~table["hidden"]).any() else ()


# Every part gives the names of its figures in the order in which they are shown.
_FIGURES: tuple[Callable[[Facts], tuple[str, ...]], ...] = (
    *(_distributions, _funnel, _schools, _equity),
)


def tables(facts: Facts) -> tuple[str, ...]:
    """Names of the tables of a note that have rows, in order."""
    return tuple(name for name, there in _TABLES.items() if there(facts))


def figures(facts: Facts) -> tuple[str, ...]:
    """Names of the numbered figures of a note, in order; one may fill several pages."""
    return tuple(name for part in _FIGURES for name in part(facts))


def table_number(facts: Facts, name: str) -> int:
    """Number of a table that has rows."""
    return tables(facts).index(name) + 1


def table_title(facts: Facts, name: str, text: str) -> str:
    """Caption of a table: «Таблица 2. …»; without a number where it has no rows."""
    return f"Таблица{NBSP}{table_number(facts, name)}. {text}" if name in tables(facts) else text


def in_table(facts: Facts, name: str) -> str:
    """«в таблице 2»."""
    return f"в{NBSP}таблице{NBSP}{table_number(facts, name)}"


def see_table(facts: Facts, name: str) -> str:
    """«таблица 2», to stand in brackets."""
    return in_table(facts, name).removeprefix(f"в{NBSP}").replace("таблице", "таблица")


def figure_title(facts: Facts, name: str, text: str) -> str:
    """Caption of a figure: «Рисунок 1. …»."""
    return f"Рисунок{NBSP}{figures(facts).index(name) + 1}. {text}"
