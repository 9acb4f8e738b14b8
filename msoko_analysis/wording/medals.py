"""Medalists against ЕГЭ: numbers of the municipality, the rule of the year, schools that stand out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.measures.medals import MEDALS as PAPER
from msoko_analysis.measures.medals import YEARS, bands
from msoko_analysis.page.prose import Absent, Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Table
from msoko_analysis.params.medals import FIRST_YEAR_OF_DEGREES
from msoko_analysis.params.methods import arguments
from msoko_analysis.russian import DASH, counted, listed, natural, number, percent
from msoko_analysis.wording.names import district_cases, school_name
from msoko_analysis.wording.numbering import table_title
from msoko_analysis.wording.sign_kinds import MEDALS
from msoko_analysis.wording.signs import q_text

_OF_MEDALISTS = ("медалист", "медалиста", "медалистов")
_SCHOOLS = ("школа", "школы", "школ")
_DEGREE = {1: "I степени", 2: "II степени"}
NOTHING = "Списка медалистов этого года нет: их результаты с ЕГЭ не сопоставляются."


def medals_text(facts: Facts) -> Stack:
    """Rule, counts by year, distribution of least scores, schools; one line without medalists."""
    if not has_medals(facts):
        return stack([Absent(NOTHING)])
    named = told(facts)
    return stack(
        [
            Paragraph(_rules(facts)),
            medals_table(facts),
            least_table(facts),
            Paragraph(_schools(facts)),
            Bullets(tuple(Paragraph(_sentence(facts, one), (one,)) for one in named))
            if named
            else None,
            Paragraph(_innocent()) if named else None,
        ]
    )


def has_medals(facts: Facts) -> bool:
    """Whether the district has medalists this year."""
    return facts.measure("municipality", "medals", PAPER) is not None


def told(facts: Facts) -> list[Finding]:
    """Findings that name a school, by its name."""
    found = facts.of("medals_school", Verdict.CONCERN, Verdict.WATCH)
    return sorted(found, key=lambda one: natural(school_name(facts, one.unit)))


def _degrees(facts: Facts) -> tuple[int | None, ...]:
    return (None,) if facts.year < FIRST_YEAR_OF_DEGREES else (1, 2)


def _rules(facts: Facts) -> str:
    """The rule of the year with its status, and what П29 is."""
    said, doubted = [], False
    for degree in _degrees(facts):
        rule = facts.run.medal_rules.of(facts.year, degree)
        about = f" {_DEGREE[degree]}" if degree else ""
        said.append(f"медаль{about} — {rule.title_ru if rule else 'правило неизвестно'}")
        doubted |= rule is not None and not rule.confirmed
    status = (
        f" Что они действуют в {facts.year} году, источником не подтверждено." if doubted else ""
    )
    bar = facts.run.medal_rules.bars.p29
    return (
        f"Правила {facts.year} года, в той части, которую видно по ЕГЭ: {'; '.join(said)}.{status} "
        f"Показатель П29 — доля медалистов с результатом ниже {number(bar.score)} хотя бы по одному "
        "предмету — правилом не является: по правилу третий предмет может быть и ниже, поэтому П29 "
        "показывает расхождение, а не нарушение."
    )


# Row → indicator, what is printed: the count, or the count with its share.
def _lines(facts: Facts) -> list[tuple[str, str, str]]:
    lines = [("Медалистов", "medals", "n")]
    degrees = [one for one in _degrees(facts) if one]
    lines += [(f"из них {_DEGREE[one]}", f"medals_{one}", "n") for one in degrees]
    lines += [("Найдены в результатах ЕГЭ", "medals", "count")]
    bars = facts.run.medal_rules.bars
    for one in degrees or [None]:
        name = f", {_DEGREE[one]}" if one else ""
        suffix = f"_{one}" if one else ""
        lines += [
            (f"Результаты не соответствуют правилу года{name}", f"medals_rule{suffix}", "share")
        ]
    below = f"ниже {bars.p29.score} по одному из предметов"
    lines += [(f"П29: {below}", "medals_p29", "share")]
    lines += [(f"из них {_DEGREE[one]}", f"medals_p29_{one}", "share") for one in degrees]
    if degrees:
        second = f"Справочно: ниже {bars.second.score} по одному из предметов, {_DEGREE[2]}"
        lines += [(second, "medals_p29_second", "share")]
    lines += [
        ("Ниже минимального балла для вузов", "medals_below_university", "share"),
        ("Ниже минимального балла вузов Минобрнауки", "medals_below_ministry", "share"),
    ]
    return lines


def medals_table(facts: Facts) -> Table:
    """Counts of the municipality by year beside the region's of the year."""
    years = range(facts.year - YEARS + 1, facts.year + 1)
    known = [
        year
        for year in years
        if facts.measure("municipality", "medals", PAPER, year=year) is not None
    ]
    rows = []
    for name, indicator, kind in _lines(facts):
        row = {"Показатель": name}
        for year in known:
            row[str(year)] = _of_year(facts, year, indicator, kind)
        row[f"Регион, {facts.year}"] = _cell(facts.measure("region", indicator, PAPER), kind)
        rows.append(row)
    small = number(facts.run.thresholds["small_cell"].value)
    return Table(
        "medals",
        table_title(
            facts, "medals", f"Медалисты {district_cases(facts).genitive} и их результаты ЕГЭ"
        ),
        pd.DataFrame(rows),
        {},
        (
            "Печатаются только числа по муниципалитету; по школам они не раскрываются. «12 из 40 (30 %)» — у "
            "12 из 40 медалистов, по которым это можно проверить. «Скрыто» — группа или остаток меньше "
            f"{small}; «скрыто» не значит «ноль». Прочерк — проверить нельзя или показатель к этому году "
            "не относится. Соответствие правилу — по правилу своего года.",
        ),
    )


def _of_year(facts: Facts, year: int, indicator: str, kind: str) -> str:
    """A cell of the municipality; without medals of one degree their number is 0 like any other."""
    row = facts.measure("municipality", indicator, PAPER, year=year)
    if row is not None or kind != "n":
        return _cell(row, kind)
    whole = facts.measure("municipality", "medals", PAPER, year=year)
    return HIDDEN if pd.isna(whole["n"]) else number(0)


def _cell(row: pd.Series | None, kind: str) -> str:
    if row is None:
        return DASH
    if kind == "n":
        return HIDDEN if pd.isna(row["n"]) else number(row["n"])
    if row["hidden"]:
        return HIDDEN
    count = number(row["count"])
    return count if kind == "count" else f"{count} из {number(row['n'])} ({percent(row['value'])})"


def least_table(facts: Facts) -> Table:
    """Medalists of the year by the lowest of their results."""
    names = {
        name: f"{low}–{high}" if low else f"до {high}"
        for name, (low, high) in bands(facts.run.medal_rules.bars).items()
    }
    rows = []
    for level, unit in (("municipality", "Муниципалитет"), ("region", "Регион")):
        cells = {
            title: _cell(facts.measure(level, f"medals_{name}", PAPER), "count")
            for name, title in names.items()
        }
        rows.append({"Наименьший балл": unit} | cells)
    return Table(
        "least",
        table_title(
            facts, "least", f"Медалисты {facts.year} года по наименьшему из своих баллов ЕГЭ"
        ),
        pd.DataFrame(rows),
        {},
        ("Базовая математика баллов не имеет и не учитывается.",),
    )


def _schools(facts: Facts) -> str:
    """For how many schools a conclusion can be drawn, and how many medalists it takes."""
    judged = facts.of("medals_school", *Verdict)
    named = told(facts)
    hidden = _hidden_schools(facts)
    if not judged and not hidden:
        return (
            "По отдельным школам вывода нет: школ с медалистами в регионе слишком мало, чтобы знать, что "
            "бывает обычно."
        )
    few = len(facts.of("medals_school", Verdict.TOO_FEW)) + hidden
    calm = len(facts.of("medals_school", Verdict.NO_CONCERN))
    said = [f"По школам за {_years(facts)} вместе:"]
    said += [
        f"признак, требующий проверки, есть у {counted(len(named), 'школы', 'школ', 'школ')};"
        if named
        else "школ, которые заметно отличались бы от школ региона, нет;"
    ]
    said += [f"без признака — {counted(calm, *_SCHOOLS)};"] if calm else []
    said += [f"для вывода медалистов мало — {counted(few, *_SCHOOLS)}."]
    needed = facts.value("region", "medals_needed", PAPER)
    if np.isfinite(needed):
        said.append(
            "Чтобы заметить школу, где ниже порога каждый второй медалист, их нужно за эти годы примерно "
            f"{number(needed)}; по трём и меньше вывод не делается никогда."
        )
    else:
        said.append("По трём медалистам и меньше вывод не делается никогда.")
    return " ".join(said)


def _hidden_schools(facts: Facts) -> int:
    """Schools with medalists so few that the public gate lets nothing be judged of them."""
    table = facts.public.table
    mine = table[
        (table["year"] == facts.year)
        & (table["municipality"] == facts.district)
        & (table["level"] == "school")
        & (table["indicator"] == "medals_double")
    ]
    judged = {one.unit for one in facts.of("medals_school", *Verdict)}
    return int((~mine["unit"].isin(judged)).sum())


def _years(facts: Facts) -> str:
    """The years taken together, as the method of the measure names them."""
    for one in facts.of("medals_school", *Verdict):
        years = arguments(one.method, "years")
        return listed(years) + (" годы" if len(years) > 1 else " год")
    return f"{facts.year} год"


def _sentence(facts: Facts, one: Finding) -> str:
    verdict = "признак, требующий проверки" if one.verdict == Verdict.CONCERN else "к сведению"
    return f"{school_name(facts, one.unit)}: {medals_size(facts, one)}. Вывод: {verdict}."


def medals_size(facts: Facts, one: Finding) -> str:
    """How sure it is that the school's share is more than so many times the regional one."""
    bars = facts.run.medal_rules.bars
    below = f"ниже {bars.p29.score}"
    if facts.year >= FIRST_YEAR_OF_DEGREES:
        below += f" (для II степени — ниже {bars.second.score})"
    times = number(one.limit, 0 if one.limit == round(one.limit) else 1)
    return (
        f"результат {below} хотя бы по одному предмету встречается у медалистов больше чем в {times} раза "
        f"чаще, чем в регионе, с вероятностью {percent(min(one.value, 99))}; "
        f"{counted(one.n, *_OF_MEDALISTS)}, {q_text(one.q)}"
    )


def _innocent() -> str:
    return (
        f"Это расхождение, а не нарушение. Обычные причины: {'; '.join(MEDALS.causes)}. Сначала посмотреть: "
        f"{MEDALS.look_first}."
    )
