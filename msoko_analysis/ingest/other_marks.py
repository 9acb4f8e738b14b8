"""School marks of another scale (1…10, 2,00…6,00): one word for the column, not one for every cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import RESULTS
from msoko_analysis.ingest.numbers import number_in

_COLUMNS = ("prior_mark", "mark")
# Fewer are slips of the pen, each told as a fault of its cell; one alone is one in any file.
_MOST_SLIPS, _FEWEST = 0.05, 2
_ADVICE = (
    "запишите в описании файла (*.layout.yaml), с какого значения какая отметка: "
    "{name}: {{column: …, bands: {{2: …, 3: …, 4: …, 5: …}}}}"
)


def without_other_marks(blocks: Iterable[Block]) -> tuple[list[Block], list[Problem]]:
    """The blocks without columns of marks that are not on the scale 2…5, and a word on each column.

    A column is of another scale where two marks or more, and more than one in twenty, are broken or
    above 5 (docs/decisions/0041). Marks 0 and 1 say nothing: they are faults of their cells.

    >>> from pathlib import Path
    >>> table = pl.DataFrame({"_row": [2, 3, 4], "оценка": ["5,5", "4", "6"]})
    >>> block = Block(RESULTS, "", Path("a.csv"), "", table, {"mark": "оценка"})
    >>> without_other_marks([block])[1][0].rule
    'отметки не из 2, 3, 4, 5 (дробные или больше 5): 2 из 3; столбец не взят'
    """
    kept: list[Block] = []
    told: list[Problem] = []
    for block in blocks:
        faults = {name: _fault(block, name) for name in _COLUMNS if name in block.columns}
        other = {name: fault for name, fault in faults.items() if fault is not None}
        if block.contract is RESULTS and other:
            columns = {name: own for name, own in block.columns.items() if name not in other}
            ignored = (*block.ignored, *(block.columns[name] for name in other))
            block = replace(block, columns=columns, ignored=ignored).of_allowed()
            told += other.values()
        kept.append(block)
    return kept, told


def _fault(block: Block, name: str) -> Problem | None:
    heading = block.columns[name]
    marks = block.original.select(number_in(pl.col(heading).cast(pl.String)))[heading]
    marks = marks.filter(marks.is_finite())
    other = int(((marks > 5) | (marks != marks.floor())).sum())
    if other < _FEWEST or other <= _MOST_SLIPS * len(marks):
        return None
    rule = (
        f"отметки не из 2, 3, 4, 5 (дробные или больше 5): {other} из {len(marks)}; столбец не взят"
    )
    return Problem(rule, _ADVICE.format(name=name), block.path.name, block.sheet, column=heading)
