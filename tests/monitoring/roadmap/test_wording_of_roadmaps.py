"""The cycle in words: counts and cells are those of the data, gaps are called by name."""

from __future__ import annotations

from datetime import date

import pytest
from small_roadmaps import PLAN, activity, roadmap

from msoko_analysis.monitoring.roadmap.completeness import completeness
from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
from msoko_analysis.monitoring.roadmap.status import statuses
from msoko_analysis.wording.monitoring.roadmap import (
    calendar_table,
    completeness_text,
    reading_text,
    status_text,
)


@pytest.fixture
def plan() -> Roadmap:
    """Four activities of two directions."""
    return roadmap(
        activity("Мониторинг", "до 01.02.2026", number="1"),
        activity("Семинар", "май 2026", number="2", responsible=""),
        activity("Анализ", "по мере необходимости", number="3"),
        activity("Конкурс", "март – апрель 2026", number="4", direction="", mark="да"),
    )


def test_status_names_what_is_late_and_what_has_no_day(plan: Roadmap) -> None:
    on = date(2026, 4, 15)
    page = status_text(plan, statuses(plan, on), on)._repr_html_().replace("\u00a0", " ")
    assert "На 15.04.2026 в дорожной карте 4 мероприятия: просрочено — 1" in page
    assert "1. Мониторинг: просрочено (срок: до 01.02.2026; ответственный: Методист)." in page
    assert "4. Конкурс: нет подтверждения" in page
    assert "Не попадают в календарь 1 мероприятие" in page
    assert "3. Анализ (по мере необходимости)" in page
    assert "2. Семинар:" not in page


def test_calendar_says_what_must_be_finished(plan: Roadmap) -> None:
    frame = calendar_table(plan, date(2026, 1, 1), 6).frame.set_index("Месяц")
    assert frame.loc["февраль 2026", "Завершить"] == "Мониторинг"
    assert frame.loc["март 2026", "Продолжаются"] == "Конкурс"
    assert frame.loc["апрель 2026", "Завершить"] == "Конкурс"
    assert frame.loc["январь 2026"].tolist() == ["—", "—"]


def test_gaps_are_called_by_their_names(plan: Roadmap) -> None:
    page = completeness_text(completeness(plan))._repr_html_().replace("\u00a0", " ")
    assert "Воспитание: есть мероприятия для 3 этапов цикла из 9; нет: «Цели», «Показатели»" in page
    assert "«Меры и мероприятия» — у 1 мероприятия нет ответственного (План!D2)" in page
    assert "«Анализ» — у 1 мероприятия нет срока (План!C2)" in page
    assert "Дорожная карта в целом: есть мероприятия для 1 этапа цикла из 9" in page


def test_nothing_read_is_left_unsaid() -> None:
    fault = activity().place.problem("term", "срок не понят", "впишите срок")
    read = Roadmap((), (), PLAN, (fault,), (), (fault,), ())
    page = reading_text(read)._repr_html_()
    assert page.count("a.xlsx, лист «План», ячейка C2: срок не понят — впишите срок") == 2
    assert "Не заполнено" not in page
