"""Tasks of a district on both sides of the limits, from constructed rows."""

from __future__ import annotations

import pytest
from public_rows import TOWN, judged, row

from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.params.run import Thresholds
from msoko_analysis.params.scales import Paper

MATHS = {"procedure": "VPR", "grade": 4, "subject": "MA"}
DISTRICT = {"level": "municipality", "unit": TOWN, **MATHS}
REGION = {"level": "region", "municipality": "region", "unit": "region", **MATHS}


def topic(thresholds: Thresholds, *others: dict, value: float = -5.0, q: float = 0.05) -> Finding:
    rows = [row("topic_gap_task_7", value=value, q=q, p=0.01, n=400.0, **DISTRICT), *others]
    return judged(rows, thresholds)["topic_district", f"{TOWN}:task_7"]


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, Verdict.WATCH),
        ({"q": 0.10, "value": -3.0}, Verdict.WATCH),
        ({"q": 0.1001}, Verdict.NO_CONCERN),
        ({"value": -2.99}, Verdict.NO_CONCERN),
        ({"value": 5.0}, Verdict.NO_CONCERN),  # above: nothing to teach
        ({"q": float("nan")}, Verdict.NO_CONCERN),
    ],
)
def test_sure_and_at_least_three_points_below(given, verdict, thresholds: Thresholds) -> None:
    one = topic(thresholds, **given)
    assert (one.verdict, one.limit, one.limit_name) == (verdict, 3.0, "topic_min")
    assert one.paper == Paper("VPR", 4, "MA")


def test_shares_and_schools_of_the_same_task_and_paper_stand_beside(thresholds: Thresholds) -> None:
    one = topic(
        thresholds,
        row("topic_share_task_7", value=41.0, **DISTRICT),
        row("topic_share_task_8", value=9.0, **DISTRICT),
        row("topic_share_task_7", value=8.0, **(DISTRICT | {"grade": 5})),
        row("topic_share_task_7", value=50.0, **REGION),
        row("topic_schools_task_7", value=6.0, n=10.0, **DISTRICT),
    )
    assert one.details == {
        "task": 7.0, "share": 41.0, "region_share": 50.0, "below": 6.0, "schools": 10.0,
    }  # fmt: skip
