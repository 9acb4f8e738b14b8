"""What the region itself does at «3» stands on the first page, and no school is called clean beside it."""

from __future__ import annotations

import pandas as pd
import pytest
from reading import words

from msoko_analysis.findings import Verdict
from msoko_analysis.wording.region_habit import lifted_share, region_habit
from msoko_analysis.wording.summary import summary


def rows(*found: tuple[float, float]) -> list[pd.Series]:
    return [pd.Series({"value": value, "low": low}) for value, low in found]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ""),
        ([(30.0, -1.0)], ""),
        ([(30.0, 0.0)], ""),
        ([(30.2, 21.0), (29.8, 20.0), (5.0, -2.0)], "примерно 30\xa0%"),
        ([(98.0, 96.0), (104.0, 99.0)], "от 98 до 100\xa0%"),
    ],
)
def test_the_share_is_that_of_papers_beyond_the_curve(found: list, said: str) -> None:
    assert lifted_share([None, *rows(*found)]) == said


def test_the_first_page_says_what_the_region_does(demo_notes) -> None:
    for (_, year), note in demo_notes.items():
        said = words(summary(note.facts)._repr_html_())
        assert "Признаков, требующих проверки, нет" not in said, year
        if note.facts.of("spike_school", *Verdict):
            assert "региона, где над границей «3» поднято от" in said


def test_without_a_habit_nothing_is_said_of_it(demo_notes, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = demo_notes["M01", 2026].facts
    assert region_habit(facts).startswith("региона, где над границей «3» поднято от")
    monkeypatch.setattr(type(facts), "measure", lambda *given: None)
    assert region_habit(facts) == ""
