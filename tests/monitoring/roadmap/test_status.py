"""Status on a date, the calendar, stages of the cycle: a clear case on each side."""

from __future__ import annotations

from datetime import date

import pytest
from small_roadmaps import activity, roadmap

from msoko_analysis.monitoring.editions import load_editions
from msoko_analysis.monitoring.roadmap.completeness import GapKind, activity_stages, completeness
from msoko_analysis.monitoring.roadmap.keywords import load_keywords, stages_of
from msoko_analysis.monitoring.roadmap.status import (
    Status,
    status_table,
    statuses,
    without_days,
    year_calendar,
)


def status(on: date, **given: object) -> Status:
    """Status of one activity."""
    return statuses(roadmap(activity(**given)), on)[0].status


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 4, 30), Status.AHEAD),
        (date(2026, 5, 1), Status.DUE),
        (date(2026, 5, 31), Status.DUE),
        (date(2026, 6, 1), Status.OVERDUE),
    ],
)
def test_a_month_runs_from_its_first_day_to_its_last(on: date, expected: Status) -> None:
    assert status(on) is expected


@pytest.mark.parametrize(
    ("mark", "proof", "expected"),
    [
        ("Выполнено", "Приказ № 5", Status.DONE),
        ("Исполнено 20.05.2026, справка", "", Status.DONE),
        ("", "https://example.org/prikaz", Status.DONE),
        ("20.05.2026", "", Status.NO_EVIDENCE),
        ("да", "", Status.NO_EVIDENCE),
        ("+", "", Status.NO_EVIDENCE),
        ("не выполнено", "Приказ № 5", Status.OVERDUE),
        ("перенесено", "", Status.OVERDUE),
        ("-", "", Status.OVERDUE),
        ("хорошо", "", Status.OVERDUE),
        ("Выполнено 20.12.2026", "Приказ № 5", Status.OVERDUE),  # a day that is still to come
        ("", "", Status.OVERDUE),
    ],
)
def test_marks(mark: str, proof: str, expected: Status) -> None:
    assert status(date(2026, 7, 1), mark=mark, proof=proof) is expected


def test_each_term_of_a_repeated_activity_is_marked_by_its_day() -> None:
    term = "ежегодно, май"
    both = "Выполнено 20.05.2026, 28.05.2027"
    on = date(2027, 6, 15)
    (one,) = statuses(roadmap(activity(term=term, mark=both, proof="Справки")), on)
    assert [state for _, state in one.spans] == [Status.DONE, Status.DONE]
    first = statuses(roadmap(activity(term=term, mark="20.05.2026", proof="Справка")), on)[0]
    assert [state for _, state in first.spans] == [Status.DONE, Status.OVERDUE]
    # «Выполнено» without a day says nothing about which of two years
    bare = statuses(roadmap(activity(term=term, mark="Выполнено", proof="Справка")), on)[0]
    assert {state for _, state in bare.spans} == {Status.NO_EVIDENCE}


def test_deadlines_take_the_mark_that_comes_before_them() -> None:
    term = "ежегодно до 10 декабря"
    mark = {"mark": "Выполнено 01.12.2026", "proof": "Отчёт"}
    (one,) = statuses(roadmap(activity(term=term, **mark)), date(2026, 12, 20))
    assert [state for _, state in one.spans] == [Status.DONE, Status.DUE]


def test_without_days_there_is_no_overdue() -> None:
    for term in ("", "по мере необходимости", "когда-нибудь"):
        assert status(date(2030, 1, 1), term=term) is Status.NOT_DATED
        assert status(date(2030, 1, 1), term=term, mark="да", proof="Приказ") is Status.DONE
    plan = roadmap(activity(term=""), activity())
    assert [one.term.text for one in without_days(plan)] == [""]


def test_counts_of_statuses_are_those_of_the_activities() -> None:
    plan = roadmap(
        activity(), activity(term="до 01.02.2026"), activity(term="", direction="Профориентация")
    )
    table = status_table(statuses(plan, date(2026, 3, 1)))
    assert table.loc["Воспитание"].to_dict() == {
        "DONE": 0, "DUE": 0, "OVERDUE": 1, "NO_EVIDENCE": 0, "AHEAD": 1, "NOT_DATED": 0,
    }  # fmt: skip
    assert table.loc["Профориентация", "NOT_DATED"] == table.loc["Профориентация"].sum() == 1


def test_calendar_holds_each_month_of_a_term_and_its_end() -> None:
    plan = roadmap(activity(term="апрель – июнь 2026"), activity(term="до 15.05.2026"))
    calendar = year_calendar(plan, date(2026, 1, 20))
    assert [(row.month.month, row.activity, row.ends) for row in calendar.itertuples()] == [
        (4, 0, False), (5, 0, False), (5, 1, True), (6, 0, True),
    ]  # fmt: skip


# --- stages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Анализ эффективности принятых мер", ("effectiveness",)),
        ("Анализ результатов ВПР", ("analysis",)),
        ("Разработка адресных практических рекомендаций школам", ("recommendations",)),
        ("Подготовка управленческих решений по направлению", ("decisions",)),
        ("Определение муниципальных показателей и методов сбора", ("indicators", "collection")),
        ("Проведение мониторинга и адресные рекомендации", ("monitoring", "recommendations")),
        ("Выработка целей на следующий год", ("goals",)),
        ("Конкурс «Учитель года»", ("measures",)),
        ("Прочее", ()),
    ],
)
def test_words_tell_the_stage(text: str, expected: tuple[str, ...]) -> None:
    assert stages_of(text, load_keywords().stages) == expected


def test_the_file_is_believed_before_the_words() -> None:
    stages = load_keywords().stages
    assert activity_stages(activity("Семинар", stages=("goals",)), stages) == ("goals",)
    assert activity_stages(activity("Выступление", evidence="Адресные рекомендации"), stages) == (
        "recommendations",
    )


def test_stages_are_the_components_of_the_assessment() -> None:
    order = list(load_keywords().stages.order)
    editions = load_editions()
    assert [component.code for component in editions["2022"].components] == order
    for edition in editions.values():  # one edition assesses fewer components
        codes = [component.code for component in edition.components]
        assert codes == [code for code in order if code in codes]


def test_a_whole_cycle_has_no_gap_and_each_hole_is_named() -> None:
    stages = load_keywords().stages.in_order
    whole = [activity(f"Дело {n}", stages=(stage.code,)) for n, stage in enumerate(stages)]
    assert completeness(roadmap(*whole)).gaps == ()
    holes = [
        *whole[:5],
        activity("Без срока", term="по мере необходимости", stages=("recommendations",)),
        activity("Без людей", responsible="", stages=("measures",)),
        activity("Прочее"),
    ]
    found = completeness(roadmap(*holes))
    assert [(gap.stage, gap.kind, gap.cells) for gap in found.gaps] == [
        ("recommendations", GapKind.NO_TERM, ("План!C2",)),
        ("measures", GapKind.NO_RESPONSIBLE, ("План!D2",)),
        ("decisions", GapKind.NO_ACTIVITY, ()),
        ("effectiveness", GapKind.NO_ACTIVITY, ()),
    ]
    assert found.present("Воспитание") == 7
    assert [one.text for one in found.untagged] == ["Прочее"]
