"""Topics for groups of teachers: from count tables to the table of the note, honest and planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reading import cells, words
from task_worlds import task_world

from msoko_analysis.disclosure import publish
from msoko_analysis.errors import Problem
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.topics import topics
from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.item_arrays import ItemArrays
from msoko_analysis.measures.topics import topic_rows
from msoko_analysis.params.run import load_run
from msoko_analysis.params.scales import Paper, PaperOfYear
from msoko_analysis.params.task_topics import TaskTopic, read_task_topics
from msoko_analysis.wording.topics import topics_text

MA4 = Paper("VPR", 4, "MA")


@pytest.fixture(scope="module")
def run(project: Path):
    return load_run(project / "params/runs/demo.yaml")


@pytest.fixture(scope="module")
def judged(run) -> tuple[Finding, ...]:
    """Municipality A of 20 schools left task 5 out to a third of its pupils."""
    rng = np.random.default_rng(2)
    world = task_world(rng, 80, variation=0.25)
    town = np.array(["A", "B", "C", "D"])[np.arange(80) % 4]
    points = world.points.copy()
    points[(town[world.school] == "A") & (rng.random(len(world.school)) < 0.33), 4] = 0
    names = tuple(f"item_{task + 1:02}" for task in range(points.shape[1]))
    counts = world.counts(points)
    items = ItemArrays(MA4, names, np.arange(counts.scores.shape[1]), counts)
    schools = pd.DataFrame({"municipality": town}, index=[f"S{n:02}" for n in range(80)])
    measures = pd.concat(topic_rows(Year(2026, schools, ()), {MA4: items}, 10))
    table = publish(measures, run.thresholds).table
    region = table[table["level"] == "region"]
    return topics(table[table["municipality"] == "A"], region, run.thresholds)


def test_the_planted_topic_is_the_only_one(judged) -> None:
    assert len(judged) == 18
    (found,) = (one for one in judged if one.verdict == Verdict.WATCH)
    assert (found.paper, found.details["task"], found.limit) == (MA4, 5.0, 3.0)
    assert found.details["share"] < found.details["region_share"] - 5
    assert found.low < found.value < found.high < 0
    assert found.details["below"] >= 0.7 * found.details["schools"]


def test_the_honest_demo_has_no_topics(demo_notes) -> None:
    for note in demo_notes.values():
        assert note.facts.of("topic_district", Verdict.NO_CONCERN)
        assert note.facts.of("topic_district", Verdict.WATCH) == ()
        assert "максимального балла и более, нет" in words(note.topics._repr_html_())


def test_the_table_says_what_the_finding_says(judged, demo_notes) -> None:
    facts = demo_notes["M01", 2026].facts
    (one,) = (one for one in judged if one.verdict == Verdict.WATCH)
    told = replace(facts, findings=(*facts.findings, one))
    page = topics_text(told)._repr_html_()
    head, row = cells(page)
    assert "Тема" not in head
    assert "не описаны" in words(page)
    said = dict(zip((name.replace("\u00a0", " ") for name in head), row, strict=True))
    assert said["Задание"] == "5"
    assert said["Выполнение, %"] == f"{one.details['share']:.0f}"
    assert said["В регионе, %"] == f"{one.details['region_share']:.0f}"
    assert (
        said["Школ ниже ожидаемого"]
        == f"{one.details['below']:.0f} из {one.details['schools']:.0f}"
    )
    gap = next(text for name, text in said.items() if name.startswith("При тех же"))
    assert gap.startswith(f"−{-one.value:.0f} (от\u00a0−{-one.low:.0f}")


def test_a_topic_is_told_where_the_parameters_know_it(judged, demo_notes) -> None:
    facts = demo_notes["M01", 2026].facts
    (one,) = (one for one in judged if one.verdict == Verdict.WATCH)
    known = TaskTopic(
        year=2026,
        procedure="VPR",
        grade=4,
        subject="MA",
        task=5,
        topic="единицы длины",
        source="тест",
    )
    run = facts.run.model_copy(update={"task_topics": {(PaperOfYear(2026, *MA4), 5): known}})
    page = topics_text(replace(facts, run=run, findings=(*facts.findings, one)))._repr_html_()
    assert "единицы длины" in cells(page)[1]


# --- the tables of topics -------------------------------------------------------------------------

HEAD = "year,procedure,grade,subject,task,topic,source\n"


def test_topics_are_optional_and_read_from_all_tables(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert read_task_topics(tmp_path, problems) == {}
    for task in (1, 2):
        line = f"2026,VPR,4,MA,{task},тема {task},описание работы\n"
        (tmp_path / f"{task}.csv").write_text(HEAD + line, encoding="utf-8")
    found = read_task_topics(tmp_path, problems)
    assert {key[1]: row.topic for key, row in found.items()} == {1: "тема 1", 2: "тема 2"}
    assert problems == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026,VPR,4,MA,1,тема,источник\n2026,VPR,4,MA,1,другая,источник\n", "тема уже есть"),
        ("2026,VPR,4,MA,1,,источник\n", "ячейка пуста"),
        ("2026,VPR,4,MA,0,тема,источник\n", "число меньше 1"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "one.csv").write_text(HEAD + lines, encoding="utf-8")
    problems: list[Problem] = []
    read_task_topics(tmp_path, problems)
    (one,) = problems
    assert said in one.rule
