"""A draft of the run file from what the data hold: years, papers, municipalities, scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import polars as pl
import yaml

from msoko_analysis.errors import Problem
from msoko_analysis.params.run import PARAMS, read_subjects, scale_files
from msoko_analysis.params.scales import (
    Paper,
    PaperOfYear,
    ScaleRow,
    Status,
    choose_scales,
    read_scales,
)
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
    """What a folder of derived data is about: papers by year and codes of municipalities, sorted.

    ``names`` are those of municipalities as forms print them, by code; ``unscored`` the papers of which
    there are marks or levels only, so that no scale is needed.
    """

    papers: tuple[PaperOfYear, ...]
    municipalities: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    unscored: frozenset[PaperOfYear] = frozenset()

    @property
    def years(self) -> tuple[int, ...]:
        """The years, first to last."""
        return tuple(sorted({paper.year for paper in self.papers}))


def contents(data: Path) -> Contents:
    """Papers and municipalities of a folder that ``msoko ingest`` made."""
    files = [data / f"{name}.parquet" for name in _TABLES]
    tables = [pl.scan_parquet(file) for file in files if file.is_file()]
    papers, places = _papers_and_places(tables)
    scored: set[PaperOfYear] = set()
    if (data / "results").is_dir():
        results = [pl.scan_parquet(data / "results" / "**" / "*.parquet")]
        scored, homes = _papers_and_places(results)
        places |= homes
    return Contents(
        tuple(sorted(papers | scored)), tuple(sorted(places)), _printed(data),
        frozenset(papers - scored),
    )  # fmt: skip


def _papers_and_places(tables: Iterable[pl.LazyFrame]) -> tuple[set[PaperOfYear], set[str]]:
    papers: set[PaperOfYear] = set()
    places: set[str] = set()
    for table in tables:
        rows = table.select(*_PAPER, "municipality").unique().collect()
        papers |= {PaperOfYear(*row[:4]) for row in rows.iter_rows() if None not in row[:4]}
        places |= {row[4] for row in rows.iter_rows() if row[4] is not None}
    return papers, places


def _printed(data: Path) -> dict[str, str]:
    """Names of municipalities by code, from the aggregate forms."""
    files = [data / f"{name}.parquet" for name in _TABLES if name != "level_counts"]
    forms = [pl.read_parquet(file) for file in files if file.is_file()]
    rows = [
        row
        for form in forms
        for row in form.filter(level="municipality").select("unit", "unit_name").iter_rows()
    ]
    return {code: name for code, name in rows if name}


def unofficial(
    of: Contents, years: Sequence[int], recovered: Sequence[ScaleRow] = ()
) -> dict[PaperOfYear, Status]:
    """Papers of these years whose scale is not an official one, with the status of the scale.

    The scale is the one that a run would take which accepts every real scale, those ``recovered``
    from its data too.
    """
    chosen = _best_statuses(of, years, recovered)
    return {paper: status for paper, status in chosen.items() if status != "found_official"}


def official_papers(of: Contents) -> set[PaperOfYear]:
    """Papers of the data that have an official scale."""
    chosen = _best_statuses(of, of.years, ())
    return {paper for paper, status in chosen.items() if status == "found_official"}


def _best_statuses(
    of: Contents, years: Sequence[int], recovered: Sequence[ScaleRow]
) -> dict[PaperOfYear, Status]:
    problems: list[Problem] = []
    subjects = read_subjects(PARAMS / "subjects.yaml", problems)
    choice = choose_scales(
        [*(row for row, _, _ in read_scales(scale_files(PARAMS), problems)), *recovered],
        years,
        sorted({Paper(*paper[1:]) for paper in of.papers}),
        [status for status in get_args(Status) if status != "synthetic"],
        shared={code: one.scale for code, one in subjects.items() if one.scale},
    )
    return {
        paper: scale.status
        for paper, scale in choice.scales.items()
        if scale.status != "absent"
        and scale.status != "marks_told"
        and paper in of.papers
        and paper not in of.unscored
    }


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
        named = declined(of.names.get(code, code))
        entry = {"code": code, **named.cases.model_dump()}
        text += yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=200)
        if not named.sure:
            unsure += 1
            text = text.removesuffix("\n") + _UNSURE
    return text, unsure


def _order(paper: PaperOfYear) -> tuple[str, int, str]:
    return paper.procedure, paper.grade, paper.subject
