"""Notes per minute: our runner against the plain papermill and nbconvert commands.

    python benchmarks/bench_notes.py [--notebook NOTE.ipynb] [--run RUN.yaml] [--jobs N]

Twelve notes, the demo's districts × years twice over, first by ``run_notes``, then by ``papermill``
and ``jupyter nbconvert --to html`` one after another on the same notebook and parameters. Prints
notes per minute of both and their ratio; exits with 1 when it is below the target of 6.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msoko_analysis.params import load_run
from msoko_analysis.runner import DEFAULT_JOBS, DISTRICT_NOTE, run_notes
from msoko_analysis.schema import PROJECT

ROUNDS = 2
TARGET = 6.0


def ours(run_file: Path, notebook: Path, jobs: int, reports: Path) -> int:
    """Make the notes by the runner, everything it does included; return how many."""
    made = 0
    for _ in range(ROUNDS):
        summary = run_notes(run_file, jobs=jobs, force=True, reports=reports, notebook=notebook)
        if summary.exit_code:
            sys.exit(summary.text())
        made += len(summary.results)
    return made


def plain(run_file: Path, notebook: Path, folder: Path) -> int:
    """Make the same notes by the two commands; return how many."""
    run = load_run(run_file)
    commands = Path(sys.executable).parent
    made = 0
    for turn in range(ROUNDS):
        for year in run.years:
            for district in run.districts:
                out = folder / f"{turn}-{year}-{district}"
                out.mkdir(parents=True)
                done = out / "note.ipynb"
                given = {
                    "run_file": run_file.resolve(),
                    "data": run.data,
                    "district": district,
                    "save_to": out,
                }
                words = [word for name, value in given.items() for word in ("-r", name, value)]
                words += ["-p", "year", str(year)]
                for command in (
                    [commands / "papermill", notebook, done, *words],
                    [commands / "jupyter", "nbconvert", "--to", "html", done],
                ):
                    subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
                made += 1
    return made


def rate(title: str, make: Callable[[], int]) -> float:
    """Time one way of making notes, print it, and return notes per minute."""
    began = time.perf_counter()
    made = make()
    seconds = time.perf_counter() - began
    print(f"{title}: {made} notes in {seconds:.1f} s, {60 * made / seconds:.1f} per minute")
    return 60 * made / seconds


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", type=Path, default=DISTRICT_NOTE)
    parser.add_argument("--run", type=Path, default=PROJECT / "params" / "runs" / "demo.yaml")
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS)
    options = parser.parse_args()
    run_file, notebook = options.run, options.notebook
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fast = rate("msoko notes", lambda: ours(run_file, notebook, options.jobs, folder / "a"))
        slow = rate("papermill + nbconvert", lambda: plain(run_file, notebook, folder / "b"))
    ratio = fast / slow
    print(f"ratio {ratio:.1f} (target ≥ {TARGET:g})")
    sys.exit(ratio < TARGET)


if __name__ == "__main__":
    main()
