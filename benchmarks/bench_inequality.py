"""Theil's index with its parts from counts, against PySAL and against a loop over schools.

    python benchmarks/bench_inequality.py

60,000 pupils in 1,000 schools. Prints Markdown; exits with 1 when we are less than 1,000 times as
fast as PySAL's ``inequality``. That is no dependency of ours: it takes part when it is installed
beside (``pip install inequality``), and the table says so when it is not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from msoko_analysis.stats.inequality import inequality

try:
    from inequality.theil import TheilD
except ImportError:
    TheilD = None

SCHOOLS, PUPILS, TARGET, ROUNDS = 1000, 60, 1000.0, 20


def best(run: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Seconds of the fastest round, and what it returned."""
    fastest, value = float("inf"), float("nan")
    for _ in range(rounds):
        start = time.perf_counter()
        value = run()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest, value


def by_loop(result: np.ndarray, school: np.ndarray) -> float:
    """The part between schools, school by school over pupils."""
    total = result.sum()
    parts = (result[school == one] for one in range(SCHOOLS))
    return float(sum(mine.sum() / total * np.log(mine.mean() / result.mean()) for mine in parts))


def main() -> int:
    """Print the table; 1 when the target is missed."""
    counts = np.random.default_rng(1).multinomial(PUPILS, np.full(26, 1 / 26), size=SCHOOLS)
    values = np.linspace(0, 100, 26)
    school, score = (np.repeat(one.ravel(), counts.ravel()) for one in np.indices(counts.shape))
    result = values[score]
    ours, part = best(lambda: float(inequality(counts, values).whole.theil_between), ROUNDS)
    print("| way | seconds | times ours | part between schools |\n|---|---|---|---|")
    print(f"| ours, from counts (all indices) | {ours:.5f} | 1 | {part:.10f} |")
    slow, value = best(lambda: by_loop(result, school), 1)
    print(f"| loop over schools | {slow:.3f} | {slow / ours:.0f} | {value:.10f} |")
    if TheilD is None:
        print("| PySAL inequality | not installed | – | – |")
        return 0
    # PySAL takes the logarithm of zero: a tiny amount instead of it changes no printed digit.
    filled = np.where(result > 0, result, 1e-12)
    theirs, value = best(lambda: float(np.sum(TheilD(filled, school).bg)), 1)
    print(f"| PySAL inequality | {theirs:.2f} | {theirs / ours:.0f} | {value:.10f} |")
    return int(theirs / ours < TARGET)


if __name__ == "__main__":
    sys.exit(main())
