"""How papers, schools, districts and verdicts are called."""

from __future__ import annotations

from msoko_analysis.facts import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.russian import NBSP, natural
from msoko_analysis.scales import Paper

PROCEDURE = {"VPR": "ВПР", "OGE": "ОГЭ", "EGE": "ЕГЭ"}
VERDICT = {
    Verdict.CONCERN: "требует проверки",
    Verdict.WATCH: "к сведению",
    Verdict.NO_CONCERN: "признака нет",
    Verdict.TOO_FEW: "данных недостаточно",
}


def paper_name(facts: Facts, paper: Paper) -> str:
    """«математика, 4 класс»."""
    return f"{facts.run.subjects[paper.subject].nominative}, {paper.grade}{NBSP}класс"


def school_name(facts: Facts, unit: str) -> str:
    """The school's name, or its code where the list of schools does not know it."""
    return facts.names.get(unit, unit)


def school_names(facts: Facts, units: list[str]) -> list[str]:
    """Names in alphabetical order, numbers as numbers: no league table."""
    return sorted((school_name(facts, unit) for unit in units), key=natural)


def district_cases(facts: Facts):
    """The district's name in the cases."""
    return facts.run.districts[facts.district].name


def procedures(facts: Facts) -> str:
    """«ВПР» or several procedures of the year."""
    return ", ".join(dict.fromkeys(PROCEDURE[paper.procedure] for paper in facts.papers))
