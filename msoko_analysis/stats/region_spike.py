"""Spike of a whole region or municipality at a mark cut, against a smooth curve (check C9).

Poorest data accepted: one histogram of primary scores (tier T1). It tells how far the region itself
departs from a smooth curve, which the test of its schools can not see: their reference contains the
region's habit. A test of tasks worth 1–3 points has natural bumps, so with thousands of pupils
everything is "significant" on the Poisson scale; the scale here is what happens at scores where no
mark changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.loglinear import loglinear_fit
from msoko_analysis.stats.spike import REACH, landings, within_reach

DEGREE = 7
"""Degree of the smooth curve: 5 leaves the shape of honest distributions in the residuals."""
AWAY = 4
"""A placebo cut stands at least so many steps from every real one."""
FEWEST_PLACEBOS = 5
"""With fewer placebo cuts their spread is not known, and the quasi-Poisson scale is used."""
_LEAST_FREEDOM = 3
_FEWEST_IN_REACH = 10.0  # where the curve expects fewer, a placebo share is not determined
_STEPS, _HALVINGS = 100, 40
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class RegionSpike:
    """Result of :func:`region_spike`; arrays are (cuts,) unless said.

    ``share`` θ of the pupils within reach who were lifted (negative: a hole at the cut);
    ``pupils`` lifted; ``share_error``, ``pupils_error`` their Poisson standard errors;
    ``smooth`` (scores,) the curve before anybody was lifted, 0 at scores left out; ``placebo_cuts``
    and ``placebo_z`` the Poisson z where no mark changes; ``phi`` Pearson's dispersion of the fit.
    """

    counts: np.ndarray
    cuts: tuple[int, ...]
    reachable: np.ndarray
    reach: int
    step: int
    degree: int
    share: np.ndarray
    share_error: np.ndarray
    pupils: np.ndarray
    pupils_error: np.ndarray
    smooth: np.ndarray
    placebo_cuts: np.ndarray
    placebo_z: np.ndarray
    phi: float

    @property
    def scaled_by_placebo(self) -> bool:
        """Whether there are enough placebo cuts to scale by; otherwise φ is used."""
        return len(self.placebo_cuts) >= FEWEST_PLACEBOS

    @property
    def scale(self) -> float:
        """How many times wider than Poisson an honest histogram of this test scatters, at least 1.

        Root mean square of the placebo z, or ``√φ`` where placebo cuts are too few.
        """
        square = (self.placebo_z**2).mean() if self.scaled_by_placebo else self.phi
        return float(np.sqrt(max(square, 1.0)))

    @property
    def z(self) -> np.ndarray:
        """Share of lifted pupils in its scaled standard errors."""
        return self.share / (self.share_error * self.scale)

    @property
    def p(self) -> np.ndarray:
        """One-sided p of a spike at each cut."""
        return norm.sf(self.z)

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Interval of the number of lifted pupils, with the scaled standard error."""
        half = norm.isf((1 - level) / 2) * self.pupils_error * self.scale
        return self.pupils - half, self.pupils + half


def region_spike(
    counts: np.ndarray,
    cuts: Sequence[int],
    *,
    reachable: np.ndarray | None = None,
    reach: int = REACH,
    step: int = 1,
    degree: int = DEGREE,
) -> RegionSpike:
    """How many pupils of one histogram were lifted over the mark cuts, against a smooth curve.

    ``N_k ~ Poisson(μ_k)``, ``μ = (I + Σ_c θ_c A_c)·e``, ``log e`` a polynomial of ``degree``; ``A_c``
    takes a pupil from each score of the ``reach`` steps below c and sets him down at c or within a
    step above, in the proportion of :func:`msoko_analysis.stats.spike.landings`; ``step`` is how many
    scores one step of the scale has. One parameter per cut instead of an
    excluded window leaves enough scores to fit on a scale of twenty points with three cuts. The
    number lifted is ``θ_c·Σ_reach e``. Placebo cuts, each added to the model alone, are all scores at
    least :data:`AWAY` (or the width of a window) steps from every cut.

    ``counts`` (scores 0…max); ``cuts`` first scores that earn the next mark; ``reachable`` (scores,)
    true where the conversion of points into this scale leads at all: other scores are left out, the
    rest counted as neighbours (primary points need none). Refused: a cut without room for its
    window; fewer than three scores more than parameters — lower ``degree`` then, or do without.

    Measured on honest exams of random structure, at nominal 5 %: .035–.05 placebo-scaled, .03–.045
    quasi-Poisson with 30,000 pupils; .02–.05 with 600–3,000 (tests/calibration/test_region.py). A
    claim about a region needs that scale or a clean reference (methods.md §1.1, §3.9).

    >>> smooth = 4000 * np.exp(-(((np.arange(26) - 14) / 7) ** 2))
    >>> smooth[[11, 12]] -= 900; smooth[[13, 14]] += [1440, 360]
    >>> result = region_spike(np.random.default_rng(1).poisson(smooth), (13,))
    >>> low, high = result.interval()
    >>> bool(result.z[0] > 5), bool(low[0] < 1800 < high[0])
    (True, True)
    """
    counts = np.asarray(counts, dtype=float)
    if counts.ndim != 1 or not np.isfinite(counts).all() or (counts < 0).any():
        raise StatsInputError("counts must be one histogram (scores,), not negative")
    reachable = np.ones(len(counts), bool) if reachable is None else np.asarray(reachable, bool)
    if reachable.shape != counts.shape:
        raise StatsInputError("reachable must have one entry for every score")
    places = np.searchsorted(np.flatnonzero(reachable), cuts)
    kept = counts[reachable]
    _check_room(kept, places, reach, step, degree)

    moves = np.stack([_move(len(kept), place, reach, step) for place in places])
    start = loglinear_fit(kept, degree=degree)
    fit = _Fit.of(kept, start.design, moves, start.coefficients[0])
    window = max(AWAY * step, (reach + 1) * step + 1)
    placebo_places = [
        place
        for place in range(reach * step, len(kept) - step)
        if np.abs(place - places).min() >= window
        and fit.smooth[within_reach(place, reach, step)].sum() >= _FEWEST_IN_REACH
    ]
    placebos = [
        _Fit.of(
            kept,
            start.design,
            np.concatenate([moves, _move(len(kept), place, reach, step)[None]]),
            fit.coefficients,
        )
        for place in placebo_places
    ]
    smooth = np.zeros(len(counts))
    smooth[reachable] = fit.smooth
    freedom = len(kept) - degree - 1 - len(places)
    pupils, pupils_error = fit.lifted(places, reach, step)
    return RegionSpike(
        counts,
        tuple(int(cut) for cut in cuts),
        reachable,
        reach,
        step,
        degree,
        fit.share,
        fit.share_error,
        pupils,
        pupils_error,
        smooth,
        np.flatnonzero(reachable)[placebo_places],
        np.array([one.share[-1] / one.share_error[-1] for one in placebos]),
        float(((kept - fit.mean) ** 2 / fit.mean).sum() / freedom),
    )


@dataclass(frozen=True)
class _Fit:
    """The model fitted: smooth curve, shares lifted at each move, their joint covariance."""

    design: np.ndarray
    coefficients: np.ndarray
    share: np.ndarray
    smooth: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(
        cls, counts: np.ndarray, design: np.ndarray, moves: np.ndarray, start: np.ndarray
    ) -> _Fit:
        """Fisher scoring with the step halved until the likelihood rises."""
        parameters = np.concatenate([start, np.zeros(len(moves))])
        smooth, mean, slope = _model(parameters, design, moves)
        best = _log_likelihood(counts, mean)
        for _ in range(_STEPS):
            weighted = slope / mean[:, None]
            information = weighted.T @ slope
            step = np.linalg.solve(
                information + _TOLERANCE * np.eye(len(parameters)), weighted.T @ (counts - mean)
            )
            step = step / max(1.0, np.abs(step).max())
            for _ in range(_HALVINGS):
                tried = _log_likelihood(counts, _model(parameters + step, design, moves)[1])
                if tried >= best:
                    break
                step = step / 2
            else:
                break
            parameters, gained, best = parameters + step, tried - best, tried
            smooth, mean, slope = _model(parameters, design, moves)
            if gained < _TOLERANCE:
                break
        covariance = np.linalg.inv((slope / mean[:, None]).T @ slope)
        terms = design.shape[1]
        return cls(design, parameters[:terms], parameters[terms:], smooth, mean, covariance)

    @property
    def share_error(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance)[len(self.coefficients) :])

    def lifted(self, places: np.ndarray, reach: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Pupils lifted over each cut and the standard error, by the delta method."""
        pupils, error = [], []
        for number, place in enumerate(places):
            below = within_reach(place, reach, step)
            within = self.smooth[below].sum()
            gradient = np.zeros(len(self.covariance))
            gradient[: len(self.coefficients)] = self.share[number] * (
                self.smooth[below] @ self.design[below]
            )
            gradient[len(self.coefficients) + number] = within
            pupils.append(self.share[number] * within)
            error.append(np.sqrt(gradient @ self.covariance @ gradient))
        return np.array(pupils), np.array(error)


def _check_room(counts: np.ndarray, places: np.ndarray, reach: int, step: int, degree: int) -> None:
    if len(places) == 0:
        raise StatsInputError("at least one cut is needed")
    if places.min() - reach * step < 0 or places.max() + step >= len(counts):
        raise StatsInputError(f"a cut leaves no room for reach {reach} on {len(counts)} scores")
    needed = degree + 1 + len(places) + _LEAST_FREEDOM
    if len(counts) < needed:
        raise StatsInputError(
            f"degree {degree} with {len(places)} cuts needs {needed} scores, got {len(counts)}"
        )


def _move(scores: int, place: int, reach: int, step: int) -> np.ndarray:
    """A: what one lifted share changes, (scores × scores), from column to row.

    Within the step above the cut they land evenly: the model is linear in the curve.
    """
    below = np.arange(place - reach * step, place)
    move = np.zeros((scores, scores))
    move[below, below] = -1.0
    for where, part in landings(place, step):
        move[where, below] += part / (where.stop - where.start)
    return move


def _model(
    parameters: np.ndarray, design: np.ndarray, moves: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Smooth curve, expected counts, and the derivative of the latter (scores × parameters)."""
    terms = design.shape[1]
    smooth = np.exp(design @ parameters[:terms])
    whole = np.eye(len(smooth)) + np.tensordot(parameters[terms:], moves, axes=1)
    slope = np.hstack([(whole * smooth) @ design, (moves @ smooth).T])
    return smooth, whole @ smooth, slope


def _log_likelihood(counts: np.ndarray, mean: np.ndarray) -> float:
    if not (mean > 0).all():
        return -np.inf
    return float(counts @ np.log(mean) - mean.sum())
