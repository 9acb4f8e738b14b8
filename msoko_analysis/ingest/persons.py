"""Who is who among hashes: one pseudonym per pupil over protocols and lists of medalists.

A document tells a person best; a name tells one within a school; a participant code within a school
and year. A row without a document borrows the one that its name goes with elsewhere, if that is one
document only: two namesakes of a school are never joined by their name. Of rows without documents
two codes under one name on one day of one exam are two namesakes too: there the code tells a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.block import SCHOOL_NAME, Block
from msoko_analysis.ingest.contracts import MEDALISTS, PAPER, RESULTS, SCHOOLS
from msoko_analysis.ingest.gate import BY_NAME, DOCUMENT, HASHES, ROW
from msoko_analysis.ingest.privacy import Pseudonyms, same_name

#: Stands in the school cell of a medalist whose school is not in the table of schools.
NO_SCHOOL = "школа не найдена"
_PERSON = "псевдоним"


@dataclass(frozen=True)
class _Keys:
    """What a row is known by: hashes, name and code bound to the school; None where it has none."""

    document: str | None
    name: str | None
    code: str | None


def link(blocks: Sequence[Block], pseudonyms: Pseudonyms) -> list[Block]:
    """The blocks with a column ``person`` wherever the gate left hashes; others are untouched.

    In results ``pupil`` is the pseudonym too; of a row that tells nobody, block and line number.
    """
    marked = [block for block in blocks if DOCUMENT in block.original.columns]
    if not marked:
        return list(blocks)
    codes = _school_codes(blocks, pseudonyms)
    placed = {
        id(block): _with_codes(block, codes) if block.contract is MEDALISTS else block
        for block in marked
    }
    keys = {of: _keys(block, pseudonyms) for of, block in placed.items()}
    everybody = [row for rows in keys.values() for row in rows]
    documents = _only((row.name, row.document) for row in everybody)
    names = _only((row.code, row.document or row.name) for row in everybody)
    shared = {name for of, rows in keys.items() for name in _namesakes(placed[of], rows)}

    def person(row: _Keys) -> str | None:
        if row.name in shared and row.code:
            return row.document or row.code
        of_name = documents.get(row.name, row.name) if row.name else None
        of_code = names.get(row.code, row.code) if row.code else None
        return row.document or of_name or (of_code and documents.get(of_code, of_code))

    return [
        _named(placed[id(block)], [person(row) for row in keys[id(block)]], number)
        if id(block) in placed
        else block
        for number, block in enumerate(blocks)
    ]


def in_two_schools(blocks: Sequence[Block]) -> list[Problem]:
    """A word on participants without documents who seem to have sat a paper under two schools.

    The same name and the same code under another school may be a retake, or two people.
    """
    rows = [
        block.raw()
        .select(*(pl.col(name).cast(pl.String) for name in (*PAPER, "school")))
        .hstack(block.original.select(ROW, *HASHES))
        .with_columns(pl.lit(number).alias("_block"))
        for number, block in enumerate(blocks)
        if block.contract is RESULTS and DOCUMENT in block.original.columns
    ]
    if not rows:
        return []
    _, name, code = HASHES
    bare = pl.col(DOCUMENT).is_null() & pl.col(name).is_not_null() & pl.col(code).is_not_null()
    person = (*PAPER, name, code)
    two = pl.concat(rows).filter(bare).filter(pl.col("school").n_unique().over(person) > 1)
    found = two.group_by("_block", maintain_order=True).agg(pl.col(ROW).sort())
    return [
        Problem(
            f"участников: {len(lines)} — то же имя и тот же код стоят и под другой школой (строки "
            f"{', '.join(map(str, lines[:5]))}{' …' if len(lines) > 5 else ''})",
            "если это пересдача, исправьте код ОО: сейчас это два участника",
            blocks[number].path.name,
            blocks[number].sheet,
        )
        for number, lines in found.iter_rows()
    ]


def _school_codes(blocks: Sequence[Block], pseudonyms: Pseudonyms) -> dict[str, str]:
    """What may stand for a school in a list → its code, where that is one school only.

    Its name, as the gate hashed it, and its code without the leading zeros that Excel cuts off.
    """
    pairs: set[tuple[str, str]] = set()
    for block in blocks:
        if block.contract is MEDALISTS or "school" not in block.columns:
            continue
        name = "name" if block.contract is SCHOOLS else SCHOOL_NAME
        columns = ["school", *([name] if name in block.columns else [])]
        for code, *called in block.raw().select(columns).drop_nulls().unique().iter_rows():
            known = str(code).strip()
            pairs.add((known.lstrip("0"), known))
            pairs |= {(BY_NAME + pseudonyms.hash("school", same_name(n)), known) for n in called}
    return _only(pairs)


def _only(pairs: Iterable[tuple[str | None, str | None]]) -> dict[str, str]:
    """Those left sides that go with one right side only."""
    found: dict[str, set[str]] = defaultdict(set)
    for left, right in pairs:
        if left and right:
            found[left].add(right)
    return {left: next(iter(right)) for left, right in found.items() if len(right) == 1}


def _with_codes(block: Block, codes: Mapping[str, str]) -> Block:
    """The list with the codes of schools as other files write them."""
    school = pl.col(block.columns["school"])
    named = school.str.starts_with(BY_NAME)
    known = school.str.strip_chars_start("0").replace_strict(codes, default=None)
    otherwise = pl.when(named).then(pl.lit(NO_SCHOOL)).otherwise(school)
    return replace(block, original=block.original.with_columns(pl.coalesce(known, otherwise)))


def _keys(block: Block, pseudonyms: Pseudonyms) -> list[_Keys]:
    year = block.raw()["year"].cast(pl.String).to_list()
    school = block.original[block.columns["school"]].fill_null("").to_list()
    hashes = zip(*(block.original[name].to_list() for name in HASHES), strict=True)
    return [
        _Keys(
            document,
            name and pseudonyms.hash("pupil", name, place),
            code and pseudonyms.hash("participant", code, place, when or ""),
        )
        for (document, name, code), place, when in zip(hashes, school, year, strict=True)
    ]


def _namesakes(block: Block, rows: Sequence[_Keys]) -> set[str | None]:
    """Names that go with several codes in a block of one exam: a list of medalists has no codes."""
    codes = defaultdict(set)
    for row in rows if block.contract is RESULTS else ():
        if row.name and row.code:
            codes[row.name].add(row.code)
    return {name for name, found in codes.items() if len(found) > 1}


def _named(block: Block, persons: list[str | None], number: int) -> Block:
    table = block.original.drop(HASHES).with_columns(pl.Series(_PERSON, persons, pl.String))
    columns = dict(block.columns) | {"person": _PERSON}
    if block.contract is RESULTS:
        pupil = pl.coalesce(_PERSON, pl.format("{}-{}", pl.lit(number), ROW)).alias("участник")
        table, columns = table.with_columns(pupil), columns | {"pupil": "участник"}
    return replace(block, original=table, columns=columns)


def unlinked(
    tables: Mapping[str, pl.DataFrame], blocks: Sequence[Block], index: str
) -> list[Problem]:
    """Warn, file by file and year by year, of medalists whom no paper of ЕГЭ of the year knows.

    ``index`` is the column of ``medalists`` with the index of the block.
    """
    if MEDALISTS.name not in tables:
        return []
    medalists, sat = tables[MEDALISTS.name], pl.DataFrame(schema={"year": pl.Int32})
    if RESULTS.name in tables:
        sat = tables[RESULTS.name].filter(pl.col("procedure") == "EGE")
    warnings = []
    groups = medalists.partition_by(index, "year", as_dict=True, maintain_order=True)
    for (block, year), group in groups.items():
        same_year = sat.filter(pl.col("year") == year)
        if same_year.is_empty():
            rule = f"медалистов {year} года: {group.height}, а протоколов ЕГЭ этого года нет"
            action = "загрузите протоколы вместе со списком медалистов"
        else:
            known = same_year["person"].drop_nulls().unique().to_list()
            lost = group.filter(~pl.col("person").is_in(known))
            if lost.is_empty():
                continue
            lines = ", ".join(map(str, lost[ROW].sort().head(5)))
            more = " …" if lost.height > 5 else ""
            rule = (
                f"медалистов {year} года: {lost.height} из {group.height} — "
                f"не найдены в протоколах ЕГЭ (строки {lines}{more})"
            )
            action = "сверьте написание имён и коды ОО; в списке они остаются"
        warnings.append(Problem(rule, action, blocks[block].path.name, blocks[block].sheet))
    return warnings
