"""Similarity: do pupils of a school give identical answers more often than they would? (check C8)

Poorest data accepted: points for tasks, as additive count tables (tier T3); no pair of pupils is
looked at. What is alike is the points: which wrong answer was given is not in the data. Pairs are
opened only in flagged schools (:mod:`msoko_analysis.stats.answer_pairs`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import helmert
from scipy.special import gammaincc

from msoko_analysis.stats.given_score import GivenScore, TaskCounts, given_score

_CHUNK = 200  # schools at once: bounds the memory of their covariance matrices
_BISECTIONS = 40
_LEAST_SKEWNESS = 1e-3


@dataclass(frozen=True)
class Similarity:
    """Result of :func:`similarity`; arrays are (schools,), nan with fewer than two pupils.

    ``identical`` share of answers that are the same, over all pairs and tasks; ``expected`` the same
    for pupils drawn from the region with the same scores; ``statistic`` T, ``natural`` what it would
    be from the differences between honest schools alone, ``variance`` and ``skewness`` of T in
    honest schools; ``tau2`` the common variance of the difficulty of a task between honest schools,
    in squared logits; ``p`` one-sided.
    """

    given: GivenScore
    identical: np.ndarray
    expected: np.ndarray
    statistic: np.ndarray
    natural: np.ndarray
    variance: np.ndarray
    skewness: np.ndarray
    tau2: float
    p: np.ndarray

    @property
    def n(self) -> np.ndarray:
        """Pupils of every school."""
        return self.given.counts.n

    @property
    def z(self) -> np.ndarray:
        """Standardised T; its upper tail is longer than a normal one, so read p."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.statistic - self.natural) / np.sqrt(self.variance)

    @property
    def excess(self) -> np.ndarray:
        """Size of the effect: identical answers beyond honest schools, as a share of all answers.

        ``(T − natural)/(I·n(n−1)/2)``, divided by the square of the part of the reference that is
        not the school's own. .03 is three percentage points.
        """
        tasks = self.given.counts.values.shape[1]
        with np.errstate(invalid="ignore", divide="ignore"):
            others = self.given.weight.sum(axis=1) / self.n
            pairs = self.n * (self.n - 1) / 2
            return (self.statistic - self.natural) / (tasks * pairs * others**2)


def similarity(counts: TaskCounts) -> Similarity:
    """U-statistic of identical answers over all pairs of a school, without looking at pairs.

    For pupils p, q and task i let ``1_piv`` say that p has v points and ``π`` be the shares of the
    region at his sum score. The pair kernel of methods.md §1.4 is ``Σ_iv 1_piv 1_qiv − E``, E given
    both scores; its sum is ``identical − expected``, from ``Σ_v V_siv(V_siv − 1)/2`` and
    ``A = Nπ``. Most of that sum's noise is how *usual* each single pupil's answers are, so the test
    takes the part that belongs to pairs (Hoeffding's projection removed):

    ``T_s = Σ_{p<q} Σ_iv (1_piv − π)(1_qiv − π)``, computed as ``½(|V_s − A_s|² − tr Γ_s)``,

    where ``Γ_s = Σ_k w_sk Γ_k`` is the covariance of ``V_s − A_s`` under a random draw from the
    region's pupils of the same scores, and ``½ tr Γ_s`` replaces the sum over p = q by its mean. With
    .6 of the answers copied from one classmate both see nearly all; when each pupil copies from
    another, AUC is .91 for T and .46 for the plain sum. The price: T also sees leaks and corrections.

    Honest schools teach differently: if a task is δ logits easier to a school, ``V − A`` moves by
    ``δ·Cov(V, points)``. With a common variance τ² of δ, ``H = Γ + τ²LL'`` and T has mean
    ``½τ² tr LL'``, variance ``½ tr H²`` and third cumulant ``tr H³`` (a quadratic form of normal
    deviates); p is the upper tail of the gamma distribution with these. τ² is set so that the median
    school has p = ½, so likeness that is common in the region is nobody's fault.

    Tasks are taken as dependent through their points only, exact for tasks of one point. Fewer than
    two pupils, or nothing that could vary: nan. Source: methods.md §1.4, §3.8.

    >>> from msoko_analysis.synthetic import draw_tasks, respond
    >>> rng = np.random.default_rng(1)
    >>> x = respond(rng, draw_tasks(rng, [1] * 8 + [2] * 4), rng.normal(size=2000)).astype(int)
    >>> copied = rng.random((50, 12)) < 0.6
    >>> x[:50] = np.where(copied, x[7], x[:50])  # the first of 40 schools copied from one pupil
    >>> r, school, one = x.sum(axis=1), np.repeat(np.arange(40), 50), np.eye(3)[x]
    >>> test = similarity(TaskCounts(
    ...     np.array([np.bincount(r[school == s], minlength=17) for s in range(40)]),
    ...     np.array([one[school == s].sum(axis=0) for s in range(40)]),
    ...     np.array([one[r == k].sum(axis=0) for k in range(17)]),
    ...     np.array([x[r == k].T @ x[r == k] for k in range(17)])))
    >>> bool(test.p[0] < 1e-6), bool(test.excess[0] > 0.05), bool((test.p[1:] > 1e-4).all())
    (True, True, True)
    """
    given = given_score(counts)
    basis = _Basis.of(counts.maxima, counts.values.shape[2])
    deviation = (counts.values - _expected_values(given)).reshape(len(counts.n), -1)
    deviation = deviation @ basis.contrasts.T
    moments = _moments(given, basis)
    statistic = ((deviation**2).sum(axis=1) - moments.trace) / 2
    told = (counts.n >= 2) & (moments.second[0] > 1e-9)
    statistic = np.where(told, statistic, np.nan)
    tau2 = _common_tau2(statistic[told], moments.of(told))
    natural, variance, third = moments.at(tau2)
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where(told, third / variance**1.5, np.nan)
        z = (statistic - natural) / np.sqrt(variance)
    identical, expected = _identical(given)
    natural, variance = (np.where(told, array, np.nan) for array in (natural, variance))
    return Similarity(
        given, identical, expected, statistic, natural, variance, skewness, tau2, _tail(z, skewness)
    )


@dataclass(frozen=True)
class _Basis:
    """Orthonormal contrasts of the values of each task: what is left as every task sums to n.

    ``contrasts`` (D × tasks·values), D the sum of the maxima, keeps lengths of such deviations;
    ``points`` (D × tasks) turns them into points for each task; ``task`` (D,) whose contrast it is.
    """

    contrasts: np.ndarray
    points: np.ndarray
    task: np.ndarray

    @classmethod
    def of(cls, maxima: np.ndarray, values: int) -> _Basis:
        task = np.repeat(np.arange(len(maxima)), maxima)
        contrasts = np.zeros((len(task), len(maxima), values))
        for number, top in enumerate(maxima):
            if top:
                contrasts[task == number, number, : top + 1] = helmert(top + 1)
        return cls(contrasts.reshape(len(task), -1), contrasts @ np.arange(float(values)), task)


@dataclass(frozen=True)
class _Moments:
    """Cumulants of T as polynomials in τ²: coefficients in rising order, each (schools,)."""

    trace: np.ndarray
    first: tuple[np.ndarray, ...]
    second: tuple[np.ndarray, ...]
    third: tuple[np.ndarray, ...]

    def at(self, tau2: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean, variance and third cumulant of T for one τ²."""
        mean, variance, third = (
            sum(term * tau2**power for power, term in enumerate(terms))
            for terms in (self.first, self.second, self.third)
        )
        return mean, variance, third

    def of(self, schools: np.ndarray) -> _Moments:
        """The same for some of the schools."""
        first, second, third = (
            tuple(term[schools] for term in terms)
            for terms in (self.first, self.second, self.third)
        )
        return _Moments(self.trace[schools], first, second, third)


def _moments(given: GivenScore, basis: _Basis) -> _Moments:
    """Traces of powers of ``Γ + τ²LL'``, ``L = Γ·points``, for every school.

    The powers of LL' are taken in the small space of tasks: ``tr(LL')² = |L'L|²``.
    """
    covariance = _covariance(given, basis).reshape(len(given.expected), -1)
    size = len(basis.task)
    parts = []
    for start in range(0, len(given.weight), _CHUNK):
        gamma_s = (given.weight[start : start + _CHUNK] @ covariance).reshape(-1, size, size)
        along = gamma_s @ basis.points
        twice = gamma_s @ along
        inner, middle = (along.transpose(0, 2, 1) @ other for other in (along, twice))
        zero = np.zeros(len(gamma_s))
        parts.append(
            [
                *(np.einsum("sii->s", gamma_s), zero, _dot(along, along) / 2),
                *(_dot(gamma_s, gamma_s) / 2, _dot(along, twice), _dot(inner, inner) / 2),
                _dot(gamma_s @ gamma_s, gamma_s),
                *(3 * _dot(twice, twice), 3 * _dot(middle, inner), _dot(inner @ inner, inner)),
            ]
        )
    terms = [np.concatenate(term) for term in zip(*parts, strict=True)]
    return _Moments(terms[0], tuple(terms[1:3]), tuple(terms[3:6]), tuple(terms[6:]))


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum of products of two matrices for every school."""
    return np.einsum("sij,sij->s", first, second)


def _covariance(given: GivenScore, basis: _Basis) -> np.ndarray:
    """Covariance of one pupil's answers given the score (scores × D × D), with N − 1 below."""
    n = given.counts.region_n
    shares = given.shares.reshape(len(n), -1)
    means = shares @ basis.contrasts.T
    same_task = basis.task[:, None] == basis.task
    own = np.einsum("dv,kv,ev->kde", basis.contrasts, shares, basis.contrasts, optimize=True)
    own = own - same_task * means[:, :, None] * means[:, None, :]
    own *= (n / np.maximum(n - 1, 1.0))[:, None, None]
    along = own @ basis.points
    variance = np.einsum("di,kdi->ki", basis.points, along)
    slope = np.divide(
        along, variance[:, None], out=np.zeros_like(along), where=variance[:, None] > 1e-12
    )
    between = given.covariance * ~np.eye(given.expected.shape[1], dtype=bool)
    return own + slope @ between @ slope.transpose(0, 2, 1)


def _common_tau2(statistic: np.ndarray, moments: _Moments) -> float:
    """The τ² under which the median school has p = ½; 0 if it has more without any."""

    def median_p(tau2: float) -> float:
        mean, variance, third = moments.at(tau2)
        return np.median(_tail((statistic - mean) / np.sqrt(variance), third / variance**1.5))

    if len(statistic) == 0 or median_p(0.0) >= 0.5:
        return 0.0
    low, high = 0.0, 1.0
    while median_p(high) < 0.5:
        low, high = high, 2 * high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if median_p(middle) < 0.5 else (low, middle)
    return high


def _tail(z: np.ndarray, skewness: np.ndarray) -> np.ndarray:
    """Upper tail of the gamma distribution with mean 0, variance 1 and this skewness."""
    shape = 4 / np.maximum(skewness, _LEAST_SKEWNESS) ** 2
    return gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0.0))


def _expected_values(given: GivenScore) -> np.ndarray:
    """A = Nπ: pupils of a school by task and points as the region's shares would have it."""
    return np.tensordot(given.counts.scores, given.shares, axes=1)


def _identical(given: GivenScore) -> tuple[np.ndarray, np.ndarray]:
    """Shares of identical answers over pairs and tasks: observed, and expected in a random draw."""
    counts = given.counts
    tasks = counts.values.shape[1]
    usual = (given.shares**2).sum(axis=(1, 2))
    # Two different pupils of one score are drawn without replacement.
    without = (usual - tasks) / np.maximum(counts.region_n - 1, 1.0)
    same = (counts.values * (counts.values - 1)).sum(axis=(1, 2)) / 2
    expected = ((_expected_values(given) ** 2).sum(axis=(1, 2)) - counts.scores @ usual) / 2
    expected = expected + (counts.scores * (counts.scores - 1) / 2) @ without
    answers = tasks * counts.n * (counts.n - 1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return same / answers, expected / answers
