"""Kinds of documents a run makes, and which of each there are: notes, letters to schools and others.

A note has two issues: «notes» for everybody, «official» with full numbers for those entitled to them.

Every document stands in a folder of its own below ``reports/<year>/``: the note of a municipality in
``<district>``, any other kind in ``<kind>/<district>``, a letter one deeper, in ``<school>``, so that
each is replaced in one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from msoko_analysis.errors import ParamsError
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.schema import PROJECT, nearest
from msoko_analysis.russian import natural

NOTEBOOKS = PROJECT / "notebooks"
NOTES = "notes"
_REGION = "region"


@dataclass(frozen=True)
class Kind:
    """One kind of document: its notebook, what it is called in the list, what one is about.

    ``parameters`` are given to the notebook beside what the document is about; ``remark`` stands after
    the title of every document of the kind.
    """

    name: str
    notebook: Path
    title: str
    about: Literal["district", "school", "region"] = "district"
    parameters: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("overview", NOTEBOOKS / "region_overview.ipynb", "Обзор региона", "region"),
        Kind(
            NOTES, NOTEBOOKS / "district_note.ipynb", "Аналитические справки",
            parameters={"issue": "public"},
        ),
        Kind(
            "official", NOTEBOOKS / "district_note.ipynb",
            "Аналитические справки для служебного пользования, не для публикации",
            parameters={"issue": "official"}, remark=", для служебного пользования",
        ),
        Kind(
            "monitoring", NOTEBOOKS / "monitoring_note.ipynb",
            "Справки по мотивирующему мониторингу и механизмам управления",
        ),
        Kind("letters", NOTEBOOKS / "school_letter.ipynb", "Письма школам", "school"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One document to make: its kind, what it is about, the title by which lists are sorted.

    ``district`` is empty for a document about the region, ``school`` for one that is not about a
    school; ``group`` is the heading under which many documents of a kind are listed.
    """

    kind: str
    year: int
    district: str
    title: str
    school: str = ""
    group: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the folders below ``reports``.

        >>> Target("notes", 2026, "M01", "").parts, Target("overview", 2026, "", "").parts
        (('2026', 'M01'), ('2026', 'overview', 'region'))
        >>> Target("letters", 2026, "M01", "", "Школа 1/2").parts[-1].isascii()
        True
        """
        own = () if self.kind == NOTES else (self.kind,)
        school = (quote(self.school, safe=""),) if self.school else ()
        return (str(self.year), *own, self.district or _REGION, *school)

    @property
    def about(self) -> dict[str, str | int]:
        """The parameters of the notebook that say what the document is about."""
        places = {"district": self.district, "school": self.school}
        return {**{name: code for name, code in places.items() if code}, "year": self.year}


def targets(
    run: RunParams,
    kinds: Sequence[str],
    districts: Sequence[str] | None,
    years: Sequence[int] | None,
) -> list[Target]:
    """The documents of a run by year, kind and alphabet; None stands for all of the run.

    ``districts`` are codes or names; a document about the region is always about all of the run.
    Letters go to every school with results in the year, for which the region is counted first.
    Raises ParamsError for a kind, district or year that the run does not have, with the list of
    those it has.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise ParamsError(f"Нет документов вида «{kind}». Есть: {', '.join(KINDS)}")
    chosen_years, codes = _years(run, years), _districts(run, districts)
    to_schools = any(KINDS[kind].about == "school" for kind in kinds)
    schools = schools_with_results(run) if to_schools else {}
    return [
        target
        for year in chosen_years
        for kind in kinds
        for target in _of_kind(run, KINDS[kind], year, codes, schools)
    ]


def schools_with_results(run: RunParams) -> dict[tuple[int, str], dict[str, str]]:
    """Schools with results by (year, district): code → name, in alphabetical order of names."""
    from msoko_analysis.measures.prepare import load  # pandas: only for letters

    prepared = load(run)
    wrote = prepared.attendance[prepared.attendance["n_scored"] > 0]
    names = prepared.school_names
    return {
        (int(year), district): {
            code: names.get(code, code)
            for code in sorted(rows.unique(), key=lambda code: natural(names.get(code, code)))
        }
        for (year, district), rows in wrote.groupby(["year", "municipality"])["school"]
    }


def _of_kind(
    run: RunParams,
    kind: Kind,
    year: int,
    codes: Sequence[str],
    schools: Mapping[tuple[int, str], Mapping[str, str]],
) -> Iterator[Target]:
    if kind.about == "region":
        yield Target(kind.name, year, "", f"{run.region.nominative}, {year} год")
        return
    for code in codes:
        name = run.districts[code].name.nominative
        if kind.about == "district":
            yield Target(kind.name, year, code, f"{name}, {year} год{kind.remark}")
            continue
        for school, called in schools.get((year, code), {}).items():
            yield Target(kind.name, year, code, f"{called} ({name}), {year} год", school, name)


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
