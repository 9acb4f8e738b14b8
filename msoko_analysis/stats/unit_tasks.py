"""Tasks of a unit of several schools: what its pupils solve worse than pupils of the same scores.

Poorest data accepted: points for tasks, as additive count tables (tier T3). Blind to a unit that is
weaker at everything alike: that is its level, and given the sum score no single task shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.items import TaskProfile


@dataclass(frozen=True)
class UnitTasks:
    """Result of :func:`unit_tasks`; U units, I tasks.

    ``units`` (U,) labels; ``n`` (U,) pupils; ``share`` (U, I) and ``region_share`` (I,) points earned
    of those possible; ``gain`` (U, I) points beyond the expected as a share of the maximum, with its
    standard error ``error``; ``schools`` (U,) of enough pupils and ``below`` (U, I) those of them
    below the expected.
    """

    units: np.ndarray
    n: np.ndarray
    share: np.ndarray
    region_share: np.ndarray
    gain: np.ndarray
    error: np.ndarray
    schools: np.ndarray
    below: np.ndarray

    @property
    def p(self) -> np.ndarray:
        """One-sided p (U, I): small where a task was solved worse than the scores let expect."""
        with np.errstate(invalid="ignore"):
            return norm.cdf(self.gain / self.error)

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of the interval of ``gain`` (U, I)."""
        half = norm.isf((1 - level) / 2) * self.error
        return self.gain - half, self.gain + half


def unit_tasks(profile: TaskProfile, unit: np.ndarray, *, least: int) -> UnitTasks:
    """Task residuals of units made of schools, given the sum scores of their pupils.

    With R, V, τ² of :func:`msoko_analysis.stats.items.task_profile` for schools, of the unit u

    ``R_u = Σ_s R_s``, ``Δ_u = R_u/(max·Σ_k w_uk)``, ``w_uk = N_uk(1 − N_uk/N_k)``,
    ``Var R_u = Σ_k w_uk C_k + τ²Σ_s V_s²``.

    Schools differ in what they teach by themselves, hence the second part grows with the number of
    schools and not with the square of the unit. What the schools of a unit have in common is what is
    looked for: it is no part of the variance. ``unit`` (schools,) labels; ``least`` pupils for a
    school to be counted in ``below``. A unit that is the whole region, or one without a varying
    score, has nan. Source: methods.md §3.7; Holland & Thayer in Wainer & Braun, Test Validity (1988).

    >>> from msoko_analysis.stats.given_score import TaskCounts
    >>> from msoko_analysis.stats.items import task_profile
    >>> rng = np.random.default_rng(1)
    >>> x = (rng.random((4000, 6)) < np.linspace(0.3, 0.8, 6)).astype(int)
    >>> x[:1000, 2] *= rng.random(1000) < 0.7  # the first ten of 40 schools left a topic out
    >>> r, school, one = x.sum(axis=1), np.repeat(np.arange(40), 100), np.eye(2)[x]
    >>> counts = TaskCounts(
    ...     np.array([np.bincount(r[school == s], minlength=7) for s in range(40)]),
    ...     np.array([one[school == s].sum(axis=0) for s in range(40)]),
    ...     np.array([one[r == k].sum(axis=0) for k in range(7)]),
    ...     np.array([x[r == k].T @ x[r == k] for k in range(7)]))
    >>> found = unit_tasks(task_profile(counts), np.arange(40) // 10, least=10)
    >>> int(found.p[0].argmin()), bool(found.p[0, 2] < 1e-6), int(found.below[0, 2])
    (2, True, 10)
    """
    counts, given = profile.given.counts, profile.given
    unit = np.asarray(unit)
    if unit.shape != profile.n.shape:
        raise StatsInputError("unit must have one label for every school")
    units, index = np.unique(unit, return_inverse=True)
    member = (index == np.arange(len(units))[:, None]).astype(float)
    points = np.arange(counts.values.shape[2])
    maxima = np.maximum(counts.maxima, 1)

    scores, region_n = member @ counts.scores, np.maximum(counts.region_n, 1.0)
    weight = np.where(counts.region_n > 1, scores * (1 - scores / region_n), 0.0)
    sampling = weight @ np.einsum("kii->ki", given.covariance)
    variance = sampling + profile.natural * (member @ profile.sampling**2)
    possible = maxima * weight.sum(axis=1)[:, None]
    told = (sampling > 1e-9) & (possible > 0)
    n = member @ profile.n
    enough = profile.n >= least
    with np.errstate(divide="ignore", invalid="ignore"):
        return UnitTasks(
            units,
            n,
            np.where(
                n[:, None] > 0, member @ (counts.values @ points) / (maxima * n[:, None]), np.nan
            ),
            counts.region_values.sum(axis=0) @ points / (maxima * max(counts.region_n.sum(), 1.0)),
            np.where(told, member @ profile.residual / possible, np.nan),
            np.where(told, np.sqrt(variance) / possible, np.nan),
            member @ enough,
            member @ ((profile.residual < 0) & enough[:, None]),
        )
