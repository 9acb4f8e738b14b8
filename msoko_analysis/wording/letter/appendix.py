"""Appendix of a letter to one school: its numbers, its signs with causes, measures, how it was found."""

from __future__ import annotations

import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.findings.recommendations import Ground
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import HIDDEN, Digits, Table
from msoko_analysis.params.scales import Paper
from msoko_analysis.russian import DASH, NBSP, first_capital, number, percent
from msoko_analysis.wording.advice import SINCE, gone_lines, ground, recommendations, term_text
from msoko_analysis.wording.cells import Cell, minus, of_school, of_unit
from msoko_analysis.wording.letter.page import difference, sat, school_of, written
from msoko_analysis.wording.names import VERDICT, paper_name, school_name
from msoko_analysis.wording.school_figures import school_figure
from msoko_analysis.wording.sign_kinds import KINDS, size_text
from msoko_analysis.wording.signs import Q, compared_with, named, sentence

_ONE, _CHANGE = Digits(1), Digits(1, signed=True)
_ALL_HIDDEN = "Числа не печатаются ни по одной работе: группы слишком малы."
_APART = "Выше, чем объясняют баллы, отметки"


def _title(facts: Facts, place: int, text: str) -> str:
    """«Таблица 2. …»: the table of ЕГЭ takes a number only where there is one."""
    return f"Таблица{NBSP}{place - (place > 1 and not sat(facts))}. {text}"


def results_table(facts: Facts) -> Table:
    """Every paper of the school against the region."""
    unit, rows = school_of(facts), []
    for paper in written(facts):
        value = of_school(facts, unit, "mean_percent", paper=paper)
        region = of_unit(facts, "region", "mean_percent", paper)
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": of_school(facts, unit, "mean_percent", "n", paper=paper),
                "Результат, %": value,
                "В регионе, %": region,
                "Отличие, п. п.": minus(value, region),
                "± погрешность, п. п.": _half(facts, paper, "mean_percent", value),
                "Отметок «2», %": of_school(facts, unit, "share_2", paper=paper),
                "в регионе": of_unit(facts, "region", "share_2", paper),
            }
        )
    seen = [row for row in rows if row["Результат, %"] != HIDDEN]
    frame = pd.DataFrame(rows if seen else [])
    digits = dict.fromkeys(frame.columns[2:], _ONE) | {"Работ": Digits(), "Отличие, п. п.": _CHANGE}
    return Table(
        "results",
        _title(facts, 1, "Результаты школы по предметам и классам"),
        frame,
        digits,
        (
            "Результат — средняя доля максимального балла. Погрешность — 95 %, только от случайностей одной "
            "работы: обычные школы отличаются от региона и больше, само отличие ни о чём не говорит. "
            "«Скрыто» — группа слишком мала или по числу её можно восстановить; это не ноль.",
        ),
        empty=_ALL_HIDDEN if rows else "Работ с действующей шкалой отметок нет.",
    )


def _half(facts: Facts, paper: Paper, indicator: str, value: Cell) -> Cell:
    """Margin of a difference: hidden with it, a dash where it is not known."""
    half = difference(facts, paper, indicator)[1]
    return HIDDEN if value == HIDDEN else half if half > 0 else float("nan")


def exams_table(facts: Facts) -> Table:
    """Papers of ЕГЭ of the school against the region."""
    unit, rows = school_of(facts), []
    for paper in sat(facts):
        value = of_school(facts, unit, "mean_test_score", paper=paper)
        region = of_unit(facts, "region", "mean_test_score", paper)
        rows.append(
            {
                "Предмет": paper_name(facts, paper),
                "Участников": of_school(facts, unit, "mean_test_score", "n", paper=paper),
                "Средний тестовый балл": value,
                "В регионе": region,
                "Отличие": minus(value, region),
                "± погрешность": _half(facts, paper, "mean_test_score", value),
            }
        )
    frame = pd.DataFrame(rows)
    digits = dict.fromkeys(frame.columns[2:], _ONE) | {"Участников": Digits(), "Отличие": _CHANGE}
    return Table("exams", _title(facts, 2, "ЕГЭ: средний тестовый балл"), frame, digits)


def checked_table(facts: Facts) -> Table:
    """Every sign that was looked for, found or not."""
    rows, judged = [], []
    for code, kind in KINDS.items():
        for one in facts.of(code, *Verdict):
            judged.append((one,))
            told = one.verdict in (Verdict.CONCERN, Verdict.WATCH)
            rows.append(
                {
                    "Признак": first_capital(kind.name),
                    "Работ": one.n,
                    "Вывод": VERDICT[one.verdict],
                    "Величина (95 %)": size_text(one) if told else DASH,
                    "q": one.q,
                }
            )
    return Table(
        "signs",
        _title(facts, 3, "Что проверено"),
        pd.DataFrame(rows),
        {"Работ": Digits(), "q": Q},
        (
            "q — какая доля школ региона, названных по этому признаку с таким же или меньшим q, оказалась "
            "бы названа напрасно. Изменение к прошлому году считается по работам двух лет.",
        ),
        empty="Признаки, требующие проверки, по этим данным не определяются.",
        findings=tuple(judged),
    )


def signs_text(facts: Facts) -> Stack:
    """The signs that are told: sentence, figure, innocent causes; nothing when there are none."""
    told, blocks = named(facts), []
    for one in told:
        causes = "; ".join(KINDS[one.code].causes)
        blocks.append(Paragraph(sentence(facts, one), (one,)))
        blocks.append(
            Paragraph(f"Обычные причины, которые нужно исключить до любых выводов: {causes}.")
        )
    if told:
        blocks.append(school_figure(facts, told, "Рисунок\u00a01. {}".format))
    return stack(blocks)


def marks_table(facts: Facts) -> Table:
    """School marks beyond what the scores explain, paper by paper, where the sign is told."""
    unit, rows = school_of(facts), []
    told = any(one.code == "mark_gap_school" for one in named(facts))
    for paper in written(facts) if told else ():
        row = facts.of_paper(unit, "mark_gap_paper", paper)
        if row is None or row["hidden"]:
            continue
        low, high = (number(row[end], 2) for end in ("low", "high"))
        rows.append(
            {
                "Предмет, класс": paper_name(facts, paper),
                "Работ": row["n"],
                _APART: row["value"],
                "95 %": f"от{NBSP}{low} до{NBSP}{high}",
            }
        )
    return Table(
        "marks",
        _title(facts, 4, "Отметки школы по предметам и классам"),
        pd.DataFrame(rows),
        {"Работ": Digits(), _APART: Digits(2, signed=True)},
        (
            "Показывает, с каких предметов начать сопоставление журналов; отдельный предмет неточен.",
        ),
        empty="",
    )


def measures_text(facts: Facts) -> Stack:
    """What the school and its teachers are asked for, a row each; what is no longer told."""
    if not facts.recommendations:
        return recommendations(facts)
    gone = gone_lines(facts)
    return stack([measures_table(facts), Bullets(gone) if gone else None])


def measures_table(facts: Facts) -> Table:
    """Recommendations in the order of the note: measure, ground, who, when, how it is seen."""
    rows = [
        {
            "Что сделать": one.entry.measure,
            "Основание": "; ".join(_ground(facts, ground) for ground in one.grounds),
            "Ответственный": one.entry.responsible,
            "Срок": term_text(one.entry.term, facts.year),
            "Чем подтверждается": one.entry.evidence,
        }
        for one in facts.recommendations
    ]
    place = 4 if marks_table(facts).frame.empty else 5
    return Table(
        "measures",
        _title(facts, place, "Меры, которые предлагаются школе и учителям"),
        pd.DataFrame(rows),
        findings=tuple(
            tuple(ground.finding for ground in one.grounds) for one in facts.recommendations
        ),
    )


def _ground(facts: Facts, one: Ground) -> str:
    """The name of a sign told above, or the ground of another finding; whether it is new."""
    finding = one.finding
    told = KINDS[finding.code].name if finding.code in KINDS else ground(facts, finding)
    told = told.removeprefix(f"{school_name(facts, finding.unit)}: ")
    return f"{told} ({SINCE[one.since]})" if facts.compared else told


def methods_text(facts: Facts) -> Stack:
    """How the numbers were got, in a few lines: what the letter tells, the rest is in the note."""
    lines = [
        f"Погрешности — 95{NBSP}%. Группы меньше {number(facts.run.thresholds['small_cell'].value)} "
        f"учеников и доли при числе участников меньше "
        f"{number(facts.run.thresholds['share_min_n'].value)} не печатаются.",
    ]
    if any(one.code == "spike_school" for one in named(facts)):
        lines.append(
            f"Скопление работ у границы отметки: распределение баллов школы сравнивается с "
            f"{compared_with(facts)}, приведённым к уровню и разбросу самой школы, поэтому ни высокий, ни "
            "низкий уровень признаком не становится."
        )
    if facts.of("signs_school", *Verdict):
        q = percent(100 * facts.run.thresholds["spike_q"].value)
        lines.append(
            "Признаки проверялись сразу по всем школам региона, и порог учитывает число проверок: напрасно "
            f"названных среди названных не больше {q}."
        )
    lines.append("Полное описание методики и пределов — в справке о муниципалитете.")
    return stack([Bullets(tuple(lines))])
