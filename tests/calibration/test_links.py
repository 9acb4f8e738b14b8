"""Comparison of procedures: a school in the second against what the first predicts.

Targets: methods.md §3.13 for jumps, false positives .04–.06 at .05 at every size of school.
"""

from __future__ import annotations

import numpy as np
import pytest
from worlds import auc, check_mean, check_rate
from worlds_marks import cohort

from msoko_analysis.stats.jump import jump
from msoko_analysis.stats.link import link

worlds = pytest.mark.parametrize(
    ("number", "schools"),
    [pytest.param(3, 300, id="small"), pytest.param(20, 1_500, marks=pytest.mark.slow, id="full")],
)


@worlds
@pytest.mark.parametrize(
    ("slope", "drift", "stay"),
    [(0.85, 0.15, 1.0), (0.6, 0.3, 1.0), (1.0, 0.0, 1.0), (0.85, 0.15, 0.45)],
)
def test_honest_schools(number: int, schools: int, slope: float, drift: float, stay: float) -> None:
    p, n, level, gym, plain, follow = [], [], [], [], [], []
    for seed in range(number):
        (first, second), gymnasium = cohort(
            seed, schools, np.zeros(schools), slope=slope, drift=drift, stay=stay
        )
        result = link(first, second)
        judged = np.isfinite(result.p)
        p.append(result.p[judged])
        n.append(np.minimum(first.n, second.n)[judged])
        level.append(first.mean[judged])
        gym.append(gymnasium[judged])
        plain.append(jump(first, second).p[judged] < 0.05)
        follow.append(np.corrcoef(result.z[judged], first.mean[judged])[0, 1])
    p, n, level, gym, plain = (np.concatenate(row) for row in (p, n, level, gym, plain))
    name = f"link, slope {slope:g}, drift {drift:g}, stay {stay:g}"
    check_rate(f"{name}, .05", p < 0.05, 0.04, 0.06)
    check_rate(f"{name}, .01", p < 0.01, 0.005, 0.015)
    for low, high in ((5, 10), (10, 60), (60, 400)):
        chosen = (n >= low) & (n < high)
        check_rate(f"{name}, {low} ≤ n < {high}", p[chosen] < 0.05, 0.035, 0.065)
    check_rate(f"{name}, gymnasiums", p[gym] < 0.05, 0.02, 0.08)
    check_mean(f"{name}, correlation with the first mean", follow, -0.05, 0.05)
    strong = level > np.quantile(level, 0.9)
    check_rate(f"{name}, strongest tenth", p[strong] < 0.05, 0.03, 0.07)
    if slope < 0.7:  # a plain difference blames strong and weak schools for the slope
        check_rate(f"{name}, plain difference, strongest tenth", plain[strong], 0.1, 1.0)


@worlds
def test_help_in_one_of_the_procedures_is_found(number: int, schools: int) -> None:
    areas, power, clean, ratio = [], [], [], []
    for seed in range(number):
        rng = np.random.default_rng(700 + seed)
        guilty = rng.random(schools) < 0.08
        (first, second), _ = cohort(700 + seed, schools, 0.8 * guilty)
        result = link(first, second)
        judged = np.isfinite(result.z)
        areas.append(auc(result.z[judged], guilty[judged]))
        power.append((result.p[judged & guilty] < 0.05).mean())
        clean.append(result.p[judged & ~guilty] < 0.05)
        (_, quiet), _ = cohort(700 + seed, schools, np.zeros(schools))
        true = (second.mean - quiet.mean)[judged & guilty].mean()
        ratio.append(result.effect[judged & guilty].mean() / true)
    check_mean("link +.8 SD, AUC", areas, 0.95, 1.0)
    check_mean("link +.8 SD, power at .05", power, 0.75, 1.0)
    # Twelve guilty schools in 150 widen the yardstick a little: fewer honest ones are called.
    check_rate("link +.8 SD, honest called at .05", np.concatenate(clean), 0.02, 0.06)
    check_mean("link +.8 SD, effect estimated / true", ratio, 0.9, 1.1)
