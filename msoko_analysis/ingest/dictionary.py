"""``docs/data-dictionary.md``, generated from the contracts."""

from __future__ import annotations

import re

from msoko_analysis.ingest.contracts import CONTRACTS, Field


def data_dictionary() -> str:
    """The data dictionary as Markdown, generated from the contracts.

    >>> data_dictionary().splitlines()[0]
    '# Data dictionary'
    """
    lines = [
        "# Data dictionary",
        "",
        "Generated from `msoko_analysis/ingest/contracts.py`; do not edit. To make it anew:",
        "`python -m msoko_analysis.ingest.dictionary > docs/data-dictionary.md`.",
        "",
        "“A fault costs” says what `msoko ingest` does with a value that breaks the rule: it sets",
        "the row aside, or empties the cell and keeps the row. Both are listed in `rejected/`.",
    ]
    for contract in CONTRACTS.values():
        lines += [
            "",
            f"## {contract.name} — {contract.title}",
            "",
            contract.meaning,
            f"Key: {', '.join(f'`{name}`' for name in contract.key)}.",
            "",
            "| column | Russian | type | required | allowed | a fault costs | meaning |",
            "|---|---|---|---|---|---|---|",
            *(_dictionary_row(field) for field in contract.fields),
        ]
    return "\n".join(lines) + "\n"


def _dictionary_row(field: Field) -> str:
    name = re.sub(r"\^?(\w+_)\\d\{(\d)\}\$?", lambda m: m[1] + "N" * int(m[2]), field.name)
    required = "yes" if field.required else ""
    cells = (f"`{name}`", field.title, field.kind, required, field.range_text, field.fault)
    return "| " + " | ".join((*cells, field.meaning)) + " |"


if __name__ == "__main__":
    print(data_dictionary(), end="")
