"""What to do about what a note on monitoring shows, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import Strict, Text, read_yaml, validate

Shown = Literal[
    "indicator_worse", "target_missed", "indicator_absent", "experts_differ", "roadmap_overdue",
    "roadmap_no_evidence", "cycle_incomplete", "effect_unclear",
]  # fmt: skip


class Action(Strict):
    """What is done, by whom and until when, once the note shows ``finding``."""

    id: Text
    finding: Shown
    addressee: Text
    problem: Text
    causes: tuple[Text, ...]
    measure: Text
    responsible: Text
    term: Text
    control_indicator: Text
    expected_result: Text
    evidence: Text
    source: Text


def load_actions(path: Path = PARAMS / "monitoring_actions.yaml") -> tuple[Action, ...]:
    """Read and check the catalogue; raises ParamsError with every fault.

    >>> load_actions()[0].id
    'indicator_worse'
    """
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    actions = validate(tuple[Action, ...], document, problems) if document else None
    for number, one in enumerate(actions or ()):
        if one.id in [other.id for other in actions[:number]]:
            rule = f"рекомендация «{one.id}» уже есть выше"
            problems.append(document.problem((number, "id"), rule, "уберите одну"))
    if problems:
        raise ParamsError(str(DataError.from_problems("Рекомендации не приняты", problems)))
    return actions
