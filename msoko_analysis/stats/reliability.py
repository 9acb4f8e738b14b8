"""Reliability of a test: which part of the variance of scores repeats itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError


@dataclass(frozen=True)
class Reliability:
    """Result of :func:`reliability`: ``covariance`` (tasks × tasks) of the points, and ``n``."""

    n: float
    sums: np.ndarray
    products: np.ndarray
    covariance: np.ndarray

    @property
    def alpha(self) -> float:
        """Cronbach's α = ``I/(I−1)·(1 − Σ Var(x_i)/Var(Σ x_i))``: a lower bound of reliability."""
        tasks = len(self.sums)
        own = np.trace(self.covariance) / self.covariance.sum()
        return float(tasks / (tasks - 1) * (1 - own))


def reliability(n: float, sums: np.ndarray, products: np.ndarray) -> Reliability:
    """Reliability of the sum of tasks from additive sums over the pupils of one paper.

    ``n`` pupils; ``sums`` (tasks,) of the points; ``products`` (tasks × tasks) sums of a·b, squares
    on the diagonal: the count table ``item_products`` summed over the scores. Pupils are those of
    the whole region, so that α speaks of the variance between all pupils, as
    :func:`msoko_analysis.stats.mark_gap.mark_gap` needs it. α understates reliability when tasks
    measure different things and overstates it when tasks lean on one text. Needs task points (tier
    T3); fewer than two tasks or pupils, or totals that do not vary, are refused.
    Source: Cronbach, Psychometrika 16:297–334 (1951).

    >>> points = np.array([[1, 1, 2], [0, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1]])
    >>> round(reliability(5, points.sum(axis=0), points.T @ points).alpha, 4)
    0.75
    """
    sums, products = np.asarray(sums, dtype=float), np.asarray(products, dtype=float)
    if sums.ndim != 1 or products.shape != (len(sums), len(sums)):
        raise StatsInputError("sums must be (tasks,) and products (tasks x tasks)")
    if len(sums) < 2 or n < 2:
        raise StatsInputError("reliability needs at least two tasks and two pupils")
    if not np.allclose(products, products.T):
        raise StatsInputError("products must be symmetric: fill both halves")
    covariance = (products - np.outer(sums, sums) / n) / (n - 1)
    if not covariance.sum() > 0:
        raise StatsInputError("total scores do not vary")
    return Reliability(float(n), sums, products, covariance)
