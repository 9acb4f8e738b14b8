"""Words for papers of which a source only counts pupils by level: what that tells, and what it can not."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.measures.equity_levels import METHOD
from msoko_analysis.measures.levels import PREFIX
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.methods import has_step
from msoko_analysis.params.scales import Paper
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
from msoko_analysis.wording.cells import of_unit
from msoko_analysis.wording.names import district_cases, paper_name, procedures, school_name
from msoko_analysis.wording.numbering import in_table, table_title

_OF_MARKS = ("«2»", "«4» и «5»")


def only_levels(facts: Facts) -> bool:
    """Whether counts by level are all there is this year."""
    return bool(facts.counted) and not facts.papers and not facts.exams


def by_levels(facts: Facts) -> bool:
    """Whether differences between schools are told from counts by level or of marks."""
    row = facts.measure("region", "icc")
    return row is not None and has_step(row["method"], METHOD)


def highest(facts: Facts) -> str:
    """The level of a high result: «220 и выше», or the marks of a form."""
    return f"«{_ends(facts)[-1]}»" if facts.counted else _OF_MARKS[1]


def lowest(facts: Facts) -> str:
    """The lowest level that is counted."""
    return f"«{_ends(facts)[0]}»" if facts.counted else _OF_MARKS[0]


def _ends(facts: Facts) -> list[str]:
    return list(facts.levels_of(facts.counted[0]).values())


def counts_of(facts: Facts) -> str:
    """What is counted: «участников на уровнях …», or marks of a form; after «по числу»."""
    return f"участников на уровнях {_named(facts)}" if facts.counted else "отметок 2–5 по школам"


def _named(facts: Facts) -> str:
    titles = dict.fromkeys(
        f"«{title}»" for paper in facts.counted for title in facts.levels_of(paper).values()
    )
    return listed(list(titles))


def _all_counted(facts: Facts) -> bool:
    return all(1 in facts.levels_of(paper) for paper in facts.counted)


def counted_only(facts: Facts) -> str:
    """« среди участников уровней …», empty where every level is counted."""
    if not facts.counted or _all_counted(facts):
        return ""
    return f" среди участников уровней {_named(facts)}"


def scope(facts: Facts) -> str:
    """The first sentence of a note from counts by level."""
    n = len(facts.counted_schools)
    lost = int(facts.lost["n_lost"].sum())
    everybody = (
        f"Посчитаны участники из прочитанных строк; отложено при чтении: {number(lost)}."
        if lost
        else "Посчитаны все участники."
    )
    rest = (
        everybody
        if _all_counted(facts)
        else f"Участников ниже уровня {lowest(facts)} источник за этот год не считает: о них и об их доле "
        "справка ничего не говорит."
    )
    return (
        f"{procedures(facts)} {facts.year} года: {counted(n, 'школа', 'школы', 'школ')} "
        f"{district_cases(facts).genitive}; по каждой школе известно только число участников на уровнях "
        f"{_named(facts)}. {rest}"
    )


def result(facts: Facts) -> str:
    """The share of the highest level in the district and the region, for the first page."""
    said = []
    for paper in facts.counted:
        top = f"{PREFIX}{max(facts.levels_of(paper))}"
        row = facts.measure("municipality", top, paper)
        if row is None or row["hidden"]:
            continue
        said.append(
            f"{paper_name(facts, paper)} — уровень {highest(facts)} у {percent(row['value'], 1)} "
            f"посчитанных участников (всего их {number(row['n'])}), по региону — у "
            f"{percent(facts.value('region', top, paper), 1)}"
        )
    text = first_capital("; ".join(said))
    return f"Результаты. {text} ({in_table(facts, 'levels')})." if said else ""


def levels_table(facts: Facts) -> Table:
    """Pupils on every level, the district beside the region and the year before."""
    rows = [
        _row(facts, paper, level, title)
        for paper in facts.counted
        for level, title in facts.levels_of(paper).items()
    ]
    return Table(
        "levels",
        table_title(facts, "levels", "Участники по уровням результата"),
        pd.DataFrame(rows),
        {"Участников": Digits(), "В регионе, %": Digits(1)},
        (
            f"Доли{counted_only(facts) or ' всех посчитанных участников'}; в скобках — 95{NBSP}%, по "
            "разбросу между школами муниципалитета. К прошлому году — изменение доли среди участников тех "
            "уровней, которые посчитаны в оба года; участники другие. Прочерк — нет данных прошлого года или "
            "погрешность оценить нельзя.",
        ),
        empty="Сведений по уровням нет.",
    )


def _row(facts: Facts, paper: Paper, level: int, title: str) -> dict[str, object]:
    name = f"{PREFIX}{level}"
    change = facts.measure("municipality", f"{name}_change", paper)
    return {
        "Предмет, класс": paper_name(facts, paper),
        "Уровень": title,
        "Участников": of_unit(facts, "municipality", name, paper, column="count"),
        "Доля, % (95 %)": _with_ends(facts.measure("municipality", name, paper), whole=100),
        "В регионе, %": of_unit(facts, "region", name, paper),
        "К прошлому году, п. п. (95 %)": _with_ends(change, signed=True),
    }


def _with_ends(row: pd.Series | None, *, signed: bool = False, whole: float = 0) -> str:
    """«45,1 (38,0…52,2)», without ends that say nothing."""
    if row is None:
        return DASH
    if row["hidden"]:
        return HIDDEN
    digits = Digits(1, signed=signed)
    told = row["low"] > 0 and row["high"] < whole if whole else row["low"] == row["low"]
    ends = f" ({digits(row['low'])}…{digits(row['high'])})" if told else ""
    return f"{digits(row['value'])}{ends}" if told or whole else DASH


def schools_table(facts: Facts) -> Table:
    """Appendix: every school with its shares of the ends, drawn towards the region's."""
    rows = []
    for unit in sorted(facts.counted_schools, key=lambda code: natural(school_name(facts, code))):
        row = facts.pooled(unit, "highest_share")
        cells = {
            "Школа": school_name(facts, unit),
            "Участников": HIDDEN if row is None or row["hidden"] else row["n"],
            f"Уровень {highest(facts)}, % (95 %)": _with_ends(row, whole=100.1),
        }
        if _all_counted(facts):
            low = facts.pooled(unit, "lowest_share")
            cells[f"Уровень {lowest(facts)}, % (95 %)"] = _with_ends(low, whole=100.1)
        rows.append(cells)
    least = number(facts.run.thresholds["share_min_n"].value)
    return Table(
        "schools",
        table_title(facts, "schools", "Все школы муниципалитета"),
        pd.DataFrame(rows),
        {"Участников": Digits()},
        (
            f"По алфавиту. Доли{counted_only(facts)} — оценки, притянутые к доле по региону тем сильнее, чем "
            "меньше участников: доля малой школы случайна. «Скрыто» — группа слишком мала: доли не "
            f"печатаются, если участников меньше {least}, а на уровне или вне его — меньше "
            f"{number(facts.run.thresholds['small_cell'].value)}; «скрыто» не значит «ноль».",
        ),
        empty="Данных по отдельным школам нет.",
    )


def measure_names(facts: Facts) -> dict[str, str]:
    """Names of the measures of inequality where levels tell them, by indicator."""
    if not by_levels(facts):
        return {}
    top = highest(facts)
    return {
        "school_gap_quarter": f"Доля {top}: четверть школ с наибольшей − с наименьшей, п. п.",
        "isolation": f"Обособленность участников с результатом {lowest(facts)}, %",
        "isolation_highest": f"Обособленность участников с результатом {top}, %",
    }


def gaps_notes(facts: Facts) -> tuple[str, ...]:
    """What the measures of inequality from levels are."""
    return (
        f"Рассчитано по числу {counts_of(facts)}. Доля различий, приходящаяся на школы, — по модели, в "
        "которой уровни видны лишь как ступени скрытого результата (порядковый пробит со случайными "
        "эффектами школ). "
        "Обособленность — насколько такие участники собраны в одних школах сверх случайного: 0 — "
        "распределены случайно, 100 — учатся отдельно. Разница групп школ — в стандартных отклонениях "
        "скрытого результата. Изменение — по уровням, посчитанным в оба года; «вырос» и «сократился» "
        "пишутся, только если 95-процентный интервал изменения не содержит нуля; показателей несколько, и "
        "в одном из двадцати сравнений без всяких перемен это случается. Прочерк — не определяется.",
        "Разность долей зависит от того, где проходит граница уровня, и от трудности работы, и часть её "
        "случайна: доли малых школ разбросаны. Разброс результатов учеников и индексы неравенства по "
        "уровням не определяются.",
    )


_NEED_SCORES = (
    "средний результат, распределение баллов, разброс результатов учеников — в источнике нет баллов;",
    "скопление работ у границ, остальные признаки по школам и официальные признаки ФИОКО, уровень среди "
    "похожих школ, ожидаемый результат и резильентные школы — нужны баллы учеников;",
    "отметки, доля не достигших минимума, школы с низкими результатами (ШНОР), П22–П24 — уровни источника "
    "не совпадают с отметками и минимальными баллами;",
    "участие и проверки исходных данных — нужен список участников.",
)


def not_determined(facts: Facts) -> Stack:
    """What a note from counts by level can not say, once, with the reason."""
    below = () if _all_counted(facts) else (f"всё об участниках ниже уровня {lowest(facts)};",)
    return stack([Paragraph("Не определяется по этим данным:"), Bullets((*below, *_NEED_SCORES))])


def methods(facts: Facts) -> Stack:
    """Methods of a note from counts by level."""
    return stack([Bullets((
        "Различия между школами (методика пакета). Порядковый пробит со случайными эффектами школ: "
        "уровни — ступени скрытого результата, школы распределены нормально; доля различий, приходящаяся "
        "на школы, не зависит от трудности работы. Интервал — по профилю правдоподобия, у изменения за год "
        "— из интервалов двух лет (Zou, Donner, 2008). На смоделированных районах той же величины доля "
        f"ложных «вырос» и «сократился» вместе не больше 5{NBSP}% (tests/documents/test_levels_note.py). "
        "Чего показатель не видит: различий внутри школы, отчего школы различаются и участников, которых "
        "источник не считает.",
        "Доли по школам (методика пакета) — бета-биномиальная эмпирическая байесовская оценка: доля школы "
        "притягивается к доле по региону тем сильнее, чем меньше участников.",
        "Обособленность поправлена на случайность: при случайном распределении участников она в среднем "
        "равна нулю. Её интервалы и интервалы разностей — складным ножом по школам.",
        f"Погрешности — 95{NBSP}%. Сравнений в справке несколько, поэтому отдельное отличие чуть больше "
        "погрешности ещё ничего не значит. Школы перечислены по алфавиту; справка нужна для методической "
        "помощи, а не для оценки школ.",
    ))])  # fmt: skip
