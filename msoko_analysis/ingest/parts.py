"""What a form prints of a municipality, of the region or of all marks must be what its parts are."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import PAPER
from msoko_analysis.ingest.sheets import ROW

#: A whole and the level of its parts; a form tells whose the parts are only where the whole is one.
_LEVELS = (("municipality", "school"), ("region", "municipality"))
#: Rows of one paper, and of one group by marks, belong together.
_APART = (*PAPER, "mark_group")
_OF_UNIT = (*PAPER, "level", "unit")
_COMPARED, _WEIGHT = ("lower", "same", "higher"), "_weight"
# Of floating point.
_HAIR = 1e-6


def check_parts(block: Block, rows: pl.DataFrame, shares: Sequence[str], decimals: int) -> None:
    """Raise DataError where the parts of a unit have more participants than the unit, or where they are
    all there and a share of the unit is not their mean, weighted with those it is a share of.

    Shares are printed to ``decimals``; of the whole and of the parts each is half a unit off.
    """
    if not {"level", "n"} <= set(rows.columns) or rows["n"].null_count():
        return
    # of the comparison with the journal shares are of those compared, not of all participants
    counts = [name for name in _COMPARED if name in rows.columns]
    weighed = rows.with_columns(pl.sum_horizontal(counts or ["n"]).alias(_WEIGHT))
    problems: list[Problem] = []
    for group in weighed.partition_by([name for name in _APART if name in rows.columns]):
        for level, below in _LEVELS:
            whole = group.filter(pl.col("level") == level)
            parts = group.filter(pl.col("level") == below).unique("unit")
            if whole.height == 1 and parts.height:
                problems += _problems(block, whole, parts, shares, 10**-decimals + _HAIR)
    if "mark_group" in rows.columns:
        for unit in weighed.partition_by(*_OF_UNIT):
            whole = unit.filter(pl.col("mark_group") == "all")
            parts = unit.filter(pl.col("mark_group") != "all").unique("mark_group")
            if whole.height and parts.height:
                problems += _problems(block, whole[:1], parts, shares, 10**-decimals + _HAIR)
    if problems:
        raise DataError.from_problems(f"Файл {block.path.name} не прочитан", problems)


def _problems(
    block: Block, whole: pl.DataFrame, parts: pl.DataFrame, shares: Sequence[str], margin: float
) -> list[Problem]:
    n, of_parts = int(whole["n"][0]), int(parts["n"].sum())
    place = (block.path.name, block.sheet, int(whole[ROW][0]))
    if of_parts > n:
        rule = f"участников {n}, а в строках частей (школ, муниципалитетов, отметок) {of_parts}"
        action = "выгрузите форму заново: строка повторена или её число не то"
        return [Problem(rule, action, *place, block.heading("n"))]
    weight = int(whole[_WEIGHT][0])
    if of_parts < n or not weight or parts[_WEIGHT].sum() != weight:
        return []
    found = []
    for share in shares:
        mean = parts.select((pl.col(share) * pl.col(_WEIGHT)).sum() / weight)[0, 0]
        known = whole[share][0] is not None and not parts[share].null_count()
        if known and abs(whole[share][0] - mean) > margin:
            rule = f"доля не сходится со строками частей: по ним {mean:.2f} %".replace(".", ",")
            action = "выгрузите форму заново: столбцы сдвинуты или число исправлено"
            found.append(Problem(rule, action, *place, block.heading(share)))
    return found
