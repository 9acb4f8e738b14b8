"""A reference freed of the schools that would hide what they do: EM over schools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.spike import REACH, PaperScores, SpikeTest, spike_test
from msoko_analysis.stats.two_groups import TwoGroups, two_groups

_ROUNDS = 6
_GRID = np.linspace(0.0, 0.95, 20)


# Cleaning takes the schools for two groups: most of them alike, some lifting. Where fewer than this
# would be left, habits vary from school to school and there is no clean majority to compare with.
_LEAST_HONEST = 2 / 3


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
    reference: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    reach: int = REACH,
) -> CleanedTest:
    """Spike test against a reference in which suspicious schools weigh little.

    A reference that holds the spike hides it (with 30 % of schools lifting, power .49 against .72:
    methods.md §3.1). Six rounds: reference from the weighted schools → pooled test → two groups on
    the quadratic likelihood ``l(θ) = Uθ − Vθ²/2`` → weight = probability of no lifting. All schools
    start with weight 1, so the first round is the plain test. Cleaning is identified only while the
    estimated share of honest schools stays at two thirds or more; on real regions whose schools all differ in
    this habit it would run away to the few cleanest schools and flag a third of the region
    (docs/decisions/0007), so then the plain test is returned.

    Parameters: ``counts`` one (schools × scores) per paper; ``cuts`` of every paper;
    ``reference(counts, weight)`` makes (schools × scores) from one paper, for example
    :func:`msoko_analysis.stats.reference.outside_municipality`. What all schools of the region do
    alike stays in the reference: only differences between schools can be cleaned.

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
    everyone = np.ones(len(counts[0]))
    plain = result = None
    weight = everyone
    for _ in range(_ROUNDS):
        papers = [
            PaperScores(table, reference(table, weight), at)
            for table, at in zip(counts, cuts, strict=True)
        ]
        test = spike_test(papers, reach=reach)
        groups = two_groups(quadratic_likelihood(test, _GRID), _GRID)
        result = CleanedTest(test, groups, weight, accepted=True)
        plain = plain or CleanedTest(test, groups, everyone, accepted=False)
        if groups.honest_share < _LEAST_HONEST:
            return plain
        settled = np.abs(groups.local_fdr - weight).max() < 0.01
        weight = groups.local_fdr
        if settled:
            break
    return result


def quadratic_likelihood(test: SpikeTest, grid: np.ndarray) -> np.ndarray:
    """Log-likelihood of every share to second order around none, (shares × schools)."""
    return grid[:, None] * test.score - grid[:, None] ** 2 * test.information / 2
