"""Worlds, figures and error bars that the calibration tests share.

Every target is a range; a figure fails when its own Monte-Carlo error can not explain why it lies
outside. So the small version asks the same as the full one, only less sharply.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import binom, chi2, rankdata, t

from msoko_analysis.stats.spike import PaperScores
from msoko_analysis.synthetic import Tasks, World, count_scores, honest_world, lift

CUTS = (7, 13, 19)
"""Cuts of the default exam of 25 points (methods.md, world of the simulations)."""
ERROR = 0.005
"""Chance that a figure exactly at the edge of its target fails, on either side."""


def size(small: int, full: int) -> pytest.MarkDecorator:
    """Run a test with few schools or worlds, and, when slow tests are asked for, with many."""
    slow = pytest.param(full, marks=pytest.mark.slow, id="full")
    return pytest.mark.parametrize("size", [pytest.param(small, id="small"), slow])


@dataclass(frozen=True)
class Planted:
    """A region in which some schools lift: histograms before and after, true θ, lifted pupils."""

    tasks: Tasks
    sizes: np.ndarray
    honest: np.ndarray
    counts: np.ndarray
    theta: np.ndarray
    lifted: np.ndarray

    @property
    def guilty(self) -> np.ndarray:
        """The schools that lift (schools,)."""
        return self.theta > 0

    def scores(self, reference: np.ndarray) -> PaperScores:
        """The paper with three cuts against the pooled histograms of other schools."""
        return PaperScores(self.counts, pooled_reference(reference), CUTS)

    def by_size(self) -> Planted:
        """The same with the smallest school first."""
        order = np.argsort(self.sizes, kind="stable")
        arrays = (self.sizes, self.honest, self.counts, self.theta, self.lifted)
        return Planted(self.tasks, *(array[order] for array in arrays))


def pooled_reference(counts: np.ndarray) -> np.ndarray:
    """The whole region as a reference (scores,), half a pupil spread over the scale."""
    total = counts.sum(axis=0) + 0.5 / counts.shape[1]
    return total / total.sum()


def plant(
    rng: np.random.Generator, world: World, theta: np.ndarray, cuts: tuple[int, ...]
) -> Planted:
    """Lift a share ``theta`` (schools,) of the pupils within reach, the highest cut first."""
    scores = world.scores
    for cut in sorted(cuts, reverse=True):  # nobody is lifted twice
        scores = lift(rng, scores, cut, theta[world.school])
    lifted = np.bincount(world.school, scores != world.scores, len(theta))
    counts = count_scores(world.school, scores, len(theta), world.tasks.max_score)
    return Planted(world.tasks, world.sizes, world.counts, counts, theta, lifted)


def region(
    seed: int, schools: int, theta: float, share: float, cuts: tuple[int, ...], **kwargs: object
) -> Planted:
    """A region with its own exam where a random ``share`` of the schools lifts ``theta``."""
    rng = np.random.default_rng(seed)
    world = honest_world(rng, schools, **kwargs)
    return plant(rng, world, np.where(rng.random(schools) < share, theta, 0.0), cuts)


def many_papers(
    seed: int | list[int],
    schools: int,
    papers: int,
    theta: float,
    share: float,
    median_size: float,
) -> tuple[list[Planted], np.ndarray]:
    """Papers of the same schools, three cuts each, and the pupils of a paper (schools,), rising.

    A school has about as many pupils in every paper: each time the schools are put in order of size.
    Their level differs from paper to paper as much as between schools: the test conditions on level
    and spread paper by paper, so likeness would change nothing.
    """
    rng = np.random.default_rng(seed)
    shares = np.where(rng.random(schools) < share, theta, 0.0)
    tables = []
    for _ in range(papers):
        world = honest_world(rng, schools, median_size=median_size)
        rank = np.argsort(np.argsort(world.sizes, kind="stable"))
        tables.append(plant(rng, world, shares[rank], CUTS).by_size())
    return tables, np.mean([table.sizes for table in tables], axis=0)


def auc(figure: np.ndarray, positive: np.ndarray) -> float:
    """Chance that a positive stands above a negative, ties a half (Mann–Whitney)."""
    rank = rankdata(figure)
    n = positive.sum()
    return float((rank[positive].sum() - n * (n + 1) / 2) / (n * (~positive).sum()))


def check_rate(name: str, hit: np.ndarray, low: float, high: float) -> None:
    """Assert that a rate of independent hits lies in a range, up to its exact binomial error."""
    hits, trials = int(hit.sum()), hit.size
    told = f"{name}: {hits / trials:.4f} of {trials}, target {low:g}–{high:g}"
    print(told)
    assert binom.sf(hits - 1, trials, high) > ERROR, told
    assert binom.cdf(hits, trials, low) > ERROR, told


def check_mean(name: str, values: np.ndarray, low: float, high: float) -> None:
    """Assert that the mean of independent values lies in a range, up to its Student error."""
    values = np.asarray(values, dtype=float)
    error = values.std(ddof=1) / np.sqrt(len(values)) * t.isf(ERROR, len(values) - 1)
    told = f"{name}: {values.mean():.4f} ± {error:.4f} of {len(values)}, target {low:g}–{high:g}"
    print(told)
    assert values.mean() <= high + error, told
    assert values.mean() >= low - error, told


def check_spread(name: str, values: np.ndarray, high: float) -> None:
    """Assert that a standard deviation is at most so large, up to its χ² error."""
    freedom = len(values) - 1
    told = f"{name}: SD {values.std(ddof=1):.4f} of {len(values)}, target at most {high:g}"
    print(told)
    assert values.std(ddof=1) <= high * np.sqrt(chi2.isf(ERROR, freedom) / freedom), told
