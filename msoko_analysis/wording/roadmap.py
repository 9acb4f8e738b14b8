"""The draft of a roadmap: rows made of the recommendations of a note, and the page that shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding
from msoko_analysis.findings.recommendations import Addressed
from msoko_analysis.monitoring.editions import Edition, load_editions
from msoko_analysis.monitoring.roadmap.keywords import load_keywords
from msoko_analysis.monitoring.roadmap.terms import Span
from msoko_analysis.page.prose import Bullets, Stack, stack
from msoko_analysis.page.tables import Table
from msoko_analysis.params.recommendations import ProcedureStage, Term
from msoko_analysis.russian import NBSP, counted, listed, natural
from msoko_analysis.wording.advice import ground, term_text
from msoko_analysis.wording.names import district_cases, of_procedures, school_name, school_names
from msoko_analysis.wording.requisites import DATED, Requisites, grounds, head

STAGES: dict[ProcedureStage, str] = {
    "before": "подготовка",
    "during": "проведение",
    "marking": "проверка работ",
    "after": "работа с результатами",
}
_MEASURES = "measures"  # the stage of the management cycle that recommended measures belong to
_ALL_YEAR = "в течение года"


@dataclass(frozen=True)
class Row:
    """One measure for one school, or for the municipality where ``school`` is empty."""

    one: Addressed
    school: str
    findings: tuple[Finding, ...]


def rows(facts: Facts) -> tuple[Row, ...]:
    """A row a measure and school, measures in the order of the note, schools in that of the alphabet."""
    return tuple(_rows(facts))


def _rows(facts: Facts) -> Iterator[Row]:
    for one in facts.recommendations:
        units = {found.unit for found in one.findings}
        for unit in sorted(units, key=lambda unit: natural(school_name(facts, unit))):
            mine = tuple(found for found in one.findings if found.unit == unit)
            yield Row(one, "" if unit == facts.district else school_name(facts, unit), mine)


def plan(year: int) -> Span:
    """The school year after the procedures of a year."""
    return Span(date(year, 9, 1), date(year + 1, 8, 31))


def cells(facts: Facts) -> list[dict[str, str]]:
    """The rows as the template of a roadmap takes them: a text by heading."""
    edition = newest_edition()
    names = {one.system: one.name for one in edition.directions}
    stage = next(one.name for one in load_keywords().stages.stages if one.code == _MEASURES)
    return [
        {
            "№ п/п": str(number),
            "Направление": names[row.one.entry.system],
            "Этап цикла": stage,
            "Мероприятие": row.one.entry.measure,
            "Срок исполнения": _term(row.one.entry.term, facts.year),
            "Результат, которым подтверждается": row.one.entry.evidence,
            "Ответственный": row.one.entry.responsible,
            "Школа": row.school,
            "Этап процедуры": _stages(row.one),
            "Чем измеряется": row.one.entry.control_indicator,
            "Было": "; ".join(ground(facts, one) for one in row.findings),
            "Основание": "; ".join(one.id for one in row.findings),
        }
        for number, row in enumerate(rows(facts), 1)
    ]


def newest_edition() -> Edition:
    """The edition of management mechanisms whose names of directions a new roadmap takes."""
    return max(load_editions().values(), key=lambda one: one.date)


def _term(term: Term, year: int) -> str:
    """A day as a roadmap has it; an occasion has none yet, so the measure runs all year."""
    due = term.due(year)
    return _ALL_YEAR if due is None else f"до {due:%d.%m.%Y}"


def _shown(term: Term, year: int) -> str:
    return term_text(term, year) if term.when else _term(term, year)


def _stages(one: Addressed) -> str:
    return ", ".join(STAGES[stage] for stage in one.entry.stages)


def requisites(facts: Facts) -> Requisites:
    """Head of the draft."""
    name = district_cases(facts)
    papers = (*facts.papers, *facts.exams, *facts.counted)
    about = (
        f"План мероприятий («дорожная карта») на {school_year(facts.year)} по итогам анализа результатов "
        f"{of_procedures(facts)} {facts.year} года в {name.prepositional}"
    )
    approved = ("Утверждён", f"приказом от {DATED}")
    return Requisites(
        (
            *head(facts, "План мероприятий («дорожная карта»), проект", about, approved),
            ("Основание", grounds(papers, facts.year)),
        )
    )


def school_year(year: int) -> str:
    """«2026–2027 учебный год»: the one after the procedures of 2026."""
    return f"{year}–{year + 1}{NBSP}учебный год"


def about(facts: Facts) -> Stack:
    """What the draft is, and which stages of a procedure have no measure yet."""
    named = Counter(stage for one in facts.recommendations for stage in one.entry.stages)
    told = [
        f"{word} — {counted(named[stage], 'мера', 'меры', 'мер')}"
        for stage, word in STAGES.items()
        if named[stage]
    ]
    bare = [word for stage, word in STAGES.items() if not named[stage]]
    lines = [
        "Строки составлены из рекомендаций аналитической справки: в каждой — мера, исполнитель, срок и то, "
        "чем исполнение подтвердится. Названа школа — значит, в её результатах найден признак, требующий "
        "проверки, или ей предлагается помощь; это не оценка её работы.",
        "Тот же план в Excel (roadmap.xlsx в папке документа) имеет строку на каждую школу, показатель "
        "«было» и столбцы «стало», отметки и документа об исполнении. Впишите в него своё и отмечайте "
        "исполнение: программа читает его обратно.",
        f"По этапам процедуры: {'; '.join(told)}."
        + (f" Без мер: {listed(bare)} — если они нужны, впишите свои." if bare else ""),
    ]
    if any(one.entry.term.when for one in facts.recommendations):
        lines.append(
            "Мера «до следующей процедуры» или «при ближайшей встрече» пока без дня; в Excel её срок — "
            f"«{_ALL_YEAR}»: впишите день, когда он известен."
        )
    return stack([Bullets(tuple(lines))])


def table(facts: Facts) -> Table:
    """The measures in the order of the note, the schools of each by alphabet."""
    entries = facts.recommendations
    frame = pd.DataFrame(
        [
            {
                "Мероприятие": f"{number}. {one.entry.measure}",
                "Этап": _stages(one),
                "Для кого": ", ".join(schools(facts, one)) or "муниципалитет",
                "Срок": _shown(one.entry.term, facts.year),
                "Ответственный": one.entry.responsible,
                "Чем подтверждается": one.entry.evidence,
            }
            for number, one in enumerate(entries, 1)
        ]
    )
    return Table(
        name="roadmap",
        caption=f"Таблица{NBSP}1. Мероприятия на {school_year(facts.year)}",
        frame=frame,
        findings=tuple(one.findings for one in entries),
    )


def schools(facts: Facts, one: Addressed) -> list[str]:
    """Names of the schools of a recommendation in the order of the alphabet."""
    units = {found.unit for found in one.findings} - {facts.district}
    return school_names(facts, list(units))
