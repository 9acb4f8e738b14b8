"""The index of management mechanisms in words: its parts, the experts, what often stands behind."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from msoko_analysis.facts.monitoring import Assessment, MonitoringFacts
from msoko_analysis.figures import DirectionBars, Figure, direction_bars
from msoko_analysis.monitoring.experts import COMBINED_RU
from msoko_analysis.monitoring.remarks import load_remarks
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.russian import counted, number, percent

NOT_LOADED = "Баллы экспертов не загружены; индекс механизмов управления не рассчитан."
_POINTS = {"Баллы": Digits(1), "Максимум": Digits(1), "Процент": Digits(1)}
_POSITIONS = ("позиция", "позиции", "позиций")
_MOST_POSITIONS = 10


def index_text(facts: MonitoringFacts) -> Stack:
    """The index, its blocks, and by which edition; then directions, tracks and components."""
    one = facts.assessed
    if one is None:
        return stack([Paragraph(_not_assessed(facts))])
    names = {block.code: block.name for block in one.edition.blocks}
    blocks = "; ".join(
        f"{_lowered(names[row.block])} — {percent(row.percent, 1)} ({_points(row.points, row.maximum)})"
        for row in one.result.blocks.itertuples()
    )
    text = (
        f"Индекс механизмов управления качеством образования — {percent(one.result.index, 1)} "
        f"({_points(one.result.points, one.result.maximum)}). По блокам: {blocks}. Индекс — отношение "
        f"суммы баллов к сумме максимумов, а не среднее индексов. Оценка — по редакции {one.edition.edition} "
        f"года: {_lowered(one.edition.title)}."
    )
    notes = " ".join(filter(None, (one.edition.note_ru, COMBINED_RU)))
    return stack([Paragraph(text), Paragraph(notes), directions_table(one), tracks_table(one)])


def _not_assessed(facts: MonitoringFacts) -> str:
    if not facts.unassessed:
        return NOT_LOADED
    n = counted(len(facts.unassessed), *_POSITIONS)
    some = ", ".join(facts.unassessed[:_MOST_POSITIONS])
    more = " и другие" if len(facts.unassessed) > _MOST_POSITIONS else ""
    return f"Индекс механизмов не рассчитан: никем не оценено {n} ({some}{more})."


def _points(points: float, maximum: float) -> str:
    places = 0 if points == round(points) else 1
    return f"{number(points, places)} из {counted(maximum, 'балла', 'баллов', 'баллов')}"


def directions_table(one: Assessment) -> Table:
    """Points and index of every direction, its block after it."""
    names = {direction.code: direction.name for direction in one.edition.directions}
    rows = []
    for block in one.edition.blocks:
        mine = one.result.directions[one.result.directions["block"] == block.code]
        rows += [_row(f"{row.direction}. {names[row.direction]}", row) for row in mine.itertuples()]
        whole = one.result.blocks[one.result.blocks["block"] == block.code]
        rows += [
            _row(f"Всего по блоку {block.code}: {block.name}", row) for row in whole.itertuples()
        ]
    total = (one.result.points, one.result.maximum, one.result.index)
    rows.append(
        dict(zip(("Направление", *_POINTS), ("Всего: индекс механизмов", *total), strict=True))
    )
    caption = "Индекс механизмов по направлениям и блокам"
    return Table("Механизмы", caption, pd.DataFrame(rows), _POINTS)


def _row(name: str, row: object) -> dict:
    numbers = (row.points, row.maximum, row.percent)
    return dict(zip(("Направление", *_POINTS), (name, *numbers), strict=True))


def tracks_table(one: Assessment) -> Table | None:
    """Points of the tracks; None for an edition without tracks."""
    names = {
        (direction.code, track.code): f"{direction.code}. {track.name}"
        for direction in one.edition.directions
        for track in direction.tracks
    }
    rows = [
        _row(names[row.direction, row.track], row) for row in one.result.tracks.itertuples()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).rename(columns={"Направление": "Трек"})
    return Table("Треки", "Треки направлений", frame, _POINTS) if rows else None


def components_table(facts: MonitoringFacts) -> Table | Paragraph:
    """How far every component of the cycle is formed, a column for each direction, per cent."""
    one = facts.assessed
    if one is None:
        return Paragraph(_not_assessed(facts))
    names = {component.code: component.name for component in one.edition.components}
    wide = one.result.components.pivot(index="component", columns="direction", values="percent")
    codes = [direction.code for direction in one.edition.directions]
    frame = wide.reindex(index=list(names), columns=codes)
    frame.insert(0, "Компонент", [names[code] for code in frame.index])
    notes = ("100 — получены все баллы компонента. Коды направлений — из таблицы индексов выше.",)
    caption = "Сформированность компонентов управленческого цикла по направлениям, %"
    digits = dict.fromkeys(codes, Digits())
    return Table("Компоненты", caption, frame.reset_index(drop=True), digits, notes)


def directions_figure(facts: MonitoringFacts) -> Figure | Paragraph:
    """Bars of the directions; a line of words where nothing was assessed."""
    one = facts.assessed
    if one is None:
        return Paragraph("Рисунка нет: индекс не рассчитан.")
    frame = one.result.directions
    blocks = [block.code for block in one.edition.blocks]
    data = DirectionBars(
        codes=list(frame["direction"]),
        percent=frame["percent"].to_numpy(),
        block=np.array([blocks.index(code) for code in frame["block"]]),
        blocks=[f"блок {block.code}" for block in one.edition.blocks],
        index=one.result.index,
    )
    told = "; ".join(
        f"{code} — {percent(value)}" for code, value in zip(data.codes, data.percent, strict=True)
    )
    return direction_bars(
        data,
        name="mechanisms",
        caption="Индексы направлений, процент от максимального балла; пунктир — индекс механизмов",
        description=f"Столбцы направлений: {told}. Индекс механизмов — {percent(one.result.index)}.",
    )


def experts_text(facts: MonitoringFacts) -> Stack:
    """How far experts agree, and the positions where they do not."""
    one = facts.assessed
    if one is None:
        return stack([Paragraph(_not_assessed(facts))])
    found = one.agreement
    if found.experts < 2:
        return stack([Paragraph("Оценивал один эксперт, согласованность оценок не определяется.")])
    if not math.isfinite(found.alpha.value):
        text = "Все баллы одинаковы, поэтому коэффициент согласованности не определён."
        return stack([Paragraph(text)])
    text = (
        f"Экспертов — {found.experts}, позиций — {found.alpha.units}. Согласованность: α Криппендорфа — "
        f"{number(found.alpha.value, 2)}"
    )
    if found.kappa is not None and math.isfinite(found.kappa.value):
        text += f", взвешенная κ — {number(found.kappa.value, 2)}"
    text += " (1 — полное согласие, 0 — как при случайных баллах)."
    if one.differ.empty:
        return stack([Paragraph(f"{text} Позиций, по которым баллы расходятся, нет.")])
    n = counted(len(one.differ), *_POSITIONS)
    return stack([Paragraph(f"{text} Баллы расходятся: {n}."), differ_table(one)])


def differ_table(one: Assessment) -> Table:
    """Positions on which experts differ."""
    directions = {direction.code: direction.name for direction in one.edition.directions}
    components = {component.code: component.name for component in one.edition.components}
    rows = [
        {
            "Позиция": row.position,
            "Направление": f"{row.direction}. {directions[row.direction]}",
            "Компонент": components[row.component],
            "Экспертов": row.experts,
            "Наименьший балл": row.lowest,
            "Наибольший балл": row.highest,
            "Максимум": row.maximum,
        }
        for row in one.differ.itertuples()
    ]
    digits = {
        "Экспертов": Digits(), "Наименьший балл": Digits(1), "Наибольший балл": Digits(1),
        "Максимум": Digits(1),
    }  # fmt: skip
    notes = (
        "Расхождение — повод согласовать, что считается подтверждением, а не ошибка эксперта.",
    )
    caption = "Позиции, по которым баллы экспертов расходятся"
    return Table("Расхождения", caption, pd.DataFrame(rows), digits, notes)


def remarks_table(facts: MonitoringFacts) -> Table | Paragraph:
    """Typical remarks about the components below their maximum, each once."""
    one = facts.assessed
    if one is None:
        return Paragraph(_not_assessed(facts))
    components = {component.code: component.name for component in one.edition.components}
    rows = []
    for remark in load_remarks():
        mine = one.advice[one.advice["remark"] == remark.id]
        if len(mine):
            where = (
                f"{row.direction} — {_lowered(components[row.component])} (получено "
                f"{percent(row.percent)})"
                for row in mine.itertuples()
            )
            rows.append(
                {
                    "Типовое замечание": remark.remark,
                    "Где потеряны баллы": "; ".join(where),
                    "Мера": remark.measure,
                    "Ответственный": remark.responsible,
                    "Срок": remark.term,
                    "Подтверждение": remark.evidence,
                }
            )
    notes = (
        "Эксперты часто пишут такое о компонентах, по которым баллы потеряны; здесь они этого не писали. "
        "Подходит ли замечание, решает специалист. Меры — предложение проекта.",
    )
    return Table(
        "Замечания", "Что обычно стоит за потерянными баллами", pd.DataFrame(rows), notes=notes,
        empty="По всем компонентам получен максимальный балл, замечаний нет.",
    )  # fmt: skip


def lost_components(one: Assessment) -> list[str]:
    """Components below their maximum, as «1.4 — управленческие решения (получено 0 %)»."""
    components = {component.code: component.name for component in one.edition.components}
    below = one.result.components[
        one.result.components["points"] < one.result.components["maximum"]
    ]
    return [
        f"{row.direction} — {_lowered(components[row.component])} (получено {percent(row.percent)})"
        for row in below.itertuples()
    ]


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def differing(one: Assessment) -> tuple[str, ...]:
    """Positions experts differ on, as «1.2 — анализ результатов мониторинга»."""
    components = {component.code: component.name for component in one.edition.components}
    tracks = {
        (direction.code, track.code): f", {_lowered(track.name)}"
        for direction in one.edition.directions
        for track in direction.tracks
    }
    of_position = one.edition.positions().set_index("position")["track"]
    return tuple(
        f"{row.direction} — {_lowered(components[row.component])}"
        f"{tracks.get((row.direction, of_position[row.position]), '')}"
        for row in one.differ.itertuples()
    )
