"""Circumstances of one school in the explorer: kind, place, size, and its level against expectation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.page.tables import HIDDEN, Table
from msoko_analysis.russian import DASH, NBSP, listed, number
from msoko_analysis.wording.names import VERDICT, school_name
from msoko_analysis.wording.results import like_conditions

_TYPES = {
    "secondary": "средняя школа",
    "basic": "основная школа",
    "primary": "начальная школа",
    "gymnasium": "гимназия",
    "lyceum": "лицей",
    "other": "другой вид",
}


def context_table(facts: Facts, unit: str, about: Mapping[str, object]) -> Table:
    """Kind, place and size of the school, its level against what they lead to expect.

    ``about`` is the row of the list of schools: school_type, location, settlement_size, pupils.
    """
    return Table(
        "context",
        f"{school_name(facts, unit)}: условия и уровень",
        pd.DataFrame(_context(facts, unit, about), columns=["Что", "Значение"]),
        notes=(
            "Уровень и отличие от ожидания — сведения для помощи школе, а не признак необъективности. "
            f"Ожидание — по школам региона в таких же условиях{like_conditions(facts)}.",
        ),
    )


def _context(facts: Facts, unit: str, about: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    known = {key: value for key, value in about.items() if pd.notna(value)}
    yield "Муниципалитет", facts.run.districts[facts.district].name.nominative
    yield "Вид школы", _TYPES.get(str(known.get("school_type")), DASH)
    yield "Место", _category(known.get("location"))
    yield "Население места", _category(known.get("settlement_size"))
    yield "Учеников в школе", number(known["pupils"]) if "pupils" in known else DASH
    result = facts.pooled(unit, "result")
    yield "Средний результат по работам года, % максимума", _with_interval(result, 1)
    yield "Ожидается при её условиях, %", _with_interval(facts.pooled(unit, "expected_result"), 1)
    better = facts.pooled(unit, "better")
    share = (
        DASH if better is None else HIDDEN if better["hidden"] else number(100 * better["value"])
    )
    yield "Вероятность, что школа выше ожидания, %", share
    level = facts.pooled(unit, "level")
    yield (
        f"Отличие от школ в таких же условиях, ст.{NBSP}откл. балла ученика",
        _with_interval(level, 2),
    )
    judged = next((one for one in facts.of("level_school", *Verdict) if one.unit == unit), None)
    yield "Вывод об уровне", _LEVELS[judged.verdict] if judged else "не с чем сравнить"
    years = sorted(facts.lists.loc[facts.lists["school"] == unit, "year"])
    yield (
        "Официальные списки школ с признаками",
        listed(str(year) for year in years) if years else "школы в списках нет",
    )


_LEVELS = {
    Verdict.WATCH: "далеко от школ в таких же условиях",
    Verdict.NO_CONCERN: "обычный для школ в таких же условиях",
    Verdict.TOO_FEW: VERDICT[Verdict.TOO_FEW],
}


def _category(label: object) -> str:
    """«2) Город» of the list of schools without its number."""
    return DASH if label is None else str(label).partition(") ")[2] or str(label)


def _with_interval(row: pd.Series | None, digits: int) -> str:
    if row is None or (pd.isna(row["value"]) and not row["hidden"]):
        return DASH
    if row["hidden"]:
        return HIDDEN
    text = number(row["value"], digits)
    if pd.isna(row["low"]):
        return text
    return f"{text} (95{NBSP}%: {number(row['low'], digits)}…{number(row['high'], digits)})"
