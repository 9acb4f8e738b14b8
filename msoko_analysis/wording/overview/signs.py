"""Tables of an overview about signs: how many schools by district, what is common, the region itself."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.region import RegionFacts
from msoko_analysis.findings import Verdict
from msoko_analysis.measures.results import REGION
from msoko_analysis.page.tables import HIDDEN, Table
from msoko_analysis.russian import NBSP, first_capital, number
from msoko_analysis.wording.names import paper_name
from msoko_analysis.wording.overview.tables import (
    DISTRICT,
    INTERVAL,
    ONE,
    WHOLE,
    cell,
    district_name,
)
from msoko_analysis.wording.sign_kinds import KINDS, MEDALS

_TOLD_ELSEWHERE = {
    **{code: one.name for code, one in KINDS.items()},
    "medals_school": MEDALS.name,
    "low_share_school": "много отметок «2»",
}


def judged(facts: RegionFacts, code: str) -> tuple[int, int, int]:
    """Schools of a district with signs that need a check, without, and with too few works."""
    return tuple(
        len(facts.of(code, "signs_school", verdict))
        for verdict in (Verdict.CONCERN, Verdict.NO_CONCERN, Verdict.TOO_FEW)
    )


def signs_table(facts: RegionFacts) -> Table:
    """How many schools have signs that need a check, district by district."""
    rows = []
    for code, schools in facts.schools.items():
        named, without, few = judged(facts, code)
        told = code in facts.findings
        rows.append(
            {
                DISTRICT: district_name(facts, code),
                "Число школ": schools,
                "Судить можно": named + without if told else HIDDEN,
                "Признаки, требующие проверки": named if told else HIDDEN,
                "Работ слишком мало": few if told else HIDDEN,
            }
        )
    known = any(facts.of(code, "signs_school", *Verdict) for code in facts.findings)
    return Table(
        "signs",
        "Школы с признаками, требующими проверки",
        pd.DataFrame(rows if known else []),
        dict.fromkeys(
            ("Число школ", "Судить можно", "Признаки, требующие проверки", "Работ слишком мало"),
            WHOLE,
        ),
        (
            "Числа муниципалитетов между собой не сравниваются: где судить можно о немногих школах, там и "
            "найти можно немного. Школы названы только в справках муниципалитетов.",
        ),
        empty="Признаки, требующие проверки, по этим данным не определяются.",
    )


def kinds_table(facts: RegionFacts) -> Table:
    """Which signs occur, in how many schools and districts."""
    rows = []
    for code, name in _TOLD_ELSEWHERE.items():
        wanted = Verdict.WATCH if code == "low_share_school" else Verdict.CONCERN
        found = {one: len(facts.of(one, code, wanted)) for one in facts.findings}
        if any(found.values()):
            rows.append(
                {
                    "Что найдено": first_capital(name),
                    "Число школ": sum(found.values()),
                    "Муниципалитетов": sum(n > 0 for n in found.values()),
                }
            )
    return Table(
        "kinds",
        "Что найдено в школах",
        pd.DataFrame(rows),
        {"Число школ": WHOLE, "Муниципалитетов": WHOLE},
        (
            "Одна школа может стоять в нескольких строках. Медалисты и отметки «2» считаются отдельно от "
            "признаков в работах.",
        ),
        empty="Ни признаков, требующих проверки, ни школ с большой долей отметок «2» не найдено.",
    )


def curve_table(facts: RegionFacts) -> Table:
    """Where the region itself departs from a smooth curve at the cut «3»."""
    rows = []
    for paper in facts.papers:
        row = facts.row(REGION, REGION, "lifted_3", paper)
        if row is None:
            continue
        low, high = (min(max(row[end], 0.0), 100.0) for end in ("low", "high"))
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": cell(row, "n"),
                "Поднято, %": min(max(row["value"], 0.0), 100.0),
                INTERVAL: f"от{NBSP}{number(low)} до{NBSP}{number(high)}",
                "На одну работу ниже границы": cell(
                    facts.row(REGION, REGION, "cut_ratio_3", paper)
                ),
            }
        )
    return Table(
        "curve",
        "Регион в целом у границы «3»",
        pd.DataFrame(rows),
        {"Работ": WHOLE, "Поднято, %": WHOLE, "На одну работу ниже границы": ONE},
        (
            "Поднято — какая доля тех, кому не хватало 1–2 баллов до «3», оказалась над границей, если "
            "сравнивать с гладкой кривой по баллам. Последний столбец — сколько работ ровно на границе "
            "приходится на одну, которой не хватило балла.",
        ),
        empty="Работ, по которым это видно, нет: участников меньше 300 или шкала коротка.",
    )
