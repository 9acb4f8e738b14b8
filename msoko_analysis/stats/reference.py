"""What a school is compared with: a control sample, other municipalities, a smooth curve."""

from __future__ import annotations

import numpy as np

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.loglinear import loglinear_fit

# Half a pupil spread over the whole scale: a score nobody reached stays possible.
_PRIOR_PUPILS = 0.5
_SMOOTH_DEGREE = 5


def control_reference(control: np.ndarray) -> np.ndarray:
    """Score distribution of an independent sample of pupils, (scores,).

    ``f(k) = (N_k + a)/Σ``, ``a`` half a pupil over the scale. ``control`` (scores,) pupils at every
    score: an observed sample, or the whole country. No school stands in it, so none has to be left
    out. Its sampling error is common to all schools: it shifts every z by about ``√(n̄/N)`` standard
    deviations, n̄ the mean school, N the sample (methods.md §3.1), whence :func:`mean_schools`.

    >>> control_reference(np.array([1, 0, 2])).round(2).tolist()
    [0.33, 0.05, 0.62]
    """
    control = np.asarray(control, dtype=float)
    if control.ndim != 1 or not np.isfinite(control).all() or (control < 0).any():
        raise StatsInputError("control must be one row of counts, finite and not negative")
    if control.sum() == 0:
        raise StatsInputError("a control sample without pupils is no reference")
    filled = control + _PRIOR_PUPILS / len(control)
    return filled / filled.sum()


def mean_schools(control: np.ndarray, counts: np.ndarray) -> float:
    """How many schools of mean size a control sample is worth; nan without pupils to judge.

    ``control`` (scores,), ``counts`` (schools × scores): ``N/n̄`` over the schools with pupils.

    >>> mean_schools(np.array([50, 50]), np.array([[4, 6], [0, 0], [15, 15]]))
    5.0
    """
    n = np.asarray(counts, dtype=float).sum(axis=1)
    wrote = n[n > 0]
    return float(np.sum(control) / wrote.mean()) if len(wrote) else float("nan")


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
