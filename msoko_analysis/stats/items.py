"""Task structure: do pupils of a school solve the tasks that pupils of such scores solve? (check C7)

Poorest data accepted: points for tasks, as additive count tables (tier T3). Blind to everything
that keeps the usual pattern of tasks at each score: help to all alike, a spike made by raising
pupils whole points across the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from msoko_analysis.stats.given_score import (
    PRIOR_SCHOOLS,
    GivenScore,
    TaskCounts,
    given_score,
    natural_variance,
)


@dataclass(frozen=True)
class TaskProfile:
    """Result of :func:`task_profile`; S schools, I tasks.

    ``given`` the reference and the counts; ``residual`` (S, I) R, points beyond the expected;
    ``sampling`` (S, I) V, their variance by chance; ``natural`` (I,) τ², the variance between
    honest schools of how hard a task is to them, in squared logits; ``difficulty`` (I,) the centred
    share of points the region missed; ``contrast``, ``contrast_sampling``, ``contrast_natural``
    (S,) the hard–easy contrast and the two parts of its variance.
    """

    given: GivenScore
    residual: np.ndarray
    sampling: np.ndarray
    natural: np.ndarray
    difficulty: np.ndarray
    contrast: np.ndarray
    contrast_sampling: np.ndarray
    contrast_natural: np.ndarray

    @property
    def n(self) -> np.ndarray:
        """Pupils of every school (S,)."""
        return self.given.counts.n

    @property
    def task_z(self) -> np.ndarray:
        """``R/√(V + τ²V²)`` (S, I), positive where a task was solved unusually well; nan if V = 0."""
        return _ratio(self.residual, np.sqrt(self.sampling + self.natural * self.sampling**2))

    @property
    def task_gain(self) -> np.ndarray:
        """Points of a task beyond the expected, as a share of its maximum (S, I).

        ``Δ = R/(max·Σ_k w_sk)``: .15 means that for every hundred pupils of such scores fifteen more
        would have solved it. A leak also raises the sum score, and with it what is expected of every
        task, so Δ understates the leak and is negative on the other tasks.
        """
        maxima = np.maximum(self.given.counts.maxima, 1)
        return _ratio(self.residual, maxima * self.given.weight.sum(axis=1)[:, None])

    @property
    def freedom(self) -> np.ndarray:
        """Degrees of freedom of the profile (S,): tasks that could vary, less one."""
        return np.maximum((self.sampling > 0).sum(axis=1) - 1, 0)

    @property
    def profile(self) -> np.ndarray:
        """``Q = (I − 1)/I·Σ_i R_i²/(V_i + τ_i²V_i²)``, χ² with I − 1 degrees of freedom (S,)."""
        return self.freedom / (self.freedom + 1) * np.nansum(self.task_z**2, axis=1)

    @property
    def profile_p(self) -> np.ndarray:
        """p of the profile (S,); nan where nothing could vary."""
        tested = self.freedom > 0
        return np.where(tested, chi2.sf(self.profile, np.maximum(self.freedom, 1)), np.nan)

    @property
    def contrast_z(self) -> np.ndarray:
        """Hard tasks against easy ones (S,): positive where hard ones went unusually well."""
        return _ratio(self.contrast, np.sqrt(self.contrast_sampling + self.contrast_natural))

    @property
    def contrast_p(self) -> np.ndarray:
        """One-sided p of the hard–easy contrast (S,): small where hard tasks went unusually well."""
        return norm.sf(self.contrast_z)


def task_profile(counts: TaskCounts) -> TaskProfile:
    """Task residuals given the sum score, their profile Q and the contrast of hard and easy tasks.

    With E, C and the weights w of :func:`msoko_analysis.stats.given_score.given_score`

    ``R_si = Σ_p (x_pi − E[x_i | r_p]) = Σ_v v V_siv − Σ_k N_sk E_ki``, ``V_s = Σ_k w_sk C_k``.

    Honest schools differ in what they teach: a task that is δ logits easier to a school has
    ``E R ≈ δ·V`` (the derivative of an expected score is its variance), so ``Var R = V + τ_i²V²``;
    τ_i² by :func:`~msoko_analysis.stats.given_score.natural_variance`, drawn to the common value of
    all tasks as if ten more schools had it. Growing like V² ∝ n², this is the "natural curriculum
    interaction" of methods.md §3.7, in units that fit large and small, strong and weak schools
    alike: in honest worlds with a spread of .25 and .5 logits the plain ``τ²n²`` puts 1.2 and 1.6 %
    of the profiles below .01 (2.1 % above 100 pupils), this form 1.0 and 1.1 % (1.7 %).

    The contrast is ``B = Σ_i c_i R_i`` with c the centred difficulty, variance ``c'Vc + τ_B²|Vc|²``.
    For a task of one point and τ² = 0, ``task_z²`` is the Mantel–Haenszel χ² without continuity
    correction. Source: methods.md §3.7; Holland & Thayer in Wainer & Braun, Test Validity (1988).

    Edges: a school without pupils, or all of them at 0 or at the maximum, has no variance: nan. In a
    region of fewer than 40 schools τ² is uncertain; measured false alarms there are in the tests.

    >>> from msoko_analysis.synthetic import draw_tasks, respond
    >>> rng = np.random.default_rng(1)
    >>> x = respond(rng, draw_tasks(rng, [1, 1, 1, 1, 2, 2]), rng.normal(size=2000)).astype(int)
    >>> x[:50, 5] = 2  # the first of 40 schools knew the last task
    >>> r, school = x.sum(axis=1), np.repeat(np.arange(40), 50)
    >>> one = np.eye(3)[x]
    >>> counts = TaskCounts(
    ...     np.array([np.bincount(r[school == s], minlength=9) for s in range(40)]),
    ...     np.array([one[school == s].sum(axis=0) for s in range(40)]),
    ...     np.array([one[r == k].sum(axis=0) for k in range(9)]),
    ...     np.array([x[r == k].T @ x[r == k] for k in range(9)]))
    >>> test = task_profile(counts)
    >>> int(test.profile_p.argmin()), int(test.task_z[0].argmax()), bool(test.profile_p[0] < 1e-4)
    (0, 5, True)
    """
    given = given_score(counts)
    points = np.arange(counts.values.shape[2])
    residual = counts.values @ points - counts.scores @ given.expected
    sampling = given.weight @ np.einsum("kii->ki", given.covariance)
    sampling = np.where(sampling > 1e-9, sampling, 0.0)
    missed = 1 - counts.region_values.sum(axis=0) @ points / (
        max(counts.region_n.sum(), 1.0) * np.maximum(counts.maxima, 1)
    )
    difficulty = missed - missed.mean()
    contrast = residual @ difficulty
    along = given.covariance @ difficulty
    contrast_sampling = given.weight @ (along @ difficulty)
    sensitivity = np.sqrt(((given.weight @ along) ** 2).sum(axis=1))
    common = natural_variance(contrast[:, None], contrast_sampling[:, None], sensitivity[:, None])[
        0
    ]
    return TaskProfile(
        given,
        residual,
        sampling,
        natural_of_tasks(residual, sampling),
        difficulty,
        contrast,
        contrast_sampling,
        common * sensitivity**2,
    )


def natural_of_tasks(residual: np.ndarray, sampling: np.ndarray) -> np.ndarray:
    """τ² of every task in squared logits (tasks,), drawn to what all tasks have in common.

    >>> natural_of_tasks(np.zeros((3, 2)), np.ones((3, 2))).tolist()
    [0.0, 0.0]
    """
    own = natural_variance(residual, sampling, sampling)
    common = natural_variance(*(array.reshape(-1, 1) for array in (residual, sampling, sampling)))
    schools = (sampling > 0).any(axis=1).sum()
    return (schools * own + PRIOR_SCHOOLS * common) / (schools + PRIOR_SCHOOLS)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient, nan where there is nothing to divide by."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
