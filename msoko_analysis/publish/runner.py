"""Many notes: a process for each, a few at a time, one failure apart from the others, resumable.

The parent reads the parameters, prepares the region once and hands out jobs. Each job runs in a
process forked from one template (papermill, nbconvert) and its kernel in one forked from another
(pandas, scipy, seaborn); the parent itself renders nothing, so no note can take the run down.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from msoko_analysis.documents.kinds import KINDS, NOTES, Target, targets
from msoko_analysis.errors import ParamsError, RenderError
from msoko_analysis.folders import clean_leftovers
from msoko_analysis.home import WORK, portable
from msoko_analysis.params.run import RunParams, load_run
from msoko_analysis.provenance.manifest import PAGE, describe_note, describe_run, up_to_date
from msoko_analysis.publish.failures import failure_log, write_failure
from msoko_analysis.publish.forkserver import ColdChild, ForkedChild, Template, TemplateError
from msoko_analysis.publish.index_page import write_index
from msoko_analysis.publish.job import MAKER, Job, job_template

REPORTS = WORK / "reports"
# a job waits for its kernel much of its time: three keep two cores busy
DEFAULT_JOBS = (os.cpu_count() or 1) + 1
_PATHS = ("run_file", "data")  # parameters that say where something stands on this machine
STOP_SECONDS = 10  # for a job told to stop: its kernel is killed, its folder removed
INTERRUPTED = 130  # the exit code shells give to a command ended by Ctrl-C

Status = Literal["made", "up_to_date", "withheld", "failed", "not_started"]
STATUS_RU = {
    "made": "готово",
    "up_to_date": "без изменений",
    "withheld": "не выдаётся",
    "failed": "ошибка",
    "not_started": "не начато",
}


@dataclass(frozen=True)
class NoteResult:
    """What became of one document; ``message`` is the reason or the error, in Russian."""

    target: Target
    status: Status
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class RunSummary:
    """What became of all documents of a run, in the order of years, kinds and districts."""

    results: tuple[NoteResult, ...]
    index: Path | None  # None: it could not be written
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 if each note was made or withheld for a reason; 5 after a failure, 130 after Ctrl-C."""
        if self.interrupted:
            return INTERRUPTED
        failed = any(result.status in ("failed", "not_started") for result in self.results)
        return RenderError.exit_code if failed else 0

    def pages(self, reports: Path) -> list[Path]:
        """Pages of all documents that are there; none after Ctrl-C."""
        there = [one.target for one in self.results if one.status in ("made", "up_to_date")]
        return [reports.joinpath(*target.parts) / PAGE for target in there if not self.interrupted]

    def text(self) -> str:
        """The closing list: counts, then each note that was not made and why.

        >>> target = Target("notes", 2021, "m01", "Район, 2021")
        >>> result = NoteResult(target, "withheld", "одна школа")
        >>> print(RunSummary((result,), Path("reports/index.html")).text())
        Справок: 1 — не выдаётся 1
          не выдаётся: Район, 2021 — одна школа
        Список: reports/index.html
        """
        counts = Counter(result.status for result in self.results)
        told = ", ".join(f"{word} {counts[key]}" for key, word in STATUS_RU.items() if counts[key])
        lines = ["Остановлено: готовые справки целы, недоделанных нет."] if self.interrupted else []
        lines.append(f"Справок: {len(self.results)} — {told}")
        for result in self.results:
            if result.status == "withheld":
                lines.append(f"  не выдаётся: {result.target.title} — {result.message}")
        failed = [result.message for result in self.results if result.status == "failed"]
        lines += [f"  ошибка: {message}" for message in dict.fromkeys(failed)]
        return "\n".join([*lines, f"Список: {self.index or 'не обновлён'}"])


def run_notes(
    run_file: Path,
    *,
    data: Path | None = None,
    kinds: Sequence[str] = (NOTES,),
    districts: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    jobs: int = DEFAULT_JOBS,
    force: bool = False,
    reports: Path = REPORTS,
    notebook: Path | None = None,
) -> RunSummary:
    """Make the documents of a run: years × kinds × districts, each in a folder of its own.

    Parameters
    ----------
    run_file, data : as in ``params.load_run``.
    kinds : names of :data:`msoko_analysis.documents.kinds.KINDS`.
    districts : codes or names of municipalities; None for all of the run.
    years : years of documents; None for all of the run.
    jobs : how many at a time.
    force : make also those that are up to date (same data, parameters, notebook, code, versions).
    reports : the folder to write to.
    notebook : a notebook instead of the kind's own; its parameters are run_file, data, district,
        year, save_to.

    Returns
    -------
    RunSummary. Ctrl-C does not raise: the summary says ``interrupted`` and what was made till then.

    Raises
    ------
    ParamsError : a wrong run file, an unknown kind, district or year.
    DataError : the region's data can not be counted.
    """
    run = load_run(run_file, data=data)
    chosen = targets(run, kinds, districts, years)
    return make_documents(
        run, run_file, chosen, jobs=jobs, force=force, reports=reports, notebook=notebook
    )


def make_documents(
    run: RunParams,
    run_file: Path,
    chosen: Sequence[Target],
    *,
    jobs: int = DEFAULT_JOBS,
    force: bool = False,
    reports: Path = REPORTS,
    notebook: Path | None = None,
    shown: Mapping[str, str] | None = None,
) -> RunSummary:
    """Make the given documents of a loaded run; parameters as for :func:`run_notes`.

    ``shown`` holds values of ``run_file`` and ``data`` that the published notebooks show instead of
    where these stand now.
    """
    if jobs < 1:
        raise ParamsError(f"Число процессов должно быть не меньше 1, задано {jobs}")
    reports = reports.resolve()
    results: dict[Target, NoteResult] = {}
    interrupted = False
    try:
        shared = describe_run(run, run_file=run_file)
        due = []
        for target in chosen:
            job = _job(run, run_file, notebook, target, reports, shared, shown or {})
            clean_leftovers(Path(job.out))
            made = None if force else up_to_date(Path(job.out), job.manifest["fingerprint"])
            if made is None or failure_log(Path(job.out)).exists():
                due.append(job)
            else:
                results[target] = _skipped(target, made)
        if due:
            _make(run, due, jobs, results)
    except KeyboardInterrupt:
        interrupted = True
    for target in chosen:
        results.setdefault(target, NoteResult(target, "not_started"))
    ordered = tuple(results[target] for target in chosen)
    try:
        index = write_index(reports)
    except OSError:  # the disk that was too full for a note may be too full for the list
        index = None
    return RunSummary(ordered, index, interrupted)


def prepare_region(run: RunParams) -> None:
    """Count the region once, so that every note reads small tables."""
    from msoko_analysis.measures.prepare import (
        prepare,  # polars: only the parent, only when it counts
    )

    prepare(run)


def _job(
    run: RunParams,
    run_file: Path,
    own: Path | None,
    target: Target,
    reports: Path,
    shared: dict,
    shown: Mapping[str, str],
) -> Job:
    kind = KINDS[target.kind]
    notebook = own or kind.notebook
    manifest = describe_note(shared, notebook=notebook, kind=target.kind, about=target.about)
    parameters = {
        "run_file": str(run_file.resolve()),
        "data": str(run.data),
        **target.about,
        **({} if own else kind.parameters),
    }
    asked = parameters | {name: portable(parameters[name]) for name in _PATHS} | dict(shown)
    return Job(
        notebook=str(notebook.resolve()),
        parameters=parameters,
        out=str(reports.joinpath(*target.parts)),
        title=target.title,
        target=asdict(target),
        manifest={**manifest, "group": target.group, "parameters": asked},
        kernel=None,
    )


def _skipped(target: Target, manifest: dict) -> NoteResult:
    status = "withheld" if manifest["status"] == "withheld" else "up_to_date"
    return NoteResult(target, status, manifest.get("reason", ""))


def kernel_template() -> Template | None:
    """Start the process kernels are forked from; None where fork does not exist."""
    from msoko_analysis.publish import kernels  # Jupyter: only when notes are due

    return kernels.kernel_template()


@dataclass
class _Running:
    job: Job
    child: ForkedChild | ColdChild
    since: float


def _make(run: RunParams, due: list[Job], limit: int, results: dict[Target, NoteResult]) -> None:
    """Run jobs, ``limit`` at a time; ``results`` fills as they end, so Ctrl-C loses none."""
    waiting, running = deque(due), list[_Running]()
    with contextlib.ExitStack() as stack:
        # both templates import in the background while this process counts the region
        kernels_from, jobs_from = (
            stack.enter_context(template) if template else None
            for template in (kernel_template(), job_template())
        )
        prepare_region(run)
        tell = stack.enter_context(_progress(len(due)))
        stack.callback(_stop, running)
        while waiting or running:
            while waiting and len(running) < limit:
                running.append(_start(waiting.popleft(), jobs_from, kernels_from))
            for one in [one for one in running if one.child.poll() is not None]:
                result, disk_full = _collect(one, jobs_from)
                running.remove(one)
                results[result.target] = result
                tell(result)
                if disk_full:  # the others would only fail in the same way
                    waiting.clear()
            time.sleep(0.02)


def _start(job: Job, jobs_from: Template | None, kernels_from: Template | None) -> _Running:
    if jobs_from is None or kernels_from is None:
        return _Running(job, ColdChild(MAKER, job.request()), time.monotonic())
    warm = replace(job, kernel=kernels_from.address)
    try:
        return _Running(warm, jobs_from.fork(warm.request()), time.monotonic())
    except TemplateError as dead:
        last = str(dead).strip().splitlines()[-1]
        raise RenderError(f"Не запустился процесс, который делает справки: {last}") from dead


def _collect(one: _Running, template: Template | None) -> tuple[NoteResult, bool]:
    """The result of a job that ended, and whether the disk is full."""
    job, said = one.job, one.child.result
    seconds = time.monotonic() - one.since
    if said is None:
        clean_leftovers(Path(job.out))
        what = (
            f"процесс справки прерван (код {one.child.poll()}); частая причина — не хватило памяти"
        )
        said = {"status": "failed", "message": f"«{job.title}» не сделана: {what}"}
        write_failure(
            failure_log(Path(job.out)), job.title, what, template.log() if template else ""
        )
    full = said["status"] == "disk_full"
    log = failure_log(Path(job.out))
    if said["status"] == "failed" and not log.exists():
        write_failure(log, job.title, said["message"], "")
    status = "failed" if full else said["status"]
    result = NoteResult(Target(**job.target), status, said["message"], seconds)
    return result, full


def _stop(running: list[_Running]) -> None:
    """Stop jobs that are still at work and wait until they have put things in order."""
    if not running:
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C
    try:
        for one in running:
            one.child.terminate()
        end = time.monotonic() + STOP_SECONDS
        while any(one.child.poll() is None for one in running) and time.monotonic() < end:
            time.sleep(0.02)
        for one in running:
            if one.child.poll() is None:
                one.child.kill()
            clean_leftovers(Path(one.job.out))
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _progress(total: int) -> Iterator:
    """A function to call with each result: a bar on a terminal, else one plain line per note."""
    if total and sys.stderr.isatty():
        with tqdm(total=total, unit="спр.", desc="Справки", file=sys.stderr) as bar:
            yield lambda result: bar.update() if result.status == "made" else _say(bar, result)
    else:
        done = iter(range(1, total + 1))
        yield lambda result: print(_line(result, next(done), total), file=sys.stderr, flush=True)


def _say(bar: tqdm, result: NoteResult) -> None:
    bar.write(f"{STATUS_RU[result.status]}: {result.target.title}", file=sys.stderr)
    bar.update()


def _line(result: NoteResult, number: int, total: int) -> str:
    seconds = f"{result.seconds:.1f}".replace(".", ",")
    return f"[{number}/{total}] {STATUS_RU[result.status]}: {result.target.title} ({seconds} с)"
