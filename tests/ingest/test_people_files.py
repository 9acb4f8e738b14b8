"""Hundreds of small files as people make them: read as a person would, or refused by name."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from accounted import assert_accounted
from people_files import PEOPLE, Given
from people_kinds import KINDS, inputs
from people_tables import READERS

from msoko_analysis.errors import DataError
from msoko_analysis.ingest import IngestReport, read_files

#: What is made of each reader and kind: the kind alone or with one more thing, of some both.
CASES = [
    (reader, kind, variants)
    for at, reader in enumerate(READERS)
    for place, kind in enumerate(KINDS)
    if (variants := ((0, 1) if (at + place) % 4 == 0 else ((at + place) % 2,)))
    and inputs(reader, kind, (0,))
]


def derived_rows(given: Given, out: Path) -> list[tuple[object, ...]]:
    """The rows of the table that the input is about, in the columns that it speaks of."""
    where = (
        out / "results/**/*.parquet" if given.table == "results" else out / f"{given.table}.parquet"
    )
    table = pl.read_parquet(where, hive_partitioning=False)
    if given.table == "reference_scores":
        return [(tuple(table.sort("score")["n"].to_list()),)]
    return table.select(given.shown).rows()


def set_aside(report: IngestReport, file: str) -> set[int]:
    """Lines of a file that were set aside, or lost a cell."""
    faults = (*report.rejected, *report.cells)
    return {row for fault in faults if fault.file == file for row in fault.rows}


def named(report: IngestReport, file: str) -> set[int]:
    """Lines of a file that the report names."""
    told = set_aside(report, file)
    for warning in report.warnings:
        if warning.file == file:
            told |= {warning.row} - {None}
            for lines in re.findall(r"строк[иа] ([\d, ]+)", str(warning)):
                told |= {int(number) for number in re.findall(r"\d+", lines)}
    return told


def written(out: Path) -> str:
    """All that an ingest wrote, as text."""
    parts = []
    for path in out.rglob("*"):
        parts.append(path.name)
        if path.suffix == ".parquet":
            table = pl.read_parquet(path, hive_partitioning=False)
            parts.append(str(table.to_dict(as_series=False)))
        elif path.is_file():
            parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def assert_no_names(text: str) -> None:
    low = text.casefold()
    assert [w for one in PEOPLE for w in one if w.casefold() in low] == []


def check(given: Given, folder: Path) -> None:
    """Read an input and hold what became of it against what it says of itself."""
    paths = given.write(folder)
    out = folder.parent / f"{folder.name}-out"
    if not given.pupils:
        with pytest.raises(DataError) as caught:
            read_files(paths, out, today=date(2026, 1, 2), salt=folder.parent / "salt")
        assert_no_names(str(caught.value))
        assert paths[0].name in str(caught.value)
        return
    report = read_files(paths, out, today=date(2026, 1, 2), salt=folder.parent / "salt")
    assert_accounted(report)
    assert_no_names(report.text() + written(out))
    assert sorted(derived_rows(given, out), key=str) == sorted(given.expected, key=str)
    file = paths[0].name
    must = {given.numbered(line) for line in given.lines if line.told}
    never = {given.numbered(line) for line in given.lines if line.told is False}
    assert must <= named(report, file), json.dumps(sorted(must))
    assert not never & set_aside(report, file)


@pytest.mark.parametrize(
    ("reader", "kind", "variants"),
    # every third one in each run, all with the slow tests
    [pytest.param(*case, marks=[pytest.mark.slow] * (at % 3 > 0)) for at, case in enumerate(CASES)],
)
def test_a_file_is_read_as_a_person_reads_it(
    reader: str, kind: str, variants: tuple[int, ...], tmp_path: Path
) -> None:
    for given, variant in zip(inputs(reader, kind, variants), variants, strict=True):
        check(given, tmp_path / str(variant))


def test_there_are_hundreds_of_inputs_over_all_readers() -> None:
    assert sum(len(variants) for *_, variants in CASES) >= 400
    assert {reader for reader, *_ in CASES} == set(READERS)
    assert {kind for _, kind, _ in CASES} == set(KINDS)
