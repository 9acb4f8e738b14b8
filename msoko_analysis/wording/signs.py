"""Signs that need a check: table, figure of every named school, innocent causes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.reference import CONTROLS
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.methods import arguments
from msoko_analysis.params.signs import load_signs
from msoko_analysis.russian import (
    DASH,
    NBSP,
    counted,
    first_capital,
    listed,
    natural,
    number,
    percent,
)
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.names import VERDICT, school_name
from msoko_analysis.wording.numbering import figure_title, see_table, table_title
from msoko_analysis.wording.school_figures import school_figure
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.similar_pairs import pairs_text

_NAMED = (Verdict.CONCERN, Verdict.WATCH)
_EMPTY = "Школ с признаками, требующими проверки, нет."


def by_name(facts: Facts, found: Iterable[Finding]) -> list[Finding]:
    """Findings of schools in the alphabetical order of the schools."""
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
    3: "3 — подтверждается",
}


def named(facts: Facts) -> list[Finding]:
    """Signs of the district's schools that are told, schools in alphabetical order."""
    found = [one for code in KINDS for one in facts.of(code, *_NAMED)]
    return by_name(facts, tuple(found))


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
            "две; 3 — сильный признак был и год назад или скопление видно по двум предметам порознь. "
            "Порядок — по алфавиту.",
            *_steps(facts),
            *_medalists(facts),
        ),
        empty=_EMPTY if facts.of("signs_school", *Verdict) else NOT_DETERMINED,
        findings=tuple(told),
    )


def _steps(facts: Facts) -> list[str]:
    """What «1–2 балла» means where a scale has steps of several points."""
    if all(scale.step == 1 for scale in facts.scales.values()):
        return []
    return [
        "Недобравшие 1–2 балла — те, кому не хватало не больше двух шагов шкалы "
        f"({see_table(facts, 'scales')})."
    ]


def _medalists(facts: Facts) -> list[str]:
    """Which schools have the sign that is counted apart, so that nobody misses them in the table."""
    found = by_name(facts, facts.of("medals_school", Verdict.CONCERN))
    if not found:
        return []
    schools = listed(school_name(facts, one.unit) for one in found)
    return [
        "Признак по результатам ЕГЭ медалистов считается отдельно и в таблицу не входит; он есть у школ: "
        f"{schools}."
    ]


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
    signs = load_signs().signs
    there = judged_signs(facts)
    absent = [
        f"{one.title_ru} ({_lacks(facts, one.data, one.years)})"
        for one in signs
        if not facts.of(one.finding, *Verdict)
    ]
    text = f"По этим данным проверены признаки: {'; '.join(there)}."
    if absent:
        text += f" Не определяются: {'; '.join(absent)}."
    return text


def _lacks(facts: Facts, data: str, years: int) -> str:
    """What a sign would need: data, or schools where the data are there."""
    if data == "score_counts" and years == 1 and facts.distributions:
        return "школ в данных слишком мало"
    return f"нужны {_DATA[data]}{_YEARS[years]}"


def judged_signs(facts: Facts) -> list[str]:
    """Titles of the signs that the data of this year allow."""
    return [one.title_ru for one in load_signs().signs if facts.of(one.finding, *Verdict)]


_DATA = {
    "score_counts": "первичные баллы участников",
    "mark_pairs": "отметки участников от школы и за работу",
    "item_moments": "баллы участников за каждое задание",
}
_YEARS = {1: "", 2: " за два года подряд", 3: " за три года подряд"}
_REFERENCES = {
    "control": "распределением независимо проверенной контрольной выборки",
    "country": "распределением по стране",
    "outside": "распределением по региону без своего муниципалитета",
    "smooth": "сглаженным распределением по остальным школам",
}


def compared_with(facts: Facts) -> str:
    """What the distribution of a school is compared with, in the instrumental case.

    Papers may have different references: they are named in the order in which they are chosen.
    """
    kinds = _references(facts)
    named = [words for kind, words in _REFERENCES.items() if kind in kinds]
    return ", а где его нет — ".join(named)


def _references(facts: Facts) -> set[str]:
    """Kinds of what the papers are compared with; the usual one where nothing was tested."""
    methods = {one.method for one in facts.of("spike_school", *Verdict)}
    return {kind for one in methods for kind in arguments(one, "reference")} or {"outside"}


def against_region(facts: Facts) -> bool:
    """Whether all papers are compared with the region's own results, common habits included."""
    return _references(facts).isdisjoint(CONTROLS)


def _in_reference(facts: Facts) -> str:
    """What stays in the reference and so is no part of the extra works."""
    if against_region(facts):
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
