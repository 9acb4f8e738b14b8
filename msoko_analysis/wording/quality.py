"""Quality of the input data, as a reader needs it to trust or doubt the note."""

from __future__ import annotations

import numpy as np
import pandas as pd

from msoko_analysis.facts.district import Facts
from msoko_analysis.facts.participation import compared_works
from msoko_analysis.measures.withheld import PAPER
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.scales import HIGHEST, STATUS_RU, Paper
from msoko_analysis.russian import DASH, NBSP, counted, first_capital, natural, number, percent
from msoko_analysis.wording.names import paper_name, procedure_name, school_name
from msoko_analysis.wording.numbering import table_title

_CHECKS = {
    "total_above_max": ("Балл больше максимального", "в расчёт не входят"),
    "total_ne_items": ("Балл не равен сумме за задания", "взят балл, указанный в строке"),
    "no_scale": ("Нет действующей шкалы отметок", "без признаков у границ отметок"),
    "unknown_school": ("Школы нет в списке школ", "учтена под своим кодом"),
    "absent": ("Ученик не писал", "учтён только в участии"),
    "no_total": ("Задания есть, балла нет", "в расчёт не входят"),
    "set_aside": ("Строка отложена при чтении", "причины — в папке rejected данных"),
    "cells_blanked": ("Отметка вне 2–5 и подобное", "ячейка считается пустой"),
    "aggregate_mismatch": (
        "Строка формы ФИС ОКО не сходится с результатами",
        "взяты результаты; если они охватывают меньшую часть участников — форма",
    ),
}


def quality_table(facts: Facts) -> Table:
    """Table of checks over all papers of the district."""
    table = facts.quality
    sums = table.groupby("check", observed=True)[["n_rows", "n_found"]].sum()
    rows = []
    for check, (name, effect) in _CHECKS.items():
        if check not in sums.index:
            continue
        n_rows, n_found = sums.loc[check]
        rows.append(
            {
                "Проверка": name,
                "Проверено строк": float(n_rows),
                "Найдено": float(n_found),
                "Доля, %": 100 * n_found / n_rows if n_rows else 0.0,
                "Что сделано": effect,
            }
        )
    return Table(
        "quality",
        table_title(facts, "quality", "Проверки исходных данных"),
        pd.DataFrame(rows),
        {"Проверено строк": Digits(), "Найдено": Digits(), "Доля, %": Digits(1)},
        empty="Результатов учеников нет: проверять нечего.",
    )


def quality_text(facts: Facts) -> Stack:
    """Lost rows, participation against last year, scales that are not official or missing."""
    items = [
        *lost_items(facts),
        *_participation(facts),
        *_scales(facts),
        *_missing(facts),
        *_hidden(facts),
    ]
    return stack([Bullets(tuple(items)) if items else Paragraph("Других замечаний нет.")])


def lost_items(facts: Facts) -> list[str]:
    """Rows lost in reading, by paper and school, and those whose place can not be read."""
    table = facts.lost
    mine = table[table["municipality"].eq(facts.district) & table["year"].notna()]
    items = []
    for paper, rows in papers_of_lost(facts):
        lost, total = int(rows["n_lost"].sum()), int(rows["n_rows"].sum())
        said = f"{first_capital(paper_name(facts, paper))}: {_lost_of(lost, total)}"
        schools = rows[rows["n_lost"] > 0].dropna(subset=["school"])
        named = [
            f"{school_name(facts, one.school)} — {number(one.n_lost)} из {number(one.n_rows)} "
            f"({percent(100 * one.n_lost / one.n_rows, 1)})"
            for one in schools.itertuples()
        ]
        said += f" По школам: {'; '.join(sorted(named, key=natural))}." if named else ""
        if rows["withheld"].any():
            limit = percent(100 * facts.run.thresholds["lost_withheld"].value)
            said += f" Это больше {limit}: результаты работы не приводятся."
        items.append(said)
    elsewhere = int(table.drop(mine.index)["n_lost"].sum())
    if elsewhere:
        rows = counted(elsewhere, "отложенной строке", "отложенным строкам", "отложенным строкам")
        items.append(
            f"Ещё по {rows} региона не прочитать, из какого они муниципалитета или года: среди них могут "
            "быть и здешние."
        )
    return items


def papers_of_lost(facts: Facts) -> list[tuple[Paper, pd.DataFrame]]:
    """Papers of the district and year with a lost or withheld row, each with its rows by school."""
    table = facts.lost
    told = table["municipality"].eq(facts.district) & table[list(PAPER)].notna().all(axis=1)
    found = []
    for key, rows in table[told].groupby(list(PAPER[1:])):
        if rows["n_lost"].sum() or rows["withheld"].any():
            found.append((Paper(str(key[0]), int(key[1]), str(key[2])), rows))
    return found


def _lost_of(lost: int, total: int) -> str:
    share = percent(100 * lost / total, 1)
    return f"при чтении отложено строк: {number(lost)} из {number(total)} ({share})."


def lost_point(facts: Facts) -> str:
    """For the first page: what was lost where it is much, and what is not told for it."""
    limit = facts.run.thresholds["lost_told"].value
    said, withheld = [], []
    for paper, rows in papers_of_lost(facts):
        lost, total = int(rows["n_lost"].sum()), int(rows["n_rows"].sum())
        name = paper_name(facts, paper)
        if rows["withheld"].any():
            withheld.append(f"{name} ({percent(100 * lost / total, 1)})")
        elif lost >= limit * total:
            said.append(f"{name} — {number(lost)} из {number(total)} строк")
    parts = []
    if said:
        parts.append(
            f"При чтении отложены строки: {'; '.join(said)}. Результаты — только по прочитанным строкам."
        )
    if withheld:
        parts.append(
            f"Не приводятся из-за отложенных строк: {'; '.join(withheld)}: оставшиеся строки не "
            "представляют участников."
        )
    return f"Исходные данные. {' '.join(parts)}" if parts else ""


def _participation(facts: Facts) -> list[str]:
    if not facts.schools:
        return []
    table = facts.public.table
    before, now = compared_works(facts.quality, table, facts.district, facts.year)
    if before == 0:
        return ["Данных прошлого года нет: участие и результаты не с чем сравнить."]
    change = 100 * (now / before - 1)
    side = "больше" if change >= 0 else "меньше"
    works = counted(now, "работа", "работы", "работ")
    return [
        f"{works} против {number(before)} годом раньше по предметам и классам, которые были в оба года и "
        f"числа которых печатаются: на {percent(abs(change), 1)} {side}."
    ]


def _scales(facts: Facts) -> list[str]:
    notes: dict[str, list[str]] = {}
    for paper in facts.distributions:
        note = facts.scale(paper).note
        if note:
            notes.setdefault(note, []).append(paper_name(facts, paper))
    return [f"Шкалы отметок ({_which(facts, papers)}) — {note}." for note, papers in notes.items()]


def _which(facts: Facts, papers: list[str]) -> str:
    everything = len(papers) == len(facts.distributions)
    return "все предметы и классы" if everything else "; ".join(papers)


def _missing(facts: Facts) -> list[str]:
    return [
        f"{procedure_name(paper.procedure)} ({facts.run.subjects[paper.subject].nominative}, "
        f"{paper.grade}{NBSP}класс): "
        f"{_without_marks(facts, Paper(*paper[1:]))} — {reason}."
        for paper, reason in facts.run.missing_scales
        if paper.year == facts.year and Paper(*paper[1:]) in facts.distributions
    ]


def _without_marks(facts: Facts, paper: Paper) -> str:
    """What is told of a paper without a scale."""
    scale = facts.known_scales[paper]
    of = "наибольшего балла в данных" if scale.source == HIGHEST else "максимального балла"
    marks = "с отметками из загруженных данных" if scale.status == "marks_told" else "без отметок"
    return (
        f"{marks} и без признаков у их границ, результат — в процентах от {of} "
        f"({number(scale.max_primary)}), с другими годами не сравнивается"
    )


def _hidden(facts: Facts) -> list[str]:
    table = facts.public.table
    mine = table[(table["municipality"] == facts.district) & (table["year"] == facts.year)]
    hidden = int(mine["hidden"].sum())
    if facts.issue == "official":
        return [
            f"Показано значений, скрытых в открытом выпуске: {number(facts.opened)} из "
            f"{number(len(mine))} рассчитанных; скрыто и здесь — {number(hidden)}."
        ]
    small = number(facts.run.thresholds["small_cell"].value)
    least = number(facts.run.thresholds["share_min_n"].value)
    return [
        f"Скрыто значений: {number(hidden)} из {number(len(mine))} рассчитанных. Не печатаются группы "
        f"меньше {small} учеников, доли при числе участников меньше {least} и значения, по которым их "
        "можно восстановить. «Скрыто» не значит «ноль»."
    ]


def scales_table(facts: Facts) -> Table:
    """Scales used, with their source and status."""
    others = any(scale.other_cuts for scale in facts.scales.values())
    steps = any(scale.step > 1 for scale in facts.scales.values())
    rows = []
    for paper, scale in facts.scales.items():
        marks = dict(enumerate(scale.cuts, 3))
        row = {
            "Предмет, класс": paper_name(facts, paper),
            "Максимум": scale.max_primary,
            **{f"«{mark}» с": marks.get(mark, np.nan) for mark in (3, 4, 5)},
        }
        if others:
            row["Другие границы"] = ", ".join(map(str, scale.other_cuts)) or DASH
        if steps:
            row["Шаг"] = scale.step
        status = {"Статус": STATUS_RU[scale.status], "Источник": scale.source}
        rows.append(row | status)
    notes = ["Баллы — первичные; отметка ставится, начиная с указанного балла."]
    if steps:
        notes.append(
            "Шаг — сколько баллов шкалы считается за один там, где речь о недобравших 1–2 балла."
        )
    return Table(
        "scales",
        table_title(facts, "scales", "Шкалы отметок"),
        pd.DataFrame(rows),
        dict.fromkeys(("Максимум", "«3» с", "«4» с", "«5» с", "Шаг"), Digits()),
        tuple(notes),
        empty="Действующих шкал отметок нет.",
    )
