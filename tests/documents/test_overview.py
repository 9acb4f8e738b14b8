"""The overview of the region tells the demo's truth, names no school and ranks nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from leaving_out import jackknife_difference
from reading import words

from msoko_analysis.disclosure import publish
from msoko_analysis.documents.overview import Overview, build_overview
from msoko_analysis.measures import COLUMNS
from msoko_analysis.measures.result_change import change
from msoko_analysis.params.run import load_run


@pytest.fixture(scope="module")
def overview(project, demo_data) -> Overview:
    run = str(project / "params/runs/demo.yaml")
    return build_overview(run, year=2026, data=str(demo_data))


@pytest.fixture(scope="module")
def truth(project) -> dict:
    return yaml.safe_load((project / "data/demo/truth.yaml").read_text(encoding="utf-8"))


def whole(overview: Overview) -> str:
    parts = (overview.requisites, overview.summary, *overview.tables.values(), overview.methods)
    return "\n".join(words(one._repr_html_()) for one in parts)


def test_districts_stand_by_alphabet_with_the_planted_schools(overview, truth) -> None:
    table = overview.tables["signs"].frame
    assert list(table["Муниципалитет"]) == sorted(table["Муниципалитет"])
    told = dict(zip(overview.facts.schools, table["Признаки, требующие проверки"], strict=True))
    doubtful = ("spike", "leak", "mark_inflation")
    planted = {
        code: sum(
            one["municipality"] == code and one["kind"] in doubtful for one in truth["planted"]
        )
        for code in overview.facts.schools
    }
    assert told == planted


def test_what_is_common_is_what_was_planted(overview, truth) -> None:
    rows = overview.tables["kinds"].frame.set_index("Что найдено")
    spikes = [one for one in truth["planted"] if one["kind"] == "spike"]
    found = rows.loc["Скопление работ у границы отметки"]
    assert found["Число школ"] == len(spikes)
    assert found["Муниципалитетов"] == len({one["municipality"] for one in spikes})


def test_the_habit_of_the_region_is_seen_in_papers_that_schools_mark(overview, truth) -> None:
    """Every school lifts 30 % over «3» in ВПР 4–6; exams are honest (data/README.md)."""
    theta = 100 * truth["region_habit"]["theta"]
    for paper in overview.facts.papers:
        row = overview.facts.row("region", "region", "lifted_3", paper)
        if paper.procedure == "VPR" and paper.grade < 8:
            # six intervals of 95 %, none worse than by a tenth of the scale
            assert row["low"] > 0
            assert abs(row["value"] - theta) < 15
        else:
            assert row["low"] <= 0 <= row["high"]
    assert "видно по 6 из" in words(overview.summary._repr_html_())


def test_no_school_is_named_and_nothing_is_ranked(overview, demo_notes) -> None:
    said = whole(overview)
    names = {name for note in demo_notes.values() for name in note.facts.names.values()}
    assert not [name for name in names if name in said]
    assert "рейтинг" not in said.lower()
    assert "худш" not in "".join(overview.tables["signs"].frame.columns)


def test_every_change_has_its_interval(overview) -> None:
    for name in ("results", "changes"):
        frame = overview.tables[name].frame
        known = frame[frame["К прошлому году, п. п."].notna()]
        assert known["95 %"].str.startswith("от").all()


def test_tables_are_numbered_through(overview) -> None:
    captions = [one.caption for one in overview.tables.values() if not one.frame.empty]
    numbers = [caption.split(".")[0] for caption in captions]
    assert numbers == [f"Таблица\xa0{place}" for place in range(1, len(captions) + 1)]


def test_findings_saved_are_about_districts_only(overview, tmp_path) -> None:
    overview.save(str(tmp_path))
    assert "S0" not in (tmp_path / "findings.json").read_text(encoding="utf-8")
    assert (tmp_path / "tables" / "signs.csv").exists()


def test_one_hidden_district_takes_another_with_it(project) -> None:
    thresholds = load_run(project / "params/runs/demo.yaml").thresholds
    rows = pd.DataFrame(
        {
            "year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA", "level": "municipality",
            "municipality": list("ABC"), "unit": list("ABC"), "indicator": "mean_percent",
            "n": [4.0, 30.0, 40.0], "value": 50.0,
        }
    ).reindex(columns=list(COLUMNS))  # fmt: skip
    assert publish(rows, thresholds).table["hidden"].tolist() == [True, True, False]


def test_change_is_the_jackknife_over_schools() -> None:
    """Against the general function, leaving schools out one by one."""
    rng = np.random.default_rng(3)
    works = rng.integers(0, 40, (12, 2, 3)).astype(float)
    points = works * rng.uniform(0.3, 0.8, works.shape)

    def weighted(points: np.ndarray, works: np.ndarray) -> float:
        means = 100 * points.sum(axis=0) / works.sum(axis=0)
        return float(np.average(means[0] - means[1], weights=works.sum(axis=0)[0]))

    slow, quick = jackknife_difference(weighted, points, works), change(points, works)
    np.testing.assert_allclose(quick.difference, slow.difference)
    np.testing.assert_allclose(quick.standard_error, slow.standard_error)
    np.testing.assert_allclose(quick.interval(), slow.interval())


def test_a_paper_of_one_year_is_no_change() -> None:
    works = np.full((4, 2, 2), 10.0)
    works[:, 1, 1] = 0  # nobody wrote the second paper a year ago
    points = works / 2
    points[:, 0, 0] += 1.0
    assert float(change(points, works).difference) == pytest.approx(10)
