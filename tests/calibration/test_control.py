"""The spike test against a control sample: its size, and its power where cleaning does not settle."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from worlds import CUTS, check_mean, plant, size

from msoko_analysis.stats.cleaning import cleaned_spike_test
from msoko_analysis.stats.reference import control_reference, mean_schools, outside_municipality
from msoko_analysis.stats.spike import PaperScores, spike_test
from msoko_analysis.synthetic import World, honest_world

SAMPLE = 100
"""Schools in the control sample, about 6,000 pupils: the smallest that is used."""


def sample_of(rng: np.random.Generator, world: World, schools: int = SAMPLE) -> np.ndarray:
    """Pupils at every score in a sample of other honest schools that wrote the same paper."""
    control = honest_world(rng, schools, tasks=world.tasks)
    return control.counts.sum(axis=0)


@size(12, 60)
def test_size_against_a_control_sample(size: int) -> None:
    """All schools of a region share the error of the sample: the region is the unit.

    methods.md §3.1 saw .061–.068 at one cut and .036–.041 at another with single samples.
    """
    rates: dict[str, list[float]] = {f"{cuts}": [] for cuts in (*((cut,) for cut in CUTS), CUTS)}
    middle, sizes = [], []
    for seed in range(size):
        rng = np.random.default_rng([20, seed])
        world = honest_world(rng, 400)
        sample = sample_of(rng, world)
        sizes.append((sample.sum(), mean_schools(sample, world.counts)))
        for cuts in (*((cut,) for cut in CUTS), CUTS):
            p = spike_test([PaperScores(world.counts, control_reference(sample), cuts)]).p
            rates[f"{cuts}"].append((p < 0.05).mean())
        middle.append(np.median(norm.isf(p)))
    pupils, schools = np.mean(sizes, axis=0)
    print(f"sample of {pupils:.0f} pupils, {schools:.0f} mean schools")
    assert pupils > 5_500
    for cuts, values in rates.items():
        check_mean(f"control sample, cuts {cuts}, .05", np.array(values), 0.04, 0.07)
    # The shift common to a region has a spread of √(n̄/N) = .1, more where cuts add up.
    check_mean("control sample, median z", np.array(middle), -0.05, 0.05)


@size(12, 60)
def test_power_where_cleaning_does_not_settle(size: int) -> None:
    """30 % of the schools lift by different shares; cleaning is refused about every other time."""
    gains, sizes = [], []
    for seed in range(size):
        rng = np.random.default_rng([21, seed])
        world = honest_world(rng, 150)
        guilty = rng.random(150) < 0.3
        region = plant(rng, world, np.where(guilty, rng.uniform(0.2, 1.0, 150), 0.0), CUTS)
        towns = np.arange(150) % 10
        own = cleaned_spike_test(
            [region.counts],
            [CUTS],
            lambda counts, weight, towns=towns: outside_municipality(counts, towns, weight=weight),
        )
        sample = control_reference(sample_of(rng, world))
        control = spike_test([PaperScores(region.counts, sample, CUTS)])
        sizes.append((control.p[~guilty] < 0.05).mean())
        if not own.accepted:
            found = [(test.p[guilty] < 0.01).mean() for test in (own.test, control)]
            gains.append(found[1] - found[0])
    print(f"cleaning refused in {len(gains)} of {size} regions")
    assert len(gains) >= size / 4
    check_mean(
        "honest schools beside lifting ones, control sample, .05", np.array(sizes), 0.04, 0.07
    )
    check_mean("power of the control sample above the region's own", np.array(gains), 0.10, 1.0)
