"""A note of scales that are not «2–5 by one point»: what is printed, and what is not claimed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reading import blocks, words

from msoko_analysis.documents.note import Note, build_note
from msoko_analysis.findings import Verdict
from msoko_analysis.ingest import read_files

_CASES = ("nominative", "genitive", "dative", "prepositional")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty schools of a hundred pupils, marks by .05 kept as 200 points; in the first all who were
    less than half a mark short of the pass at 100 stand on it."""
    folder = tmp_path_factory.mktemp("steps")
    rng = np.random.default_rng(8)
    lines = ["year;procedure;grade;subject;municipality;school;pupil;total"]
    for school in range(30):
        scores = np.clip(np.round(rng.normal(112, 35, 100)), 0, 200).astype(int)
        if school == 0:
            scores[(scores >= 90) & (scores < 100)] = 100
        town = f"M{1 + school // 6}"
        lines += [f"2024;DIAG;9;MA;{town};S{school:02};{k};{n}" for k, n in enumerate(scores)]
    (folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    read_files([folder / "a.csv"], folder / "derived")
    named = ", ".join(f"{case}: '{{code}}'" for case in _CASES)
    codes = "codes: [M1, M2, M3, M4, M5]"
    (folder / "districts.yaml").write_text(f"{codes}\npattern: {{{named}}}\n")
    return folder


def note_of(folder: Path, name: str, columns: str, cells: str) -> Note:
    header = f"year_from,year_to,procedure,grade,subject,max_primary,{columns},status,source"
    line = f"2024,2024,DIAG,9,MA,200,{cells},unconfirmed,invented"
    (folder / f"{name}.csv").write_text(f"{header}\n{line}\n")
    (folder / f"{name}.yaml").write_text(
        f"run: {name}\nregion: {{{', '.join(f'{case}: R' for case in _CASES)}}}\n"
        "organisation: O\ndata: null\nyears: [2024]\npapers: [DIAG-9-MA]\n"
        f"districts: districts.yaml\nscales: [{name}.csv]\nscale_statuses: [unconfirmed]\nseed: 1\n",
        encoding="utf-8",
    )
    data = str(folder / "derived")
    return build_note(str(folder / f"{name}.yaml"), district="M1", year=2024, data=data)


def test_a_scale_with_a_step_and_one_cut_is_told_as_it_is(folder: Path) -> None:
    note = note_of(folder, "step", "min_3,other_cuts,step", "100,170 180,10")
    text = {name: words(page) for name, page in blocks(note).items()}
    scales = " ".join(text["scales"].split())
    assert "математика, 9 класс 200 100 170, 180 10 не подтверждена" in scales
    assert "сколько баллов шкалы считается за один" in scales
    assert "не больше двух шагов шкалы (таблица" in text["signs"]
    assert "шагов шкалы до границы" in blocks(note)["named_schools"]
    (found,) = note.facts.of("spike_school", Verdict.CONCERN)
    assert found.unit == "S00"
    assert "nan" not in " ".join(text.values())
    (paper,) = note.facts.papers
    assert note.facts.measure("municipality", "share_2", paper) is not None
    assert note.facts.measure("municipality", "share_45", paper) is None


def test_a_plain_scale_says_nothing_of_steps(folder: Path) -> None:
    note = note_of(folder, "plain", "min_3,min_4,min_5", "100,140,180")
    text = {name: words(page) for name, page in blocks(note).items()}
    assert "Шаг" not in text["scales"]
    assert "шагов шкалы" not in " ".join(text.values())
