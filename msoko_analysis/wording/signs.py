"""Signs that need a check: table, figure of every named school, innocent causes, the district."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts import DISTANCES, Facts
from msoko_analysis.figures import Figure, NearCuts, school_near_cuts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.official import FIOKO_PAPERS
from msoko_analysis.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.russian import DASH, NBSP, between, counted, natural, number, percent
from msoko_analysis.tables import Digits, Table
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.names import VERDICT, paper_name, school_name

_NAMED = (Verdict.CONCERN, Verdict.WATCH)
_EMPTY = "Школ с признаками, требующими проверки, нет."


def _sorted(facts: Facts, found: tuple[Finding, ...]) -> list[Finding]:
    return sorted(found, key=lambda one: natural(school_name(facts, one.unit)))


Q = Digits(3, least=0.001)
"""A share of false alarms, «< 0,001» below that."""


def q_text(value: float) -> str:
    """«q = 0,012» or «q < 0,001»."""
    text = Q(value)
    return f"q{NBSP}{text}" if text.startswith("<") else f"q{NBSP}={NBSP}{text}"


def _interval(low: float, high: float) -> str:
    return f"{number(low)}–{number(high)}"


def signs_table(facts: Facts) -> Table:
    """Table 3: schools named by the spike sign."""
    rows = [
        {
            "Школа": school_name(facts, one.unit),
            "Работ": one.n,
            "Лишних работ над границей": one.value,
            f"от–до (95{NBSP}%)": _interval(one.low, one.high),
            "Доля от недобравших 1–2 балла, %": one.details["share"],
            "q": one.q,
            "Вывод": VERDICT[one.verdict],
        }
        for one in _sorted(facts, facts.of("spike_school", *_NAMED))
    ]
    q = percent(100 * facts.run.thresholds["spike_q"].value)
    return Table(
        "signs",
        "Таблица 3. Признак «скопление работ у границы отметки»",
        pd.DataFrame(rows),
        {
            "Работ": Digits(),
            "Лишних работ над границей": Digits(),
            "Доля от недобравших 1–2 балла, %": Digits(),
            "q": Q,
        },
        (
            "Лишние работы — сверх того, что даёт уровень самой школы и общая для региона привычка. "
            "q — какая доля названных школ региона оказалась бы названа напрасно, если называть все "
            f"школы с таким же или меньшим q; порог {q}. Порядок — по алфавиту.",
        ),
        empty=_EMPTY if facts.of("spike_school", *Verdict) else NOT_DETERMINED,
    )


def signs_text(facts: Facts) -> Stack:
    """What the sign is, what it found, and what it can not tell."""
    if not facts.of("spike_school", *Verdict):
        return stack([])  # the table that follows says that it is not determined
    named = facts.of("spike_school", *_NAMED)
    few = facts.of("spike_school", Verdict.TOO_FEW)
    blocks = [
        Paragraph(
            "Проверяется одно: не больше ли в школе работ, которые набрали ровно столько баллов, "
            "сколько нужно для следующей отметки, и не меньше ли тех, которым не хватило одного-двух "
            f"баллов. Сравнение идёт с {compared_with(facts)}, приведённым к уровню и разбросу самой "
            "школы, поэтому ни высокий, ни низкий уровень школы признаком не становится."
        )
    ]
    if named:
        blocks += [
            Paragraph(
                "Признак, требующий проверки, не означает нарушения. Возможные обычные причины, "
                "которые нужно исключить до любых выводов:"
            ),
            Bullets(INNOCENT),
        ]
    if few:
        blocks.append(Paragraph(_too_few(few)))
    return stack(blocks)


def compared_with(facts: Facts) -> str:
    """What the distribution of a school is compared with, in the instrumental case."""
    if facts.alone:
        return "сглаженным распределением по остальным школам муниципалитета"
    return "распределением по региону без своего муниципалитета"


INNOCENT = (
    "работы у границы читались второй раз, и балл уточнялся в обе стороны;",
    "критерии частичного балла одного из заданий понимались в школе по-своему, и задание дало как раз "
    "недостающий балл;",
    "классы или варианты работы заметно различались, и распределение баллов имеет собственную форму;",
    "на проверке введён пересчитанный, а не первичный балл.",
)


def _too_few(few: tuple[Finding, ...]) -> str:
    needed = [one.details["needed"] for one in few if np.isfinite(one.details["needed"])]
    text = (
        f"По {counted(len(few), 'школе', 'школам', 'школам')} работ слишком мало, чтобы сказать "
        "«признака нет»: если бы там подняли половину недобравших 1–2 балла, это, скорее всего, "
        "осталось бы незамеченным."
    )
    if needed:
        factor = float(np.median(needed))
        text += (
            f" Обычно понадобилось бы примерно в {number(max(factor, 1.1), 1)} раза больше работ "
            "(ещё предметы, классы или годы)."
        )
    return text


def signs_figures(facts: Facts) -> Stack:
    """One figure per named school with a sentence an official can read aloud."""
    blocks = []
    found = _sorted(facts, facts.of("spike_school", *_NAMED))
    for place, one in enumerate(found, 3):
        heading = Heading(school_name(facts, one.unit))
        figure = _school_figure(facts, one, place)
        blocks.append(stack([heading, Paragraph(_sentence(one)), figure], box="keep"))
    return stack(blocks)


def _sentence(one: Finding) -> str:
    share = percent(one.details["share"])
    return (
        f"Из {counted(one.n, 'работы', 'работ', 'работ')} школы над границами отметок лишних примерно "
        f"{number(one.value)} (95{NBSP}%: {between(one.low, one.high)}) — это {share} "
        f"({between(one.details['share_low'], one.details['share_high'])}{NBSP}%) тех, кому без этого "
        f"не хватило бы одного-двух баллов; {q_text(one.q)}. Вывод: {_CONCLUSION[one.verdict]}."
    )


_CONCLUSION = {
    Verdict.CONCERN: "признак, требующий проверки",
    Verdict.WATCH: "к сведению — признак заметен, но доля таких работ невелика",
}


def _school_figure(facts: Facts, one: Finding, place: int) -> Figure:
    seen = facts.named[one.unit]
    data = NearCuts(DISTANCES, seen.near, seen.near_expected, seen.tenths, seen.tenths_expected)
    name = school_name(facts, one.unit)
    return school_near_cuts(
        data,
        name=f"school-{one.unit}",
        caption=(
            f"Рисунок {place}. {name}: работы по расстоянию до ближайших границ отметок (слева) и по "
            "всей шкале (справа); чёрточки — сколько ожидается при уровне школы. Работа между двумя "
            "близкими границами учтена у обеих"
        ),
        description=(
            f"{name}: столбцы числа работ у границ отметок и ожидаемые значения; лишних работ над "
            f"границами около {number(one.value)}."
        ),
    )


def district_text(facts: Facts) -> Stack:
    """How the district as a whole departs from a smooth curve at the pass cut, beside the region."""
    if not facts.distributions:
        return stack([Paragraph(NOT_DETERMINED)])
    return stack(
        [
            Paragraph(
                "Скопление на границе «3» часто есть и в регионе целиком, и сравнение школ с регионом "
                "его не видит. Насколько отличается муниципалитет, показывает таблица 4: сколько работ "
                "ровно на границе приходится на одну работу, которой не хватило одного балла. Если бы "
                "граница ничего не значила, соседние баллы встречались бы примерно одинаково часто; но "
                "и строение работы сдвигает это число, поэтому сравнивать нужно с регионом, а не с "
                "единицей."
            ),
            cuts_table(facts),
        ]
    )


def cuts_table(facts: Facts) -> Table:
    """Table 4: works at the cut «3» per work one point below, district and region.

    Where the ratio is hidden its n is hidden too: with the bar of figure 1 it would give the other
    cell away.
    """
    rows = []
    for paper in facts.papers:
        ratio = of_unit(facts, "municipality", "cut_ratio_3", paper)
        if ratio != ratio:
            continue
        n = of_unit(facts, "municipality", "cut_ratio_3", paper, column="n")
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ на границе «3» и на балл ниже": n,
                "На одну работу ниже границы": ratio,
                "В регионе": of_unit(facts, "region", "cut_ratio_3", paper),
            }
        )
    return Table(
        "cuts",
        "Таблица 4. Граница «3»: муниципалитет и регион",
        pd.DataFrame(rows),
        {
            "Работ на границе «3» и на балл ниже": Digits(),
            "На одну работу ниже границы": Digits(1),
            "В регионе": Digits(1),
        },
        ("Прочерк — на балл ниже границы нет ни одной работы.",),
        empty="Границы отметок по этим работам не позволяют такого сравнения.",
    )


def official_text(facts: Facts) -> Stack:
    """Official ФИОКО markers under their own name, and how far they can be trusted."""
    row = facts.measure("municipality", "p19")
    if row is None:
        return stack([Paragraph("Официальные признаки ФИОКО по этим данным не рассчитываются.")])
    return stack(
        [
            Paragraph(
                f"По методике ФИОКО от 19.04.2019 хотя бы один признак есть у {number(row['count'])} из "
                f"{counted(row['n'], 'школы', 'школ', 'школ')}, писавших ВПР в 4–5 классах; "
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
    """Table 5: schools with at least one official marker."""
    table = facts.public.table
    mine = table[
        (table["year"] == facts.year)
        & (table["municipality"] == facts.district)
        & (table["level"] == "school")
        & ~table["hidden"]
    ]
    rows = []
    for one in _sorted(facts, facts.of("fioko_markers_school", *Verdict)):
        if one.value < 1:
            continue
        marked = mine[(mine["unit"] == one.unit) & (mine["value"] == 1)]
        rows.append(
            {"Школа": school_name(facts, one.unit), **_markers(facts, marked), "Всего": one.value}
        )
    return Table(
        "official",
        "Таблица 5. Официальные признаки ФИОКО (2019), без изменений",
        pd.DataFrame(rows),
        {"Всего": Digits()},
        (
            "РУ4 — русский язык, 4 класс; МА5 — математика, 5 класс. (а) Нижняя граница интервала "
            "среднего балла школы выше верхней границы по региону; (б) отметки школы и баллы связаны "
            "отрицательно; (в) резкое изменение результатов одной параллели от 4 к 5 классу.",
        ),
        empty="Школ с официальными признаками нет.",
    )


def _markers(facts: Facts, marked: pd.DataFrame) -> dict[str, str]:
    cells = {}
    for letter, name in (("a", "(а)"), ("b", "(б)"), ("c", "(в)")):
        papers = marked[marked["indicator"] == f"fioko_{letter}"]
        codes = [
            f"{facts.run.subjects[paper.subject].short}{paper.grade}"
            for paper in FIOKO_PAPERS
            if ((papers["grade"] == paper.grade) & (papers["subject"] == paper.subject)).any()
        ]
        cells[name] = ", ".join(codes) or DASH
    return cells
