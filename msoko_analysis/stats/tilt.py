"""A reference score distribution tilted to the level and spread of each school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

# Normal priors on the coefficients keep the fit finite for a school of five pupils: precision .05
# (standard deviation 4.5) on the linear term, 2 (standard deviation .7) on every higher one.
_PRECISION_LINEAR = 0.05
_PRECISION_HIGHER = 2.0
_MAX_STEPS = 60
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Tilt:
    """A fitted tilt: the inputs, the coefficients and the expected distribution of every school.

    ``pmf`` is (schools × scores); ``basis`` is (scores × degree): powers of the standardised score;
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
) -> Tilt:
    """Tilt a reference distribution so that its moments equal those of each school.

    ``p_s(k) ∝ f_s(k)·exp(Σ_d β_sd t_k^d)``, ``t`` the score standardised by the mean reference; β
    by
    damped Newton on the penalised likelihood. With ``degree=2`` the fitted mean and variance equal
    the school's own up to the prior, so neither level nor spread is held against a school.

    Parameters: ``counts`` (schools × scores) pupils at every score; ``reference`` (scores,) or
    (schools × scores), positive, each row summing to 1; ``start`` (schools × degree) coefficients to
    begin from. A school without pupils keeps its reference. Source: methods.md §3.1; the family is
    the exponential tilt of Efron & Tibshirani (1996).

    >>> reference = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    >>> school = np.array([[0, 4, 10, 18, 8]])
    >>> tilt = fit_tilt(school, reference)
    >>> observed = (school @ np.arange(5)) / 40
    >>> bool(abs(tilt.pmf @ np.arange(5) - observed)[0] < 0.01)
    True
    """
    counts, reference = _checked(counts, reference)
    mean_reference = reference.mean(axis=0)
    score = np.arange(counts.shape[1])
    centre = mean_reference @ score
    spread = np.sqrt(mean_reference @ (score - centre) ** 2)
    basis = ((score - centre) / spread)[:, None] ** np.arange(1, degree + 1)
    precision = np.array([_PRECISION_LINEAR] + [_PRECISION_HIGHER] * (degree - 1))

    size = np.maximum(counts.sum(axis=1), 1.0)
    target = counts @ basis / size[:, None]
    coefficients = np.zeros((len(counts), degree)) if start is None else start.copy()
    log_reference = np.log(reference)
    moving = np.flatnonzero(counts.sum(axis=1) > 0)
    damping = np.ones(len(counts))
    height, pmf = _penalised(log_reference, coefficients, basis, target, precision, size)
    for _ in range(_MAX_STEPS):
        now = pmf[moving]
        mean, share = now @ basis, 1 / size[moving]
        gradient = target[moving] - mean - precision * coefficients[moving] * share[:, None]
        ridge = np.eye(degree) * precision * share[:, None, None]
        curvature = _covariance(now, basis, mean) + ridge
        step = np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1)
        scale = damping[moving] * np.minimum(1.0, 1.0 / np.maximum(longest, 1e-12))
        tried = coefficients[moving] + step * scale[:, None]
        reached, reached_pmf = _penalised(
            log_reference[moving], tried, basis, target[moving], precision, size[moving]
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


def _penalised(
    log_reference: np.ndarray,
    coefficients: np.ndarray,
    basis: np.ndarray,
    target: np.ndarray,
    precision: np.ndarray,
    size: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Penalised log-likelihood per pupil (schools,), what :func:`fit_tilt` maximises, and the pmf."""
    logits = log_reference + coefficients @ basis.T
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp(logits - top)
    mass = weights.sum(axis=1, keepdims=True)
    prior = (precision * coefficients**2).sum(axis=1) / 2 / size
    height = (target * coefficients).sum(axis=1) - (top + np.log(mass))[:, 0] - prior
    return height, weights / mass


def _covariance(pmf: np.ndarray, basis: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Covariance of the basis in every school (schools × degree × degree): ``E tt' − E t E t'``.

    The basis is standardised, so little is lost in the difference, and one product of matrices is
    many times faster than centring the basis school by school.
    """
    degree = basis.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    return (pmf @ products).reshape(-1, degree, degree) - mean[:, :, None] * mean[:, None, :]
