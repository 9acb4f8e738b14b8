"""The draft of an order on what was found: points that cite findings, with schools, terms and control.

An order helps and checks; it never punishes. What is tied to an occasion instead of a day, and what is
only for attention in a school's results, stays a recommendation of the note.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding
from msoko_analysis.findings.recommendations import Addressed
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Table
from msoko_analysis.russian import NBSP, counted, listed, natural
from msoko_analysis.wording.advice import ground, term_text
from msoko_analysis.wording.names import district_cases, of_procedures, school_name
from msoko_analysis.wording.requisites import DATED, TO_FILL, Requisites, grounds, head
from msoko_analysis.wording.roadmap import school_year, schools

_HELP = "low_results"  # the direction of management mechanisms whose measures are help
_RECOMMENDATIONS = ("рекомендация", "рекомендации", "рекомендаций")
_HEADS = {
    "municipality": "Поручить на муниципальном уровне",
    "school": "Руководителям названных школ обеспечить",
    "teachers": "Руководителям названных школ организовать в методических объединениях учителей",
}


@dataclass(frozen=True)
class Point:
    """One point with its number in the order."""

    number: str
    one: Addressed


def ordered(facts: Facts) -> tuple[Addressed, ...]:
    """The recommendations an order can hold: those with a day that check a sign, help against low
    results, or are the municipality's own.
    """
    return tuple(one for one in facts.recommendations if _can_be_ordered(facts, one))


def _can_be_ordered(facts: Facts, one: Addressed) -> bool:
    own = any(found.unit == facts.district for found in one.findings)
    weighty = one.entry.verdict == "CONCERN" or one.entry.system == _HELP or own
    return one.entry.term.when is None and weighty


def points(facts: Facts) -> dict[str, list[Point]]:
    """The points of each level that has any, numbered from 2: the first point approves the roadmap."""
    made: dict[str, list[Point]] = {}
    for level in _HEADS:
        mine = [one for one in ordered(facts) if one.entry.level == level]
        if mine:
            first = 2 + len(made)
            made[level] = [Point(f"{first}.{place}", one) for place, one in enumerate(mine, 1)]
    return made


def requisites(facts: Facts) -> Requisites:
    """Head of the order; date and number are given when it is registered."""
    name = district_cases(facts)
    about = (
        f"О мерах по итогам анализа результатов {of_procedures(facts)} {facts.year} года "
        f"в {name.prepositional}"
    )
    return Requisites(head(facts, "Приказ (проект)", about))


def before_signing(facts: Facts) -> Stack:
    """What a person has to do with the draft."""
    left = len(facts.recommendations) - len(ordered(facts))
    lines = [
        "Впишите дату и номер, реквизиты справки, фамилии ответственных, кому и кто отчитывается.",
        "Приложите дорожную карту: её проект — в списке документов, «Проекты дорожных карт».",
        "Сверьте сроки с календарём процедур и школ, а перечень школ — со справкой.",
        "Удалите этот перечень.",
    ]
    if left:
        lines.insert(
            3,
            f"В приказ не вошли {counted(left, *_RECOMMENDATIONS)}: мера без назначенного дня или сведения о "
            "школе только к вниманию. Они остаются в справке и дорожной карте.",
        )
    return stack(
        [Paragraph("Это проект. До подписания:"), Bullets(tuple(lines))], box="note-warning"
    )


def grounds_of(facts: Facts) -> Paragraph:
    """The acts of the year."""
    acts = grounds((*facts.papers, *facts.exams, *facts.counted), facts.year)
    return Paragraph(f"Основание: {acts[0].lower()}{acts[1:]}.")


def preamble(facts: Facts) -> Paragraph:
    """After what and to what end."""
    return Paragraph(
        f"По итогам анализа результатов {of_procedures(facts)} {facts.year} года (аналитическая справка от "
        f"{DATED}), в целях методической помощи школам ПРИКАЗЫВАЮ:"
    )


def text(facts: Facts) -> Stack:
    """The whole order from its grounds to its control."""
    made = points(facts)
    rows = _rows(facts, made)
    blocks = [
        grounds_of(facts),
        preamble(facts),
        Paragraph(
            f"1. Утвердить план мероприятий («дорожную карту») на {school_year(facts.year)} "
            "(приложение 1)."
        ),
    ]
    for number, (level, mine) in enumerate(made.items(), 2):
        blocks.append(Paragraph(f"{number}. {_HEADS[level]}:"))
        blocks += [_point(facts, one, rows) for one in mine]
    last = 2 + len(made)
    subpoints = listed(str(number) for number in range(2, last))
    which = "пункта" if len(made) == 1 else "пунктов"
    blocks += [
        Paragraph(
            f"{last}. Ответственным и руководителям названных школ представить {TO_FILL} (кому) сведения об "
            f"исполнении {which} {subpoints} с подтверждающими документами в сроки, указанные в "
            f"{'этом пункте' if len(made) == 1 else 'этих пунктах'}."
        ),
        Paragraph(
            f"{last + 1}. Признаки, перечисленные в приложении 2, требуют проверки: до неё они ничего о "
            "работе школы, её руководителя и учителей не говорят. Результаты использовать только для "
            "методической помощи."
        ),
        Paragraph(
            f"{last + 2}. Контроль за исполнением приказа возложить на {TO_FILL} (должность, фамилия, "
            "инициалы)."
        ),
    ]
    return stack(blocks)


def _point(facts: Facts, point: Point, rows: dict[str, int]) -> Paragraph:
    entry = point.one.entry
    named = schools(facts, point.one)
    where = f" Кого касается: {', '.join(named)}." if named else ""
    behind = sorted({rows[one.id] for one in point.one.findings})
    return Paragraph(
        f"{point.number}. {entry.measure}.{where} Срок: {term_text(entry.term, facts.year)}. "
        f"Ответственный: {entry.responsible[0].lower()}{entry.responsible[1:]}. "
        f"Подтверждение: {entry.evidence[0].lower()}{entry.evidence[1:]}. "
        f"Основание: приложение 2, {'строка' if len(behind) == 1 else 'строки'} "
        f"{', '.join(map(str, behind))}.",
        point.one.findings,
    )


def _cited(facts: Facts, made: dict[str, list[Point]]) -> list[Finding]:
    """The findings behind the points, each once, schools by alphabet."""
    found = {one.id: one for mine in made.values() for point in mine for one in point.one.findings}
    return sorted(found.values(), key=lambda one: natural(school_name(facts, one.unit)))


def _rows(facts: Facts, made: dict[str, list[Point]]) -> dict[str, int]:
    """The row of the second appendix by finding."""
    return {one.id: number for number, one in enumerate(_cited(facts, made), 1)}


def grounds_table(facts: Facts) -> Table:
    """The second appendix: what was found, and which points rest on it."""
    made = points(facts)
    cited = _cited(facts, made)
    frame = pd.DataFrame(
        [
            {
                "Что найдено": f"{number}. {ground(facts, one)}",
                "Пункты": ", ".join(_resting(one, made)),
            }
            for number, one in enumerate(cited, 1)
        ]
    )
    return Table(
        name="grounds",
        caption=f"Таблица{NBSP}1. Основания пунктов приказа",
        frame=frame,
        findings=tuple((one,) for one in cited),
    )


def _resting(one: Finding, made: dict[str, list[Point]]) -> list[str]:
    return [point.number for mine in made.values() for point in mine if one in point.one.findings]


def first_appendix(facts: Facts) -> Paragraph:
    """Where the roadmap is."""
    return Paragraph(
        f"План мероприятий («дорожная карта») на {school_year(facts.year)} прилагается отдельным документом."
    )
