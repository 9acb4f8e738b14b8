"""Whether a measure worked: schools that received it against comparable ones that did not.

Poorest data accepted: a result per school before and after, with its sampling error, and who was
given the measure. A before-after difference without schools to compare with is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct, t

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.overdispersion import overdispersion

FEWEST = 2
"""Schools needed on each side for a standard error."""


@dataclass(frozen=True)
class Effect:
    """An estimated effect of a measure on the mean result of the schools that received it.

    ``estimate`` in units of the outcome, ``standard_error`` (HC2), ``freedom`` its degrees of
    freedom (Bell and McCaffrey); ``treated`` and ``compared`` the schools used; ``inside`` how many
    of the treated start within the range of the compared (all, where there is no baseline).
    """

    estimate: float
    standard_error: float
    freedom: float
    treated: int
    compared: int
    inside: int

    @property
    def p(self) -> float:
        """Two-sided p of no effect."""
        return float(2 * t.sf(abs(self.estimate) / self.standard_error, self.freedom))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of the effect."""
        half = float(t.isf((1 - level) / 2, self.freedom)) * self.standard_error
        return self.estimate - half, self.estimate + half


def difference_in_differences(before: np.ndarray, after: np.ndarray, treated: np.ndarray) -> Effect:
    """Mean change of the treated schools less the mean change of the compared ones.

    ``δ = mean(y₁ − y₀ | treated) − mean(y₁ − y₀ | compared)``; every school counts once, its two
    results make one change, so pupils and years inside a school need not be independent. The
    standard error is Welch's, which is HC2 of the regression of the change on the measure.
    ``before``, ``after`` (schools,), nan leaves a school out; ``treated`` (schools,) bool.

    Valid when, without the measure, both groups would have changed alike. It is not when schools
    were chosen for a bad year: they rise by themselves. Then use :func:`baseline_adjusted`.

    >>> before = np.array([50.0, 52, 48, 60, 61, 59, 62])
    >>> after = np.array([55.0, 56, 54, 61, 62, 61, 62])
    >>> effect = difference_in_differences(before, after, np.arange(7) < 3)
    >>> round(effect.estimate, 2), effect.p < 0.01
    (4.0, True)
    """
    before, after, treated = _columns(before, after, treated)
    known = np.isfinite(before) & np.isfinite(after)
    change, chosen = (after - before)[known], treated[known]
    return _fitted(change, chosen, np.empty((len(change), 0)), chosen.sum())


def baseline_adjusted(
    before: np.ndarray,
    after: np.ndarray,
    treated: np.ndarray,
    *,
    sampling_error: np.ndarray,
    covariates: np.ndarray | None = None,
) -> Effect:
    """Effect among schools that promised the same before: regression of the later result.

    ``y₁ = α + δ·treated + β·ŷ₀ + γ'x + e``, where ``ŷ₀`` is the earlier result drawn to the mean of
    all schools by its reliability ``τ²/(τ² + s²)``: of two schools with the same bad year the
    smaller one owes more of it to chance and will rise more. So schools chosen *because* their
    earlier result was low are compared with what such schools do by themselves (regression to the
    mean). HC2 standard errors with Bell–McCaffrey degrees of freedom.

    ``before``, ``after``, ``sampling_error`` of ``before`` (schools,); ``covariates`` (schools × k),
    nan leaves a school out. Refused: fewer than two schools on a side, no schools to spare for the
    coefficients.

    Source: on difference in differences and adjustment for the earlier outcome, which bracket the
    truth, see Ding and Li 2019 (Political Analysis 27).

    >>> rng = np.random.default_rng(1)
    >>> level = rng.normal(0, 1, 400)
    >>> before, after = (level + rng.normal(0, 0.7, 400) for _ in range(2))
    >>> chosen = before < np.quantile(before, 0.2)
    >>> naive = difference_in_differences(before, after, chosen)
    >>> honest = baseline_adjusted(before, after, chosen, sampling_error=np.full(400, 0.7))
    >>> bool(naive.p < 1e-6), bool(honest.p > 0.05)
    (True, True)
    """
    before, after, treated = _columns(before, after, treated)
    error = np.broadcast_to(np.asarray(sampling_error, dtype=float), before.shape)
    more = np.empty((len(before), 0)) if covariates is None else np.asarray(covariates, dtype=float)
    if more.ndim != 2 or len(more) != len(before):
        raise StatsInputError("covariates must be schools x covariates")
    known = np.isfinite(before) & np.isfinite(after) & np.isfinite(error)
    known &= np.isfinite(more).all(axis=1)
    expected = overdispersion(before[known], error[known], cut=np.inf).shrunk
    chosen = treated[known]
    beside = expected[~chosen]
    inside = (expected[chosen] >= beside.min(initial=np.inf)) & (
        expected[chosen] <= beside.max(initial=-np.inf)
    )
    columns = np.column_stack([expected, more[known]])
    return _fitted(after[known], chosen, columns, inside.sum())


def event_study(outcome: np.ndarray, treated: np.ndarray, *, reference: int) -> list[Effect | None]:
    """Difference in differences of every period against the reference one.

    ``outcome`` (schools × periods); ``reference`` the last period before the measure. Before it the
    differences should be near zero: they are the test of whether both groups went alike. None
    stands at the reference. Schools with nan in a period are left out of that period only.

    >>> outcome = np.array([[1.0, 1, 3], [2, 2.2, 4], [1, 1, 1], [3, 3.1, 3.2], [2, 2, 2.1]])
    >>> study = event_study(outcome, np.arange(5) < 2, reference=1)
    >>> [one and round(one.estimate, 2) for one in study]
    [-0.07, None, 1.83]
    """
    outcome = np.asarray(outcome, dtype=float)
    if outcome.ndim != 2 or not 0 <= reference < outcome.shape[1]:
        raise StatsInputError("outcome must be schools x periods and hold the reference period")
    base = outcome[:, reference]
    return [
        None if period == reference else difference_in_differences(base, column, treated)
        for period, column in enumerate(outcome.T)
    ]


def permutation_p(
    before: np.ndarray, after: np.ndarray, treated: np.ndarray, *, rng: np.random.Generator,
    rounds: int = 9999,
) -> float:  # fmt: skip
    """Two-sided p of the difference in differences when the measure is dealt out anew by chance.

    The studentised (Welch) statistic over ``rounds`` random choices of as many schools,
    ``(1 + #{|t*| ≥ |t|})/(1 + rounds)`` (Phipson and Smyth 2010); exact in size when the choice of
    schools was as if random. For a handful of treated schools, where t rests on an approximation.

    >>> before, after = np.zeros(12), np.r_[3.0, 2.8, 3.1, np.linspace(-0.4, 0.4, 9)]
    >>> p = permutation_p(before, after, np.arange(12) < 3, rng=np.random.default_rng(1))
    >>> bool(0.002 < p < 0.02)
    True
    """
    before, after, treated = _columns(before, after, treated)
    known = np.isfinite(before) & np.isfinite(after)
    change, chosen = (after - before)[known], treated[known]
    _refuse_few(chosen, 0)
    order = rng.permuted(np.tile(np.arange(len(change)), (rounds, 1)), axis=1)
    drawn = np.zeros((rounds, len(change)), dtype=bool)
    np.put_along_axis(drawn, order[:, : chosen.sum()], True, axis=1)
    statistic = np.abs(_welch(change, np.vstack([chosen, drawn])))
    return float((1 + (statistic[1:] >= statistic[0] * (1 - 1e-12)).sum()) / (1 + rounds))


def smallest_detectable(
    deviation: float, treated: int, compared: int, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The effect that a two-sided test at ``alpha`` finds with probability ``power``.

    ``deviation`` SD of the schools' changes (or residuals) seen before the measure, ``treated`` and
    ``compared`` numbers of schools; noncentral t on ``treated + compared − 2`` degrees of freedom.
    To be stated before the effect is looked at. Same unit as ``deviation``.

    >>> round(smallest_detectable(1.0, 64, 64), 2)
    0.5
    """
    if treated < FEWEST or compared < FEWEST or not deviation > 0:
        raise StatsInputError("two schools on each side and a positive deviation are needed")
    error = deviation * np.sqrt(1 / treated + 1 / compared)
    freedom = treated + compared - 2
    critical = t.isf(alpha / 2, freedom)
    # The chance of finding an effect of the wrong sign is left out: at these powers it is nothing.
    away = brentq(lambda one: nct.sf(critical, freedom, one) - power, 0.0, 20 * critical)
    return float(away * error)


def _columns(
    before: np.ndarray, after: np.ndarray, treated: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    treated = np.asarray(treated)
    if before.ndim != 1 or before.shape != after.shape or before.shape != treated.shape:
        raise StatsInputError("before, after and treated must list the same schools")
    if treated.dtype != bool:
        raise StatsInputError("treated must be true or false for every school")
    return before, after, treated


def _refuse_few(treated: np.ndarray, covariates: int) -> None:
    chosen, beside = int(treated.sum()), int((~treated).sum())
    if min(chosen, beside) < FEWEST or beside < FEWEST + covariates:
        raise StatsInputError(
            f"an effect needs at least {FEWEST} treated and {FEWEST + covariates} compared schools "
            f"with both results, got {chosen} and {beside}"
        )


def _fitted(y: np.ndarray, treated: np.ndarray, columns: np.ndarray, inside: int) -> Effect:
    """Least squares of y on the measure and the columns: HC2, Bell–McCaffrey freedom of δ.

    With M the residual maker and ``a_i = w_i/√(1 − h_i)`` for δ̂ = w'y, the variance estimate is
    ``Σ a_i² e_i²``; under equal variances ``freedom = 2E²/Var = (tr B)²/tr B²``,
    ``B_ij = a_i M_ij a_j``.
    """
    _refuse_few(treated, columns.shape[1])
    design = np.column_stack([np.ones(len(y)), treated, columns])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise StatsInputError("the measure and the covariates can not be told apart")
    inverse = np.linalg.pinv(design)
    maker = np.eye(len(y)) - design @ inverse
    free = np.maximum(np.diag(maker), 1e-12)
    weight = inverse[1] / np.sqrt(free)
    variance = ((weight * (maker @ y)) ** 2).sum()
    spread = weight[:, None] * maker * weight
    freedom = np.trace(spread) ** 2 / (spread**2).sum()
    return Effect(
        float(inverse[1] @ y), float(np.sqrt(variance)), float(freedom), int(treated.sum()),
        int((~treated).sum()), int(inside),
    )  # fmt: skip


def _welch(change: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Welch's t for each row of choices (choices × schools)."""
    sides = []
    for chosen in (treated, ~treated):
        n = chosen.sum(axis=1)
        mean = chosen @ change / n
        square = chosen @ change**2 / n - mean**2
        sides.append((mean, np.maximum(square, 0) / (n - 1)))
    (one, error_one), (two, error_two) = sides
    return (one - two) / np.sqrt(np.maximum(error_one + error_two, 1e-300))
