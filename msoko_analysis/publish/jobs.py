"""The process that makes one note: the child side of `runner`."""

from __future__ import annotations

import signal
import traceback
from pathlib import Path
from typing import Any

from msoko_analysis.errors import MsokoError
from msoko_analysis.provenance import crate
from msoko_analysis.publish.failures import FAILED, failure_log, write_failure
from msoko_analysis.publish.html import exporter
from msoko_analysis.publish.job import Job
from msoko_analysis.publish.render import DiskFull, NoteWithheld, render_note


def warm_up() -> None:
    """Compile the page template once for all jobs (papermill and nbconvert are imported above)."""
    exporter()
    crate.warm_up()


def run_child(request: dict[str, Any]) -> dict[str, str]:
    """Make the note; every outcome is a status and a message in Russian."""
    signal.signal(signal.SIGTERM, _stop)
    job = Job(**request)
    try:
        render_note(
            Path(job.notebook),
            job.parameters,
            Path(job.out),
            title=job.title,
            manifest=job.manifest,
            kernel=job.kernel,
        )
    except NoteWithheld as withheld:
        return {"status": "withheld", "message": str(withheld)}
    except DiskFull as full:
        return {"status": "disk_full", "message": str(full)}
    except MsokoError as error:
        return {"status": "failed", "message": str(error)}
    except Exception as unexpected:  # a fault of ours: name it, keep the trace, let others go on
        what = f"внутренняя ошибка {type(unexpected).__name__}: {unexpected}"
        log = failure_log(Path(job.out))
        write_failure(log, job.title, what, traceback.format_exc())
        message = f"«{job.title}» не сделана: {what}. Полный журнал: {FAILED}/{log.name}"
        return {"status": "failed", "message": message}
    return {"status": "made", "message": ""}


def _stop(*_: object) -> None:
    """Leave by an exception, so that the kernel is shut down and the temporary folder removed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
