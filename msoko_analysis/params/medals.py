"""Rules of the medal «За особые успехи в учении» by year, as data: what ЕГЭ can show of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from msoko_analysis.errors import Problem
from msoko_analysis.params.schema import Fault, Strict, Text, Whole, nearest, read_yaml, validate

FIRST_YEAR_OF_DEGREES = 2024
"""The first year of graduation with medals of two degrees (order № 730 of 29.09.2023)."""
Score = Annotated[int, Field(strict=True, ge=1, le=100)]


class Bar(Strict):
    """A score with which results of medalists are compared, apart from the rule of the year."""

    title_ru: Text
    score: Score
    kind: Literal["official", "own"]
    status: Literal["found_official", "found_secondary", "unconfirmed"]
    source: Text


class Bars(Strict):
    """``p29`` by the name of the indicator; ``second`` for medals of the second degree, for
    reference; ``high`` bounds the last band of least scores.
    """

    p29: Bar
    second: Bar
    high: Bar

    @model_validator(mode="after")
    def _in_order(self) -> Bars:
        if not self.second.score < self.p29.score < self.high.score:
            raise Fault("границы не возрастают", "проверьте second < p29 < high")
        return self


class MedalRule(Strict):
    """The rule of some years and one degree (None where there was one medal only).

    ``russian`` least score in Russian; ``other`` least score in one more paper, of
    ``other_subject`` if named, else of any; ``base_mark`` the mark of base mathematics that stands
    for it, with ``base_alone`` only for those who took nothing but Russian and base mathematics;
    ``threshold`` no ЕГЭ below its minimum. A rule without any of them does not look at ЕГЭ.
    """

    years: tuple[Whole, Whole]
    degree: Literal[1, 2] | None = None
    title_ru: Text
    russian: Score | None = None
    other: Score | None = None
    other_subject: Text | None = None
    base_mark: Annotated[int, Field(strict=True, ge=3, le=5)] | None = None
    base_alone: bool = False
    threshold: bool = False
    status: Literal["found_official", "found_secondary", "unconfirmed"]
    source: Text

    @model_validator(mode="after")
    def _whole(self) -> MedalRule:
        if self.years[1] < self.years[0]:
            raise Fault("последний год раньше первого", "исправьте years")
        if self.other is None and (self.other_subject or self.base_mark or self.base_alone):
            raise Fault("условие ко второму предмету без балла", "добавьте other или уберите его")
        return self

    @property
    def looks_at_exams(self) -> bool:
        """Whether results of ЕГЭ decide anything by this rule."""
        return self.russian is not None or self.other is not None or self.threshold

    @property
    def confirmed(self) -> bool:
        """Whether a source says that the rule held in these years."""
        return self.status != "unconfirmed"


class MedalRules(Strict):
    """The content of ``params/medal_rules.yaml``."""

    bars: Bars
    rules: tuple[MedalRule, ...]

    @model_validator(mode="after")
    def _one_for_each(self) -> MedalRules:
        seen: set[tuple[int, int | None]] = set()
        for rule in self.rules:
            for year in range(rule.years[0], rule.years[1] + 1):
                if (year, rule.degree) in seen:
                    raise Fault(f"два правила для {year} года и одной степени", "оставьте одно")
                seen.add((year, rule.degree))
        return self

    def of(self, year: int, degree: int | None) -> MedalRule | None:
        """The rule of a year and degree; None where none is known."""
        fits = (r for r in self.rules if r.years[0] <= year <= r.years[1] and r.degree == degree)
        return next(fits, None)


def read_medal_rules(
    path: Path, subjects: Iterable[str], problems: list[Problem]
) -> MedalRules | None:
    """The rules of the file, or None and problems; without ``subjects`` these are not checked."""
    document = read_yaml(path, problems)
    rules = validate(MedalRules, document, problems) if document else None
    known = set(subjects)
    for number, rule in enumerate(rules.rules if rules and known else ()):
        if rule.other_subject is not None and rule.other_subject not in known:
            text = f"предмета «{rule.other_subject}» нет в params/subjects.yaml"
            place = ("rules", number, "other_subject")
            problems.append(document.problem(place, text, nearest(rule.other_subject, known)))
    return rules
