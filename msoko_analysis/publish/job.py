"""One note as a job for a process of its own: what `runner` hands over."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from msoko_analysis.publish.forkserver import CAN_FORK, Template

MAKER = "msoko_analysis.publish.jobs"
"""The module that does the job; it imports papermill and nbconvert, so the runner does not."""


@dataclass(frozen=True)
class Job:
    """Everything a process needs to make one note; only values JSON can carry."""

    notebook: str
    parameters: dict[str, Any]
    out: str
    title: str
    target: dict[str, Any]
    manifest: dict[str, Any]
    kernel: str | None

    def request(self) -> dict[str, Any]:
        """The job as a request to a template."""
        return asdict(self)


def job_template() -> Template | None:
    """Start the process jobs are forked from; None where fork does not exist."""
    return Template(MAKER) if CAN_FORK else None
