"""Equal opportunity: how unequal the schools are, whether that changes, and what context explains."""

from __future__ import annotations

import numpy as np

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.equity_levels import METHOD as LEVELS
from msoko_analysis.page.prose import Absent, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits
from msoko_analysis.params.methods import argument_words, has_step
from msoko_analysis.russian import NBSP, between, counted, listed, number, percent
from msoko_analysis.wording.forms import NOT_DETERMINED
from msoko_analysis.wording.levels import (
    by_levels,
    counts_of,
    highest,
)
from msoko_analysis.wording.names import district_cases, school_names

_OF_SCHOOLS = ("школы", "школ", "школ")
_CHANGED = (Verdict.WATCH, Verdict.NO_CONCERN)
_MEANING = (
    "Чем больше эта доля, тем сильнее результат ученика связан с тем, в какой школе он учится; причина может "
    "быть и в составе учеников, и в условиях, и в работе школ."
)
SIDE = {1.0: "вырос", -1.0: "сократился", 0.0: "не изменился"}
_GAP = "разрыв между четвертью лучших и четвертью худших школ"
_FEW = (
    "Различия между школами муниципалитета не приводятся: школ слишком мало, и такой показатель был бы "
    "сведением об отдельных школах."
)


_FEW_PUPILS = (
    "Различия между школами муниципалитета не приводятся: школ или участников на одном из уровней слишком "
    "мало, чтобы их оценить."
)


def equity_text(facts: Facts) -> Stack:
    """What the differences between schools mean, in plain words."""
    if facts.alone and facts.measure("municipality", "icc") is not None:
        return stack([Paragraph(f"{alone_text(facts)} {_MEANING}")])
    if facts.measure("region", "icc") is None:
        return stack([Absent(NOT_DETERMINED)])
    said = [
        Paragraph(_between_schools(facts), facts.of("inequality_district", *Verdict)),
        Paragraph(_gap(facts), facts.of("gap_change_district", *_CHANGED)[:1]),
        Paragraph(_context(facts)),
        Paragraph(_resilient(facts)),
    ]
    return stack(one for one in said if one.text)


def _between_schools(facts: Facts) -> str:
    one = next(iter(facts.of("inequality_district", *Verdict)), None)
    if one is None:
        return _FEW_PUPILS if by_levels(facts) else _FEW
    compared = {
        1.0: "это больше, чем по региону",
        -1.0: "это меньше, чем по региону",
        0.0: "больше это, чем по региону, или меньше, по этим данным не различить",
    }
    known = one.verdict != Verdict.TOO_FEW
    text = (
        f"Результаты учеников различаются и внутри школ, и между школами. На различия между школами "
        f"{district_cases(facts).genitive} приходится {share_text(one)}, "
        f"по региону — {percent(100 * one.limit)}"
    )
    ended = f"; {compared[one.details['side']]}. " if known else ". "
    return f"{text}{ended}{_MEANING}{_from(facts)}"


def alone_text(facts: Facts) -> str:
    """The share between schools of a municipality that stands beside no region."""
    row = facts.measure("municipality", "icc")
    if row is None or row["hidden"]:
        return _FEW
    low, high = 100 * max(row["low"], 0.0), 100 * min(row["high"], 1.0)
    known = f" (95{NBSP}%: {between(low, high)}{NBSP}%)" if np.isfinite(row["low"]) else ""
    return (
        f"На различия между школами приходится {percent(100 * row['value'])}{known} всех различий "
        "результатов учеников; больше это, чем в других муниципалитетах, или меньше, по этим данным не "
        "узнать."
    )


def _from(facts: Facts) -> str:
    """« Рассчитано по числу участников на уровнях …», where that is all the data tell."""
    if not by_levels(facts):
        return ""
    return f" Рассчитано по числу {counts_of(facts)}: баллов учеников в данных нет."


def share_text(one: Finding) -> str:
    """«18 % (95 %: от 4 до 33 %)»."""
    text = percent(100 * one.value)
    if one.verdict == Verdict.TOO_FEW:
        return text
    low, high = 100 * max(one.low, 0.0), 100 * min(one.high, 1.0)
    return f"{text} (95{NBSP}%: {between(low, high)}{NBSP}%)"


def _gap(facts: Facts) -> str:
    row = facts.measure("municipality", "school_gap_quarter")
    if row is None or row["hidden"]:
        return "" if not facts.of("inequality_district", *Verdict) else (
            "Разрыв между четвертью лучших и четвертью худших школ не приводится: для него нужно не меньше "
            f"восьми школ.{_changed(facts)}"
        )  # fmt: skip
    region = facts.value("region", "school_gap_quarter")
    unit = f"доли {highest(facts)}" if by_levels(facts) else "доли максимального балла"
    return (
        "Между четвертью школ с наибольшими результатами и четвертью с наименьшими — "
        f"{number(row['value'])}{NBSP}п.{NBSP}п. ({unit}; 95{NBSP}%: "
        f"{between(row['low'], row['high'])}), по региону — {number(region)}{NBSP}п.{NBSP}п. "
        f"В малом муниципалитете разрыв меньше уже потому, что школ мало.{_changed(facts)}"
    )


def _changed(facts: Facts) -> str:
    """« За год разрыв не изменился (…).», or why that can not be told."""
    one = change(facts)
    if one is None:
        return " С прошлым годом сравнить нельзя."
    return f" {change_sentence(one)}"


def change(facts: Facts) -> Finding | None:
    """The change of the gap that speaks for the district."""
    return next(iter(facts.of("gap_change_district", *_CHANGED)), None)


def change_sentence(one: Finding) -> str:
    """«За год разрыв между … школ заметно не изменился: −0,5 п. п. (95 %: от −3 до 2) …»"""
    of_schools = one.unit_of_value == "percent"
    name = _GAP if of_schools else "показатель различий между школами"
    factor = 1 if of_schools else 100
    size = Digits(1, signed=True)(factor * one.value)
    said = SIDE[one.details["side"]].replace("не изменился", "заметно не изменился")
    return (
        f"За год {name} {said}: {size}{NBSP}п.{NBSP}п. (95{NBSP}%: "
        f"{between(factor * one.low, factor * one.high, 1)}); сравниваются разные ученики и {_same(one)}."
    )


def _same(one: Finding) -> str:
    return "одни и те же уровни" if has_step(one.method, LEVELS) else "работы с той же шкалой"


def _context(facts: Facts) -> str:
    found = facts.of("expectation_school", *Verdict)
    if not found and by_levels(facts):
        return ""  # the first page says what needs scores
    if not found:
        return (
            "С ожидаемым при условиях школ результаты не сравниваются: школ в регионе слишком мало."
        )
    above, below = (sum(one.details["side"] == side for one in found) for side in (1, -1))
    strength = facts.value("region", "context_strength")
    likely = percent(100 * found[0].limit)
    return (
        f"Условия ({conditions(found[0])}) объясняют {percent(100 * strength)} различий между школами "
        f"региона. С вероятностью не меньше {likely} результат выше ожидаемого при своих условиях у "
        f"{counted(above, *_OF_SCHOOLS)}, ниже — у {counted(below, *_OF_SCHOOLS)} из {number(len(found))}; "
        f"по остальным этого сказать нельзя. {_beside_level(facts)}Отличие от ожидаемого — не оценка работы "
        "школы: известны не все условия."
    )


def _beside_level(facts: Facts) -> str:
    """Why the section on level names fewer schools."""
    if not facts.of("level_school", Verdict.WATCH, Verdict.NO_CONCERN):
        return ""
    return (
        "Предел раздела «Уровень школ» строже: там названы только школы, которые вышли за разброс, обычный "
        "для школ в таких же условиях. "
    )


def conditions(one: Finding) -> str:
    return argument_words(one.method, "context")


def _resilient(facts: Facts) -> str:
    found = facts.of("resilient_school", *Verdict)
    units = [one.unit for one in found if one.details["resilient"]]
    if not found:
        return ""
    likely = percent(100 * found[0].limit)
    among = f"Среди {counted(len(found), *_OF_SCHOOLS)} муниципалитета с наименее благоприятными условиями"
    if not units:
        return f"{among} резильентных (результат выше ожидаемого и не ниже средней школы региона) не найдено."
    return (
        f"{among} превосходят ожидаемое и достигают результата средней школы региона с вероятностью не "
        f"меньше {likely} (резильентные): {listed(school_names(facts, units))}. Их опыт полезен школам в "
        "таких же условиях. Школы с признаками, требующими проверки, здесь не называются."
    )
