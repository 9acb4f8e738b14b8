"""Whether an ingest accounts for every line of what it was given."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from msoko_analysis.ingest import IngestReport

#: Layouts in which a line of the file is not one row of a table.
_OTHERWISE = ("старый макет", "Распределение")


def assert_accounted(report: IngestReport, lines: dict[str, int] | None = None) -> None:
    """Every line of every sheet is read, set aside or named, and counted once.

    What was read and set aside is counted a second time, by the tables. ``lines`` are the filled lines
    of each file as somebody else counted them.
    """
    for one in report.accounts:
        parts = (
            one.heading,
            one.read,
            one.set_aside,
            one.repeated,
            one.other_day,
            *one.left.values(),
        )
        assert sum(parts) == one.rows, one
        assert min(parts) >= 0, one
    cards = Counter[tuple[str, str]]()
    for card in report.cards:
        rows = sum(card[key] for key in ("rows_out", "set_aside", "repeated", "other_day"))
        plain = "→" not in card["layout"] and not any(w in card["layout"] for w in _OTHERWISE)
        if plain:
            assert card["rows_in"] == rows, card
            cards[card["source"], card["sheet"]] += rows
    accounts = Counter[tuple[str, str]]()
    for one in report.accounts:
        if (one.file, one.sheet) in cards:
            accounts[one.file, one.sheet] += one.read + one.set_aside + one.repeated + one.other_day
    assert accounts == cards
    told = report.text()
    for one in report.accounts:
        known = (
            one.file in report.not_recognised
            or sum(one.left.values()) < one.rows
            or "лист скрыт" in one.left
        )
        assert known or one.file in told.partition("Обратите внимание")[2], one
    for name, n in (lines or {}).items():
        assert sum(one.rows for one in report.accounts if one.file == name) == n


def filled_lines(path: Path) -> int:
    """Lines of a text table that hold anything; without quotes."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    return sum(bool(line.strip("; ,\t\r")) for line in text.split("\n"))
