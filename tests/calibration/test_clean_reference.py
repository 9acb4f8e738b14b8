"""Cleaned reference, two groups of schools and schools of their own shape: methods.md §3.1, §3.13."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from worlds import (
    CUTS,
    Planted,
    auc,
    check_mean,
    check_rate,
    check_spread,
    many_papers,
    pooled_reference,
    region,
    size,
)

from msoko_analysis.stats.cleaning import CleanedTest, cleaned_spike_test
from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.misfit import shape_misfit
from msoko_analysis.stats.spike import PaperScores, spike_test
from msoko_analysis.stats.two_groups import two_groups
from msoko_analysis.synthetic import honest_world

SCHOOLS = 800


def trusted(counts: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The whole region, each school with the trust given to it."""
    return np.broadcast_to(pooled_reference(counts * weight[:, None]), counts.shape)


def cleaned(world: Planted, cuts: tuple[int, ...]) -> CleanedTest:
    return cleaned_spike_test([world.counts], [cuts], trusted)


@dataclass(frozen=True)
class Figures:
    """What came out of one region."""

    accepted: bool
    rate_05: float
    rate_01: float
    honest: float
    area: float
    false_bh: float
    false_fdr: float
    lifted_ratio: float

    @classmethod
    def of(cls, world: Planted, cuts: tuple[int, ...]) -> Figures:
        result = cleaned(world, cuts)
        p, honest = result.test.p, ~world.guilty
        lifted = lifted_pupils(result.test.papers)
        groups = two_groups(lifted.log_likelihood, lifted.grid)
        pupils = lifted.grid[:, None] * lifted.within_reach
        return cls(
            result.accepted,
            (p[honest] < 0.05).mean(),
            (p[honest] < 0.01).mean(),
            result.groups.honest_share,
            auc(-p, world.guilty),
            false_share(false_discovery_control(p) <= 0.10, honest),
            false_share(result.groups.local_fdr <= 0.10, honest),
            (groups.posterior * pupils).sum() / world.lifted.sum(),
        )


def false_share(named: np.ndarray, honest: np.ndarray) -> float:
    """Honest schools among the named; none when nobody is named."""
    return (named & honest).sum() / max(named.sum(), 1)


@size(4, 12)
@pytest.mark.parametrize(
    ("share", "theta", "cut", "wanted"),
    [(0.1, 0.5, 13, 0.86), (0.1, 0.8, 13, 0.94), (0.1, 0.8, 7, 0.88), (0.3, 0.8, 13, 0.94)],
)
def test_a_region_where_some_lift(
    share: float, theta: float, cut: int, wanted: float, size: int
) -> None:
    found = [
        Figures.of(region(seed, SCHOOLS, theta, share, (cut,)), (cut,)) for seed in range(size)
    ]
    case = f"{share:.0%} lift {theta} at {cut}"
    told = f"{case}: cleaning accepted in {sum(one.accepted for one in found)} of {size} regions"
    print(told)
    assert sum(one.accepted for one in found) >= size / 2, told
    found = [one for one in found if one.accepted]
    for name, low, high in (
        ("rate_05", 0.045, 0.055),
        ("rate_01", 0.007, 0.013),
        ("honest", 1 - share - 0.03, 1 - share + 0.03),  # known to be 2–3 points low
        ("area", wanted, 1.0),
        ("false_bh", 0.0, 0.10),
        ("false_fdr", 0.0, 0.11),
        ("lifted_ratio", 0.95, 1.05),
    ):
        check_mean(f"{case}, {name}", np.array([getattr(one, name) for one in found]), low, high)
    check_spread(f"{case}, lifted_ratio", np.array([one.lifted_ratio for one in found]), 0.15)


@size(30, 150)
def test_an_honest_region_stays_honest(size: int) -> None:
    """Decisions are made by q; lfdr only says how much a school is trusted in the reference.

    In an honest region every list is false, so a list by lfdr ≤ c is as good as its word when it
    holds anybody in at most the share c of regions. methods.md §3.13 has none in 12 regions; over
    150 it is .05 at c = .10 (none in 12 has the chance .54 then), a fifteenth of a school a region.
    """
    rates, honest, named, trusted_little = [], [], [], []
    for seed in range(size):
        world = honest_world(np.random.default_rng([11, seed]), 400)
        result = cleaned_spike_test([world.counts], [CUTS], trusted)
        rates.append([(result.test.p < 0.05).mean(), (result.test.p < 0.01).mean()])
        honest.append(result.groups.honest_share)
        named.append((false_discovery_control(result.test.p) <= 0.10).any())
        trusted_little.append([(result.groups.local_fdr <= c).sum() for c in (0.10, 0.08)])
    check_mean("honest region, cleaned, .05", np.array(rates)[:, 0], 0.045, 0.055)
    check_mean("honest region, cleaned, .01", np.array(rates)[:, 1], 0.007, 0.013)
    check_mean("honest region, share of honest schools", np.array(honest), 0.95, 1.0)
    check_rate("honest regions with anybody at q ≤ .10", np.array(named), 0.0, 0.12)
    for c, schools in zip((0.10, 0.08), np.transpose(trusted_little), strict=True):
        check_rate(f"honest regions with anybody at lfdr ≤ {c}", schools > 0, 0.0, c)
        check_mean(f"honest schools a region at lfdr ≤ {c}", schools, 0.0, 0.1)


@size(4, 16)
@pytest.mark.parametrize(("theta", "wanted", "power"), [(0.2, 0.97, 0.85), (0.3, 0.99, 0.97)])
def test_twelve_papers_with_a_cleaned_reference(
    theta: float, wanted: float, power: float, size: int
) -> None:
    """Over 16 seeds AUC is .968 ± .003 (one SE) and .992 ± .002, .969 and .992 with the honest papers
    themselves as the reference: cleaning costs nothing, and no region was refused.

    What keeps θ = .2 at the edge of its target is the tenth of the schools with fewer than ten
    pupils a paper; among the others it is .978. (Uncleaned it is .973: a reference that holds the
    spike pushes large honest schools down and so orders the schools better, but finds fewer.)
    """
    areas, large, lost, seen = [], [], [], []
    for seed in range(size):
        papers, pupils = many_papers([12, seed], SCHOOLS, 12, theta, share=0.1, median_size=28)
        result = cleaned_spike_test([one.counts for one in papers], [CUTS] * 12, trusted)
        judged = pupils >= 5  # below five pupils there is no verdict (methods.md §3.11)
        guilty = papers[0].guilty
        areas.append(auc(-result.test.p[judged], guilty[judged]))
        large.append(auc(-result.test.p[pupils >= 10], guilty[pupils >= 10]))
        best = spike_test([one.scores(one.honest) for one in papers]).p
        lost.append(auc(-best[judged], guilty[judged]) - areas[-1])
        seen.append(result.test.p[guilty & (pupils >= 25) & (pupils <= 60)] < 0.01)
    check_mean(f"AUC, 12 papers cleaned, θ {theta}", np.array(areas), wanted, 1.0)
    check_mean(f"the same, ten pupils or more, θ {theta}", np.array(large), wanted, 1.0)
    check_mean(f"lost to the honest reference, θ {theta}", np.array(lost), -0.002, 0.002)
    check_rate(f"power at .01, 25–60 pupils, θ {theta}", np.concatenate(seen), power, 1.0)


@size(2_000, 20_000)
def test_schools_of_their_own_shape(size: int) -> None:
    """Degree 4 where the shape asks for it keeps the size; ordinary schools seldom ask for it."""
    rng = np.random.default_rng(13)
    home = honest_world(rng, max(size, 4_000))
    reference = pooled_reference(home.counts)
    streamed = honest_world(rng, size, tasks=home.tasks, bimodal=1.0, gap=2.2, gymnasiums=0.0)
    asked = {}
    for name, world in (("ordinary", home), ("two streams", streamed)):
        papers = [PaperScores(world.counts, reference, CUTS)]
        own_shape = shape_misfit(papers).p < 0.01
        asked[name] = own_shape.mean()
        p = np.where(own_shape, spike_test(papers, degree=4).p, spike_test(papers).p)
        check_rate(f"{name}, degree 2 or 4 by shape, .05", p < 0.05, 0.04, 0.06)
        if name == "ordinary":
            check_rate("ordinary schools with a shape of their own", own_shape, 0.0, 0.02)
    print(asked)
    assert asked["two streams"] > asked["ordinary"]
