"""Notes per minute: our runner against the plain papermill and nbconvert commands.

    python benchmarks/bench_notes.py [--notebook NOTE.ipynb] [--run RUN.yaml] [--jobs N]

Twelve notes, the demo's districts × years twice over, by ``run_notes`` and by ``papermill`` and
``jupyter nbconvert --to html`` one after another, on the same notebook and parameters. Prints notes
per minute of both and their ratio; exits with 1 when it is below the target of 6. The region is
counted beforehand, for both: it is done once, whoever makes the notes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

from msoko_analysis.documents.kinds import KINDS, NOTES
from msoko_analysis.params.run import load_run
from msoko_analysis.params.schema import PROJECT
from msoko_analysis.publish.runner import DEFAULT_JOBS, prepare_region, run_notes

ROUNDS = 2
TARGET = 6.0


def ours(run_file: Path, notebook: Path, jobs: int, reports: Path) -> int:
    """Make the notes by the runner, everything it does included; return how many."""
    summary = run_notes(run_file, jobs=jobs, force=True, reports=reports, notebook=notebook)
    if summary.exit_code:
        sys.exit(summary.text())
    return len(summary.results)


def plain(run_file: Path, notebook: Path, folder: Path) -> int:
    """Make the same notes by the two commands; return how many."""
    run = load_run(run_file)
    commands = Path(sys.executable).parent
    chosen = [(year, district) for year in run.years for district in run.districts]
    for year, district in chosen:
        out = folder / str(year) / district
        out.mkdir(parents=True)
        done = out / "note.ipynb"
        given = {"run_file": run_file.resolve(), "data": run.data, "district": district}
        words = ["-p", "year", str(year), "-r", "save_to", out]
        words += [word for name, value in given.items() for word in ("-r", name, value)]
        for command in (
            [commands / "papermill", notebook, done, *words],
            [commands / "jupyter", "nbconvert", "--to", "html", done],
        ):
            subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
    return len(chosen)


def main() -> None:
    """Measure both, in turns, so that a busy minute of the machine hits both; print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", type=Path, default=KINDS[NOTES].notebook)
    parser.add_argument("--run", type=Path, default=PROJECT / "params" / "runs" / "demo.yaml")
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS)
    options = parser.parse_args()
    prepare_region(load_run(options.run))
    made, seconds = Counter(), Counter()
    with tempfile.TemporaryDirectory() as name:
        for turn in range(ROUNDS):
            folder = Path(name) / str(turn)
            ways = {
                "msoko notes": partial(ours, jobs=options.jobs, reports=folder / "a"),
                "papermill + nbconvert": partial(plain, folder=folder / "b"),
            }
            for title, make in ways.items():
                began = time.perf_counter()
                made[title] += make(options.run, options.notebook)
                seconds[title] += time.perf_counter() - began
    rates = [60 * made[title] / seconds[title] for title in ways]
    for title, rate in zip(ways, rates, strict=True):
        told = f"{made[title]} notes in {seconds[title]:.1f} s, {rate:.1f} per minute"
        print(f"{title}: {told}")
    ratio = rates[0] / rates[1]
    print(f"ratio {ratio:.1f} (target ≥ {TARGET:g})")
    sys.exit(ratio < TARGET)


if __name__ == "__main__":
    main()
