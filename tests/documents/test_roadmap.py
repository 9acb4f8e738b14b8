"""The draft of a roadmap: every recommendation, nothing else, read back by our own reader and filled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from reading import words

from msoko_analysis.documents import roadmap as module
from msoko_analysis.documents.note import Withheld
from msoko_analysis.documents.roadmap import RoadmapDraft, build_roadmap
from msoko_analysis.facts.district import Facts
from msoko_analysis.monitoring.roadmap.reading import read_roadmap
from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
from msoko_analysis.monitoring.roadmap.status import Status, statuses
from msoko_analysis.monitoring.roadmap.template import DRAFT_HEAD, HEAD, HEAD_ROW, SHEET
from msoko_analysis.monitoring.roadmap.terms import Kind, Span
from msoko_analysis.params.run import load_run
from msoko_analysis.russian import natural
from msoko_analysis.wording import roadmap


@pytest.fixture(scope="module")
def facts(demo_notes) -> Facts:
    return demo_notes["M01", 2026].facts


@pytest.fixture
def book(facts: Facts, tmp_path: Path) -> Path:
    path = tmp_path / "карта.xlsx"
    RoadmapDraft(facts).write(path)
    return path


def read(path: Path, facts: Facts) -> Roadmap:
    directions = [one.name for one in roadmap.newest_edition().directions]
    return read_roadmap(path, directions=directions, schools=set(facts.names.values()))


def test_our_own_reader_reads_it_back(book: Path, facts: Facts) -> None:
    back, made = read(book, facts), roadmap.rows(facts)
    assert (back.problems, back.missing, back.doubts) == ((), (), ())
    assert back.plan == Span(date(2026, 9, 1), date(2027, 8, 31))
    assert [
        (one.number, one.text, one.school, one.responsible, one.evidence, one.stages)
        for one in back.activities
    ] == [
        (
            str(number), row.one.entry.measure, row.school, row.one.entry.responsible,
            row.one.entry.evidence, ("measures",),
        )
        for number, row in enumerate(made, 1)
    ]  # fmt: skip
    for one, row in zip(back.activities, made, strict=True):
        due = row.one.entry.term.due(2026)
        assert one.term.kind is (Kind.PERIOD if due is None else Kind.DATED)
        if due:
            assert [span.end for span in one.term.occurrences(back.plan)] == [due]


def test_every_ground_of_every_recommendation_has_its_row(facts: Facts) -> None:
    made = roadmap.rows(facts)
    asked = [(one.entry.id, found.id) for one in facts.recommendations for found in one.findings]
    told = [(row.one.entry.id, found.id) for row in made for found in row.findings]
    assert sorted(told) == sorted(asked)
    order = dict.fromkeys(row.one.entry.id for row in made)
    assert list(order) == [one.entry.id for one in facts.recommendations]
    for one in facts.recommendations:
        named = [row.school for row in made if row.one is one]
        assert named == sorted(set(named), key=natural)


def test_the_indicator_before_is_told_and_the_one_after_left_to_fill(book: Path) -> None:
    sheet = load_workbook(book)[SHEET]
    head = [cell.value for cell in sheet[HEAD_ROW]]
    assert head == [*HEAD, *DRAFT_HEAD]
    for row in sheet.iter_rows(min_row=HEAD_ROW + 1, values_only=True):
        cells = dict(zip(head, row, strict=True))
        if cells["Мероприятие"]:
            assert cells["Было"]
            assert cells["Чем измеряется"]
            assert cells["Основание"]
        assert not cells["Стало"]
        assert not cells["Отметка об исполнении"]


def test_a_filled_draft_tells_what_was_done(book: Path, facts: Facts) -> None:
    whole = load_workbook(book)
    sheet = whole[SHEET]
    mark = HEAD.index("Отметка об исполнении") + 1
    sheet.cell(HEAD_ROW + 1, mark, "Выполнено 20.10.2026")
    sheet.cell(HEAD_ROW + 1, mark + 1, "Протокол № 3")
    whole.save(book)
    back = read(book, facts)
    told = {one.activity.number: one.status for one in statuses(back, date(2027, 6, 1))}
    assert told["1"] is Status.DONE
    assert Status.OVERDUE in told.values()


def test_the_same_draft_has_the_same_bytes(book: Path, facts: Facts, tmp_path: Path) -> None:
    again = tmp_path / "ещё.xlsx"
    RoadmapDraft(facts).write(again)
    assert again.read_bytes() == book.read_bytes()


def test_a_school_called_like_a_formula_stays_text(facts: Facts, tmp_path: Path) -> None:
    unit = next(row.findings[0].unit for row in roadmap.rows(facts) if row.school)
    odd = replace(facts, names={**facts.names, unit: "=1+1"})
    RoadmapDraft(odd).write(tmp_path / "а.xlsx")
    sheet = load_workbook(tmp_path / "а.xlsx")[SHEET]
    column = HEAD.index("Школа") + 1
    cells = [sheet.cell(row, column) for row in range(HEAD_ROW + 1, sheet.max_row + 1)]
    assert {one.data_type for one in cells if one.value == "=1+1"} == {"s"}


def test_the_page_names_schools_by_alphabet_and_stages_without_measures(facts: Facts) -> None:
    draft = RoadmapDraft(facts)
    frame = draft.table.frame
    assert len(frame) == len(facts.recommendations)
    for cell in frame["Для кого"]:
        named = cell.split(", ")
        assert named == sorted(named, key=natural)
    said = words(draft.about._repr_html_())
    named = {stage for one in facts.recommendations for stage in one.entry.stages}
    for stage, word in roadmap.STAGES.items():
        assert (f"{word} — " in said) == (stage in named)
    few = replace(facts, recommendations=facts.recommendations[:1])
    assert "Без мер: " in words(RoadmapDraft(few).about._repr_html_())


def test_every_entry_of_the_catalogue_belongs_to_a_direction(project: Path) -> None:
    known = {one.system for one in roadmap.newest_edition().directions}
    catalogue = load_run(project / "params/runs/demo.yaml").recommendations
    assert {one.system for one in catalogue} <= known


def test_without_recommendations_there_is_none(facts: Facts, monkeypatch) -> None:
    bare = replace(facts, recommendations=())
    monkeypatch.setattr(module, "gather_note", lambda *_, **__: bare)
    with pytest.raises(Withheld, match="дорожная карта была бы пустой"):
        build_roadmap("", district="M01", year=2026)
