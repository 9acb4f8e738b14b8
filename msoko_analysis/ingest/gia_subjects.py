"""Subject codes of РИС ГИА: ``params/gia_subjects.csv``, each with how well it is known."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import StringConstraints

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.home import SHIPPED
from msoko_analysis.ingest.contracts import PROCEDURES, SUBJECTS
from msoko_analysis.params.schema import Strict, Text, nearest, read_csv, shown

FILE = SHIPPED / "params" / "gia_subjects.csv"


class GiaSubject(Strict):
    """A code of РИС ГИА: the subject it means; ``name`` is how its name in a protocol begins.

    ``procedure`` is empty where the kind of protocol tells it.
    """

    code: Annotated[str, StringConstraints(pattern=r"^\d\d$")]
    subject: Text
    procedure: str = ""
    name: Text
    status: Literal["confirmed", "unconfirmed"]
    source: Text


@lru_cache
def gia_subjects() -> dict[str, GiaSubject]:
    """All codes; raises ParamsError with every fault of the file.

    >>> gia_subjects()["12"].subject, gia_subjects()["09"].status
    ('OB', 'unconfirmed')
    """
    problems: list[Problem] = []
    rows = read_csv(GiaSubject, FILE, problems)
    for row, line in rows:
        for column, value, known in (
            ("subject", row.subject, SUBJECTS),
            ("procedure", row.procedure, ("", *PROCEDURES)),
        ):
            if value not in known:
                rule = f"«{value}» нет в params"
                problems.append(Problem(rule, nearest(value, known), shown(FILE), "", line, column))
    if problems:
        raise ParamsError(
            str(DataError.from_problems("Коды предметов РИС ГИА не приняты", problems))
        )
    return {row.code: row for row, _ in rows}


def subject_called(name: str) -> str | None:
    """The subject a protocol names, or None if the name is not known.

    >>> subject_called("Математика (базовый уровень)"), subject_called("МАТЕМАТИКА профильная")
    ('MAB', 'MA')
    """
    words = " ".join(name.lower().replace("ё", "е").replace("(", " ").split())
    fits = [row for row in gia_subjects().values() if words.startswith(row.name)]
    return max(fits, key=lambda row: len(row.name)).subject if fits else None
