"""Descriptions of foreign tables: a YAML file says which source column is which contract column.

Its schema and the search for the description of a file; :mod:`msoko_analysis.ingest.mapped` applies
it. ``data/README.md`` has an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import AfterValidator, model_validator
from pydantic import Field as Default

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.ingest.contracts import CONTRACTS, Contract, Field
from msoko_analysis.params.own_lists import PROCEDURES, SUBJECTS
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
#: Contracts whose rows count pupils, so that rows of one key may be added up.
_COUNTED = ("level_counts", "reference_scores")
#: Scores with three decimals become whole by a thousand; ten times that is surely a slip.
_LARGEST_FACTOR = 10_000
_OWN = {
    name: f"исправьте значение или впишите своё в {file} рядом с файлом запуска и добавьте к команде "
    "--run ФАЙЛ"
    for name, file in (("subject", SUBJECTS), ("procedure", PROCEDURES))
}
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


def _several(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) < 2:
        raise Fault("нужно не меньше двух столбцов", "для одного запишите column: имя")
    return names


def _rising(bands: dict[int, float]) -> dict[int, float]:
    lowest = [bands[band] for band in sorted(bands)]
    if not bands or lowest != sorted(set(lowest)):
        raise Fault("границы не возрастают", "запишите для каждой отметки наименьшее значение")
    return bands


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise Fault("такой кодировки нет", "запишите, например, cp1251 или utf-8") from None
    return name


def _at_least_one(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    if not tables:
        raise Fault("в описании нет ни одной таблицы", "добавьте в tables таблицу с её contract")
    return tables


def _possible(multiply: float) -> float:
    if not 0 < abs(multiply) <= _LARGEST_FACTOR:
        rule = f"множитель не из 0…{_LARGEST_FACTOR}"
        raise Fault(rule, "баллы с шагом 0,05 становятся целыми от множителя 20")
    return multiply


class Source(Strict):
    """How one contract column is made: a source column, then the steps in the order given here.

    A column goes by its heading, or «№3» is the third. Of several columns the first filled one is
    taken; ``join`` makes one value of several (a key), with hyphens. ``line`` takes the line number
    instead of a column. ``extract``: the bracketed part of a
    pattern; ``values``: recoding, what is not listed stays; ``minus``: another column subtracted;
    ``multiply``; ``round``: to whole numbers, halves away from zero, but what ``multiply`` did not
    make whole is cut off: nobody is lifted over a limit he did not reach; ``bands``: result → lowest
    number that gets it; ``default`` stands where nothing came out.
    """

    column: Text | Annotated[tuple[Text, ...], AfterValidator(_several)] | None = None
    join: Annotated[tuple[Text, ...], AfterValidator(_several)] | None = None
    line: bool = False
    extract: Annotated[Text, AfterValidator(_pattern)] | None = None
    values: dict[str, str | int | float] | None = None
    minus: Text | None = None
    multiply: Annotated[Number, AfterValidator(_possible)] | None = None
    round: bool = False
    bands: Annotated[dict[Whole, Number], AfterValidator(_rising)] | None = None
    default: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str | list) else data

    @model_validator(mode="after")
    def _from_one(self) -> Source:
        if self.line + (self.column is not None) + (self.join is not None) != 1:
            raise Fault("нужен либо column, либо join, либо line: true", "оставьте одно")
        return self

    @property
    def of(self) -> tuple[str, ...]:
        """The source columns it starts from; none for the line number."""
        return self.join or ((self.column,) if isinstance(self.column, str) else self.column or ())

    @property
    def plain(self) -> bool:
        """Whether the source column is taken as it stands."""
        return isinstance(self.column, str) and self == Source(column=self.column)


class Rows(Strict):
    """One row of the target per source row: constants, columns, and when there is one.

    ``present`` names a source column; a source row in which it is empty gives no row.
    """

    constants: dict[str, Any] = Default(default_factory=dict)
    columns: dict[str, Source] = Default(default_factory=dict)
    present: Text | None = None


class Table(Rows):
    """A target contract. With ``rows`` each source row gives several, one for each entry of it.

    Of source rows with the same key of the contract ``one_per_key`` takes the first, ``sum`` adds up
    the numbers of all: only where they are counts.
    """

    contract: Text
    one_per_key: bool = False
    sum: bool = False
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
    """A description: its title in reports, patterns of file names, target tables.

    ``encoding`` of a text table. ``missing``: words that stand for an empty cell, in any case.
    ``headings``: rows of headings, 1 or 2; of two, an upper heading holds for the blank cells after
    it and a column is called by both, «upper lower». ``also``: other names of a heading, say of
    another year, by the name the description uses.
    """

    title: Text
    files: tuple[Text, ...] = ("*",)
    encoding: Annotated[Text, AfterValidator(_known_encoding)] | None = None
    missing: tuple[Text, ...] = ()
    headings: Literal[1, 2] = 1
    also: dict[str, tuple[Text, ...]] = Default(default_factory=dict)
    tables: Annotated[tuple[Table, ...], AfterValidator(_at_least_one)]

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
                    found |= dict.fromkeys(filter(None, (*source.of, source.minus)))
        return list(found)


def read_layout(path: Path) -> Layout:
    """Read and check a description; raises ParamsError with every fault and its line."""
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    layout = validate(Layout, document, problems) if document else None
    if layout and document:
        unused = [name for name in layout.also if name not in layout.sources()]
        problems += [
            document.problem(
                ("also", name),
                f"«{name}» не назван ни в одной таблице описания",
                nearest(name, layout.sources()),
            )
            for name in unused
        ]
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
    if table.sum and table.contract not in _COUNTED:
        rule = f"sum: true складывает число участников, а в «{contract.name}» его нет"
        yield document.problem((*loc, "sum"), rule, "уберите sum или возьмите one_per_key")
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
            yield document.problem((*loc, name), rule, _OWN.get(name, "исправьте значение"))


def _allowed(field: Field, value: Any) -> bool:
    if field.kind == "str":
        return isinstance(value, str) and (not field.allowed or value in field.allowed)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (field.kind == "float" and isinstance(value, float))):
        return False
    low = field.minimum is None or value >= field.minimum
    return low and (field.maximum is None or value <= field.maximum)
