"""Signs that need a check: table, figure of every named school, innocent causes, the district."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from msoko_analysis.facts import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.official import FIOKO_PAPERS
from msoko_analysis.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.russian import DASH, NBSP, counted, first_capital, natural, number, percent
from msoko_analysis.scales import Paper
from msoko_analysis.tables import HIDDEN, Digits, Table
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.names import VERDICT, paper_name, school_name
from msoko_analysis.wording.numbering import figure_title, in_table, table_title, tables
from msoko_analysis.wording.school_figures import school_figure
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.similar_pairs import pairs_text

_NAMED = (Verdict.CONCERN, Verdict.WATCH)
_EMPTY = "Школ с признаками, требующими проверки, нет."


def _sorted(facts: Facts, found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: natural(school_name(facts, one.unit)))


Q = Digits(3, least=0.001)
"""A share of false alarms, «< 0,001» below that."""


def q_text(value: float) -> str:
    """«q = 0,012» or «q < 0,001»."""
    text = Q(value)
    return f"q{NBSP}{text}" if text.startswith("<") else f"q{NBSP}={NBSP}{text}"


LEVEL = {
    0: "0 — к сведению",
    1: "1 — посмотреть",
    2: "2 — сильный признак",
    3: "3 — повторяется",
}


def named(facts: Facts) -> list[Finding]:
    """Signs of the district's schools that are told, schools in alphabetical order."""
    found = [one for code in KINDS for one in facts.of(code, *_NAMED)]
    return _sorted(facts, tuple(found))


def level_of(facts: Facts, unit: str) -> Finding | None:
    """The finding with the level of a school over all signs."""
    return next((one for one in facts.of("signs_school", *Verdict) if one.unit == unit), None)


def signs_table(facts: Facts) -> Table:
    """Every sign that needs a check or attention, with its size, q, level and stability."""
    rows, told = [], []
    for one in named(facts):
        level = level_of(facts, one.unit)
        told.append((one, level) if level else (one,))
        stability = one.details.get("stability", np.nan)
        rows.append(
            {
                "Школа": school_name(facts, one.unit),
                "Признак": KINDS[one.code].name,
                "Работ": one.n,
                "Величина (95 %)": size_text(one),
                "q": one.q,
                "Вывод": VERDICT[one.verdict],
                "Уровень школы": LEVEL[int(level.value)] if level else DASH,
                "Устойчивость, %": stability if np.isfinite(stability) else DASH,
            }
        )
    q = percent(100 * facts.run.thresholds["spike_q"].value)
    return Table(
        "signs",
        table_title(facts, "signs", "Признаки, требующие проверки, и признаки к сведению"),
        pd.DataFrame(rows),
        {"Работ": Digits(), "q": Q, "Устойчивость, %": Digits()},
        (
            f"Лишние работы — сверх того, что даёт уровень самой школы и {_in_reference(facts)}. "
            "q — какая доля школ региона, названных по этому признаку с таким же или меньшим q, "
            f"оказалась бы названа напрасно; порог {q}. «Требует проверки» — признак устоял и после "
            "поправки на то, что признаков проверялось несколько. Устойчивость — при какой доле разумных "
            "настроек расчёта (эталон, ширина полосы у границы, малые работы, один год или два) школа "
            "остаётся названной. Уровень школы: 1 — посмотреть; 2 — группа признаков очень уверенная или их "
            "две; 3 — то же было и год назад или видно по двум предметам порознь. Порядок — по алфавиту.",
        ),
        empty=_EMPTY if facts.of("signs_school", *Verdict) else NOT_DETERMINED,
        findings=tuple(told),
    )


def signs_text(facts: Facts) -> Stack:
    """What is checked, what was found, and what it can not tell."""
    if not facts.of("signs_school", *Verdict):
        return stack([])  # the table that follows says that it is not determined
    few = facts.of("signs_school", Verdict.TOO_FEW)
    if not facts.of("spike_school", *Verdict):
        return stack([Paragraph(_tested(facts))])
    blocks = [
        Paragraph(
            "Главная проверка: не больше ли в школе работ, которые набрали ровно столько баллов, "
            "сколько нужно для следующей отметки, и не меньше ли тех, которым не хватило одного-двух "
            f"баллов. Сравнение идёт с {compared_with(facts)}, приведённым к уровню и разбросу самой "
            "школы, поэтому ни высокий, ни низкий уровень школы признаком не становится."
        ),
        Paragraph(_tested(facts)),
    ]
    if few:
        blocks.append(Paragraph(_too_few(few, facts)))
    return stack(blocks)


def _tested(facts: Facts) -> str:
    """Which signs the data of this year allow."""
    there = [kind.name for code, kind in KINDS.items() if facts.of(code, *Verdict)]
    absent = [kind.name for code, kind in KINDS.items() if not facts.of(code, *Verdict)]
    text = f"По этим данным проверены признаки: {'; '.join(there)}."
    if absent:
        text += f" Не определяются: {'; '.join(absent)}."
    return text


_REFERENCES = {
    "контрольная выборка": "распределением независимо проверенной контрольной выборки",
    "по стране": "распределением по стране",
    "регион без": "распределением по региону без своего муниципалитета",
    "гладкая кривая": "сглаженным распределением по остальным школам",
}


def compared_with(facts: Facts) -> str:
    """What the distribution of a school is compared with, in the instrumental case.

    Papers may have different references: they are named in the order in which they are chosen.
    """
    method = "; ".join({one.method for one in facts.of("spike_school", *Verdict)})
    named = [words for mark, words in _REFERENCES.items() if mark in method]
    return ", а где его нет — ".join(named) or _REFERENCES["регион без"]


def _against_region(facts: Facts) -> bool:
    """Whether all papers are compared with the region's own results, common habits included."""
    said = compared_with(facts)
    return not any(_REFERENCES[mark] in said for mark in ("контрольная выборка", "по стране"))


def _in_reference(facts: Facts) -> str:
    """What stays in the reference and so is no part of the extra works."""
    if _against_region(facts):
        return "общая для региона привычка"
    return "распределение баллов, с которым идёт сравнение"


def _too_few(few: tuple[Finding, ...], facts: Facts) -> str:
    spikes = {one.unit: one.details["needed"] for one in facts.of("spike_school", *Verdict)}
    needed = [spikes[one.unit] for one in few if np.isfinite(spikes.get(one.unit, np.nan))]
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
    """Every named school: its signs in sentences and one figure, after the innocent causes."""
    blocks = []
    for unit in dict.fromkeys(one.unit for one in named(facts)):
        mine = [one for one in named(facts) if one.unit == unit]
        inside = [
            Heading(school_name(facts, unit)),
            *(Paragraph(sentence(facts, one), (one,)) for one in mine),
        ]
        inside.append(school_figure(facts, mine, partial(figure_title, facts, f"school-{unit}")))
        blocks.append(stack(inside, box="keep"))
    return stack([_innocent(facts), *blocks])


def _innocent(facts: Facts) -> Stack | None:
    """Innocent causes of the signs that were found, once for all schools."""
    codes = dict.fromkeys(one.code for one in named(facts))
    if not codes:
        return None
    lines = tuple(
        f"{first_capital(KINDS[code].name)}: {'; '.join(KINDS[code].causes)}. Сначала посмотреть: "
        f"{KINDS[code].look_first}."
        for code in codes
    )
    return stack(
        [
            Paragraph(
                "Признак, требующий проверки, не означает нарушения. Возможные обычные причины, "
                "которые нужно исключить до любых выводов:"
            ),
            Bullets(lines),
        ]
    )


def sentence(facts: Facts, one: Finding) -> str:
    """One sign of a school: its works, size, false-alarm rate and what it means."""
    works = counted(one.n, "работе", "работам", "работам")
    text = (
        f"{first_capital(KINDS[one.code].name)} (по {works}): {size_text(one)}; {q_text(one.q)}. "
        f"Вывод: {_CONCLUSION[one.verdict]}."
    )
    return f"{text} {pairs_text(facts, one)}".rstrip() if one.code == "similarity_school" else text


_CONCLUSION = {
    Verdict.CONCERN: "признак, требующий проверки",
    Verdict.WATCH: "к сведению — признак заметен, но мал или не устоял после поправки на число проверок",
}


def district_text(facts: Facts) -> Stack:
    """How the district as a whole departs from a smooth curve at the pass cut, beside the region."""
    if not facts.distributions:
        return stack([Paragraph(NOT_DETERMINED)])
    unseen = ", и сравнение школ с регионом его не видит" if _against_region(facts) else ""
    return stack(
        [
            Paragraph(
                f"Скопление на границе «3» часто есть и в регионе целиком{unseen}. "
                f"Насколько отличается муниципалитет, {_shown(facts)}: сколько работ "
                "ровно на границе приходится на одну работу, которой не хватило одного балла. Если бы "
                "граница ничего не значила, соседние баллы встречались бы примерно одинаково часто; но "
                "и строение работы сдвигает это число, поэтому сравнивать нужно с регионом, а не с "
                "единицей."
            ),
            cuts_table(facts),
        ]
    )


def _shown(facts: Facts) -> str:
    shown = "cuts" in tables(facts)
    return f"показано {in_table(facts, 'cuts')}" if shown else "показывает сравнение с регионом"


def cuts_table(facts: Facts) -> Table:
    """Works at the cut «3» per work one point below, district and region.

    Where the ratio is hidden its n is hidden too: with the bar of the distribution it would give the other
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
                "Поднято в муниципалитете, %": _lifted(facts, "municipality", paper),
                "Поднято в регионе, %": _lifted(facts, "region", paper),
            }
        )
    return Table(
        "cuts",
        table_title(facts, "cuts", "Граница «3»: муниципалитет и регион"),
        pd.DataFrame(rows),
        {
            "Работ на границе «3» и на балл ниже": Digits(),
            "На одну работу ниже границы": Digits(1),
            "В регионе": Digits(1),
        },
        (
            "Поднято — какая доля тех, кому не хватало 1–2 баллов до «3», оказалась над границей, если "
            "сравнивать с гладкой кривой по баллам (95 %). Прочерк — на балл ниже границы нет ни одной "
            "работы, работ меньше 300 или шкала коротка.",
        ),
        empty="Границы отметок по этим работам не позволяют такого сравнения.",
    )


def _lifted(facts: Facts, level: str, paper: Paper) -> str:
    """Share lifted over the cut «3» against a smooth curve, with its interval."""
    row = facts.measure(level, "lifted_3", paper)
    if row is None or row["hidden"]:
        return DASH
    low, high = (number(min(max(one, 0.0), 100.0)) for one in (row["low"], row["high"]))
    return f"{number(max(row['value'], 0.0))} ({low}–{high})"


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
    marked = _sorted(facts, marked)
    for one in marked:
        markers = _markers(facts, mine[mine["unit"] == one.unit])
        rows.append({"Школа": school_name(facts, one.unit), **markers, "Всего": one.value})
    return Table(
        "official",
        table_title(facts, "official", "Официальные признаки ФИОКО (2019), без изменений"),
        pd.DataFrame(rows),
        {"Всего": Digits()},
        (
            "РУ4 — русский язык, 4 класс; МА5 — математика, 5 класс. (а) Нижняя граница интервала "
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
        papers = mine[mine["value"] == 1]
        codes = [
            f"{facts.run.subjects[paper.subject].short}{paper.grade}"
            for paper in FIOKO_PAPERS
            if ((papers["grade"] == paper.grade) & (papers["subject"] == paper.subject)).any()
        ]
        cells[name] = ", ".join(codes) or (HIDDEN if mine["hidden"].any() else DASH)
    return cells
