"""The nine steps on worked cases, editions against the documents, experts, remarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from msoko_analysis.errors import DataError, ParamsError, StatsInputError
from msoko_analysis.monitoring.editions import load_editions
from msoko_analysis.monitoring.experts import (
    agreement_of_experts,
    disagreements,
    primary_points,
)
from msoko_analysis.monitoring.remarks import advice, load_remarks
from msoko_analysis.rules.mechanisms import POSITION_COLUMNS, Mechanisms, assess

EDITIONS = load_editions()
CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/mechanisms.yaml").read_text(encoding="utf-8")
)


def assessed(rows: list[list]) -> Mechanisms:
    """An assessment from rows of block, direction, track, points, maximum."""
    positions = pd.DataFrame(
        [
            (str(number), block, direction, track, "goals", maximum)
            for number, (block, direction, track, _, maximum) in enumerate(rows)
        ],
        columns=POSITION_COLUMNS,
    )
    return assess(positions, {str(number): row[3] for number, row in enumerate(rows)})


# --- the nine steps ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_worked_case(case: dict) -> None:
    assert case["source"]
    made = assessed(case["directions"])
    assert made.index == pytest.approx(case["index"], abs=1e-12)
    for table, key, expected in (
        (made.tracks, "track", case.get("tracks", {})),
        (made.directions, "direction", case.get("systems", {})),
        (made.blocks, "block", case.get("blocks", {})),
    ):
        percent = table.set_index(key)["percent"]
        assert {name: round(percent[name]) for name in expected} == expected


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("12"), st.sampled_from("123"), st.sampled_from("ab"), st.integers(1, 9)
        ),
        min_size=1,
        max_size=40,
    ),
    st.data(),
)
def test_sums_of_every_step_agree(rows: list[tuple], data: st.DataObject) -> None:
    positions = pd.DataFrame(
        [
            (str(number), block, f"{block}.{direction}", "", component, maximum)
            for number, (block, direction, component, maximum) in enumerate(rows)
        ],
        columns=POSITION_COLUMNS,
    )
    points = {str(n): data.draw(st.integers(0, row[3])) for n, row in enumerate(rows)}
    made = assess(positions, points)
    for table in (made.components, made.directions, made.blocks):
        assert table["points"].sum() == made.points == sum(points.values())
        assert table["maximum"].sum() == made.maximum == sum(row[3] for row in rows)
        assert table["percent"].between(0, 100).all()
    assert made.index == pytest.approx(100 * made.points / made.maximum)
    low, high = made.blocks["percent"].min(), made.blocks["percent"].max()
    assert low - 1e-9 <= made.index <= high + 1e-9
    assert made.tracks.empty


def test_a_missing_or_impossible_point_is_not_zero() -> None:
    positions = EDITIONS["2022"].positions()
    full = dict.fromkeys(positions["position"], 1.0)
    assert assess(positions, full).index == 100
    assert assess(positions, dict.fromkeys(full, 0.0)).index == 0
    first = positions["position"][0]
    for wrong in (
        {name: point for name, point in full.items() if name != first},
        full | {"another": 1.0},
        full | {first: 1.5},
        full | {first: -1.0},
        full | {first: np.nan},
    ):
        with pytest.raises(StatsInputError):
            assess(positions, wrong)
    for broken in (
        positions.assign(maximum=0.0),
        positions.iloc[:0],
        positions.assign(position="a"),
    ):
        with pytest.raises(StatsInputError):
            assess(broken, full)


# --- editions ----------------------------------------------------------------------------------


def test_editions_are_those_of_the_documents() -> None:
    systems = {
        name: [[one.system for one in block.directions] for block in edition.blocks]
        for name, edition in EDITIONS.items()
    }
    first = ["student_quality", "low_results", "talents", "career"]
    newer = ["leaders", "teachers", "upbringing", "preschool"]
    assert systems == {
        "2020": [first, ["objectivity", "leaders", "upbringing", "preschool", "dpo"]],
        "2021": [first, ["objectivity", "leaders", "dpo", "methodical", "upbringing"]],
        "2022": [first, newer],
        "2023": [first, newer],
    }
    assert {name: len(one.components) for name, one in EDITIONS.items()} == {
        **{"2020": 9, "2021": 6, "2022": 9, "2023": 9}
    }
    tracked = {name for name, one in EDITIONS.items() for d in one.directions if d.tracks}
    assert tracked == {"2023"}


def test_names_of_directions_stand_in_the_documents(shared: Path) -> None:
    for name, seed in (("2021", "002"), ("2022", "000")):
        text = next((shared / "seeds").glob(f"{seed}_*.txt")).read_text(encoding="utf-8")
        words = " ".join(text.split()).lower()
        for direction in EDITIONS[name].directions:
            assert direction.name.lower() in words, direction.name


def test_unknown_maximums_say_so() -> None:
    for edition in EDITIONS.values():
        assert edition.maximums.status == "proposed"
        assert "расчётной моделью" in edition.note_ru


def test_the_model_of_2023_can_not_give_the_percents_of_its_order() -> None:
    """Whole and half points of the nine positions of a track against the order's 100, 50 and 60 %."""
    positions = EDITIONS["2023"].positions()
    order = next(case for case in CASES if case["name"] == "муниципалитет 2023 года")["tracks"]
    for track, percent in order.items():
        mine = positions[(positions["direction"] == "1.1") & (positions["track"] == track)]
        halves = 2 * mine["maximum"].sum()
        reached = {round(100 * points / halves, 6) for points in range(int(halves) + 1)}
        assert (percent in reached) == (track != "key_characteristics")
    assert "60 % целыми" in EDITIONS["2023"].note_ru
    assert "№ 870" not in EDITIONS["2022"].note_ru


def test_further_education_of_2020_stands_in_its_document(shared: Path) -> None:
    text = next((shared / "seeds").glob("001_*.txt")).read_text(encoding="utf-8")
    named = {one.system: one.name for one in EDITIONS["2020"].directions}["dpo"]
    assert named.lower() in " ".join(text.split()).lower()


def test_faults_of_an_edition_are_named(tmp_path: Path, project: Path) -> None:
    good = (project / "params/mechanisms/editions/2023.yaml").read_text(encoding="utf-8")
    for old, new, says in (
        ("component: goals", "component: golas", "неизвестный компонент «golas»"),
        ("track: balance", "track: balans", "неизвестный трек «balans»"),
        ("code: '1.2.goals'", "code: '1.3.goals'", "позиция 1.3.goals задано дважды"),
        ("code: '1.2'\n", "code: '1.3'\n", "направление 1.3 задано дважды"),
        (", max_points: 1", "", "нет обязательного ключа"),
        ("max_points: 1", "max_points: 0", "значение не подходит"),
    ):
        (tmp_path / "one.yaml").write_text(good.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ParamsError, match=says):
            load_editions(tmp_path)
    (tmp_path / "one.yaml").write_text(good, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(good, encoding="utf-8")
    with pytest.raises(ParamsError, match="редакция «2023» уже есть"):
        load_editions(tmp_path)


# --- experts -----------------------------------------------------------------------------------


def judged(seed: int = 1, experts: int = 2, *, alike: bool = False) -> pd.DataFrame:
    """Whole points of experts for every position of 2022."""
    rng = np.random.default_rng(seed)
    positions = EDITIONS["2022"].positions()["position"]
    same = rng.integers(0, 2, len(positions))
    rows = [
        (position, f"Э{expert}", float(same[n] if alike else rng.integers(0, 2)))
        for expert in range(experts)
        for n, position in enumerate(positions)
    ]
    return pd.DataFrame(rows, columns=["position", "expert", "points"])


def test_a_position_gets_the_mean_of_its_experts() -> None:
    points = judged()
    made = primary_points(EDITIONS["2022"], points)
    by_hand = {name: [] for name in made}
    for row in points.itertuples():
        by_hand[row.position].append(row.points)
    assert made == {name: sum(found) / len(found) for name, found in by_hand.items()}
    assess(EDITIONS["2022"].positions(), made)


def test_all_faults_of_points_at_once() -> None:
    points = judged()
    points.loc[0, "points"] = 2.0
    points.loc[1, "points"] = np.nan
    points.loc[2, "position"] = "9.9"
    points = pd.concat([points, points.tail(1)])
    points = points[points["position"] != "1.1.monitoring"]
    with pytest.raises(DataError) as caught:
        primary_points(EDITIONS["2022"], points)
    said = [problem.rule for problem in caught.value.problems]
    assert len(said) == 5
    for words in ("дважды", "не от 0 до максимума", "нет в редакции", "никто не оценил"):
        assert any(words in rule for rule in said)


def test_agreement_and_where_experts_differ() -> None:
    edition = EDITIONS["2022"]
    same = judged(alike=True)
    found = agreement_of_experts(edition, same)
    assert (found.experts, found.alpha.value, found.kappa.value) == (2, 1, 1)
    assert disagreements(edition, same).empty
    moved = same.copy()
    moved.loc[[3, 30], "points"] = 1 - moved.loc[[3, 30], "points"]
    listed = disagreements(edition, moved)
    assert listed["position"].tolist() == same.loc[[3, 30], "position"].tolist()
    assert listed["spread"].tolist() == [1, 1]
    assert agreement_of_experts(edition, moved).alpha.value < 1
    alone = agreement_of_experts(edition, judged(experts=1))
    assert np.isnan(alone.alpha.value)
    assert alone.kappa is None
    assert agreement_of_experts(edition, judged(experts=3)).kappa is None


# --- remarks -----------------------------------------------------------------------------------


def test_remarks_are_about_what_editions_have() -> None:
    components = {one.code for edition in EDITIONS.values() for one in edition.components}
    systems = {one.system for edition in EDITIONS.values() for one in edition.directions}
    for remark in load_remarks():
        assert set(remark.components) <= components, remark.id
        assert set(remark.systems) <= systems, remark.id
    reached = {component for remark in load_remarks() for component in remark.components}
    assert reached == components


def test_advice_only_where_points_are_lost() -> None:
    edition = EDITIONS["2022"]
    points = dict.fromkeys(edition.positions()["position"], 1.0)
    assert advice(assess(edition.positions(), points), edition, load_remarks()).empty
    points["1.3.analysis"] = 0.0
    points["2.2.effectiveness"] = 0.5
    found = advice(assess(edition.positions(), points), edition, load_remarks())
    assert list(zip(found["direction"], found["remark"], found["lost"], strict=True)) == [
        ("1.3", "one_olympiad", 1.0),
        ("2.2", "no_effect_analysis", 0.5),
    ]
    points["1.1.analysis"] = 0.0  # the remark on olympiads is not about this system
    found = advice(assess(edition.positions(), points), edition, load_remarks())
    assert "1.1" not in found["direction"].tolist()


def test_a_remark_stands_once(tmp_path: Path, project: Path) -> None:
    good = (project / "params/mechanisms/remarks.yaml").read_text(encoding="utf-8")
    path = tmp_path / "remarks.yaml"
    path.write_text(good.replace("id: no_dates", "id: no_decisions"), encoding="utf-8")
    with pytest.raises(ParamsError, match="замечание «no_decisions» уже есть выше"):
        load_remarks(path)
