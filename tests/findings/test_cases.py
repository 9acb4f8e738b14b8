"""Conclusions about a school, case by case: ``tests/cases/school_conclusions.yaml``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from public_rows import YEAR, judged, row

from msoko_analysis.findings import Verdict
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.signs import load_signs

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "school_conclusions.yaml").read_text("utf-8")
)


def _families(families: dict, **fields) -> list[dict]:
    return [
        row(f"family_{name}", value=one["own"], q=one["inside"], **fields)
        for name, one in families.items()
    ]


def _of_year(given: dict, year: int) -> list[dict]:
    """Rows of a school whose signs are large, and the row over all of them."""
    rows = [row("signs", value=3.0, year=year)]
    for code, sign in given.get("signs", {}).items():
        there = {"year": year, "n": float(sign.get("n", 100))}
        rows.append(row(code, value=9.0, q=sign.get("q", 0.05), **there))
        if code == "spike":
            rows += [
                row("spike_share", value=50.0, **there),
                row("spike_pupils", value=20.0, **there),
                row("spike_papers_needed", value=sign.get("needed", 0.5), **there),
            ]
    rows += _families(given.get("families", {}), year=year)
    rows += _families(given.get("elsewhere", {}), year=year, unit="2")
    return rows


def _named(cases: list[dict]) -> list:
    return [pytest.param(one, id=one["case"]) for one in cases]


@pytest.mark.parametrize("case", _named(CASES["levels"]))
def test_level_of_a_school(case: dict, thresholds: Thresholds) -> None:
    apart = [
        row("spike", value=9.0, q=q, procedure="VPR", subject=subject)
        for subject, q in case.get("subjects", {}).items()
    ]
    rows = [*_of_year(case, YEAR), *apart, *_of_year(case.get("before", {}), YEAR - 1)]
    one = judged(rows, thresholds)["signs_school", "1"]
    assert (one.value, one.verdict) == (case["level"], Verdict(case["verdict"]))
    assert one.details["families"] == case["families_concerned"]
    assert one.limit == thresholds[one.limit_name].value


@pytest.mark.parametrize("case", _named(CASES["signs"]))
def test_a_sign_at_its_limits(case: dict, thresholds: Thresholds) -> None:
    families = ("cuts", "marks", "time", "tasks")
    chosen = _families({k: {"own": 0.05, "inside": case.get("inside", 0.05)} for k in families})
    mine = row(
        case["sign"], value=case["value"], q=case.get("q", 0.05), n=float(case.get("n", 100))
    )
    one = judged([mine, *chosen], thresholds)[f"{case['sign']}_school", "1"]
    assert one.verdict == Verdict(case["verdict"])


@pytest.mark.parametrize("code", [one.code for one in load_signs().signs if one.code != "spike"])
def test_every_sign_of_the_register_stands_at_its_limit(code: str, thresholds: Thresholds) -> None:
    sign = load_signs().of_code(code)
    limit = thresholds[sign.limit].value
    chosen = _families({name: {"own": 0.05, "inside": 0.05} for name in load_signs().families})
    at, below = (
        judged([row(code, value=value, q=0.05), *chosen], thresholds)[sign.finding, "1"].verdict
        for value in (limit, np.nextafter(limit, 0))
    )
    assert at == (Verdict.CONCERN if sign.names else Verdict.WATCH)
    assert below == Verdict.NO_CONCERN


@pytest.mark.parametrize("case", _named(CASES["expectation"]))
def test_result_against_its_conditions(case: dict, thresholds: Thresholds) -> None:
    rows = [row("better", value=case["better"]), row("above_expected", value=4.5)]
    one = judged(rows, thresholds)["expectation_school", "1"]
    assert (one.details["side"], one.value) == (case["side"], 4.5)
    assert one.verdict == Verdict.NO_CONCERN


@pytest.mark.parametrize("case", _named(CASES["resilient"]))
def test_resilient_school(case: dict, thresholds: Thresholds) -> None:
    sign = {"signs": {"spike": {}}, "families": {"cuts": {"own": 0.05, "inside": 0.05}}}
    calm = {"signs": {"spike": {"q": 0.5}}}
    signs = [
        row | {"unit": unit}
        for unit, doubt in (("1", case["doubtful"] is True), ("2", case["doubtful"] == "elsewhere"))
        for row in _of_year(sign if doubt else calm, YEAR)
    ]
    found = judged([row("resilient", value=case["resilient"]), *signs], thresholds)
    one = found["resilient_school", "1"]
    assert (one.details["resilient"], one.verdict) == (case["answer"], Verdict.NO_CONCERN)


def test_every_case_says_why() -> None:
    cases = [one for part in CASES.values() for one in part]
    assert all(one["case"] and one["source"] for one in cases)
    assert all(one["note"] for one in CASES["levels"])
