"""Homogeneity, school marks and jumps against the targets of methods.md §3.3, §3.13.

Each figure is printed (``pytest -s``) and stands in the message of its assertion. The full version
is marked slow; the small one asks the same questions of fewer schools.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm
from worlds import auc, check_mean, check_rate
from worlds_marks import DRIFT, MarkWorld, mark_world, occasions

from msoko_analysis.stats.homogeneity import homogeneity
from msoko_analysis.stats.jump import jump, vanished_rise
from msoko_analysis.stats.mark_gap import compare_marks, mark_gap
from msoko_analysis.stats.mark_gap_comparison import (
    MarkGapOfComparison,
    mark_gap_of_comparison,
)
from msoko_analysis.synthetic import honest_world

EFFECT = 0.5  # pupil SD
SMALL, FULL = (4, 400), (12, 2_000)  # regions, schools of each
worlds = pytest.mark.parametrize(
    ("number", "schools"),
    [pytest.param(*SMALL, id="small"), pytest.param(*FULL, marks=pytest.mark.slow, id="full")],
)


def spread(values: list[np.ndarray]) -> np.ndarray:
    """All regions' schools in one row, those without a verdict left out."""
    row = np.concatenate(values)
    return row[np.isfinite(row)]


# ---- C3 homogeneity


@worlds
def test_homogeneity_of_honest_schools(number: int, schools: int) -> None:
    results, gymnasium = [], []
    for seed in range(number):
        world = honest_world(np.random.default_rng(seed), schools)
        results.append(homogeneity(world.counts))
        gymnasium.append(world.gymnasium)
    p, n = (np.concatenate([getattr(r, k) for r in results]) for k in ("p", "n"))
    judged, gymnasium = np.isfinite(p), np.concatenate(gymnasium)
    check_rate("homogeneity, honest, .01", p[judged] < 0.01, 0.002, 0.015)
    check_rate("homogeneity, ordinary, .05", p[judged & ~gymnasium] < 0.05, 0.04, 0.06)
    for low, high in ((8, 15), (15, 60), (60, 301)):
        size = judged & ~gymnasium & (n >= low) & (n < high)
        check_rate(f"homogeneity, {low} ≤ n < {high}, .01", p[size] < 0.01, 0.002, 0.015)
    # Gymnasiums are homogeneous in truth: a cause the note must name, not a false alarm to hide.
    check_rate("homogeneity, gymnasiums, .01", p[judged & gymnasium] < 0.01, 0.0, 0.09)


@worlds
def test_homogeneity_sees_marking_to_one_level(number: int, schools: int) -> None:
    areas, ratios = [], []
    for seed in range(number):
        rng = np.random.default_rng(100 + seed)
        world = honest_world(rng, schools)
        alike = (rng.random(schools) < 0.1) & (world.sizes >= 8)
        counts = world.counts.astype(float)
        for school in np.flatnonzero(alike):
            counts[school] = drawn_together(counts[school])
        result = homogeneity(counts)
        judged = np.isfinite(result.z)
        areas.append(auc(result.z[judged], alike[judged]))
        ratios.append(np.median(result.ratio[alike]))
    check_mean("homogeneity, spread ×0.7, AUC", areas, 0.9, 1.0)
    check_mean("homogeneity, spread ×0.7, ratio", ratios, 1.35, 1.55)


def drawn_together(counts: np.ndarray, factor: float = 0.7) -> np.ndarray:
    """Every score moved towards the school's mean, to the nearest point."""
    score = np.arange(len(counts))
    mean = counts @ score / counts.sum()
    moved = np.rint(mean + factor * (score - mean)).astype(int)
    return np.bincount(moved, counts, len(counts))


# ---- C4 school marks against the exam


def correlation(world: MarkWorld, z: np.ndarray) -> float:
    """Of the statistic with the mean score, over honest schools with a verdict."""
    has = np.isfinite(z) & ~world.inflating
    return float(np.corrcoef(z[has], world.mean[has])[0, 1])


def from_forms(world: MarkWorld) -> MarkGapOfComparison:
    """What the forms of ФИС ОКО allow: «понизили», «подтвердили», «повысили» and exam marks."""
    sides = compare_marks(world.pairs, world.mark_of_score)
    table = np.stack([sides.lower, sides.same, sides.higher], axis=1)
    return mark_gap_of_comparison(table, world.exam_marks)


@worlds
@pytest.mark.parametrize("own_level", [0.0, 0.3])
def test_marks_from_forms(own_level: float, number: int, schools: int) -> None:
    z, n, corr, named, areas, power, size_of_gap = [], [], [], [], [], [], []
    for seed in range(number):
        honest = mark_world(seed, schools, share=0.0, own_level=own_level)
        result = from_forms(honest)
        judged = np.isfinite(result.z)
        corr.append(correlation(honest, result.z))
        named.append((false_discovery_control(result.p[judged]) <= 0.10).any())
        z.append(result.z[judged])
        n.append(result.n[judged])
        inflated = mark_world(200 + seed, schools, inflation=EFFECT, own_level=own_level)
        found, guilty = from_forms(inflated), inflated.inflating
        judged = np.isfinite(found.z)
        areas.append(auc(found.z[judged], guilty[judged]))
        power.append((found.p[judged & guilty] < 0.01).mean())
        pairs = mark_gap(inflated.pairs, reliability=inflated.alpha)
        size_of_gap.append(found.gap[judged & guilty].mean() / pairs.gap[judged & guilty].mean())
    z, n = np.concatenate(z), np.concatenate(n)
    name = f"forms, own level {own_level:g}"
    check_mean(f"{name}, corr with school mean", corr, -0.05, 0.05)
    for level, low, high in ((0.05, 0.04, 0.06), (0.01, 0.005, 0.015), (0.001, 0.0, 0.002)):
        check_rate(f"{name}, {level}", norm.sf(z) < level, low, high)
    for part, chosen in (("n < 15", n < 15), ("n > 60", n > 60)):
        check_rate(f"{name}, {part}, .05", norm.sf(z[chosen]) < 0.05, 0.03, 0.065)
    check_rate(f"{name}, regions with anybody at q ≤ .10", np.array(named), 0.0, 0.12)
    check_mean(f"{name}, +.5 SD, AUC", areas, 0.955, 1.0)
    check_mean(f"{name}, +.5 SD, power at .01", power, 0.40, 1.0)
    # Two marks of difference count as one, so the size is told too small, never too large.
    check_mean(f"{name}, +.5 SD, size to that from pairs", size_of_gap, 0.7, 1.0)


@worlds
def test_marks_of_honest_schools(number: int, schools: int) -> None:
    for own_level in (0.0, 0.3):
        all_z, sizes, means, corr, naive, region = [], [], [], [], [], []
        for seed in range(number):
            world = mark_world(seed, schools, share=0.0, own_level=own_level)
            result = mark_gap(world.pairs, reliability=world.alpha)
            standard = mark_gap(world.pairs, reliability=world.alpha, level_degree=0)
            plain = mark_gap(world.pairs, reliability=1.0, level_degree=0)
            all_z.append(result.z)
            sizes.append(result.n)
            means.append(world.mean)
            for into, z in ((corr, result.z), (region, standard.z), (naive, plain.z)):
                into.append(correlation(world, z))
        name = f"marks, own level {own_level:g}"
        check_mean(f"{name}, corr with school mean", corr, -0.05, 0.05)
        if (
            not own_level
        ):  # the correction for reliability alone does it where schools share a standard
            check_mean(f"{name}, one standard, corr", region, -0.05, 0.05)
            check_mean(f"{name}, naive, corr", naive, 0.3, 0.5)
        z = spread(all_z)
        check_rate(f"{name}, .05", norm.sf(z) < 0.05, 0.04, 0.06)
        check_rate(f"{name}, .01", norm.sf(z) < 0.01, 0.005, 0.015)
        check_rate(f"{name}, two-sided .05", np.abs(z) > 1.96, 0.04, 0.06)
        z, n, mean = (np.concatenate(row) for row in (all_z, sizes, means))
        low, high = np.quantile(mean, [0.1, 0.9])
        for part, chosen in (
            ("n < 15", n < 15), ("n > 60", n > 60), ("lowest", mean < low), ("highest", mean > high)
        ):  # fmt: skip
            chosen = chosen & np.isfinite(z)
            check_rate(f"{name}, {part}, .05", norm.sf(z[chosen]) < 0.05, 0.03, 0.065)


@worlds
def test_inflated_marks_are_found(number: int, schools: int) -> None:
    areas, naive, power, ratio, clean = [], [], [], [], []
    for seed in range(number):
        world = mark_world(200 + seed, schools, inflation=EFFECT)
        result = mark_gap(world.pairs, reliability=world.alpha)
        plain = mark_gap(world.pairs, reliability=1.0, level_degree=0)
        judged, guilty = np.isfinite(result.z), world.inflating
        for into, z in ((areas, result.z), (naive, plain.z)):
            into.append(auc(z[judged], guilty[judged]))
        power.append((result.p[judged & guilty] < 0.01).mean())
        clean.append((result.p[judged & ~guilty] < 0.01).mean())
        before = mark_world(200 + seed, schools, inflation=0.0)
        marks = np.arange(2, 6)
        added = (world.pairs - before.pairs).sum(axis=2) @ marks
        ratio.append(result.pupils[judged & guilty].sum() / added[judged & guilty].sum())
    check_mean("marks +.5 SD, AUC", areas, 0.965, 1.0)
    check_mean("marks +.5 SD, gain over naive AUC", np.array(areas) - naive, 0.003, 0.1)
    check_mean("marks +.5 SD, power at .01", power, 0.5, 1.0)
    check_mean("marks +.5 SD, honest called at .01", clean, 0.0, 0.015)
    # A tenth of the schools inflates, so the regional expectation has moved by a tenth as well.
    check_mean("marks +.5 SD, pupils estimated / true", ratio, 0.8, 1.0)


# ---- C6 jumps


@worlds
def test_jumps_of_honest_schools(number: int, schools: int) -> None:
    quiet = np.zeros(schools)
    for drift in (0.0, DRIFT, 2 * DRIFT):
        p, n, naive, fading = [], [], [], []
        for seed in range(number):
            three = occasions(seed, schools, (quiet, quiet, quiet), drift=drift)
            result = jump(three[0], three[1])
            judged = np.isfinite(result.p)
            p.append(result.p[judged])
            n.append(np.minimum(three[0].n, three[1].n)[judged])
            naive.append(np.abs(result.departure / result.standard_error)[judged] > 1.96)
            fading.append(vanished_rise(*three).p[judged])
        p, n, naive, fading = (np.concatenate(row) for row in (p, n, naive, fading))
        check_rate(f"jump, drift {drift:g}, .05", p < 0.05, 0.04, 0.06)
        check_rate(f"jump, drift {drift:g}, .01", p < 0.01, 0.006, 0.015)
        for low, high in ((5, 10), (10, 60), (60, 400)):
            chosen = (n >= low) & (n < high)
            check_rate(f"jump, drift {drift:g}, {low} ≤ n < {high}", p[chosen] < 0.05, 0.04, 0.06)
        check_rate(f"vanished rise, drift {drift:g}, .05", fading < 0.05, 0.0, 0.05)
        if drift:  # without real drift in the error one honest school in six is called, or more
            check_rate(f"jump, drift {drift:g}, naive .05", naive, 0.15, 1.0)


@worlds
def test_jump_in_a_municipality(number: int, schools: int) -> None:
    # τ² of few schools is poorly known; the test must not become loose.
    for few in (15, 40):
        quiet, seeds = np.zeros(few), range(number * schools // few)
        p = [jump(*occasions(1_000 + seed, few, (quiet, quiet))).p for seed in seeds]
        check_rate(f"jump, {few} schools, .05", spread(p) < 0.05, 0.0, 0.06)


@worlds
def test_help_of_one_year_is_found_and_growth_is_not_taken_for_it(
    number: int, schools: int
) -> None:
    areas, fading, grown = [], [], []
    for seed in range(number):
        rng = np.random.default_rng(300 + seed)
        kind = rng.choice(["honest", "helped", "grew"], schools, p=[0.9, 0.05, 0.05])
        quiet, helped = np.zeros(schools), 0.8 * (kind == "helped")
        grew = 0.8 * (kind == "grew")
        three = occasions(300 + seed, schools, (quiet, helped + grew, grew))
        result, fade = jump(three[0], three[1]), vanished_rise(*three)
        judged = np.isfinite(result.z)
        areas.append(auc(np.abs(result.z[judged]), (kind != "honest")[judged]))
        fading.append((fade.p[judged & (kind == "helped")] < 0.05).mean())
        grown.append(fade.p[judged & (kind == "grew")] < 0.05)
    check_mean("jump of .8 SD, AUC", areas, 0.9, 1.0)
    check_mean("vanished rise of .8 SD, power at .05", fading, 0.5, 1.0)
    check_rate("growth taken for a vanished rise, .05", np.concatenate(grown), 0.0, 0.06)
