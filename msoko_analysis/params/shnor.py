"""The rule by which schools are listed as ШНОР, by year, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from msoko_analysis.errors import Problem
from msoko_analysis.params.scales import Paper
from msoko_analysis.params.schema import Number, Strict, Text, Whole, read_yaml, validate


class Limit(Strict):
    """Whose number it is, and how well that is known."""

    kind: Literal["official", "own"]
    status: Literal["found_official", "found_secondary", "proposed"]


class LowShare(Limit):
    """The least share of pupils below the minimum that counts."""

    percent: Annotated[Number, Field(gt=0, le=100)]


class ProceduresNumber(Limit):
    """In how many procedures it must be reached."""

    number: Annotated[Whole, Field(ge=1)]


class SmallestGroup(Limit):
    """Pupils below which a share does not decide."""

    pupils: Annotated[Whole, Field(ge=1)]


def _paper(code: str) -> str:
    Paper.parse(code)
    return code


class ShnorRule(Strict):
    """The rule of the lists from one year on.

    Condition A: in ``procedures`` papers of the year or more at least ``low_share`` of the pupils
    are below the minimum. Condition B: in one paper this is so this year and the year before.
    ``reading`` names the reading shown first: A or B, A and B.
    """

    valid_from: Whole
    title_ru: Text
    low_share: LowShare
    procedures: ProceduresNumber
    smallest_n: SmallestGroup
    reading: Literal["or", "and"]
    papers: tuple[Annotated[Text, AfterValidator(_paper)], ...]
    papers_status: Literal["found_official", "found_secondary", "unconfirmed"]
    source: Text

    def covers(self, paper: Paper) -> bool:
        """Whether a paper is one of the rule's procedures."""
        return paper.code in self.papers


class ShnorRules(Strict):
    """The rules of ``params/shnor.yaml``."""

    rules: tuple[ShnorRule, ...]

    def of(self, year: int) -> ShnorRule | None:
        """The rule of the list of a year; None where none is known.

        >>> from msoko_analysis.home import SHIPPED
        >>> rules = read_shnor_rules(SHIPPED / "params" / "shnor.yaml", [])
        >>> rules.of(2026).low_share.percent, rules.of(2019)
        (30.0, None)
        """
        known = [rule for rule in self.rules if rule.valid_from <= year]
        return max(known, key=lambda rule: rule.valid_from, default=None)


def read_shnor_rules(path: Path, problems: list[Problem]) -> ShnorRules | None:
    """The rules of the file, or None and problems. Two rules from one year are a problem."""
    document = read_yaml(path, problems)
    rules = validate(tuple[ShnorRule, ...], document, problems) if document else None
    years = [rule.valid_from for rule in rules or ()]
    for number, year in enumerate(years):
        if year in years[:number]:
            text = f"правило с {year} года уже есть выше"
            problems.append(document.problem((number, "valid_from"), text, "оставьте одно"))
    return ShnorRules(rules=rules) if rules else None
