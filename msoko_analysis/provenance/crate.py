"""``ro-crate-metadata.json``: how a document came about, in the words other archives read.

Profile: Process Run Crate 0.5 of Workflow Run RO-Crate, https://w3id.org/ro/wfrun/process/0.5. One
CreateAction, its instruments (notebook and package), its objects (data, parameters), its results (the
files of the folder). Everything stands in the manifest already; this is its translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msoko_analysis.params.values import text_hash
from msoko_analysis.provenance.manifest import NAME, hashes

if TYPE_CHECKING:
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

CRATE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_VERSION = "1.1"  # of RO-Crate, which the profile builds on
_FORMATS = {
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".json": "application/json",
    ".csv": "text/csv",
    ".png": "image/png",
}
_SOURCES = ("data", "monitoring", "params", "run_file")


def warm_up() -> None:
    """Import what writes the crate (0.3 s), once for all processes forked from this one."""
    import rocrate.rocrate  # noqa: F401


def write_crate(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the crate of a finished folder; ``manifest`` with its times, not yet with its hashes.

    The same folder and manifest give the same bytes. The manifest is named without a hash, because
    it holds the hash of the crate.
    """
    from rocrate.rocrate import ROCrate  # as slow as the page templates: see warm_up

    crate = ROCrate(version=_VERSION)
    crate.metadata.extra_contexts.append(TERMS)
    crate.name = manifest["title"]
    crate.description = (
        "Документ, его данные и таблицы; из чего и как они получены — в manifest.json"
    )
    crate.root_dataset["datePublished"] = manifest["finished"]
    crate.root_dataset["conformsTo"] = _entity(
        crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5"
    )
    files = (path for path in folder.rglob("*") if path.is_file())
    results = [
        crate.add_file(dest_path=name, properties=_file(name, sha256=digest))
        for name, digest in hashes(files, folder).items()
    ]
    crate.add_file(dest_path=NAME, properties=_file(NAME))
    action = crate.add_action(
        instrument=_instruments(crate, manifest),
        identifier="#run",
        object=_objects(crate, manifest),
        result=results,
        properties={
            "name": f"{manifest['title']}: расчёт",
            "startTime": manifest["started"],
            "endTime": manifest["finished"],
        },
    )
    action["agent"] = _entity(
        crate, "#organisation", "Organization", name=manifest.get("organisation", "")
    )
    crate.root_dataset["mentions"] = action
    crate.metadata.write(folder)


def _instruments(crate: ROCrate, manifest: Mapping[str, Any]) -> list[ContextEntity]:
    """The notebook and the package that ran it, each with the hash of its source."""
    inputs, versions = manifest.get("inputs", {}), manifest.get("versions", {})
    notebooks = [
        _entity(
            crate,
            f"#notebook/{quote(name)}",
            "SoftwareSourceCode",
            name=name,
            sha256=digest,
            programmingLanguage=f"Python {versions.get('python', '')}",
        )
        for name, digest in sorted(inputs.get("notebook", {}).items())
    ]
    package = _entity(
        crate,
        "#msoko_analysis",
        "SoftwareApplication",
        name="msoko_analysis",
        softwareVersion=versions.get("msoko_analysis", manifest.get("commit") or ""),
        sha256=text_hash(inputs.get("package", {})),
    )
    return [*notebooks, package]


def _objects(crate: ROCrate, manifest: Mapping[str, Any]) -> list[ContextEntity]:
    """Files of data and parameters by their hashes, and what the document is about."""
    inputs = manifest.get("inputs", {})
    files = [
        _entity(crate, f"#{group}/{quote(name)}", "CreativeWork", name=name, sha256=digest)
        for group in _SOURCES
        for name, digest in sorted(inputs.get(group, {}).items())
    ]
    asked = [
        _entity(crate, f"#parameter/{name}", "PropertyValue", name=name, value=manifest[name])
        for name in ("kind", "year", "district", "school")
        if name in manifest
    ]
    return files + asked


def _entity(crate: ROCrate, identifier: str, kind: str, **properties: Any) -> ContextEntity:
    from rocrate.model import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _file(name: str, **properties: str) -> dict[str, str]:
    known = _FORMATS.get(Path(name).suffix)
    return {"name": name, **properties, **({"encodingFormat": known} if known else {})}
