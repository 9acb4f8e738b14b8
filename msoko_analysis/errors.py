"""The exceptions a user can meet, each with the exit code the command line returns for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


class MsokoError(Exception):
    """Base of all errors the package raises on purpose."""

    exit_code = 1


class ParamsError(MsokoError):
    """A run file, a scale, a threshold or another parameter is wrong."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One fault of the input: where it is, which rule it breaks, what to do.

    ``row`` is the line number a person sees in the file (the first line is 1), ``cell`` an address
    of Excel. Values of pupils are never quoted: a message may be sent by mail.

    >>> print(Problem("балл вне шкалы", "исправьте балл", file="ma4.xlsx", row=7, column="sum"))
    ma4.xlsx, строка 7, столбец «sum»: балл вне шкалы — исправьте балл
    """

    rule: str
    action: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    cell: str = ""

    def __str__(self) -> str:
        place = [
            self.file,
            f"лист «{self.sheet}»" if self.sheet else "",
            f"строка {self.row}" if self.row is not None else "",
            f"столбец «{self.column}»" if self.column else "",
            f"ячейка {self.cell}" if self.cell else "",
        ]
        where = ", ".join(part for part in place if part)
        return f"{where}: {self.rule} — {self.action}" if where else f"{self.rule} — {self.action}"


class DataError(MsokoError):
    """The input data break their contract; ``problems`` lists every fault found."""

    exit_code = 3

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    @classmethod
    def from_problems(cls, title: str, problems: Iterable[Problem]) -> Self:
        """One message that lists every problem under a title.

        >>> print(DataError.from_problems("Файл не прочитан", [Problem("пуст", "выгрузите заново")]))
        Файл не прочитан
          1. пуст — выгрузите заново
        """
        listed = tuple(problems)
        lines = [f"  {number}. {problem}" for number, problem in enumerate(listed, 1)]
        return cls("\n".join([title, *lines]), listed)


class StatsInputError(MsokoError, ValueError):
    """A statistic was called with arrays it is not defined for."""

    exit_code = 4


class RenderError(MsokoError):
    """A notebook could not be executed or turned into a note."""

    exit_code = 5


class ReportError(DataError):
    """A finished report is not what its manifest says."""

    exit_code = 6
