"""Plain tables whose columns already have the names of a contract: CSV, XLSX, Parquet."""

from __future__ import annotations

import difflib
import re

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import LOOK_ALIKE, normal
from msoko_analysis.ingest.block import (
    Block,
    filled_columns,
    repeated,
    require_rows,
    two_headers,
    unused,
)
from msoko_analysis.ingest.contracts import CONTRACTS, ITEM, Contract
from msoko_analysis.ingest.headings import Header, second_header
from msoko_analysis.ingest.sheets import Sheet, unique_headings

LAYOUT = "таблица по контракту"
#: Required columns that can be made up from elsewhere: a school's municipality from the table of
#: schools, a missing name from the code.
_DERIVED = {"results": {"municipality"}, "schools": {"name"}}


_LIKE_ITEM = re.compile(r"(item|task|задание|балл за)[\s_.-]*\d|[кk]\d{1,2}$")


def read(sheet: Sheet) -> Block | None:
    """Read a table in contract shape; None if its headings do not look like any contract.

    Extra columns are left out and named in ``Block.ignored``. Raises DataError with all faults of
    the header: missing columns (with the most similar heading found), a second header row, no rows.
    """
    found = _recognise(sheet)
    if found is None:
        return None
    contract, header = found
    problems = [] if sheet.typed else _header_problems(sheet, contract, header)
    if problems:
        raise sheet.fail(*problems)
    missing = _missing(sheet, contract, header)
    if missing:
        raise sheet.fail(*missing)
    table = sheet.table(header.row)
    require_rows(sheet, table)
    headings = unique_headings(sheet.head[header.row])
    columns = {name: headings[position] for name, position in header.columns.items()}
    again = repeated(sheet, table, header.row, sheet.head[header.row], set(columns.values()))
    strange = [*again, *_strange_items(sheet, table, contract, header, headings)]
    if strange:
        raise sheet.fail(*strange)
    items = {name: heading for name, heading in columns.items() if ITEM.match(name)}
    return Block(
        contract,
        f"{LAYOUT} {contract.name}",
        sheet.path,
        sheet.name,
        table,
        columns,
        ignored=unused(table, sheet.head[header.row], set(columns.values())),
        tasks=items,
    )


def _recognise(sheet: Sheet) -> tuple[Contract, Header] | None:
    """The contract and row with most known columns, among them half of the required ones."""
    best: tuple[int, Contract, Header] | None = None
    for index, row in enumerate(sheet.head):
        # a Cyrillic «а» in «total» is not seen
        labels = tuple(normal(cell) for cell in row)
        labels = tuple(
            latin if (latin := label.translate(LOOK_ALIKE)).isascii() else label for label in labels
        )
        for contract in CONTRACTS.values():
            columns: dict[str, int] = {}
            for position, label in enumerate(labels):
                if contract.field(label) is not None:
                    columns.setdefault(label, position)
            found = sum(name in columns for name in contract.required)
            half = found >= len(contract.required) / 2
            if half and (best is None or len(columns) > best[0]):
                best = len(columns), contract, Header(index, columns, labels)
    return best and best[1:]


def _header_problems(sheet: Sheet, contract: Contract, header: Header) -> list[Problem]:
    numeric = [f.name for f in contract.fields if f.kind != "str" and f.name in header.columns]
    row = second_header(sheet, header, numeric)
    return [two_headers(sheet, row)] if row is not None else []


def _missing(sheet: Sheet, contract: Contract, header: Header) -> list[Problem]:
    """One problem per missing column; ``total`` may be empty in a row but its column must exist."""
    need = (*contract.required, *(("total",) if contract.name == "results" else ()))
    derived = _DERIVED.get(contract.name, set())
    unknown = [label for label in header.labels if label and contract.field(label) is None]
    return [
        sheet.problem(
            f"нет обязательного столбца «{name}» ({getattr(contract.field(name), 'title', '')})",
            _advice(name, unknown),
            row=None if sheet.typed else header.row + 1,
        )
        for name in need
        if name not in header.columns and name not in derived
    ]


def _strange_items(
    sheet: Sheet, table: pl.DataFrame, contract: Contract, header: Header, headings: list[str]
) -> list[Problem]:
    """A problem for each filled column that is called like a task and is none of the contract."""
    named = zip(headings, header.labels, strict=True)
    like = [h for h, label in named if _LIKE_ITEM.match(label) and contract.field(label) is None]
    return [
        sheet.problem(
            f"столбец «{heading}» похож на задание, но не назван по контракту",
            "задания называются item_01, item_02, …, item_99; если это не задание, переименуйте его",
            None if sheet.typed else header.row + 1,
        )
        for heading in (filled_columns(table, like) if contract.name == "results" else ())
    ]


def _advice(name: str, unknown: list[str]) -> str:
    plain = {re.sub(r"[^a-z]", "", label): label for label in unknown}
    close = difflib.get_close_matches(name.replace("_", ""), plain, n=1, cutoff=0.6)
    if close:
        return f"похож столбец «{plain[close[0]]}»: если это он, переименуйте его в «{name}»"
    return f"добавьте столбец «{name}»"
