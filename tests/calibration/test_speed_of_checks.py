"""All checks of a region cost at most three times what reading and counting its pupils costs."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_detection.py"
ATTEMPTS, PAUSE = 6, 2.0


def test_checks_against_counting() -> None:
    """1,000 schools × 60 pupils, processor time: 2.3–3.0 on a machine busy with other work.

    Other work moves the ratio either way, so one quiet moment out of six is enough; checks grown
    half as dear again would miss in all.
    """
    spec = importlib.util.spec_from_file_location("bench_detection", BENCHMARK)
    assert spec
    assert spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    told = []
    for _ in range(ATTEMPTS):
        text, met = benchmark.speed_of_checks()
        told.append(text)
        if met:
            break
        time.sleep(PAUSE)
    print(told[-1])
    assert met, "\n".join(told)
