"""Kinds of documents a run makes, and which of each there are: notes, letters to schools and others.

A note has two issues: «notes» for everybody, «official» with full numbers for those entitled to them.

Every document stands in a folder of its own below ``reports/<year>/``: the note of a municipality in
``<district>``, any other kind in ``<kind>/<district>``, a letter one deeper, in ``<school>``, so that
each is replaced in one step. Codes are whatever somebody typed, so folders have safe names
(decision 0037).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from msoko_analysis.errors import ParamsError
from msoko_analysis.home import SHIPPED
from msoko_analysis.params.run import RunParams
from msoko_analysis.params.schema import nearest
from msoko_analysis.russian import natural
from msoko_analysis.safe_names import file_name, own_name

NOTEBOOKS = SHIPPED / "notebooks"
NOTES = "notes"
_REGION = "region"
_YEAR = re.compile(r"\d{4}")


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
        Kind("order", NOTEBOOKS / "order.ipynb", "Проекты приказов", remark=", проект приказа"),
        Kind(
            "roadmap", NOTEBOOKS / "roadmap.ipynb", "Проекты дорожных карт",
            remark=", проект дорожной карты",
        ),
        Kind("letters", NOTEBOOKS / "school_letter.ipynb", "Письма школам", "school"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One document to make: its kind, what it is about, the title by which lists are sorted.

    ``district`` is empty for a document about the region, ``school`` for one that is not about a
    school; ``group`` is the heading under which many documents of a kind are listed. ``alike``: the
    codes of another document of the run differ from these in capitals only.
    """

    kind: str
    year: int
    district: str
    title: str
    school: str = ""
    group: str = ""
    alike: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the folders below ``reports``.

        >>> Target("notes", 2026, "M01", "").parts, Target("overview", 2026, "", "").parts
        (('2026', 'M01'), ('2026', 'overview', 'region'))
        >>> Target("letters", 2026, "..", "", "Школа 1/2").parts
        ('2026', 'letters', '%2E%2E', 'Школа 1%2F2')
        """
        own = () if self.kind == NOTES else (self.kind,)
        places = [self._folder(code) for code in (self.district, self.school) if code]
        return (str(self.year), *own, *(places or [_REGION]))

    def _folder(self, code: str) -> str:
        name = file_name(code, taken=KINDS)
        return own_name(name, code) if self.alike else name

    @property
    def about(self) -> dict[str, str | int]:
        """The parameters of the notebook that say what the document is about."""
        places = {"district": self.district, "school": self.school}
        return {**{name: code for name, code in places.items() if code}, "year": self.year}


def year_folder(out: Path) -> Path | None:
    """The folder of the year above the folder of a document; None if it stands in none.

    >>> year_folder(Path("reports/2021/letters/2020/s01")).as_posix()
    'reports/2021'
    """
    above = list(out.parents)
    inside = [place for place in (2, 1) if len(above) > place and above[place - 1].name in KINDS]
    years = [above[place] for place in [*inside, 0] if _YEAR.fullmatch(above[place].name)]
    return years[0] if years else None


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
    every = [
        target
        for year in chosen_years
        for kind in kinds
        for target in _of_kind(run, KINDS[kind], year, _districts(run, None), schools)
    ]
    # the folder of a document is the same whatever else is asked for
    return [one for one in _told_apart(every) if one.district in codes or not one.district]


def _told_apart(every: Sequence[Target]) -> list[Target]:
    """The documents, those marked whose folders a disk without capitals would take for one."""
    folders = Counter("/".join(one.parts).casefold() for one in every)
    twins = {folder for folder, times in folders.items() if times > 1}
    return [
        replace(one, alike=True) if "/".join(one.parts).casefold() in twins else one
        for one in every
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
        if word in names:  # codes may differ in capitals only
            chosen.add(word)
            continue
        if word.casefold() not in by_word:
            there = "\n".join(f"  {code} — {name}" for code, name in sorted(names.items()))
            hint = nearest(word, [*names, *names.values()])
            advice = f"; {hint}" if hint.startswith("возможно") else ""
            raise ParamsError(f"В запуске «{run.run}» нет района «{word}»{advice}. Есть:\n{there}")
        chosen.add(by_word[word.casefold()])
    return sorted(chosen, key=lambda code: (names[code].casefold(), code))
