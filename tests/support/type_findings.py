"""The findings of the type checker, layer by layer, may only become fewer.

    python tests/support/type_findings.py [--lower]

Runs mypy (settings in pyproject.toml) and compares the number of findings of every layer with
``tests/support/type_findings.json``. A layer with more findings is an error and they are printed; one
with fewer is an error too until ``--lower`` has written its new number. ``--lower`` never raises one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).with_suffix(".json")
FINDING = re.compile(r"msoko_analysis/(\w+)(?:\.py|/[\w/]+\.py):\d+: error: ")


def findings() -> list[str]:
    """The lines of mypy that are findings."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context"]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    lines = ran.stdout.splitlines()
    unknown = [line for line in lines if ": error: " in line and not FINDING.match(line)]
    if ran.returncode > 1 or ran.stderr.strip() or unknown:
        sys.exit("\n".join(["mypy did not run:", *unknown, ran.stderr]))
    return [line for line in lines if FINDING.match(line)]


def layer(line: str) -> str:
    """The layer a finding is in.

    >>> layer("msoko_analysis/counts.py:1: error: x"), layer("msoko_analysis/stats/a.py:1: error: x")
    ('counts', 'stats')
    """
    found = FINDING.match(line)
    assert found
    return found[1]


def compare(now: Counter[str], allowed: Counter[str]) -> tuple[list[str], list[str]]:
    """Layers with more findings than allowed, and with fewer.

    >>> compare(Counter(stats=3, page=1), Counter(stats=2, page=2, rules=1))
    (['stats'], ['page', 'rules'])
    """
    layers = sorted(now.keys() | allowed.keys())
    more = [one for one in layers if now[one] > allowed[one]]
    return more, [one for one in layers if now[one] < allowed[one]]


def main() -> int:
    """Print the number; 1 when a layer has more findings than allowed, or fewer than written."""
    lines = findings()
    now = Counter(map(layer, lines))
    allowed = Counter(json.loads(BASELINE.read_text(encoding="utf-8")))
    more, fewer = compare(now, allowed)
    print(f"types: {len(lines)} findings, {allowed.total()} allowed")
    for one in more:
        print(f"{one}: {now[one]} findings, {allowed[one]} allowed; one or more of these are new:")
        print("\n".join(line for line in lines if layer(line) == one))
    if fewer and "--lower" in sys.argv[1:]:
        kept = {one: min(now[one], n) for one, n in sorted(allowed.items()) if now[one]}
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        fewer = []
    for one in fewer:
        print(f"{one}: {now[one]} findings, {allowed[one]} allowed: run `make lower-types`")
    return int(bool(more or fewer))


if __name__ == "__main__":
    sys.exit(main())
