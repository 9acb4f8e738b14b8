"""The page of a letter to one school: what concerns it, what to look at first, what is not claimed.

``facts`` here and in :mod:`.letter_appendix` are those of one school: its findings alone, no other name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import (
    NBSP,
    between,
    counted,
    first_capital,
    listed,
    number,
    percent,
)
from msoko_analysis.wording.advice import ground
from msoko_analysis.wording.cells import of_school
from msoko_analysis.wording.names import (
    district_cases,
    over_papers,
    papers,
    procedures_of,
    school_name,
)
from msoko_analysis.wording.region_habit import region_habit
from msoko_analysis.wording.requisites import DATED, Requisites, issued_by
from msoko_analysis.wording.results import like_conditions
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.signs import named, q_text

# Findings with a place of their own on the page; any other is told by its ground.
_PLACED = {*KINDS, "signs_school", "level_school", "low_share_school", "fioko_markers_school"}
_WORKS = ("работа", "работы", "работ")


def school_of(facts: Facts) -> str:
    """Code of the school a letter is about."""
    return facts.schools[0]


def written(facts: Facts) -> tuple[Paper, ...]:
    """The papers of the year that the school wrote, shown or hidden."""
    unit = school_of(facts)
    return tuple(
        paper
        for paper in facts.papers
        if facts.of_paper(unit, "mean_percent", paper) is not None
        or facts.of_paper(unit, "share_2", paper) is not None
    )


def requisites(facts: Facts) -> Requisites:
    """Head of the letter; date and number are given when it is registered."""
    return Requisites(
        (
            ("От кого", f"Орган управления образованием {district_cases(facts).genitive}"),
            ("Кому", f"Руководителю, методическому объединению учителей: {_name(facts)}"),
            ("Дата и номер", DATED),
            ("Заголовок к тексту", f"О результатах {_procedures(facts)} {facts.year} года"),
            ("Подготовлено", issued_by(facts.run.organisation)),
        )
    )


def page(facts: Facts) -> Stack:
    """The whole first page below the head."""
    first = look_first(facts)
    return stack(
        [
            Paragraph(_scope(facts)),
            Bullets((Paragraph(results(facts), _level(facts)), *signs(facts), *_others(facts))),
            Heading("Что посмотреть в первую очередь") if first else None,
            Bullets(first, numbered=True) if first else None,
            Heading("Чего это письмо не утверждает"),
            Bullets(_not_claimed(facts)),
        ],
        box="lead",
    )


def _name(facts: Facts) -> str:
    return school_name(facts, school_of(facts))


def _procedures(facts: Facts) -> str:
    """«ВПР и экзаменов» of this school's papers, in the genitive."""
    return procedures_of((*written(facts), *sat(facts)), genitive=True) or "оценочных процедур"


def sat(facts: Facts) -> tuple[Paper, ...]:
    """The papers of ЕГЭ of the year that the school's pupils wrote."""
    unit = school_of(facts)
    return tuple(
        paper for paper in facts.exams if facts.of_paper(unit, "mean_test_score", paper) is not None
    )


def _scope(facts: Facts) -> str:
    mine = (*written(facts), *sat(facts))
    if not mine:
        return (
            f"Результатов, которые можно сопоставить с регионом, за {facts.year} год у школы нет."
        )
    n = [
        of_school(facts, school_of(facts), _counted_by(facts, one), "n", paper=one) for one in mine
    ]
    known = [one for one in n if one != HIDDEN]
    called = first_capital(procedures_of(mine))
    text = f"{called} {facts.year} года: {papers(facts, len(mine))} (предмет и класс)"
    if known:
        text += f", {counted(sum(known), *_WORKS)} учеников"
    if len(known) < len(n):
        small = number(facts.run.thresholds["small_cell"].value)
        where = over_papers(facts, len(n) - len(known)) if known else "ни по одной из них"
        text += (
            f"; {where} числа не печатаются: писали меньше {small} учеников или по ним можно "
            "восстановить такую группу"
        )
    inside = ["таблицы"]
    inside += ["рисунок"] if named(facts) else []
    inside += ["рекомендации"] if facts.recommendations else []
    return f"{text}. Письмо только о вашей школе; {listed(inside)} — в приложении."


def _counted_by(facts: Facts, paper: Paper) -> str:
    names = ("mean_percent", "mean_test_score")
    unit = school_of(facts)
    there = [name for name in names if facts.of_paper(unit, name, paper) is not None]
    return there[0] if there else "share_2"


def difference(facts: Facts, paper: Paper, indicator: str = "mean_percent") -> tuple[float, float]:
    """School less region and half of its 95 % interval, in points; nan where not known or hidden.

    The two are taken as independent, which is a little cautious: the school is part of the region.
    """
    mine = facts.of_paper(school_of(facts), indicator, paper)
    region = facts.measure("region", indicator, paper)
    if mine is None or region is None or mine["hidden"]:
        return float("nan"), float("nan")
    halves = [(row["high"] - row["low"]) / 2 for row in (mine, region)]
    return float(mine["value"] - region["value"]), float(np.hypot(*np.nan_to_num(halves)))


def results(facts: Facts) -> str:
    """Results against the region and against schools under like conditions."""
    apart = [difference(facts, paper) for paper in written(facts)]
    known = [(value, half) for value, half in apart if np.isfinite(value) and half > 0]
    if not known:
        return "Результаты. Сравнить школу с регионом нельзя: учеников слишком мало."
    above = sum(value > half for value, half in known)
    below = sum(-value > half for value, half in known)
    text = (
        f"Результаты. Из {counted(len(known), 'сравнения', 'сравнений', 'сравнений')} с регионом "
        f"(таблица{NBSP}1) результат школы "
    )
    sides = [f"{word} в{NBSP}{n}" for word, n in (("выше", above), ("ниже", below)) if n]
    text += (
        f"больше чем на погрешность {', '.join(sides)}"
        if sides
        else "ни в одном не отличается больше чем на погрешность"
    )
    return f"{text}. {like_schools(facts)}"


def _level(facts: Facts) -> tuple[Finding, ...]:
    return facts.of("level_school", Verdict.WATCH, Verdict.NO_CONCERN)


def like_schools(facts: Facts) -> str:
    """The level of the school against those under like conditions."""
    one = next(iter(_level(facts)), None)
    if one is None:
        return (
            "Сравнить со школами в таких же условиях нельзя: учеников или таких школ слишком мало."
        )
    conditions = like_conditions(facts)
    points = f"{number(one.value, 2)} (95{NBSP}%: {between(one.low, one.high, 2)})"
    if one.verdict == Verdict.NO_CONCERN:
        return (
            f"Среди школ в таких же условиях{conditions} такой результат обычен: отличие {points} "
            "стандартного отклонения балла ученика не выходит за разброс, который бывает между такими "
            "школами."
        )
    side = "выше" if one.value > 0 else "ниже"
    return (
        f"Результат заметно {side}, чем у школ в таких же условиях{conditions}: {points} стандартного "
        "отклонения балла ученика. Это сведения об уровне, а не признак необъективности."
    )


def signs(facts: Facts) -> tuple[Paragraph, ...]:
    """What was looked for and found: a line for every sign that is told, or the honest «нет»."""
    level = next(iter(facts.of("signs_school", *Verdict)), None)
    if level is None:
        said = "Объективность. По имеющимся данным признаки, требующие проверки, не определяются."
        return (Paragraph(said),)
    told = sorted(named(facts), key=lambda one: one.verdict != Verdict.CONCERN)
    lines = [Paragraph(f"{_sign(one)}.", (one, level)) for one in told]
    if level.verdict == Verdict.NO_CONCERN:
        rest, habit = _rest(facts, Verdict.CONCERN), region_habit(facts)
        if habit and facts.of("spike_school", *Verdict):
            of_school = "В самих результатах школа" if rest else "Школа"
            said = f"{of_school} не отличается так, чтобы это требовало проверки, от {habit}."
        else:
            of_results = "В самих результатах признаков" if rest else "Признаков"
            said = f"{of_results}, требующих проверки, нет."
        said = f"Объективность. {said} {_BLIND}"
        return (*lines, Paragraph(said, (level,)))
    if level.verdict == Verdict.TOO_FEW:
        return (*lines, Paragraph(f"Объективность. {_too_few(facts)}", (level,)))
    return tuple(lines)


_BLIND = (
    "Это не доказывает, что всё в порядке: подсказок и завышения всех баллов поровну такая проверка "
    "может не увидеть."
)


def _sign(one: Finding) -> str:
    kind = first_capital(KINDS[one.code].name)
    works = counted(one.n, "работе", "работам", "работам")
    what = "признак, требующий проверки" if one.verdict == Verdict.CONCERN else "к сведению"
    return f"{kind} — {what} (по {works}): {size_text(one)}; {q_text(one.q)}"


def _too_few(facts: Facts) -> str:
    spike = next(iter(facts.of("spike_school", Verdict.TOO_FEW)), None)
    text = "Работ слишком мало, чтобы сказать, есть признаки, требующие проверки, или нет."
    if spike is not None and np.isfinite(spike.details["needed"]):
        times = number(max(spike.details["needed"], 1.1), 1)
        text += f" Понадобилось бы примерно в {times} раза больше (ещё предметы, классы или годы)."
    return text


def _others(facts: Facts) -> Iterator[Paragraph]:
    """Low results, official markers and other findings that are told to the school."""
    for one in facts.of("low_share_school", Verdict.WATCH):
        said = (
            f"Низкие результаты. {first_capital(_ground(facts, one))}. Нужна помощь, а не проверка."
        )
        yield Paragraph(said, (one,))
    for one in facts.of("fioko_markers_school", Verdict.WATCH):
        said = (
            f"К сведению. Официальных признаков ФИОКО (2019) — {number(one.value)}. Они опираются прежде "
            "всего на уровень и часты у честных школ, поэтому сами по себе действий не требуют."
        )
        yield Paragraph(said, (one,))
    for verdict, head in ((Verdict.CONCERN, "Требует проверки"), (Verdict.WATCH, "К сведению")):
        for one in _rest(facts, verdict):
            yield Paragraph(f"{head}. {first_capital(_ground(facts, one))}.", (one,))
    if len(facts.lists):
        years = listed(str(year) for year in sorted(facts.lists["year"]))
        yield Paragraph(f"К сведению. Школа есть в официальных списках школ с признаками: {years}.")


def _rest(facts: Facts, verdict: Verdict) -> list[Finding]:
    """Findings without a place of their own."""
    return [one for one in facts.findings if one.verdict == verdict and one.code not in _PLACED]


def _ground(facts: Facts, one: Finding) -> str:
    return ground(facts, one).removeprefix(f"{_name(facts)}: ")


def look_first(facts: Facts) -> tuple[str, ...]:
    """What to look at for every sign that needs a check, else the first of the measures."""
    found = {one.code: one for one in named(facts) if one.verdict == Verdict.CONCERN}
    if found:
        return tuple(f"{first_capital(KINDS[code].look_first)}." for code in found)
    return tuple(
        f"{one.entry.measure} ({one.entry.addressee.lower()})." for one in facts.recommendations[:1]
    )


def _not_claimed(facts: Facts) -> tuple[str, ...]:
    lines = [
        "Письмо не оценивает работу школы, её руководителя и учителей: результаты оценочных процедур "
        "для этого не предназначены. Оно написано для методической помощи."
    ]
    if any(one.verdict == Verdict.CONCERN for one in named(facts)):
        q = percent(100 * facts.run.thresholds["spike_q"].value)
        lines.append(
            "Признак, требующий проверки, — не нарушение и не основание для взыскания: из школ, названных "
            f"таким способом, до {q} названы напрасно, а обычные причины перечислены в приложении."
        )
    return tuple(lines)
