"""Codes of schools in РИС ГИА → the codes they have everywhere else, by the table of schools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import MEDALISTS, RESULTS, SCHOOLS
from msoko_analysis.ingest.gate import BY_NAME, DOCUMENT, OUT_OF_FORM

_SHOWN = 5


def with_own_codes(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with the schools' own codes in protocols of ГИА and lists of medalists.

    A code is looked up in the column ``gia_code`` of the tables of schools, without the leading zeros
    that Excel cuts off; where two schools share a code it says nothing. Without that column nothing
    changes. A block has a warning that counts the schools its codes do not lead to.
    """
    tables = [block for block in blocks if block.contract is SCHOOLS]
    if not any("gia_code" in block.columns for block in tables):
        return list(blocks)
    known = {str(code).strip() for block in tables for code in block.raw()["school"].drop_nulls()}
    codes = _codes(tables)
    return [
        _mapped(block, codes, known)
        if block.contract in (RESULTS, MEDALISTS) and DOCUMENT in block.original.columns
        else block
        for block in blocks
    ]


def _codes(tables: Sequence[Block]) -> dict[str, str]:
    """Code in РИС ГИА without leading zeros → own code."""
    found: dict[str, set[str]] = {}
    for block in tables:
        if "gia_code" in block.columns:
            rows = block.raw().select(pl.col("gia_code", "school").cast(pl.String)).drop_nulls()
            for code, school in rows.iter_rows():
                found.setdefault(_bare(code), set()).add(school.strip())
    return {code: next(iter(own)) for code, own in found.items() if code and len(own) == 1}


def _bare(code: str) -> str:
    return code.strip().removesuffix(".0").lstrip("0")


def _mapped(block: Block, codes: dict[str, str], known: set[str]) -> Block:
    heading = block.columns["school"]
    written = block.original[heading].cast(pl.String)
    told = {
        school
        for school in written.drop_nulls().unique()
        if school.strip() and not school.startswith((BY_NAME, OUT_OF_FORM))
    }
    own = {school: codes[_bare(school)] for school in told if _bare(school) in codes}
    lost = sorted(told - own.keys() - known)
    column = written.replace(own).alias(heading)
    changed = replace(block, original=block.original.with_columns(column))
    if not lost:
        return changed
    shown = ", ".join(lost[:_SHOWN]) + (" …" if len(lost) > _SHOWN else "")
    warning = Problem(
        f"школ: {len(lost)} — кода РИС ГИА нет в столбце gia_code таблицы школ ({shown})",
        "впишите код в таблицу школ; пока результаты этих школ учтены под кодом РИС ГИА или, если "
        "муниципалитет неизвестен, отложены",
        block.path.name,
        block.sheet,
    )
    return replace(changed, warnings=(*block.warnings, warning))
