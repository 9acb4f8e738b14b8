"""How papers, schools, districts and verdicts are called."""

from __future__ import annotations

from collections.abc import Iterable

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.params.procedures import procedures as _known
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import NBSP, counted, listed, natural

#: Forms of «paper» where a year mixes procedures whose papers have different names.
_MIXED = ("процедура", "процедуры", "процедур"), ("процедуре", "процедурам")
VERDICT = {
    Verdict.CONCERN: "требует проверки",
    Verdict.WATCH: "к сведению",
    Verdict.NO_CONCERN: "признака нет",
    Verdict.TOO_FEW: "данных недостаточно",
}


def paper_name(facts: Facts, paper: Paper) -> str:
    """«математика, 4 класс», with «(ОГЭ)» where it is not the first procedure of the run."""
    name = f"{facts.run.subjects[paper.subject].nominative}, {paper.grade}{NBSP}класс"
    first = facts.run.papers[0].procedure
    return name if paper.procedure == first else f"{name} ({procedure_name(paper.procedure)})"


def procedure_name(code: str) -> str:
    """«ВПР» for the code VPR.

    >>> procedure_name("OGE")
    'ОГЭ'
    """
    return _known()[code].short


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
    return procedures_of(_of_year(facts))


def of_procedures(facts: Facts) -> str:
    """The same in the genitive: «О результатах ВПР и экзаменов»."""
    return procedures_of(_of_year(facts), genitive=True)


def procedures_of(papers: Iterable[Paper], *, genitive: bool = False) -> str:
    """The procedures of papers by name, each once; "" without papers.

    >>> procedures_of([])
    ''
    """
    known = [_known()[paper.procedure] for paper in papers]
    names = (one.genitive if genitive else one.whole for one in known)
    told = dict.fromkeys(name or one.short for name, one in zip(names, known, strict=True))
    return listed(told) if told else ""


def _of_year(facts: Facts) -> tuple[Paper, ...]:
    return (*facts.papers, *facts.exams, *facts.counted)


def papers(facts: Facts, n: float) -> str:
    """«2 проверочные работы»: a paper all pupils of a grade write, not the work of one pupil."""
    return counted(n, *_forms(facts)[0])


def over_papers(facts: Facts, n: float) -> str:
    """«по 2 проверочным работам»."""
    one, many = _forms(facts)[1]
    return f"по {counted(n, one, many, many)}"


def all_papers(facts: Facts) -> str:
    """«всем проверочным работам», «… с отметками» where there are test scores besides."""
    return f"всем {_forms(facts)[1][1]}{' с отметками' if facts.exams else ''}"


def _forms(facts: Facts) -> tuple[tuple[str, str, str], tuple[str, str]]:
    """How a paper of the year is called: after 1, 2, 5; after «по», one and many."""
    called = {
        ((known.one, known.few, known.many), (known.dative, known.dative_plural))
        for known in (_known()[paper.procedure] for paper in _of_year(facts) or facts.run.papers)
    }
    return called.pop() if len(called) == 1 else _MIXED
