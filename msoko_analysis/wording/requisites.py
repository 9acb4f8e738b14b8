"""The head of a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import escaped
from msoko_analysis.params.acts import MONITORING, acts_of
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import (
    NBSP,
    first_capital,
    fold,
    listed,
)
from msoko_analysis.wording.names import (
    district_cases,
    of_procedures,
    procedures_of,
)

UNNAMED_REGION, UNNAMED_ORGANISATION = "регион", "организация не указана"
TO_FILL = "_" * 30
DATED = "«___» __________ 20__ г. № ______"
MARKING = "Для служебного пользования"


@dataclass(frozen=True)
class Requisites:
    """The head of an official document, with what is left to fill by hand."""

    rows: tuple[tuple[str, str], ...]
    marking: str = ""  # printed on every sheet of the page and of the Word document

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{escaped(name)}</th><td>{escaped(value)}</td></tr>'
            for name, value in self.rows
        )
        marked = f' restricted" data-marking="{self.marking}' if self.marking else ""
        return f'<table class="meta{marked}"><tbody>{rows}</tbody></table>'


def requisites(facts: Facts) -> Requisites:
    """Requisites of the note; date and number are given when it is registered."""
    name = district_cases(facts)
    about = f"О результатах {of_procedures(facts)} {facts.year} года в {name.prepositional}"
    official = facts.issue == "official"
    return Requisites(
        (
            *([("Гриф", f"{MARKING}. Экз. №{NBSP}____")] if official else []),
            *head(facts, "Аналитическая справка", about),
            ("Цель", "методическая помощь школам; не оценка работы школ и учителей"),
            ("Основание", grounds((*facts.papers, *facts.exams, *facts.counted), facts.year)),
        ),
        marking=MARKING if official else "",
    )


def head(
    facts: Facts, kind: str, about: str, given: tuple[str, str] = ("Дата и номер", DATED)
) -> tuple[tuple[str, str], ...]:
    """What every document of a district begins with; ``given``: how it gets its date and number."""
    return (
        ("Организация", issued_by(facts.run.organisation)),
        ("Вид документа", kind),
        ("Заголовок к тексту", about),
        given,
        ("Муниципалитет", place(district_cases(facts).nominative, facts.run.region.nominative)),
    )


def issued_by(organisation: str) -> str:
    """The organisation, or a line to fill in where nobody has named it.

    >>> issued_by("Центр оценки"), issued_by("организация не указана") == TO_FILL
    ('Центр оценки', True)
    """
    return TO_FILL if organisation == UNNAMED_ORGANISATION else organisation


def place(municipality: str, region: str) -> str:
    """The municipality and its region, unless nobody has named the region.

    >>> place("лесной район", "Алтайский край"), place("лесной район", "регион")
    ('Лесной район, Алтайский край', 'Лесной район')
    """
    named = () if fold(region) == UNNAMED_REGION else (region,)
    return ", ".join((first_capital(municipality), *named))


def grounds(papers: Iterable[Paper], year: int) -> str:
    """The acts by which the procedures of a year are held and analysed, then what is to be filled in.

    An act nobody has confirmed stands beside the line to fill, to be checked, never as a ground.

    >>> grounds([Paper("VPR", 4, "MA")], 2027) == f"Документ о проведении ВПР 2027 года: {TO_FILL}"
    True
    """
    by_code = {paper.procedure: paper for paper in papers}
    known = {code: acts_of(code, year) for code in by_code}
    told = dict.fromkeys(one.title for found in known.values() for one in found if one.confirmed)
    lacking = [
        code
        for code, found in known.items()
        if not any(one.confirmed and one.holds for one in found)
    ]
    lines = list(told)
    if lacking or not by_code:
        held = procedures_of((by_code[code] for code in lacking), genitive=True)
        doubtful = [one.title for code in lacking for one in known[code] if not one.confirmed]
        check = f" (сверьте: {listed(doubtful)})" if doubtful else ""
        what = held or "оценочных процедур"
        lines.append(f"документ о проведении {what} {year} года: {TO_FILL}{check}")
    return first_capital("; ".join(lines))


def grounds_of_monitoring(year: int) -> str:
    """The acts of motivating monitoring and of management mechanisms, or a line to fill in.

    >>> grounds_of_monitoring(2027) == f"Документ о мониторинге за 2027 год: {TO_FILL}"
    True
    """
    known = [one.title for one in acts_of(MONITORING, year) if one.confirmed]
    return first_capital("; ".join(known)) or f"Документ о мониторинге за {year} год: {TO_FILL}"
