"""What to do about what a note on monitoring shows, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from msoko_analysis.errors import Problem
from msoko_analysis.monitoring.registry import load_registry
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import (
    Document,
    Fault,
    Strict,
    Text,
    load_file,
    nearest,
    once,
)

Shown = Literal[
    "indicator", "indicator_absent", "experts_differ", "roadmap_overdue",
    "roadmap_no_evidence", "cycle_incomplete", "effect_unclear",
]  # fmt: skip


class Action(Strict):
    """What is done, by whom and until when, once the note shows ``finding``.

    ``indicators`` of the finding ``indicator``: those that became worse, missed their target or stay
    behind; no other finding has them.
    """

    id: Text
    finding: Shown
    indicators: tuple[Text, ...] = ()
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

    @model_validator(mode="after")
    def _whose(self) -> Action:
        if (self.finding == "indicator") != bool(self.indicators):
            rule = f"у рекомендации {self.id} indicators и finding не подходят друг к другу"
            raise Fault(rule, "перечислите показатели при finding: indicator и только при нём")
        return self


def load_actions(path: Path = PARAMS / "monitoring_actions.yaml") -> tuple[Action, ...]:
    """Read and check the catalogue; raises ParamsError with every fault.

    Every indicator of the registry has exactly one action.

    >>> load_actions()[0].indicators
    ('ДПО1', 'ДК1')
    """
    return load_file(tuple[Action, ...], path, "Рекомендации не приняты", _check)


def _check(found: tuple[Action, ...], document: Document, problems: list[Problem]) -> None:
    once((one.id for one in found), "id", "рекомендация", document, problems)
    known = [one.code for one in load_registry()]
    named = [(number, code) for number, one in enumerate(found) for code in one.indicators]
    seen: set[str] = set()
    for number, code in named:
        where = (number, "indicators")
        if code not in known:
            rule = f"показателя «{code}» нет в реестре"
            problems.append(document.problem(where, rule, nearest(code, known)))
        elif code in seen:
            rule = f"у показателя «{code}» уже есть рекомендация выше"
            problems.append(document.problem(where, rule, "оставьте одну"))
        seen.add(code)
    if missing := [code for code in known if code not in seen]:
        rule = f"нет рекомендаций для показателей: {', '.join(missing)}"
        problems.append(document.problem((), rule, "добавьте их"))
