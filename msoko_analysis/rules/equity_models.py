"""Values of П22, П23 and П24 by every way of ``params/equity_models.yaml``.

Official formulas were not found (domain.md §2.3), so each value is a «расчётная модель» and stands
beside its alternatives: a conclusion that changes with the way is no conclusion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from msoko_analysis.params.equity import EquityModel, EquityModels, Level
from msoko_analysis.stats.gaps import mid_quantiles, tails
from msoko_analysis.stats.inequality import inequality

_FEWEST_IN_TAILS = 2
"""Schools that the lower and the upper tail must hold each, else one school decides."""


@dataclass(frozen=True)
class PaperResults:
    """Results of one paper: ``scores`` (schools × scores from 0) pupils.

    ``minimum`` the lowest score that is not below the minimum, None where nobody knows it; ``cuts``
    the lowest scores of the marks 3, 4, 5, empty for a paper without marks, as ЕГЭ is but for base
    mathematics.
    """

    procedure: str
    scores: np.ndarray
    minimum: int | None
    cuts: tuple[int, ...] = ()

    @property
    def n(self) -> float:
        """Participants of the paper."""
        return float(self.scores.sum())

    def from_score(self, score: int) -> float:
        """Participants with at least that score."""
        return float(self.scores[:, score:].sum())

    def from_level(self, level: Level) -> float:
        """Participants with at least that mark, or test score where the paper has no marks.

        nan where the level does not say it or the paper lacks the mark.
        """
        if not self.cuts:
            return float("nan") if level.score is None else self.from_score(level.score)
        known = level.mark is not None and level.mark - 3 < len(self.cuts)
        return self.from_score(self.cuts[level.mark - 3]) if known else float("nan")


@dataclass(frozen=True)
class SchoolResults:
    """What П24 needs of the schools of one unit, arrays (schools,), nan unknown.

    ``mean`` results in per cent of the maximum; ``above_minimum`` mean distance from the minimum in
    the same unit; ``icc`` share of variance between schools, 0…1.
    """

    mean: np.ndarray
    above_minimum: np.ndarray
    icc: float = float("nan")


@dataclass(frozen=True)
class ModelValue:
    """The value of one way in per cent, nan when the data do not determine it."""

    model: EquityModel
    value: float


def model_values(
    models: EquityModels, indicator: str, papers: Sequence[PaperResults], schools: SchoolResults
) -> tuple[ModelValue, ...]:
    """Values of an indicator by every way, the default first.

    >>> from msoko_analysis.params.equity import read_equity_models
    >>> from msoko_analysis.home import SHIPPED
    >>> models = read_equity_models(SHIPPED / "params" / "equity_models.yaml", [])
    >>> papers = [
    ...     PaperResults("VPR", np.array([[1, 1, 1, 1, 1]]), 1, (1, 2, 4)),
    ...     PaperResults("VPR", np.array([[5, 2, 1, 1, 1]]), 1, (1, 2, 4)),
    ... ]
    >>> schools = SchoolResults(np.array([40.0]), np.array([20.0]))
    >>> [round(one.value, 2) for one in model_values(models, "p22", papers, schools)]
    [60.0, 65.0]
    >>> [round(one.value, 2) for one in model_values(models, "p23", papers, schools)]
    [13.33, 13.33, 40.0]
    """
    return tuple(ModelValue(one, _value(one, papers, schools)) for one in models.of(indicator))


def _value(model: EquityModel, papers: Sequence[PaperResults], schools: SchoolResults) -> float:
    if model.formula == "passed":
        sat = [(one.from_score(one.minimum), one.n) for one in papers if one.minimum is not None]
        return _average(model, sat)
    if model.formula == "high":
        levels = [(one, model.high.get(one.procedure)) for one in papers]
        return _average(model, [(one.from_level(it), one.n) for one, it in levels if it])
    return _equality(model, schools)


def _average(model: EquityModel, papers: Sequence[tuple[float, float]]) -> float:
    """Of (part, whole) of papers; those whose part is not known do not count."""
    counted = [(p, w) for p, w in papers if w > 0 and np.isfinite(p)]
    if not counted:
        return float("nan")
    if model.average == "papers":
        return float(100 * np.mean([p / w for p, w in counted]))
    return float(100 * sum(p for p, _ in counted) / sum(w for _, w in counted))


def _equality(model: EquityModel, schools: SchoolResults) -> float:
    """П24: 100 when schools do not differ."""
    mean = schools.mean[np.isfinite(schools.mean)]
    if model.formula == "icc":
        return 100 * (1 - schools.icc)
    if model.formula == "below":
        known = schools.above_minimum[np.isfinite(schools.above_minimum)]
        return float(100 * (known >= 0).mean()) if len(known) else float("nan")
    if model.formula == "gini":
        if len(mean) < _FEWEST_IN_TAILS:
            return float("nan")
        values, counts = np.unique(mean, return_counts=True)
        return float(100 * (1 - inequality(counts[None], values).whole.gini))
    if model.formula == "tails":
        few = model.fraction * len(mean) < _FEWEST_IN_TAILS
        return float("nan") if few else float(100 / tails(mean, model.fraction).ratio)
    if 0.1 * len(mean) < _FEWEST_IN_TAILS:
        return float("nan")
    values, counts = np.unique(mean, return_counts=True)
    low, high = mid_quantiles(counts[None], values, np.array([0.1, 0.9]))[0]
    return float(100 * low / high) if high > 0 else float("nan")
