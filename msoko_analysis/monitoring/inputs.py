"""The filled forms of a run's monitoring: read and checked all at once, every fault located.

The folder a run names has up to three folders: ``indicators`` with filled templates, ``experts`` with
forms of points, ``roadmaps`` with workbooks whose names begin with the code or name of their
municipality. What is not there is not asked for.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.editions import Edition
from msoko_analysis.monitoring.expert_form import COLUMNS, read_expert_form
from msoko_analysis.monitoring.reading import Filled, read_templates
from msoko_analysis.monitoring.registry import Registry
from msoko_analysis.monitoring.roadmap.reading import read_roadmap
from msoko_analysis.monitoring.roadmap.roadmap import Roadmap
from msoko_analysis.params.schema import nearest
from msoko_analysis.russian import fold

INDICATORS, EXPERTS, ROADMAPS = "indicators", "experts", "roadmaps"
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class MonitoringInputs:
    """What was read. ``filled``: indicators and targets, None without templates; ``points``: experts'
    points of all years and municipalities; ``roadmaps``: those of each municipality, by code.
    """

    filled: Filled | None
    points: pd.DataFrame
    roadmaps: Mapping[str, tuple[Roadmap, ...]]

    def roadmaps_of(self, municipality: str, year: int) -> tuple[Roadmap, ...]:
        """The roadmaps of a municipality whose plan touches a year; one without a plan always does.

        >>> MonitoringInputs(None, pd.DataFrame(), {}).roadmaps_of("M01", 2026)
        ()
        """
        first, last = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        return tuple(
            one
            for one in self.roadmaps.get(municipality, ())
            if one.plan is None
            or ((one.plan.start or one.plan.end) <= last and one.plan.end >= first)
        )


def read_inputs(
    folder: Path,
    registry: Registry,
    editions: Mapping[str, Edition],
    municipalities: Mapping[str, str],
    schools: Collection[str] = (),
) -> MonitoringInputs:
    """Read all forms of a folder.

    Parameters
    ----------
    folder : with any of ``indicators``, ``experts`` and ``roadmaps``
    registry, editions : what indicators and positions there are
    municipalities : names by code
    schools : names that may stand in a roadmap's column of schools; () allows any

    Raises
    ------
    DataError
        With the faults of all files, or when the folder is not there. What a roadmap holds is no fault
        (its reader keeps every row), only a roadmap of nobody is.

    >>> read_inputs(Path("none"), Registry(()), {}, {})
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: Данные мониторинга не прочитаны
      1. none: папки нет — проверьте ключ monitoring.folder файла запуска
    """
    title, problems = "Данные мониторинга не прочитаны", list[Problem]()
    if not folder.is_dir():
        action = "проверьте ключ monitoring.folder файла запуска"
        raise DataError.from_problems(title, [Problem("папки нет", action, file=str(folder))])
    templates = _books(folder / INDICATORS)
    filled = (
        _kept(lambda: read_templates(templates, registry, municipalities), problems)
        if templates
        else None
    )
    points = [
        _kept(lambda path=path: read_expert_form(path, editions, municipalities).points, problems)
        for path in _books(folder / EXPERTS)
    ]
    roadmaps: dict[str, list[Roadmap]] = {}
    for path in _books(folder / ROADMAPS):
        code = _owner(path, municipalities, problems)
        read = _kept(lambda path=path: read_roadmap(path, schools=schools), problems)
        if code and read:
            roadmaps.setdefault(code, []).append(read)
    table = _joined([one for one in points if one is not None])
    problems += _twice(table)
    if problems:
        raise DataError.from_problems(title, problems)
    return MonitoringInputs(filled, table, {code: tuple(ones) for code, ones in roadmaps.items()})


def _books(folder: Path) -> list[Path]:
    """Workbooks of a folder by name, without those Excel keeps while one is open."""
    return sorted(path for path in folder.glob("*.xlsx") if not path.name.startswith(("~", ".")))


def _kept(read: Callable[[], _Read], problems: list[Problem]) -> _Read | None:
    """What was read, or None and its faults."""
    try:
        return read()
    except DataError as error:
        problems += error.problems or (Problem(str(error), "исправьте файл"),)
        return None


def _owner(path: Path, municipalities: Mapping[str, str], problems: list[Problem]) -> str | None:
    """The code of the municipality a file's name begins with, None and a fault without one."""
    words = {fold(word): code for code, name in municipalities.items() for word in (code, name)}
    stem = fold(path.stem.replace("_", " "))
    for word in sorted(words, key=len, reverse=True):
        if stem == word or stem.startswith(f"{word} "):
            return words[word]
    rule = "имя файла не начинается с кода или названия муниципалитета"
    first = path.stem.replace("_", " ").split(" ")[0]
    action = f"назовите файл, например, «M01 2026.xlsx»; {nearest(first, municipalities)}"
    problems.append(Problem(rule, action, file=path.name))
    return None


def _joined(points: list[pd.DataFrame]) -> pd.DataFrame:
    if not points:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"points": float})
    return pd.concat(points, ignore_index=True)


def _twice(points: pd.DataFrame) -> list[Problem]:
    """A municipality assessed by two editions in one year, or points two files both give."""
    found = []
    key = ["edition", "year", "municipality", "position", "expert"]
    for row in points[points.duplicated(key)].itertuples():
        rule = (
            f"балл эксперта {row.expert} по позиции {row.position}, {row.municipality}, {row.year} год, "
            "есть в двух файлах"
        )
        found.append(Problem(rule, "оставьте в одном"))
    editions = points.groupby(["year", "municipality"])["edition"].nunique()
    for (year, place), n in editions.items():
        if n > 1:
            rule = f"{place} за {year} год оценён по двум редакциям"
            found.append(Problem(rule, "оставьте одну"))
    return found
