"""What tasks of papers are about, where somebody wrote it down: optional tables of params/tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from msoko_analysis.errors import Problem
from msoko_analysis.params.procedures import ProcedureCode
from msoko_analysis.params.scales import Paper, PaperOfYear
from msoko_analysis.params.schema import Strict, Text, read_csv, shown


class TaskTopic(Strict):
    """One line: the topic of one task (its number in the results) of one paper and year."""

    year: int
    procedure: ProcedureCode
    grade: Annotated[int, Field(ge=1, le=12)]
    subject: Text
    task: Annotated[int, Field(ge=1)]
    topic: Text
    source: Text


def read_task_topics(
    folder: Path, problems: list[Problem]
) -> dict[tuple[PaperOfYear, int], TaskTopic]:
    """The topics by paper of a year and task; two topics of one task are a problem."""
    found: dict[tuple[PaperOfYear, int], TaskTopic] = {}
    for file in sorted(folder.glob("*.csv")):
        for row, line in read_csv(TaskTopic, file, problems):
            key = PaperOfYear(row.year, *Paper(row.procedure, row.grade, row.subject)), row.task
            if key in found:
                problems.append(
                    Problem("у этого задания тема уже есть", "оставьте одну", shown(file), row=line)
                )
            found[key] = row
    return found
