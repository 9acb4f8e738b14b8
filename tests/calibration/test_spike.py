"""The spike test and the size of a spike against the targets of methods.md §3.13.

Each figure is printed (``pytest -s``) and stands in the message of its assertion. The full version
is marked slow; the small one asks the same questions of a tenth of the schools.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm
from three_cells import three_cells
from worlds import (
    CUTS,
    auc,
    check_mean,
    check_rate,
    check_spread,
    many_papers,
    plant,
    pooled_reference,
    region,
    size,
)

from msoko_analysis.stats.lifted import lifted_pupils
from msoko_analysis.stats.reference import outside_municipality, smoothed_without_self
from msoko_analysis.stats.spike import PaperScores, spike_test
from msoko_analysis.synthetic import World, honest_world

EACH_AND_ALL = (*((cut,) for cut in CUTS), CUTS)


def p_of(counts: np.ndarray, reference: np.ndarray, cuts: tuple[int, ...], degree: int = 2):
    return spike_test([PaperScores(counts, reference, cuts)], degree=degree).p


def visitors(seed: int, size: int, **kwargs: object) -> tuple[World, np.ndarray]:
    """Unusual schools that write the exam of an ordinary region, and that region as reference."""
    rng = np.random.default_rng(seed)
    home = honest_world(rng, max(size, 4_000))
    return honest_world(rng, size, tasks=home.tasks, **kwargs), pooled_reference(home.counts)


# ---- size: how often honest schools are called


@size(2_000, 20_000)
def test_size_on_honest_schools(size: int) -> None:
    world = honest_world(np.random.default_rng(1), size)
    reference = pooled_reference(world.counts)
    for cuts in EACH_AND_ALL:
        p = p_of(world.counts, reference, cuts)
        check_rate(f"honest, cuts {cuts}, .05", p < 0.05, 0.045, 0.055)
        check_rate(f"honest, cuts {cuts}, .01", p < 0.01, 0.007, 0.013)
        check_rate(f"honest, cuts {cuts}, .001", p < 0.001, 0.0, 0.002)
        # The reference check of a run asks for a median of ±.1 (methods.md §3.1).
        check_rate(f"honest, cuts {cuts}, above the median", p < 0.5, norm.cdf(-0.1), norm.cdf(0.1))


@size(2_000, 20_000)
def test_size_on_gymnasiums_in_an_ordinary_region(size: int) -> None:
    world, reference = visitors(2, size, gymnasiums=1.0)
    for cuts in EACH_AND_ALL:
        p = p_of(world.counts, reference, cuts)
        check_rate(f"gymnasiums, cuts {cuts}, .05", p < 0.05, 0.0, 0.06)


@size(2_000, 20_000)
def test_size_on_schools_of_five_to_nine_pupils(size: int) -> None:
    world, reference = visitors(3, size, median_size=6.7, size_spread=0.2, gymnasiums=0.0)
    few = world.counts[(world.sizes >= 5) & (world.sizes <= 9)]
    for cuts in EACH_AND_ALL:
        p = p_of(few, reference, cuts)
        check_rate(f"5–9 pupils, cuts {cuts}, .05", p < 0.05, 0.0, 0.07)


@size(2_000, 20_000)
@pytest.mark.parametrize("gap", [1.6, 2.2])
def test_size_on_schools_of_two_streams(size: int, gap: float) -> None:
    world, reference = visitors(4, size, bimodal=1.0, gap=gap, gymnasiums=0.0)
    for cuts in EACH_AND_ALL:
        two, four = (p_of(world.counts, reference, cuts, degree) for degree in (2, 4))
        # Degree 2 is only held to what methods.md saw of it in its worst case.
        check_rate(f"streams {gap} SD apart, degree 2, cuts {cuts}, .05", two < 0.05, 0.0, 0.078)
        check_rate(f"streams {gap} SD apart, degree 4, cuts {cuts}, .05", four < 0.05, 0.0, 0.06)


@size(2_000, 10_000)
def test_size_pooled_over_twelve_papers(size: int) -> None:
    papers, _ = many_papers(5, size, 12, theta=0.0, share=0.0, median_size=28)
    p = spike_test([one.scores(one.honest) for one in papers]).p
    check_rate("honest, 12 papers, .05", p < 0.05, 0.045, 0.055)
    check_rate("honest, 12 papers, .01", p < 0.01, 0.007, 0.013)


@size(5, 40)
def test_size_against_the_region_outside_a_municipality(size: int) -> None:
    """Schools of one region share the errors of the reference: the region is the unit."""
    rates = []
    for seed in range(size):
        world = honest_world(np.random.default_rng([6, seed]), 400)
        reference = outside_municipality(world.counts, np.arange(400) % 20)
        p = np.array([p_of(world.counts, reference, cuts) for cuts in EACH_AND_ALL])
        rates.append((p < 0.05).mean(axis=1))
    for cuts, values in zip(EACH_AND_ALL, np.transpose(rates), strict=True):
        check_mean(f"outside municipality, cuts {cuts}, .05", values, 0.04, 0.06)


@size(600, 6_000)
@pytest.mark.parametrize("schools", [8, 15, 40])
def test_size_in_a_single_municipality(schools: int, size: int) -> None:
    """An exam of its own for every municipality: its natural bumps are smoothed away with it."""
    rates = []
    for seed in range(size // schools):
        world = honest_world(np.random.default_rng([7, schools, seed]), schools)
        reference = smoothed_without_self(world.counts)
        p = np.array([p_of(world.counts, reference, cuts) for cuts in EACH_AND_ALL])
        rates.append((p < 0.05).mean(axis=1))
    for cuts, values in zip(EACH_AND_ALL, np.transpose(rates), strict=True):
        check_mean(f"municipality of {schools}, cuts {cuts}, .05", values, 0.0, 0.06)


# ---- decisions over a region


@size(30, 200)
def test_an_honest_region_seldom_names_anybody(size: int) -> None:
    named = []
    for seed in range(size):
        world = honest_world(np.random.default_rng([8, seed]), 300)
        p = p_of(world.counts, pooled_reference(world.counts), CUTS)
        named.append((false_discovery_control(p) <= 0.10).any())
    check_rate("honest regions with anybody at q ≤ .10", np.array(named), 0.0, 0.12)


@size(5, 12)
def test_false_discoveries_among_the_named(size: int) -> None:
    false = []
    for seed in range(size):
        world = region(seed, 800, 0.8, 0.1, (13,))
        p = p_of(world.counts, pooled_reference(world.counts), (13,))
        named = false_discovery_control(p) <= 0.10
        assert (named & world.guilty).sum() > 0.2 * world.guilty.sum()
        false.append((named & ~world.guilty).sum() / named.sum())
    check_mean("false among the named at q ≤ .10", np.array(false), 0.0, 0.10)


# ---- power: whether lifting schools stand above honest ones


@size(8, 12)
@pytest.mark.parametrize(
    ("cut", "theta", "wanted"),
    [(13, 0.5, 0.86), (13, 0.8, 0.94), (7, 0.8, 0.89)],
)
def test_one_paper_and_one_cut(cut: int, theta: float, wanted: float, size: int) -> None:
    ours, lead = [], []
    for seed in range(size):
        world = region(seed, 800, theta, 0.1, (cut,))
        p = p_of(world.counts, pooled_reference(world.counts), (cut,))
        ours.append(auc(-p, world.guilty))
        lead.append(ours[-1] - auc(-three_cells(world.counts, cut).p, world.guilty))
    check_mean(f"AUC, cut {cut}, θ {theta}", np.array(ours), wanted, 1.0)
    check_mean(f"AUC above Frandsen, cut {cut}, θ {theta}", np.array(lead), 0.05, 1.0)


# ---- size of a spike


@size(400, 3_000)
@pytest.mark.parametrize("theta", [0.3, 0.6])
def test_share_of_lifted_pupils(theta: float, size: int) -> None:
    rng = np.random.default_rng([9, round(10 * theta)])
    world = honest_world(rng, size, median_size=150, size_spread=0.0)
    planted = plant(rng, world, np.full(size, theta), (13,))
    lifted = lifted_pupils([PaperScores(planted.counts, pooled_reference(planted.honest), (13,))])
    low, high = lifted.interval()
    check_mean(f"θ̂ at n = 150, θ {theta}", lifted.share, theta - 0.02, theta + 0.02)
    check_rate(f"95 % interval of θ {theta}", (low <= theta) & (theta <= high), 0.93, 0.97)


@size(500, 3_000)
@pytest.mark.parametrize(("theta", "pupils"), [(0.3, 150), (0.6, 150), (0.9, 150), (0.6, 30)])
def test_interval_of_the_pupils_really_lifted(theta: float, pupils: int, size: int) -> None:
    """The realised number is covered, not its expectation under θ."""
    rng = np.random.default_rng([10, round(10 * theta), pupils])
    world = honest_world(rng, size, median_size=pupils, size_spread=0.0)
    planted = plant(rng, world, np.full(size, theta), (13,))
    lifted = lifted_pupils([PaperScores(planted.counts, pooled_reference(planted.honest), (13,))])
    low, high = lifted.pupils_interval()
    inside = (low <= planted.lifted) & (planted.lifted <= high)
    check_rate(f"95 % interval of lifted pupils, n = {pupils}, θ {theta}", inside, 0.93, 0.97)


@size(4, 12)
def test_lifted_pupils_of_a_region(size: int) -> None:
    ratio = []
    for seed in range(size):
        world = region(100 + seed, 300, 0.5, 1.0, (13,))
        reference = pooled_reference(world.honest)
        lifted = lifted_pupils([PaperScores(world.counts, reference, (13,))])
        ratio.append(lifted.pupils.sum() / world.lifted.sum())
    check_mean("lifted pupils, estimated to true", np.array(ratio), 0.95, 1.05)
    check_spread("lifted pupils, estimated to true", np.array(ratio), 0.15)
