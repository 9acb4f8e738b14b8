"""``reports/index.html``: every document, by year, kind and alphabet, with its state and a link.

The page is made from what stands in the folder, not from one run's memory, so notes of earlier runs
stay listed and a note that was removed disappears. It filters by kind and state with buttons and
styles alone: a browser that does not know the styles shows everything.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from msoko_analysis.documents.kinds import KINDS, NOTES
from msoko_analysis.provenance.manifest import NAME, PAGE, read_manifest
from msoko_analysis.publish.failures import FAILED, document_key
from msoko_analysis.russian import counted, natural

TEMPLATES = Path(__file__).resolve().parent / "templates"
_MADE, _WITHHELD, _ERROR = "made", "withheld", "failed"
STATES = {_MADE: "готово", _WITHHELD: "не выдаётся", _ERROR: "ошибка"}
_CSS = {_MADE: "verdict-none", _WITHHELD: "verdict-few", _ERROR: "verdict-concern"}


@dataclass(frozen=True)
class Entry:
    """One line of the page; ``link`` is relative to it, "" when there is nothing to open.

    ``group`` is the folded heading it stands under, "" for none: a failure is never folded away.
    """

    year: int
    kind: str
    title: str
    state: str
    remark: str
    link: str
    group: str = ""

    @property
    def status(self) -> str:
        """The state in words."""
        return STATES[self.state]

    @property
    def css(self) -> str:
        """The class of the framed word."""
        return _CSS[self.state]


@dataclass(frozen=True)
class Section:
    """Documents of one year and kind: those in sight, then groups (heading, how many, documents)."""

    year: int
    kind: str
    title: str
    entries: tuple[Entry, ...]
    groups: tuple[tuple[str, str, tuple[Entry, ...]], ...]


def write_index(reports: Path) -> Path:
    """Write the page for all documents below ``reports`` and return its path."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    sections = _sections(find_entries(reports))
    shown = {section.kind for section in sections}
    page = environment.get_template("index.html.j2").render(
        sections=sections,
        kinds={name: kind.title for name, kind in KINDS.items() if name in shown},
        states=STATES,
        marks=_CSS,
        years=sorted({section.year for section in sections}, reverse=True),
    )
    reports.mkdir(parents=True, exist_ok=True)
    draft = reports / f".index.{os.getpid()}.tmp"
    try:
        draft.write_text(page, encoding="utf-8", newline="\n")
        return draft.replace(reports / "index.html")
    finally:
        draft.unlink(missing_ok=True)


def _sections(entries: list[Entry]) -> list[Section]:
    """Documents in the order of the page: new years first, kinds, groups and titles by alphabet."""
    order = list(KINDS)
    entries = sorted(
        entries,
        key=lambda one: (
            *(-one.year, order.index(one.kind), natural(one.group), natural(one.title), one.link),
        ),
    )
    sections = []
    for (year, kind), mine in groupby(entries, lambda one: (one.year, one.kind)):
        by_group = {name: tuple(rows) for name, rows in groupby(mine, lambda one: one.group)}
        loose = by_group.pop("", ())
        groups = tuple(
            (name, counted(len(rows), "документ", "документа", "документов"), rows)
            for name, rows in by_group.items()
        )
        sections.append(Section(year, kind, KINDS[kind].title, loose, groups))
    return sections


def find_entries(reports: Path) -> list[Entry]:
    """Documents made, withheld and failed below ``reports``."""
    entries = {}
    for path in reports.glob(f"[0-9]*/**/{NAME}"):
        folders = path.parent.relative_to(reports).parts
        manifest = read_manifest(path.parent)
        if manifest is not None and not any(name.startswith(".") for name in folders):
            entries[document_key(path.parent, reports)] = _finished(manifest, path.parent, reports)
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
        state=_MADE if made else _WITHHELD,
        remark="" if made else manifest["reason"],
        link=_link(folder / PAGE, reports) if made else "",
        group=manifest.get("group", ""),
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
        state=_ERROR,
        remark=remark,
        link=before.link if kept else "",
    )


def _link(page: Path, reports: Path) -> str:
    return quote(page.relative_to(reports).as_posix())
