"""Descriptions of foreign tables: a YAML file says which source column is which contract column.

Its schema and the search for the description of a file; :mod:`msoko_analysis.ingest.mapped` applies
it. ``data/README.md`` has an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import AfterValidator, model_validator
from pydantic import Field as Default

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.ingest.contracts import CONTRACTS, Contract, Field
from msoko_analysis.params.schema import (
    Document,
    Fault,
    Number,
    Strict,
    Text,
    Whole,
    nearest,
    read_yaml,
    shown,
    validate,
)

#: A description beside the data is named so.
SUFFIX = ".layout.yaml"
#: Columns that other tables may supply.
_DERIVED = {"municipality", "name"}


def _pattern(text: str) -> str:
    try:
        pl.Series([""]).str.extract(text, 1)
        groups = re.compile(text).groups
    except (pl.exceptions.PolarsError, re.error):
        groups = 0
    if groups < 1:
        raise Fault("это не образец с частью в скобках", "запишите, например, '(20\\d\\d)$'")
    return text


def _rising(bands: dict[int, float]) -> dict[int, float]:
    lowest = [bands[band] for band in sorted(bands)]
    if not bands or lowest != sorted(set(lowest)):
        raise Fault("границы не возрастают", "запишите для каждой отметки наименьшее значение")
    return bands


class Source(Strict):
    """How one contract column is made: a source column, then the steps in the order given here.

    ``line`` takes the line number instead of a column. ``extract``: the bracketed part of a
    pattern; ``values``: recoding, what is not listed stays; ``minus``: another column subtracted;
    ``multiply``; ``round``: to whole numbers, halves away from zero; ``bands``: result → lowest
    number that gets it; ``default`` stands where nothing came out.
    """

    column: Text | None = None
    line: bool = False
    extract: Annotated[Text, AfterValidator(_pattern)] | None = None
    values: dict[str, str | int | float] | None = None
    minus: Text | None = None
    multiply: Number | None = None
    round: bool = False
    bands: Annotated[dict[Whole, Number], AfterValidator(_rising)] | None = None
    default: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _from_one(self) -> Source:
        if self.line == (self.column is not None):
            raise Fault("нужен либо column, либо line: true", "оставьте одно")
        return self

    @property
    def plain(self) -> bool:
        """Whether the source column is taken as it stands."""
        return self == Source(column=self.column) if self.column else False


class Rows(Strict):
    """One row of the target per source row: constants, columns, and when there is one.

    ``present`` names a source column; a source row in which it is empty gives no row.
    """

    constants: dict[str, Any] = Default(default_factory=dict)
    columns: dict[str, Source] = Default(default_factory=dict)
    present: Text | None = None


class Table(Rows):
    """A target contract. With ``rows`` each source row gives several, one for each entry of it.

    ``one_per_key``: of source rows with the same key of the contract the first is taken.
    """

    contract: Text
    one_per_key: bool = False
    rows: tuple[Rows, ...] = ()

    def entries(self) -> Iterator[Rows]:
        """The rows to make of a source row, with what they share filled in.

        >>> table = Table(contract="schools", constants={"a": 1}, rows=[{"constants": {"b": 2}}])
        >>> [entry.constants for entry in table.entries()]
        [{'a': 1, 'b': 2}]
        """
        for rows in self.rows or (Rows(),):
            yield Rows(
                constants=self.constants | rows.constants,
                columns=self.columns | rows.columns,
                present=rows.present or self.present,
            )


class Layout(Strict):
    """A description: its title in reports, patterns of file names, target tables."""

    title: Text
    files: tuple[Text, ...] = ("*",)
    tables: tuple[Table, ...]

    def fits(self, file: Path) -> bool:
        """Whether the description is of this file."""
        return any(fnmatch(file.name.lower(), pattern.lower()) for pattern in self.files)

    def sources(self) -> list[str]:
        """All source columns, each once."""
        found: dict[str, None] = {}
        for table in self.tables:
            for entry in table.entries():
                found |= dict.fromkeys([entry.present] if entry.present else [])
                for source in entry.columns.values():
                    found |= dict.fromkeys(filter(None, (source.column, source.minus)))
        return list(found)


def read_layout(path: Path) -> Layout:
    """Read and check a description; raises ParamsError with every fault and its line."""
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    layout = validate(Layout, document, problems) if document else None
    if layout and document:
        for number, table in enumerate(layout.tables):
            problems += _table_problems(document, ("tables", number), table)
    if problems:
        title = f"Описание файла {shown(path)} не принято"
        raise ParamsError(str(DataError.from_problems(title, problems)))
    return layout


def layouts_for(files: list[Path], given: Path | None) -> dict[Path, Layout]:
    """The description of each file that has one: the given one, else one that lies beside it.

    Raises ParamsError if a description is wrong, DataError if the given one is of no file or two
    beside a file are both of it.
    """
    if given is not None:
        layout = read_layout(given)
        found = {file: layout for file in files if layout.fits(file)}
        if not found:
            problem = Problem(
                "описание не подходит ни к одному файлу", "исправьте в нём files", shown(given)
            )
            raise DataError.from_problems("Данные не загружены", [problem])
        return found
    beside = {
        folder: {path: read_layout(path) for path in sorted(folder.glob(f"*{SUFFIX}"))}
        for folder in {file.parent for file in files}
    }
    found, problems = {}, []
    for file in files:
        fitting = {path: known for path, known in beside[file.parent].items() if known.fits(file)}
        if len(fitting) > 1:
            named = ", ".join(path.name for path in fitting)
            problems.append(
                Problem(f"подходят несколько описаний: {named}", "оставьте одно", file.name)
            )
        elif fitting:
            (found[file],) = fitting.values()
    if problems:
        raise DataError.from_problems("Данные не загружены", problems)
    return found


def _table_problems(
    document: Document, loc: tuple[str | int, ...], table: Table
) -> Iterator[Problem]:
    contract = CONTRACTS.get(table.contract)
    if contract is None:
        rule = "такой таблицы нет в контрактах"
        yield document.problem((*loc, "contract"), rule, nearest(table.contract, CONTRACTS))
        return
    places = [(loc, table), *(((*loc, "rows", i), rows) for i, rows in enumerate(table.rows))]
    for place, rows in places:
        for kind, named in (("columns", rows.columns), ("constants", rows.constants)):
            for name in named:
                if contract.field(name) is None:
                    advice = nearest(name, contract.names)
                    rule = f"в таблице «{contract.name}» нет такого столбца"
                    yield document.problem((*place, kind, name), rule, advice)
        yield from _constant_problems(document, (*place, "constants"), contract, rows.constants)
    for number, entry in enumerate(table.entries()):
        place = (*loc, "rows", number) if table.rows else loc
        for name in sorted(entry.columns.keys() & entry.constants.keys()):
            rule = f"«{name}» задан и в columns, и в constants"
            yield document.problem(place, rule, "оставьте одно")
        for name in contract.required:
            if name not in entry.columns | entry.constants and name not in _DERIVED:
                rule = f"не сказано, откуда взять обязательный столбец «{name}»"
                yield document.problem(place, rule, "добавьте его в columns или constants")


def _constant_problems(
    document: Document,
    loc: tuple[str | int, ...],
    contract: Contract,
    constants: Mapping[str, Any],
) -> Iterator[Problem]:
    for name, value in constants.items():
        field = contract.field(name)
        if field is not None and not _allowed(field, value):
            rule = f"недопустимое значение; допустимы: {field.range_text or field.kind}"
            yield document.problem((*loc, name), rule, "исправьте значение")


def _allowed(field: Field, value: Any) -> bool:
    if field.kind == "str":
        return isinstance(value, str) and (not field.allowed or value in field.allowed)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (field.kind == "float" and isinstance(value, float))):
        return False
    low = field.minimum is None or value >= field.minimum
    return low and (field.maximum is None or value <= field.maximum)
