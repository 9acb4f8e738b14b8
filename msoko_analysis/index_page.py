"""``reports/index.html``: every document, by year, kind and alphabet, with its state and a link.

The page is made from what stands in the folder, not from one run's memory, so notes of earlier runs
stay listed and a note that was removed disappears.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from msoko_analysis.documents import KINDS, NOTES
from msoko_analysis.manifest import NAME, read_manifest
from msoko_analysis.render import PAGE

TEMPLATES = Path(__file__).resolve().parent / "templates"
FAILED = "_failed"


@dataclass(frozen=True)
class Entry:
    """One line of the page; ``link`` is relative to it, "" when there is nothing to open."""

    year: int
    kind: str
    title: str
    status: str
    css: str
    remark: str
    link: str


def write_index(reports: Path) -> Path:
    """Write the page for all documents below ``reports`` and return its path."""
    order = list(KINDS)
    entries = sorted(
        find_entries(reports),
        key=lambda entry: (-entry.year, order.index(entry.kind), entry.title.lower(), entry.link),
    )
    sections = [
        (year, KINDS[kind].title, list(documents))
        for (year, kind), documents in groupby(entries, lambda entry: (entry.year, entry.kind))
    ]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("index.html.j2").render(sections=sections)
    reports.mkdir(parents=True, exist_ok=True)
    draft = reports / f".index.{os.getpid()}.tmp"
    try:
        draft.write_text(page, encoding="utf-8")
        return draft.replace(reports / "index.html")
    finally:
        draft.unlink(missing_ok=True)


def find_entries(reports: Path) -> list[Entry]:
    """Documents made, withheld and failed below ``reports``."""
    entries = {}
    for path in reports.glob(f"[0-9]*/**/{NAME}"):
        folders = path.parent.relative_to(reports).parts
        manifest = read_manifest(path.parent)
        if manifest is not None and not any(name.startswith(".") for name in folders):
            entries["-".join(folders)] = _finished(manifest, path.parent, reports)
    for log in (reports / FAILED).glob("*-*.log"):
        year, kind, *_ = [*log.stem.split("-"), ""]
        if year.isdigit():
            known = kind if kind in KINDS else NOTES
            entries[log.stem] = _failed(log, int(year), known, entries.get(log.stem))
    return list(entries.values())


def _finished(manifest: dict, folder: Path, reports: Path) -> Entry:
    made = manifest["status"] == "made"
    return Entry(
        year=manifest["year"],
        kind=manifest["kind"],
        title=manifest["title"],
        status="готова" if made else "не выдаётся",
        css="verdict-none" if made else "verdict-few",
        remark="" if made else manifest["reason"],
        link=_link(folder / PAGE, reports) if made else "",
    )


def _failed(log: Path, year: int, kind: str, before: Entry | None) -> Entry:
    title, message, *_ = [*log.read_text(encoding="utf-8").splitlines(), "", ""]
    kept = before is not None and before.link
    remark = f"{message}. Журнал: {FAILED}/{log.name}."
    if kept:
        remark += " По ссылке — прежний документ, с прежними данными."
    return Entry(
        year=year,
        kind=kind,
        title=title,
        status="ошибка",
        css="verdict-concern",
        remark=remark,
        link=before.link if kept else "",
    )


def _link(page: Path, reports: Path) -> str:
    return quote(page.relative_to(reports).as_posix())
