"""What an ingest did, as data and as the report a methodologist reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from msoko_analysis.errors import Problem
from msoko_analysis.ingest.accounts import Account
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import SUBJECT_NAMES
from msoko_analysis.ingest.merge import Merged
from msoko_analysis.ingest.sheets import ROW
from msoko_analysis.params.procedures import procedures

_EXAMPLES = 5


@dataclass(frozen=True)
class Faults:
    """Rows set aside, or cells emptied, for one reason in one column of one file."""

    file: str
    sheet: str
    column: str
    reason: str
    n: int
    rows: tuple[int, ...]

    def __str__(self) -> str:
        lines = ", ".join(str(row) for row in self.rows)
        more = " …" if self.n > len(self.rows) else ""
        sheet = f", лист «{self.sheet}»" if self.sheet else ""
        place = f"{self.file}{sheet}, столбец «{self.column}»"
        return f"{place}: {self.reason} — {self.n} (строки {lines}{more})"


@dataclass(frozen=True)
class IngestReport:
    """The result of ``ingest``: ``accounts`` tell what became of every line of every sheet.

    ``cards``: the origin card of each table read; ``papers``: schools, rows and scored pupils per
    paper; ``rejected`` and ``cells``: faults; ``not_recognised``: files of a folder that no reader
    knows; ``warnings``: what to look at.
    """

    out: Path
    cards: tuple[Mapping[str, Any], ...]
    papers: tuple[Mapping[str, Any], ...]
    rejected: tuple[Faults, ...]
    cells: tuple[Faults, ...]
    not_recognised: tuple[str, ...]
    warnings: tuple[Problem, ...]
    accounts: tuple[Account, ...]

    def text(self) -> str:
        """The report in Russian; it quotes no value of any pupil."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Данные записаны в {self.out}"
        yield "\nПрочитано:"
        for card in self.cards:
            yield (
                f"  {card['source']} — {card['layout']}: строк {_n(card['rows_in'])}, "
                f"принято {_n(card['rows_out'])}, отложено {_n(card['set_aside'])}, "
                f"очищено ячеек {_n(card['cells_blanked'])}"
                + (f", дословных повторов {_n(card['repeated'])}" if card["repeated"] else "")
                + (f", другого дня {_n(card['other_day'])}" if card["other_day"] else "")
                + (f", по описанию не взято {_n(card['skipped'])}" if card["skipped"] else "")
            )
            if card["ignored"]:
                yield f"    столбцы не использованы: {', '.join(card['ignored'])}"
        yield f"  {self._sum_of_lines()}"
        if self.papers:
            yield "\nРаботы:"
            yield f"  {'работа':<18}{'школ':>7}{'строк':>10}{'с баллом':>10}{'без балла':>11}"
        for paper in self.papers:
            yield (
                f"  {paper_text(paper):<18}{_n(paper['schools']):>7}{_n(paper['rows']):>10}"
                f"{_n(paper['scored']):>10}{_n(paper['rows'] - paper['scored']):>11}"
            )
        yield from _section("Отложены строки (в данные не вошли)", self.rejected)
        yield from _section("Очищены ячейки (строка осталась)", self.cells)
        yield from _section("Обратите внимание", self.warnings)
        rows = Counter[str]()
        for one in self.accounts:
            rows[one.file] += one.rows
        yield from _section(
            "Не распознаны и пропущены",
            [f"{f} (строк {_n(rows[f])})" if f in rows else f for f in self.not_recognised],
        )
        yield "\nЧто делать:"
        yield from (f"  {line}" for line in self._advice())

    def _sum_of_lines(self) -> str:
        """Lines of all files and what became of them, in one line."""
        parts = {
            "заголовки": sum(one.heading for one in self.accounts),
            "приняты": sum(one.read for one in self.accounts),
            "отложены": sum(one.set_aside for one in self.accounts),
            "дословные повторы": sum(one.repeated for one in self.accounts),
            "другого дня": sum(one.other_day for one in self.accounts),
            "не взяты": sum(sum(one.left.values()) for one in self.accounts),
        }
        told = " + ".join(f"{name} {_n(n)}" for name, n in parts.items() if n)
        return f"Всего строк в файлах {_n(sum(one.rows for one in self.accounts))} = {told}"

    def _advice(self) -> Iterator[str]:
        if self.rejected or self.cells:
            yield f"Отложенное с причинами: {self.out / 'rejected'} (CSV, открывается в Excel)."
            yield "Если строки нужны, исправьте файлы и прочитайте их снова (msoko ingest — с --replace)."
            no_numbers = any(one.reason == "не число" for one in (*self.rejected, *self.cells))
            if no_numbers and any(f"→ {card['contract']}" in card["layout"] for card in self.cards):
                yield "Слова вместо пустой ячейки перечисляются в описании файла: missing: [abs, n/a]."
        elif self.warnings or self.not_recognised:
            yield "Отложенных строк нет; проверьте замечания выше."
        else:
            yield "Ничего: замечаний нет."
            if any(card["ignored"] for card in self.cards):
                yield "Столбцы, которые не использованы, названы выше."


def paper_text(paper: Mapping[str, Any]) -> str:
    """A paper in a few signs.

    >>> paper_text({"year": 2021, "procedure": "VPR", "grade": 4, "subject": "MA"})
    '2021 ВПР МА-4'
    """
    short = SUBJECT_NAMES[paper["subject"]][1].upper()
    return f"{paper['year']} {procedures()[paper['procedure']].short} {short}-{paper['grade']}"


def _n(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")


def _section(title: str, lines: Sequence[object]) -> Iterator[str]:
    if lines:
        yield f"\n{title}:"
        # two entries of a description may find the same fault in the same lines
        yield from dict.fromkeys(f"  {line}" for line in lines)


def faults_of(frame: pl.DataFrame, blocks: Sequence[Block]) -> tuple[Faults, ...]:
    """Faults grouped by file, column and reason; repeats of rows of one file are one fault."""
    # a repeat names the line it repeats; in the report only the file matters
    reason = pl.col("reason").str.replace(r", строка \d+$", "")
    groups = (
        frame.group_by("_block", "column", reason, maintain_order=True)
        .agg(pl.len().alias("n"), pl.col(ROW).head(_EXAMPLES).alias("rows"))
        .sort("_block", maintain_order=True)
    )
    return tuple(
        Faults(
            blocks[index].path.name,
            blocks[index].sheet,
            blocks[index].heading(column),
            reason,
            n,
            tuple(rows),
        )
        for index, column, reason, n, rows in groups.iter_rows()
    )


def origin_cards(
    blocks: Sequence[Block], merged: Merged, prints: Mapping[Path, tuple[int, str]], day: str
) -> list[dict[str, Any]]:
    """The origin card of each table read: where it came from and what became of its rows."""
    aside = dict(merged.rejected.group_by("_block").len().iter_rows())
    dropped = {
        (index, why): n
        for index, why, n in merged.dropped.group_by("_block", "why").len().iter_rows()
    }
    blanked = dict(merged.cells.group_by("_block").len().iter_rows())
    return [
        {
            "source": block.path.name,
            "sha256": prints[block.path][1],
            "bytes": prints[block.path][0],
            "sheet": block.sheet,
            "layout": block.layout,
            "contract": block.contract.name,
            "ingested": day,
            "rows_in": block.original.height,
            "rows_out": merged.rows_out.get(index, 0),
            "set_aside": aside.get(index, 0),
            "cells_blanked": blanked.get(index, 0),
            "repeated": dropped.get((index, "repeated"), 0),
            "other_day": dropped.get((index, "other_day"), 0),
            "skipped": block.skipped,
            "ignored": list(block.ignored),
            "tasks": dict(block.tasks),
            "warnings": [str(warning) for warning in block.told()],
        }
        for index, block in enumerate(blocks)
    ]
