"""Roadmaps of three municipalities, typed from their own tables: nothing is lost."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from seed_tables import between, cells_by_line, cells_by_tab, typed

from msoko_analysis.monitoring.roadmap.completeness import completeness
from msoko_analysis.monitoring.roadmap.reading import read_roadmap
from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
from msoko_analysis.monitoring.roadmap.status import statuses, without_days, year_calendar
from msoko_analysis.monitoring.roadmap.terms import Kind, Span

Read = tuple[Roadmap, str]


def _text(shared: Path, number: str) -> str:
    (path,) = (shared / "seeds").glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def numbered(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Numbered sections, 2022–2024."""
    text = between(_text(shared, "000"), "«Дорожная карта» муниципального проекта\n\n", "_____")
    path = typed(cells_by_line(text, 5), tmp_path_factory.mktemp("a") / "карта.xlsx")
    return read_roadmap(path), text


@pytest.fixture(scope="module")
def several(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Seven tables, one a direction."""
    text = between(_text(shared, "001"), "Дорожная карта", None)
    path = typed(cells_by_line(text, 5), tmp_path_factory.mktemp("b") / "карта.xlsx")
    plan = Span(date(2020, 1, 1), date(2022, 12, 31))
    return read_roadmap(path, plan=plan), text


@pytest.fixture(scope="module")
def unnumbered(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Terms stand first, activities have no numbers, page breaks cut rows in two."""
    whole = _text(shared, "003")
    text = between(whole, "ПЛАН МЕТОДИЧЕСКИХ", "Руководитель МКУ «Центр")
    rows = [["на 2023-2024 учебный год"], *cells_by_tab(text)]
    return read_roadmap(typed(rows, tmp_path_factory.mktemp("c") / "план.xlsx")), text


def printed_numbers(text: str) -> list[str]:
    """Numbers of points that stand alone on a line of the text; years of terms are not numbers."""
    found = re.findall(r"^\t(\d+(?:\.\d+)*)\.?\s*$", text, re.MULTILINE)
    return [one for one in found if not re.fullmatch(r"20\d\d", one)]


@pytest.mark.parametrize("which", ["numbered", "several"])
def test_every_number_is_an_activity_or_a_section(
    which: str, request: pytest.FixtureRequest
) -> None:
    roadmap, text = request.getfixturevalue(which)
    read = [one.number for one in roadmap.activities]
    heads = [one.number for one in roadmap.sections if one.number]
    assert Counter(read + heads) == Counter(printed_numbers(text))
    assert all(one.text for one in roadmap.activities)


def test_activities_without_numbers_are_counted_by_their_terms(unnumbered: Read) -> None:
    roadmap, text = unnumbered
    rows = [line.split("\t") for line in text.split("\n") if line.count("\t") >= 2]
    # a row begins where the activity begins with a capital letter; the heading is no activity
    begun = [row[1] for row in rows if row[1][:1].isupper()][1:]
    assert [one.text.split()[0] for one in roadmap.activities] == [row.split()[0] for row in begun]
    assert [section.text[:2] for section in roadmap.sections] == ["1.", "2.", "3."]
    words = Counter(re.findall(r"[А-Яа-яЁё]{5,}", " ".join(row[1] for row in rows[1:])))
    kept = Counter(re.findall(r"[А-Яа-яЁё]{5,}", " ".join(one.text for one in roadmap.activities)))
    # only the words a page break had cut in two differ
    assert sum((words - kept).values()) <= 3


@pytest.mark.parametrize("which", ["numbered", "several", "unnumbered"])
def test_every_term_is_understood_or_told_elsewhere(
    which: str, request: pytest.FixtureRequest
) -> None:
    roadmap, _ = request.getfixturevalue(which)
    assert {one.term.kind for one in roadmap.activities} <= {
        Kind.DATED,
        Kind.PERIOD,
        Kind.NOT_DATED,
    }
    # without days: only those whose days stand in a schedule, or whose cell is empty
    for one in without_days(roadmap):
        assert one.term.elsewhere or one.term.text == ""
    places = [problem.cell for problem in roadmap.problems + roadmap.missing + roadmap.doubts]
    assert all(re.fullmatch(r"[A-Z]+\d+", cell) for cell in places)


def test_what_was_found_by_reading_the_tables_by_eye(
    numbered: Read, several: Read, unnumbered: Read
) -> None:
    roadmap = numbered[0]
    assert roadmap.plan == Span(date(2022, 1, 1), date(2024, 12, 31))
    assert roadmap.problems == ()
    assert (
        sum(one.term.elsewhere and one.term.kind is Kind.NOT_DATED for one in roadmap.activities)
        == 2
    )
    # two numbers are skipped in print, two terms name years without a month
    assert [problem.cell[0] for problem in roadmap.doubts] == ["C", "C", "C", "A", "A"]
    roadmap = several[0]
    assert len(roadmap.directions) == 7
    assert all(roadmap.directions)
    assert len(roadmap.problems) == 0
    # no term in three points, of which two have nothing at all; two sub-points have no evidence
    assert Counter(problem.cell[0] for problem in roadmap.missing) == {"C": 3, "D": 4, "E": 2}
    roadmap = unnumbered[0]
    assert roadmap.plan == Span(date(2023, 9, 1), date(2024, 8, 31))
    # one cell of a cut row stands in the column of marks, where it means nothing
    assert [problem.cell[0] for problem in roadmap.problems] == ["F"]


def test_sub_points_answer_to_the_person_of_their_point(several: Read) -> None:
    below = [one for one in several[0].activities if "." in one.number]
    assert len(below) == 4
    assert all(one.responsible for one in below)


def test_every_dated_activity_stands_in_the_calendar(unnumbered: Read) -> None:
    roadmap = unnumbered[0]
    calendar = year_calendar(roadmap, date(2023, 8, 1), 14)
    dated = {n for n, one in enumerate(roadmap.activities) if one.term.occurrences(roadmap.plan)}
    assert set(calendar["activity"]) == dated
    now = statuses(roadmap, date(2024, 3, 15))
    by_text = {one.activity.term.text: one.status.value for one in now}
    assert by_text["до 01.03.2024"] == "OVERDUE"
    assert by_text["Февраль — март 2024"] == "DUE"
    assert by_text["Июль — август 2024"] == "AHEAD"
    assert by_text["Декабрь 2023"] == "OVERDUE"


def test_the_cycle_of_each_direction(several: Read) -> None:
    found = completeness(several[0])
    for direction in several[0].directions:
        mine = found.table[found.table["direction"] == direction].set_index("stage")
        assert mine.loc["decisions", "activities"] >= 1
        assert mine.loc["effectiveness", "activities"] == 1
    share_placed = 1 - len(found.untagged) / len(several[0].activities)
    assert share_placed > 0.9
