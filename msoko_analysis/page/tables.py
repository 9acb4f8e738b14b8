"""Tables of a note: one set of cells for the page, CSV and Excel, rounded alike."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from msoko_analysis.page.packing import without_times
from msoko_analysis.page.prose import behind, escaped
from msoko_analysis.russian import DASH, NBSP, number
from msoko_analysis.safe_names import text_cell

if TYPE_CHECKING:
    from msoko_analysis.findings import Finding

HIDDEN = "скрыто"
_WIDEST = 40
# A table of so many rows is printed on one page.
_SHORT = 8
# Cells of more letters than this are given room.
_MID, _LONG = 16, 40
# A number with its interval, «+0,05 (−0,08…+0,19)», is not longer.
_INTERVAL = 26


@dataclass(frozen=True)
class Digits:
    """How the numbers of a column are printed: decimal places, a plus sign, a least value told apart.

    >>> Digits(1, signed=True)(1.26), Digits(3, least=0.001)(2e-9), Digits(2)(-1234.5)
    ('+1,3', '<\\xa00,001', '−1\\u202f234,50')
    """

    places: int = 0
    signed: bool = False
    least: float = 0.0

    def __call__(self, value: float) -> str:
        """The value as Russian text."""
        if 0 <= value < self.least:
            return f"<{NBSP}{number(self.least, self.places)}"
        plus = "+" if self.signed and round(value, self.places) > 0 else ""
        return plus + number(value, self.places)

    def plain(self, value: float) -> float | int | str:
        """The value that stands on the page, as a number where it is one.

        >>> Digits(1).plain(69.24), Digits().plain(278.0), Digits(3, least=0.001).plain(2e-9)
        (69.2, 278, '<\\xa00,001')
        """
        if not math.isfinite(value) or 0 <= value < self.least:
            return self(value)
        return round(value, self.places) + 0.0 if self.places else round(value)


@dataclass(frozen=True)
class Table:
    """One numbered table: ``frame`` holds values under Russian column names.

    ``digits`` says how the numbers of a column are printed; text stands as it is. A value that the
    gate keeps back is :data:`HIDDEN`, one that does not exist is nan and printed as a dash: the two
    are never mixed up. A column without a value in any row is not printed at all. ``notes``
    stand below the table, ``empty`` in the place of one without rows. ``findings`` are those each
    row tells, in the order of the rows; () where rows tell none. ``service`` where small groups are
    shown, for those entitled to see them. ``silent``: without rows the page has nothing in its place.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    digits: dict[str, Digits] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    empty: str = "Нет строк."
    findings: tuple[tuple[Finding, ...], ...] = ()
    service: bool = False
    silent: bool = False

    def _repr_html_(self) -> str:
        if self.frame.empty:
            return "" if self.silent else f"<p>{escaped(self.empty)}</p>"
        shown = self._shown
        head = "".join(f'<th scope="col"{self._kind(name)}>{escaped(name)}</th>' for name in shown)
        told = self.findings or ((),) * len(shown)
        records = zip(shown.to_dict("records"), told, strict=True)
        rows = "".join(f"<tr{behind(found)}>{self._row(row)}</tr>" for row, found in records)
        short = " short" if len(self.frame) <= _SHORT else ""
        below = "".join(f'<p class="table-note">{escaped(note)}</p>' for note in self.notes)
        return (
            f'<div class="table-box" tabindex="0" role="region" '
            f'aria-label="{escaped(self.caption)}"><table class="data{short}">'
            f"<caption>{escaped(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{below}"
        )

    def plain(self) -> pd.DataFrame:
        """The cells as the page shows them, numbers as numbers: what goes into Excel.

        More digits than printed would let a reader work out what is hidden.
        """
        if self.frame.empty:
            return pd.DataFrame({"Пояснение": [self.empty]})
        cells = [
            [self._plain(name, value) for name, value in row.items()]
            for row in self._shown.to_dict("records")
        ]
        return pd.DataFrame(cells, columns=self._shown.columns, dtype=object)

    @property
    def _shown(self) -> pd.DataFrame:
        """The columns that have something to tell."""
        told = self.frame.map(lambda value: value is not None and value == value and value != DASH)
        bare = [name for name in self.frame.columns[1:] if not told[name].any()]
        return self.frame.drop(columns=bare)

    def csv(self) -> str:
        """The same cells as a text file that Russian Excel opens: semicolons, decimal commas."""
        cells = self.plain().apply(lambda column: column.map(self._with_comma(column.name)))
        cells.columns = [text_cell(name) for name in cells]
        return cells.to_csv(sep=";", index=False, lineterminator="\n")

    def _with_comma(self, name: str) -> Callable[[Any], Any]:
        """How a cell of a column stands in a text file: with all its printed digits."""
        places = self.digits[name].places if name in self.digits else 0

        def shown(cell: Any) -> Any:
            if isinstance(cell, float):
                return f"{cell:.{places}f}".replace(".", ",")
            return text_cell(cell) if isinstance(cell, str) else cell

        return shown

    def _plain(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return value
        if value is None or value != value:
            return DASH
        return self.digits[name].plain(value)

    def _row(self, row: dict[str, Any]) -> str:
        cells = []
        for place, (name, value) in enumerate(row.items()):
            if value == HIDDEN:
                kind = "num hidden-cell" if name in self.digits else "hidden-cell"
                cells.append(f'<td class="{kind}">{HIDDEN}</td>')
                continue
            tag = 'th scope="row"' if place == 0 else "td"
            text = self._text(name, value)
            kind = self._kind(name) or _room(text)
            cells.append(f"<{tag}{kind}>{escaped(text)}</{tag[:2]}>")
        return "".join(cells)

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        return DASH if value is None or value != value else self.digits[name](value)

    def _kind(self, name: str) -> str:
        return ' class="num"' if name in self.digits else ""


def _room(text: str) -> str:
    """The class that keeps a long text from being squeezed to a word a line, an interval from breaking."""
    interval = "…" in text or text.startswith(f"от{NBSP}")
    if interval and len(text) <= _INTERVAL:
        return ' class="interval"'
    if len(text) <= _MID:
        return ""
    return ' class="long"' if len(text) > _LONG else ' class="mid"'


def workbook(tables: Iterable[Table]) -> bytes:
    """An Excel file with a sheet per table; the same tables give the same bytes."""
    made = io.BytesIO()
    with pd.ExcelWriter(made, engine="openpyxl") as book:
        for table in tables:
            frame = table.plain()
            frame.to_excel(book, sheet_name=table.name, index=False)
            sheet = book.sheets[table.name]
            _keep_text(sheet)
            for place, name in enumerate(frame, 1):
                widest = max(len(str(cell)) for cell in (name, *frame[name]))
                sheet.column_dimensions[get_column_letter(place)].width = min(widest, _WIDEST) + 2
    return without_times(made.getvalue())


def _keep_text(sheet: Worksheet) -> None:
    """Text stays text, also what begins like a formula: a name somebody typed must not run in Excel."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = TYPE_STRING
                cell.quotePrefix = cell.value.startswith("=")  # it stays text when it is edited
