"""The head of a document."""

from __future__ import annotations

from dataclasses import dataclass

from msoko_analysis.facts.district import Facts
from msoko_analysis.page.prose import escaped
from msoko_analysis.russian import (
    NBSP,
    first_capital,
    fold,
)
from msoko_analysis.wording.names import (
    district_cases,
    of_procedures,
)

UNNAMED_REGION, UNNAMED_ORGANISATION = "регион", "организация не указана"
TO_FILL = "_" * 30
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
    """Requisites of the note; date, number and ground are given when it is registered."""
    name = district_cases(facts)
    about = f"О результатах {of_procedures(facts)} {facts.year} года в {name.prepositional}"
    official = facts.issue == "official"
    return Requisites(
        (
            *([("Гриф", f"{MARKING}. Экз. №{NBSP}____")] if official else []),
            ("Организация", issued_by(facts.run.organisation)),
            ("Вид документа", "Аналитическая справка"),
            ("Заголовок к тексту", about),
            ("Дата и номер", "«___» __________ 20__ г. № ______"),
            ("Муниципалитет", place(name.nominative, facts.run.region.nominative)),
            ("Цель", "методическая помощь школам; не оценка работы школ и учителей"),
            ("Основание", TO_FILL),
        ),
        marking=MARKING if official else "",
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
