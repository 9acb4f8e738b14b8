"""Level of schools (C2): honest gymnasiums and villages are called no more often than others."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from worlds import check_mean, size
from worlds_level import region

from msoko_analysis.measures.level import conditions, level_funnel
from msoko_analysis.stats.expectation import expectation


@size(6, 60)
def test_size_by_kind_of_school(size: int) -> None:
    """With the conditions the rates are nominal; with the type ignored methods.md saw .15–.31."""
    rates: dict[str, list[float]] = {}
    for seed in range(size):
        world = region(np.random.default_rng([30, seed]), 500)
        model, schools, n = level_funnel(world.year)
        assert len(schools) == 500
        p = 2 * norm.sf(np.abs(model.z))
        alike = expectation(model.value, model.standard_error, np.ones((500, 1)))
        blind = 2 * norm.sf(np.abs(alike.z))
        kinds = {"all": np.ones(500, dtype=bool), "gymnasiums": world.gymnasium}
        kinds |= {"villages": world.village, "small": n < 15}
        for name, mine in kinds.items():
            for alpha in (0.05, 0.01):
                rates.setdefault(f"{name}, {alpha}", []).append((p[mine] < alpha).mean())
        rates.setdefault("blind", []).append((blind[world.gymnasium] < 0.01).mean())
    for name, values in rates.items():
        if name == "blind":
            check_mean("gymnasiums, conditions ignored, .01", np.array(values), 0.1, 1.0)
        elif name.endswith("0.05"):
            check_mean(f"level, {name}", np.array(values), 0.03, 0.07)
        else:
            check_mean(f"level, {name}", np.array(values), 0.003, 0.02)


@size(10, 60)
def test_size_where_twenty_gymnasiums_are_all(size: int) -> None:
    """The smallest group that is compared at all: its own wide expectation is paid for."""
    rates = []
    for seed in range(size):
        world = region(np.random.default_rng([31, seed]), 400)
        few = np.flatnonzero(world.gymnasium)[:20]
        assert len(few) == 20
        kept = np.sort(np.concatenate([few, np.flatnonzero(~world.gymnasium)]))
        model, schools, n = level_funnel(world.year)
        value, error = model.value[kept], model.standard_error[kept]
        fit = expectation(value, error, conditions(schools.iloc[kept], n[kept]).design)
        mine = world.gymnasium[kept]
        rates.append((2 * norm.sf(np.abs(fit.z[mine])) < 0.05).mean())
    check_mean("twenty gymnasiums, .05", np.array(rates), 0.03, 0.07)
