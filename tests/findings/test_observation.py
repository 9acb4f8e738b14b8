"""The plan of observation in a constructed region: whose rows count, and what each of them moves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from public_rows import YEAR, row

from msoko_analysis.findings.observation import BLOCK, ObservationPlan, plan_observation
from msoko_analysis.measures.arrays import PaperArrays, Year
from msoko_analysis.params.run import PARAMS, Observation, RunParams, load_run
from msoko_analysis.params.scales import Paper, Scale
from msoko_analysis.stats.observation_plan import Reason

RUN = load_run(PARAMS / "runs/demo.yaml")
MATHS = Paper("VPR", 4, "MA")
SCHOOLS = pd.Index([f"S{n:02}" for n in range(60)])
SUSPECT, TOWNSMAN = SCHOOLS[0], SCHOOLS[1]  # of the districts A and B


def with_capacity(observers: int, works: int, **observed) -> RunParams:
    capacity = Observation(observers=observers, works=works, **observed)
    return RUN.model_copy(update={"observation": capacity})


def year(*, lifted: int = 0, top: int = 20) -> Year:
    """Honest schools but for the first two, where pupils of 9 points got 10; districts in turn."""
    rng = np.random.default_rng(1)
    scores = rng.binomial(top, rng.beta(9, 8, (len(SCHOOLS), 60)))
    counts = np.stack([np.bincount(one, minlength=top + 1) for one in scores]).astype(float)
    counts[:2, top // 2] += lifted
    scale = Scale(
        year=YEAR, procedure="VPR", grade=4, subject="MA", max_primary=top, min_3=top // 4,
        min_4=top // 2, min_5=3 * top // 4, status="synthetic", source="тест",
    )  # fmt: skip
    paper = PaperArrays(MATHS, scale, counts, np.zeros((len(SCHOOLS), 4, top + 1)))
    return Year(YEAR, pd.DataFrame({"municipality": np.resize(["A", "B"], 60)}, SCHOOLS), (paper,))


def family(name: str = "cuts", **of_first: float) -> list[dict]:
    """p of a family of all schools: spread evenly, as honest ones are, or the one given."""
    even = dict(zip(SCHOOLS, np.linspace(0.02, 0.98, len(SCHOOLS)), strict=True)) | of_first
    return [row(f"family_{name}", unit=unit, p=p) for unit, p in even.items()]


def plan(run: RunParams, rows: list[dict], district: str = "A", **made) -> ObservationPlan | None:
    return plan_observation(run, pd.DataFrame(rows), year(**made), district)


def probable(made: ObservationPlan) -> tuple[set[str], set[str]]:
    """Schools to visit and schools to mark again not by lot."""
    return tuple(
        {one.school for one in some if one.reason != Reason.LOT}
        for some in (made.visits, made.rechecks)
    )


SURE = family(**{SUSPECT: 1e-9, TOWNSMAN: 1e-9})


def test_a_district_plans_for_its_own_schools() -> None:
    for district, mine in (("A", SUSPECT), ("B", TOWNSMAN)):
        made = plan(with_capacity(5, 60), SURE, district, lifted=25)
        assert probable(made) == ({mine}, {mine})
        drawn = {one.school for one in (*made.visits, *made.rechecks)}
        assert {SCHOOLS.get_loc(one) % 2 for one in drawn} == {"AB".index(district)}
        assert len(made.visits) == 5
        assert all(one.works % BLOCK == 0 and one.paper == MATHS for one in made.rechecks)
        assert sum(one.works for one in made.rechecks) <= 60


def test_no_capacity_or_no_school_no_plan() -> None:
    assert plan(RUN.model_copy(update={"observation": None}), SURE) is None
    assert plan(with_capacity(5, 60), SURE, "C") is None
    assert plan(with_capacity(0, 0), SURE) == ObservationPlan((), ())


def test_without_a_paper_whose_cuts_can_be_tested_nothing_is_marked_again() -> None:
    made = plan(with_capacity(5, 60), SURE, lifted=25, top=8)
    assert made.rechecks == ()
    assert probable(made)[0] == {SUSPECT}


@pytest.mark.parametrize(
    "other",
    [
        {"year": YEAR - 1},
        {"subject": "MA", "procedure": "VPR", "grade": 4},
        {"level": "municipality"},
        {"indicator": "family_marks"},  # an observer does not see what a school does with its marks
        {"indicator": "spike"},
    ],
)
def test_only_pooled_rows_of_the_year_and_of_schools_count(other: dict) -> None:
    honest = family()
    unseen = [one | other for one in family(**{SUSPECT: 1e-9})]
    for rows in (honest + unseen, unseen + honest):
        made = plan(with_capacity(5, 60), rows, lifted=25)
        assert made == plan(with_capacity(5, 60), honest, lifted=25)
        assert probable(made) == (set(), set())


def test_any_family_that_an_observer_sees_brings_him_but_works_are_those_at_the_cuts() -> None:
    made = plan(with_capacity(5, 60), family() + family("time", **{SUSPECT: 1e-9}), lifted=25)
    assert probable(made) == ({SUSPECT}, set())


def test_where_an_observer_was_that_year_he_comes_again_only_if_it_is_still_probable() -> None:
    seen = {"observed": {YEAR: (SUSPECT,), YEAR - 1: SCHOOLS}}
    again = [one for one in plan(with_capacity(5, 0, **seen), SURE).visits if one.school == SUSPECT]
    assert [one.reason for one in again] == [Reason.AGAIN]
    made = plan(with_capacity(5, 0, **seen), family())
    assert SUSPECT not in {one.school for one in made.visits}


def test_works_of_a_school_are_expected_by_the_curve_that_judged_it() -> None:
    # Two peaks: the usual curve expects 80 works of 108 at the cuts, the finer one 116.
    both = year()
    peaks = np.exp(-(((np.arange(21) - [[5], [14]]) / 2) ** 2)).sum(axis=0)
    both.papers[0].scores[0] = np.round(60 * peaks)
    marked = [
        probable(
            plan_observation(
                with_capacity(0, 60),
                pd.DataFrame([*SURE, row("spike_own_shape", unit=SUSPECT, value=own)]),
                both,
                "A",
            )
        )[1]
        for own in (0.0, 1.0)
    ]
    assert marked == [{SUSPECT}, set()]
