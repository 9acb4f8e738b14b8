"""Schools with low results: the ШНОР rule in both readings, its history, proposed partners."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.recommendations import Since
from msoko_analysis.measures import partners
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.russian import DASH, NBSP, counted, natural, number, percent, plural
from msoko_analysis.wording.forms import only_forms
from msoko_analysis.wording.names import procedure_name, school_name
from msoko_analysis.wording.numbering import table_title
from msoko_analysis.wording.results import low_text

_SCHOOLS = ("школа", "школы", "школ")
_HISTORY = {
    Since.NEW: "вошла",
    Since.REPEATED: "остаётся",
    Since.UNKNOWN: "год назад не определялось",
}
_LEFT = {True: "вышла", False: "в этом году не определяется"}
_FLAG = {1.0: "да", 0.0: "нет"}
_WHY_NOT = {
    partners.NO_CONTEXT: "не подобран: условия школы неизвестны",
    partners.NO_LEADER_ALIKE: "не подобран: похожих школ с результатом выше ожидаемого нет",
    partners.NONE_NEAR: "не подобран: похожие школы далеки по числу учеников",
    partners.ALL_TAKEN: "не подобран: подходящие школы уже помогают другим",
}


def shnor_text(facts: Facts) -> Stack:
    """The rule, who is on its list, and the schools with low results beside it."""
    if only_forms(facts):
        return stack([low_text(facts)])  # of forms the rule knows nothing, whatever was written
    rule = facts.run.shnor_rules.of(facts.year)
    if rule is None:
        said = f"Правило отбора ШНОР на {facts.year} год не задано (params/shnor.yaml)."
        return stack([Paragraph(said), low_text(facts)])
    if not facts.of("shnor_school", *Verdict) and not _unclear(facts):
        written = any(rule.covers(one) for one in (*facts.papers, *facts.exams))
        said = (
            "Сколько участников не достигли минимума в работах правила ШНОР, не определяется: нет шкалы "
            "отметок или работ слишком мало."
            if written
            else "Работ по процедурам правила ШНОР за этот год нет."
        )
        return stack([Paragraph(said), low_text(facts)])
    return stack([
        Paragraph(
            "Расчётная модель по правилу отбора школ с низкими образовательными результатами: "
            f"{rule.title_ru[0].lower()}{rule.title_ru[1:]}. Союз «а также» читается двояко, поэтому "
            f"показаны оба чтения: «или» (шире) и «и» (уже). Процедуры: {_procedures(facts)}; группы меньше "
            f"{number(rule.smallest_n.pupils)} участников не учитываются. Официального отнесения к "
            "ШНОР этот расчёт не заменяет; цель — помощь, а не оценка школы."
        ),
        Paragraph(_listed(facts)),
        shnor_table(facts),
        low_text(facts),
    ])  # fmt: skip


def _procedures(facts: Facts) -> str:
    """Papers of the rule that were written in this year."""
    rule = facts.run.shnor_rules.of(facts.year)
    mine = [one for one in (*facts.papers, *facts.exams) if rule.covers(one)]
    names: dict[str, list[str]] = {}
    for paper in mine:
        subject = facts.run.subjects[paper.subject].nominative
        grade = f"{procedure_name(paper.procedure)}, {paper.grade}{NBSP}класс"
        names.setdefault(grade, []).append(subject)
    return "; ".join(f"{grade}: {', '.join(subjects)}" for grade, subjects in names.items())


def listed_schools(facts: Facts) -> list[Finding]:
    """Schools on the list in its wider reading, alphabetically."""
    found = facts.of("shnor_school", Verdict.WATCH)
    return sorted(found, key=lambda one: natural(school_name(facts, one.unit)))


def _unclear(facts: Facts) -> int:
    """Schools whose place on the list is not clear, hidden by the gate."""
    table = facts.public.table
    return int((
        table["year"].eq(facts.year) & table["indicator"].eq("shnor_or") & table["hidden"]
        & table["municipality"].eq(facts.district)
    ).sum())  # fmt: skip


def _listed(facts: Facts) -> str:
    found = listed_schools(facts)
    both = sum(one.details["and"] == 1 for one in found)
    judged = len(facts.of("shnor_school", *Verdict))
    among = counted(judged, "школы", "школ", "школ")
    verb = plural(len(found), "отвечает", "отвечают", "отвечают")
    text = f"Правилу {verb} {number(len(found))} из {among}: при чтении «и» — {number(both)}."
    if not found:
        text = f"Правилу не отвечает ни одна из {among}."
    if found and any(one.details["and"] != one.details["and"] for one in found):
        text += " Где второе чтение не определено, нет данных прошлого года."
    unclear = _unclear(facts)
    if unclear:
        text += (
            f" Ещё {counted(unclear, *_SCHOOLS)} "
            f"{plural(unclear, 'требует', 'требуют', 'требуют')} уточнения: ответ зависит от малых групп "
            "или от неизвестного прошлого года; названия не печатаются."
        )
    return text


def shnor_table(facts: Facts) -> Table:
    """Schools on the list, and those that left it, with dynamics and partners."""
    rows = [(_row(facts, one, _history(facts, one)), (one,)) for one in listed_schools(facts)]
    left = [one for one in facts.gone if one.finding.code == "shnor_school"]
    rows += [(_row(facts, one.finding, _LEFT[one.judged], now=False), ()) for one in left]
    rows.sort(key=lambda row: natural(row[0]["Школа"]))
    return Table(
        "shnor",
        table_title(facts, "shnor", "Школы, отвечающие правилу ШНОР (расчётная модель)"),
        pd.DataFrame([cells for cells, _ in rows]),
        {},
        (
            "По алфавиту. Условия правила: А — две и более процедуры года, Б — одна и та же процедура в "
            "этом и прошлом году; чтение «или» — хотя бы одно, «и» — оба. Не достигли минимума — доля по "
            "всем работам года, притянутая к доле по региону тем сильнее, чем меньше участников. Партнёр — "
            "школа того же вида и места, близкая по числу учеников, с результатом выше ожидаемого при своих "
            "условиях "
            f"({_likely(facts)}) и без признаков, требующих проверки; сначала ищется в своём муниципалитете. "
            "Это предложение для обсуждения, а не назначение.",
        ),
        empty="Школ, отвечающих правилу, нет.",
        findings=tuple(told for _, told in rows),
    )


def _likely(facts: Facts) -> str:
    limit = percent(100 * facts.run.thresholds["leader_probability"].value)
    return f"с вероятностью не меньше {limit}"


def _history(facts: Facts, one: Finding) -> str:
    """«вошла», «остаётся» or that the year before is not known."""
    grounds = [
        ground
        for made in facts.recommendations
        for ground in made.grounds
        if ground.finding.id == one.id
    ]
    return _HISTORY[grounds[0].since] if grounds else DASH


def _row(facts: Facts, one: Finding, history: str, *, now: bool = True) -> dict[str, str]:
    return {
        "Школа": school_name(facts, one.unit),
        "Чтение «или»": "да" if now else "нет",
        "Чтение «и»": _FLAG.get(one.details["and"], DASH) if now else "нет",
        "Условия": _parts(one) if now else DASH,
        "К прошлому году": history,
        "Не достигли минимума, % (95 %)": _low(facts, one.unit),
        "Предлагаемый партнёр": partner(facts, one.unit) if now else DASH,
    }


def _parts(one: Finding) -> str:
    """Which conditions of the rule hold: «А», «Б», «А и Б»."""
    return " и ".join(name for name, key in (("А", "a"), ("Б", "b")) if one.details[key] == 1)


def _low(facts: Facts, unit: str) -> str:
    row = facts.pooled(unit, "low_share")
    if row is None:
        return DASH
    if row["hidden"]:
        return HIDDEN
    value, low, high = (Digits()(row[name]) for name in ("value", "low", "high"))
    return f"{value} ({low}…{high})"


def partner(facts: Facts, unit: str) -> str:
    """The proposed partner of a school, or why there is none."""
    rows = facts.partners[facts.partners["school"] == unit]
    if rows.empty:
        return DASH
    row = rows.iloc[0]
    if row["reason"] != partners.MATCHED:
        return _WHY_NOT[row["reason"]]
    name = school_name(facts, row["partner"])
    home = row["partner_municipality"]
    if home == facts.district:
        return name
    known = facts.run.districts.get(home)
    return f"{name} ({known.name.nominative if known else f'муниципалитет {home}'})"


def shnor_ground(facts: Facts, one: Finding) -> str:
    """Why a school is on the list, and its partner."""
    rule = facts.run.shnor_rules.of(facts.year)
    share = percent(rule.low_share.percent) if rule else "предел"
    parts = []
    if one.details["a"] == 1:
        parts.append(
            "по двум и более процедурам года" if not rule else _several(rule.procedures.number)
        )
    if one.details["b"] == 1:
        parts.append("по одной и той же процедуре два года подряд")
    text = (
        f"{school_name(facts, one.unit)}: не достигли минимума не меньше {share} участников "
        f"{' и '.join(parts)} (расчётная модель по правилу ШНОР)"
    )
    return (
        f"{text}; предлагаемый партнёр — {partner(facts, one.unit)}"
        if _has_partner(facts, one)
        else text
    )


def _several(procedures: int) -> str:
    return (
        "по двум и более процедурам года" if procedures == 2 else f"по {procedures} процедурам года"
    )


def _has_partner(facts: Facts, one: Finding) -> bool:
    rows = facts.partners[facts.partners["school"] == one.unit]
    return bool(len(rows) and rows.iloc[0]["reason"] == partners.MATCHED)
