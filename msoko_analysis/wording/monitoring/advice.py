"""Recommendations of the note on monitoring: the catalogue's words, with what the note shows as ground."""

from __future__ import annotations

from msoko_analysis.facts.monitoring import MonitoringFacts
from msoko_analysis.findings.interventions import Conclusion
from msoko_analysis.monitoring.actions import Action, load_actions
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.roadmap.keywords import load_keywords
from msoko_analysis.monitoring.roadmap.status import Status
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.russian import NBSP, between, counted, number, percent
from msoko_analysis.wording.advice import Card
from msoko_analysis.wording.monitoring.mechanisms import differing


def advice_text(facts: MonitoringFacts) -> Stack:
    """The entries for which there is a ground, numbered through."""
    found, told = grounds(facts), of_indicators(facts)
    chosen = {}
    for entry in load_actions():
        mine = tuple(line for code in entry.indicators for line in told.get(code, ()))
        if ground := mine or found.get(entry.finding):
            chosen[entry] = ground
    if not chosen:
        text = "Из показанного в справке рекомендации не следуют; мер не предлагается."
        return stack([Paragraph(text)])
    cards = enumerate(chosen.items(), 1)
    return stack(_card(entry, ground, place) for place, (entry, ground) in cards)


def _card(entry: Action, ground: tuple[str, ...], place: int) -> Card:
    return Card(
        f"{place}. {entry.measure}",
        (
            ("Адресат", entry.addressee),
            ("Проблема", f"{entry.problem}."),
            ("Основание", f"{'; '.join(ground)}."),
            ("Возможные причины (проверить)", f"{'; '.join(entry.causes)}."),
            ("Ответственный", entry.responsible),
            ("Срок", entry.term),
            ("Показатель контроля", entry.control_indicator),
            ("Ожидаемый результат", entry.expected_result),
            ("Подтверждение", entry.evidence),
        ),
    )


def grounds(facts: MonitoringFacts) -> dict[str, tuple[str, ...]]:
    """What the note shows beside indicators, by the finding of the catalogue; () where nothing."""
    differ = () if facts.assessed is None else differing(facts.assessed)
    return {
        "indicator_absent": tuple(
            f"{code} ({Period.parse(period).title})" for code, period in facts.absent
        ),
        "experts_differ": differ,
        "roadmap_overdue": activities(facts, Status.OVERDUE),
        "roadmap_no_evidence": activities(facts, Status.NO_EVIDENCE),
        "cycle_incomplete": incomplete(facts),
        "effect_unclear": tuple(
            f"мера «{one.result.title}»"
            for one in facts.effects
            if one.conclusion is Conclusion.UNCLEAR
        ),
    }


def of_indicators(facts: MonitoringFacts) -> dict[str, list[str]]:
    """What is told of each indicator that became worse, missed its target or stays behind."""
    told: dict[str, list[str]] = {}
    counted = facts.mine(facts.values).set_index(["indicator", "period"])["denominator"]
    for row in facts.worse.itertuples():
        of = counted.get((row.indicator, row.period))
        told.setdefault(row.indicator, []).append(
            f"{row.indicator} — было {number(row.before, 2)}, стало {number(row.value, 2)} "
            f"{facts.registry[row.indicator].unit_ru}{_people(row.units, of)}"
        )
    for row in facts.missed.itertuples():
        told.setdefault(row.indicator, []).append(
            f"{row.indicator} — {number(row.value, 2)} при цели {number(row.target, 2)} "
            f"{facts.registry[row.indicator].unit_ru}"
        )
    for one in facts.behind:
        side = "ниже" if one.value < one.others else "выше"
        told.setdefault(one.indicator, []).append(
            f"{one.indicator} — {percent(one.value, 1)} (95{NBSP}%: {between(one.low, one.high, 1)}), второй "
            f"год подряд {side}, чем у остальных муниципалитетов вместе ({percent(one.others, 1)})"
        )
    return told


def _people(units: float, of: float) -> str:
    """How many of those counted a change of a share is worth: of a few, chance alone may do it."""
    if units != units:
        return ""
    return f" (изменение — примерно {number(abs(units))} из {number(of)} посчитанных)"


def activities(facts: MonitoringFacts, status: Status) -> tuple[str, ...]:
    """Activities of a status, as «1.5. Анализ причин…»."""
    return tuple(
        f"{one.activity.number}. {one.activity.text}" if one.activity.number else one.activity.text
        for roadmap in facts.roadmaps
        for one in roadmap.dated
        if one.status is status
    )


def incomplete(facts: MonitoringFacts) -> tuple[str, ...]:
    """Directions without activities for all stages, as «Профориентация (есть для 2 этапов из 9)»."""
    whole = len(load_keywords().stages.order)
    return tuple(
        f"{direction or 'дорожная карта в целом'} (есть для "
        f"{counted(present, 'этапа', 'этапов', 'этапов')} из {whole})"
        for roadmap in facts.roadmaps
        for direction in roadmap.roadmap.directions
        if (present := roadmap.cycle.present(direction)) < whole
    )
