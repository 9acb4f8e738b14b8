"""The plan of independent observation and re-checking in words."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.findings.observation import ObservationPlan
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.signs import load_signs
from msoko_analysis.russian import counted, natural, percent
from msoko_analysis.stats.observation_plan import Reason
from msoko_analysis.wording.names import paper_name, school_name
from msoko_analysis.wording.numbering import in_table, table_title
from msoko_analysis.wording.sign_kinds import KINDS

_OF_WORKS = ("работу", "работы", "работ")
# Signs an observer can clear up, and those of them that are looked for in the works themselves.
_TOLD = tuple(one.finding for one in load_signs().signs if one.cleared)
_IN_WORKS = tuple(one.finding for one in load_signs().signs if one.cleared and one.family == "cuts")


def observation_text(facts: Facts) -> Stack:
    """What the plan is, how it was made, and its table."""
    plan = facts.observation
    if plan is None:
        return stack(
            [
                Absent(
                    "План не составлен: в параметрах запуска не указано, сколько есть независимых "
                    "наблюдателей и сколько работ можно перепроверить."
                )
            ]
        )
    return stack([Paragraph(_capacity(facts)), Paragraph(_rules(facts)), observation_table(facts)])


def _capacity(facts: Facts) -> str:
    capacity, plan = facts.run.observation, facts.observation
    works = sum(one.works for one in plan.rechecks)
    observers = counted(capacity.observers, "наблюдатель", "наблюдателя", "наблюдателей")
    text = f"В распоряжении муниципалитета {observers} и перепроверка до {counted(capacity.works, *_FEW)}."
    if not plan.visits and not plan.rechecks:
        return text
    text += f" План {in_table(facts, 'observation')} занимает "
    text += counted(len(plan.visits), "наблюдателя", "наблюдателей", "наблюдателей")
    text += f" и {counted(works, *_OF_WORKS)}."
    if works < capacity.works:
        text += " Остальные работы перепроверки не требуют: оснований для неё нет."
    return text


_FEW = ("работы", "работ", "работ")


def _rules(facts: Facts) -> str:
    lot = percent(100 * facts.run.thresholds["observation_lot"].value)
    again = percent(100 * facts.run.thresholds["observation_again"].value)
    return (
        "Сначала выбраны школы, где вероятнее всего есть что уточнить в проведении и проверке работ, — по "
        f"всем признакам вместе. Около {lot} наблюдателей и работ распределено по жребию среди остальных "
        "школ, чтобы наблюдатель мог прийти в любую; жребий о школе ничего не говорит. Туда, где "
        "наблюдатель был в прошлый раз, он идёт снова, только если вероятность осталась не ниже "
        f"{again}. Перепроверяются обезличенные работы, набравшие ровно пограничный балл, а если их меньше "
        "указанного — ближайшие к границе; в каждой школе и работе — не больше указанного числа."
    )


def observation_table(facts: Facts) -> Table:
    """School, what is planned, why, how many works."""
    rows = sorted(_rows(facts, facts.observation), key=_place) if facts.observation else []
    return Table(
        "observation",
        table_title(facts, "observation", "План независимого наблюдения и перепроверки"),
        pd.DataFrame(rows),
        {"Работ, до": Digits()},
        ("Порядок — по алфавиту, а не по очерёдности. Включение в план не означает нарушения.",),
        empty="В план не вошла ни одна школа.",
    )


def _rows(facts: Facts, plan: ObservationPlan) -> list[dict[str, object]]:
    visits = [
        {
            "Школа": school_name(facts, one.school),
            "Что": "независимый наблюдатель на следующей процедуре",
            "Почему": _why(facts, one.school, one.reason),
            "Работ, до": float("nan"),
        }
        for one in plan.visits
    ]
    return visits + [
        {
            "Школа": school_name(facts, one.school),
            "Что": f"перепроверка: {paper_name(facts, one.paper)}",
            "Почему": _why(facts, one.school, one.reason, _IN_WORKS),
            "Работ, до": one.works,
        }
        for one in plan.rechecks
    ]


def _place(row: dict[str, object]) -> tuple:
    return natural(str(row["Школа"])), natural(str(row["Что"]))


def _why(facts: Facts, school: str, reason: Reason, codes: tuple[str, ...] = _TOLD) -> str:
    """The reason in plain words: the signs of ``codes`` that are told, a probability, or the lot."""
    if reason == Reason.LOT:
        return "по жребию"
    kinds = [
        KINDS[code].name
        for code in codes
        for one in facts.of(code, Verdict.CONCERN, Verdict.WATCH)
        if one.unit == school
    ]
    text = "; ".join(kinds) if kinds else _NO_SIGN
    return (
        f"{text}; был наблюдатель, вероятность остаётся высокой" if reason == Reason.AGAIN else text
    )


_NO_SIGN = (
    "признака, требующего проверки, нет, но отличие от ожидаемого вероятнее, чем у большинства школ"
)
