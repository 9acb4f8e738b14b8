"""Ways to change a small report, and to make it anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_report import SmallReport

from msoko_analysis.provenance.manifest import NAME, file_hash
from msoko_analysis.verify.causes import Root
from msoko_analysis.verify.recompute import DocumentCheck, verify


def again(report: SmallReport, **options: Any) -> tuple[int, DocumentCheck]:
    """The report made anew: exit code and what became of its document."""
    given = {"data": report.data, "run_file": report.run_file, "notebook": report.notebook}
    done = verify(report.reports, jobs=2, **{**given, **options})
    (document,) = done.documents
    return done.exit_code, document


def kinds(roots: tuple[Root, ...]) -> set[str]:
    """Kinds of the roots that may change a result; the checkout of a developer is never clean."""
    return {root.kind for root in roots if not root.remark}


def texts(roots: tuple[Root, ...]) -> str:
    return "\n".join(root.text for root in roots)


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a piece of a file of the document, which must be there."""

    def change(document: Path) -> None:
        text = (document / name).read_text(encoding="utf-8")
        assert old in text
        (document / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def rehash(document: Path) -> None:
    """Put the present hashes of the files into the manifest, as a forger would."""
    told = json.loads((document / NAME).read_text(encoding="utf-8"))
    there = {
        path.relative_to(document).as_posix(): path
        for path in document.rglob("*")
        if path.is_file() and path.name != NAME
    }
    told["outputs"] = {name: file_hash(path) for name, path in sorted(there.items())}
    (document / NAME).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def then_rehash(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The change, hidden by a manifest that agrees with it."""
    return lambda document: (change(document), rehash(document))[1]
