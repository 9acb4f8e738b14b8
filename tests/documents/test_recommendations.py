"""Findings × catalogue: nothing without a ground, nothing twice, nothing that can never be said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.recommendations import Since, gone, recommend
from msoko_analysis.params.recommendations import Recommendation
from msoko_analysis.params.run import load_run

CASES = Path(__file__).parents[1] / "cases/demo_recommendations.yaml"
# Every finding that asks for something, as findings can say it. A new one is a decision: it needs a
# measure in the catalogue, or a reason why it has none.
ASKING = {
    ("spike_school", "CONCERN"),
    ("spike_school", "WATCH"),
    ("low_share_school", "WATCH"),
    ("shnor_school", "WATCH"),
    ("inequality_district", "WATCH"),
    ("gap_change_district", "WATCH"),
    ("fioko_markers_school", "WATCH"),
    ("level_school", "WATCH"),
    ("participation_district", "WATCH"),
    ("topic_district", "WATCH"),
    ("items_hard_paper_school", "WATCH"),
    ("similarity_paper_school", "WATCH"),
    ("mark_gap_school", "CONCERN"),
    ("mark_gap_school", "WATCH"),
    ("jump_school", "CONCERN"),
    ("items_hard_school", "CONCERN"),
    ("items_profile_school", "WATCH"),
    ("similarity_school", "CONCERN"),
    ("jump_school", "WATCH"),
    ("vanished_school", "WATCH"),
    ("homogeneity_school", "WATCH"),
    ("marks_district", "WATCH"),
    ("medals_school", "CONCERN"),
    ("medals_school", "WATCH"),
    ("link_school", "WATCH"),
}
# The level over all signs adds nothing to what its signs ask for.
SUMMARY = "signs_school"


@pytest.fixture(scope="module")
def catalogue(project) -> tuple[Recommendation, ...]:
    return load_run(project / "params/runs/demo.yaml").recommendations


def finding(code: str, verdict: str, unit: str = "1") -> Finding:
    nan = float("nan")
    return Finding(
        code, Verdict(verdict), "A", unit, 100, 1.0, nan, nan, "", nan, "", nan, "", "", {}
    )


def test_catalogue_and_findings_know_each_other(catalogue) -> None:
    assert {(entry.finding, entry.verdict) for entry in catalogue} == ASKING


def test_what_the_demo_asks_for_has_a_measure(demo_notes) -> None:
    asked = {
        (one.code, str(one.verdict))
        for note in demo_notes.values()
        for one in note.facts.findings
        if one.verdict in (Verdict.CONCERN, Verdict.WATCH)
    }
    assert {(code, verdict) for code, verdict in asked if code != SUMMARY} <= ASKING


def test_no_finding_no_recommendation(catalogue) -> None:
    assert recommend([], catalogue) == ()
    quiet = [finding(code, verdict) for code, _ in ASKING for verdict in ("NO_CONCERN", "TOO_FEW")]
    assert recommend(quiet, catalogue) == ()


def test_a_measure_is_said_once_with_all_its_schools(catalogue) -> None:
    schools = [finding("spike_school", "CONCERN", unit) for unit in ("1", "2", "3")]
    made = recommend(schools, catalogue)
    assert made
    assert max(Counter(one.entry.id for one in made).values()) == 1
    assert all([f.unit for f in one.findings] == ["1", "2", "3"] for one in made)


@pytest.mark.parametrize(("code", "verdict"), sorted(ASKING))
def test_each_finding_calls_its_own_measures_only(code, verdict, catalogue) -> None:
    made = recommend([finding(code, verdict)], catalogue)
    assert made
    assert {(one.entry.finding, one.entry.verdict) for one in made} == {(code, verdict)}


def test_order_goes_from_the_municipality_to_the_teachers(catalogue) -> None:
    made = recommend([finding(code, verdict, code) for code, verdict in ASKING], catalogue)
    assert {one.entry.id for one in made} == {entry.id for entry in catalogue}
    levels = [one.entry.level for one in made]
    assert levels == sorted(levels, key=("municipality", "school", "teachers").index)


def test_the_most_urgent_measure_of_a_level_comes_first(catalogue) -> None:
    """A concern, the level of the signs, a day as the term, the works, the repeat: in this order."""

    def first(*found: Finding, before: tuple[Finding, ...] = ()) -> list[str]:
        made = recommend(found, catalogue, before)
        codes = [one.entry.finding for one in made if one.entry.level == "municipality"]
        return list(dict.fromkeys(codes))

    mark, jump = finding("mark_gap_school", "CONCERN", "1"), finding("jump_school", "CONCERN", "2")
    low, level = finding("low_share_school", "WATCH", "3"), finding("level_school", "WATCH", "4")
    assert first(low, jump) == ["jump_school", "low_share_school"]
    assert first(mark, jump) == ["mark_gap_school", "jump_school"]
    strong = replace(finding("signs_school", "CONCERN", "2"), value=2.0)
    assert first(mark, jump, strong) == ["jump_school", "mark_gap_school"]
    assert first(low, replace(level, n=10_000)) == ["low_share_school", "level_school"]
    assert first(mark, replace(jump, n=101)) == ["jump_school", "mark_gap_school"]
    assert first(mark, jump, before=(jump,)) == ["jump_school", "mark_gap_school"]


def test_a_school_on_the_list_is_not_asked_twice(catalogue) -> None:
    """ШНОР takes the place of low results for the same school only."""
    found = [finding("low_share_school", "WATCH", unit) for unit in ("1", "2")]
    made = recommend([*found, finding("shnor_school", "WATCH", "1")], catalogue)
    units = {one.entry.finding: [f.unit for f in one.findings] for one in made}
    assert units == {"shnor_school": ["1"], "low_share_school": ["2"]}


def test_only_a_concern_asks_the_school_and_its_teachers(catalogue) -> None:
    for entry in catalogue:
        if entry.verdict == "WATCH" and entry.finding not in ("low_share_school", "shnor_school"):
            assert entry.level == "municipality", entry.id


def test_level_alone_asks_for_no_measure_against_a_school(catalogue) -> None:
    made = recommend([finding("level_school", "WATCH")], catalogue)
    assert {one.entry.level for one in made} == {"municipality"}


# --- what became of the year before ---------------------------------------------------------------


def test_a_ground_is_new_repeats_or_is_not_known(catalogue) -> None:
    now = [finding("spike_school", "CONCERN", unit) for unit in ("1", "2", "3", "4")]
    before = [
        finding("spike_school", "WATCH", "1"),
        finding("spike_school", "NO_CONCERN", "2"),
        finding("spike_school", "TOO_FEW", "3"),
        finding("jump_school", "CONCERN", "4"),
    ]
    for one in recommend(now, catalogue, before):
        said = [ground.since for ground in one.grounds]
        assert said == [Since.REPEATED, Since.NEW, Since.UNKNOWN, Since.UNKNOWN]
        assert one.repeated == 1


def test_what_is_gone_was_either_not_found_or_not_judged() -> None:
    before = [finding("spike_school", verdict, verdict) for verdict in Verdict]
    before += [finding("spike_school", "WATCH", unit) for unit in ("few", "absent", "stays")]
    before += [finding("signs_school", "CONCERN", "CONCERN")]
    now = [
        finding("spike_school", "NO_CONCERN", "CONCERN"),
        finding("spike_school", "NO_CONCERN", "WATCH"),
        finding("spike_school", "TOO_FEW", "few"),
        finding("spike_school", "CONCERN", "stays"),
    ]
    told = {one.finding.unit: one.judged for one in gone(now, before)}
    assert told == {"CONCERN": True, "WATCH": True, "few": False, "absent": False}
    assert gone(before, before) == ()


# --- what the demo's planted situations lead to -------------------------------------------------


def _cases() -> list[dict]:
    return yaml.safe_load(CASES.read_text(encoding="utf-8"))


def test_every_case_has_a_source_and_every_planted_school_a_case(project) -> None:
    cases = _cases()
    assert all(str(case["source"]).strip() for case in cases)
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    known = (*truth["planted"], *truth["gia"])
    planted = {(one["school"], year) for one in known for year in (2025, 2026)}
    assert {(case["school"], case["year"]) for case in cases} == planted


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case['school']}-{case['year']}")
def test_a_planted_situation_leads_to_its_recommendations(case, demo_notes) -> None:
    note = demo_notes[case["district"], case["year"]]
    made = [
        one.entry.id
        for one in note.facts.recommendations
        if any(found.unit == case["school"] for found in one.findings)
    ]
    assert sorted(made) == sorted(case["recommendations"]), case["situation"]
