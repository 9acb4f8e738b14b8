"""All signs of a school together, as a note combines them, against methods.md §3.11 and §3.13.

Regions of schools with median 45 pupils, one paper, a year before; a tenth of the schools misuses
one way. Regions of one number are drawn from one seed for all kinds of misuse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from task_misuse import Planted, copying, leak, upward, upward_hard
from worlds import auc, check_mean, check_rate, size

from msoko_analysis.documents.blindness import tables_of, verdicts
from msoko_analysis.synthetic.trial import Misuse, Trial, draw_trial

SMALL, FULL = (4, 300), (12, 800)  # regions of each kind, schools of each
regions = pytest.mark.parametrize(
    ("number", "schools"),
    [pytest.param(*SMALL, id="small"), pytest.param(*FULL, marks=pytest.mark.slow, id="full")],
)


def planted(seed: int, schools: int, plant: Planted) -> Trial:
    """A trial whose guilty schools misuse this year's paper as ``plant`` does."""
    rng = np.random.default_rng([41, seed])
    trial = draw_trial(rng, schools, Misuse())
    now = trial.now
    world = SimpleNamespace(
        points=now.points,
        school=now.school,
        tasks=SimpleNamespace(maxima=now.maxima),
        schools=SimpleNamespace(sizes=np.bincount(now.school, minlength=schools)),
    )
    return replace(trial, now=replace(now, points=plant(rng, world, trial.guilty)))


def misused(seed: int, schools: int, misuse: Misuse) -> Trial:
    return draw_trial(np.random.default_rng([41, seed]), schools, misuse)


# Six ways to misuse an exam itself, as strong as in methods.md.
AT_THE_EXAM = {
    "spike": lambda seed, schools: misused(seed, schools, Misuse(spike=0.8)),
    "three tasks leaked": lambda seed, schools: planted(seed, schools, leak(3)),
    "six tasks leaked": lambda seed, schools: planted(seed, schools, leak(6)),
    "upward correction": lambda seed, schools: planted(seed, schools, upward),
    "hard tasks corrected": lambda seed, schools: planted(seed, schools, upward_hard),
    "copying": lambda seed, schools: planted(seed, schools, copying),
}


@dataclass(frozen=True)
class Figures:
    """What the combination says of one region."""

    area: float
    alarms: np.ndarray
    seen: np.ndarray
    false: float

    @classmethod
    def of(cls, trial: Trial) -> Figures:
        p = np.nan_to_num(verdicts(tables_of(trial))["signs"], nan=1.0)
        guilty, listed = trial.guilty, false_discovery_control(p) <= 0.10
        false = (listed & ~guilty).sum() / max(listed.sum(), 1)
        return cls(auc(-p, guilty), p[~guilty] < 0.01, p[guilty] < 0.01, false)


@regions
def test_six_kinds_of_misuse(number: int, schools: int) -> None:
    found = {
        kind: [Figures.of(draw(seed, schools)) for seed in range(number)]
        for kind, draw in AT_THE_EXAM.items()
    }
    for kind, ones in found.items():
        seen = np.concatenate([one.seen for one in ones]).mean()
        print(f"{kind}: AUC {np.mean([one.area for one in ones]):.3f}, found {seen:.3f}")
    # Regions of one number share schools over the kinds: their mean is the independent value.
    by_region = list(zip(*found.values(), strict=True))
    every = [one for ones in by_region for one in ones]
    check_mean("AUC", [np.mean([one.area for one in ones]) for ones in by_region], 0.975, 1.0)
    check_mean(
        "honest called at .01",
        [np.concatenate([one.alarms for one in ones]).mean() for ones in by_region],
        0.0,
        0.010,
    )
    check_rate("guilty called at .01", np.concatenate([one.seen for one in every]), 0.80, 1.0)
    check_mean(
        "false among the listed", [np.mean([one.false for one in ones]) for ones in by_region],
        0.0, 0.10,
    )  # fmt: skip


@regions
@pytest.mark.parametrize(
    ("misuse", "area", "power"),
    [
        pytest.param(Misuse(inflation=0.5), 0.88, 0.30, id="school marks raised by .5 SD"),
        pytest.param(Misuse(help=0.8), 0.77, 0.10, id="help in one year, .8 SD"),
    ],
)
def test_what_one_paper_shows_poorly(
    misuse: Misuse, area: float, power: float, number: int, schools: int
) -> None:
    """A sign alone in its family pays for the others: such schools are mostly not found.

    The limits only hold what was measured (AUC .90 and .80, found .35 and .16); several papers
    pooled are what finds these kinds.
    """
    found = [Figures.of(misused(seed, schools, misuse)) for seed in range(number)]
    check_mean("AUC", [one.area for one in found], area, 1.0)
    check_rate("guilty called at .01", np.concatenate([one.seen for one in found]), power, 1.0)
    check_mean("honest called at .01", [one.alarms.mean() for one in found], 0.0, 0.010)
    check_mean("false among the listed", [one.false for one in found], 0.0, 0.10)


@size(20, 150)
def test_an_honest_region_names_hardly_anybody(size: int) -> None:
    """Over all signs, by the list a note makes; .11 and .15 in two sets of 150 regions.

    It was .21 before the p of marks and of jumps allowed for τ² being estimated (Student's tail).
    """
    named, called = [], []
    for seed in range(size):
        trial = draw_trial(np.random.default_rng([42, seed]), 250, Misuse())
        p = np.nan_to_num(verdicts(tables_of(trial))["signs"], nan=1.0)
        named.append((false_discovery_control(p) <= 0.10).any())
        called.append(p < 0.01)
    check_rate("honest regions with anybody at q ≤ .10", np.array(named), 0.0, 0.12)
    check_rate("honest, all signs, .01", np.concatenate(called), 0.0, 0.010)
