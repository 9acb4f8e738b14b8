"""The filled template read back: every missing and impossible value with its sheet and cell."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl.utils import get_column_letter

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.monitoring.cells import FormSheet, as_number, emptied, opened
from msoko_analysis.monitoring.engine import KEY, NUMBERS
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.registry import Indicator, Registry
from msoko_analysis.monitoring.template import (
    EVERYWHERE,
    INPUT,
    INPUT_HEAD,
    TARGETS,
    TARGETS_HEAD,
)
from msoko_analysis.params.schema import nearest

_FREQUENCY = {1: "раз в год", 2: "раз в полугодие", 4: "раз в квартал", 8: "дважды в квартал"}


@dataclass(frozen=True)
class Filled:
    """What people typed. ``entries``: columns of KEY and NUMBERS, municipalities and periods as
    codes; ``targets``: KEY, target and source, «все» spelled out; ``missing``: rows left empty.
    """

    entries: pd.DataFrame
    targets: pd.DataFrame
    missing: tuple[Problem, ...]


def read_template(path: Path, registry: Registry, municipalities: Mapping[str, str]) -> Filled:
    """Read a filled template.

    Parameters
    ----------
    path : the workbook
    registry : the indicators it was made from
    municipalities : names by code

    Returns
    -------
    Filled. A row whose numbers are all empty is missing, not a fault: a monitoring may be under way.

    Raises
    ------
    DataError
        Lists every fault at once: a word not on the lists, a period of another frequency, a row
        twice, text for a number, a number below 0 or above the largest possible, half a fraction, a
        part above the whole, a number in a cell that does not belong to the indicator, a value of an
        indicator that is computed from results.

    Examples
    --------
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> read_template(Path("none.xlsx"), load_registry(), {})
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: none.xlsx: файла нет — проверьте имя и папку
    """
    book = opened(path)
    reader = _Reader(path.name, registry, {name: code for code, name in municipalities.items()})
    if reader.has(book, INPUT) and reader.headed(book[INPUT], INPUT_HEAD):
        reader.entries(book[INPUT])
    if reader.has(book, TARGETS) and reader.headed(book[TARGETS], TARGETS_HEAD):
        reader.targets(book[TARGETS])
    if reader.problems:
        raise DataError.from_problems(f"Шаблон {path.name} не прочитан", reader.problems)
    return reader.filled()


def read_templates(
    paths: Sequence[Path], registry: Registry, municipalities: Mapping[str, str]
) -> Filled:
    """Several filled templates as one: each municipality may send its own.

    Raises DataError with the faults of all files, or with the values two files both give.

    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> read_templates([Path("a.xlsx"), Path("b.xlsx")], load_registry(), {})
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: Шаблоны не прочитаны
      1. a.xlsx: файла нет — проверьте имя и папку
      2. b.xlsx: файла нет — проверьте имя и папку
    """
    read: list[Filled] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            read.append(read_template(path, registry, municipalities))
        except DataError as error:
            problems += error.problems
    entries = pd.concat([one.entries for one in read], ignore_index=True) if read else None
    for key in entries[entries.duplicated(KEY)][KEY].itertuples(index=False) if read else ():
        rule = f"показатель {key.indicator}, {key.municipality}, {key.period} есть в двух файлах"
        problems.append(Problem(rule, "оставьте в одном"))
    if problems:
        raise DataError.from_problems("Шаблоны не прочитаны", problems)
    targets = pd.concat([one.targets for one in read], ignore_index=True)
    missing = tuple(problem for one in read for problem in one.missing)
    return Filled(entries, targets.drop_duplicates(KEY), missing)


@dataclass
class _Reader:
    """One pass over the workbook that collects rows and faults."""

    file: str
    registry: Registry
    codes: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    rows: dict[tuple[str, str, str], dict[str, float]] = field(default_factory=dict)
    wanted: dict[tuple[str, str, str], tuple[float, str]] = field(default_factory=dict)
    first: dict[tuple[str, ...], str] = field(default_factory=dict)

    def fault(self, sheet: str, cell: str, rule: str, action: str) -> None:
        """Note a fault."""
        self.problems.append(Problem(rule, action, file=self.file, sheet=sheet, cell=cell))

    def has(self, names: Collection[str], sheet: str) -> bool:
        """Whether the sheet is there."""
        if sheet not in names:
            self.fault(sheet, "", "такого листа нет", "верните лист шаблона")
        return sheet in names

    def headed(self, sheet: FormSheet, head: tuple[str, ...]) -> bool:
        """Whether the columns are those of the template."""
        wrong = [
            (place, name) for place, name in enumerate(head, 1) if sheet.value(1, place) != name
        ]
        for place, name in wrong:
            cell = f"{get_column_letter(place)}1"
            self.fault(sheet.title, cell, f"здесь должен стоять заголовок «{name}»", "верните его")
        return not wrong

    def entries(self, sheet: FormSheet) -> None:
        """The rows of the sheet of numbers."""
        for row, cells in sheet.rows(2, len(INPUT_HEAD) - 1):  # not the last, what to write
            code, _, place, period, *numbers = (emptied(cell) for cell in cells)
            if all(cell is None for cell in (code, place, period, *numbers)):
                continue
            key = self.key(sheet.title, row, ("A", code), ("C", place), ("D", period))
            typed = [
                self.number(sheet.title, f"{column}{row}", cell)
                for column, cell in zip("EFG", numbers, strict=True)
            ]
            if key is None or any(one is not None and math.isnan(one) for one in typed):
                continue
            indicator = self.registry[key[0]]
            if indicator.kind == "computed":
                rule = f"показатель {indicator.code} вычисляется из результатов, а не вводится"
                self.fault(sheet.title, f"A{row}", rule, "удалите строку")
            elif self.once(sheet.title, row, (INPUT, *key)):
                self.take(sheet.title, row, indicator, key, typed)

    def take(
        self,
        sheet: str,
        row: int,
        indicator: Indicator,
        key: tuple[str, str, str],
        typed: list[float | None],
    ) -> None:
        """Check the numbers of a row against the indicator and keep them."""
        counted = indicator.numerator is not None
        closed = [column for column, one in zip("EFG", typed, strict=True) if one is not None]
        closed = [column for column in closed if (column == "G") == counted]
        for column in closed:
            rule = f"к показателю {indicator.code} это число не относится"
            what = "числитель и знаменатель" if counted else "готовое значение"
            self.fault(sheet, f"{column}{row}", rule, f"впишите {what}")
        above, below, value = typed
        if not closed and above is below is value is None:
            cell = f"E{row}:F{row}" if counted else f"G{row}"
            rule = f"нет значения показателя {indicator.code}"
            self.missing.append(Problem(rule, "впишите его", self.file, sheet, cell=cell))
        elif not closed and self.possible(sheet, row, indicator, above, below, value):
            numbers = (math.nan if one is None else one for one in typed)
            self.rows[key] = dict(zip(NUMBERS, numbers, strict=True))

    def possible(
        self,
        sheet: str,
        row: int,
        indicator: Indicator,
        above: float | None,
        below: float | None,
        value: float | None,
    ) -> bool:
        """Whether the numbers can be true together."""
        before = len(self.problems)
        if value is not None:
            if indicator.maximum is not None and value > indicator.maximum:
                rule = f"значение больше наибольшего возможного, {indicator.maximum:g}"
                self.fault(sheet, f"G{row}", rule, "исправьте значение")
        elif above is None:
            self.fault(sheet, f"E{row}", "знаменатель есть, числителя нет", "впишите числитель")
        elif below is None:
            self.fault(sheet, f"F{row}", "числитель есть, знаменателя нет", "впишите знаменатель")
        elif below == 0 < above:
            self.fault(sheet, f"F{row}", "знаменатель равен нулю", "исправьте знаменатель")
        elif indicator.shares and above > below:
            self.fault(sheet, f"E{row}", "числитель больше знаменателя", "исправьте одно из чисел")
        return len(self.problems) == before

    def targets(self, sheet: FormSheet) -> None:
        """The rows of the sheet of targets."""
        for row, cells in sheet.rows(2, len(TARGETS_HEAD)):
            code, place, period, target, source = (emptied(cell) for cell in cells)
            if all(cell is None for cell in (code, place, period, target, source)):
                continue
            words = ("A", code), ("B", place), ("C", period)
            key = self.key(sheet.title, row, *words, everywhere=True)
            number = self.number(sheet.title, f"D{row}", target)
            if target is None:
                self.fault(sheet.title, f"D{row}", "цели нет", "впишите число или удалите строку")
            if source is None:
                rule = "не сказано, чем цель установлена"
                self.fault(sheet.title, f"E{row}", rule, "впишите документ или план")
            if key is None or number is None or not self.once(sheet.title, row, (TARGETS, *key)):
                continue
            if (
                self.registry[key[0]].shares
                and self.registry[key[0]].kind != "growth"
                and number > 100
            ):
                self.fault(sheet.title, f"D{row}", "цель больше 100 %", "исправьте цель")
            self.wanted[key] = number, str(source)

    def key(
        self,
        sheet: str,
        row: int,
        code: tuple[str, Any],
        place: tuple[str, Any],
        period: tuple[str, Any],
        *,
        everywhere: bool = False,
    ) -> tuple[str, str, str] | None:
        """The codes of a row, or None and what is wrong with each of the three cells."""
        before = len(self.problems)
        known = [one.code for one in self.registry]
        places = dict(self.codes) | ({EVERYWHERE: EVERYWHERE} if everywhere else {})
        for (column, word), words, what in (
            (code, known, "показателя"),
            (place, places, "муниципалитета"),
        ):
            if word is None:
                self.fault(sheet, f"{column}{row}", f"нет {what}", "выберите из списка")
            elif str(word) not in words:
                rule, advice = f"такого {what} нет: «{word}»", nearest(str(word), words)
                self.fault(sheet, f"{column}{row}", rule, advice)
        column, word = period
        parsed = Period.parse(str(word)) if word is not None else None
        if parsed is None:
            rule = "нет периода" if word is None else f"такого периода нет: «{word}»"
            self.fault(sheet, f"{column}{row}", rule, "выберите из списка")
        elif str(code[1]) in known and parsed.times != self.registry[code[1]].times_a_year:
            often = _FREQUENCY[self.registry[code[1]].times_a_year]
            rule = f"показатель {code[1]} собирают {often}, а период другой"
            self.fault(sheet, f"{column}{row}", rule, "выберите период такой же длины")
        if len(self.problems) > before:
            return None
        return str(code[1]), places[str(place[1])], parsed.code

    def number(self, sheet: str, cell: str, value: Any) -> float | None:
        """The number of a cell; None where it is empty, nan and a fault where it is not a number."""
        if value is None:
            return None
        number = as_number(value)
        if number is None:
            self.fault(sheet, cell, "это не число", "впишите число без слов и знаков")
        elif number < 0:
            self.fault(sheet, cell, "число меньше нуля", "исправьте число")
        else:
            return number
        return math.nan

    def once(self, sheet: str, row: int, key: tuple[str, ...]) -> bool:
        """Whether the row is the first of its indicator, municipality and period."""
        if key in self.first:
            rule = f"та же строка уже есть в ячейке {self.first[key]}"
            self.fault(sheet, f"A{row}", rule, "оставьте одну")
            return False
        self.first[key] = f"A{row}"
        return True

    def filled(self) -> Filled:
        """The tables of a workbook without faults."""
        entries = [(*key, *row.values()) for key, row in self.rows.items()]
        every = {
            (code, place, period): target
            for (code, where, period), target in self.wanted.items()
            if where == EVERYWHERE
            for place in self.codes.values()
        }
        own = {key: target for key, target in self.wanted.items() if key[1] != EVERYWHERE}
        targets = [(*key, *target) for key, target in (every | own).items()]
        return Filled(
            pd.DataFrame(entries, columns=KEY + NUMBERS).astype(dict.fromkeys(NUMBERS, float)),
            pd.DataFrame(targets, columns=[*KEY, "target", "source"]).astype({"target": float}),
            tuple(self.missing),
        )
