"""What to do about what a note on monitoring shows, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msoko_analysis.errors import Problem
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import (
    Document,
    Strict,
    Text,
    load_file,
    once,
)

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
    return load_file(tuple[Action, ...], path, "Рекомендации не приняты", _check)


def _check(found: tuple[Action, ...], document: Document, problems: list[Problem]) -> None:
    once((one.id for one in found), "id", "рекомендация", document, problems)
