"""Spike of a whole region or municipality at a mark cut, against a smooth curve (check C9).

Poorest data accepted: one histogram of primary scores (tier T1). It tells how far the region itself
departs from a smooth curve, which the test of its schools can not see: their reference contains the
region's habit. A test of tasks worth 1–3 points has natural bumps, so with thousands of pupils
everything is "significant" on the Poisson scale; the scale here is what happens at scores where no
mark changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
_GAIN = 1e-7  # of the log-likelihood: a share is then within a thousandth of its error
_TOLERANCE = 1e-9
# So many placebo cuts tell the scale to a tenth; of more, evenly spread ones are taken.
_MOST_PLACEBOS = 40
# Logarithms of expected pupils are kept between e⁻³⁰⁰ and e³⁰⁰: numbers whose products are numbers.
_LARGEST = 300.0
# A fit stands on the edge where hardly a thousandth of the smooth curve is left at some score.
_EDGE = 1e-3
# An expected number is not known better than half a pupil: on the edge the error would be 0.
_LEAST_EXPECTED = 0.5
# A placebo counts for at most three times the usual one: one of them decides nothing.
_FARTHEST = 3.0


@dataclass(frozen=True)
class RegionSpike:
    """Result of :func:`region_spike`; arrays are (cuts,) unless said.

    ``share`` θ of the pupils within reach who were lifted (negative: a hole at the cut);
    ``pupils`` lifted; ``share_error``, ``pupils_error`` their Poisson standard errors;
    ``smooth`` (scores,) the curve before anybody was lifted, 0 at scores left out; ``placebo_cuts``
    and ``placebo_z`` the Poisson z where no mark changes; ``placebos_left_out`` how many more such
    cuts there were whose fit ended on the edge of what is possible (a second heap, an empty score)
    and tells no z; ``phi`` Pearson's dispersion of the fit.
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
    placebos_left_out: int
    phi: float

    @property
    def scaled_by_placebo(self) -> bool:
        """Whether there are enough placebo cuts to scale by; otherwise φ is used."""
        return len(self.placebo_cuts) >= FEWEST_PLACEBOS

    @property
    def scale(self) -> float:
        """How many times wider than Poisson an honest histogram of this test scatters, at least 1.

        Root mean square of the placebo z, each cut at three times the usual one (the median of
        ``|z|`` over .6745, at least 1); ``√φ`` where placebo cuts are too few.
        """
        if not self.scaled_by_placebo:
            return float(np.sqrt(max(self.phi, 1.0)))
        size = np.abs(self.placebo_z)
        usual = max(float(np.median(size)) / norm.ppf(0.75), 1.0)
        square = (np.minimum(size, _FARTHEST * usual) ** 2).mean()
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
    number lifted is ``θ_c·Σ_reach e``. Placebo cuts, each added to the model alone, are scores at
    least :data:`AWAY` (or the width of a window) steps from every cut, at most forty of them.

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

    windows = _Windows.of(list(places), reach, step)
    start = loglinear_fit(kept, degree=degree)
    fit = _Fit.of(kept, start.design, windows, start.coefficients[0], np.zeros(len(places)))
    window = max(AWAY * step, (reach + 1) * step + 1)
    placebo_places = np.array(
        [
            place
            for place in range(reach * step, len(kept) - step)
            if np.abs(place - places).min() >= window
            and fit.smooth[within_reach(place, reach, step)].sum() >= _FEWEST_IN_REACH
        ],
        dtype=int,
    )
    if len(placebo_places) > _MOST_PLACEBOS:
        chosen = np.linspace(0, len(placebo_places) - 1, _MOST_PLACEBOS).round().astype(int)
        placebo_places = placebo_places[chosen]
    placebos = [
        _Fit.of(
            kept,
            start.design,
            _Windows.of([*places, place], reach, step),
            fit.coefficients,
            np.append(fit.share, 0.0),
        )
        for place in placebo_places
    ]
    inside = np.array([not one.on_edge[-1] for one in placebos], dtype=bool)
    smooth = np.zeros(len(counts))
    smooth[reachable] = fit.smooth
    freedom = len(kept) - degree - 1 - len(places)
    pupils, pupils_error = fit.lifted()
    z = np.array([one.share[-1] / one.share_error[-1] for one in placebos])
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
        np.flatnonzero(reachable)[placebo_places[inside]],
        z[inside],
        int((~inside).sum()),
        float(((kept - fit.mean) ** 2 / fit.mean).sum() / freedom),
    )


@dataclass(frozen=True)
class _Windows:
    """Where pupils are taken from and set down, one window a cut."""

    below: tuple[slice, ...]
    landings: tuple[tuple[tuple[slice, float], ...], ...]

    @classmethod
    def of(cls, places: Iterable[int], reach: int, step: int) -> _Windows:
        return cls(
            tuple(within_reach(int(place), reach, step) for place in places),
            tuple(landings(int(place), step) for place in places),
        )

    def moved(self, number: int, values: np.ndarray) -> np.ndarray:
        """What one lifted share of ``values`` (scores, or scores × terms) changes at every score.

        Within the step above the cut they land evenly: the model is linear in the curve.
        """
        below = self.below[number]
        change = np.zeros_like(values)
        change[below] = -values[below]
        taken = values[below].sum(axis=0)
        for where, part in self.landings[number]:
            change[where] += part * taken / (where.stop - where.start)
        return change

    def around(self, number: int) -> slice:
        """From the first score within reach to the last where the lifted land."""
        return slice(self.below[number].start, self.landings[number][-1][0].stop)


@dataclass(frozen=True)
class _Fit:
    """The model fitted: smooth curve, shares lifted at each cut, their joint covariance."""

    design: np.ndarray
    windows: _Windows
    coefficients: np.ndarray
    share: np.ndarray
    smooth: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(
        cls,
        counts: np.ndarray,
        design: np.ndarray,
        windows: _Windows,
        coefficients: np.ndarray,
        share: np.ndarray,
    ) -> _Fit:
        """Fisher scoring with the step halved until the likelihood rises."""
        parameters = np.concatenate([coefficients, share])
        smooth, mean = _curve(parameters, design, windows)
        best = _log_likelihood(counts, mean)
        for _ in range(_STEPS):
            slope = _slope(parameters, design, windows, smooth)
            weighted = slope / mean[:, None]
            step = _solved(weighted.T @ slope, weighted.T @ (counts - mean))
            step = step / max(1.0, np.abs(step).max())
            for _ in range(_HALVINGS):
                tried = _log_likelihood(counts, _curve(parameters + step, design, windows)[1])
                if tried >= best:
                    break
                step = step / 2
            parameters, gained, best = parameters + step, tried - best, tried
            smooth, mean = _curve(parameters, design, windows)
            if gained < _GAIN:
                break
        slope = _slope(parameters, design, windows, smooth)
        information = (slope / np.maximum(mean, _LEAST_EXPECTED)[:, None]).T @ slope
        covariance = _solved(information, np.eye(len(parameters)))
        terms = design.shape[1]
        return cls(
            design, windows, parameters[:terms], parameters[terms:], smooth, mean, covariance
        )

    @property
    def share_error(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance)[len(self.coefficients) :])

    @property
    def on_edge(self) -> np.ndarray:
        """Where all within reach are lifted, or all who land are taken away (cuts,)."""
        left = [
            self.mean[at] / self.smooth[at]
            for at in map(self.windows.around, range(len(self.share)))
        ]
        return np.array([one.min() < _EDGE for one in left])

    def lifted(self) -> tuple[np.ndarray, np.ndarray]:
        """Pupils lifted over each cut and the standard error, by the delta method."""
        pupils, error = [], []
        for number, below in enumerate(self.windows.below):
            within = self.smooth[below].sum()
            gradient = np.zeros(len(self.covariance))
            gradient[: len(self.coefficients)] = self.share[number] * (
                self.smooth[below] @ self.design[below]
            )
            gradient[len(self.coefficients) + number] = within
            pupils.append(self.share[number] * within)
            error.append(np.sqrt(gradient @ self.covariance @ gradient))
        return np.array(pupils), np.array(error)


def _solved(information: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """``information⁻¹ wanted``; what the counts leave undetermined has a large error, not none."""
    size = np.sqrt(np.diag(information) + _TOLERANCE)
    scaled = information / size[:, None] / size + _TOLERANCE * np.eye(len(size))
    wanted = (wanted.T / size).T
    return (np.linalg.solve(scaled, wanted).T / size).T


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


def _curve(
    parameters: np.ndarray, design: np.ndarray, windows: _Windows
) -> tuple[np.ndarray, np.ndarray]:
    """Smooth curve and expected counts (scores,)."""
    terms = design.shape[1]
    smooth = np.exp(np.clip(design @ parameters[:terms], -_LARGEST, _LARGEST))
    mean = smooth.copy()
    for number, share in enumerate(parameters[terms:]):
        mean += share * windows.moved(number, smooth)
    return smooth, mean


def _slope(
    parameters: np.ndarray, design: np.ndarray, windows: _Windows, smooth: np.ndarray
) -> np.ndarray:
    """Derivative of the expected counts (scores × parameters)."""
    terms = design.shape[1]
    curve = smooth[:, None] * design
    of_curve = curve.copy()
    for number, share in enumerate(parameters[terms:]):
        of_curve += share * windows.moved(number, curve)
    of_shares = [windows.moved(number, smooth) for number in range(len(windows.below))]
    return np.column_stack([of_curve, *of_shares])


def _log_likelihood(counts: np.ndarray, mean: np.ndarray) -> float:
    if not (mean > 0).all():
        return -np.inf
    return float(counts @ np.log(mean) - mean.sum())
