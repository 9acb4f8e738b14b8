"""Recommendations of the note on monitoring: the catalogue's words, with what the note shows as ground."""

from __future__ import annotations

from msoko_analysis.facts.monitoring import MonitoringFacts
from msoko_analysis.findings.interventions import Conclusion
from msoko_analysis.monitoring.actions import Action, load_actions
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.roadmap.keywords import load_keywords
from msoko_analysis.monitoring.roadmap.status import Status
from msoko_analysis.page.prose import Paragraph, Stack, stack
from msoko_analysis.russian import number
from msoko_analysis.wording.advice import Card
from msoko_analysis.wording.monitoring.mechanisms import differing


def advice_text(facts: MonitoringFacts) -> Stack:
    """The entries for which there is a ground, numbered through."""
    found = grounds(facts)
    chosen = [entry for entry in load_actions() if found.get(entry.finding)]
    if not chosen:
        text = "Из показанного в справке рекомендации не следуют; мер не предлагается."
        return stack([Paragraph(text)])
    return stack(_card(entry, found[entry.finding], place) for place, entry in enumerate(chosen, 1))


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
    """What the note shows, by the finding of the catalogue; () where there is nothing."""
    differ = () if facts.assessed is None else differing(facts.assessed)
    return {
        "indicator_worse": tuple(_worse(facts)),
        "target_missed": tuple(_missed(facts)),
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


def _worse(facts: MonitoringFacts) -> list[str]:
    return [
        f"{row.indicator} — было {number(row.before, 2)}, стало {number(row.value, 2)} "
        f"{facts.registry[row.indicator].unit_ru}"
        for row in facts.worse.itertuples()
    ]


def _missed(facts: MonitoringFacts) -> list[str]:
    return [
        f"{row.indicator} — {number(row.value, 2)} при цели {number(row.target, 2)} "
        f"{facts.registry[row.indicator].unit_ru}"
        for row in facts.missed.itertuples()
    ]


def activities(facts: MonitoringFacts, status: Status) -> tuple[str, ...]:
    """Activities of a status, as «1.5. Анализ причин…»."""
    return tuple(
        f"{one.activity.number}. {one.activity.text}" if one.activity.number else one.activity.text
        for roadmap in facts.roadmaps
        for one in roadmap.dated
        if one.status is status
    )


def incomplete(facts: MonitoringFacts) -> tuple[str, ...]:
    """Directions without activities for all stages, as «Профориентация: 2 этапа из 9»."""
    whole = len(load_keywords().stages.order)
    return tuple(
        f"{direction or 'дорожная карта в целом'}: этапов {present} из {whole}"
        for roadmap in facts.roadmaps
        for direction in roadmap.roadmap.directions
        if (present := roadmap.cycle.present(direction)) < whole
    )
