"""The parameters of a run as a reader of two manifests compares them: named, short, no file paths.

Limits, scales and names stand as they are, so a difference can be told as «old → new». What is long
(recommendations, tables of rules) stands as a hash of each part.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from msoko_analysis.params.run import RunParams
from msoko_analysis.params.scales import Scale

# Letters of a hash: enough to tell two texts apart, short enough to be read.
_SHORT = 12


def text_hash(value: Any) -> str:
    """SHA-256 of a JSON value written in one canonical way.

    >>> text_hash({"a": 1, "b": 2}) == text_hash({"b": 2, "a": 1})
    True
    """
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def run_values(run: RunParams) -> dict[str, dict[str, Any]]:
    """The run as sections of named values, ready for JSON.

    ``sections`` holds a short hash of every part of the run, so that a change of what is not named
    here (the source of a limit, a grammatical case) is still seen, and in which part it is.

    >>> from msoko_analysis.params.run import load_run
    >>> values = run_values(load_run("params/runs/demo.yaml"))
    >>> values["thresholds"]["spike_q"], values["scales"]["2026-VPR-4-RU"]
    (0.1, '14/24/33 из 38')
    """
    whole = run.model_dump(mode="json", exclude={"data"})
    return {
        "thresholds": {name: entry.value for name, entry in run.thresholds.entries.items()},
        "scales": {
            "-".join(map(str, paper)): _scale_value(scale) for paper, scale in run.scales.items()
        },
        "districts": {code: one.name.nominative for code, one in run.districts.items()},
        "recommendations": {
            one.id: text_hash(one.model_dump(mode="json"))[:_SHORT] for one in run.recommendations
        },
        "run": {
            "run": run.run,
            "organisation": run.organisation,
            "years": ", ".join(map(str, run.years)),
            "papers": ", ".join(paper.code for paper in run.papers),
            "seed": run.seed,
        },
        "sections": {name: text_hash(part)[:_SHORT] for name, part in sorted(whole.items())},
    }


def _scale_value(scale: Scale) -> str:
    text = f"{'/'.join(map(str, scale.cuts))} из {scale.max_primary}"
    if scale.other_cuts:
        text += f", и {'/'.join(map(str, scale.other_cuts))}"
    return text if scale.step == 1 else f"{text}, шаг {scale.step}"
