"""Head, first page and methods of the note on monitoring."""

from __future__ import annotations

import datetime

from msoko_analysis.errors import DataError
from msoko_analysis.facts.monitoring import MonitoringFacts
from msoko_analysis.findings.interventions import Conclusion
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.roadmap.status import Status
from msoko_analysis.page.prose import Absent, Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.russian import counted, number, percent
from msoko_analysis.wording.monitoring import interventions, mechanisms, roadmap
from msoko_analysis.wording.monitoring.advice import activities, incomplete
from msoko_analysis.wording.monitoring.values import INDICATORS, NOT_LOADED
from msoko_analysis.wording.requisites import (
    DATED,
    Requisites,
    grounds_of_monitoring,
    issued_by,
    place,
)

NO_ROADMAP = "Дорожная карта не загружена."
NO_MEASURES = "Сведения о мерах поддержки школ не загружены; эффективность мер не оценивается."
_CONCLUSION = {
    Conclusion.IMPROVED: "улучшение подтверждается сравнением",
    Conclusion.WORSENED: "ухудшение подтверждается сравнением",
    Conclusion.UNCLEAR: "заключить, изменила ли мера результаты, нельзя",
}


def requisites(facts: MonitoringFacts) -> Requisites:
    """Requisites of the note; date and number are given when it is registered."""
    name = facts.run.districts[facts.district].name
    about = (
        "О результатах мотивирующего мониторинга и состоянии механизмов управления качеством "
        f"образования в {name.prepositional} за {facts.year} год"
    )
    return Requisites(
        (
            ("Организация", issued_by(facts.run.organisation)),
            ("Вид документа", "Справка"),
            ("Заголовок к тексту", about),
            ("Дата и номер", DATED),
            ("Муниципалитет", place(name.nominative, facts.run.region.nominative)),
            ("Дорожная карта — на дату", f"{facts.day:%d.%m.%Y}"),
            ("Основание", grounds_of_monitoring(facts.year)),
        )
    )


def summary(facts: MonitoringFacts) -> Stack:
    """What each part says, one line a part."""
    parts = (_indicators, _targets, _mechanisms, _roadmap, _cycle, _measures)
    texts = [(_NAMES[part.__name__], part(facts)) for part in parts]
    told = (
        # «Дорожная карта не загружена» names its part itself
        text if text.startswith(name) else f"{name}. {text}"
        for name, text in texts
        if text
    )
    return stack([Bullets(tuple(told))], box="lead")


def in_yearly_note(facts: MonitoringFacts | DataError | None) -> Stack:
    """The same lines for the yearly note; None where the run has no monitoring, the error where its
    forms have faults.
    """
    if facts is None:
        return stack([Absent("Данные мотивирующего мониторинга в этом запуске не загружены.")])
    if isinstance(facts, DataError):
        return stack(
            [
                Paragraph(
                    "В формах мотивирующего мониторинга есть ошибки, поэтому сведений из них здесь нет. "
                    "Ошибки с адресами ячеек перечисляет программа, когда готовит справку по "
                    "мотивирующему мониторингу."
                )
            ]
        )
    return stack(
        [
            Paragraph(
                "Значения показателей, индекс механизмов по направлениям, дорожные карты и эффект мер "
                "показаны в отдельной справке по мотивирующему мониторингу. Главное из неё:"
            ),
            *summary(facts).blocks,
        ]
    )


_NAMES = {
    "_indicators": "Показатели", "_targets": "Целевые значения", "_mechanisms": "Механизмы управления",
    "_roadmap": "Дорожная карта", "_cycle": "Управленческий цикл", "_measures": "Меры",
}  # fmt: skip


def _indicators(facts: MonitoringFacts) -> str:
    if not facts.templates:
        return NOT_LOADED
    changed = facts.mine(facts.changed)
    told = f"Есть {counted(len(facts.latest), *INDICATORS)} за {facts.year} год."
    if changed.empty:
        return f"{told} Сравнить с прошлым годом не с чем."
    worse = [
        f"{row.indicator} ({Period.parse(row.period).title}) — с {number(row.before, 2)} до "
        f"{number(row.value, 2)} {facts.registry[row.indicator].unit_ru}"
        for row in facts.worse.itertuples()
    ]
    if not worse:
        return f"{told} Хуже, чем в том же периоде прошлого года, не стал ни один из введённых."
    return f"{told} Хуже, чем в том же периоде прошлого года: {'; '.join(worse)}."


def _targets(facts: MonitoringFacts) -> str:
    mine = facts.mine(facts.short_of)
    if mine.empty:
        return ""
    missed = [
        f"{row.indicator} — {number(row.value, 2)} при цели {number(row.target, 2)} "
        f"{facts.registry[row.indicator].unit_ru}"
        for row in facts.missed.itertuples()
    ]
    if missed:
        return f"Не достигнуто: {'; '.join(missed)}."
    known = int(mine["reached"].notna().sum())
    return f"Достигнуты все, по которым есть значения ({known})." if known else "Значений пока нет."


def _mechanisms(facts: MonitoringFacts) -> str:
    one = facts.assessed
    if one is None:
        return (
            "Индекс не рассчитан: не оценены все позиции."
            if facts.unassessed
            else mechanisms.NOT_LOADED
        )
    text = f"Индекс — {percent(one.result.index, 1)}."
    if one.edition.note_ru:
        text += " Максимумы баллов взяты из муниципальной расчётной модели."
    if lost := mechanisms.lost_components(one):
        some = "; ".join(lost[:6]) + ("; и другие" if len(lost) > 6 else "")
        text += f" Потеряны баллы: {some}."
    if len(one.differ):
        text += f" Баллы экспертов расходятся по позициям: {'; '.join(mechanisms.differing(one))}."
    return text


def _roadmap(facts: MonitoringFacts) -> str:
    if not facts.roadmaps:
        return NO_ROADMAP
    n = sum(len(one.dated) for one in facts.roadmaps)
    told = [
        f"{roadmap.STATUS_RU[status]} — {'; '.join(found)}"
        for status in (Status.OVERDUE, Status.NO_EVIDENCE)
        if (found := activities(facts, status))
    ]
    text = f"На {facts.day:%d.%m.%Y} — {counted(n, 'мероприятие', 'мероприятия', 'мероприятий')}"
    return (
        f"{text}; {'; '.join(told)}." if told else f"{text}; просроченных и неподтверждённых нет."
    )


def _cycle(facts: MonitoringFacts) -> str:
    if not facts.roadmaps:
        return ""
    found = incomplete(facts)
    return (
        f"Не для всех этапов есть мероприятия: {'; '.join(found)}."
        if found
        else ("По каждому направлению дорожной карты есть мероприятия для всех этапов.")
    )


def _measures(facts: MonitoringFacts) -> str:
    if not facts.measures_known:
        return NO_MEASURES
    told = [f"«{one.result.title}» — {_CONCLUSION[one.conclusion]}" for one in facts.effects]
    return f"{'; '.join(told)}." if told else _no_measures_of_year(facts)


def _no_measures_of_year(facts: MonitoringFacts) -> str:
    return (
        f"Мер, принятых после процедур {facts.year - 1} года, с результатами {facts.year} года нет."
    )


def roadmap_text(facts: MonitoringFacts) -> Stack:
    """Every roadmap on the day of the note."""
    return _each(facts, lambda one: [roadmap.status_text(one.roadmap, one.dated, facts.day)])


def calendar_text(facts: MonitoringFacts) -> Stack:
    """The calendar of the year."""
    first = datetime.date(facts.year, 1, 1)
    return _each(facts, lambda one: [roadmap.calendar_table(one.roadmap, first)])


def cycle_text(facts: MonitoringFacts) -> Stack:
    """Completeness of the cycle."""
    return _each(facts, lambda one: [roadmap.completeness_text(one.cycle)])


def reading_text(facts: MonitoringFacts) -> Stack:
    """What of the roadmaps was not understood."""
    return _each(facts, lambda one: [roadmap.reading_text(one.roadmap)])


def _each(facts: MonitoringFacts, blocks) -> Stack:
    """The blocks of every roadmap; names of the files where there are several."""
    if not facts.roadmaps:
        return stack([Paragraph(NO_ROADMAP)])
    several = len(facts.roadmaps) > 1
    made = []
    for one in facts.roadmaps:
        file = next((activity.place.file for activity in one.roadmap.activities), "без мероприятий")
        made += [Heading(f"Дорожная карта «{file}»")] if several else []
        made += blocks(one)
    return stack(made)


def measures_text(facts: MonitoringFacts) -> Stack:
    """Effect of the measures in the region, and how many schools of the municipality got one."""
    if not facts.measures_known:
        return stack([Paragraph(NO_MEASURES)])
    if not facts.effects:
        return stack([Paragraph(_no_measures_of_year(facts))])
    schools = counted(facts.given, "школа", "школы", "школ")
    place = facts.run.districts[facts.district].name.genitive
    text = (
        f"Среди школ, получивших меры, — {schools} {place}. Эффект оценён по всем школам региона: одного "
        "муниципалитета для сравнения недостаточно."
    )
    return stack([Paragraph(text), interventions.effect_text(facts.effects)])


def methods_text(facts: MonitoringFacts) -> Stack:
    """Sources, what is our own model, and what the note can not tell."""
    sources = tuple(
        dict.fromkeys(facts.registry.file_of(code).source for code in facts.latest["indicator"])
    )
    items = [
        "Показатели введены муниципалитетами в шаблон Excel; программа считает значения из числителей и "
        "знаменателей. Чего нет в шаблоне, того нет и в справке.",
        *(
            (f"Источники названий показателей: {'; '.join(map(_plain, sources))}.",)
            if sources
            else ()
        ),
        f"Балл показателя: {facts.scored.rule_ru}.",
        "Индекс механизмов посчитан по девяти шагам приказа от 01.07.2022 № 369-Д (методика ФИОКО в "
        "изложении приказа).",
        "Состояние мероприятия определяется по сроку и отметке в дорожной карте. Исполнение без "
        "указанного документа показано как неподтверждённое: это свойство записи, а не вывод о том, "
        "было ли мероприятие.",
        "Полнота цикла — это наличие мероприятий по этапам, а не их качество.",
        "Эффект мер оценивается сравнением со школами без меры. Изменение «до — после» без сравнения "
        "выводом не считается.",
        "Муниципалитеты не ранжируются. Значения других муниципалитетов по именам не приводятся.",
    ]
    return stack([Bullets(tuple(items))])


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
