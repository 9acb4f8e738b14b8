"""The first page: requisites and what matters."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np

from msoko_analysis.facts import Facts
from msoko_analysis.findings import Verdict
from msoko_analysis.prose import Bullets, Heading, Paragraph, Stack, stack
from msoko_analysis.russian import NBSP, counted, first_capital, listed, number, percent
from msoko_analysis.wording.names import district_cases, procedures, school_names

_SCHOOLS = ("школа", "школы", "школ")
_OF_SCHOOLS = ("школы", "школ", "школ")
_WORKS = ("работа", "работы", "работ")


@dataclass(frozen=True)
class Requisites:
    """The head of an official document, with what is left to fill by hand."""

    rows: tuple[tuple[str, str], ...]

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
            for name, value in self.rows
        )
        return f'<table class="meta"><tbody>{rows}</tbody></table>'


def requisites(facts: Facts) -> Requisites:
    """Requisites of the note; date and number are given when it is registered."""
    name = district_cases(facts)
    about = f"О результатах {procedures(facts)} {facts.year} года в {name.prepositional}"
    return Requisites(
        (
            ("Организация", facts.run.organisation),
            ("Вид документа", "Аналитическая справка"),
            ("Заголовок к тексту", about),
            ("Дата и номер", "«___» __________ 20__ г. № ______"),
            ("Муниципалитет", f"{first_capital(name.nominative)}, {facts.run.region.nominative}"),
        )
    )


def summary(facts: Facts) -> Stack:
    """What took part, what stands out, what to do first: one page."""
    points = [_results(facts), _spikes(facts), _low(facts), _official(facts), _participation(facts)]
    first = _first_steps(facts)
    return stack(
        [
            Paragraph(_scope(facts)),
            Bullets(tuple(point for point in points if point)),
            Heading("Что сделать в первую очередь") if first else None,
            Bullets(first, numbered=True) if first else None,
        ],
        box="lead",
    )


def works_total(facts: Facts) -> int:
    """Works with a score within the scale, all papers of the district."""
    return sum(district.n for district, _ in facts.distributions.values())


def _scope(facts: Facts) -> str:
    schools = counted(facts.schools_listed, *_SCHOOLS)
    works = counted(works_total(facts), *_WORKS)
    papers = counted(len(facts.papers), "работе", "работам", "работам")
    return (
        f"{procedures(facts)} {facts.year} года: {schools} {district_cases(facts).genitive}, "
        f"{works} учеников по {papers} (предмет и класс). Одна работа — один ученик по одному "
        f"предмету."
    )


def _difference(facts: Facts, other: str) -> float:
    """Mean difference of the district over papers, weighted by works, in percentage points."""
    differences, weights = [], []
    for paper, (district, _) in facts.distributions.items():
        mine = facts.value("municipality", "mean_percent", paper)
        if other == "region":
            base = facts.value("region", "mean_percent", paper)
        else:
            base = facts.value("municipality", "mean_percent", paper, year=facts.year - 1)
        if np.isfinite(mine - base):
            differences.append(mine - base)
            weights.append(district.n)
    return float(np.average(differences, weights=weights)) if differences else float("nan")


def _compared(difference: float, higher: str, lower: str, same: str) -> str:
    if round(abs(difference), 1) == 0:
        return same
    points = f"{number(abs(difference), 1)}{NBSP}п.{NBSP}п."
    return f"на {points} {higher if difference > 0 else lower}"


def _results(facts: Facts) -> str:
    region = _difference(facts, "region")
    if not np.isfinite(region):
        return ""
    text = (
        "Результаты. В среднем по всем работам результат (доля максимального балла) "
        f"{_compared(region, 'выше регионального', 'ниже регионального', 'такой же, как в регионе')}"
    )
    year = _difference(facts, "year")
    if np.isfinite(year):
        text += f", {_compared(year, 'выше', 'ниже', 'такой же')} прошлогоднего".replace(
            "такой же прошлогоднего", "такой же, как годом раньше"
        )
    return text + ". По каждой работе с погрешностью — в таблице 1."


def _spikes(facts: Facts) -> str:
    named = facts.of("spike_school", Verdict.CONCERN)
    watch = facts.of("spike_school", Verdict.WATCH)
    few = facts.of("spike_school", Verdict.TOO_FEW)
    clean = facts.of("spike_school", Verdict.NO_CONCERN)
    if not (named or watch or few or clean):
        return "Признак «скопление работ у границы отметки» по этим данным не определяется."
    tested = len(named) + len(watch) + len(clean)
    text = "Объективность. "
    if named:
        names = listed(school_names(facts, [one.unit for one in named]))
        chosen = counted(len(named), *_OF_SCHOOLS)
        text += (
            f"Из {counted(tested, *_OF_SCHOOLS)}, по которым можно судить, признак «скопление работ у "
            f"границы отметки» требует проверки у {chosen}: {names}. Это повод посмотреть работы, а не "
            "вывод о нарушении."
        )
    else:
        text += (
            f"Признака «скопление работ у границы отметки», который требовал бы проверки, нет ни у "
            f"одной из {counted(tested, *_OF_SCHOOLS)}, по которым можно судить."
        )
    if watch:
        names = listed(school_names(facts, [one.unit for one in watch]))
        text += f" К сведению, величина признака мала: {names}."
    if few:
        text += (
            f" По {counted(len(few), 'школе', 'школам', 'школам')} работ слишком мало для суждения."
        )
    return text


def _low(facts: Facts) -> str:
    found = facts.of("low_share_school", Verdict.WATCH)
    if not found:
        return ""
    limit = percent(found[0].limit)
    names = listed(school_names(facts, [one.unit for one in found]))
    return (
        f"Низкие результаты. Отметок «2» не меньше {limit} по двум работам и более, и это выше "
        f"регионального уровня: {names}."
    )


def _official(facts: Facts) -> str:
    row = facts.measure("municipality", "p19")
    if row is None:
        return ""
    region = facts.value("region", "p19")
    return (
        f"Официальные признаки ФИОКО (2019). Хотя бы один признак — у "
        f"{number(row['count'])} из {counted(row['n'], *_OF_SCHOOLS)}; расчётное "
        f"значение показателя П19 — {percent(row['value'], 1)} (по региону {percent(region, 1)})."
    )


def _participation(facts: Facts) -> str:
    found = facts.of("participation_district", Verdict.WATCH)
    if not found:
        return ""
    return (
        f"Участие. Работ на {percent(found[0].value)} меньше, чем годом раньше: сравнение с прошлым "
        "годом надёжно, только если известно, кто не писал."
    )


def _first_steps(facts: Facts) -> tuple[str, ...]:
    urgent = [one for one in facts.recommendations if one.entry.verdict == "CONCERN"]
    chosen = urgent or list(facts.recommendations)
    return tuple(
        f"{one.entry.addressee}: {one.entry.measure[0].lower()}{one.entry.measure[1:]} "
        f"({one.entry.term})."
        for one in chosen[:3]
    )
