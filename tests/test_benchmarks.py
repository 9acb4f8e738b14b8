"""Every benchmark in a small size, so that none stops working while nobody looks."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
# Options that make it small, and what it has to print.
SMALL = {
    "bench_detection": (["--seeds", "2", "--schools", "80"], r"rule.+All checks of 1,000 schools"),
    "bench_inequality": ([], r"ours, from counts.+loop over schools.+PySAL"),
    "bench_notes": (
        [
            *("--data", "DATA", "--district", "M03", "--year", "2026"),
            *("--rounds", "1", "--jobs", "1"),
            *("--notebook", str(BENCHMARKS.parent / "notebooks/order.ipynb")),
        ],
        r"msoko notes: 1 notes.+nbconvert: 1 notes.+ratio \d",
    ),
    "bench_plan": (["--regions", "2"], r"\| plan \|.+\| lot \|.+\| largest mean first \|"),
}


def test_each_has_a_small_run() -> None:
    assert SMALL.keys() == {path.stem for path in BENCHMARKS.glob("*.py")}


@pytest.mark.parametrize("name", SMALL)
def test_it_runs(name: str, demo_data: Path, capsys, monkeypatch) -> None:
    options, said = SMALL[name]
    words = [str(demo_data) if word == "DATA" else word for word in options]
    monkeypatch.setattr(sys, "argv", [name, *words])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(BENCHMARKS / f"{name}.py"), run_name="__main__")
    assert end.value.code in (0, 1), "a target may be missed by a small run, nothing else"
    assert re.search(said, capsys.readouterr().out, flags=re.S)
