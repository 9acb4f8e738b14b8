"""Tables of an overview of a region: districts by alphabet, no ranks, no school by name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts.region import RegionFacts
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.measures import CHANGE, measure
from msoko_analysis.russian import DASH, NBSP, first_capital, number
from msoko_analysis.wording.names import paper_name

ONE, WHOLE, _CHANGE = Digits(1), Digits(), Digits(1, signed=True)
DISTRICT, INTERVAL, _YEAR = "Муниципалитет", "95 %", "К прошлому году, п. п."
# Measures of differences between schools, with their digits.
_WROTE = "Школ, писавших русский язык или математику (ВПР 4–5 классов, ОГЭ)"
_EQUITY = {
    "icc": 1,
    "school_gap_quarter": 1,
    "isolation": 1,
    "v_gap_location": 2,
    "v_gap_type": 2,
}


def district_name(facts: RegionFacts, code: str) -> str:
    """Name of a district as it stands in a table."""
    return first_capital(facts.run.districts[code].name.nominative)


def cell(row: pd.Series | None, column: str = "value") -> float | str:
    """A number of a row, HIDDEN, or nan when there is no such row."""
    if row is None:
        return float("nan")
    return HIDDEN if row["hidden"] else float(row[column])


def interval(row: pd.Series | None, digits: int = 1, times: float = 1) -> str:
    """«от −0,4 до 1,2», a dash where there is none."""
    if row is None:
        return DASH
    if row["hidden"]:
        return HIDDEN
    if not np.isfinite(row["low"]):
        return DASH
    low, high = (number(times * row[end], digits) for end in ("low", "high"))
    return f"от{NBSP}{low} до{NBSP}{high}"


def results_table(facts: RegionFacts) -> Table:
    """The region paper by paper, with the change against last year."""
    rows = []
    for paper in facts.papers:
        mean = facts.row(REGION, REGION, "mean_percent", paper)
        change = facts.row(REGION, REGION, "mean_change", paper)
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": cell(mean, "n"),
                "Результат, %": cell(mean),
                _YEAR: cell(change),
                INTERVAL: interval(change),
                "Отметок «2», %": cell(facts.row(REGION, REGION, "share_2", paper)),
                "Отметок «4» и «5», %": cell(facts.row(REGION, REGION, "share_45", paper)),
            }
        )
    return Table(
        "results",
        "Результаты региона по предметам и классам",
        pd.DataFrame(rows),
        {**dict.fromkeys(("Результат, %", "Отметок «2», %", "Отметок «4» и «5», %"), ONE),
         "Работ": WHOLE, _YEAR: _CHANGE},
        (
            "По всем школам региона, чьи результаты загружены. Интервал изменения учитывает, что оба года "
            "писали одни и те же школы, но разные ученики и другие варианты работ. Прочерк — в прошлом году "
            "работы с той же шкалой не было.",
        ),
        empty="Работ с действующей шкалой отметок нет.",
    )  # fmt: skip


def exams_table(facts: RegionFacts) -> Table:
    """Papers of ЕГЭ: mean test score of the region."""
    rows = []
    for paper in facts.exams:
        mean = facts.row(REGION, REGION, "mean_test_score", paper)
        below = facts.row(REGION, REGION, "below_minimum", paper)
        rows.append(
            {
                "Предмет": paper_name(facts, paper),
                "Участников": cell(mean, "n"),
                "Средний тестовый балл": cell(mean),
                INTERVAL: interval(mean),
                "Не достигли минимума, %": cell(below),
            }
        )
    return Table(
        "exams",
        "ЕГЭ: регион по предметам",
        pd.DataFrame(rows),
        {"Участников": WHOLE, "Средний тестовый балл": ONE, "Не достигли минимума, %": ONE},
        ("Тестовые баллы разных лет и предметов между собой не сравниваются.",),
        empty="Результатов ЕГЭ в данных нет.",
    )


def changes_table(facts: RegionFacts) -> Table:
    """Change of results of every district over the papers of both years."""
    rows = []
    for code, schools in facts.schools.items():
        change = facts.row("municipality", code, "mean_change", ALL_PAPERS)
        if change is None:
            continue
        told = code in facts.findings
        rows.append(
            {
                DISTRICT: district_name(facts, code),
                "Число школ": schools,
                "Работ": cell(change, "n") if told else HIDDEN,
                _YEAR: cell(change) if told else HIDDEN,
                INTERVAL: interval(change) if told else HIDDEN,
            }
        )
    return Table(
        "changes",
        "Изменение результатов по муниципалитетам",
        pd.DataFrame(rows),
        {"Число школ": WHOLE, "Работ": WHOLE, _YEAR: _CHANGE},
        (
            "По алфавиту. Средняя доля максимального балла по работам, которые были в оба года. Прочерк "
            "вместо интервала — школ меньше трёх. Изменение больше погрешности, если нуля в интервале нет; "
            "при двадцати муниципалитетах в среднем у одного так выйдет случайно.",
        ),
        empty="Данных прошлого года нет: сравнивать не с чем.",
    )


def official_table(facts: RegionFacts) -> Table:
    """Official markers and the base of П19 by district."""
    rows = []
    for code in facts.findings:
        row = facts.row("municipality", code, "p19")
        if row is not None:
            rows.append(
                {
                    DISTRICT: district_name(facts, code),
                    _WROTE: cell(row, "n"),
                    "Хотя бы один признак": cell(row, "count"),
                    "100 − доля таких школ, %": cell(row),
                }
            )
    return Table(
        "official",
        "Официальные признаки ФИОКО (2019) по муниципалитетам",
        pd.DataFrame(rows),
        {_WROTE: WHOLE, "Хотя бы один признак": WHOLE,
         "100 − доля таких школ, %": ONE},
        (
            "Основа показателя П19; то, что П19 равен этому числу, документом не подтверждено. Признак "
            "чаще у крупных школ и часто бывает у честных.",
        ),
        empty="Официальные признаки по этим данным не рассчитываются.",
    )  # fmt: skip


def data_table(facts: RegionFacts) -> Table:
    """Participation and remarks on the data by district."""
    rows = []
    for code in facts.findings:
        mine = facts.quality[facts.quality["municipality"] == code]
        sums = mine.groupby("check", observed=True)[["n_rows", "n_found"]].sum()
        if sums.empty:
            continue
        before, now = facts.works[code]
        listed, absent = _sums(sums, "absent")
        rest = sums.drop(index=["participation", "absent"], errors="ignore")["n_found"].sum()
        rows.append(
            {
                DISTRICT: district_name(facts, code),
                "Работ год назад": float(before) if before else float("nan"),
                "Работ": float(now) if before else float("nan"),
                "Изменение, %": 100 * (now / before - 1) if before else float("nan"),
                "Не писали, %": 100 * absent / listed if listed else float("nan"),
                "Замечаний к данным": float(rest),
            }
        )
    return Table(
        "data",
        "Участие и качество данных по муниципалитетам",
        pd.DataFrame(rows),
        {"Работ год назад": WHOLE, "Работ": WHOLE, "Изменение, %": _CHANGE, "Не писали, %": ONE,
         "Замечаний к данным": WHOLE},
        ("Работы — по предметам и классам, которые были в оба года и числа которых печатаются. Замечания "
         "перечислены в справках.",),
        empty="Результатов учеников нет: проверять нечего.",
    )  # fmt: skip


def shnor_table(facts: RegionFacts) -> Table:
    """How many schools meet the rule of low results, by district, in both readings of the rule."""
    table = facts.public.table
    mine = table[(table["year"] == facts.year) & (table["level"] == "school") & ~table["hidden"]]
    rows = []
    for code in facts.findings:
        here = mine[mine["municipality"] == code]
        found = {
            name: here.loc[here["indicator"] == name, "value"] for name in ("shnor_or", "shnor_and")
        }
        if not len(found["shnor_or"]):
            continue
        rows.append(
            {
                DISTRICT: district_name(facts, code),
                "Школ с данными": len(found["shnor_or"]),
                "Условие А или Б": float((found["shnor_or"] == 1).sum()),
                "Условия А и Б": float((found["shnor_and"] == 1).sum()),
            }
        )
    return Table(
        "shnor",
        "Школы с низкими образовательными результатами по муниципалитетам",
        pd.DataFrame(rows),
        dict.fromkeys(("Школ с данными", "Условие А или Б", "Условия А и Б"), WHOLE),
        (
            "Расчётная модель: правило читают двояко, поэтому показаны оба прочтения. Официального отнесения "
            "школ оно не заменяет; малые школы, о которых судить нельзя, не учтены.",
        ),
        empty="Правило о школах с низкими результатами по этим данным не применяется.",
    )


def equity_table(facts: RegionFacts) -> Table:
    """Differences between schools of the region and their change."""
    rows = []
    for name, digits in _EQUITY.items():
        row = facts.row(REGION, REGION, name)
        if row is None or row["hidden"] or not np.isfinite(row["value"]):
            continue
        change, told = facts.row(REGION, REGION, f"{name}{CHANGE}"), measure(name)
        times = told.record.times
        moved = DASH if change is None else Digits(digits, signed=True)(times * change["value"])
        rows.append(
            {
                "Показатель": first_capital(told.heading),
                "Значение": number(times * row["value"], digits),
                INTERVAL: interval(row, digits, times),
                "К прошлому году": moved,
                "Интервал изменения": interval(change, digits, times),
            }
        )
    return Table(
        "equity",
        "Различия между школами региона",
        pd.DataFrame(rows),
        {},
        ("По всем работам года вместе. Изменение — по работам с той же шкалой в оба года.",),
        empty="Различия между школами по этим данным не определяются.",
    )


def _sums(sums: pd.DataFrame, check: str) -> tuple[float, float]:
    if check not in sums.index:
        return 0.0, 0.0
    return float(sums.loc[check, "n_rows"]), float(sums.loc[check, "n_found"])
