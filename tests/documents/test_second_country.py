"""Exams of another country: files of description, scales and run are enough for a note."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reading import blocks, words

from msoko_analysis.documents.note import build_note
from msoko_analysis.ingest import read_files
from msoko_analysis.publish.runner import run_notes

RUN = "tests/runs/brasov.yaml"


@pytest.fixture(scope="module")
def data(shared: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three years of admission exams, read by the description of their columns."""
    out = tmp_path_factory.mktemp("brasov") / "derived"
    source = shared / "data/romania_brasov/brasov.parquet"
    read_files([source], out, layout=project / "tests/layouts/romania_brasov.yaml", strict=True)
    return out


def test_the_note_tells_what_these_data_allow(project: Path, data: Path) -> None:
    note = build_note(str(project / RUN), district="Brașov", year=2024, data=str(data))
    text = {name: words(page) for name, page in blocks(note).items()}
    assert "1\u202f854" in text["results"]
    # Romanian school marks of grades 5–8 stand far above the exam
    shift = note.facts.value("region", "mark_shift", note.facts.papers[1])
    assert 0.8 < shift < 1.2
    assert "Отметки школ муниципалитета по предметам и классам" in text["marks"]
    assert "С поправкой" not in text["marks"], "without points per task nothing is corrected"
    assert "нельзя" in text["procedures"]
    assert "Списка медалистов этого года нет" in text["medals"]
    assert "не определяются" in text["summary"], "a state exam is no source of signs"
    assert text["exams"] == ""
    assert not re.search(r"\bnan\b", "".join(text.values()))


@pytest.mark.slow
def test_the_page_is_made(project: Path, data: Path, tmp_path: Path) -> None:
    made = run_notes(project / RUN, data=data, districts=["Brașov"], years=[2024], reports=tmp_path)
    assert made.exit_code == 0, made.text()
    page = (tmp_path / "2024/Brașov/note.html").read_text(encoding="utf-8")
    assert "Отметки школы и независимые процедуры" in page
