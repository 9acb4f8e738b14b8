"""A small report: made once, copied for a test that changes it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_report
from once import made_once
from small_report import SmallReport

from msoko_analysis.publish import runner
from msoko_analysis.publish.job import job_template
from msoko_analysis.publish.kernels import kernel_template


@contextlib.contextmanager
def templates() -> Iterator[None]:
    """Templates started once; the small notebook counts nothing beforehand."""
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name, start in (("kernel_template", kernel_template), ("job_template", job_template)):
            template = start()
            running = stack.enter_context(template) if template else None
            patch.setattr(
                runner, name, lambda running=running: running and contextlib.nullcontext(running)
            )
        patch.setattr(runner, "prepare_region", lambda run: None)
        yield


@pytest.fixture(scope="module")
def warm_runner() -> Iterator[None]:
    """For tests that make the report anew many times."""
    with templates():
        yield


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory) -> SmallReport:
    """The report as it was issued; nobody changes it."""

    def make(folder: Path) -> SmallReport:
        with templates():
            return small_report.make_report(folder)

    return made_once(tmp_path_factory, "issued", make)


@pytest.fixture
def report(issued: SmallReport, tmp_path: Path) -> SmallReport:
    """A copy of the report that a test may change."""
    folder = Path(shutil.copytree(issued.reports, tmp_path / "reports"))
    return SmallReport(issued.run_file, issued.data, issued.notebook, folder)
