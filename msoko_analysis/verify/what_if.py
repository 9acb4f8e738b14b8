"""What a verification may change on purpose: limits, a school left out, a year left out.

Nothing of the project is touched: the run file and the data are copied to a temporary folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from msoko_analysis.errors import ParamsError
from msoko_analysis.params.own_lists import PROCEDURES, SUBJECTS
from msoko_analysis.params.schema import nearest
from msoko_analysis.provenance.manifest import files_below
from msoko_analysis.verify.causes import Root

#: Limits of the gate for small groups.
_GATE = {"small_cell", "share_min_n"}


@dataclass(frozen=True)
class Conditions:
    """Limits by name with their new values, codes of schools and years that are left out."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    schools: tuple[str, ...] = ()
    years: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.thresholds or self.schools or self.years)

    @property
    def reveals(self) -> bool:
        """Whether numbers under the conditions, beside those of the document, tell of few pupils.

        The document less a school is that school, less a year that year, and another floor of the gate
        prints what the document hides: of such a verification conclusions are told, no numbers.

        >>> Conditions({"spike_q": 0.2}).reveals, Conditions({"small_cell": 3}).reveals
        (False, True)
        """
        return bool(self.schools or self.years or _GATE & self.thresholds.keys())

    def roots(self) -> tuple[Root, ...]:
        """The conditions as causes of a difference.

        >>> [root.text for root in Conditions({"spike_q": 0.2}, schools=("S001",)).roots()]
        ['порог spike_q принят равным 0,2', 'школа S001 исключена из данных']
        """
        told = [
            f"порог {name} принят равным {value:g}".replace(".", ",")
            for name, value in self.thresholds.items()
        ]
        told += [f"школа {code} исключена из данных" for code in self.schools]
        told += [f"{year} год исключён из данных" for year in self.years]
        return tuple(Root("condition", text) for text in told)


def parse_threshold(text: str) -> tuple[str, float]:
    """Name and value of «name=value»; the decimal sign may be a comma.

    >>> parse_threshold("spike_q=0,2")
    ('spike_q', 0.2)
    """
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value.replace(",", "."))
    except ValueError as wrong:
        raise ParamsError(f"Порог «{text}» не понят — запишите его в виде spike_q=0.2") from wrong


def changed_run_file(run_file: Path, thresholds: Mapping[str, float], folder: Path) -> Path:
    """A copy of a run file with other limits; files it names beside itself are still found."""
    run = yaml.safe_load(run_file.read_text(encoding="utf-8"))
    beside = run_file.resolve().parent
    if str(run.get("districts", "")).endswith((".yaml", ".yml")):
        run["districts"] = str(beside / run["districts"])
    if run.get("scales"):
        run["scales"] = [str(beside / name) for name in run["scales"]]
    for own in filter(Path.exists, (beside / name for name in (SUBJECTS, PROCEDURES))):
        shutil.copyfile(own, folder / own.name)
    run["thresholds"] = {**(run.get("thresholds") or {}), **thresholds}
    path = folder / run_file.name
    path.write_text(
        yaml.safe_dump(run, allow_unicode=True, sort_keys=False), encoding="utf-8", newline="\n"
    )
    return path


def clean_data(data: Path, folder: Path, conditions: Conditions) -> Path:
    """The derived data in ``folder``: its hashed files and nothing counted from them before.

    Files are linked where the disk allows, otherwise copied; with schools or years left out tables
    are written anew. Raises ParamsError for a school or year the data do not have.
    """
    left_out = bool(conditions.schools or conditions.years)
    found: set[str | int] = set()
    for path in files_below(data):
        target = folder / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        if left_out and path.suffix == ".parquet":
            found |= _filtered(path, target, conditions)
        else:
            _link(path, target)
    for code in conditions.schools:
        if code not in found:
            raise ParamsError(f"Школы «{code}» в данных нет — {nearest(code, _schools(data))}")
    for year in conditions.years:
        if year not in found:
            raise ParamsError(f"Данных за {year} год нет — исключать нечего")
    return folder


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(path, target)


def _filtered(path: Path, target: Path, conditions: Conditions) -> set[str | int]:
    """Write a table without the schools and years; returns those of them it had.

    A table that is left without rows is not written: the folder is then as if the data had not come.
    """
    import pandas as pd  # only where something is left out

    table = pd.read_parquet(path, partitioning=None)
    found: set[str | int] = set()
    out = pd.Series(False, table.index)
    for column, unwanted in (
        ("school", conditions.schools),
        ("unit", conditions.schools),
        ("year", conditions.years),
    ):
        if column in table:
            hit = table[column].isin(unwanted)
            if column == "unit" and "level" in table:
                hit &= table["level"].eq("school")
            found |= set(table.loc[hit, column])
            out |= hit
    kept = table[~out]
    if len(kept):
        kept.to_parquet(target, index=False)
    return found


def _schools(data: Path) -> list[str]:
    import pandas as pd

    return list(pd.read_parquet(data / "schools.parquet", columns=["school"])["school"])
