"""Is a folder of reports what its manifests say: files, hashes, claims, crate. Nothing is computed.

A document whose folder does not agree with its manifest was changed after it was issued. This can
not see a change made together with the manifest: only :mod:`msoko_analysis.verify.recompute` can.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml.etree import LxmlError

from msoko_analysis.errors import ParamsError, Problem, ReportError
from msoko_analysis.provenance.claims import NAME as CLAIMS
from msoko_analysis.provenance.claims import Claim, with_claims
from msoko_analysis.provenance.crate import CRATE
from msoko_analysis.provenance.manifest import NAME, PAGE, PRINTS, file_hash, read_manifest
from msoko_analysis.publish.failures import FAILED

VERIFIED = "_verify"
# What stands beside the documents and belongs to none.
_BESIDE = ("index.html", "README.md")
_BESIDE_FOLDERS = (FAILED, VERIFIED)
_AS_ISSUED = "верните файл, каким он был выпущен, или сделайте документ заново"
_ANEW = "сделайте документ заново"


def check_reports(reports: Path) -> int:
    """Check every document of a folder (or the one document it is); returns how many there are.

    Raises
    ------
    ReportError : lists every problem of every document, and files that belong to none.
    ParamsError : there is no document in the folder.
    """
    folders = document_folders(reports)
    if not folders:
        raise ParamsError(f"В папке {reports} нет ни одного документа")
    problems = [problem for folder in folders for problem in check_document(folder, reports)]
    problems += _homeless(reports, folders)
    if problems:
        raise ReportError.from_problems(f"Отчёты не соответствуют описям: {reports}", problems)
    return len(folders)


def document_folders(reports: Path) -> list[Path]:
    """Folders of documents, sorted: those with a manifest or a page, ``reports`` itself or below."""
    found = {
        path.parent
        for name in (NAME, PAGE)
        for path in reports.rglob(name)
        if not _hidden(path.parent.relative_to(reports))
    }
    return sorted(found)


def check_document(folder: Path, reports: Path) -> list[Problem]:
    """The problems of one document; files are named relative to ``reports``."""
    manifest = read_manifest(folder)
    if manifest is None or not isinstance(manifest.get("outputs"), dict):
        rule = "описи нет или она не читается"
        return [Problem(rule, _AS_ISSUED, file=_shown(folder / NAME, reports))]
    return [
        *_files(folder, manifest["outputs"], reports),
        *_sentences(folder, manifest, reports),
        *_crate(folder, manifest, reports),
    ]


def page_claims(folder: Path) -> tuple[Claim, ...]:
    """What the page of a document claims, read from the page itself.

    Raises OSError or ValueError when there is no page that can be read.
    """
    page = (folder / PAGE).read_text(encoding="utf-8")
    try:
        return with_claims(page)[1]
    except LxmlError as broken:
        raise ValueError(f"{folder / PAGE}: {broken}") from broken


def _files(folder: Path, outputs: dict[str, str], reports: Path) -> Iterator[Problem]:
    there = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()
    }
    for name, digest in sorted(outputs.items()):
        where = _shown(folder / name, reports)
        if name not in there:
            yield Problem("файла нет, а в описи он есть", _AS_ISSUED, file=where)
        elif file_hash(there[name]) != digest:
            yield Problem("файл изменён после выпуска", _AS_ISSUED, file=where)
    prints = _prints(folder)
    for name, told in prints.items():
        if name in there and told != (file_hash(there[name]), outputs.get(PAGE)):
            rule = "PDF напечатан не с этой страницы или изменён после печати"
            action = "уберите его и напечатайте снова: msoko notes … --pdf"
            yield Problem(rule, action, file=_shown(folder / name, reports))
    for name in sorted(there.keys() - outputs.keys() - prints.keys() - {NAME, PRINTS}):
        where = _shown(folder / name, reports)
        yield Problem("файла нет в описи: он появился после выпуска", "уберите его", file=where)


def _prints(folder: Path) -> dict[str, tuple[str, str]]:
    """Prints of the page by name, each with its hash and that of the page it was printed from."""
    try:
        told = json.loads((folder / PRINTS).read_text(encoding="utf-8"))
        return {name: (one["sha256"], one["page_sha256"]) for name, one in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _sentences(folder: Path, manifest: dict[str, Any], reports: Path) -> Iterator[Problem]:
    """The claims of the page and those of claims.json must be the same ones."""
    if manifest.get("status") != "made":
        return
    where = _shown(folder / CLAIMS, reports)
    try:
        listed = json.loads((folder / CLAIMS).read_text(encoding="utf-8"))["claims"]
        said = json.loads(json.dumps([asdict(claim) for claim in page_claims(folder)]))
    except (OSError, ValueError, KeyError, TypeError):
        if CLAIMS not in manifest["outputs"]:  # else its absence is told already
            yield Problem("перечня утверждений нет: документ старого выпуска", _ANEW, file=where)
        elif (folder / CLAIMS).exists() and (folder / PAGE).exists():
            yield Problem("перечень утверждений не читается", _AS_ISSUED, file=where)
        return
    if listed == said:
        return
    named = {claim["id"]: claim for claim in listed if isinstance(claim, dict) and "id" in claim}
    page = _shown(folder / PAGE, reports)
    for claim in said:
        if named.pop(claim["id"], None) != claim:
            rule = (
                f"на странице стоит не то, что в перечне утверждений: «{shortened(claim['text'])}»"
            )
            yield Problem(rule, _AS_ISSUED, file=f"{page}#{claim['id']}")
    for claim in named.values():
        rule = f"утверждения нет на странице: «{shortened(str(claim.get('text', '')))}»"
        yield Problem(rule, _AS_ISSUED, file=f"{where}, {claim['id']}")


def _crate(folder: Path, manifest: dict[str, Any], reports: Path) -> Iterator[Problem]:
    """The crate must be JSON-LD with a descriptor, a root whose files are there, and the run."""
    if manifest.get("status") != "made" or CRATE not in manifest["outputs"]:
        return
    where = _shown(folder / CRATE, reports)
    try:
        graph = json.loads((folder / CRATE).read_text(encoding="utf-8"))["@graph"]
        entities = {entity["@id"]: entity for entity in graph}
        root = entities[entities[CRATE]["about"]["@id"]]
        named = {unquote(part["@id"]) for part in root["hasPart"]}
        run = next(one for one in graph if one["@type"] == "CreateAction")
        complete = all(run[key] for key in ("instrument", "object", "result"))
    except OSError:
        return  # its absence is told already
    except (ValueError, KeyError, TypeError, StopIteration):
        complete, named = False, set()
    if not complete:
        yield Problem("описание RO-Crate составлено неверно", _AS_ISSUED, file=where)
        return
    lacking = {NAME, *manifest["outputs"]} - {CRATE} - named
    if lacking:
        rule = f"в описании RO-Crate нет файлов: {', '.join(sorted(lacking))}"
        yield Problem(rule, _AS_ISSUED, file=where)


def _homeless(reports: Path, folders: list[Path]) -> Iterator[Problem]:
    """Files below ``reports`` that belong to no document."""
    if reports in folders:
        return
    for path in sorted(path for path in reports.rglob("*") if path.is_file()):
        inside = path.relative_to(reports)
        beside = inside.as_posix() in _BESIDE or inside.parts[0] in _BESIDE_FOLDERS
        if not beside and not any(path.is_relative_to(folder) for folder in folders):
            yield Problem(
                "файл не относится ни к одному документу", "уберите его", file=str(inside)
            )


def shortened(text: str, most: int = 120) -> str:
    """The beginning of a text, at most ``most`` letters.

    >>> shortened("один два три", 9)
    'один два…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _hidden(folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in folder.parts)


def _shown(path: Path, reports: Path) -> str:
    return path.relative_to(reports).as_posix()
