"""The protocol of a verification: a page to print and sign, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from msoko_analysis.documents.kinds import year_folder
from msoko_analysis.home import WORK, portable
from msoko_analysis.params.values import text_hash
from msoko_analysis.provenance.manifest import checkout_commit, files_below, hashes, read_manifest
from msoko_analysis.publish.html import TEMPLATES as PAGE_TEMPLATES
from msoko_analysis.publish.runner import DEFAULT_JOBS
from msoko_analysis.russian import long_date
from msoko_analysis.verify.check import VERIFIED, document_folders
from msoko_analysis.verify.compare import counted_states
from msoko_analysis.verify.recompute import DocumentCheck, Verification, verify
from msoko_analysis.verify.what_if import Conditions
from msoko_analysis.verify.words import (
    STATE,
    WHAT_IF_STATE,
    change_words,
    document_line,
    named_verdicts,
    protocol_sentence,
)

PAGE, DATA = "verify.html", "verify.json"
TEMPLATES = Path(__file__).resolve().parent / "templates"
_CSS = {"holds": "verdict-none", "changed": "verdict-concern", "failed": "verdict-few"}
_MARKS = {
    "rounding": "verdict-none",
    "changed": "verdict-concern",
    "gone": "verdict-watch",
    "new": "verdict-watch",
}


@dataclass(frozen=True)
class Requisites:
    """What stands at the head of the protocol."""

    report: str
    checked: str
    program: str
    run_file: str
    data: str


@dataclass(frozen=True)
class Protocol:
    """What the command prints and ends with, and where the page is."""

    text: str
    page: Path
    exit_code: int


def verify_report(
    report: Path,
    *,
    data: Path | None = None,
    run_file: Path | None = None,
    conditions: Conditions | None = None,
    out: Path | None = None,
    jobs: int = DEFAULT_JOBS,
) -> Protocol:
    """Verify a report and write the protocol; parameters as for :func:`verify.verify`.

    ``out`` is the folder of the protocol: ``_verify/<time>`` beside the documents unless given.
    """
    report = report.resolve()
    done = verify(report, data=data, run_file=run_file, conditions=conditions, jobs=jobs)
    checked = datetime.now(UTC)
    out = out or _root(report) / VERIFIED / checked.strftime("%Y-%m-%dT%H-%M-%S")
    manifest = next(filter(None, map(read_manifest, document_folders(report))), {})
    asked = manifest.get("parameters", {})
    requisites = Requisites(
        report=portable(str(report)),
        checked=f"{long_date(checked.date())}, {checked:%H:%M} (UTC)",
        program=_program(),
        run_file=portable(str(run_file.resolve())) if run_file else asked.get("run_file", "—"),
        data=_data_line(_folder(data, manifest)),
    )
    page = write_protocol(done, out, requisites, _names(data, manifest))
    lines = [protocol_sentence(done)]
    lines += [
        f"  {document_line(one, what_if=bool(done.conditions))}"
        for one in done.documents
        if one.state != "holds" or len(done.documents) == 1
    ]
    return Protocol("\n".join([*lines, f"Протокол: {page}"]), page, done.exit_code)


def _root(report: Path) -> Path:
    """The folder of all reports: above the years, or ``report`` itself when it holds them."""
    manifest = read_manifest(report)
    if manifest is None or "year" not in manifest:
        return report
    year = year_folder(report)
    return year.parent if year else report.parent


def _program() -> str:
    """Version and commit of the program that verified."""
    commit, dirty = checkout_commit()
    told = f"msoko_analysis, коммит {commit[:10] if commit else 'неизвестен'}"
    return f"{told}, есть незафиксированные изменения" if dirty else told


def _folder(data: Path | None, manifest: Mapping[str, Any]) -> Path:
    """The data the documents were made anew from."""
    return data.resolve() if data else WORK / manifest.get("parameters", {}).get("data", "")


def _data_line(folder: Path) -> str:
    """The data by name and by one hash of all their files, so that a copy can be recognised."""
    files = hashes(files_below(folder), folder) if folder.is_dir() else {}
    if not files:
        return "не найдены"
    return f"{portable(str(folder))}, контрольная сумма {text_hash(files)[:16]}"


def _names(data: Path | None, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Names of schools and municipalities by code, as far as they can be read."""
    import pandas as pd  # only after all is made

    folder = _folder(data, manifest)
    names = dict(manifest.get("values", {}).get("districts", {}))
    if (folder / "schools.parquet").is_file():
        schools = pd.read_parquet(folder / "schools.parquet", columns=["school", "name"])
        names |= dict(zip(schools["school"], schools["name"], strict=True))
    return names


def write_protocol(
    done: Verification, out: Path, requisites: Requisites, names: Mapping[str, str]
) -> Path:
    """Write verify.html and verify.json into ``out``; returns the path of the page.

    ``names`` holds names of schools and municipalities by code.
    """
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_data(done, requisites), ensure_ascii=False, indent=1)
    (out / DATA).write_text(text + "\n", encoding="utf-8", newline="\n")
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, PAGE_TEMPLATES], encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    what_if = bool(done.conditions)
    page = environment.get_template("verify.html.j2").render(
        title="Проверка устойчивости выводов" if what_if else "Протокол проверки",
        sentence=protocol_sentence(done),
        requisites=requisites,
        conditions=[root.text for root in done.conditions.roots()],
        what_if=what_if,
        reveals=done.conditions.reveals,
        documents=[_shown(document, done, names) for document in done.documents],
    )
    (out / PAGE).write_text(page, encoding="utf-8", newline="\n")
    return out / PAGE


def _shown(document: DocumentCheck, done: Verification, names: Mapping[str, str]) -> dict[str, Any]:
    """A document as the page tells it."""
    words = WHAT_IF_STATE if done.conditions else STATE
    counts = counted_states(document.changes)
    return {
        "title": document.title,
        "state": words[document.state],
        "css": _CSS[document.state],
        "message": document.message,
        "counts": counts,
        "total": sum(counts.values()) - counts["new"],
        "problems": [str(problem) for problem in document.problems],
        "roots": [root.text for root in document.roots if not root.remark],
        "remarks": [root.text for root in document.roots if root.remark],
        "changes": [
            {
                "state": change_words(one),
                "css": _MARKS[one.state],
                "id": one.claim.id,
                "old": one.old.text if one.old else "",
                "new": one.new.text if one.new else "",
            }
            for one in document.changes
            if one.state != "same" and not done.conditions.reveals
        ],
        "verdicts": _verdicts(document, done, names),
    }


def _verdicts(
    document: DocumentCheck, done: Verification, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Findings that name somebody, before and after; all where conditions were set, else changed."""
    from msoko_analysis.wording.names import VERDICT
    from msoko_analysis.wording.sign_kinds import finding_name  # pandas: only after all is made

    told = [
        {
            "unit": names.get(one.unit, one.unit),
            "sign": finding_name(one.code),
            "old": VERDICT.get(one.old, "не было"),
            "new": VERDICT.get(one.new, "нет"),
            "kept": one.old == one.new,
        }
        for one in named_verdicts(document, done)
        if done.conditions or one.old != one.new
    ]
    return sorted(told, key=lambda one: (one["kept"], one["unit"], one["sign"]))


def _data(done: Verification, requisites: Requisites) -> dict[str, Any]:
    """The protocol for a program: everything but claims that are the same."""
    return {
        "version": 1,
        **asdict(requisites),
        "sentence": protocol_sentence(done),
        "exit_code": done.exit_code,
        "conditions": [root.text for root in done.conditions.roots()],
        "documents": [
            {
                "folder": document.folder,
                "title": document.title,
                "state": document.state,
                "message": document.message,
                "claims": counted_states(document.changes),
                "problems": [str(problem) for problem in document.problems],
                "roots": [asdict(root) for root in document.roots],
                "changes": [
                    {"id": change.claim.id, "state": change.state}
                    if done.conditions.reveals
                    else asdict(change)
                    for change in document.changes
                    if change.state != "same"
                ],
                "verdicts": [asdict(one) for one in document.verdicts if one.old != one.new],
            }
            for document in done.documents
        ],
    }
