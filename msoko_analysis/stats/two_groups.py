"""Empirical Bayes over schools: how many were lifting at all, and what is known about each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msoko_analysis.errors import StatsInputError

_ROUNDS = 500
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class TwoGroups:
    """Result of :func:`two_groups`.

    ``grid`` (shares,) starts at 0; ``log_likelihood`` (shares × schools) as given; ``prior`` (shares,)
    the estimated distribution of the share over schools; ``posterior`` (shares × schools).
    """

    grid: np.ndarray
    log_likelihood: np.ndarray
    prior: np.ndarray
    posterior: np.ndarray

    @property
    def honest_share(self) -> float:
        """Estimated share of schools without lifting; biased down by 2–3 points (methods.md §3.1),
        so it is to be printed as «not more than»."""
        return float(self.prior[0])

    @property
    def local_fdr(self) -> np.ndarray:
        """Probability that a school was not lifting, given its data (schools,)."""
        return self.posterior[0]


def two_groups(log_likelihood: np.ndarray, grid: np.ndarray) -> TwoGroups:
    """Nonparametric prior over a grid of shares by EM, and the posterior of every school.

    ``π_k ← mean_s P(θ_k | data_s)`` until it settles: the maximum-likelihood mixing distribution on
    the grid (Laird 1978; Efron 2016, "Empirical Bayes deconvolution estimates"). After 500 rounds it
    stops: half honest to begin with, it is then within about .02 of the maximum where shares lie
    close together, and the calibration tests hold for it as it is. The group θ = 0 stands for
    schools like the reference. Parameters: ``log_likelihood`` (shares × schools), up to a
    constant per school; ``grid`` (shares,) increasing from 0. Source: methods.md §3.1.

    >>> grid = np.array([0.0, 0.5])
    >>> clean, lifting = np.array([0.0, -4.0]), np.array([-6.0, 0.0])
    >>> result = two_groups(np.stack([clean] * 9 + [lifting], axis=1), grid)
    >>> round(result.honest_share, 2), bool(result.local_fdr[9] < 0.05)
    (0.9, True)
    """
    log_likelihood = np.asarray(log_likelihood, dtype=float)
    grid = np.asarray(grid, dtype=float)
    if log_likelihood.shape[:1] != grid.shape or log_likelihood.ndim != 2:
        raise StatsInputError("log_likelihood must be (shares x schools) over the grid of shares")
    if grid[0] != 0 or (np.diff(grid) <= 0).any():
        raise StatsInputError("the grid must increase from 0")
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=0))
    # Half of the schools honest to begin with; the rest even.
    prior = np.full(len(grid), 0.5 / (len(grid) - 1))
    prior[0] = 0.5
    for _ in range(_ROUNDS):
        before = prior
        # The mean posterior, without writing out the posterior of every school in every round.
        prior = before * (likelihood @ (1 / (before @ likelihood))) / likelihood.shape[1]
        if np.abs(prior - before).max() < _TOLERANCE:
            break
    joint = before[:, None] * likelihood
    posterior = joint / joint.sum(axis=0)
    return TwoGroups(grid, log_likelihood, prior, posterior)
