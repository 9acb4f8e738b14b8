"""Detection of spikes: ours against other rules on the same data, and the speed of the checks.

    python benchmarks/bench_detection.py [--seeds N] [--schools N]

First part: regions of 800 schools (median 45 pupils), a tenth of which lifts a share θ of the pupils
within reach over one cut. For each way: AUC, share of honest schools called at .05 and .01, false
share of the list by Benjamini–Hochberg at .10 and the part of the guilty on it, seconds a region.
Second part: 1,000 schools × 3 cuts by ours and by rddensity school by school. Third part: all checks
of 1,000 schools against reading and counting the same pupils from Parquet. Prints Markdown; exits
with 1 when a speed misses its target.

rddensity is under the GPL and no dependency of ours: it takes part when it is installed beside
(``pip install rddensity``), and the table says so when it is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import binom, false_discovery_control, mannwhitneyu, norm

from msoko_analysis.counts import count, item_moments, scan
from msoko_analysis.documents.blindness import tables_of, verdicts
from msoko_analysis.rules.fioko import inflated_mean
from msoko_analysis.stats.cleaning import cleaned_spike_test
from msoko_analysis.stats.reference import outside_municipality
from msoko_analysis.stats.spike import PaperScores, spike_test
from msoko_analysis.synthetic import count_scores, honest_world, lift
from msoko_analysis.synthetic.trial import Misuse, Sitting, draw_trial
from msoko_analysis.synthetic.world import CUTS

try:
    from rddensity import rddensity
except ImportError:
    rddensity = None

CELLS = ((13, 0.5), (13, 0.8), (7, 0.8))
GUILTY = 0.1
MUNICIPALITY = 20  # schools
C1_TARGET, CHECKS_TARGET = 100.0, 3.0
ROUNDS = 5


@dataclass(frozen=True)
class Answer:
    """What a way says of every school (schools,): evidence, larger = more; p; the list it names."""

    evidence: np.ndarray
    p: np.ndarray
    named: np.ndarray

    @classmethod
    def of(cls, p: np.ndarray) -> Answer:
        """From p alone; without a verdict (nan) a school is in the middle and never named."""
        sure = np.nan_to_num(p, nan=1.0)
        return cls(-np.nan_to_num(p, nan=0.5), sure, false_discovery_control(sure) <= 0.10)


# ---- the ways


def ours(counts: np.ndarray, cut: int) -> Answer:
    """The spike test as the note makes it: the region outside the municipality, cleaned."""
    return Answer.of(cleaned(counts, (cut,)))


def cleaned(counts: np.ndarray, cuts: tuple[int, ...]) -> np.ndarray:
    """p of the cleaned spike test (schools,)."""
    municipality = np.arange(len(counts)) // MUNICIPALITY
    return cleaned_spike_test(
        [counts],
        [cuts],
        lambda table, weight: outside_municipality(table, municipality, weight=weight),
    ).test.p


def official(counts: np.ndarray, cut: int) -> Answer:
    """ФИОКО rule (a): a list, no p; the evidence is the school's lower limit."""
    rule = inflated_mean(counts)
    return Answer(np.nan_to_num(rule.lower), np.where(rule.marked, 0.0, 1.0), rule.marked)


def plain_z(counts: np.ndarray, cut: int) -> Answer:
    """Mean score against the region's by its own standard error, one-sided."""
    score, n = np.arange(counts.shape[1]), counts.sum(axis=1)
    mean = counts @ score / n
    total = counts.sum(axis=0)
    centre = total @ score / total.sum()
    sd = np.sqrt(total @ (score - centre) ** 2 / total.sum())
    return Answer.of(norm.sf((mean - centre) / sd * np.sqrt(n)))


def frandsen(counts: np.ndarray, cut: int) -> Answer:
    """Frandsen (2017), k = 0, exact one-sided tail."""
    near = counts[:, cut - 1 : cut + 2]
    return Answer.of(binom.sf(near[:, 1] - 1, near.sum(axis=1), 1 / 3))


def two_cells(counts: np.ndarray, cut: int) -> Answer:
    """Pupils at the cut among those at the cut and one below, against the region's share."""
    below, at = counts[:, cut - 1], counts[:, cut]
    return Answer.of(binom.sf(at - 1, at + below, at.sum() / (at + below).sum()))


def density(counts: np.ndarray, cut: int) -> Answer:
    """rddensity school by school, upper tail of its robust z."""
    return Answer.of(np.array([density_p(row, cut) for row in counts]))


def density_p(row: np.ndarray, cut: int) -> float:
    """One school; nan where rddensity gives nothing or fails, as it often does on few pupils."""
    scores = np.repeat(np.arange(len(row)), row).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(norm.sf(rddensity(scores, c=cut).test["t_jk"]))
        except Exception:  # whatever it raises, it has no answer for this school
            return np.nan


WAYS: dict[str, Callable[[np.ndarray, int], Answer]] = {
    "msoko_analysis (C1)": ours,
    "binomial N_c vs N_{c−1}": two_cells,
    "Frandsen, k = 0": frandsen,
    "rddensity": density,
    "ФИОКО rule (a)": official,
    "plain z of the mean": plain_z,
}


# ---- first part: the same data for all


def region(seed: int, schools: int, cut: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of a region (schools × scores) and who is guilty (schools,)."""
    rng = np.random.default_rng([seed, cut, round(10 * theta)])
    world = honest_world(rng, schools)
    guilty = rng.random(schools) < GUILTY
    scores = lift(rng, world.scores, cut, theta * guilty[world.school])
    return count_scores(world.school, scores, schools, world.tasks.max_score), guilty


def judged(way: Callable, counts: np.ndarray, cut: int, guilty: np.ndarray) -> list[float]:
    """AUC, honest called at .05 and .01, false share of the list, guilty on it, seconds."""
    began = time.perf_counter()
    answer = way(counts, cut)
    seconds = time.perf_counter() - began
    pairs = guilty.sum() * (~guilty).sum()
    above = mannwhitneyu(answer.evidence[guilty], answer.evidence[~guilty]).statistic / pairs
    false = (answer.named & ~guilty).sum() / max(answer.named.sum(), 1)
    calls = [(answer.p[~guilty] < alpha).mean() for alpha in (0.05, 0.01)]
    return [above, *calls, false, answer.named[guilty].mean(), seconds]


def detection(seeds: int, schools: int) -> Iterator[str]:
    """The table of the first part, line by line."""
    yield "| cut, θ | way | AUC (SD over seeds) | false alarms .05 | .01 | FDP of the list | found | s |"
    yield "|---|---|---|---|---|---|---|---|"
    for cut, theta in CELLS:
        data = [region(seed, schools, cut, theta) for seed in range(seeds)]
        for name, way in WAYS.items():
            if way is density and rddensity is None:
                yield f"| {cut}, {theta:g} | rddensity | not installed | | | | | |"
                continue
            rows = np.array([judged(way, counts, cut, guilty) for counts, guilty in data])
            m = rows.mean(axis=0)
            calls = (f"{m[1]:.3f}", f"{m[2]:.3f}") if way is not official else (f"{m[1]:.3f}", "—")
            yield (
                f"| {cut}, {theta:g} | {name} | {m[0]:.3f} ({rows[:, 0].std(ddof=1):.3f}) | "
                f"{calls[0]} | {calls[1]} | {m[3]:.3f} | {m[4]:.2f} | {m[5]:.3f} |"
            )


# ---- second and third part: seconds


def fastest(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Processor seconds, threads included, of the cheapest of several rounds of each.

    Seconds on the clock would count other work of the machine too. They take turns, so that
    a busy minute of the machine is not one work's alone.
    """
    seconds = np.empty((rounds, len(works)))
    for row in seconds:
        for place, work in enumerate(works):
            began = time.process_time()
            work()
            row[place] = time.process_time() - began
    return seconds.min(axis=0).tolist()


def speed_of_c1() -> tuple[str, bool]:
    """1,000 schools × 3 cuts, each cut tested by itself, against the loop over schools."""
    counts = honest_world(np.random.default_rng(1), 1_000).counts
    total = counts.sum(axis=0) + 0.5 / counts.shape[1]
    reference = total / total.sum()
    plain, whole = fastest(
        lambda: [spike_test([PaperScores(counts, reference, (cut,))]) for cut in CUTS],
        lambda: cleaned(counts, CUTS),
    )
    told = f"C1, 1,000 schools × 3 cuts: {plain:.3f} s; three cuts pooled, reference cleaned: {whole:.3f} s"
    if rddensity is None:
        return f"{told}. rddensity is not installed: no ratio.", True
    (loop,) = fastest(lambda: [density(counts, cut) for cut in CUTS], rounds=1)
    ratio = loop / plain
    return (
        f"{told}; rddensity school by school: {loop:.1f} s. "
        f"Ratio {ratio:.0f} (target ≥ {C1_TARGET:g}), with cleaning {loop / whole:.0f}.",
        ratio >= C1_TARGET,
    )


def as_rows(sitting: Sitting) -> pl.DataFrame:
    """The works of a sitting in the columns of the contract «results»."""
    points = sitting.points.astype(np.int64)
    return pl.DataFrame(
        {
            **{"year": 2026, "procedure": "VPR", "grade": 4, "subject": "MA"},
            "municipality": [f"M{school // MUNICIPALITY:02}" for school in sitting.school],
            "school": [f"S{school:04}" for school in sitting.school],
            "class_group": [f"4{'АБВГДЕЖЗИКЛМН'[group]}" for group in sitting.class_group],
            "pupil": [str(number) for number in range(len(points))],
            "prior_mark": sitting.mark,
            "total": sitting.total,
            **{f"item_{task + 1:02}": points[:, task] for task in range(points.shape[1])},
        }
    )


def speed_of_checks() -> tuple[str, bool]:
    """Every check of 1,000 schools against reading and counting their pupils."""
    trial = draw_trial(np.random.default_rng(2), 1_000, Misuse(spike=0.8))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "results").mkdir()
        as_rows(trial.now).write_parquet(folder / "results" / "one.parquet", compression="zstd")
        tables = tables_of(trial)
        counting, checks = fastest(
            lambda: (count(scan(folder)), item_moments(scan(folder))), lambda: verdicts(tables)
        )
    ratio = checks / counting
    return (
        f"All checks of 1,000 schools, {len(trial.now.school):,} pupils: {checks:.3f} s; reading and "
        f"counting them from Parquet: {counting:.3f} s. Ratio {ratio:.1f} (target ≤ {CHECKS_TARGET:g}).",
        ratio <= CHECKS_TARGET,
    )


def main() -> None:
    """Print the three parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--schools", type=int, default=800)
    options = parser.parse_args()
    print(f"{options.seeds} seeds, {options.schools} schools\n")
    for line in detection(options.seeds, options.schools):
        print(line, flush=True)
    met = []
    for measure in (speed_of_c1, speed_of_checks):
        told, good = measure()
        print(f"\n{told}", flush=True)
        met.append(good)
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
