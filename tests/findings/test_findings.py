"""Every verdict on both sides of its limit, from constructed public tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from public_rows import TOWN, YEAR, judged, row
from scipy.stats import norm

from msoko_analysis.disclosure import PublicMeasures
from msoko_analysis.findings import Verdict, judge, judge_participation
from msoko_analysis.params.run import Thresholds

RU4 = {"procedure": "VPR", "grade": 4, "subject": "RU"}
MA4 = {"procedure": "VPR", "grade": 4, "subject": "MA"}


def spike(*, q=0.05, share=20.0, pupils=3.0, needed=0.5, sized=True, family=0.05) -> list[dict]:
    rows = [
        row("spike", value=3.0, p=0.001, q=q),
        row("spike_papers_needed", value=needed),
        row("family_cuts", value=family, q=family),
    ]
    if sized:
        rows += [row("spike_share", value=share, low=10.0, high=30.0)]
        rows += [row("spike_pupils", value=pupils, low=1.0, high=9.0)]
    return rows


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"q": 0.10}, Verdict.CONCERN),
        ({"q": 0.1001}, Verdict.NO_CONCERN),
        ({"share": 19.99}, Verdict.WATCH),
        ({"pupils": 2.99}, Verdict.WATCH),
        ({"q": 0.1001, "needed": 1.0}, Verdict.NO_CONCERN),
        ({"q": 0.1001, "needed": 1.01}, Verdict.TOO_FEW),
        ({"q": float("nan"), "sized": False}, Verdict.TOO_FEW),
        ({"q": 0.05, "needed": 3.0}, Verdict.CONCERN),  # found in spite of little power
    ],
)
def test_spike_on_both_sides_of_its_limits(given, verdict, thresholds: Thresholds) -> None:
    assert judged(spike(**given), thresholds)["spike_school", "1"].verdict == verdict


def test_spike_tells_size_n_limit_and_source(thresholds: Thresholds) -> None:
    one = judged(spike(pupils=7.0), thresholds)["spike_school", "1"]
    assert (one.n, one.value, one.low, one.high) == (100, 7.0, 1.0, 9.0)
    assert (one.unit_of_value, one.limit, one.limit_name) == ("pupils", 0.10, "spike_q")
    assert (one.method, one.source, one.q) == ("signs", "own", 0.05)
    assert one.id == "spike_school:1"


def share_2(paper: dict, value: float, low: float, **fields) -> dict:
    return row("share_2", **paper, value=value, low=low, high=value + 10, count=value, **fields)


REGION = [
    row("share_2", **paper, level="region", municipality="region", unit="region", value=12.0)
    for paper in (RU4, MA4)
]


@pytest.mark.parametrize(
    ("papers", "verdict"),
    [
        ([(RU4, 30.0, 12.01), (MA4, 30.0, 12.01)], Verdict.WATCH),
        ([(RU4, 29.99, 20.0), (MA4, 30.0, 20.0)], Verdict.NO_CONCERN),  # one below the limit
        ([(RU4, 30.0, 12.0), (MA4, 30.0, 20.0)], Verdict.NO_CONCERN),  # one within its error
        ([(RU4, 90.0, 80.0)], Verdict.NO_CONCERN),  # one paper only
    ],
)
def test_low_share_needs_two_papers_beyond_error(papers, verdict, thresholds: Thresholds) -> None:
    rows = [share_2(*one) for one in papers]
    assert judged([*rows, *REGION], thresholds)["low_share_school", "1"].verdict == verdict


def test_low_share_tells_the_worst_visible_paper(thresholds: Thresholds) -> None:
    rows = [share_2(RU4, 40.0, 30.0, n=25.0), share_2(MA4, 60.0, 45.0, n=20.0)]
    one = judged([*rows, *REGION], thresholds)["low_share_school", "1"]
    assert (one.value, one.n) == (60.0, 20)
    assert (one.details["papers"], one.details["papers_seen"]) == (2, 2)


@pytest.mark.parametrize(("markers", "verdict"), [(1, Verdict.NO_CONCERN), (2, Verdict.WATCH)])
def test_one_official_marker_is_no_sign(markers, verdict, thresholds: Thresholds) -> None:
    found = judged([row("fioko_markers", value=float(markers))], thresholds)
    assert found["fioko_markers_school", "1"].verdict == verdict


@pytest.mark.parametrize(
    ("z", "n", "verdict"),
    [
        (3.001, 10, Verdict.WATCH),
        (2.999, 10, Verdict.NO_CONCERN),
        (9.0, 9, Verdict.TOO_FEW),
        (-3.001, 10, Verdict.WATCH),
    ],
)
def test_level_is_never_more_than_watch(z, n, verdict, thresholds: Thresholds) -> None:
    rows = [row("level", value=float(np.sign(z)), p=2 * norm.sf(abs(z)), n=float(n))]
    one = judged(rows, thresholds)["level_school", "1"]
    assert one.verdict == verdict
    assert one.details["z"] == pytest.approx(z)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [(900, Verdict.NO_CONCERN), (899, Verdict.WATCH), (1100, Verdict.NO_CONCERN)],
)
def test_participation_falls_by_more_than_a_tenth(now, verdict, thresholds: Thresholds) -> None:
    table = pd.DataFrame(
        {
            "check": ["participation", "participation", "absent"],
            "year": YEAR,
            "procedure": "VPR",
            "municipality": TOWN,
            "n_rows": [600, 400, 7],
            "n_found": [now - 400, 400, 7],
        }
    )
    (one,) = judge_participation(table, TOWN, YEAR, thresholds)
    assert one.verdict == verdict
    assert (one.n, one.details["before"]) == (now, 1000)


def test_papers_of_a_few_pupils_are_in_no_printed_sum(thresholds: Thresholds) -> None:
    # 300 of 400 wrote the large papers; of the two small ones the gate hides 4 and 3 pupils
    table = pd.DataFrame(
        {
            "check": "participation", "year": YEAR, "procedure": "VPR", "municipality": TOWN,
            "n_rows": [400, 4, 40], "n_found": [300, 40, 3],
        }
    )  # fmt: skip
    (one,) = judge_participation(table, TOWN, YEAR, thresholds)
    assert (one.details["before"], one.n, one.value) == (400, 300, 25)


def test_no_year_before_no_finding(thresholds: Thresholds) -> None:
    table = pd.DataFrame(
        {
            "check": ["participation"], "year": YEAR, "procedure": "VPR", "municipality": TOWN,
            "n_rows": 0, "n_found": 50,
        }
    )  # fmt: skip
    assert judge_participation(table, TOWN, YEAR, thresholds) == ()


def test_procedures_are_not_mixed_in_participation(thresholds: Thresholds) -> None:
    table = pd.DataFrame(
        {
            "check": "participation",
            "year": YEAR,
            "procedure": ["VPR", "OGE", "DIAG", "DIAG"],
            "municipality": TOWN,
            "n_rows": [1000, 200, 100, 100],
            "n_found": [1000, 100, 80, 80],
        }
    )
    found = {one.unit: one.verdict for one in judge_participation(table, TOWN, YEAR, thresholds)}
    assert found == {f"{TOWN}:DIAG": Verdict.WATCH, f"{TOWN}:VPR": Verdict.NO_CONCERN}


def everything(**fields) -> list[dict]:
    """A school with every sign there is."""
    return [
        {**one, **fields}
        for one in (
            *spike(),
            share_2(RU4, 80.0, 70.0),
            share_2(MA4, 80.0, 70.0),
            row("fioko_markers", value=4.0),
            row("level", value=2.0, p=1e-9),
        )
    ]


def test_hidden_rows_are_never_judged(thresholds: Thresholds) -> None:
    assert judged([*everything(), *REGION], thresholds)
    assert not judged([*everything(hidden=True), *REGION], thresholds)


@pytest.mark.parametrize("other", [{"municipality": "B"}, {"year": YEAR - 1}, {"level": "region"}])
def test_only_schools_of_this_district_and_year(other, thresholds: Thresholds) -> None:
    assert not judged([*everything(**other), *REGION], thresholds)


def test_only_the_spike_may_be_a_concern_here(thresholds: Thresholds) -> None:
    found = judged([*everything(), *REGION], thresholds)
    context = ("low_share_school", "fioko_markers_school", "level_school")
    assert {found[code, "1"].verdict for code in context} == {Verdict.WATCH}
    assert found["spike_school", "1"].verdict == Verdict.CONCERN


def test_nothing_gives_no_findings(thresholds: Thresholds) -> None:
    assert judged(REGION, thresholds) == {}


def test_nothing_is_decided_by_local_fdr(demo_notes: dict) -> None:
    """spike_fdr says how far a school is trusted in the reference; names come from q alone."""
    facts = demo_notes["M01", 2026].facts
    table = facts.public.table
    fdr = table["indicator"] == "spike_fdr"
    assert (fdr & (table["municipality"] == "M01")).any()
    judged = [
        [
            (one.id, one.verdict)
            for one in judge(
                PublicMeasures(table.assign(value=table["value"].mask(fdr, value))),
                "M01", 2026, facts.run.thresholds,
            )
        ]
        for value in (0.0, 1.0)
    ]  # fmt: skip
    assert judged[0] == judged[1]
    assert any(verdict == Verdict.CONCERN for _, verdict in judged[0])


# --- medals, links, marks of the district --------------------------------------------------------

EGE = {"procedure": "EGE", "grade": 11, "subject": ""}
OGE = {"procedure": "OGE", "grade": 9, "subject": "RU"}


def medals(*, q=0.05, posterior=95.0, n=20.0, needed=16.0) -> list[dict]:
    region = {"level": "region", "municipality": "region", "unit": "region"}
    return [
        row("medals_double", **EGE, value=posterior, q=q, n=n, p=0.01),
        row("medals_needed", **EGE, **region, value=needed),
    ]


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, Verdict.CONCERN),
        ({"q": 0.10, "posterior": 90.0}, Verdict.CONCERN),
        ({"posterior": 89.9}, Verdict.WATCH),
        ({"q": 0.1001}, Verdict.NO_CONCERN),
        ({"q": 0.1001, "n": 16.0}, Verdict.NO_CONCERN),
        ({"q": 0.1001, "n": 15.0}, Verdict.TOO_FEW),
        ({"q": float("nan")}, Verdict.NO_CONCERN),
        ({"q": 0.5, "needed": float("nan")}, Verdict.TOO_FEW),
    ],
)
def test_medals_on_both_sides_of_their_limits(given, verdict, thresholds: Thresholds) -> None:
    one = judged(medals(**given), thresholds)["medals_school", "1"]
    assert one.verdict == verdict
    assert (one.limit, one.limit_name) == (thresholds["medals_ratio"].value, "medals_ratio")


@pytest.mark.parametrize(
    ("given", "apart", "verdict"),
    [
        ({}, 1.0, Verdict.WATCH),
        ({"value": 0.3, "q": 0.10, "n": 10.0}, 1.0, Verdict.WATCH),
        ({"value": -0.29}, 0.0, Verdict.NO_CONCERN),
        ({"q": 0.11}, 0.0, Verdict.NO_CONCERN),
        ({"n": 9.0}, 0.0, Verdict.NO_CONCERN),
        ({**RU4, "grade": 5}, 1.0, Verdict.NO_CONCERN),  # ВПР against ВПР is told, not asked about
    ],
)
def test_links_on_both_sides_of_their_limits(given, apart, verdict, thresholds) -> None:
    fields = {**OGE, "value": -0.5, "p": 1e-6, "q": 1e-4, "n": 40.0} | given
    one = judged([row("link_vpr", **fields)], thresholds)["link_school", "1"]
    assert (one.details["apart"], one.verdict) == (apart, verdict)
    assert one.id == f"link_school:1:{one.paper.code}"


@pytest.mark.parametrize(
    ("q", "verdict"),
    [
        (0.10, Verdict.WATCH),
        (0.11, Verdict.NO_CONCERN),
        (float("nan"), Verdict.TOO_FEW),
    ],
)
def test_marks_of_a_district_by_paper(q, verdict, thresholds: Thresholds) -> None:
    whole = {"level": "municipality", "unit": TOWN}
    rows = [row("mark_gap_paper", **OGE, **whole, value=0.2, q=q)]
    assert judged(rows, thresholds)["marks_district", TOWN].verdict == verdict


@pytest.mark.parametrize("other", [{"year": YEAR - 1}, {"level": "school"}])
def test_only_the_district_of_this_year(other, thresholds: Thresholds) -> None:
    whole = {"level": "municipality", "unit": TOWN} | other
    rows = [row("mark_gap_paper", **OGE, **whole, value=0.2, q=0.05)]
    assert judged(rows, thresholds) == {}
