"""What went into a note: hashes of everything it depends on, versions, seed, commit, times.

``manifest.json`` stands beside every note. Its fingerprint is a hash of the inputs alone, without
times and without absolute paths, so the same inputs have the same fingerprint on every machine; it
decides whether a note is up to date.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from msoko_analysis.home import SHIPPED, located
from msoko_analysis.params.methods import method_versions
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.values import run_values, text_hash

NAME = "manifest.json"
PAGE, FINDINGS, PRINTS = "note.html", "findings.json", "prints.json"
_HIDDEN_CELL = re.compile(r'<td class="[^"]*\bhidden-cell\b')
PACKAGES = (
    "msoko_analysis",
    "numpy",
    "scipy",
    "pandas",
    "polars",
    "pyarrow",
    "matplotlib",
    "seaborn",
    "openpyxl",
    "jinja2",
    "mistune",
    "ipykernel",
    "papermill",
    "nbconvert",
)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    """SHA-256 by path relative to ``root``, sorted.

    >>> list(hashes([SHIPPED / "pyproject.toml"], SHIPPED))
    ['pyproject.toml']
    """
    return {path.relative_to(root).as_posix(): file_hash(path) for path in sorted(files)}


def files_below(folder: Path) -> list[Path]:
    """Files below a folder, sorted, without hidden ones, caches and compiled code.

    >>> [path.name for path in files_below(SHIPPED / "params" / "scales")][:1]
    ['demo.csv']
    """
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts[:-1])
        and not path.name.startswith(".")
    ]


def describe_run(run: RunParams, *, run_file: Path) -> dict[str, Any]:
    """The part of a manifest all documents of a run share.

    Parameters
    ----------
    run : the loaded run. All of it enters the hash except where the data folder stands.
    run_file : the file itself, for its hash.

    Returns
    -------
    dict ready for JSON, with ``inputs`` (hashes), ``values`` (the parameters by name, to be compared
    with those of another manifest), ``versions`` of packages, ``methods`` with theirs, ``seed``,
    ``commit``, ``dirty``.
    """
    params = SHIPPED / "params"
    common = [path for path in files_below(params) if params / "runs" not in path.parents]
    package = Path(__file__).resolve().parents[1]
    sources = [path for path in files_below(package) if path.suffix != ".pyc"]
    lock = SHIPPED / "requirements.lock"
    inputs = {
        "data": hashes(files_below(run.data), run.data),
        "monitoring": _monitoring(run),
        "params": hashes(common, params),
        "run_file": {run_file.name: file_hash(run_file)},
        "run": text_hash(run.model_dump(mode="json", exclude={"data"})),
        "package": hashes(sources, package.parent),
        "lock": file_hash(lock) if lock.exists() else None,
    }
    commit, dirty = checkout_commit()
    return {
        "run": run.run,
        "organisation": run.organisation,
        "inputs": inputs,
        "values": run_values(run),
        "versions": {"python": platform.python_version(), **_versions()},
        "methods": method_versions(),
        "seed": run.seed,
        "commit": commit,
        "dirty": dirty,
    }


def describe_note(
    shared: Mapping[str, Any], *, notebook: Path, kind: str, about: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest of one document before it is made: the run's part, which one, its fingerprint.

    >>> shared = {"inputs": {}, "versions": {}}
    >>> one, two = (describe_note(shared, notebook=SHIPPED / "pyproject.toml", kind="notes",
    ...             about={"year": 2021, "district": code}) for code in ("a", "b"))
    >>> one["fingerprint"] == two["fingerprint"]
    False
    """
    what = {"kind": kind, **about}
    inputs = {**shared["inputs"], "notebook": {notebook.name: file_hash(notebook)}}
    fingerprint = text_hash([what, inputs, shared["versions"]])
    return {"fingerprint": fingerprint, **what, **shared, "inputs": inputs}


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Complete a manifest with counts and hashes of what stands in ``folder`` and write it there."""
    outputs = hashes((path for path in folder.rglob("*") if path.is_file()), folder)
    whole = {**manifest, "counts": _counts(folder), "outputs": outputs}
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def _counts(folder: Path) -> dict[str, Any]:
    """Findings by verdict and cells of tables printed as hidden, where the document has them."""
    counts: dict[str, Any] = {}
    if (folder / FINDINGS).is_file():
        findings = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
        counts["findings"] = dict(sorted(Counter(one["verdict"] for one in findings).items()))
    if (folder / PAGE).is_file():
        page = (folder / PAGE).read_text(encoding="utf-8")
        counts["hidden_cells"] = len(_HIDDEN_CELL.findall(page))
    return counts


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest in a folder; None when there is none or it can not be read."""
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def up_to_date(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """The manifest of a note made from these very inputs whose files are all there, else None."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.get("fingerprint") != fingerprint:
        return None
    complete = all((folder / name).is_file() for name in manifest.get("outputs", {}))
    return manifest if complete else None


def _monitoring(run: RunParams) -> dict[str, str]:
    """Hashes of the filled forms of monitoring; {} where the run has none."""
    if run.monitoring is None:
        return {}
    folder = located(Path(run.monitoring.folder))
    return hashes(files_below(folder), folder)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # the package itself, when it runs from a checkout
            continue
    return found


def checkout_commit() -> tuple[str | None, bool | None]:
    """The commit of the checkout and whether files differ from it; None outside a repository."""
    try:
        head, changed = (
            subprocess.run(
                ["git", "-C", str(SHIPPED), *command],
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=True,
                timeout=20,
            ).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.SubprocessError):
        return None, None
    return head, bool(changed)
