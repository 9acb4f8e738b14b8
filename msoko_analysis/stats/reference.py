"""What a school is compared with: other municipalities, or a smooth curve through its own."""

from __future__ import annotations

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.loglinear import loglinear_fit

# Half a pupil spread over the whole scale: a score nobody reached stays possible.
_PRIOR_PUPILS = 0.5
_SMOOTH_DEGREE = 5


def outside_municipality(
    counts: np.ndarray, municipality: np.ndarray, *, weight: np.ndarray | None = None
) -> np.ndarray:
    """Score distribution of the region without a school's own municipality, (schools × scores).

    ``f_s(k) = (N_k − N_{k,m(s)} + a) / Σ`` with ``N_k = Σ_s w_s N_sk``, ``a`` half a pupil over the
    scale. A school never stands in its own reference, and neighbours with a common habit do not hide
    one another (methods.md §3.1, reference order; §5.3). ``counts`` (schools × scores),
    ``municipality`` (schools,) labels, ``weight`` (schools,) the trust in each school, 1 by default.

    >>> counts = np.array([[1, 0, 1], [0, 2, 0], [3, 0, 1]])
    >>> outside_municipality(counts, np.array(["a", "a", "b"]))[0].round(2).tolist()
    [0.7, 0.04, 0.26]
    """
    counts = np.asarray(counts, dtype=float)
    if weight is not None:
        counts = counts * weight[:, None]
    _, index = np.unique(municipality, return_inverse=True)
    own = np.zeros((index.max() + 1, counts.shape[1]))
    np.add.at(own, index, counts)
    outside = counts.sum(axis=0) - own + _PRIOR_PUPILS / counts.shape[1]
    return (outside / outside.sum(axis=1, keepdims=True))[index]


def smoothed_without_self(counts: np.ndarray) -> np.ndarray:
    """Log-linear smooth of all the other schools' scores, (schools × scores).

    For a single municipality without a region around it. Poisson log-linear presmoothing of degree
    5 (Holland & Thayer 1987): the fitted curve keeps the first five moments of the counts and loses
    both spikes and the natural bumps of the test, so the two can not be told apart (methods.md
    §3.1).

    >>> rng = np.random.default_rng(1)
    >>> counts = rng.multinomial(40, np.full(11, 1 / 11), size=8)
    >>> curve = smoothed_without_self(counts)
    >>> others = counts.sum(axis=0) - counts[0]
    >>> bool(np.isclose(curve[0] @ np.arange(11), others @ np.arange(11) / others.sum(), atol=1e-4))
    True
    """
    counts = np.asarray(counts, dtype=float)
    if len(counts) < 2:
        raise StatsInputError("smoothing needs at least two schools")
    others = counts.sum(axis=0) - counts
    if not (others.sum(axis=1) > 0).all():
        raise StatsInputError("the other schools have no pupils to compare with")
    return loglinear_fit(others, degree=_SMOOTH_DEGREE).pmf
