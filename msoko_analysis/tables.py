"""Tables of a note: raw values for CSV and Excel, formatted Russian text for the page."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

Format = Callable[[Any], str]
HIDDEN = "скрыто"


@dataclass(frozen=True)
class Table:
    """One numbered table: ``frame`` holds raw values under Russian column names.

    ``formats`` gives the text of a value by column, other columns are printed as they are; a value
    hidden by the gate is ``None`` in the frame of a numeric column. ``notes`` stand below the
    table.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    formats: dict[str, Format] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    empty: str = "Нет строк."

    def _repr_html_(self) -> str:
        if self.frame.empty:
            return f"<p>{html.escape(self.empty)}</p>"
        head = "".join(
            f'<th scope="col"{self._kind(name)}>{html.escape(name)}</th>' for name in self.frame
        )
        rows = "".join(f"<tr>{self._row(row)}</tr>" for row in self.frame.to_dict("records"))
        below = "".join(f'<p class="table-note">{html.escape(note)}</p>' for note in self.notes)
        return (
            f'<div class="table-box" tabindex="0" role="region" '
            f'aria-label="{html.escape(self.caption)}"><table class="data">'
            f"<caption>{html.escape(self.caption)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{below}"
        )

    def plain(self) -> pd.DataFrame:
        """Raw values for a file, with hidden ones named so that they are not read as empty."""
        return self.frame.astype(object).where(self.frame.notna(), HIDDEN)

    def _row(self, row: dict[str, Any]) -> str:
        cells = []
        for place, (name, value) in enumerate(row.items()):
            if value is None or value != value:
                cells.append(f'<td class="num hidden-cell">{HIDDEN}</td>')
                continue
            plain = isinstance(value, str) or name not in self.formats
            text = html.escape(str(value) if plain else self.formats[name](value))
            tag = 'th scope="row"' if place == 0 else "td"
            cells.append(f"<{tag}{self._kind(name)}>{text}</{tag[:2]}>")
        return "".join(cells)

    def _kind(self, name: str) -> str:
        return ' class="num"' if name in self.formats else ""
