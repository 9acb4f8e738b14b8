"""Pairs of works of a school whose answers are alike, in a sentence."""

from __future__ import annotations

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding
from msoko_analysis.measures.similar_pairs import INDICATOR
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import counted, number
from msoko_analysis.wording.names import paper_name


def pairs_text(facts: Facts, one: Finding) -> str:
    """What opening the pairs of a school has shown, paper by paper; empty where none were opened.

    A paper whose number of works is hidden by the gate says so: hidden is not zero.
    """
    table = facts.public.table
    mine = table[
        (table["year"] == facts.year)
        & (table["unit"] == one.unit)
        & (table["indicator"] == INDICATOR)
        & (table["level"] == "school")
    ]
    if mine.empty:
        return ""
    shown = mine[~mine["hidden"]]
    found = [
        f"{paper_name(facts, Paper(row.procedure, row.grade, row.subject))} — "
        f"{counted(row.value, 'пара', 'пары', 'пар')} ({counted(row.count, *_WORKS)})"
        for row in shown[shown["value"] > 0].itertuples(index=False)
    ]
    tested = (shown["n"] * (shown["n"] - 1) / 2).sum()
    text = "Пары работ, совпавшие сильнее, чем у работающих порознь учеников с такими же баллами: "
    if found:
        text += f"{'; '.join(found)}. Всего сопоставлено {counted(tested, 'пара', 'пары', 'пар')}."
    elif len(shown):
        text += (
            f"из {number(tested)} ни одна отдельно не выделяется — сходство общее для школы, а не у "
            "отдельных учеников."
        )
    hidden = len(mine) - len(shown)
    if hidden:
        where = counted(hidden, "работе", "работам", "работам")
        text += (
            f" По {where} число не показано: группа мала." if len(shown) else "число не показано."
        )
    return f"{text} Пара — место, куда посмотреть, а не вывод об учениках."


_WORKS = ("работа", "работы", "работ")
