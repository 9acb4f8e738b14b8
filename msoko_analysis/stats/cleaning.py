"""A reference freed of the schools that would hide what they do: EM over schools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.spike import REACH, PaperScores, SpikeTest, spike_test
from msoko_analysis.stats.two_groups import TwoGroups, two_groups

Reference = Callable[[np.ndarray, np.ndarray], np.ndarray]
_ROUNDS = 10
_GRID = np.linspace(0.0, 0.95, 20)


# Cleaning takes the schools for two groups, most of them alike. It is believed when it settles (the
# last round changes the share of honest schools by less than this) and at least half are honest.
_SETTLED = 0.005
_LEAST_HONEST = 0.5


@dataclass(frozen=True)
class CleanedTest:
    """Result of :func:`cleaned_spike_test`: the test, the groups it found, the trust in each school.

    ``accepted`` is False where cleaning found no clean majority; then all weights are 1 and the test
    is the plain one.
    """

    test: SpikeTest
    groups: TwoGroups
    weight: np.ndarray
    accepted: bool


def cleaned_spike_test(
    counts: Sequence[np.ndarray],
    cuts: Sequence[tuple[int, ...]],
    reference: Reference | Sequence[Reference],
    *,
    steps: Sequence[int] | None = None,
    reach: int = REACH,
) -> CleanedTest:
    """Spike test against a reference in which suspicious schools weigh little.

    A reference that holds the spike hides it (with 30 % of schools lifting, power .49 against .72:
    methods.md §3.1). Up to ten rounds: reference from the weighted schools → pooled test → two groups on
    the quadratic likelihood ``l(θ) = Uθ − Vθ²/2`` → weight = probability of no lifting. All schools
    start with weight 1, so the first round is the plain test. Where the schools of a region all differ
    in this habit there are no two groups: the share of honest schools falls from round to round and
    would end with the few cleanest schools (docs/decisions/0007). So cleaning is accepted only when
    that share settles at one half or more; otherwise the plain test is returned.

    Parameters: ``counts`` one (schools × scores) per paper; ``cuts`` and ``steps`` of every paper
    (a step of one point unless said);
    ``reference(counts, weight)`` makes (schools × scores) from one paper, for example
    :func:`msoko_analysis.stats.reference.outside_municipality`; a sequence has one for every paper.
    What all schools of the region do alike stays in such a reference: only differences between
    schools can be cleaned. One that does not depend on the weights (a control sample) stays as it is.

    >>> from msoko_analysis.synthetic import honest_world, lift
    >>> rng = np.random.default_rng(3)
    >>> world = honest_world(rng, 200, median_size=60)
    >>> guilty = world.school < 60
    >>> scores = lift(rng, world.scores, 13, np.where(guilty, 0.9, 0.0))
    >>> counts = np.zeros((200, world.counts.shape[1])); np.add.at(counts, (world.school, scores), 1)
    >>> pooled = lambda counts, weight: np.broadcast_to(
    ...     (weight @ counts + 0.02) / (weight @ counts + 0.02).sum(), counts.shape)
    >>> result = cleaned_spike_test([counts], [(13,)], pooled)
    >>> plain = spike_test([PaperScores(counts, pooled(counts, np.ones(200)), (13,))])
    >>> bool((result.test.p[:60] < 0.01).sum() > (plain.p[:60] < 0.01).sum())
    True
    """
    each = [reference] * len(counts) if callable(reference) else reference
    steps = [1] * len(counts) if steps is None else steps
    everyone = np.ones(len(counts[0]))
    rounds: list[CleanedTest] = []
    weight, test = everyone, None
    for _ in range(_ROUNDS):
        papers = [
            PaperScores(table, made(table, weight), at, step)
            for table, made, at, step in zip(counts, each, cuts, steps, strict=True)
        ]
        # The reference changes little from round to round, and with it the fits.
        test = spike_test(papers, reach=reach, start=test)
        groups = two_groups(quadratic_likelihood(test, _GRID), _GRID)
        rounds.append(CleanedTest(test, groups, weight, accepted=True))
        weight = groups.local_fdr
        honest = [one.groups.honest_share for one in rounds]
        if honest[-1] < _LEAST_HONEST:
            break
        if len(rounds) > 1 and abs(honest[-1] - honest[-2]) < _SETTLED:
            return rounds[-1]
    return CleanedTest(rounds[0].test, rounds[0].groups, everyone, accepted=False)


def quadratic_likelihood(test: SpikeTest, grid: np.ndarray) -> np.ndarray:
    """Log-likelihood of every share to second order around none, (shares × schools)."""
    return grid[:, None] * test.score - grid[:, None] ** 2 * test.information / 2
