"""Findings × catalogue: nothing without a ground, nothing twice, nothing that can never be said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from msoko_analysis.catalogue import Recommendation
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.params import load_run
from msoko_analysis.recommendations import recommend

CASES = Path(__file__).parent / "cases/demo_recommendations.yaml"
# Every finding that asks for something, as findings can say it. A new one is a decision: it needs a
# measure in the catalogue, or a reason why it has none.
ASKING = {
    ("spike_school", "CONCERN"),
    ("spike_school", "WATCH"),
    ("low_share_school", "WATCH"),
    ("fioko_markers_school", "WATCH"),
    ("level_school", "WATCH"),
    ("participation_district", "WATCH"),
    ("mark_gap_school", "CONCERN"),
    ("mark_gap_school", "WATCH"),
    ("jump_school", "CONCERN"),
    ("items_hard_school", "CONCERN"),
    ("items_profile_school", "WATCH"),
    ("similarity_school", "CONCERN"),
    ("jump_school", "WATCH"),
    ("homogeneity_school", "WATCH"),
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
    made = recommend([finding(code, verdict) for code, verdict in ASKING], catalogue)
    assert [one.entry.id for one in made] == [entry.id for entry in catalogue]
    for code, verdict in ASKING:
        levels = [e.level for e in catalogue if (e.finding, e.verdict) == (code, verdict)]
        assert levels == sorted(levels, key=("municipality", "school", "teachers").index)


def test_only_a_concern_asks_the_school_and_its_teachers(catalogue) -> None:
    for entry in catalogue:
        if entry.verdict == "WATCH" and entry.finding != "low_share_school":
            assert entry.level == "municipality", entry.id


def test_level_alone_asks_for_no_measure_against_a_school(catalogue) -> None:
    made = recommend([finding("level_school", "WATCH")], catalogue)
    assert {one.entry.level for one in made} == {"municipality"}


# --- what the demo's planted situations lead to -------------------------------------------------


def _cases() -> list[dict]:
    return yaml.safe_load(CASES.read_text(encoding="utf-8"))


def test_every_case_has_a_source_and_every_planted_school_a_case(project) -> None:
    cases = _cases()
    assert all(str(case["source"]).strip() for case in cases)
    truth = yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))
    planted = {(one["school"], year) for one in truth["planted"] for year in (2025, 2026)}
    assert {(case["school"], case["year"]) for case in cases} == planted


@pytest.mark.parametrize("case", _cases(), ids=lambda case: f"{case['school']}-{case['year']}")
def test_a_planted_situation_leads_to_its_recommendations(case, demo_notes) -> None:
    note = demo_notes[case["district"], case["year"]]
    made = [
        one.entry.id
        for one in note.facts.recommendations
        if any(found.unit == case["school"] for found in one.findings)
    ]
    assert made == case["recommendations"], case["situation"]
