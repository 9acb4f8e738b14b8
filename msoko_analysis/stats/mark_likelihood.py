"""Likelihood of mark counts when schools are drawn from a normal distribution."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from msoko_analysis.errors import StatsInputError

_NODES, _WEIGHTS = np.polynomial.hermite.hermgauss(13)
_ROUNDS = 50
_HALVINGS = 20
_TINY = 1e-140


class MarkLikelihood:
    """Ordered probit of ``counts`` (schools × categories), every category used by somebody.

    ``P_k(u) = Φ(c_k − u) − Φ(c_{k−1} − u)``; a school adds ``ln ∫ Π_k P_k(u)^N_k dN(u; 0, τ²)``.
    The integral is adaptive Gauss–Hermite quadrature around the school's own mode: nodes fixed on
    the prior miss the narrow peak of a school of 200. Category axes stand first in all arrays.

    >>> marks = MarkLikelihood(np.array([[3.0, 1.0], [1.0, 3.0]]))
    >>> log, hessian, cuts = marks.best_cuts(np.array([0.3]), 0.0)
    >>> round(log, 3), bool(abs(cuts[0]) < 1e-4)  # τ = 0: eight tosses of a fair coin
    (-5.545, True)
    """

    def __init__(self, counts: np.ndarray) -> None:
        self.counts = np.asarray(counts, dtype=float).T
        if not (self.counts.sum(axis=1) > 0).all():
            raise StatsInputError("every category must be used by somebody")
        self._mode = np.zeros(self.counts.shape[1])

    def modes(self, cuts: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray]:
        """Mode of each school's posterior and the standard deviation its curvature gives.

        The posterior is log-concave, so Newton steps cut at 1 arrive; they start from the last modes.
        """
        u = self._mode
        for _ in range(_ROUNDS):
            distance, density, cells = _cells(u, cuts)
            slope = -np.diff(density, axis=0, prepend=0, append=0) / cells
            bend = -np.diff(distance * density, axis=0, prepend=0, append=0) / cells - slope**2
            curvature = 1 / tau**2 - (self.counts * bend).sum(axis=0)
            step = ((self.counts * slope).sum(axis=0) - u / tau**2) / curvature
            u = u + np.clip(step, -1, 1)
            # The nodes need the peak to a small part of its width only.
            if (np.abs(step) * np.sqrt(curvature)).max() < 0.01:
                break
        self._mode = u
        return u, 1 / np.sqrt(curvature)

    def evaluate(self, cuts: np.ndarray, tau: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log likelihood (schools,), gradient (terms × schools), Hessian (schools × terms × terms).

        Terms are the cuts and ln τ, the cuts alone when τ = 0. Derivatives of the integral are
        posterior means over the nodes (Fisher's identity; Louis 1982 for the second ones).
        """
        if tau > 0:
            mode, spread = self.modes(cuts, tau)
            u = mode[:, None] + np.sqrt(2) * spread[:, None] * _NODES
            prior = np.log(_WEIGHTS) + _NODES**2 - 0.5 * (u / tau) ** 2
            prior = prior + np.log(spread / (tau * np.sqrt(np.pi)))[:, None]
        else:
            u, prior = np.zeros((self.counts.shape[1], 1)), 0.0
        distance, density, cells = _cells(u, cuts)
        log = (self.counts[:, :, None] * np.log(cells)).sum(axis=0) + prior
        highest = log.max(axis=1, keepdims=True)
        total = highest[:, 0] + np.log(np.exp(log - highest).sum(axis=1))
        posterior = np.exp(log - total[:, None])
        per = self.counts[:, :, None] / cells
        square = per / cells
        score = density * (per[:-1] - per[1:])
        own = -distance * score - density**2 * (square[:-1] + square[1:])
        beside = density[:-1] * density[1:] * square[1:-1]
        terms = len(cuts) + (tau > 0)
        second = np.zeros((len(total), terms, terms))
        for k, value in enumerate((posterior * own).sum(axis=2)):
            second[:, k, k] = value
        for k, value in enumerate((posterior * beside).sum(axis=2)):
            second[:, k, k + 1] = second[:, k + 1, k] = value
        if tau > 0:
            far = (u / tau) ** 2
            score = np.concatenate([score, far[None] - 1])
            second[:, -1, -1] = -2 * (posterior * far).sum(axis=1)
        gradient = (posterior * score).sum(axis=2)
        deviation = score - gradient[:, :, None]
        second += np.einsum("ksq,lsq->skl", posterior * deviation, deviation, optimize=True)
        return total, gradient, second

    def best_cuts(self, cuts: np.ndarray, tau: float) -> tuple[float, np.ndarray, np.ndarray]:
        """Highest log likelihood at a given τ, its second derivatives by the cuts, and the cuts.

        The likelihood is log-concave in the cuts (Prékopa), so damped Newton steps arrive. The last
        step, too small to be worth an evaluation, is added with the gain it promises.
        """
        terms = len(cuts)
        log, gradient, second = self.evaluate(cuts, tau)
        for _ in range(_ROUNDS):
            height, slope = log.sum(), gradient[:terms].sum(axis=1)
            hessian = second[:, :terms, :terms].sum(axis=0)
            step = np.linalg.solve(hessian, -slope)
            gain = 0.5 * float(slope @ step)
            if 0 <= gain < 1e-8:
                break
            if gain < 0:  # schools of one mark and a wide prior: the nodes give a crude curvature
                step = slope / np.abs(np.diag(hessian)).max()
            step = step / max(1.0, np.abs(step).max() / (1 + tau))
            for _ in range(_HALVINGS):
                if (np.diff(cuts + step) > 0).all():
                    log, gradient, second = self.evaluate(cuts + step, tau)
                    if log.sum() > height:
                        break
                step = step / 2
            else:  # as high as the accuracy of the nodes allows
                return float(height), hessian, cuts
            cuts = cuts + step
        return float(height + max(gain, 0.0)), hessian, cuts + step


def _cells(u: np.ndarray, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances c_k − u, their normal density, and the probability of every category."""
    distance = cuts.reshape(-1, *[1] * u.ndim) - u
    density = np.exp(-0.5 * distance**2) / np.sqrt(2 * np.pi)
    # From the nearer tail, so that the top category of a weak school is not 1 − 1.
    tail = ndtr(-np.abs(distance))
    below = np.where(distance < 0, tail, 1 - tail)
    above = np.where(distance < 0, 1 - tail, tail)
    inner = np.where(distance[:-1] > 0, above[:-1] - above[1:], below[1:] - below[:-1])
    return distance, density, np.maximum(np.concatenate([below[:1], inner, above[-1:]]), _TINY)
