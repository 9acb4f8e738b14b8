"""What every reader hands on: one table of a file under the column names of its contract."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.alike import normal
from msoko_analysis.ingest.contracts import Contract
from msoko_analysis.ingest.gate import HASHES, OUTCOME
from msoko_analysis.ingest.names import HIDDEN, like_name
from msoko_analysis.ingest.sheets import ROW, Sheet, unique_headings
from msoko_analysis.ingest.told_names import told_heading

#: Columns a reader may add to results for the table of schools; they do not stay in the results.
SCHOOL_NAME = "_school_name"
#: A municipality's code in another system of codes: it counts where no table places the school.
OTHER_CODE = "_municipality"
#: The day of an exam: where a pupil sat a paper twice, it tells which result counts.
SITTING = "_day"
#: The line of a file that went into a row, where several do.
LINE = "_line"
#: Columns beyond the contract that stay until the tables of all files are joined.
HELPS = (SCHOOL_NAME, SITTING, OUTCOME)


#: What lines of titles and headings amid the rows are called.
HEADING = "заголовок"
_SHOWN = 5


@dataclass(frozen=True)
class Left:
    """Lines of a sheet that are known for what they are and not read."""

    what: str
    rows: tuple[int, ...]
    #: What to do; empty where there is nothing to say: every such form has such lines.
    action: str = "в данные не взято"

    def __str__(self) -> str:
        if len(self.rows) == 1:
            return self.what
        shown = ", ".join(map(str, self.rows[:_SHOWN])) + (" …" if len(self.rows) > _SHOWN else "")
        return f"{self.what}: {len(self.rows)} (строки {shown})"

    def problem(self, path: Path, sheet: str) -> Problem:
        """The word about these lines."""
        row = self.rows[0] if len(self.rows) == 1 else None
        return Problem(str(self), self.action, path.name, sheet, row)


@dataclass(frozen=True)
class Block:
    """A table as read, values untouched.

    ``original`` is the table under its own headings with the line number in ``_row``; ``columns``
    maps a contract column to its heading there; ``constants`` are values the whole table shares
    (the paper of a form). ``ignored`` are headings with content that no contract column takes.
    ``skipped`` counts source rows that the description of a table makes no row of its own of;
    ``described`` whether the table was read by one. ``left``: lines that are not read, each kind with
    its name; ``warnings`` what else a reader found. ``lines``: lines of the file (``LINE``) by the row
    (``_row``) they went into, where several make one. ``limits`` are the most points of a task as its
    heading says; ``counted`` whether the total was counted from the tasks, so that a bad one costs the
    row.
    """

    contract: Contract
    layout: str
    path: Path
    sheet: str
    original: pl.DataFrame
    columns: Mapping[str, str]
    constants: Mapping[str, int | str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    skipped: int = 0
    described: bool = False
    left: tuple[Left, ...] = ()
    lines: pl.DataFrame | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    counted: bool = False

    def raw(self) -> pl.DataFrame:
        """The table under contract names, constants included."""
        columns = [pl.col(heading).alias(name) for name, heading in self.columns.items()]
        constants = [pl.lit(value).alias(name) for name, value in self.constants.items()]
        return self.original.select(ROW, *columns, *constants)

    def of_allowed(self) -> Block:
        """The block without the columns that no contract column takes: they go no further.

        Whatever reader made the block, a column with names or telephones that nothing needs is gone
        before anything is written; of its heading only what is no name itself is told.

        >>> from msoko_analysis.ingest.contracts import SCHOOLS
        >>> table = pl.DataFrame({ROW: [2], "код": ["S1"], "телефон": ["0"]})
        >>> block = Block(SCHOOLS, "", Path("a.csv"), "", table, {"school": "код"}, {}, ("телефон",))
        >>> block.of_allowed().original.columns
        ['_row', 'код']
        """
        kept = [n for n in (*HASHES, *dict.fromkeys(self.columns.values())) if n in self.original]
        told = pl.Series(self.ignored, dtype=pl.String)
        named = pl.select(like_name(pl.lit(told))).to_series()
        ignored = told.zip_with(~named, pl.Series([HIDDEN])) if self.ignored else told
        return replace(
            self, original=self.original.select(ROW, *kept), ignored=tuple(ignored.to_list())
        )

    def told(self) -> tuple[Problem, ...]:
        """What a reader found, and the lines it did not read."""
        left = (one.problem(self.path, self.sheet) for one in self.left if one.action)
        return (*self.warnings, *left)

    def heading(self, column: str) -> str:
        """The heading a person sees in the file for a contract column."""
        return self.columns.get(column, column)


def filled_columns(table: pl.DataFrame, headings: list[str]) -> list[str]:
    """Those of the headings under which the table has any content.

    >>> filled_columns(pl.DataFrame({"a": ["", None], "b": [None, "1"]}), ["a", "b"])
    ['b']
    """
    if not headings:
        return []
    has = table.select(
        ((pl.col(h).is_not_null()) & (pl.col(h).cast(pl.String).str.strip_chars() != "")).any()
        for h in headings
    )
    return [h for h, any_value in zip(headings, has.row(0), strict=True) if any_value]


def unused(table: pl.DataFrame, row: Sequence[str], columns: Collection[str]) -> tuple[str, ...]:
    """Headings with content that nothing takes, as they are told; the same ones once with their number.

    What may be a name is told by its place.

    ``row`` is the row of headings as it stands, ``columns`` those that are taken or known.

    >>> unused(pl.DataFrame({"a": ["1"], "b": ["1"], "b (2)": ["2"]}), ["a", "b", "b"], ["a"])
    ('b (таких столбцов: 2)',)
    """
    headings = unique_headings(list(row))
    filled = set(filled_columns(table, [name for name in headings if name not in columns]))
    plain = [
        told_heading(" ".join(cell.split()) or name, place)
        for place, (name, cell) in enumerate(zip(headings, row, strict=True), 1)
    ]
    told = Counter(base for name, base in zip(headings, plain, strict=True) if name in filled)
    return tuple(base if n == 1 else f"{base} (таких столбцов: {n})" for base, n in told.items())


def repeated(
    sheet: Sheet, table: pl.DataFrame, row: int, labels: Sequence[str], taken: AbstractSet[str]
) -> list[Problem]:
    """A problem for each column taken that stands there again under its heading, with other cells.

    ``labels`` are the headings of line ``row`` (from 0), of which the table has the unique ones.
    """
    headings = unique_headings(list(labels))
    places = defaultdict(list)
    for heading, label in zip(headings, labels, strict=True):
        places[normal(label)].append(heading)
    problems = []
    for first, *again in places.values():
        differs = [other for other in again if not _same(table[first], table[other])]
        if first in taken and differs and not taken & set(again):
            rule = f"столбцов «{first}» с разными данными: {1 + len(differs)}"
            line = None if sheet.typed else row + 1
            problems.append(sheet.problem(rule, "оставьте тот, который нужен", line, first))
    return problems


def _same(one: pl.Series, other: pl.Series) -> bool:
    """Whether the second column is empty or says what the first does."""
    text = other.cast(pl.String).fill_null("").str.strip_chars()
    return bool(
        ((text == "") | (text == one.cast(pl.String).fill_null("").str.strip_chars())).all()
    )


def require_rows(sheet: Sheet, table: pl.DataFrame) -> None:
    """Raise EmptyTableError if the table has a header and nothing under it."""
    if table.is_empty():
        raise sheet.empty(
            "есть заголовок, но нет ни одной строки данных",
            "выгрузите файл заново или уберите его из списка",
        )


def two_headers(sheet: Sheet, row: int) -> Problem:
    """The problem of a second row of headings at line ``row``."""
    return sheet.problem(
        "две строки заголовков", "оставьте одну строку заголовков, вторую удалите", row
    )
