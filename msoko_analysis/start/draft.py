"""A draft of the run file from what the data hold: years, papers, municipalities, scales."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from msoko_analysis.params.run import PARAMS
from msoko_analysis.params.scales import STATUS_RU, Paper, PaperOfYear, Status, read_scales
from msoko_analysis.start.place_names import Named, declined

_HEAD = """\
# yaml-language-server: $schema=../run.schema.json
# Файл запуска: что и по каким работам сообщают справки. Его написала команда msoko start.
# Измените, что нужно, и выполните её снова: изменённое она не перепишет.
"""
_UNSURE = "  # проверьте падежи\n"
_TABLES = ("mark_statistics", "mark_vs_prior", "level_counts")
_PAPER = ("year", "procedure", "grade", "subject")


@dataclass(frozen=True)
class Contents:
    """What a folder of derived data is about: papers by year and codes of municipalities, sorted."""

    papers: tuple[PaperOfYear, ...]
    municipalities: tuple[str, ...]

    @property
    def years(self) -> tuple[int, ...]:
        """The years, first to last."""
        return tuple(sorted({paper.year for paper in self.papers}))


def contents(data: Path) -> Contents:
    """Papers and municipalities of a folder that ``msoko ingest`` made."""
    files = [data / f"{name}.parquet" for name in _TABLES]
    tables = [pl.scan_parquet(file) for file in files if file.is_file()]
    if (data / "results").is_dir():
        tables.append(pl.scan_parquet(data / "results" / "**" / "*.parquet"))
    papers: set[PaperOfYear] = set()
    places: set[str] = set()
    for table in tables:
        rows = table.select(*_PAPER, "municipality").unique().collect()
        papers |= {PaperOfYear(*row[:4]) for row in rows.iter_rows() if None not in row[:4]}
        places |= {row[4] for row in rows.iter_rows() if row[4] is not None}
    return Contents(tuple(sorted(papers)), tuple(sorted(places)))


def unofficial(of: Contents, years: Sequence[int]) -> dict[PaperOfYear, Status]:
    """Papers of these years whose only scales are not official ones, with the status of the scale."""
    problems: list[Any] = []
    rows = [
        row for row, _, _ in read_scales(sorted((PARAMS / "scales").glob("[!e]*.csv")), problems)
    ]
    found: dict[PaperOfYear, Status] = {}
    for paper in of.papers:
        if paper.year not in years:
            continue
        statuses = {
            row.status
            for row in rows
            if row.year_from <= paper.year <= row.year_to and row.paper == Paper(*paper[1:])
        } - {"synthetic"}
        if statuses and "found_official" not in statuses:
            found[paper] = min(statuses, key=list(STATUS_RU).index)
    return found


def draft_run(
    name: str,
    of: Contents,
    *,
    years: Sequence[int],
    region: Named,
    organisation: str,
    data: str,
    scales: Sequence[str],
    statuses: Iterable[Status],
) -> str:
    """The text of a run file: notes of ``years`` about all papers of the data.

    ``data`` is the folder of derived data relative to the work folder; ``scales`` files of scales
    beside the run, ``statuses`` the scales to accept besides official ones.
    """
    codes = dict.fromkeys(Paper(*paper[1:]).code for paper in sorted(of.papers, key=_order))
    told: dict[str, Any] = {
        "run": name,
        "region": region.cases.model_dump(),
        "organisation": organisation,
        "data": data,
        "years": list(years),
        "papers": list(codes),
        "districts": f"{name}.districts.yaml",
        "scales": list(scales),
        "scale_statuses": list(dict.fromkeys(["found_official", *statuses])),
        "seed": max(of.years),
    }
    return _HEAD + yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=100)


def draft_districts(of: Contents) -> tuple[str, int]:
    """The text of the file of municipalities and how many names a person should look at."""
    text, unsure = "# Муниципалитеты: код в данных и название в падежах.\n", 0
    for code in of.municipalities:
        named = declined(code)
        entry = {"code": code, **named.cases.model_dump()}
        text += yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=200)
        if not named.sure:
            unsure += 1
            text = text.removesuffix("\n") + _UNSURE
    return text, unsure


def file_name(folder: str) -> str:
    """A name for a run and its files that every system can store.

    >>> file_name("Выгрузка: 2021/весна"), file_name("..."), file_name("con")
    ('Выгрузка-2021-весна', 'запуск', 'запуск-con')
    """
    name = re.sub(r"[^\w-]+", "-", folder).strip("-_")[:60]
    if not name:
        return "запуск"
    reserved = re.fullmatch(r"(?i)con|prn|aux|nul|(?:com|lpt)\d", name)
    return f"запуск-{name}" if reserved else name


def _order(paper: PaperOfYear) -> tuple[str, int, str]:
    return paper.procedure, paper.grade, paper.subject
