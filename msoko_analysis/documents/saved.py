"""What stands beside a document: findings as JSON, tables as CSV and Excel, figures as PNG."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from msoko_analysis.figures import Figure
from msoko_analysis.findings import Finding
from msoko_analysis.page.prose import Stack
from msoko_analysis.page.tables import Table, workbook


def save_parts(
    folder: str,
    *,
    blocks: Iterable[Any],
    tables: Sequence[Table],
    findings: Iterable[Finding] | None = None,
) -> None:
    """Write the tables, the figures among the ``blocks`` shown so far, and findings.json if any.

    An empty ``folder`` saves nothing.
    """
    if not folder:
        return
    out = Path(folder)
    for part in ("tables", "figures"):
        (out / part).mkdir(parents=True, exist_ok=True)
    for figure in figures_in(blocks):
        (out / "figures" / f"{figure.name}.png").write_bytes(figure.png)
    if findings is not None:
        plain = [_finding_json(one) for one in findings]
        text = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
        (out / "findings.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    for table in tables:
        path = out / "tables" / f"{table.name}.csv"
        path.write_text(table.csv(), encoding="utf-8-sig", newline="\n")
    if tables:
        (out / "tables" / "tables.xlsx").write_bytes(workbook(tables))


def figures_in(blocks: Iterable[Any]) -> Iterator[Figure]:
    """The figures among blocks and inside their stacks."""
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Stack):
            yield from figures_in(block.blocks)


def _finding_json(finding: Finding) -> Mapping[str, Any]:
    """A finding as JSON: nan becomes null, numbers keep ten digits."""
    return {"id": finding.id, **{key: _plain(value) for key, value in asdict(finding).items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return value
