"""Ways to work out П22, П23 and П24 as data: none of them is an official formula."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from msoko_analysis.errors import Problem
from msoko_analysis.params.procedures import ProcedureCode
from msoko_analysis.params.schema import Fault, Number, Strict, Text, Whole, read_yaml, validate

Indicator = Literal["p22", "p23", "p24"]
Formula = Literal["passed", "high", "tails", "gini", "icc", "below", "quantiles"]


class Level(Strict):
    """The lowest high result of a procedure: a mark, and a test score for its papers without marks."""

    mark: Annotated[Whole, Field(ge=3, le=5)] | None = None
    score: Annotated[Whole, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _some(self) -> Level:
        if self.mark is None and self.score is None:
            raise Fault("нужно mark или score", "впишите отметку, балл или то и другое")
        return self


class EquityModel(Strict):
    """One way to work out an indicator, always a «расчётная модель».

    ``default`` marks the one whose value is printed first; ``definition_ru`` is printed beside it.
    """

    indicator: Indicator
    variant: Text
    default: bool
    title_ru: Text
    definition_ru: Text
    formula: Formula
    average: Literal["participants", "papers"] | None = None
    high: dict[ProcedureCode, Level] | None = None
    fraction: Annotated[Number, Field(gt=0, le=0.5)] | None = None
    source: Text

    @model_validator(mode="after")
    def _whole(self) -> EquityModel:
        needs = {
            "average": self.formula in ("passed", "high"),
            "high": self.formula == "high",
            "fraction": self.formula == "tails",
        }
        for key, needed in needs.items():
            if needed and getattr(self, key) is None:
                raise Fault(f"формуле {self.formula} нужен ключ {key}", "добавьте его")
            if not needed and getattr(self, key) is not None:
                raise Fault(f"формула {self.formula} не использует {key}", "уберите его")
        return self


class EquityModels(Strict):
    """The content of ``params/equity_models.yaml``."""

    models: tuple[EquityModel, ...]

    def of(self, indicator: str) -> tuple[EquityModel, ...]:
        """The ways to work out an indicator, the default first.

        >>> from msoko_analysis.home import SHIPPED
        >>> models = read_equity_models(SHIPPED / "params" / "equity_models.yaml", [])
        >>> [one.variant for one in models.of("p22")], models.of("p24")[0].default
        (['participants', 'papers'], True)
        """
        mine = (one for one in self.models if one.indicator == indicator)
        return tuple(sorted(mine, key=lambda one: not one.default))


def read_equity_models(path: Path, problems: list[Problem]) -> EquityModels | None:
    """The models of the file, or None and problems: one default and no name twice an indicator."""
    document = read_yaml(path, problems)
    models = validate(tuple[EquityModel, ...], document, problems) if document else None
    if not models:
        return None
    names = [(one.indicator, one.variant) for one in models]
    for number, name in enumerate(names):
        if name in names[:number]:
            text = f"вариант «{name[1]}» показателя {name[0]} уже есть выше"
            problems.append(document.problem((number, "variant"), text, "назовите иначе"))
    for indicator in dict.fromkeys(one.indicator for one in models):
        if sum(one.default for one in models if one.indicator == indicator) != 1:
            text = f"у показателя {indicator} должен быть один вариант с default: true"
            problems.append(document.problem((), text, "исправьте default"))
    return EquityModels(models=models)
