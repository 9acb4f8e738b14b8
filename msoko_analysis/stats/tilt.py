"""A reference score distribution tilted to the level and spread of each school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

# Normal priors on the coefficients keep the fit finite for a school of five pupils: precision .05
# (standard deviation 4.5) on the linear term, 2 (standard deviation .7) on every higher one.
_PRECISION_LINEAR = 0.05
_PRECISION_HIGHER = 2.0
# A school is not taken for one whose pupils are all alike because all its works are: a higher term
# beyond 2.5 (half the region's spread) meets a wall. In a real region 7,500 fits stood within 1.9.
_FARTHEST = 2.5
_WALL = 50.0
# The least a logit may stand below the highest: e⁻⁵⁰⁰ is still a number, and so are its quotients.
_LOWEST = -500.0
_LEAST_BEND = 1e-6
_MAX_STEPS = 60
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Tilt:
    """A fitted tilt: the inputs, the coefficients and the expected distribution of every school.

    ``pmf`` is (schools × scores); ``basis`` is (scores × degree): polynomials of the score, see
    :func:`orthonormal`;
    ``precision`` (degree,) is the prior precision of the coefficients.
    """

    counts: np.ndarray
    reference: np.ndarray
    basis: np.ndarray
    precision: np.ndarray
    coefficients: np.ndarray
    pmf: np.ndarray

    @property
    def n(self) -> np.ndarray:
        """Pupils of every school (schools,)."""
        return self.counts.sum(axis=1)

    def project(self, direction: np.ndarray) -> np.ndarray:
        """The part of a direction that fitting level and spread can not explain.

        ``h* = h - T Cov(T)⁻¹ Cov(T, h)`` under the fitted distribution of each school, with the
        prior precision added to ``n·Cov(T)`` (methods.md §3.1). ``direction`` and the result are
        (schools × scores).
        """
        weighted = self.pmf * direction
        mean = self.pmf @ self.basis
        cross = weighted @ self.basis - weighted.sum(axis=1, keepdims=True) * mean
        ridge = np.eye(len(self.precision)) * self.precision
        size = np.maximum(self.n, 1.0)[:, None, None]
        covariance = _covariance(self.pmf, self.basis, mean) + ridge / size
        return direction - np.linalg.solve(covariance, cross[:, :, None])[:, :, 0] @ self.basis.T


def fit_tilt(
    counts: np.ndarray,
    reference: np.ndarray,
    *,
    degree: int = 2,
    start: np.ndarray | None = None,
    together: Sequence[slice] = (),
) -> Tilt:
    """Tilt a reference distribution so that its moments equal those of each school.

    ``p_s(k) ∝ f_s(k)·exp(Σ_d β_sd P_d(k))``, ``P_d`` orthonormal under the mean reference
    (:func:`orthonormal`); β by damped Newton on the penalised likelihood. With ``degree=2`` the
    fitted mean and variance equal the school's own up to the prior, so neither level nor spread is
    held against a school.

    No higher term goes far beyond what schools are: where all pupils have one score, the spread stays
    that of a narrow school, and the score is told to be one.

    Parameters: ``counts`` (schools × scores) pupils at every score; ``reference`` (scores,) or
    (schools × scores), positive, each row summing to 1; ``start`` (schools × degree) coefficients to
    begin from; ``together`` disjoint windows of scores of which only the sum of the pupils is used,
    so where they stand within one does not move the fit (likelihood of a grouped histogram). A school
    without pupils keeps its reference. Source: methods.md §3.1; the family is the exponential tilt of
    Efron & Tibshirani (1996).

    >>> reference = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    >>> school = np.array([[0, 4, 10, 18, 8]])
    >>> tilt = fit_tilt(school, reference)
    >>> observed = (school @ np.arange(5)) / 40
    >>> bool(abs(tilt.pmf @ np.arange(5) - observed)[0] < 0.01)
    True
    """
    counts, reference = _checked(counts, reference)
    basis = orthonormal(reference.mean(axis=0), degree)
    precision = np.array([_PRECISION_LINEAR] + [_PRECISION_HIGHER] * (degree - 1))

    size = np.maximum(counts.sum(axis=1), 1.0)
    seen = _Seen.of(counts / size[:, None], basis, together)
    coefficients = np.zeros((len(counts), degree)) if start is None else start.copy()
    log_reference = np.log(reference)
    moving = np.flatnonzero(counts.sum(axis=1) > 0)
    damping = np.ones(len(counts))
    height, pmf = _penalised(log_reference, coefficients, basis, seen, precision, size)
    for _ in range(_MAX_STEPS):
        share = 1 / size[moving]
        ridge = np.eye(degree) * precision * share[:, None, None]
        gradient, sure, usual = _slopes(pmf[moving], basis, seen.rows(moving))
        beyond = _beyond(coefficients[moving])
        gradient = gradient - precision * coefficients[moving] * share[:, None] - _WALL * beyond
        ridge = ridge + np.eye(degree) * _WALL * (beyond != 0)[:, None, :]
        # Where a window holds far more pupils than expected the curve may bend the other way.
        bends = np.linalg.eigvalsh(sure + ridge)[:, 0] > _LEAST_BEND
        curvature = np.where(bends[:, None, None], sure, usual) + ridge
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1)
        scale = damping[moving] * np.minimum(1.0, 1.0 / np.maximum(longest, 1e-12))
        tried = coefficients[moving] + step * scale[:, None]
        reached, reached_pmf = _penalised(
            log_reference[moving], tried, basis, seen.rows(moving), precision, size[moving]
        )
        # Far from the maximum a Newton step may overshoot: it is taken only where it climbs.
        climbs = reached >= height[moving] - _TOLERANCE
        taken = moving[climbs]
        coefficients[taken], height[taken] = tried[climbs], reached[climbs]
        pmf[taken] = reached_pmf[climbs]
        damping[moving] = np.where(
            climbs, np.minimum(1.0, 2 * damping[moving]), damping[moving] / 4
        )
        # Most schools arrive in a few steps: the rest go on alone.
        moving = moving[longest >= _TOLERANCE]
        if len(moving) == 0:
            break
    return Tilt(counts, reference, basis, precision, coefficients, pmf)


def orthonormal(reference: np.ndarray, degree: int) -> np.ndarray:
    """Polynomials ``P_1 … P_degree`` of the score, (scores × degree), orthonormal under a reference.

    ``Σ_k f(k) P_a(k) P_b(k) = [a = b]`` and ``Σ_k f(k) P_a(k) = 0``, the leading coefficient positive:
    ``P_1`` is the standardised score. All have variance 1 where pupils stand, so one prior precision
    means the same for each; of the plain powers ``t⁴`` reaches 80 where ``t²`` reaches 9, and under
    the same prior a fitted distribution could vanish at a cut and its information run away.
    ``reference`` (scores,) positive, more scores than the degree. Source: the polynomials of a
    discrete measure by their three-term recurrence, Gautschi, Orthogonal Polynomials (2004), §2.2.

    >>> basis = orthonormal(np.array([0.1, 0.2, 0.4, 0.2, 0.1]), 2)
    >>> basis[[0, 1, 4], 0].round(3).tolist()  # (score - 2) / √1.2
    [-1.826, -0.913, 1.826]
    """
    score = np.linspace(-1.0, 1.0, len(reference))
    before, now, length = np.zeros(len(score)), np.ones(len(score)), 0.0
    found = []
    for _ in range(degree):
        new = (score - reference @ (score * now**2)) * now - length * before
        length = float(np.sqrt(reference @ new**2))
        before, now = now, new / length
        found.append(now)
    return np.column_stack(found)


def _checked(counts: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 2 or counts.shape[0] == 0 or counts.shape[1] < 3:
        raise StatsInputError("counts must be (schools >= 1) x (scores >= 3)")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be finite and not negative")
    reference = np.broadcast_to(np.asarray(reference, dtype=float), counts.shape)
    if not (reference > 0).all():
        raise StatsInputError("reference must be positive at every score: smooth it first")
    if not np.allclose(reference.sum(axis=1), 1.0, atol=1e-8):
        raise StatsInputError("every row of reference must sum to 1")
    return counts, reference


@dataclass(frozen=True)
class _Seen:
    """What the fit sees of every school: ``outside`` the windows the sum of the basis over its pupils
    (schools × degree) and their share (schools,), ``inside`` the share of each window (schools ×
    windows)."""

    windows: Sequence[slice]
    moments: np.ndarray
    outside: np.ndarray
    inside: np.ndarray

    @classmethod
    def of(cls, shares: np.ndarray, basis: np.ndarray, windows: Sequence[slice]) -> _Seen:
        apart = shares.copy()
        inside = np.zeros((len(shares), len(windows)))
        for number, window in enumerate(windows):
            inside[:, number] = shares[:, window].sum(axis=1)
            apart[:, window] = 0.0
        return cls(windows, apart @ basis, apart.sum(axis=1), inside)

    def rows(self, chosen: np.ndarray) -> _Seen:
        return _Seen(self.windows, self.moments[chosen], self.outside[chosen], self.inside[chosen])


def _penalised(
    log_reference: np.ndarray,
    coefficients: np.ndarray,
    basis: np.ndarray,
    seen: _Seen,
    precision: np.ndarray,
    size: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Penalised log-likelihood per pupil (schools,), what :func:`fit_tilt` maximises, and the pmf."""
    logits = log_reference + coefficients @ basis.T
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp(np.maximum(logits - top, _LOWEST))
    mass = weights.sum(axis=1, keepdims=True)
    pmf = weights / mass
    prior = (precision * coefficients**2).sum(axis=1) / 2 / size
    prior += _WALL * (_beyond(coefficients) ** 2).sum(axis=1) / 2
    height = (seen.moments * coefficients).sum(axis=1) - prior
    height -= seen.outside * (top + np.log(mass))[:, 0]
    for window, share in zip(seen.windows, seen.inside.T, strict=True):
        height += share * np.log(pmf[:, window].sum(axis=1))
    return height, pmf


def _beyond(coefficients: np.ndarray) -> np.ndarray:
    """How far the higher terms stand beyond what schools are, 0 for the linear one."""
    far = coefficients - np.clip(coefficients, -_FARTHEST, _FARTHEST)
    far[:, 0] = 0.0
    return far


def _slopes(
    pmf: np.ndarray, basis: np.ndarray, seen: _Seen
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradient of the log-likelihood per pupil (schools × degree), and minus its second derivative
    (schools × degree × degree): the one that is seen, the one that is expected."""
    mean = pmf @ basis
    gradient = seen.moments - mean
    whole = _covariance(pmf, basis, mean)
    sure, usual = whole.copy(), whole
    for window, share in zip(seen.windows, seen.inside.T, strict=True):
        mass = pmf[:, window].sum(axis=1)
        inside = pmf[:, window] / mass[:, None]
        middle = inside @ basis[window]
        lost = _covariance(inside, basis[window], middle)
        gradient += share[:, None] * middle
        sure -= share[:, None, None] * lost
        usual = usual - mass[:, None, None] * lost
    return gradient, sure, usual


def _covariance(pmf: np.ndarray, basis: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Covariance of the basis in every school (schools × degree × degree): ``E tt' − E t E t'``.

    The basis is standardised, so little is lost in the difference, and one product of matrices is
    many times faster than centring the basis school by school.
    """
    degree = basis.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    return (pmf @ products).reshape(-1, degree, degree) - mean[:, :, None] * mean[:, None, :]
