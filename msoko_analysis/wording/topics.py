"""Tasks of the district as topics for its groups of teachers: text and table."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.scales import PaperOfYear
from msoko_analysis.russian import NBSP, counted, number, percent
from msoko_analysis.wording.names import paper_name
from msoko_analysis.wording.numbering import in_table, table_title

CODE = "topic_district"
_OF_TASKS = ("задания", "заданий", "заданий")


def topics_text(facts: Facts) -> Stack:
    """Which tasks the district solves worse than its scores let expect, and what that is not."""
    judged, found = facts.of(CODE, *Verdict), facts.of(CODE, Verdict.WATCH)
    if not judged:
        return stack([Absent("Баллов за отдельные задания в данных нет; темы не определяются.")])
    least = percent(100 * facts.run.thresholds["topic_min"].value)
    compared = (
        f"Выполнение {counted(len(judged), *_OF_TASKS)} сопоставлено с выполнением тех же заданий учениками "
        "региона, набравшими столько же баллов: общий уровень муниципалитета темой не становится. "
    )
    if not found:
        return stack(
            [
                Paragraph(
                    f"{compared}Заданий, которые муниципалитет уверенно выполняет хуже на {least} "
                    "максимального балла и более, нет."
                )
            ]
        )
    said = (
        f"{compared}Хуже на {least} максимального балла и более выполнены "
        f"{counted(len(found), 'задание', 'задания', 'заданий')} ({in_table(facts, 'topics')})."
    )
    return stack([Paragraph(said), topics_table(facts)])


def topics_table(facts: Facts) -> Table:
    """Every topic with shares, the difference at the same scores and how many schools share it."""
    found = facts.of(CODE, Verdict.WATCH)
    about = {one.id: topic_of(facts, one) for one in found}
    found = sorted(found, key=lambda one: (facts.run.papers.index(one.paper), one.details["task"]))
    rows = []
    for one in found:
        rows.append(
            {
                "Предмет, класс": paper_name(facts, one.paper),
                "Задание": number(one.details["task"]),
                **({"Тема": about[one.id]} if any(about.values()) else {}),
                "Выполнение, %": one.details["share"],
                "В регионе, %": one.details["region_share"],
                f"При тех же баллах, п.{NBSP}п. (95{NBSP}%)": gap_text(one),
                "Школ ниже ожидаемого": schools_text(one),
            }
        )
    unknown = "" if any(about.values()) else " Темы заданий в параметрах не описаны."
    return Table(
        "topics",
        table_title(facts, "topics", "Задания, выполненные хуже, чем при тех же баллах в регионе"),
        pd.DataFrame(rows),
        {"Выполнение, %": Digits(), "В регионе, %": Digits()},
        (
            "Выполнение — доля набранных баллов от возможных. Доля ошибочно названных среди названных "
            f"заданий — не больше {percent(100 * facts.run.thresholds['spike_q'].value)} в среднем. "
            f"Номера заданий — как в загруженных результатах.{unknown}",
        ),
        empty="Таких заданий нет.",
        findings=tuple((one,) for one in found),
    )


def topic_of(facts: Facts, one: Finding) -> str:
    """What the task is about, as the parameters say; empty where they do not."""
    key = PaperOfYear(facts.year, *one.paper), int(one.details["task"])
    known = facts.run.task_topics.get(key)
    return known.topic if known else ""


def gap_text(one: Finding) -> str:
    """«−6 (от −8 до −4)»."""
    low, high = number(one.low), number(one.high)
    return f"{number(one.value)} (от{NBSP}{low} до{NBSP}{high})"


def schools_text(one: Finding) -> str:
    """«12 из 20»."""
    return f"{number(one.details['below'])} из {number(one.details['schools'])}"


def topic_ground(facts: Facts, one: Finding) -> str:
    """The task, its shares and the difference, for the ground of a recommendation."""
    about = topic_of(facts, one)
    named = f" ({about})" if about else ""
    return (
        f"{paper_name(facts, one.paper)}, задание {number(one.details['task'])}{named}: выполнение "
        f"{percent(one.details['share'])}, по региону {percent(one.details['region_share'])}; при тех же "
        f"баллах меньше на {number(-one.value)}{NBSP}п.{NBSP}п. при пределе {number(one.limit)}"
    )
