"""Values, scores, changes, targets and the interview: worked cases and properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.errors import DataError, StatsInputError
from msoko_analysis.monitoring.dynamics import changes, deviations
from msoko_analysis.monitoring.engine import KEY, NUMBERS, indicator_values
from msoko_analysis.monitoring.interview import ROOM, interview
from msoko_analysis.monitoring.periods import TIMES, Period, periods_of
from msoko_analysis.monitoring.registry import QUOTIENTS, load_registry
from msoko_analysis.monitoring.scoring import VARIANTS, scores

REGISTRY = load_registry()
CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/indicator_formulas.yaml").read_text(encoding="utf-8")
)


def entries(*rows: tuple) -> pd.DataFrame:
    """Rows of KEY and NUMBERS."""
    return pd.DataFrame(rows, columns=KEY + NUMBERS).astype(dict.fromkeys(NUMBERS, float))


def values_of(**by_place: float) -> pd.DataFrame:
    """Values of П8 of one period."""
    frame = pd.DataFrame({"municipality": list(by_place), "value": list(by_place.values())})
    return frame.assign(indicator="П8", period="2026-H1")


# --- periods -----------------------------------------------------------------------------------


@given(st.integers(2000, 2099), st.sampled_from(TIMES), st.data())
def test_a_period_survives_its_code_and_title(year: int, times: int, data: st.DataObject) -> None:
    period = Period(year, times, data.draw(st.integers(1, times)))
    assert Period.parse(period.code) == Period.parse(period.title) == period
    back = period
    for _ in range(times):
        back = back.previous
    assert back == period.year_before


def test_codes_sort_in_time() -> None:
    for times in TIMES:
        codes = [one.code for year in (2025, 2026) for one in periods_of(year, times)]
        assert codes == sorted(codes)
        assert len(set(codes)) == 2 * times
    assert [Period.parse(wrong) for wrong in ("", "26", "2026-H3", "5-й квартал 2026")] == [
        None
    ] * 4


# --- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["indicator"])
def test_worked_case(case: dict) -> None:
    assert REGISTRY[case["indicator"]].kind == case["kind"]
    assert case["source"]
    rows = [(case["indicator"], "M01", *row) for row in case["rows"]]
    made = indicator_values(entries(*rows), REGISTRY)
    assert made["value"].iloc[-1] == pytest.approx(case["answer"], abs=1e-12)


def test_every_kind_has_a_worked_case() -> None:
    assert {case["kind"] for case in CASES} == {*QUOTIENTS, "value"}


def test_nobody_and_no_year_before_are_nan() -> None:
    made = indicator_values(
        entries(
            ("П8", "M01", "2026-H1", 0, 0, np.nan),
            ("П8", "M02", "2026-H1", 0, 5, np.nan),
            ("П1", "M01", "2026-H1", 5, 10, np.nan),
            ("П1", "M02", "2025-H1", 0, 10, np.nan),
            ("П1", "M02", "2026-H1", 5, 10, np.nan),
            ("П1", "M03", "2025-H2", 5, 10, np.nan),
            ("П1", "M03", "2026-H1", 5, 10, np.nan),
        ),
        REGISTRY,
    )
    assert made["value"].tolist() == pytest.approx([np.nan, 0, *[np.nan] * 5], nan_ok=True)


def test_computed_values_come_from_the_caller_only() -> None:
    computed = {("П29", "M01", "2026"): 12.5}
    made = indicator_values(entries(("П8", "M01", "2026-H1", 1, 4, np.nan)), REGISTRY, computed)
    assert made.set_index("indicator")["value"].to_dict() == {"П8": 25.0, "П29": 12.5}
    assert indicator_values(entries(), REGISTRY, computed)["value"].tolist() == [12.5]
    assert indicator_values(entries(), REGISTRY).empty
    wrong = entries(
        ("П19", "M01", "2026", np.nan, np.nan, 90),
        ("П99", "M01", "2026", np.nan, np.nan, 1),
        ("П8", "M01", "2026-Q9", 1, 4, np.nan),
        ("П9", "M01", "2026-H1", 1, 4, np.nan),
        ("П9", "M01", "2026-H1", 2, 4, np.nan),
    )
    with pytest.raises(DataError) as caught:
        indicator_values(wrong, REGISTRY, {("П8", "M02", "2026-H1"): 1.0})
    said = "\n".join(problem.rule for problem in caught.value.problems)
    assert len(caught.value.problems) == 5
    for words in (
        "«П99» нет в реестре",
        "«2026-Q9» не бывает",
        "П19 вычисляется",
        "П8 вводится",
        "П9, M01, 2026-H1 задан дважды",
    ):
        assert words in said


# --- scores ------------------------------------------------------------------------------------


def test_scores_of_both_variants_by_hand() -> None:
    up = values_of(M01=40.0, M02=80.0, M03=60.0)
    down = up.assign(indicator="П2")
    assert scores(up, REGISTRY, "to_best").frame["score"].tolist() == [50, 100, 75]
    assert scores(up, REGISTRY, "min_max").frame["score"].tolist() == [0, 100, 50]
    found = scores(down, REGISTRY, "to_best").frame["score"].tolist()
    assert found == pytest.approx([100, 50, 200 / 3])
    assert scores(down, REGISTRY, "min_max").frame["score"].tolist() == [100, 0, 50]


@settings(max_examples=40)
@given(
    st.lists(st.floats(0, 1e6) | st.just(np.nan), min_size=1, max_size=8),
    st.sampled_from(["П8", "П2"]),
    st.sampled_from(sorted(VARIANTS)),
)
def test_the_best_is_100_and_order_is_kept(found: list[float], code: str, variant: str) -> None:
    values = pd.DataFrame({"value": found, "indicator": code, "period": "2026-H1"})
    values["municipality"] = [f"M{number}" for number in range(len(found))]
    made = scores(values, REGISTRY, variant).frame
    known = made.dropna(subset=["value"])
    if len(known) < 2:
        assert made["score"].isna().all()
        return
    if variant == "to_best" and code == "П2" and known["value"].min() == 0:
        assert known["score"].notna().equals(known["value"] == 0)
        return
    assert made["score"].notna().equals(made["value"].notna())
    assert known["score"].between(-1e-9, 100 + 1e-9).all()
    best = known["value"].min() if code == "П2" else known["value"].max()
    assert (known.loc[known["value"] == best, "score"] == 100).all()
    ordered = known.sort_values("value", ascending=code != "П2")["score"].to_numpy()
    assert (np.diff(ordered) >= -1e-9).all()


def test_edges_of_scores() -> None:
    zero = values_of(M01=0.0, M02=1.0, M03=50.0).assign(indicator="П2")
    # less is better and the best is 0: 1 and 50 are both 0 % of nothing, so they get no score
    found = scores(zero, REGISTRY, "to_best").frame["score"]
    assert found[0] == 100
    assert found[1:].isna().all()
    same = values_of(M01=7.0, M02=7.0)
    for variant in VARIANTS:
        assert scores(same, REGISTRY, variant).frame["score"].tolist() == [100, 100]
    with pytest.raises(StatsInputError):
        scores(values_of(M01=-1.0, M02=2.0), REGISTRY, "to_best")
    with pytest.raises(StatsInputError):
        scores(same, REGISTRY, "best")


def test_ranks_need_a_ground_and_the_rule_is_said() -> None:
    values = values_of(M02=1.0, M01=2.0, M03=2.0)
    made = scores(values, REGISTRY, "to_best")
    assert "rank" not in made.frame
    assert "100 · x / лучшее" in made.rule_ru
    assert "расчётная модель" in made.rule_ru
    asked = scores(values, REGISTRY, "to_best", ground="приказ № 1")
    assert asked.frame["rank"].tolist() == [3, 1, 1]
    assert asked.frame["municipality"].tolist() == ["M02", "M01", "M03"]


# --- changes, targets, interview ---------------------------------------------------------------


def test_change_since_a_year_and_since_the_period_before() -> None:
    values = indicator_values(
        entries(
            ("П8", "M01", "2025-H1", 60, 300, np.nan),
            ("П8", "M01", "2025-H2", 54, 300, np.nan),
            ("П8", "M01", "2026-H1", 30, 200, np.nan),
            ("П2", "M01", "2025-H1", 8, 100, np.nan),
            ("П2", "M01", "2026-H1", 9, 100, np.nan),
            ("П11", "M01", "2025-H1", 0, 7, np.nan),
            ("П11", "M01", "2026-H1", 84, 7, np.nan),
        ),
        REGISTRY,
    )
    year = changes(values, REGISTRY).set_index("indicator")
    assert year.loc[
        "П8", ["before", "value", "change", "percent", "units", "towards"]
    ].tolist() == (pytest.approx([20, 15, -5, -25, -10, -1]))
    assert year.loc["П2", "towards"] == -1  # more is worse there
    assert np.isnan(year.loc["П11", "percent"])
    assert np.isnan(year.loc["П11", "units"])  # not a share
    step = changes(values, REGISTRY, "period")
    assert step["period"].tolist() == ["2025-H2", "2026-H1"]
    assert step["change"].tolist() == pytest.approx([-2, -3])
    with pytest.raises(StatsInputError):
        changes(values, REGISTRY, "month")


def test_the_last_digits_of_a_quotient_are_not_a_fall() -> None:
    values = indicator_values(
        entries(
            *[("П8", "M01", f"{year}-H1", n, 3 * n, np.nan) for year, n in ((2025, 1), (2026, 49))]
        ),
        REGISTRY,
    )
    assert changes(values, REGISTRY)["towards"].tolist() == [0]


def test_targets_and_the_interview_sheet() -> None:
    typed = entries(
        ("П8", "M01", "2025-H1", 60, 300, np.nan),
        ("П8", "M01", "2026-H1", 45, 300, np.nan),
        ("П4", "M01", "2025-H1", 60, 300, np.nan),
        ("П4", "M01", "2026-H1", 61, 300, np.nan),
        ("ДК1", "M01", "2026", 12, 300, np.nan),
        ("ДК7", "M01", "2026", 3, 10, np.nan),
        ("ДК1", "M02", "2026", 15, 300, np.nan),
    )
    values = indicator_values(typed, REGISTRY)
    targets = pd.DataFrame(
        [
            ("ДК1", "M01", "2026", 5.0, "а"),
            ("ДК7", "M01", "2026", 30.0, "а"),
            ("ДК1", "M02", "2026", 5.0, "а"),
            ("ДК9", "M02", "2026", 100.0, "а"),
        ],
        columns=[*KEY, "target", "source"],
    )
    found = deviations(values, targets, REGISTRY)
    assert found["reached"].tolist() == pytest.approx([0, 1, 1, np.nan], nan_ok=True)
    assert found["short"].tolist() == pytest.approx([1, 0, 0, np.nan], nan_ok=True)
    sheet = interview(changes(values, REGISTRY), found, REGISTRY, "M01")
    assert [name.split(".")[0] for name in sheet.frame["Показатель"]] == ["П8", "ДК1"]
    fallen, below = sheet.frame.to_dict("records")
    assert (fallen["Было"], fallen["Стало"], fallen["Изменение"]) == (20, 15, -5)
    assert fallen["В единицах"] == pytest.approx(-15)
    assert (below["Стало"], below["Цель"], below["Не хватает до цели"]) == (4, 5, 1)
    assert all(fallen[name] == "" for name in ROOM)
    assert "−5,0" in sheet._repr_html_()
    assert interview(changes(values, REGISTRY), found, REGISTRY, "M02").frame.empty
