"""Results of schools beside what their circumstances lead to expect, and who succeeds against the odds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msoko_analysis.measures.arrays import Year
from msoko_analysis.measures.equity_estimates import QUARTER
from msoko_analysis.measures.equity_years import pooled_means, pupils_once
from msoko_analysis.measures.level import conditions
from msoko_analysis.measures.results import REGION
from msoko_analysis.measures.rows import ALL_PAPERS, school_rows, unit_rows
from msoko_analysis.params.methods import Step, method
from msoko_analysis.params.run import Thresholds
from msoko_analysis.stats.context import FEWEST_PER_TERM, Context, context

_RESULT = "year_mean"
_SOURCE = "own"
_PRECISION = 1e-9


def context_rows(year: Year, thresholds: Thresholds) -> Iterator[pd.DataFrame]:
    """Rows over all papers of the year, in per cent of the maximum.

    ``result`` of every school with its 95 % interval (and of the region, without one);
    ``expected_result`` what its conditions lead to expect (:func:`conditions`); ``above_expected``
    how far it is above that, drawn towards 0 as far as it is uncertain; ``better`` the probability
    that it really is above, and, for the quarter of schools of which least is expected,
    ``resilient`` the probability that it is and that its result reaches the region's median school.
    Of the region ``context_strength``, the share of the variance between schools that goes with the
    conditions. Schools with fewer than ``share_min_n`` pupils in every paper are left out; a region
    of too few schools has results only.
    """
    means = pooled_means(year.papers, thresholds["share_min_n"].value)
    known = np.isfinite(means)
    if not known.any():
        return
    value, n = means[known], pupils_once(year.papers)[known]
    schools, error = year.schools[known], _spread(year) / np.sqrt(n)
    yield school_rows(
        year.year, ALL_PAPERS, schools, "result", n, value, low=value - 1.96 * error,
        high=value + 1.96 * error, method=_RESULT, source=_SOURCE,
    )  # fmt: skip
    yield unit_rows(
        year.year, ALL_PAPERS, REGION, [REGION], "result", np.array([n.sum()]),
        np.array([n @ value / n.sum()]), method=_RESULT, source=_SOURCE,
    )  # fmt: skip
    like = conditions(schools, n)
    if _enough(like.design):
        yield from _expected_rows(
            year.year, schools, n, context(value, error, like.design[:, 1:]),
            method(Step("context", like.names)),
        )  # fmt: skip


def _expected_rows(
    year: int, schools: pd.DataFrame, n: np.ndarray, fit: Context, made: str
) -> Iterator[pd.DataFrame]:
    odds = fit.expected <= np.quantile(fit.expected, QUARTER) + _PRECISION
    resilient = fit.probability_resilient(float(np.median(fit.value)))
    for name, values in (
        ("expected_result", fit.expected),
        ("above_expected", fit.above_expected),
        ("better", fit.probability_above_expected()),
    ):
        yield school_rows(year, ALL_PAPERS, schools, name, n, values, method=made, source=_SOURCE)
    yield school_rows(
        year, ALL_PAPERS, schools[odds], "resilient", n[odds], resilient[odds], method=made,
        source=_SOURCE,
    )  # fmt: skip
    yield unit_rows(
        year, ALL_PAPERS, REGION, [REGION], "context_strength", np.array([n.sum()]),
        np.array([fit.strength]), method=made, source=_SOURCE,
    )  # fmt: skip


def _enough(design: np.ndarray) -> bool:
    """Whether there are conditions, schools enough for them, and none that depends on others."""
    schools, terms = design.shape
    full = np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0)) == terms
    return bool(terms > 1 and schools >= FEWEST_PER_TERM * terms and full)


def _spread(year: Year) -> float:
    """Standard deviation of pupils within schools, over all papers, in per cent of the maximum."""
    squares = freedom = 0.0
    for arrays in year.papers:
        percent = 100 * np.arange(arrays.scores.shape[1]) / arrays.scale.max_primary
        mean = np.nan_to_num(arrays.mean_percent())
        squares += float((arrays.scores * (percent - mean[:, None]) ** 2).sum())
        freedom += float(arrays.n.sum() - (arrays.n > 0).sum())
    return float(np.sqrt(squares / max(freedom, 1.0)))
