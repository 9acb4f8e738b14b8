"""Whether a table keeps its contract, by pandera; import it only while data are read: it takes a second."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest.contracts import Contract, Field
from msoko_analysis.ingest.keys import shared_keys

#: Rows checked at a time; checks whose fault is a column.
_CHECKED, _OF_COLUMNS = 200_000, ("column_in_schema", "column_in_dataframe")


@lru_cache
def schema(contract: Contract) -> pa.DataFrameSchema:
    """The pandera schema of a contract, for polars frames.

    >>> from msoko_analysis.ingest.contracts import SCHOOLS
    >>> sorted(schema(SCHOOLS).columns)[:3]
    ['city_access', 'gia_code', 'location']
    """
    return pa.DataFrameSchema(
        {field.name: _column(field) for field in contract.fields},
        strict=True,
        name=contract.name,
    )


def _column(field: Field) -> pa.Column:
    checks = []
    if field.minimum is not None:
        checks.append(pa.Check.ge(field.minimum))
    if field.maximum is not None:
        checks.append(pa.Check.le(field.maximum))
    if field.allowed:
        checks.append(pa.Check.isin(field.allowed))
    family = "\\d" in field.name
    return pa.Column(
        field.dtype, checks, nullable=not field.required, required=not family, regex=family
    )


def validate(contract: Contract, frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` if it keeps the contract, else raise DataError with every broken rule.

    The message names columns and rules, never values.

    >>> from msoko_analysis.ingest.contracts import SCHOOLS
    >>> good = {f.name: [None] for f in SCHOOLS.fields} | {"school": ["S1"], "name": ["S1"]}
    >>> frame = pl.DataFrame(good | {"municipality": ["M1"]}, schema=dtypes(SCHOOLS))
    >>> validate(SCHOOLS, frame).height
    1
    >>> validate(SCHOOLS, frame.with_columns(pupils=-1.0))
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: Таблица «школы» нарушает контракт
      1. столбец «pupils»: greater_than_or_equal_to(0): 1 строк — см. docs/data-dictionary.md
    """
    rules = schema(contract)
    broken: Counter[tuple[str, str]] = Counter()
    # some rows at a time: the checker copies what it checks
    for part in frame.iter_slices(_CHECKED) if frame.height else [frame]:
        try:
            rules.validate(part, lazy=True)
        except SchemaErrors as error:
            # a fault of the schema itself names the column where a fault of data would quote a value
            about_columns = pl.col("check").is_in(_OF_COLUMNS)
            named = pl.when(about_columns).then(pl.col("failure_case")).otherwise(pl.col("column"))
            cases = error.failure_cases.group_by(
                named.alias("column"), "check", maintain_order=True
            )
            broken.update({(str(c), str(check)): n for c, check, n in cases.len().iter_rows()})
            if error.failure_cases["check"].is_in(_OF_COLUMNS).any():
                break  # the same in every part
    if set(contract.key) <= set(frame.columns):
        again = shared_keys(frame, contract.key).arg_true()
        broken[", ".join(contract.key), "ключ повторяется"] = len(again)
    problems = [
        Problem(f"{check}: {n} строк", "см. docs/data-dictionary.md", column=column)
        for (column, check), n in broken.items()
        if n
    ]
    if not problems:
        return frame
    raise DataError.from_problems(f"Таблица «{contract.title}» нарушает контракт", problems)


def dtypes(contract: Contract, columns: tuple[str, ...] = ()) -> dict[str, type[pl.DataType]]:
    """Polars types of a contract's columns, ``columns`` being the members of its families.

    >>> from msoko_analysis.ingest.contracts import RESULTS
    >>> dtypes(RESULTS, ("item_01",))["item_01"]
    Int32
    """
    named = {name: contract.field(name) for name in (*contract.names, *columns)}
    return {name: field.dtype for name, field in named.items() if field is not None}
