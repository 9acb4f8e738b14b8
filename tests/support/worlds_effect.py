"""Regions in which a measure goes to schools with a bad year, and does something or nothing."""

from __future__ import annotations

import numpy as np

from msoko_analysis.measures.interventions import SchoolResults


def region(
    rng: np.random.Generator,
    *,
    schools: int = 150,
    share: float = 0.15,
    effect: float = 0.0,
    rising: float = 0.0,
) -> SchoolResults:
    """Three years of schools; the measure follows the second, given to half of its lowest 30 %.

    Levels with SD 0.4 drift by 0.12 a year; a paper of n pupils adds 1/√n. ``effect`` of the measure
    in the third year; ``rising``: by how much the chosen schools were lower in the first year and
    will be higher in the third, measure or not.
    """
    n = np.clip(rng.lognormal(np.log(30), 0.7, schools), 6, 150)
    error = 1 / np.sqrt(n)
    stratum = rng.choice(["сельские", "городские", "малые"], schools)
    level = rng.normal(0, 0.4, schools) + 0.15 * (stratum == "городские")
    outcome = (
        level[:, None]
        + rng.normal(0, 0.12, (schools, 3))
        + rng.normal(0, 1, (schools, 3)) * (error[:, None])
    )
    second = outcome[:, 1]
    treated = rng.random(schools) < np.where(second < np.quantile(second, 0.3), share / 0.3, 0)
    outcome[treated, 2] += effect + rising
    outcome[treated, 0] -= rising
    other = (
        level[:, None]
        + rng.normal(0, 0.2, (schools, 2))
        + rng.normal(0, 1, (schools, 2)) * (error[:, None])
    )
    return SchoolResults(
        np.arange(schools), stratum, treated, outcome, (2024, 2025, 2026), 1, error, other, error
    )
