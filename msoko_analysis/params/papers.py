"""Which papers were written in a year, where that is known: a paper beside them is often a slip."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from msoko_analysis.errors import Problem
from msoko_analysis.params.procedures import ProcedureCode
from msoko_analysis.params.run import PARAMS, read_subjects
from msoko_analysis.params.scales import PaperOfYear, Status
from msoko_analysis.params.schema import Strict, Text, read_csv


def _words(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


class PapersRow(Strict):
    """One line of ``params/papers.csv``: the subjects of one year, procedure and grade."""

    year: int
    procedure: ProcedureCode
    grade: Annotated[int, Field(ge=1, le=12)]
    subjects: Annotated[tuple[str, ...], BeforeValidator(_words)]
    status: Status
    source: Text


@lru_cache(maxsize=1)
def written() -> tuple[PapersRow, ...]:
    """The lines of ``params/papers.csv``.

    >>> {row.year for row in written()}
    {2025, 2026}
    """
    problems: list[Problem] = []
    return tuple(row for row, _ in read_csv(PapersRow, PARAMS / "papers.csv", problems))


def unheard_of(papers: Iterable[PaperOfYear]) -> list[PaperOfYear]:
    """Papers that are not among those of their year and procedure; of other years nothing is known.

    A language counts as the foreign language whose scale it shares.

    >>> unheard_of([PaperOfYear(2026, "VPR", 6, "OB"), PaperOfYear(2026, "VPR", 6, "NYA")])
    [PaperOfYear(year=2026, procedure='VPR', grade=6, subject='OB')]
    >>> unheard_of([PaperOfYear(2021, "VPR", 6, "OB")])
    []
    """
    subjects = read_subjects(PARAMS / "subjects.yaml", [])
    told = {(row.year, row.procedure) for row in written()}
    known = {
        PaperOfYear(row.year, row.procedure, row.grade, subject)
        for row in written()
        for subject in row.subjects
    }
    return [
        paper
        for paper in papers
        if (paper.year, paper.procedure) in told
        and paper not in known
        and paper._replace(subject=_common(subjects, paper.subject)) not in known
    ]


def _common(subjects: dict, code: str) -> str:
    one = subjects.get(code)
    return (one.scale if one else None) or code
