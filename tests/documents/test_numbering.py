"""Numbers of tables and figures: as the notebook shows them, without gaps, and no reference astray."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from reading import words

from msoko_analysis.wording import numbering

NOTES = [(district, year) for year in (2025, 2026) for district in ("M01", "M02", "M03")]


@pytest.fixture(scope="module")
def order(project: Path) -> list[str]:
    """Properties of the note in the order in which the notebook shows them."""
    text = (project / "notebooks/district_note.ipynb").read_text(encoding="utf-8")
    code = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    shown = [re.search(r"^note\.(\w+)$", "".join(c["source"]), re.M) for c in code]
    return [found[1] for found in shown if found]


@pytest.mark.parametrize("which", NOTES, ids=lambda which: f"{which[0]}-{which[1]}")
def test_captions_follow_the_notebook(which, order: list[str], demo_blocks, demo_notes) -> None:
    blocks = demo_blocks[which]
    assert set(order) == set(blocks)
    page = "\n".join(blocks[name] for name in order)
    tables = re.findall(r"<caption>Таблица\u00a0(\d+)\. ", page)
    names = numbering.tables(demo_notes[which].facts)
    assert [int(number) for number in tables] == list(range(1, len(names) + 1))
    figures = [int(n) for n in re.findall(r"<figcaption>Рисунок\u00a0(\d+)\. ", page)]
    assert sorted(figures) == figures  # one figure may fill several pages
    assert set(figures) == set(range(1, len(numbering.figures(demo_notes[which].facts)) + 1))
    for number in re.findall(r"таблиц[а-я]+[\u00a0 ](\d+)", words(page)):
        assert 1 <= int(number) <= len(tables)
    assert not re.search(r"таблиц[а-я]+[\u00a0 ]\d+\.\d", words(page))


def test_a_table_that_is_not_there_takes_no_number(demo_notes) -> None:
    facts = demo_notes["M01", 2026].facts
    less = replace(facts, distributions={})
    assert "cuts" not in numbering.tables(less)
    assert numbering.table_number(less, "quality") == numbering.table_number(facts, "quality") - 1
    assert "Таблица" not in numbering.table_title(less, "cuts", "Граница")
