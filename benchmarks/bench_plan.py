"""Where to send observers and which works to mark again: the plan against lot and «largest mean first».

    python benchmarks/bench_plan.py [--regions N]

Regions of 200 schools in ten municipalities and four papers; a tenth of the schools lifts 60 % of
the pupils within reach over every cut. All three ways have the same capacity: twenty observers, 600
works. Share of the guilty schools caught; works marked again for each work found to be lifted (of the
works at the cuts of a school, those marked again are drawn by lot). Prints Markdown; exits with 1
when the plan does not beat both other ways in both figures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from msoko_analysis.stats.cleaning import cleaned_spike_test
from msoko_analysis.stats.observation_plan import (
    Recheck,
    Visit,
    choose_visits,
    choose_works,
    probability_of_effect,
)
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.tilt import fit_tilt
from msoko_analysis.synthetic import count_scores, draw_tasks, lift, respond
from msoko_analysis.synthetic.world import CUTS, MAXIMA, draw_schools

SCHOOLS, PAPERS, MUNICIPALITIES = 200, 4, 10
GUILTY, THETA = 0.1, 0.6
OBSERVERS, WORKS, BLOCK = 20, 600, 5
LEAST, AGAIN, LOT = 0.2, 0.5, 0.2
TOP = sum(MAXIMA)
MUNICIPALITY = np.arange(SCHOOLS) % MUNICIPALITIES


@dataclass(frozen=True)
class Region:
    """``counts`` papers × schools × scores; ``at_cut``, ``lifted`` schools × papers; ``guilty``."""

    counts: np.ndarray
    at_cut: np.ndarray
    lifted: np.ndarray
    guilty: np.ndarray


def region(rng: np.random.Generator) -> Region:
    """A region whose guilty schools lift pupils in every paper."""
    schools = draw_schools(rng, SCHOOLS, median_size=25.0)
    guilty = rng.random(SCHOOLS) < GUILTY
    counts, at_cut, lifted = [], [], []
    for _ in range(PAPERS):
        school = np.repeat(np.arange(SCHOOLS), schools.sizes)
        ability = schools.level[school] + schools.spread[school] * rng.normal(size=len(school))
        honest = respond(rng, draw_tasks(rng, MAXIMA), ability).sum(axis=1, dtype=np.int64)
        scores = honest
        for cut in sorted(CUTS, reverse=True):
            scores = lift(rng, scores, cut, THETA * guilty[school])
        near = np.isin(scores, CUTS)
        counts.append(count_scores(school, scores, SCHOOLS, TOP))
        at_cut.append(np.bincount(school[near], minlength=SCHOOLS))
        found = near & (scores > honest)
        lifted.append(np.bincount(school[found], minlength=SCHOOLS))
    return Region(np.array(counts), np.transpose(at_cut), np.transpose(lifted), guilty)


Chosen = tuple[tuple[Visit, ...] | list[int], list[tuple[int, int, int]]]


def plan(data: Region, rng: np.random.Generator) -> Chosen:
    """The plan of the package."""
    cleaned = cleaned_spike_test(
        list(data.counts),
        [CUTS] * PAPERS,
        lambda table, weight: outside_municipality(table, MUNICIPALITY, weight=weight),
    )
    chance = probability_of_effect(cleaned.test.p)
    visits = choose_visits(
        chance, MUNICIPALITY, np.zeros(SCHOOLS, bool), OBSERVERS,
        least=LEAST, again=AGAIN, lot=LOT, rng=rng,
    )  # fmt: skip
    expected = np.empty_like(data.at_cut, dtype=float)
    for paper, counts in enumerate(data.counts):
        tilted = fit_tilt(counts, outside_municipality(counts, MUNICIPALITY, weight=cleaned.weight))
        expected[:, paper] = tilted.n * tilted.pmf[:, list(CUTS)].sum(axis=1)
    rechecks = choose_works(
        chance, data.at_cut, expected, WORKS,
        least=LEAST, lot=LOT, block=BLOCK, rng=rng,
    )  # fmt: skip
    return [one.school for one in visits], [_cell(one) for one in rechecks]


def _cell(one: Recheck) -> tuple[int, int, int]:
    return one.school, one.paper, one.works


def by_order(data: Region, order: np.ndarray) -> Chosen:
    """Observers to the first schools, works at the cuts of the first schools until they run out."""
    works, cells = WORKS, []
    for school in order:
        for paper in range(PAPERS):
            share = min(int(data.at_cut[school, paper]), works)
            if share:
                cells.append((int(school), paper, share))
                works -= share
    return list(order[:OBSERVERS]), cells


def lot(data: Region, rng: np.random.Generator) -> Chosen:
    """Everything by lot."""
    return by_order(data, rng.permutation(SCHOOLS))


def largest_mean(data: Region, rng: np.random.Generator) -> Chosen:
    """The schools with the largest mean over the papers first, as many inspections choose."""
    means = data.counts @ np.arange(TOP + 1) / data.counts.sum(axis=2)
    return by_order(data, np.argsort(-means.mean(axis=0)))


WAYS: dict[str, Callable[[Region, np.random.Generator], Chosen]] = {
    "plan": plan,
    "lot": lot,
    "largest mean first": largest_mean,
}


def figures(data: Region, chosen: Chosen) -> tuple[float, float, float]:
    """Share of guilty schools observed, works marked again, works found to be lifted."""
    visits, cells = chosen
    caught = data.guilty[visits].sum() / max(data.guilty.sum(), 1)
    marked = [min(works, data.at_cut[school, paper]) for school, paper, works in cells]
    found = [
        n * data.lifted[school, paper] / data.at_cut[school, paper]
        for n, (school, paper, _) in zip(marked, cells, strict=True)
    ]
    return float(caught), float(sum(marked)), float(sum(found))


def compare(regions: int) -> dict[str, np.ndarray]:
    """Figures of every way (regions × 3) on the same regions."""
    found: dict[str, list] = {name: [] for name in WAYS}
    for seed in range(regions):
        data = region(np.random.default_rng([seed, 7]))
        for name, way in WAYS.items():
            found[name].append(figures(data, way(data, np.random.default_rng([seed, 11]))))
    return {name: np.array(rows) for name, rows in found.items()}


def main() -> int:
    """Print the table; 1 when the plan does not win."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regions", type=int, default=20)
    found = compare(parser.parse_args().regions)
    print(
        "| way | guilty schools observed (SD) | works marked again | lifted found | works for one |"
    )
    print("|---|---|---|---|---|")
    for name, rows in found.items():
        caught, marked, lifted = rows.mean(axis=0)
        print(
            f"| {name} | {caught:.2f} ({rows[:, 0].std(ddof=1):.2f}) | {marked:.0f} | {lifted:.0f} | "
            f"{marked / lifted:.1f} |"
        )
    return int(not wins(found))


def wins(found: dict[str, np.ndarray]) -> bool:
    """Whether the plan catches more and needs fewer works for each found than both others."""
    means = {name: rows.mean(axis=0) for name, rows in found.items()}
    ours = means.pop("plan")
    return all(
        ours[0] > other[0] and ours[1] / ours[2] < other[1] / other[2] for other in means.values()
    )


if __name__ == "__main__":
    sys.exit(main())
