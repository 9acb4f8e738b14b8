"""Papers by year: as the sources have them, each subject a known one."""

from __future__ import annotations

import csv
from pathlib import Path

from msoko_analysis.params.papers import unheard_of, written
from msoko_analysis.params.run import PARAMS, read_subjects
from msoko_analysis.params.scales import PaperOfYear

OTHERS = {"ИНФ": "IN", "МА_УГЛ": "MAU", "ФИ_УГЛ": "FIU"}


def test_they_are_those_of_the_sources(shared: Path) -> None:
    codes = {one.short: code for code, one in read_subjects(PARAMS / "subjects.yaml", []).items()}
    with (shared / "tables/2026/papers.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["year"] < "2027"]
    told = {(int(r["year"]), int(r["grade"]), (codes | OTHERS)[r["subject"]]) for r in rows}
    ours = {(row.year, row.grade, subject) for row in written() for subject in row.subjects}
    assert ours == told
    assert {row.status for row in written()} == {"found_secondary"}


def test_every_subject_is_one_of_the_project() -> None:
    known = read_subjects(PARAMS / "subjects.yaml", [])
    assert {subject for row in written() for subject in row.subjects} <= known.keys()


def test_of_other_years_and_procedures_nothing_is_said() -> None:
    assert unheard_of([PaperOfYear(2024, "VPR", 6, "OB"), PaperOfYear(2026, "OGE", 9, "KIT")]) == []
    assert unheard_of([PaperOfYear(2026, "VPR", 7, "FIU")]) == []
