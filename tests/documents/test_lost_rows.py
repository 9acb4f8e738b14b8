"""Rows set aside by ingest reach the reader: told by paper and school, or the paper is withheld."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from reading import words

from msoko_analysis.documents.note import Withheld, build_note
from msoko_analysis.ingest import read_files

_CASES = ("nominative", "genitive", "dative", "prepositional")
_SCHOOLS, _PUPILS = 4, 25


@pytest.fixture
def region(tmp_path: Path):
    """A region of two districts and two papers; of some, rows are broken or given twice."""

    def make(broken: Mapping[tuple[str, str, str], int], *, twice: bool = False) -> Path:
        rng = random.Random(1)
        lines = ["municipality;school;pupil;subject;total"]
        for district in ("M1", "M2"):
            for school in (f"{district}S{k}" for k in range(_SCHOOLS)):
                for subject in ("MA", "RU"):
                    bad = broken.get((district, school, subject), 0)
                    for pupil in range(_PUPILS):
                        total = "12?" if pupil < bad else rng.randint(3, 20)
                        lines.append(f"{district};{school};{pupil};{subject};{total}")
        paper = "2024;EXAM;9;"
        rows = [f"year;procedure;grade;{lines[0]}", *(paper + line for line in lines[1:])]
        files = [tmp_path / "a.csv", *([tmp_path / "b.csv"] if twice else [])]
        for file in files:
            file.write_text("\n".join(rows) + "\n", encoding="utf-8")
        read_files(files, tmp_path / "derived")
        return write_run(tmp_path)

    return make


@pytest.fixture
def levels(tmp_path: Path):
    """The same districts with counts by level only; rows of the first may be broken."""

    def make(broken: int) -> Path:
        lines = ["year;procedure;grade;subject;municipality;school;level;n"]
        for district in ("M1", "M2"):
            for k in range(10 * _SCHOOLS):
                for level in (1, 2):
                    bad = district == "M1" and level == 1 and k < broken
                    n = "?" if bad else 20 + (7 * k + 5 * level) % 11
                    lines.append(f"2024;EXAM;9;MA;{district};{district}S{k};{level};{n}")
        (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        read_files([tmp_path / "a.csv"], tmp_path / "derived")
        return write_run(tmp_path)

    return make


def write_run(folder: Path) -> Path:
    """Run file, districts and scales of both kinds of region."""
    named = ", ".join(f"{case}: '{{code}}'" for case in _CASES)
    (folder / "districts.yaml").write_text(f"codes: [M1, M2]\npattern: {{{named}}}\n")
    header = "year_from,year_to,procedure,grade,subject,max_primary,min_3,min_4,min_5,status,source"
    scales = [f"2024,2024,EXAM,9,{code},20,6,11,16,unconfirmed,invented" for code in ("MA", "RU")]
    (folder / "scales.csv").write_text("\n".join([header, *scales]) + "\n")
    (folder / "run.yaml").write_text(
        f"run: lost\nregion: {{{', '.join(f'{case}: R' for case in _CASES)}}}\n"
        "organisation: O\ndata: null\nyears: [2024]\npapers: [EXAM-9-MA, EXAM-9-RU]\n"
        "districts: districts.yaml\nscales: [scales.csv]\nscale_statuses: [unconfirmed]\nseed: 1\n",
        encoding="utf-8",
    )
    return folder / "run.yaml"


def said(block) -> str:
    return words(block._repr_html_()).replace("\N{NO-BREAK SPACE}", " ")


def note_of(run: Path, district: str = "M1"):
    return build_note(str(run), district=district, year=2024, data=str(run.parent / "derived"))


def test_lost_rows_stand_by_paper_and_school(region) -> None:
    note = note_of(region({("M1", "M1S0", "MA"): 4, ("M1", "M1S2", "RU"): 1}))
    quality = said(note.quality_remarks)
    assert "Математика, 9 класс: при чтении отложено строк: 4 из 100 (4,0 %)." in quality
    assert "По школам: M1S0 — 4 из 25 (16,0 %)." in quality
    assert "Русский язык, 9 класс: при чтении отложено строк: 1 из 100 (1,0 %)." in quality
    summary = said(note.summary)
    assert "математика, 9 класс — 4 из 100 строк" in summary
    assert "русский язык, 9 класс — 1" not in summary, "less than 2 %"


def test_a_file_given_twice_loses_nobody(region) -> None:
    note = note_of(region({}, twice=True))
    assert "отложен" not in said(note.quality_remarks)
    assert "Исходные данные" not in said(note.summary)


def test_above_the_limit_a_paper_is_withheld_with_its_reason(region) -> None:
    """21 of 100 rows of one paper are over 20 %, 20 of 100 of the other are not."""
    broken = {("M1", "M1S0", "MA"): 21, ("M1", "M1S0", "RU"): 20}
    run = region(broken)
    note = note_of(run)
    assert [paper.subject for paper in note.facts.papers] == ["RU"]
    assert "Это больше 20 %: результаты работы не приводятся." in said(note.quality_remarks)
    assert "Не приводятся из-за отложенных строк: математика, 9 класс (21,0 %)" in said(
        note.summary
    )
    other = note_of(run, "M2")
    assert [paper.subject for paper in other.facts.papers] == ["MA", "RU"]
    # the region's mathematics is that of the 100 pupils of the other district
    row = other.facts.measure("region", "mean_percent", other.facts.papers[0])
    assert row["n"] == 100


def test_a_district_of_which_nothing_may_be_told_gets_no_note(region) -> None:
    broken = {("M1", f"M1S{k}", code): 9 for k in range(_SCHOOLS) for code in ("MA", "RU")}
    with pytest.raises(Withheld, match="слишком много строк отложено при чтении"):
        note_of(region(broken))


@pytest.mark.parametrize("broken", [0, 2])
def test_everybody_is_counted_only_when_no_row_was_set_aside(levels, broken: int) -> None:
    summary = said(note_of(levels(broken)).summary)
    assert ("Посчитаны все участники." in summary) == (not broken)
    assert ("отложено при чтении: 2." in summary) == bool(broken)
