"""Typical remarks of experts and what to do about them, as data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from msoko_analysis.errors import Problem
from msoko_analysis.monitoring.editions import Edition
from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.schema import (
    Document,
    Strict,
    Text,
    load_file,
    once,
)
from msoko_analysis.rules.mechanisms import Mechanisms


class Remark(Strict):
    """A remark, the components and systems it is about (no systems: all), and the measure."""

    id: Text
    remark: Text
    components: tuple[Text, ...]
    systems: tuple[Text, ...] = ()
    measure: Text
    responsible: Text
    term: Text
    evidence: Text
    expected_result: Text
    source: Text


def load_remarks(path: Path = PARAMS / "mechanisms" / "remarks.yaml") -> tuple[Remark, ...]:
    """Read and check the catalogue; raises ParamsError with every fault.

    >>> load_remarks()[0].id
    'local_conditions'
    """
    return load_file(tuple[Remark, ...], path, "Замечания экспертов не приняты", _check)


def _check(found: tuple[Remark, ...], document: Document, problems: list[Problem]) -> None:
    once((one.id for one in found), "id", "замечание", document, problems)


def advice(result: Mechanisms, edition: Edition, remarks: tuple[Remark, ...]) -> pd.DataFrame:
    """Remarks that may stand behind lost points, for every component below its maximum.

    A remark is what experts often say of such a component, not what they said here: a person picks.

    Returns
    -------
    DataFrame: direction, component, points, maximum, percent, lost, remark (its id), in the order of
    the edition; a component no remark is about has none.

    >>> from msoko_analysis.monitoring.editions import load_editions
    >>> from msoko_analysis.rules.mechanisms import assess
    >>> edition = load_editions()["2022"]
    >>> points = dict.fromkeys(edition.positions()["position"], 1.0) | {"2.4.goals": 0.0}
    >>> advice(assess(edition.positions(), points), edition, load_remarks())["remark"].tolist()
    ['no_system']
    """
    system = {direction.code: direction.system for direction in edition.directions}
    rows = [
        (row.direction, row.component, row.points, row.maximum, row.percent, one.id)
        for row in result.components.itertuples()
        if row.points < row.maximum
        for one in remarks
        if row.component in one.components
        and (not one.systems or system[row.direction] in one.systems)
    ]
    columns = ["direction", "component", "points", "maximum", "percent", "remark"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(5, "lost", frame["maximum"] - frame["points"])
    return frame
