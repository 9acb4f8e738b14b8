"""The management cycle in words: status of activities, the calendar, gaps, what was not understood."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pandas as pd

from msoko_analysis.errors import Problem
from msoko_analysis.monitoring.roadmap.completeness import Completeness, Gap, GapKind
from msoko_analysis.monitoring.roadmap.keywords import StagesFile, load_keywords
from msoko_analysis.monitoring.roadmap.roadmap import Activity, Roadmap
from msoko_analysis.monitoring.roadmap.status import (
    Dated,
    Status,
    status_table,
    without_days,
    year_calendar,
)
from msoko_analysis.page.prose import Bullets, Paragraph, Stack, stack
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.russian import DASH, counted, first_capital, listed

STATUS_RU = {
    Status.DONE: "исполнено",
    Status.DUE: "срок идёт",
    Status.OVERDUE: "просрочено",
    Status.NO_EVIDENCE: "нет подтверждения",
    Status.AHEAD: "срок впереди",
    Status.NOT_DATED: "без срока",
}
_MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)
_ACTIVITIES = ("мероприятие", "мероприятия", "мероприятий")
_OF_STAGES = ("этапа", "этапов", "этапов")
_NO_DIRECTION = "Дорожная карта в целом"
_LACKS = {
    GapKind.NO_TERM: "нет срока",
    GapKind.NO_RESPONSIBLE: "нет ответственного",
    GapKind.NO_EVIDENCE: "не указан результат",
}


def status_text(roadmap: Roadmap, dated: tuple[Dated, ...], on: datetime.date) -> Stack:
    """How the roadmap stands on a date: a sentence, what is overdue or unproven, the table.

    >>> from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
    >>> empty = Roadmap((), (), None, (), (), (), ())
    >>> status_text(empty, (), datetime.date(2027, 3, 1)).blocks[0].text
    'На 01.03.2027 в дорожной карте 0\\xa0мероприятий.'
    """
    counts = [(one, sum(two.status is one for two in dated)) for one in Status]
    told = [f"{STATUS_RU[one]} — {n}" for one, n in counts if n]
    text = f"На {on:%d.%m.%Y} в дорожной карте {counted(len(dated), *_ACTIVITIES)}"
    urgent = [one for one in dated if one.status in (Status.OVERDUE, Status.NO_EVIDENCE)]
    items = tuple(
        f"{_called(one.activity)}: {STATUS_RU[one.status]}"
        f" (срок: {_printed(one.activity)}; ответственный: {one.activity.responsible or DASH})."
        for one in urgent
    )
    return stack(
        [
            Paragraph(f"{text}: {', '.join(told)}." if told else f"{text}."),
            Bullets(items) if items else None,
            _status_frame(dated),
            _dateless(roadmap),
        ]
    )


def _status_frame(dated: tuple[Dated, ...]) -> Table:
    counts = status_table(dated)
    heads = {one: first_capital(STATUS_RU[one]) for one in Status}
    frame = counts.rename(columns={one.value: heads[one] for one in Status})
    frame.insert(0, "Направление", [name or _NO_DIRECTION for name in frame.index])
    digits = {heads[one]: Digits() for one in Status}
    caption = "Мероприятия по направлениям и состоянию исполнения"
    return Table("Исполнение", caption, frame.reset_index(drop=True), digits)


def _dateless(roadmap: Roadmap) -> Paragraph | None:
    """Activities that stand in no calendar, with their terms as printed."""
    unplaced = without_days(roadmap)
    if not unplaced:
        return None
    names = "; ".join(f"{_called(one)} ({_printed(one)})" for one in unplaced)
    return Paragraph(
        f"Не попадают в календарь {counted(len(unplaced), *_ACTIVITIES)}, потому что дней их срока в "
        f"дорожной карте нет: {names}."
    )


def calendar_table(roadmap: Roadmap, first: datetime.date, months: int = 12) -> Table:
    """The calendar: what begins or goes on and what must be finished in each month.

    >>> from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
    >>> empty = Roadmap((), (), None, (), (), (), ())
    >>> calendar_table(empty, datetime.date(2027, 1, 1)).frame.shape
    (12, 3)
    """
    table = year_calendar(roadmap, first, months)
    rows = []
    for step in range(months):
        place = first.year * 12 + first.month - 1 + step
        month = datetime.date(place // 12, place % 12 + 1, 1)
        mine = table[table["month"] == month].drop_duplicates("activity", keep="last")
        ends, runs = (
            "; ".join(_short(roadmap.activities[n]) for n in mine[mine["ends"] == flag]["activity"])
            for flag in (True, False)
        )
        rows.append((f"{_MONTHS[month.month - 1]} {month.year}", ends or DASH, runs or DASH))
    columns = ["Месяц", "Завершить", "Продолжаются"]
    frame = pd.DataFrame(rows, columns=columns)
    return Table("Календарь", "Календарь мероприятий", frame)


def completeness_text(found: Completeness, stages: StagesFile | None = None) -> Stack:
    """The cycle of every direction: how many stages are there, what is missing, the table.

    >>> from msoko_analysis.monitoring.roadmap.completeness import completeness
    >>> from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
    >>> found = completeness(Roadmap((), (), None, (), (), (), ()))
    >>> completeness_text(found).blocks[0].frame.empty
    True
    """
    known = stages or load_keywords().stages
    names = {stage.code: stage.name for stage in known.stages}
    directions = tuple(dict.fromkeys(found.table["direction"]))
    items = tuple(_direction_text(found, direction, known, names) for direction in directions)
    frame = found.table.assign(stage=found.table["stage"].map(names))
    frame["direction"] = frame["direction"].replace("", _NO_DIRECTION)
    frame = frame.drop(columns="told").set_axis(
        [
            "Направление",
            "Этап цикла",
            "Мероприятий",
            "Со сроком",
            "С ответственным",
            "С результатом",
        ],
        axis=1,
    )
    notes = (
        "Этап взят из столбца «Этап цикла», а где его нет — по словам мероприятия: такую отнесённость "
        "следует проверить.",
        "Таблица показывает, что записано в дорожной карте, а не что сделано и с каким качеством.",
    )
    caption = "Полнота управленческого цикла по направлениям"
    digits = dict.fromkeys(frame.columns[2:], Digits())
    return stack(
        [
            Bullets(items) if items else None,
            Table("Цикл", caption, frame, digits, notes),
            _untagged(found.untagged),
        ]
    )


def _direction_text(
    found: Completeness, direction: str, stages: StagesFile, names: dict[str, str]
) -> str:
    """One direction: «описаны 7 из 9 этапов; нет этапов …; у этапа … нет срока (ячейки …)»."""
    mine = [gap for gap in found.gaps if gap.direction == direction]
    absent = [_quoted(names[gap.stage]) for gap in mine if gap.kind is GapKind.NO_ACTIVITY]
    present, whole = found.present(direction), len(stages.order)
    parts = [f"есть мероприятия для {counted(present, *_OF_STAGES)} цикла из {whole}"]
    if absent:
        parts.append(f"нет: {listed(absent)}")
    parts += [_lack(gap, names) for gap in mine if gap.kind is not GapKind.NO_ACTIVITY]
    return f"{direction or _NO_DIRECTION}: {'; '.join(parts)}."


def _lack(gap: Gap, names: dict[str, str]) -> str:
    where = ", ".join(gap.cells)
    many = counted(len(gap.cells), "мероприятия", "мероприятий", "мероприятий")
    return f"{_quoted(names[gap.stage])} — у {many} {_LACKS[gap.kind]} ({where})"


def _untagged(activities: Sequence[Activity]) -> Paragraph | None:
    if not activities:
        return None
    names = "; ".join(map(_called, activities))
    return Paragraph(f"Не отнесены ни к одному этапу, укажите этап в дорожной карте: {names}.")


def reading_text(roadmap: Roadmap) -> Stack:
    """What could not be understood, what is empty, what should be looked at; each with its cell.

    >>> from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
    >>> reading_text(Roadmap((), (), None, (), (), (), ())).blocks[0].text
    'Дорожная карта прочитана полностью, замечаний нет.'
    """
    groups: tuple[tuple[str, tuple[Problem, ...]], ...] = (
        ("Не понято", roadmap.problems),
        ("Не заполнено", roadmap.missing),
        ("Понято, но требует проверки", roadmap.doubts),
    )
    blocks = []
    for title, problems in groups:
        if problems:
            blocks.append(Paragraph(f"{title}:"))
            blocks.append(Bullets(tuple(map(str, problems))))
    return stack(blocks or [Paragraph("Дорожная карта прочитана полностью, замечаний нет.")])


def _quoted(name: str) -> str:
    return f"«{name}»"


def _called(activity: Activity) -> str:
    """The activity by its number and words."""
    text = _short(activity)
    return f"{activity.number}. {text}" if activity.number else text


def _short(activity: Activity) -> str:
    """The beginning of the text, whole words; «мероприятие в строке 7» where there is none."""
    words = " ".join(activity.text.split())
    if len(words) <= 80:
        return words or f"мероприятие в строке {activity.place.row}"
    return words[:80].rsplit(" ", 1)[0] + "…"


def _printed(activity: Activity) -> str:
    """The term as printed; «не указан» where there is none."""
    return " ".join(activity.term.text.split()) or "не указан"
