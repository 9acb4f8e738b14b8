"""What pupils with one and the same sum score do on each task: the reference of the task checks.

Given the sum score, neither the level of a school nor the spread of its pupils says anything about
single tasks. Under the null the pupils of a school are a random draw from the region's pupils with
the same scores; means and covariances of such a draw are exact and known from count tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

MEDIAN_SQUARE = 0.454936423119572
"""Median of a squared standard normal deviate, χ²₁."""
PRIOR_SCHOOLS = 10
"""What the common variance of all tasks is worth, in schools, against that of one task."""


@dataclass(frozen=True)
class TaskCounts:
    """One paper as count tables; a task that was not done counts as 0 points.

    ``scores`` (schools × scores 0…) pupils at every sum score; ``values`` (schools × tasks × points
    0…) pupils by points for each task, padded with zeros; ``region_values`` (scores × tasks ×
    points) the same for the region by sum score; ``region_products`` (scores × tasks × tasks) sums
    over the region's pupils of the product of points. The region includes the schools themselves.
    Rows may also be classes. Tables that contradict one another are refused.
    """

    scores: np.ndarray
    values: np.ndarray
    region_values: np.ndarray
    region_products: np.ndarray

    def __post_init__(self) -> None:
        for name in ("scores", "values", "region_values", "region_products"):
            table = np.asarray(getattr(self, name), dtype=float)
            if not np.isfinite(table).all() or (table < 0).any():
                raise StatsInputError(f"{name} must be finite and not negative")
            object.__setattr__(self, name, table)
        if self.scores.ndim != 2 or self.values.ndim != 3:
            raise StatsInputError(
                "scores must be schools x scores, values schools x tasks x points"
            )
        (schools, levels), (tasks, points) = self.scores.shape, self.values.shape[1:]
        if self.values.shape[0] != schools or tasks == 0:
            raise StatsInputError("scores and values must list the same schools, with tasks")
        if self.region_values.shape != (levels, tasks, points):
            raise StatsInputError("region_values must be scores x tasks x points, as in values")
        if self.region_products.shape != (levels, tasks, tasks):
            raise StatsInputError("region_products must be scores x tasks x tasks")
        if not np.allclose(self.values.sum(axis=2), self.n[:, None]):
            raise StatsInputError("every pupil of scores must stand in values once for every task")
        if not np.allclose(self.region_values.sum(axis=2), self.region_n[:, None]):
            raise StatsInputError("region_values must hold the same pupils for every task")
        if (self.scores > self.region_n + 1e-9).any():
            raise StatsInputError("the region must include the schools")
        squares = self.region_values @ np.arange(points) ** 2
        if not np.allclose(np.einsum("kii->ki", self.region_products), squares):
            raise StatsInputError("region_products and region_values count different pupils")

    @property
    def n(self) -> np.ndarray:
        """Pupils of every school (schools,)."""
        return self.scores.sum(axis=1)

    @property
    def region_n(self) -> np.ndarray:
        """Pupils of the region at every sum score (scores,)."""
        return self.region_values[:, 0].sum(axis=1)

    @property
    def maxima(self) -> np.ndarray:
        """The most points anybody in the region has for each task (tasks,)."""
        points = np.arange(self.values.shape[2])
        return (points * (self.region_values.sum(axis=0) > 0)).max(axis=1)


@dataclass(frozen=True)
class GivenScore:
    """Result of :func:`given_score`.

    ``shares`` (scores × tasks × points) π, pupils of the region by points; ``expected`` (scores ×
    tasks) E, mean points; ``covariance`` (scores × tasks × tasks) C, of points of one pupil, with
    N − 1 below; ``weight`` (schools × scores) ``w_sk = N_sk(1 − N_sk/N_k)``, so that ``Σ_k w_sk C_k``
    is the variance of a school's sum of points about E. A score that only one school reached, or
    one pupil, weighs nothing.
    """

    counts: TaskCounts
    shares: np.ndarray
    expected: np.ndarray
    covariance: np.ndarray
    weight: np.ndarray


def given_score(counts: TaskCounts) -> GivenScore:
    """Moments of tasks given the sum score under a random draw without replacement.

    ``E_ki = Σ_v v F_kiv/N_k``, ``C_kij = (X_kij − N_k E_ki E_kj)/(N_k − 1)``. Because the factor
    ``1 − N_sk/N_k`` accounts for a school's share in its own reference, nothing has to be left out.
    For a task of one point ``Σ_k w_sk C_kii`` is the variance of Mantel and Haenszel (J. Natl Cancer
    Inst. 22:719–748, 1959), as used for differential item functioning by Holland and Thayer (1988).

    >>> counts = TaskCounts([[0, 2, 1]], [[[2, 1], [1, 2]]],
    ...     [[[1, 0], [1, 0]], [[3, 1], [1, 3]], [[0, 2], [0, 2]]],
    ...     [np.zeros((2, 2)), np.diag([1, 3]), np.full((2, 2), 2)])
    >>> given_score(counts).expected.tolist(), given_score(counts).weight.tolist()
    ([[0.0, 0.0], [0.25, 0.75], [1.0, 1.0]], [[0.0, 1.0, 0.5]])
    """
    n = counts.region_n
    filled = np.maximum(n, 1.0)
    shares = counts.region_values / filled[:, None, None]
    expected = shares @ np.arange(shares.shape[2])
    centred = counts.region_products - n[:, None, None] * expected[:, :, None] * expected[:, None]
    covariance = np.where(
        n[:, None, None] > 1, centred / np.maximum(n - 1, 1.0)[:, None, None], 0.0
    )
    weight = np.where(n > 1, counts.scores * (1 - counts.scores / filled), 0.0)
    return GivenScore(counts, shares, expected, covariance, weight)


def natural_variance(
    deviation: np.ndarray, sampling: np.ndarray, sensitivity: np.ndarray
) -> np.ndarray:
    """Variance τ² of honest schools beyond sampling error, for every column.

    ``Var deviation = sampling + τ²·sensitivity²`` holds for the median school when ``deviation²``
    over this variance has the median of χ²₁, .455: ``τ² = max(0, median((d²/.455 − V)/D²))``. Up to
    half of the schools may misuse without widening it beyond bounds. Arrays (schools × columns); a
    school with no sampling variance is left out. Returns (columns,).

    >>> rng = np.random.default_rng(1)
    >>> sampling = rng.uniform(1, 4, (4000, 1))
    >>> deviation = rng.normal(0, np.sqrt(sampling + 0.5 * sampling**2))
    >>> bool(abs(natural_variance(deviation, sampling, sampling)[0] - 0.5) < 0.05)
    True
    """
    told = (sampling > 0) & (sensitivity > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (deviation**2 / MEDIAN_SQUARE - sampling) / sensitivity**2
    variance = np.zeros(deviation.shape[1])
    for column in range(len(variance)):
        if told[:, column].any():
            variance[column] = max(0.0, np.median(own[told[:, column], column]))
    return variance
