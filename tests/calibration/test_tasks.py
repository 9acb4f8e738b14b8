"""Task structure (C7) and similarity (C8): false alarms in honest worlds, kinds of misuse found.

The worlds of methods.md §3.13: an exam of 25 points, median 45 pupils, 5 % gymnasiums; natural
variation of tasks between schools .25 logit, and more, as real papers have (.3 to 1.2 in Altai).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from task_misuse import Planted, copying, leak, neighbours, upward, upward_hard
from task_worlds import TaskWorld, task_world
from worlds import auc, check_mean, check_rate, size

from msoko_analysis.stats.items import TaskProfile, task_profile
from msoko_analysis.stats.similarity import similarity


def p_values(world: TaskWorld) -> dict[str, np.ndarray]:
    counts = world.counts()
    profile = task_profile(counts)
    return {
        "profile": profile.profile_p,
        "contrast": profile.contrast_p,
        "similarity": similarity(counts).p,
    }


def many(size: int, seed: int, schools: int, **kwargs: object) -> dict[str, np.ndarray]:
    """p of all schools of ``size`` honest worlds, and who is a gymnasium and how large."""
    worlds = [
        task_world(np.random.default_rng([seed, number]), schools, **kwargs)
        for number in range(size)
    ]
    parts = [
        {**p_values(world), "gymnasium": world.schools.gymnasium, "n": world.schools.sizes}
        for world in worlds
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


METHODS = ("profile", "contrast", "similarity")


# ---- honest worlds


@size(3, 20)
@pytest.mark.parametrize("variation", [0.0, 0.25])
def test_false_alarms(variation: float, size: int) -> None:
    honest = many(size, 1, 1000, variation=variation)
    gymnasium, large, small = honest["gymnasium"], honest["n"] > 100, honest["n"] < 20
    for method in METHODS:
        p = honest[method]
        told = f"{method}, variation {variation}"
        check_rate(f"{told}, p < .01", p < 0.01, 0.003, 0.015)
        check_rate(f"{told}, p < .05", p < 0.05, 0.03, 0.06)
        check_rate(f"{told}, p < .001", p < 0.001, 0.0, 0.004)
        check_rate(f"{told}, gymnasiums", p[gymnasium] < 0.01, 0.0, 0.02)
        check_rate(f"{told}, above 100 pupils", p[large] < 0.01, 0.0, 0.02)
        check_rate(f"{told}, below 20 pupils", p[small] < 0.01, 0.0, 0.02)


@size(2, 10)
@pytest.mark.parametrize(
    ("world", "settings"),
    [
        pytest.param(2, {"variation": 0.6}, id="tasks as unlike as in real regions"),
        pytest.param(3, {"icc": 0.5}, id="schools far apart"),
        pytest.param(4, {"maxima": (1,) * 12}, id="twelve tasks of one point"),
        pytest.param(5, {"maxima": (4, 3, 3, 3, 2, 2)}, id="six tasks of many points"),
        pytest.param(6, {"median_size": 8.0, "size_spread": 0.3}, id="five to fifteen pupils"),
    ],
)
def test_false_alarms_in_other_honest_worlds(world: int, settings: dict, size: int) -> None:
    honest = many(size, world, 800, **settings)
    for method in METHODS:
        tested = honest[method][np.isfinite(honest[method])]
        check_rate(f"{method}, {settings}, p < .01", tested < 0.01, 0.0, 0.018)
        check_rate(f"{method}, {settings}, p < .05", tested < 0.05, 0.01, 0.065)


@size(15, 200)
@pytest.mark.parametrize("schools", [8, 15, 40])
@pytest.mark.parametrize("variation", [0.0, 0.25])
def test_false_alarms_in_small_regions(schools: int, variation: float, size: int) -> None:
    """With so few schools their natural variation is hardly known: up to 2.5 % at 1 %."""
    honest = many(size, schools, schools, variation=variation)
    for method in METHODS:
        p = honest[method]
        check_rate(f"{method}, {schools} schools, {variation}", p < 0.01, 0.0, 0.025)
        check_rate(f"{method}, {schools} schools, {variation}", p < 0.05, 0.0, 0.07)


# ---- misuse


def profile_of(profile: TaskProfile) -> np.ndarray:
    return -profile.profile_p


def contrast_of(profile: TaskProfile) -> np.ndarray:
    return profile.contrast_z


@size(8, 16)
@pytest.mark.parametrize(
    ("plant", "figure", "wanted"),
    [
        pytest.param(leak(3), profile_of, 0.97, id="three tasks leaked, profile"),
        pytest.param(leak(6), profile_of, 0.98, id="six tasks leaked, profile"),
        pytest.param(upward, contrast_of, 0.97, id="upward correction, contrast"),
        pytest.param(upward_hard, contrast_of, 0.99, id="hard tasks corrected, contrast"),
    ],
)
def test_task_structure_finds(
    plant: Planted, figure: Callable[[TaskProfile], np.ndarray], wanted: float, size: int
) -> None:
    found, alarms = [], []
    for seed in range(size):
        rng = np.random.default_rng([11, seed])
        world = task_world(rng, 800)
        guilty = rng.random(800) < 0.1
        profile = task_profile(world.counts(plant(rng, world, guilty)))
        found.append(auc(figure(profile), guilty))
        alarms.append(profile.profile_p[~guilty] < 0.01)
    check_mean("AUC", np.array(found), wanted, 1.0)
    check_rate("honest neighbours", np.concatenate(alarms), 0.0, 0.015)


@size(8, 16)
@pytest.mark.parametrize(
    ("plant", "wanted"),
    [pytest.param(copying, 0.99, id="one classmate"), pytest.param(neighbours, 0.88, id="anyone")],
)
def test_similarity_finds(plant: Planted, wanted: float, size: int) -> None:
    found, alarms = [], []
    for seed in range(size):
        rng = np.random.default_rng([12, seed])
        world = task_world(rng, 800)
        guilty = rng.random(800) < 0.1
        result = similarity(world.counts(plant(rng, world, guilty)))
        found.append(auc(-result.p, guilty))
        alarms.append(result.p[~guilty] < 0.01)
    check_mean("AUC", np.array(found), wanted, 1.0)
    check_rate("honest neighbours", np.concatenate(alarms), 0.0, 0.015)
