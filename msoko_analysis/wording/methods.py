"""Methods, limits and the appendix with all numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.findings.basis import basis_of
from msoko_analysis.measures.reference import CONTROLS
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.methods import argument_words, arguments, has_step
from msoko_analysis.params.run import Threshold
from msoko_analysis.params.signs import load_signs
from msoko_analysis.russian import DASH, NBSP, counted, natural, number, percent
from msoko_analysis.wording import levels
from msoko_analysis.wording.cells import of_school
from msoko_analysis.wording.names import VERDICT, paper_name, school_name
from msoko_analysis.wording.numbering import table_title
from msoko_analysis.wording.results import like_conditions
from msoko_analysis.wording.signs import Q, compared_with

_KIND = {
    "official": "официальное правило",
    "recommended": "опубликованная рекомендация",
    "own": "расчётная модель пакета",
}
_UNITS = {
    "pupils": ("ученик", "ученика", "учеников"),
    "schools": ("школа", "школы", "школ"),
    "markers": ("признак", "признака", "признаков"),
}
# Limits of other findings that decide something in a note, in the order of its sections, each with the
# finding that is judged by it; those of partners are there where a ШНОР school may get one.
_LIMITS = {
    "reference_median_z": "spike_school",
    "level_z": "level_school",
    "low_share_limit": "low_share_school",
    "expectation_probability": "expectation_school",
    "resilient_probability": "resilient_school",
    "leader_probability": "shnor_school",
    "leader_distance": "shnor_school",
    "leader_at_most": "shnor_school",
    "fioko_markers_watch": "fioko_markers_school",
    "participation_drop": "participation_district",
}
_ALWAYS = ("small_cell", "share_min_n")


def methods_text(facts: Facts) -> Stack:
    """What each method that the note uses compares, how often it errs, what it can not see."""
    if levels.only_levels(facts):
        return levels.methods(facts)
    said = [
        *_of_signs(facts),
        *_independent(facts),
        *_of_equity(facts),
        *_of_lists(facts),
        *_of_errors(facts),
        "Результаты ВПР по правилам их проведения не предназначены для оценки работы учителей и школ: "
        "справка нужна для методической помощи, школы перечислены по алфавиту.",
    ]
    return stack([Bullets(tuple(said)), _reference(facts)])


def _schools(facts: Facts) -> str:
    """Whose schools a school is compared with."""
    return "школам муниципалитета" if facts.alone else "школам региона"


def _of_signs(facts: Facts) -> Iterator[str]:
    """The spike and the level of schools."""
    if facts.of("spike_school", *Verdict):
        yield (
            "Скопление работ у границы отметки (методика пакета). Распределение баллов школы "
            f"сравнивается с {compared_with(facts)}, приведённым к среднему и разбросу школы; все работы "
            "года складываются. На честных смоделированных школах доля ложных сигналов при уровнях "
            f"5{NBSP}% и 1{NBSP}% проверена и близка к заявленной (tests/calibration). Отбор — процедура "
            f"Бенджамини — Хохберга по всем проверенным {_schools(facts)} за год."
        )
        yield (
            "Чего этот признак не видит: подсказки и списывание, заранее известные задания, равномерное "
            "завышение всех баллов. Отсутствие признака не доказывает, что всё в порядке."
        )
    if facts.of("level_school", *Verdict):
        yield (
            "Уровень (методика пакета). Средний результат школы сравнивается с ожидаемым по остальным "
            f"{_schools(facts)} в таких же условиях{like_conditions(facts)} с учётом обычного разброса "
            "между школами (Spiegelhalter, 2005). Только для сведения."
        )


def _of_equity(facts: Facts) -> Iterator[str]:
    """Differences between schools and what is expected under their conditions."""
    if facts.measure("municipality", "icc") is not None:
        yield (
            "Различия между школами (методика пакета). Главный показатель — доля дисперсии результатов, "
            "приходящаяся на школы (ограниченное максимальное правдоподобие): она не зависит от трудности "
            "работы, в отличие от индексов Тейла и Джини. Интервалы и изменения — складным ножом по "
            "школам; на регионах без перемен доля ложных «вырос» и «сократился» вместе проверена и близка "
            f"к 5{NBSP}% (tests/calibration). Чего показатели не видят: различий внутри школы и того, "
            "отчего школы различаются."
        )
    if facts.of("expectation_school", *Verdict):
        yield (
            f"Ожидаемый результат (методика пакета) — регрессия результатов по {_schools(facts)} на "
            "известные условия; вероятность учитывает и погрешность школы, и неизвестный разброс. Состав "
            "семей и учеников в данных не известен, поэтому «выше ожидаемого» — не оценка работы школы."
        )


def _of_lists(facts: Facts) -> Iterator[str]:
    """Rules that stand beside our own: ШНОР, frequent marks «2», official markers."""
    if facts.of("shnor_school", *Verdict):
        yield (
            "ШНОР (расчётная модель) — правило отбора в обоих чтениях (params/shnor.yaml); перечень "
            "процедур и наименьшая группа источником не подтверждены."
        )
    if facts.of("low_share_school", *Verdict):
        yield (
            "Много отметок «2» (расчётная модель). Не заменяет официального отнесения к школам с низкими "
            "образовательными результатами."
        )
    if facts.measure("municipality", "p19") is not None:
        yield (
            "Признаки ФИОКО считаются точно по методике от 19.04.2019; действует ли она без изменений, не "
            "подтверждено."
        )


def _of_errors(facts: Facts) -> Iterator[str]:
    if facts.distributions or facts.exams or facts.measure("municipality", "icc") is not None:
        yield (
            f"Погрешности — 95{NBSP}%. Для муниципалитета они учитывают, что ученики одной школы похожи. "
            "Сравнений в справке много, поэтому отдельное отличие чуть больше погрешности ещё ничего не "
            "значит."
        )


def _independent(facts: Facts) -> tuple[str, ...]:
    """Methods of school marks, links and medals, as far as the note uses them."""
    said = []
    if facts.of("mark_gap_school", *Verdict) and facts.distributions:
        said.append(
            "Отметки школы с поправкой (методика пакета). Отметка сравнивается с ожидаемой по результату, "
            "очищенному от погрешности (надёжность — α Кронбаха), и затем со школами того же уровня: что "
            "общего у всех школ такого уровня, признаком не становится."
        )
    if facts.of("link_school", *Verdict):
        said.append(
            "Сопоставление процедур (методика пакета). Ожидаемый результат — регрессия с погрешностью в "
            "обеих процедурах по школам региона; к случайному разбросу учеников добавлен обычный разброс "
            "школ. На честных смоделированных школах ложных расхождений при уровне "
            f"5{NBSP}% — от 4 до 6{NBSP}% при любом размере школы (tests/calibration). Признаки "
            "необъективности школы по экзаменам не считаются: экзамены проверяет не школа."
        )
    if facts.of("medals_school", *Verdict):
        said.append(
            "Медалисты (методика пакета). Доля медалистов с результатом ниже порога сравнивается с честной "
            "группой школ в бета-биномиальной модели двух групп, за годы до трёх вместе. На честных "
            f"смоделированных школах ложных сигналов при уровне 5{NBSP}% не больше 5,5{NBSP}% "
            "(tests/calibration)."
        )
    return tuple(said)


def _reference(facts: Facts) -> Stack | None:
    """The reference check: with a good reference the median z of the schools is near zero."""
    row = facts.measure("region", "spike_median_z")
    if row is None or not np.isfinite(row["value"]):
        return None
    limit = facts.run.thresholds["reference_median_z"].value
    judged = f"в допустимых пределах ±{number(limit, 1)}"
    if abs(row["value"]) > limit and row["low"] <= 0 <= row["high"]:
        judged = f"за пределами ±{number(limit, 1)}, но при таком числе школ это бывает и случайно"
    elif abs(row["value"]) > limit:
        judged = f"вне пределов ±{number(limit, 1)}: {_shifted(row)}"
    said = (
        f"Проверка эталона: медиана статистики по {number(row['n'])} школам региона — "
        f"{number(row['value'], 2)}, {judged}."
    )
    return stack([_samples(facts), Paragraph(said)])


def _shifted(row: pd.Series) -> str:
    """Why the median is far from zero: a sample outside the region leaves two explanations."""
    careful = "к значениям q у порога нужна осторожность"
    if set(CONTROLS) & set(arguments(row["method"], "reference")):
        return (
            "либо так делает большинство школ региона, либо работа в выборке сравнения отличалась "
            f"(варианты, состав писавших, малая выборка); {careful}"
        )
    return f"эталон немного сдвинут, {careful}"


def _samples(facts: Facts) -> Bullets | None:
    """The samples outside the region's results: for which papers, how large, whether used."""
    lines = []
    for paper in facts.papers:
        row = facts.measure("region", "spike_reference", paper)
        if row is None or row["hidden"]:
            continue
        said = argument_words(row["method"], "reference")
        if has_step(row["method"], "unused"):
            said += ", слишком мала, не использована"
        pupils = counted(row["n"], "участник", "участника", "участников")
        schools = counted(row["value"], "средняя школа", "средние школы", "средних школ")
        lines.append(f"{paper_name(facts, paper)}: {said} ({pupils}, как {schools})")
    return Bullets(tuple(lines)) if lines else None


def limits_table(facts: Facts) -> Table:
    """Every limit that decided something, with its unit, its kind and source."""
    rows = [limit_row(facts.run.thresholds[name]) for name in _names(facts)]
    return Table(
        "limits",
        table_title(facts, "limits", "Пределы, по которым сделаны выводы"),
        pd.DataFrame(rows),
    )


def _names(facts: Facts) -> tuple[str, ...]:
    if levels.only_levels(facts):
        return _ALWAYS
    judged = {one.code for one in facts.findings}
    of_signs = [name for one in load_signs().signs if one.finding in judged for name in one.limits]
    others = [
        name
        for code in ("link_school", "medals_school")
        if code in judged
        for name in basis_of(code).limits
    ]
    told = [name for name, code in _LIMITS.items() if code in judged]
    return tuple(dict.fromkeys([*of_signs, *told, *_ALWAYS, *others, *_of_forms(facts)]))


def _of_forms(facts: Facts) -> tuple[str, ...]:
    """The limit that decided between results and forms, where there were both."""
    compared = facts.quality["check"].eq("aggregate_mismatch").any()
    return ("results_cover_min",) if compared else ()


def limit_row(entry: Threshold) -> dict[str, str]:
    """One limit as a row of a table: what it is, its value, whose it is, its source."""
    return {
        "Предел": entry.title_ru,
        "Значение": _with_unit(entry),
        "Чей": _KIND[entry.kind],
        "Источник": entry.source,
    }


def _with_unit(entry: Threshold) -> str:
    """«10 %», «3 работы», «z = 3»."""
    match entry.unit:
        case "share":
            return percent(100 * entry.value)
        case "percent":
            return percent(entry.value)
        case "z":
            return f"z{NBSP}={NBSP}{number(entry.value, 1)}"
        case "ratio":
            return number(entry.value, 1)
        case "sd":
            return f"{number(entry.value, 1)}{NBSP}ст.{NBSP}откл."
        case "marks":
            return f"{number(entry.value, 2)}{NBSP}отметки"
    return counted(entry.value, *_UNITS[entry.unit])


def schools_table(facts: Facts) -> Table:
    """Appendix: every school of the district with what was found about it."""
    if levels.only_levels(facts):
        return levels.schools_table(facts)
    findings = {(one.code, one.unit): one for one in facts.findings}
    rows = []
    units = facts.schools or [one.unit for one in facts.of("low_share_school", *Verdict)]
    for unit in sorted(units, key=lambda code: natural(school_name(facts, code))):
        spike = findings.get(("spike_school", unit))
        low = findings.get(("low_share_school", unit))
        rows.append(
            {
                "Школа": school_name(facts, unit),
                "Работ": of_school(facts, unit, "spike", "n"),
                "z": of_school(facts, unit, "spike"),
                "q": of_school(facts, unit, "spike", "q"),
                "Скопление у границы": VERDICT[spike.verdict] if spike else DASH,
                "Уровень, ст. откл.": of_school(facts, unit, "level"),
                "Доля «2» выше предела, раз": _low(facts, unit, low),
                "Признаков ФИОКО": of_school(facts, unit, "fioko_markers"),
            }
        )
    return Table(
        "schools",
        table_title(facts, "schools", "Все школы муниципалитета"),
        pd.DataFrame(rows),
        {
            "Работ": Digits(),
            "z": Digits(2),
            "q": Q,
            "Уровень, ст. откл.": Digits(2),
            "Признаков ФИОКО": Digits(),
        },
        (
            "По алфавиту. «Скрыто» — группа слишком мала; прочерк — показатель для школы не "
            "рассчитывается: нет таких работ, слишком мало учеников или школ того же вида.",
            *_explained(facts),
        ),
        empty="Данных по отдельным школам нет.",
    )


def _explained(facts: Facts) -> tuple[str, ...]:
    """What the columns of the appendix mean that this note has."""
    said = []
    if facts.of("spike_school", *Verdict):
        said.append(
            "z — насколько работ у границ больше ожидаемого, в единицах обычного случайного разброса: у "
            "школы без признака чаще всего от −2 до 2. q — какая доля школ с таким же или меньшим q из "
            f"проверенных по {'муниципалитету' if facts.alone else 'региону'} оказалась бы названа напрасно."
        )
    if facts.of("level_school", *Verdict):
        said.append(
            "Уровень — отличие среднего результата от школ в таких же условиях, в стандартных "
            "отклонениях балла ученика."
        )
    if facts.of("low_share_school", *Verdict):
        said.append(
            "Доля «2» — сколько раз она выше предела и из скольких предметов и классов, где она видна."
        )
    return (" ".join(said),) if said else ()


def _low(facts: Facts, unit: str, finding: Finding | None) -> str:
    if finding is None:
        judged = facts.issue == "public" and facts.of("low_share_school", *Verdict)
        return HIDDEN if judged and facts.has(unit, "share_2") else DASH
    return f"{number(finding.details['papers'])} из {number(finding.details['papers_seen'])}"
