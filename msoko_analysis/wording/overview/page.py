"""The overview of a region in words: head, first page, what the tables mean, methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from msoko_analysis.facts.region import RegionFacts
from msoko_analysis.findings import Verdict
from msoko_analysis.measures.results import REGION
from msoko_analysis.page.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.page.tables import Table
from msoko_analysis.russian import NBSP, between, counted, first_capital, number, percent
from msoko_analysis.wording.names import papers, procedures_of
from msoko_analysis.wording.overview.signs import curve_table, judged, kinds_table, signs_table
from msoko_analysis.wording.overview.tables import (
    changes_table,
    data_table,
    equity_table,
    exams_table,
    official_table,
    results_table,
    shnor_table,
)
from msoko_analysis.wording.region_habit import beyond_curve, lifted_share
from msoko_analysis.wording.requisites import DATED, Requisites, grounds, issued_by
from msoko_analysis.wording.sign_kinds import KINDS

_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
_SIGNS = [first_capital(one.name) for one in KINDS.values()]
_PLACES = ("муниципалитет", "муниципалитета", "муниципалитетов")
_IN_PLACES = ("муниципалитете", "муниципалитетах", "муниципалитетах")


_TABLES: tuple[Callable[[RegionFacts], Table], ...] = (
    results_table,
    exams_table,
    changes_table,
    signs_table,
    kinds_table,
    curve_table,
    official_table,
    shnor_table,
    equity_table,
    data_table,
)


def all_tables(facts: RegionFacts) -> dict[str, Table]:
    """All tables in the order of the page; those with rows are numbered through."""
    made, place = {}, 0
    for build in _TABLES:
        table = build(facts)
        if not table.frame.empty:
            place += 1
            table = replace(table, caption=f"Таблица{NBSP}{place}. {table.caption}")
        made[table.name] = table
    return made


def requisites(facts: RegionFacts) -> Requisites:
    """Requisites of the overview; date and number are given when it is registered."""
    region = facts.run.region
    return Requisites(
        (
            ("Организация", issued_by(facts.run.organisation)),
            ("Вид документа", "Аналитический обзор"),
            (
                "Заголовок к тексту",
                f"О результатах {_procedures(facts, genitive=True)} {facts.year} года: {region.nominative}",
            ),
            ("Дата и номер", DATED),
            ("Муниципалитеты", _places(facts)),
            ("Цель", "методическая помощь; не сравнение и не оценка муниципалитетов"),
            ("Основание", grounds((*facts.papers, *facts.exams, *facts.counted), facts.year)),
        )
    )


def _procedures(facts: RegionFacts, *, genitive: bool = False) -> str:
    named = procedures_of((*facts.papers, *facts.exams), genitive=genitive)
    return named or ("оценочных процедур" if genitive else "оценочные процедуры")


def _places(facts: RegionFacts) -> str:
    names = [first_capital(facts.run.districts[code].name.nominative) for code in facts.schools]
    # a long list stands in the tables
    return ", ".join(names) if len(names) <= 6 else counted(len(names), *_PLACES)


def summary(facts: RegionFacts, tables: Mapping[str, Table]) -> Stack:
    """One page: what took part, what is common, what changed."""
    parts = (_results, _changes, _signs, _curve, _official, _shnor, _equity, _data)
    points = [part(facts, tables) for part in parts]
    return stack(
        [
            Paragraph(_scope(facts)),
            Bullets(tuple(point for point in points if point)),
            Heading("Чего этот обзор не утверждает"),
            Bullets(
                (
                    "Обзор не ставит муниципалитеты по порядку: они перечислены по алфавиту, и места по этим "
                    "числам распределять нельзя — школы, условия и число работ в них разные.",
                    "Признак, требующий проверки, — повод посмотреть работы и документы, а не вывод о "
                    "нарушении; отсутствие признаков не доказывает, что всё в порядке.",
                )
            ),
        ],
        box="lead",
    )


def _scope(facts: RegionFacts) -> str:
    schools = counted(sum(facts.schools.values()), *_SCHOOLS)
    places = counted(len(facts.schools), *_IN_PLACES)
    written = papers(facts, len(facts.papers) + len(facts.exams))
    text = (
        f"{first_capital(_procedures(facts))} {facts.year} года: {written} (предмет и класс). "
        f"Обзор охватывает {schools} в {places}; показатели региона — по всем школам с "
        "загруженными результатами."
    )
    left = len(facts.schools) - len(facts.findings)
    if left:
        text += (
            f" По {counted(left, 'муниципалитету', 'муниципалитетам', 'муниципалитетам')} числа не "
            "печатаются: школ меньше двух."
        )
    return text


def _in(tables: Mapping[str, Table], name: str) -> str:
    """«таблица 3»."""
    return tables[name].caption.split(".")[0].replace("Таблица", "таблица")


def _results(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    row = facts.row(REGION, REGION, "mean_change")
    if row is None or row["hidden"]:
        return "Результаты. Данных прошлого года нет: с чем сравнить результат региона, неизвестно."
    spread = f"95{NBSP}%: {between(row['low'], row['high'], 1)}"
    points = f"{number(abs(row['value']), 1)}{NBSP}п.{NBSP}п."
    if row["low"] <= 0 <= row["high"]:
        return (
            f"Результаты. По работам обоих лет результат региона не изменился больше погрешности: "
            f"{number(row['value'], 1)}{NBSP}п.{NBSP}п. ({spread}; {_in(tables, 'results')})."
        )
    side = "выше" if row["value"] > 0 else "ниже"
    return (
        f"Результаты. По работам обоих лет результат региона на {points} {side} прошлогоднего ({spread}; "
        f"{_in(tables, 'results')}). Разные варианты работ дают такое изменение и без перемен в обучении."
    )


def _changes(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    rows = [facts.row("municipality", code, "mean_change") for code in facts.findings]
    known = [row for row in rows if row is not None and np.isfinite(row["low"])]
    if not known:
        return ""
    up = sum(row["low"] > 0 for row in known)
    down = sum(row["high"] < 0 for row in known)
    places = counted(len(known), "муниципалитета", "муниципалитетов", "муниципалитетов")
    sides = [f"{word} в {number(n)}" for word, n in (("вырос", up), ("снизился", down)) if n]
    shown = _in(tables, "changes")
    if not sides:
        return f"Изменения. Ни в одном из {places} результат не изменился больше погрешности ({shown})."
    return f"Изменения. Больше погрешности результат {' и '.join(sides)} из {places} ({shown})."


def _signs(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    if tables["signs"].frame.empty:
        return f"Объективность. {tables['signs'].empty}"
    counts = {code: judged(facts, code) for code in facts.findings}
    named, without, few = (sum(one[place] for one in counts.values()) for place in range(3))
    where = sum(one[0] > 0 for one in counts.values())
    seen = counted(named + without, "школе", "школах", "школах")
    text = f"Объективность ({_in(tables, 'signs')}). Судить можно о {seen}; "
    if named:
        text += (
            f"признаки, требующие проверки, есть у {counted(named, *_OF_SCHOOLS)} в "
            f"{counted(where, *_IN_PLACES)}"
        )
        rows = tables["kinds"].frame
        rows = rows[rows["Что найдено"].isin(_SIGNS)]  # others are counted apart
        first = rows.loc[rows["Число школ"].idxmax()]
        text += (
            f"; чаще всего — {first['Что найдено'][0].lower()}{first['Что найдено'][1:]} "
            f"({counted(first['Число школ'], *_SCHOOLS)})."
            if len(rows) > 1
            else "."
        )
    else:
        text += "признаков, требующих проверки, нет."
    if few:
        text += f" По {counted(few, 'школе', 'школам', 'школам')} работ слишком мало."
    return text


def _curve(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    rows = [facts.row(REGION, REGION, "lifted_3", paper) for paper in facts.papers]
    known = [row for row in rows if row is not None]
    if not known:
        return ""
    beyond = len(beyond_curve(known))
    text = (
        f"Регион в целом ({_in(tables, 'curve')}). Скопление на границе «3», которого нет у гладкой "
        "кривой, "
    )
    if not beyond:
        return f"{text}не видно ни по одной из {number(len(known))} работ."
    return (
        f"{text}видно по {number(beyond)} из {number(len(known))} работ: поднято {lifted_share(known)} тех, "
        "кому не хватило 1–2 баллов. Это привычка, общая для региона: признаки школ показывают только "
        "то, чем школа отличается от неё. Проверкой отдельных школ её не исправить, нужен единый порядок "
        "чтения пограничных работ."
    )


def _official(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    row = facts.row(REGION, REGION, "p19")
    if row is None or tables["official"].frame.empty:
        return ""
    return (
        f"Официальные признаки ФИОКО (2019). По региону хотя бы один признак у {number(row['count'])} из "
        f"{counted(row['n'], *_OF_SCHOOLS)}; 100 − доля таких школ — {percent(row['value'], 1)} "
        f"({_in(tables, 'official')})."
    )


def _shnor(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    frame = tables["shnor"].frame
    if frame.empty:
        return ""
    either, both, seen = (
        frame[name].sum() for name in ("Условие А или Б", "Условия А и Б", "Школ с данными")
    )
    return (
        f"Низкие результаты. Под расчётное правило подпадают {number(either)} из "
        f"{counted(seen, *_OF_SCHOOLS)}, при строгом чтении — {number(both)} ({_in(tables, 'shnor')})."
    )


def _equity(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    row, change = (facts.row(REGION, REGION, name) for name in ("icc", "icc_change"))
    if row is None or row["hidden"] or not np.isfinite(row["value"]):
        return ""
    share = percent(100 * row["value"])
    text = f"Различия между школами. Школы объясняют {share} различий в результатах учеников"
    if change is not None and np.isfinite(change["low"]):
        same = change["low"] <= 0 <= change["high"]
        text += f"; за год эта доля {'не изменилась' if same else 'изменилась'} больше погрешности"
    return f"{text} ({_in(tables, 'equity')})."


def _data(facts: RegionFacts, tables: Mapping[str, Table]) -> str:
    fell = [
        code for code in facts.findings if facts.of(code, "participation_district", Verdict.WATCH)
    ]
    if not fell:
        return ""
    return (
        f"Участие. Заметно меньше работ, чем год назад, в {counted(len(fell), *_IN_PLACES)} "
        f"({_in(tables, 'data')}): там сравнение с прошлым годом надёжно, только если известно, кто не писал."
    )


def methods_text(facts: RegionFacts) -> Stack:
    """How the numbers were got, in a few lines."""
    small = number(facts.run.thresholds["small_cell"].value)
    least = number(facts.run.thresholds["share_min_n"].value)
    q = percent(100 * facts.run.thresholds["spike_q"].value)
    return stack(
        [
            Bullets(
                (
                    "Изменения к прошлому году печатаются только с интервалом; он получен исключением "
                    "школ по одной сразу из обоих лет.",
                    "Признаки проверялись сразу по всем школам региона: напрасно названных среди "
                    f"названных не больше {q}. Того, чего такая проверка не видит (подсказки, завышение "
                    "всех баллов поровну), она не исключает.",
                    f"Группы меньше {small} учеников и доли при числе участников меньше {least} скрыты, а с "
                    "ними и то, по чему их можно восстановить; о муниципалитете с одной школой числа не "
                    "печатаются. «Скрыто» не значит «ноль».",
                    "Результаты ВПР по правилам их проведения не предназначены для оценки работы учителей, "
                    "школ и муниципалитетов.",
                    "Полное описание методики и пределов — в справках муниципалитетов.",
                )
            )
        ]
    )
