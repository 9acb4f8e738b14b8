"""Scores that are not whole: one word for the column, with the step of the scale it has."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import RESULTS
from msoko_analysis.ingest.numbers import number_in

#: Multipliers tried for scores with a step: of halves, fifths, tenths …
_FACTORS = (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 200, 1000)
# Of floating point: 4.95 × 20 is a hair off 99.
_HAIR = 1e-6
_DESCRIBE = "опишите файл (*.layout.yaml, data/README.ru.md): "


def broken_scores(
    scores: pl.Series, factor: float = 1, *, cut: bool = False, described: bool = True
) -> tuple[str, str] | None:
    """What is wrong with scores of which some, times ``factor``, are not whole, and what to do.

    ``cut``: their fractions are cut off; ``described``: the file has a description already.

    >>> broken_scores(pl.Series([5.0, 4.5]))[0], broken_scores(pl.Series([5.0, None]))
    ('дробных баллов: 1', None)
    """
    given = scores.filter(scores.is_finite())
    values = given * factor
    broken = values.filter((values - values.round()).abs() > _HAIR)
    if broken.is_empty():
        return None
    whole = next(
        (m for m in _FACTORS if ((given * m - (given * m).round()).abs() < _HAIR).all()), None
    )
    if whole is None:
        advice = "подберите множитель, с которым все баллы целые"
    else:
        step = f"{1 / whole:g}".replace(".", ",")
        advice = (
            f"шаг шкалы {step}: {'' if described else _DESCRIBE}запишите "
            f"total: {{column: …, multiply: {whole}, round: true}} и умножьте на {whole} шкалу, а в её "
            "столбце step запишите, сколько баллов в одном шаге"
        )
    rule = f"дробных баллов: {len(broken)}"
    if cut:
        rule += f" и после умножения на {factor:g}; дробная часть отброшена"
    return rule, advice


def fractions_of(blocks: Iterable[Block]) -> list[Problem]:
    """A word on each column of scores that are not whole, in files without a description.

    >>> from pathlib import Path
    >>> table = pl.DataFrame({"_row": [2, 3], "балл": ["4,5", "7"]})
    >>> block = Block(RESULTS, "", Path("a.csv"), "", table, {"total": "балл"})
    >>> fractions_of([block])[0].action[:15]
    'шаг шкалы 0,5: '
    """
    told: list[Problem] = []
    for block in blocks:
        heading = block.columns.get("total")
        if block.contract is not RESULTS or block.described or heading is None:
            continue
        cells = block.original[heading].cast(pl.String)
        # a million rows have few different scores
        wrong = broken_scores(_numbers(cells.unique())) and broken_scores(
            _numbers(cells), described=False
        )
        if wrong:
            told.append(Problem(*wrong, block.path.name, block.sheet, column=heading))
    return told


def _numbers(cells: pl.Series) -> pl.Series:
    return cells.to_frame("n").select(number_in(pl.col("n")))["n"]
