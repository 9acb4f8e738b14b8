"""Notes per minute: our runner against the plain papermill and nbconvert commands.

    python benchmarks/bench_notes.py [--notebook NOTE.ipynb] [--run RUN.yaml] [--data FOLDER] [--jobs N]
        [--district M01] [--year 2026] [--rounds N]

Twelve notes, the demo's districts × years twice over (fewer when a district, a year or one round is
asked for), by ``run_notes`` and by ``papermill`` and
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
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.run import load_run
from msoko_analysis.publish.runner import DEFAULT_JOBS, prepare_region, run_notes

TARGET = 6.0
Chosen = dict[int, list[str]]  # districts by year


def ours(options: argparse.Namespace, chosen: Chosen, reports: Path) -> int:
    """Make the notes by the runner, everything it does included; return how many."""
    made = 0
    for year, districts in chosen.items():
        summary = run_notes(
            options.run, data=options.data, districts=districts, years=[year], jobs=options.jobs,
            force=True, reports=reports, notebook=options.notebook,
        )  # fmt: skip
        if summary.exit_code:
            sys.exit(summary.text())
        made += len(summary.results)
    return made


def plain(options: argparse.Namespace, chosen: Chosen, folder: Path) -> int:
    """Make the same notes by the two commands; return how many."""
    run = load_run(options.run, data=options.data)
    kind = KINDS[NOTES]
    commands = Path(sys.executable).parent
    notebook = options.notebook or kind.notebook
    of_kind = {} if options.notebook else kind.parameters
    made = 0
    for year, districts in chosen.items():
        for district in districts:
            out = folder / str(year) / district
            out.mkdir(parents=True)
            done = out / "note.ipynb"
            given = {"run_file": options.run.resolve(), "data": run.data, "district": district}
            words = ["-p", "year", str(year), "-r", "save_to", out]
            words += [word for name, one in (given | of_kind).items() for word in ("-r", name, one)]
            for command in (
                [commands / "papermill", notebook, done, *words],
                [commands / "jupyter", "nbconvert", "--to", "html", done],
            ):
                subprocess.run(command, check=True, capture_output=True, cwd=SHIPPED)
            made += 1
    return made


def main() -> None:
    """Measure both, in turns, so that a busy minute of the machine hits both; print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", type=Path)
    parser.add_argument("--run", type=Path, default=SHIPPED / "params" / "runs" / "demo.yaml")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS)
    parser.add_argument("--district", action="append")
    parser.add_argument("--year", type=int, action="append")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    run = load_run(options.run, data=options.data)
    chosen = {year: options.district or list(run.districts) for year in options.year or run.years}
    prepare_region(run)
    made, seconds = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        for turn in range(options.rounds):
            folder = Path(name) / str(turn)
            ways = {
                "msoko notes": partial(ours, reports=folder / "a"),
                "papermill + nbconvert": partial(plain, folder=folder / "b"),
            }
            for title, make in ways.items():
                began = time.perf_counter()
                made[title] += make(options, chosen)
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
