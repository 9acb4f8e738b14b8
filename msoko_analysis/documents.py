"""Kinds of documents a run makes, and which of each there are: notes of municipalities and others.

Every document stands in a folder of its own below ``reports/<year>/``: the note of a municipality in
``<district>``, any other kind in ``<kind>/<district>``, so that each is replaced in one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msoko_analysis.errors import ParamsError
from msoko_analysis.params import RunParams
from msoko_analysis.schema import PROJECT, nearest

NOTEBOOKS = PROJECT / "notebooks"
NOTES = "notes"


@dataclass(frozen=True)
class Kind:
    """One kind of document: its notebook, and what it is called in the list of documents."""

    name: str
    notebook: Path
    title: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind(NOTES, NOTEBOOKS / "district_note.ipynb", "Аналитические справки"),
        Kind(
            "monitoring", NOTEBOOKS / "monitoring_note.ipynb",
            "Справки по мотивирующему мониторингу и механизмам управления",
        ),
    )  # fmt: skip
}


@dataclass(frozen=True)
class Target:
    """One document to make: its kind, what it is about, and the title by which lists are sorted."""

    kind: str
    year: int
    district: str
    title: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the folders below ``reports``.

        >>> Target("notes", 2026, "M01", "").parts
        ('2026', 'M01')
        """
        own = () if self.kind == NOTES else (self.kind,)
        return (str(self.year), *own, self.district)

    @property
    def about(self) -> dict[str, str | int]:
        """The parameters of the notebook that say what the document is about."""
        return {"district": self.district, "year": self.year}


def targets(
    run: RunParams,
    kinds: Sequence[str],
    districts: Sequence[str] | None,
    years: Sequence[int] | None,
) -> list[Target]:
    """The documents of a run by year, kind and alphabet; None stands for all of the run.

    ``districts`` are codes or names. Raises ParamsError for a kind, district or year that the run
    does not have, with the list of those it has.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise ParamsError(f"Нет документов вида «{kind}». Есть: {', '.join(KINDS)}")
    return [
        Target(kind, year, code, f"{run.districts[code].name.nominative}, {year} год")
        for year in _years(run, years)
        for kind in kinds
        for code in _districts(run, districts)
    ]


def _years(run: RunParams, wanted: Sequence[int] | None) -> list[int]:
    for year in wanted or ():
        if year not in run.years:
            there = ", ".join(map(str, run.years))
            raise ParamsError(f"В запуске «{run.run}» нет {year} года. Есть: {there}")
    return sorted(set(wanted or run.years))


def _districts(run: RunParams, wanted: Sequence[str] | None) -> list[str]:
    """Codes of the wanted districts in alphabetical order of their names."""
    names = {code: district.name.nominative for code, district in run.districts.items()}
    by_word = {**{name.casefold(): code for code, name in names.items()}}
    by_word |= {code.casefold(): code for code in names}
    chosen = set(names) if wanted is None else set()
    for word in wanted or ():
        if word.casefold() not in by_word:
            there = "\n".join(f"  {code} — {name}" for code, name in sorted(names.items()))
            hint = nearest(word, [*names, *names.values()])
            advice = f"; {hint}" if hint.startswith("возможно") else ""
            raise ParamsError(f"В запуске «{run.run}» нет района «{word}»{advice}. Есть:\n{there}")
        chosen.add(by_word[word.casefold()])
    return sorted(chosen, key=lambda code: (names[code].casefold(), code))
