"""The plan of observation of the demo: who is in it, why, and how it is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from reading import words

from msoko_analysis.findings.observation import BLOCK
from msoko_analysis.params.run import load_run
from msoko_analysis.stats.observation_plan import Reason
from msoko_analysis.wording.observation import observation_text

DISTRICTS = ("M01", "M02", "M03")


def probable(note) -> set[str]:
    plan = note.facts.observation
    return {one.school for one in plan.visits if one.reason != Reason.LOT}


def test_schools_planted_at_the_exam_are_visited_and_nobody_else_but_by_lot(
    demo_notes, project
) -> None:
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    planted = {one["school"] for one in truth["planted"] if one["kind"] in ("spike", "leak")}
    visited = set().union(*(probable(demo_notes[district, 2026]) for district in DISTRICTS))
    assert planted <= visited
    assert len(visited - planted) <= 1
    assert all(probable(demo_notes[district, 2025]) == set() for district in DISTRICTS)


def test_works_are_marked_again_where_pupils_were_lifted(demo_notes, project) -> None:
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    lifted = {one["school"] for one in truth["planted"] if one["kind"] == "spike"}
    rechecks = [
        one
        for district in ("M01", "M02")
        for one in demo_notes[district, 2026].facts.observation.rechecks
    ]
    assert {one.school for one in rechecks if one.reason == Reason.PROBABLE} == lifted
    assert all(one.works % BLOCK == 0 for one in rechecks)


@pytest.mark.parametrize("district", DISTRICTS)
def test_the_plan_keeps_to_the_capacity(district, demo_notes) -> None:
    facts = demo_notes[district, 2026].facts
    assert len(facts.observation.visits) == facts.run.observation.observers
    assert sum(one.works for one in facts.observation.rechecks) <= facts.run.observation.works
    assert any(one.reason == Reason.LOT for one in facts.observation.visits)


def test_without_a_capacity_the_note_says_so(demo_notes) -> None:
    text = words(
        observation_text(replace(demo_notes["M01", 2026].facts, observation=None))._repr_html_()
    )
    assert "не указано, сколько есть независимых наблюдателей" in text


def test_a_school_drawn_by_lot_is_not_suspected(demo_blocks) -> None:
    text = words(demo_blocks["M03", 2025]["observation"])
    assert "по жребию" in text
    assert "Включение в план не означает нарушения" in text
    assert "требующего проверки" not in text


def test_capacity_and_visits_are_read_from_the_run(tmp_path, project) -> None:
    run = yaml.safe_load((project / "params/runs/demo.yaml").read_text(encoding="utf-8"))
    run["observation"] = {"observers": 2, "works": 30, "observed": {2026: ["S003"]}}
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(run, allow_unicode=True), encoding="utf-8")
    observation = load_run(file).observation
    assert observation.observed == {2026: ("S003",)}
    del run["observation"]
    file.write_text(yaml.safe_dump(run, allow_unicode=True), encoding="utf-8")
    assert load_run(file).observation is None
