"""``python -m msoko_analysis.monitoring.demo data/demo``: the demo region's forms of monitoring again.

Invented numbers with planted truth, written through the project's own templates. They stand beside the
demo's results, which are not touched: the measure of the demo has no effect by construction.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from openpyxl import load_workbook

from msoko_analysis.monitoring.editions import load_editions
from msoko_analysis.monitoring.expert_form import POINTS, write_expert_form
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import Registry, load_registry
from msoko_analysis.monitoring.roadmap.template import HEAD, HEAD_ROW, SHEET, write_roadmap_template
from msoko_analysis.monitoring.roadmap.terms import Span
from msoko_analysis.monitoring.template import INPUT, write_template, year_periods
from msoko_analysis.page.packing import without_times

SEED, YEARS, EDITION, EXPERTS = 2026, (2025, 2026), "2023", ("Э1", "Э2")
NAMES = {"M01": "Заречный городской округ", "M02": "Северный район", "M03": "Луговой район"}
FOLDER, MEASURES = "monitoring", "school_measures.csv"
#: What ``msoko ingest`` reads of the folder; the forms beside it are read by the note itself.
MEASURES_FILE = f"{FOLDER}/{MEASURES}"
# Periods of 2026 that are over on 1 June.
COLLECTED = ("2026", "2026-H1", "2026-Q1")
PARTNERS, LOWEST = 14, 45
_FELL, _MISSED = "П8", "ДК1"


@dataclass(frozen=True)
class Drawn:
    """How an indicator is drawn: size of the denominator per pupil, level, growth a year towards
    better; ``low`` where less is better. No ``size``: the value itself, a whole number.
    """

    level: float
    growth: float
    size: float = 0.0
    low: bool = False


DRAWN = {
    "П2": Drawn(0.14, 0.004, 95.0, low=True),
    "П3": Drawn(1.02, 0.010, 0.0),
    "П7": Drawn(0.17, 0.003, 0.07, low=True),
    "П8": Drawn(0.23, 0.010, 0.07),
    "П21": Drawn(4, 1),
    "П30": Drawn(0.004, 0.0004, 0.2),
    "П34": Drawn(0.76, 0.015, 1.1),
    "П40": Drawn(5, 1),
    "П44": Drawn(0.87, 0.02, 0.4),
    "П48": Drawn(0.955, 0.008, 0.45),
    "П51": Drawn(0.55, 0.05, 1.0),
    "ДПО1": Drawn(0.24, 0.03, 0.06),
    "ДК1": Drawn(0.068, 0.004, 0.07),
}
_WAGE = "П3"  # a ratio of wages, not of people


def write_monitoring_demo(demo: Path, seed: int = SEED) -> None:
    """Write the folder ``monitoring`` of the demo; what stands there is replaced.

    Parameters
    ----------
    demo : folder with ``schools.csv`` and ``results.parquet`` of the demo region
    seed : of everything that is drawn

    Raises ``OSError`` when the folder can not be read or written.
    """
    schools = pd.read_csv(demo / "schools.csv")
    sizes = schools.groupby("municipality")["pupils"].sum().to_dict()
    names = {code: NAMES.get(code, code) for code in sorted(sizes)}
    streams = [np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3)]
    made: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as scratch:
        values = draw_values(streams[0], sizes)
        for year in YEARS:
            made[f"indicators/{year}.xlsx"] = _indicators(Path(scratch), year, names, values)
            made[f"experts/{year}.xlsx"] = _experts(Path(scratch), year, names, streams[1])
        for code, rows in _ROADMAPS.items():
            made[f"roadmaps/{code} 2026.xlsx"] = _roadmap(Path(scratch), code, rows)
    measures = draw_measures(streams[2], demo, schools)
    made[MEASURES] = measures.to_csv(sep=";", index=False, lineterminator="\n").encode()
    truth = _TRUTH | {"seed": seed, "partner_schools": measures["school"].tolist()}
    text = yaml.safe_dump(truth, allow_unicode=True, sort_keys=False, width=110)
    made["truth.yaml"] = text.encode()
    for name, content in made.items():
        path = demo / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def demo_registry() -> Registry:
    """The registry with the indicators the demo collects.

    >>> len(demo_registry().typed) == len(DRAWN)
    True
    """
    kept = [
        file.model_copy(
            update={"indicators": tuple(one for one in file.indicators if one.code in DRAWN)}
        )
        for file in load_registry().files
    ]
    return Registry(tuple(file for file in kept if file.indicators))


def draw_values(
    rng: np.random.Generator, sizes: dict[str, int]
) -> dict[tuple[str, str, str], tuple[float, float | None]]:
    """Numerator and denominator, or a value and None, by indicator, municipality and period.

    Nothing becomes worse within a year or from year to year in the three districts of the notes, but
    for what is planted: П8 in M01 falls by a tenth, ДК1 in M01 is short of its target in both years.

    >>> drawn = draw_values(np.random.default_rng(1), {"M01": 9000})
    >>> then, now = (drawn["П8", "M01", f"{year}-H1"] for year in YEARS)
    >>> then[0] / then[1] > now[0] / now[1]
    True
    """
    found: dict[tuple[str, str, str], tuple[float, float | None]] = {}
    registry = demo_registry()
    periods = year_periods(YEARS, registry)
    for indicator in registry.typed:
        drawn = DRAWN[indicator.code]
        for place, pupils in sizes.items():
            level = drawn.level * (1 + rng.normal(0, 0.06))
            if (indicator.code, place) == (_MISSED, "M01"):
                level = 0.039
            for period in periods:
                if period.times != indicator.times_a_year:
                    continue
                growth = 1.0 if place in NAMES else rng.normal(0.5, 1)
                time = period.year - YEARS[0] + (period.part - 1) / period.times / 2
                if (indicator.code, place) == (_FELL, "M01"):
                    growth = -2.4 if period.year == YEARS[1] else 0.1
                towards = -1 if drawn.low else 1
                value = level + towards * growth * time * drawn.growth
                key = indicator.code, place, period.code
                found[key] = _numbers(drawn, indicator.code, pupils, value, towards)
    return found


def _numbers(
    drawn: Drawn, code: str, pupils: int, value: float, towards: int
) -> tuple[float, float | None]:
    """Whole numbers near the value; the denominator stays, so rounding makes nothing worse."""
    if code == _WAGE:
        return float(np.ceil(value * 52_000)), 52_000.0
    if not drawn.size:
        return float(np.ceil(value)), None
    whole = max(round(drawn.size * pupils), 20)
    part = np.ceil(value * whole) if towards > 0 else np.floor(value * whole)
    return float(min(part, whole)), float(whole)


def _indicators(scratch: Path, year: int, names: dict[str, str], values: dict) -> bytes:
    """A filled template of one year; what is not yet collected stays empty."""
    path, registry = scratch / f"indicators-{year}.xlsx", demo_registry()
    write_template(path, registry, names, year_periods([year], registry))
    book, codes = load_workbook(path), {name: code for code, name in names.items()}
    for row in book[INPUT].iter_rows(min_row=2):
        code, name, title = row[0].value, row[2].value, row[3].value
        if code is None:
            break
        period = Period.parse(title).code
        if year == YEARS[1] and period not in COLLECTED:
            continue
        above, below = values[code, codes[name], period]
        if below is None:
            row[6].value = above
        else:
            row[4].value, row[5].value = above, below
    return _bytes(book)


def _experts(scratch: Path, year: int, names: dict[str, str], rng: np.random.Generator) -> bytes:
    """Points of two experts, who differ at one position of M01 in the last year."""
    path, edition = scratch / f"experts-{year}.xlsx", load_editions()[EDITION]
    write_expert_form(path, edition, year, names, EXPERTS)
    book = load_workbook(path)
    positions = edition.positions()["position"].tolist()
    lost = {
        names[code]: set(_LOST[code, year])
        if code in NAMES
        else set(rng.choice(positions, rng.integers(8, 30), replace=False))
        for code in names
    }
    for row in book[POINTS].iter_rows(min_row=HEAD_ROW + 1):
        name, position, expert = row[0].value, row[1].value, row[6].value
        differs = (name, position, expert, year) == (NAMES["M01"], *_DISAGREE, YEARS[1])
        row[7].value = 0 if position in lost[name] or differs else 1
    return _bytes(book)


def _roadmap(scratch: Path, code: str, rows: Sequence[tuple]) -> bytes:
    path = scratch / f"roadmap-{code}.xlsx"
    directions = list(dict.fromkeys(row[1] for row in rows))
    plan = Span(date(2026, 1, 1), date(2026, 12, 31))
    write_roadmap_template(path, plan, directions=directions, rows=len(rows) + 5)
    book = load_workbook(path)
    for number, row in enumerate(rows, HEAD_ROW + 1):
        for place, (_, text) in enumerate(zip(HEAD, row, strict=True), 1):
            book[SHEET].cell(number, place).value = text or None
    return _bytes(book)


def _bytes(book: object) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return without_times(made.getvalue())


def draw_measures(rng: np.random.Generator, demo: Path, schools: pd.DataFrame) -> pd.DataFrame:
    """Who was given a partner school after ВПР of 2025: chance among the lowest results of that year.

    So the treated rise by themselves in 2026 although nobody did anything to their results.
    """
    columns = ["year", "grade", "subject", "school", "total"]
    results = pd.read_parquet(demo / "results.parquet", columns=columns).query("year == 2025")
    paper = results.groupby(["grade", "subject"])["total"]
    results["z"] = (results["total"] - paper.transform("mean")) / paper.transform("std")
    truth = yaml.safe_load((demo / "truth.yaml").read_text(encoding="utf-8"))
    planted = {one["school"] for one in truth["planted"]}
    alike = schools[
        schools["school_type"].isin(["secondary", "basic"]) & ~schools["school"].isin(planted)
    ]
    lowest = results.groupby("school")["z"].mean().reindex(alike["school"]).nsmallest(LOWEST)
    chosen = sorted(rng.choice(lowest.index, PARTNERS, replace=False))
    return pd.DataFrame(
        {
            "year": 2025, "school": chosen, "measure": "partner", "title": "Школа-партнёр",
            "direction": _A,
        }
    )  # fmt: skip


_A, _B, _C = (
    "Работа со школами с низкими результатами",
    "Объективность оценки качества подготовки",
    "Самоопределение и профессиональная ориентация",
)
_HEAD_OF, _CENTRE = "Начальник отдела общего образования", "Директор методического центра"
_COORDINATOR = "Муниципальный координатор оценочных процедур"
_ROADMAPS = {
    "M01": (
        ("1.1", _A, "Цели", "Утверждение целей работы со школами с низкими результатами", "до 01.02.2026",
         "Приказ", _HEAD_OF, "", "Выполнено 26.01.2026", "Приказ от 26.01.2026 № 31"),
        ("1.2", _A, "Показатели", "Утверждение перечня показателей", "до 15.02.2026", "Приказ", _HEAD_OF,
         "", "Выполнено 12.02.2026", "Приказ от 12.02.2026 № 58"),
        ("1.3", _A, "Методы сбора информации", "Утверждение регламента сбора данных", "до 01.03.2026",
         "Регламент", _CENTRE, "", "Выполнено 27.02.2026", "Регламент от 27.02.2026"),
        ("1.4", _A, "Мониторинг", "Мониторинг результатов школ-участниц", "май 2026", "Справка", _CENTRE,
         "", "Выполнено 22.05.2026", "Справка от 22.05.2026 № 4"),
        ("1.5", _A, "Анализ", "Анализ причин низких результатов по школам", "до 25.05.2026",
         "Аналитическая справка", _CENTRE, "", "", ""),
        ("1.6", _A, "Адресные рекомендации", "Адресные рекомендации школам", "до 10.04.2026",
         "Письмо в школы", _CENTRE, "", "Выполнено 08.04.2026", ""),
        ("1.7", _A, "Меры и мероприятия", "Работа школ-партнёров по соглашениям", "январь 2026 – май 2026",
         "Соглашения и протоколы встреч", _CENTRE, "", "Выполнено 29.05.2026",
         "Протокол от 29.05.2026 № 7"),
        ("1.8", _A, "Управленческие решения", "Решения по итогам анализа", "до 01.07.2026", "Приказ",
         _HEAD_OF, "", "", ""),
        ("1.9", _A, "Анализ эффективности принятых мер", "Оценка эффективности работы школ-партнёров",
         "ноябрь – декабрь 2026", "Аналитическая справка", _CENTRE, "", "", ""),
        ("2.1", _B, "Цели; Показатели; Методы сбора информации",
         "Положение о контроле объективности оценочных процедур", "до 01.03.2026", "Положение",
         _COORDINATOR, "", "Выполнено 20.02.2026", "Приказ от 20.02.2026 № 66"),
        ("2.2", _B, "Мониторинг; Анализ", "Наблюдение за проведением ВПР и анализ результатов",
         "апрель – июнь 2026", "Аналитическая справка", _COORDINATOR, "", "", ""),
        ("2.3", _B, "Адресные рекомендации; Меры и мероприятия",
         "Рекомендации школам и перепроверка части работ", "сентябрь – октябрь 2026", "Справка",
         _COORDINATOR, "", "", ""),
        ("2.4", _B, "Управленческие решения; Анализ эффективности принятых мер",
         "Решения по итогам перепроверки и оценка их результата", "ноябрь – декабрь 2026", "Приказ",
         _HEAD_OF, "", "", ""),
        ("3.1", _C, "Мониторинг", "Мониторинг профессиональных намерений выпускников", "октябрь 2026",
         "Справка", _CENTRE, "", "", ""),
        ("3.2", _C, "Меры и мероприятия", "Дни открытых дверей колледжей", "апрель 2026",
         "Отчёт", _CENTRE, "", "Выполнено 24.04.2026", "Отчёт от 28.04.2026"),
    ),
    "M02": (
        ("1.1", _A, "Цели; Показатели", "Утверждение целей и показателей", "до 01.02.2026", "Приказ",
         _HEAD_OF, "", "Выполнено 29.01.2026", "Приказ от 29.01.2026 № 12"),
        ("1.2", _A, "Методы сбора информации; Мониторинг", "Сбор и мониторинг показателей", "март 2026",
         "Справка", _CENTRE, "", "Выполнено 30.03.2026", "Справка от 30.03.2026 № 2"),
        ("1.3", _A, "Анализ; Адресные рекомендации", "Анализ показателей и рекомендации школам",
         "май 2026", "Аналитическая справка", _CENTRE, "", "Выполнено 28.05.2026",
         "Справка от 28.05.2026 № 5"),
        ("1.4", _A, "Меры и мероприятия", "Семинары для школ-участниц", "сентябрь – октябрь 2026",
         "Программы семинаров", _CENTRE, "", "", ""),
        ("1.5", _A, "Управленческие решения; Анализ эффективности принятых мер",
         "Решения и оценка результатов семинаров", "ноябрь – декабрь 2026", "Приказ", _HEAD_OF, "", "",
         ""),
    ),
}  # fmt: skip
_DISAGREE = ("1.2.analysis", "Э2")
_LOST = {
    ("M01", 2025): (
        *("1.1.balance.effectiveness", "1.4.decisions", "1.4.effectiveness", "1.2.effectiveness"),
        *("2.1.effectiveness", "2.3.analysis"),
    ),
    ("M01", 2026): (
        *("1.1.balance.effectiveness", "1.4.decisions", "1.4.effectiveness", "1.2.effectiveness"),
    ),
    ("M02", 2025): ("2.4.analysis", "2.4.decisions", "2.4.effectiveness"),
    ("M02", 2026): ("2.4.decisions", "2.4.effectiveness"),
    ("M03", 2025): ("1.3.effectiveness", "1.4.goals", "1.4.indicators", "1.4.collection"),
    ("M03", 2026): ("1.3.effectiveness", "1.4.collection"),
}
_TRUTH = {
    "fell": {"indicator": _FELL, "municipality": "M01", "period": "2026-H1"},
    "missed_target": {"indicator": _MISSED, "municipality": "M01", "periods": ["2025", "2026"]},
    "experts_differ": {"municipality": "M01", "year": 2026, "position": _DISAGREE[0]},
    "roadmaps": {
        "status_day": "2026-06-01",
        "M01": {"overdue": ["1.5"], "no_evidence": ["1.6"], "two_stages_only": _C},
        "M02": {"overdue": [], "no_evidence": []},
        "M03": "no roadmap",
    },
    "measure": {"measure": "partner", "year": 2025, "true_effect": 0},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the forms into the demo folder named on the command line; 0, or 1 with a message.

    >>> main(["/dev/null/demo"])
    Папка /dev/null/demo не прочитана или не записана (Not a directory).
    1
    """
    parser = argparse.ArgumentParser(
        prog="python -m msoko_analysis.monitoring.demo",
        description="Создаёт выдуманные данные мониторинга демонстрационного региона.",
    )
    parser.add_argument("demo", type=Path, metavar="ПАПКА", help="папка data/demo")
    folder = parser.parse_args(arguments).demo
    try:
        write_monitoring_demo(folder)
    except OSError as error:
        print(f"Папка {folder} не прочитана или не записана ({error.strerror}).")
        return 1
    print(f"Готово: {folder / FOLDER} (зерно {SEED}). Что заложено, сказано в truth.yaml.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
