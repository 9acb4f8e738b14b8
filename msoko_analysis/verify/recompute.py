"""Makes documents anew in a clean temporary place and says which of their claims hold, and why not.

The report is only read. Everything counted from the data before is left behind: the place gets the
hashed files of the data alone. Documents are made by the runner, several at a time.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from msoko_analysis.documents.kinds import KINDS, Target
from msoko_analysis.errors import MsokoError, ParamsError, Problem
from msoko_analysis.home import located
from msoko_analysis.params.run import load_run
from msoko_analysis.params.schema import nearest
from msoko_analysis.provenance.crate import CRATE
from msoko_analysis.provenance.manifest import (
    FINDINGS,
    describe_note,
    describe_run,
    file_hash,
    read_manifest,
)
from msoko_analysis.publish.runner import DEFAULT_JOBS, RunSummary, make_documents
from msoko_analysis.verify.causes import Root, differences
from msoko_analysis.verify.check import check_document, document_folders, page_claims
from msoko_analysis.verify.compare import (
    Change,
    VerdictChange,
    compare_claims,
    compare_findings,
    counted_states,
)
from msoko_analysis.verify.what_if import Conditions, changed_run_file, clean_data

HOLDS, CHANGED, NOT_COMPUTED = 0, 6, 7  # exit codes
NAMED = ("CONCERN", "WATCH")  # verdicts that tell something about somebody
_DIFFERENT = ("changed", "gone", "new")


@dataclass(frozen=True)
class DocumentCheck:
    """What became of one document.

    ``problems`` of its files against its manifest; ``roots`` what differs in the inputs; ``changes``
    claim by claim; ``verdicts`` finding by finding; ``message`` why it could not be computed.
    """

    folder: str
    title: str
    state: Literal["holds", "changed", "failed"]
    problems: tuple[Problem, ...] = ()
    roots: tuple[Root, ...] = ()
    changes: tuple[Change, ...] = ()
    verdicts: tuple[VerdictChange, ...] = ()
    message: str = ""


@dataclass(frozen=True)
class Verification:
    """All documents of a report, checked under the ``conditions`` (none: as they were issued)."""

    documents: tuple[DocumentCheck, ...]
    conditions: Conditions

    @property
    def exit_code(self) -> int:
        """0 if all holds, 6 if something changed, 7 if nothing did but not all could be computed."""
        states = {document.state for document in self.documents}
        if "changed" in states:
            return CHANGED
        return NOT_COMPUTED if "failed" in states else HOLDS


@dataclass(frozen=True)
class _Issued:
    """A document as it stands in the report."""

    folder: Path
    name: str
    manifest: dict[str, Any]
    problems: tuple[Problem, ...]

    @property
    def target(self) -> Target:
        """What it is about, for the runner."""
        known = {name: self.manifest.get(name, "") for name in ("district", "school", "group")}
        return Target(
            kind=self.manifest["kind"],
            year=self.manifest["year"],
            title=self.manifest["title"],
            **known,
        )


def verify(
    report: Path,
    *,
    data: Path | None = None,
    run_file: Path | None = None,
    conditions: Conditions | None = None,
    jobs: int = DEFAULT_JOBS,
    notebook: Path | None = None,
) -> Verification:
    """Make every document of a report anew and compare it claim by claim.

    Parameters
    ----------
    report : the folder of one document, or a folder with many.
    data, run_file : instead of those recorded in the manifests, which stand in the project.
    conditions : what to change on purpose, to learn which conclusions survive.
    jobs : how many documents at a time.
    notebook : instead of the kind's own, as for ``run_notes``.

    Returns
    -------
    Verification; a document that can not be made is one that ``failed``, not an error.

    Raises
    ------
    ParamsError : there is no document in the folder, or a condition names a limit, school or year
        that does not exist.
    """
    conditions = conditions or Conditions()
    folders = document_folders(report)
    if not folders:
        raise ParamsError(f"В папке {report} нет ни одного документа")
    done: dict[Path, DocumentCheck] = {}
    groups: dict[tuple[str, str], list[_Issued]] = defaultdict(list)
    for folder in folders:
        manifest = read_manifest(folder)
        problems = tuple(check_document(folder, report))
        name = folder.relative_to(report).as_posix()
        if manifest is None or not {"kind", "year", "title", "status"} <= manifest.keys():
            text = "описи нет или она неполна: неизвестно, из чего сделан документ"
            done[folder] = DocumentCheck(name, name, "failed", problems, message=text)
            continue
        asked = manifest.get("parameters", {})
        place = (asked.get("run_file", ""), asked.get("data", ""))
        groups[place].append(_Issued(folder, name, manifest, problems))
    for (recorded_run, recorded_data), issued in groups.items():
        try:
            run_path = run_file or _recorded(recorded_run, "файл запуска", "--run ФАЙЛ")
            data_path = data or _recorded(recorded_data, "папка данных", "--data ПАПКА")
            checks = _verify_group(issued, run_path, data_path, conditions, jobs, notebook)
        except MsokoError as error:
            if conditions:
                raise
            checks = [_failed(one, str(error)) for one in issued]
        done |= {one.folder: check for one, check in zip(issued, checks, strict=True)}
    return Verification(tuple(done[folder] for folder in folders), conditions)


def _recorded(name: str, what: str, option: str) -> Path:
    """A path of the manifest, relative to the work folder or to what is shipped."""
    path = located(Path(name))
    if not name or not path.exists():
        raise ParamsError(f"{what} «{name}» в проекте не найдена — укажите {option}")
    return path


def _verify_group(
    issued: Sequence[_Issued],
    run_file: Path,
    data: Path,
    conditions: Conditions,
    jobs: int,
    notebook: Path | None,
) -> list[DocumentCheck]:
    """Documents of one run file and one data folder, made together."""
    run = load_run(run_file, data=data)
    for limit in conditions.thresholds:
        if limit not in run.thresholds.entries:
            advice = nearest(limit, run.thresholds.entries)
            raise ParamsError(f"Порога «{limit}» нет в params/thresholds.yaml — {advice}")
    present = describe_run(run, run_file=run_file)
    shown = issued[0].manifest.get("parameters", {})
    with tempfile.TemporaryDirectory(prefix="msoko-verify-") as name:
        place = Path(name)
        changed = run_file
        if conditions.thresholds:
            changed = changed_run_file(run_file, conditions.thresholds, place)
        copied = clean_data(run.data, place / "data", conditions)
        summary = make_documents(
            load_run(changed, data=copied),
            changed,
            list(dict.fromkeys(one.target for one in issued)),
            jobs=jobs,
            force=True,
            reports=place / "reports",
            notebook=notebook,
            shown={key: shown[key] for key in ("run_file", "data") if key in shown},
        )
        if summary.interrupted:
            raise KeyboardInterrupt
        return [
            _compared(one, place / "reports", summary, _now(present, one, notebook), conditions)
            for one in issued
        ]


def naming(verdicts: Iterable[VerdictChange], conditions: Conditions) -> list[VerdictChange]:
    """Findings that name somebody before or after, but for schools left out on purpose."""
    return [
        one
        for one in verdicts
        if not {one.old, one.new}.isdisjoint(NAMED) and one.unit not in conditions.schools
    ]


def _now(shared: Mapping[str, Any], issued: _Issued, notebook: Path | None) -> dict[str, Any]:
    """The manifest the document would have if it were made today, before any condition."""
    target = issued.target
    path = notebook or KINDS[target.kind].notebook
    return describe_note(shared, notebook=path, kind=target.kind, about=target.about)


def _compared(
    issued: _Issued,
    reports: Path,
    summary: RunSummary,
    present: Mapping[str, Any],
    conditions: Conditions,
) -> DocumentCheck:
    result = next(one for one in summary.results if one.target == issued.target)
    if result.status not in ("made", "withheld"):
        return _failed(issued, result.message or "расчёт не начат", present)
    roots = (*conditions.roots(), *differences(issued.manifest, present))
    again = read_manifest(reports.joinpath(*issued.target.parts)) or {}
    if "withheld" in (result.status, issued.manifest["status"]):
        return _withheld(issued, again, roots)
    folder = reports.joinpath(*issued.target.parts)
    try:
        changes = compare_claims(page_claims(issued.folder), page_claims(folder))
        verdicts = compare_findings(_findings(issued.folder), _findings(folder))
    except (OSError, ValueError, KeyError, TypeError):
        return _failed(issued, "страница или выводы документа не читаются", present)
    if conditions:
        lost = any(one.old != one.new for one in naming(verdicts, conditions))
        state = "changed" if lost else "holds"
        return _document(issued, state, roots, changes, verdicts)
    same_inputs = all(issued.manifest.get(key) == again.get(key) for key in ("inputs", "versions"))
    forged = _other_bytes(issued, again) if same_inputs else []
    roots = (*_of_files(issued), *roots)
    if forged and not issued.problems:
        text = (
            f"данные, параметры и программа те же, а при повторе получается другое ({', '.join(forged)}): "
            "файл изменён после выпуска вместе с описью, либо расчёт не воспроизводится"
        )
        roots = (Root("forged", text), *roots)
    counts = counted_states(changes)
    differ = any(counts[state] for state in _DIFFERENT) or any(
        one.old != one.new for one in verdicts
    )
    state = "changed" if differ or issued.problems or forged else "holds"
    return _document(issued, state, roots, changes, verdicts)


def _of_files(issued: _Issued) -> tuple[Root, ...]:
    """Files changed after the document was issued, as causes."""
    names = sorted({problem.file.partition("#")[0] for problem in issued.problems})
    if not names:
        return ()
    return (Root("file", f"изменено после выпуска: {', '.join(names)}"),)


def _other_bytes(issued: _Issued, again: Mapping[str, Any]) -> list[str]:
    """Files that come out otherwise although the inputs are the same; the crate holds times."""
    made, folder = again.get("outputs", {}), issued.folder
    names = {*made, *issued.manifest.get("outputs", {})} - {CRATE}
    return sorted(
        name
        for name in names
        if not (folder / name).is_file() or file_hash(folder / name) != made.get(name)
    )


def _findings(folder: Path) -> list[Mapping[str, Any]]:
    path = folder / FINDINGS
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    return list(found)


def _withheld(issued: _Issued, again: Mapping[str, Any], roots: tuple[Root, ...]) -> DocumentCheck:
    """A document that is not issued, then or now, with the reasons."""
    then, now = (side.get("reason", "документ выдан") for side in (issued.manifest, again))
    if then == now and not issued.problems:
        return _document(issued, "holds", roots, message=f"не выдаётся: {now}")
    message = f"при выпуске: {then}; при проверке: {now}"
    return _document(issued, "changed", (*_of_files(issued), *roots), message=message)


def _document(
    issued: _Issued,
    state: Literal["holds", "changed", "failed"],
    roots: tuple[Root, ...],
    changes: tuple[Change, ...] = (),
    verdicts: tuple[VerdictChange, ...] = (),
    message: str = "",
) -> DocumentCheck:
    return DocumentCheck(
        folder=issued.name,
        title=issued.manifest["title"],
        state=state,
        problems=issued.problems,
        roots=roots,
        changes=changes,
        verdicts=verdicts,
        message=message,
    )


def _failed(
    issued: _Issued, message: str, present: Mapping[str, Any] | None = None
) -> DocumentCheck:
    roots = differences(issued.manifest, present) if present else ()
    return _document(issued, "failed", (*_of_files(issued), *roots), message=message)
