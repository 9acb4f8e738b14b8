"""Spike at a mark cut: were pupils just under a cut lifted over it? (check C1)

Poorest data accepted: a histogram of primary scores per school (tier T1). Counts of marks alone can
not show a spike, whatever their number (methods.md §0.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import norm

from msoko_analysis.errors import StatsInputError
from msoko_analysis.stats.tilt import fit_tilt

LANDING = (0.8, 0.2)
"""Where lifted pupils land: the share that arrives exactly at the cut and within one step above it."""
REACH = 2
"""How many steps of the scale below a cut are within reach of it."""
# A landing is weighed as if at least a fifth of the pupils within reach were expected there anyway.
_LEAST_LANDING = 0.2
_SHORTEST_SCALE = 10
_FARTHEST = 3  # the widest reach that is tried, in steps
_BEYOND = 2
_NEAR_MEAN = 0.01
_CLOSE = 1e-10
_WIDEST = 0.5


@dataclass(frozen=True)
class PaperScores:
    """One paper: pupils at every score, what to compare with, and where the marks change.

    ``counts`` (schools × scores), scores 0…max; ``reference`` (scores,) or (schools × scores);
    ``cuts``: first scores that earn the next mark; ``step``: how many scores are one step of the
    scale, in which reach and landing are counted (docs/decisions/0040).
    """

    counts: np.ndarray
    reference: np.ndarray
    cuts: tuple[int, ...]
    step: int = 1


@dataclass(frozen=True)
class SpikeTest:
    """Result of :func:`spike_test`, one entry per school in every array.

    ``score`` U is the excess along the lifting direction, ``information`` V its variance under the
    null, ``n`` the pupils pooled; ``parts`` what every paper added.
    A school without pupils has V = 0 and p = nan: it was not tested, it is not clean.
    """

    papers: tuple[PaperScores, ...]
    reach: int
    degree: int
    n: np.ndarray
    score: np.ndarray
    information: np.ndarray
    parts: tuple[_Part, ...]

    @cached_property
    def p(self) -> np.ndarray:
        """One-sided saddlepoint probability (schools,); worked out when it is asked for."""
        return _upper_tail(self.parts, self.score, self.information > 0)

    @property
    def z(self) -> np.ndarray:
        """Standardised excess (schools,); nan where nothing was tested."""
        tested = self.information > 0
        return np.where(
            tested, self.score / np.sqrt(np.where(tested, self.information, 1.0)), np.nan
        )

    def papers_needed(self, share: float, alpha: float, power: float = 0.5) -> np.ndarray:
        """How many times more papers of the same kind would give that power (schools,)."""
        wanted = ((norm.isf(alpha) + norm.ppf(power)) / share) ** 2
        tested = self.information > 0
        return np.where(tested, wanted / np.where(tested, self.information, 1.0), np.inf)


def usable_cuts(max_primary: int, cuts: Sequence[int], step: int = 1) -> tuple[int, ...]:
    """The cuts at which a spike can be told from the shape of the scale.

    Fewer than ten steps of scale, a cut with less than three steps below it, or with less than the
    landing and two points above, leave too few scores on one side of it (methods.md §5.4).

    >>> usable_cuts(20, (6, 10, 15))
    (6, 10, 15)
    >>> usable_cuts(16, (6, 10, 14))
    (6, 10)
    >>> usable_cuts(8, (3, 5, 7))
    ()
    >>> usable_cuts(200, (20, 100, 180), step=10)
    (100, 180)
    """
    if max_primary < _SHORTEST_SCALE * step:
        return ()
    top = max_primary - step - _BEYOND
    return tuple(cut for cut in cuts if _FARTHEST * step <= cut <= top)


def spike_test(
    papers: Sequence[PaperScores],
    *,
    reach: int = REACH,
    degree: int = 2,
    start: SpikeTest | None = None,
) -> SpikeTest:
    """Score test of "a share θ of pupils within reach under a cut was lifted over it", pooled.

    Null: the school's distribution is the reference tilted to its own level and spread
    (:func:`fit_tilt`), fitted without looking where pupils stand within reach and landing of a cut
    (:func:`told_together`): lifting a pupil moves neither the null nor V, so it always raises z and
    never raises p (docs/decisions/0050). Alternative: ``q_θ(k) = p(k)(1−θ)`` on the ``reach``
    steps below each cut, what is taken lands at the cut and in the step above in proportion
    :data:`LANDING`. With ``h = ∂log q/∂θ`` at 0 and ``h*`` its part orthogonal to the tilt,
    ``U = Σ_k N_k h*_k − n E h*``, ``V = n Var h*``; sums over papers and cuts give one U and V per
    school, and p is the Lugannani–Rice upper tail of U. All papers must list the same schools in
    the same order; a school that did not write a paper has a row of zeros. ``start``: a test of the
    same counts at the same degree against another reference, whose fits are a good place to begin.

    Source: methods.md §3.1 and §3.12; orthogonal score with any consistent estimate of the tilt:
    Neyman's C(α) (1959); saddlepoint r* form: Barndorff-Nielsen (1986).

    >>> reference = np.array([1, 2, 4, 7, 9, 10, 11, 11, 10, 9, 7, 5, 3]) / 89
    >>> honest = np.round(reference * 60)
    >>> lifted = honest.copy(); lifted[[4, 5]] -= 4; lifted[6] += 8
    >>> test = spike_test([PaperScores(np.array([honest, lifted]), reference, (6,))])
    >>> bool(test.p[0] > 0.4), bool(test.p[1] < 0.001)
    (True, True)
    """
    if not papers:
        raise StatsInputError("at least one paper is needed")
    if len({len(paper.counts) for paper in papers}) > 1:
        raise StatsInputError("all papers must list the same schools")
    begin = [None] * len(papers) if start is None else [part.coefficients for part in start.parts]
    parts = tuple(
        _Part.of(paper, reach, degree, at) for paper, at in zip(papers, begin, strict=True)
    )
    information = np.sum([part.size * part.variance for part in parts], axis=0)
    score = np.sum([part.observed for part in parts], axis=0)
    n = np.sum([part.size for part in parts], axis=0)
    return SpikeTest(tuple(papers), reach, degree, n, score, information, parts)


def within_reach(cut: int, reach: int, step: int) -> slice:
    """The scores ``reach`` steps below a cut.

    >>> within_reach(100, 2, 10)
    slice(80, 100, None)
    """
    return slice(cut - reach * step, cut)


def landings(cut: int, step: int) -> tuple[tuple[slice, float], ...]:
    """Scores where the lifted land, and the share of them that does: the cut, the step above it.

    Within a step they land where pupils stand: points that no work can get stay empty.

    >>> landings(100, 10)
    ((slice(100, 101, None), 0.8), (slice(101, 111, None), 0.2))
    """
    at, above = LANDING
    return (slice(cut, cut + 1), at), (slice(cut + 1, cut + 1 + step), above)


def told_together(cuts: Sequence[int], reach: int = REACH, step: int = 1) -> tuple[slice, ...]:
    """Windows inside which a lifting moves pupils: the reach of every cut and its landing.

    Where two overlap, the later cut has the scores they share.

    >>> told_together((4, 7))
    (slice(2, 5, None), slice(5, 9, None))
    """
    starts = [cut - reach * step for cut in sorted(cuts)]
    ends = [cut + 1 + step for cut in sorted(cuts)]
    return tuple(
        slice(start, min(end, *starts[number + 1 :], end))
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def lifting_direction(
    pmf: np.ndarray, cuts: Sequence[int], reach: int, step: int = 1
) -> np.ndarray:
    """``∂log q_θ/∂θ`` at θ = 0: −1 below each cut, ``m_j Σ_R p / Σ_j p`` where pupils land.

    Where a school is expected to have hardly anybody at the landing, and many within reach of it,
    the quotient is held at ``m_j/.2``: the test keeps its null, and one paper in which nobody
    reached a cut does not outweigh all others.
    """
    direction = np.zeros_like(pmf)
    for cut in cuts:
        below = within_reach(cut, reach, step)
        direction[:, below] -= 1.0
        mass = pmf[:, below].sum(axis=1)
        for place, share in landings(cut, step):
            there = np.maximum(pmf[:, place].sum(axis=1), _LEAST_LANDING * mass)
            direction[:, place] += (share * mass / there)[:, None]
    return direction


@dataclass(frozen=True)
class _Part:
    """What one paper adds to the pooled statistic; ``direction`` has mean zero in every school."""

    coefficients: np.ndarray
    pmf: np.ndarray
    direction: np.ndarray
    size: np.ndarray
    observed: np.ndarray
    variance: np.ndarray
    top: np.ndarray

    @classmethod
    def of(cls, paper: PaperScores, reach: int, degree: int, start: np.ndarray | None) -> _Part:
        last = np.shape(paper.counts)[1] - 1
        for cut in paper.cuts:
            if cut - reach * paper.step < 0 or cut + paper.step > last:
                raise StatsInputError(
                    f"cut {cut} leaves no room for reach {reach} on a scale of 0..{last}"
                )
        together = told_together(paper.cuts, reach, paper.step)
        tilt = fit_tilt(
            paper.counts, paper.reference, degree=degree, start=start, together=together
        )
        direction = tilt.project(lifting_direction(tilt.pmf, paper.cuts, reach, paper.step))
        direction = direction - (tilt.pmf * direction).sum(axis=1, keepdims=True)
        return cls(
            tilt.coefficients,
            tilt.pmf,
            direction,
            tilt.n,
            (tilt.counts * direction).sum(axis=1),
            (tilt.pmf * direction**2).sum(axis=1),
            direction.max(axis=1),
        )


def _upper_tail(parts: Sequence[_Part], observed: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """P(U ≥ observed) per school by the saddlepoint of the sum over papers."""
    tilt = np.zeros(len(observed))
    # At the very top of the support the saddlepoint runs away; there the probability is exact.
    reachable = sum(part.size * part.top for part in parts)
    at_top = tested & (observed >= reachable - 1e-9)
    moving = tested & ~at_top
    # The derivative only rises, so what was tried brackets the root, and the next is tried strictly
    # inside. A step of Newton alone overshoots it, and a clipped one swings between two tilts for ever.
    low, high = np.full(len(observed), -np.inf), np.full(len(observed), np.inf)
    for _ in range(100):
        _, first, second = _cumulants(parts, tilt)
        low = np.where(first < observed, np.maximum(low, tilt), low)
        high = np.where(first > observed, np.minimum(high, tilt), high)
        step = np.where(moving, (observed - first) / np.maximum(second, 1e-12), 0.0)
        tried = tilt + np.clip(step, -1.0, 1.0)
        outside = moving & (np.abs(step) > _CLOSE) & ((tried <= low) | (tried >= high))
        tried[outside] = (low[outside] + high[outside]) / 2
        step, tilt = tried - tilt, tried
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    cumulant, _, second = _cumulants(parts, tilt)
    w = np.sign(tilt) * np.sqrt(np.maximum(2 * (tilt * observed - cumulant), 0.0))
    v = tilt * np.sqrt(np.maximum(second, 0.0))
    usual = moving & (np.abs(w) > _NEAR_MEAN) & (v / np.where(w == 0, 1.0, w) > 0)
    # At the mean the correction is 0/0; its limit there is a sixth of the skewness.
    correction = _skewness(parts) / 6
    correction[usual] = np.log(v[usual] / w[usual]) / w[usual]
    # In a school far from every cut, whose statistic is one rare jump, it explodes near the mean;
    # honest corrections there are a few hundredths. Farther out it may be what it is.
    widest = _WIDEST * np.maximum(1.0, w**2)
    p = norm.sf(w + np.clip(correction, -widest, widest))
    p[at_top] = np.exp(_log_probability_of_top(parts)[at_top])
    return np.where(tested, p, np.nan)


def _cumulants(
    parts: Sequence[_Part], tilt: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cumulant generating function of the pooled statistic and its two derivatives at ``tilt``."""
    total = np.zeros((3, len(tilt)))
    for part in parts:
        exponent = tilt[:, None] * part.direction
        shift = exponent.max(axis=1, keepdims=True)
        weight = part.pmf * np.exp(exponent - shift)
        mass = weight.sum(axis=1)
        first = (weight * part.direction).sum(axis=1) / mass
        second = (weight * part.direction**2).sum(axis=1) / mass - first**2
        total += part.size * np.stack([np.log(mass) + shift[:, 0], first, second])
    return total[0], total[1], total[2]


def _skewness(parts: Sequence[_Part]) -> np.ndarray:
    """Skewness of the pooled statistic under the null (schools,); 0 where it can not vary."""
    second = sum(part.size * part.variance for part in parts)
    third = sum(part.size * (part.pmf * part.direction**3).sum(axis=1) for part in parts)
    return third / np.where(second > 0, second, 1.0) ** 1.5


def _log_probability_of_top(parts: Sequence[_Part]) -> np.ndarray:
    at_top = [
        np.log(np.where(part.direction >= part.top[:, None] - 1e-12, part.pmf, 0.0).sum(axis=1))
        for part in parts
    ]
    return sum(part.size * log for part, log in zip(parts, at_top, strict=True))
