"""Official ФИОКО markers under their own name, and how far they can be trusted."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.measures.official import MEAN_PAPERS
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.russian import DASH, NBSP, counted, number, percent
from msoko_analysis.wording.names import school_name
from msoko_analysis.wording.numbering import table_title
from msoko_analysis.wording.signs import by_name


def official_text(facts: Facts) -> Stack:
    """Official ФИОКО markers under their own name, and how far they can be trusted."""
    row = facts.measure("municipality", "p19")
    if row is None:
        return stack([Absent("Официальные признаки ФИОКО по этим данным не рассчитываются.")])
    return stack(
        [
            Paragraph(
                f"По методике ФИОКО от 19.04.2019 хотя бы один признак есть у {number(row['count'])} из "
                f"{counted(row['n'], 'школы', 'школ', 'школ')}, писавших русский язык "
                "или математику (ВПР 4–5 классов, ОГЭ); "
                f"100 − доля таких школ = {percent(row['value'], 1)} (основа показателя П19; то, что "
                "П19 равен этому числу, документом не подтверждено)."
            ),
            Paragraph(
                "Правило «завышенный средний балл» опирается только на уровень: в моделировании на "
                f"честных школах оно срабатывает в 19–24{NBSP}% случаев, чаще у крупных. Поэтому один "
                "признак оснований для действий не даёт; к сведению берутся школы, у которых признаков "
                f"не меньше {number(facts.run.thresholds['fioko_markers_watch'].value)}."
            ),
            official_table(facts),
        ]
    )


def official_table(facts: Facts) -> Table:
    """Schools with at least one official marker."""
    table = facts.public.table
    mine = table[
        (table["year"] == facts.year)
        & (table["municipality"] == facts.district)
        & (table["level"] == "school")
        & (table["subject"] != "")
    ]
    rows = []
    marked = [one for one in facts.of("fioko_markers_school", *Verdict) if one.value >= 1]
    marked = by_name(facts, marked)
    for one in marked:
        markers = _markers(facts, mine[mine["unit"] == one.unit])
        rows.append({"Школа": school_name(facts, one.unit), **markers, "Всего": one.value})
    return Table(
        "official",
        table_title(facts, "official", "Официальные признаки ФИОКО (2019), без изменений"),
        pd.DataFrame(rows),
        {"Всего": Digits()},
        (
            "РУ4 — ВПР по русскому языку, 4 класс; МА9 — ОГЭ по математике. (а) Нижняя граница интервала "
            "среднего балла школы выше верхней границы по региону; (б) отметки школы и баллы связаны "
            "отрицательно; (в) резкое изменение результатов одной параллели от 4 к 5 классу.",
        ),
        empty="Школ с официальными признаками нет.",
        findings=tuple((one,) for one in marked),
    )


def _markers(facts: Facts, rows: pd.DataFrame) -> dict[str, str]:
    """The papers marked by each rule; a dash where none is, HIDDEN where a group is too small."""
    cells = {}
    for letter, name in (("a", "(а)"), ("b", "(б)"), ("c", "(в)")):
        mine = rows[rows["indicator"] == f"fioko_{letter}"]
        of_rule = mine.loc[mine["value"] == 1, ["procedure", "grade", "subject"]]
        marked = set(of_rule.itertuples(index=False, name=None))
        codes = [
            f"{facts.run.subjects[paper.subject].short}{paper.grade}"
            for paper in MEAN_PAPERS
            if paper in marked
        ]
        cells[name] = ", ".join(codes) or (HIDDEN if mine["hidden"].any() else DASH)
    return cells
