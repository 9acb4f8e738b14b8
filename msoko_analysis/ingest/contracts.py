"""Contracts of the tables that enter the project: columns, types, ranges, keys.

One declaration per table; the pandera schema that guards the derived data, the rules that set a bad
row aside and ``docs/data-dictionary.md`` are all generated from it, so they can not drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.params.procedures import procedures
from msoko_analysis.params.run import PARAMS, Subject, read_subjects


def _subjects() -> tuple[Subject, ...]:
    """Subjects of the project and of the run in force when reading begins."""
    problems: list[Problem] = []
    found = read_subjects(PARAMS / "subjects.yaml", problems)
    if problems:
        raise ParamsError(str(DataError.from_problems("Список предметов не принят", problems)))
    return tuple(found.values())


_SUBJECTS = _subjects()
#: Names by which a subject goes in files, in lower case: its code, the code of the forms, in full.
SUBJECT_NAMES: dict[str, tuple[str, ...]] = {
    one.code: tuple(name.lower() for name in (one.code, one.short, one.nominative))
    for one in _SUBJECTS
}
#: Subject and level → the code of the paper of that level.
SUBJECT_LEVELS: dict[tuple[str, str], str] = {
    (one.of, one.level): one.code for one in _SUBJECTS if one.of and one.level
}
#: Codes of subjects; a code that is not here is a fault of the row.
SUBJECTS = tuple(SUBJECT_NAMES)
#: Codes of procedures: ``params/procedures.yaml``.
PROCEDURES = tuple(procedures())
SCHOOL_TYPES = ("secondary", "basic", "primary", "gymnasium", "lyceum", "other")
LEVELS = ("country", "region", "municipality", "school")
#: Columns that say which paper a row belongs to, in the order used everywhere.
PAPER = ("year", "procedure", "grade", "subject")
#: Name of a task column: item_01, item_02 …
ITEM = re.compile(r"^item_\d{2}$")

#: No paper has more points, steps of its scale counted as whole; no task; no school; no country.
_MOST_POINTS, _MOST_FOR_A_TASK, _MOST_OF_SCHOOL, _MOST_PEOPLE = 100_000, 100, 100_000, 10_000_000

_TYPES: dict[str, type[pl.DataType]] = {"int": pl.Int32, "float": pl.Float64, "str": pl.String}


@dataclass(frozen=True)
class Field:
    """One column of a contract.

    ``required``: the column must be in the file and no cell may be empty; any other column may be
    absent or empty. ``fault`` says what a bad value costs: the whole ``row`` (it can not be placed
    or counted) or only the ``cell`` (the rest of the row is still good). A ``name`` that contains
    ``\\d`` stands for a family of columns. ``per_cent``: a cell may end with the sign %.
    """

    name: str
    kind: Literal["int", "float", "str"]
    title: str
    meaning: str
    required: bool = False
    fault: Literal["row", "cell"] = "cell"
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    per_cent: bool = False

    @property
    def dtype(self) -> type[pl.DataType]:
        """Type of the column in the derived data."""
        return _TYPES[self.kind]

    @property
    def range_text(self) -> str:
        """Allowed values in words.

        >>> Field("mark", "int", "отметка", "", minimum=2, maximum=5).range_text
        '2…5'
        """
        if self.allowed:
            return ", ".join(self.allowed)
        low = "" if self.minimum is None else f"{self.minimum:g}"
        high = "" if self.maximum is None else f"{self.maximum:g}"
        if low and high:
            return f"{low}…{high}"
        return f"≥ {low}" if low else f"≤ {high}" if high else ""


@dataclass(frozen=True)
class Contract:
    """A table: its fields in order and the columns that make a row unique."""

    name: str
    title: str
    meaning: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns a file must have."""
        return tuple(field.name for field in self.fields if field.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns that do not belong to a family."""
        return tuple(field.name for field in self.fields if "\\d" not in field.name)

    def family(self, columns: Iterable[str]) -> list[str]:
        """Those of the columns that belong to a family, in their order.

        >>> RESULTS.family(["total", "item_07", "item_7"])
        ['item_07']
        """
        patterns = [field.name for field in self.fields if "\\d" in field.name]
        return [column for column in columns if any(re.match(one, column) for one in patterns)]

    def field(self, column: str) -> Field | None:
        """The declaration of a column, or None if the contract does not know it.

        >>> RESULTS.field("item_07").minimum
        0
        >>> RESULTS.field("surname") is None
        True
        """
        for field in self.fields:
            if field.name == column or ("\\d" in field.name and re.match(field.name, column)):
                return field
        return None


_PAPER_FIELDS = (
    Field("year", "int", "год", "calendar year in which the procedure was held",
          True, "row", 2000, 2100),
    Field("procedure", "str", "процедура",
          ", ".join(f"{code} = {known.short}" for code, known in procedures().items()),
          True, "row", allowed=PROCEDURES),
    Field("grade", "int", "класс", "grade the paper is made for", True, "row", 1, 12),
    Field("subject", "str", "предмет", "code of the subject", True, "row", allowed=SUBJECTS),
)  # fmt: skip

RESULTS = Contract(
    "results",
    "результаты: участник × работа",
    "One row per pupil and paper. A pupil without `total` was absent (or has no score).",
    (*PAPER, "school", "pupil"),
    (
        *_PAPER_FIELDS,
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("class_group", "str", "класс (группа)", "class within school and grade"),
        Field("pupil", "str", "код участника",
              "running number within school × paper; never a name", True, "row"),
        Field("person", "str", "псевдоним участника",
              "salted hash that links the ГИА papers of one pupil and the medal list"),
        Field("gender", "str", "пол", "m = м, f = ж", allowed=("m", "f")),
        Field("variant", "str", "вариант", "variant of the paper"),
        Field("prior_mark", "int", "отметка по журналу", "school mark of the previous term",
              minimum=2, maximum=5),
        Field("total", "int", "балл",
              "primary score, for ЕГЭ with a test score that one (0…100); empty = absent",
              fault="row", minimum=0, maximum=_MOST_POINTS),
        Field("mark", "int", "отметка за работу", "mark of the paper, if the source gives one",
              minimum=2, maximum=5),
        Field(r"^item_\d{2}$", "int", "балл за задание",
              "points for a task, item_01 … item_99; empty (X) = not done, 0 towards the sum",
              minimum=0, maximum=_MOST_FOR_A_TASK),
    ),
)  # fmt: skip

SCHOOLS = Contract(
    "schools",
    "школы",
    "One row per school with its context.",
    ("school",),
    (
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("name", "str", "название", "name of the school; its code if not given", True, "row"),
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("gia_code", "str", "код в РИС ГИА",
              "code of the school in protocols of ОГЭ and ЕГЭ, where it is another one"),
        Field("municipality_kind", "str", "вид муниципалитета", "district, city …"),
        Field("school_type", "str", "вид школы",
              "secondary = СОШ, basic = ООШ, primary = НОШ", allowed=SCHOOL_TYPES),
        Field("location", "str", "расположение", "kind of settlement"),
        Field("settlement_size", "str", "население", "size of the settlement"),
        Field("city_access", "str", "доступность города", "how easily a large city is reached"),
        Field("pupils", "float", "учеников", "pupils in the school, persons", minimum=0,
              maximum=_MOST_OF_SCHOOL),
        Field("teachers", "float", "учителей", "teachers in the school, persons", minimum=0,
              maximum=_MOST_OF_SCHOOL),
        Field("teachers_with_category", "float", "учителей с категорией",
              "teachers with a qualification category, persons", minimum=0,
              maximum=_MOST_OF_SCHOOL),
    ),
)  # fmt: skip

_UNIT_FIELDS = (
    Field("municipality", "str", "муниципалитет", "municipality of a school, if the form tells it"),
    Field("level", "str", "уровень", "what the row is about", True, "row", allowed=LEVELS),
    Field("unit", "str", "код", "code of the unit; its name if there is no code", True, "row"),
    Field("unit_name", "str", "название", "name as printed in the form", True, "row"),
)


def _share(name: str, title: str) -> Field:
    meaning = "percent of participants"
    return Field(name, "float", title, meaning, True, "row", 0, 100, per_cent=True)


def _persons(name: str, title: str, meaning: str) -> Field:
    return Field(name, "int", title, f"{meaning}, persons", True, "row", 0, _MOST_PEOPLE)


MARK_STATISTICS = Contract(
    "mark_statistics",
    "статистика по отметкам",
    "Aggregate form Ф3 of ФИС ОКО: shares of marks by unit.",
    (*PAPER, "level", "unit"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        Field("n_schools", "int", "кол-во ОО", "schools in the unit", minimum=0),
        _persons("n", "кол-во участников", "participants"),
        *(_share(f"share_{mark}", f"доля «{mark}»") for mark in (2, 3, 4, 5)),
    ),
)

MARK_VS_PRIOR = Contract(
    "mark_vs_prior",
    "сравнение отметок с отметками по журналу",
    "Aggregate form of ФИС ОКО: mark of the paper against the school mark, by unit.",
    (*PAPER, "level", "unit"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        _persons("n", "кол-во участников", "participants"),
        _persons("lower", "понизили", "paper mark < school mark"),
        _persons("same", "подтвердили", "paper mark = school mark"),
        _persons("higher", "повысили", "paper mark > school mark"),
        _share("share_lower", "понизили, %"),
        _share("share_same", "подтвердили, %"),
        _share("share_higher", "повысили, %"),
    ),
)

_MOST_POINTS_OF_TASK = Field(
    r"^most_\d{2}$", "int", "наибольший балл задания", "the most points of the task as the form prints it",
    minimum=0, maximum=_MOST_FOR_A_TASK,
)  # fmt: skip
_DONE = Field(
    r"^item_\d{2}$", "float", "выполнение задания",
    "points got, percent of all that could be got; tasks are numbered as in `results`",
    minimum=0, maximum=100, per_cent=True,
)  # fmt: skip

TASK_SHARES = Contract(
    "task_shares",
    "выполнение заданий",
    "Aggregate form of ФИС ОКО «Выполнение заданий»: how each task was done, by unit.",
    (*PAPER, "level", "unit"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        Field("n_schools", "int", "кол-во ОО", "schools in the unit", minimum=0),
        _persons("n", "кол-во участников", "participants"),
        _DONE,
        _MOST_POINTS_OF_TASK,
    ),
)

TASK_SHARES_BY_GROUP = Contract(
    "task_shares_by_group",
    "выполнение заданий группами участников",
    "Aggregate form of ФИС ОКО: how those who got each mark did each task, by unit.",
    (*PAPER, "level", "unit", "mark_group"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        Field("mark_group", "str", "группа по отметке",
              "2 … 5 = those who got the mark, all = everybody of the unit",
              True, "row", allowed=("2", "3", "4", "5", "all")),
        Field("n", "int", "кол-во участников", "participants of the group, if the form tells, persons",
              fault="row", minimum=0, maximum=_MOST_PEOPLE),
        _DONE,
        _MOST_POINTS_OF_TASK,
    ),
)  # fmt: skip

PLANNED_RESULTS = Contract(
    "planned_results",
    "достижение планируемых результатов",
    "Aggregate form of ФИС ОКО: what each task asks for, and how far units reach it.",
    (*PAPER, "level", "unit", "task"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        Field("n", "int", "кол-во участников", "participants, if the heading tells, persons",
              minimum=0, maximum=_MOST_PEOPLE),
        Field("task", "str", "задание", "number of the task as printed", True, "row"),
        Field("requirement", "str", "планируемый результат", "what the task asks for, as printed"),
        Field("max_points", "int", "наибольший балл", "the most points of the task",
              minimum=0, maximum=_MOST_FOR_A_TASK),
        Field("share", "float", "выполнение", "points got, percent of all that could be got",
              True, "row", 0, 100, per_cent=True),
    ),
)  # fmt: skip

SCORE_SHARES = Contract(
    "score_shares",
    "распределение первичных баллов по группам участников",
    "Aggregate form of ФИС ОКО: percent of participants at every primary score, by unit.",
    (*PAPER, "level", "unit"),
    (
        *_PAPER_FIELDS,
        *_UNIT_FIELDS,
        Field("n_schools", "int", "кол-во ОО", "schools in the unit", minimum=0),
        _persons("n", "кол-во участников", "participants"),
        Field(r"^score_\d{3}$", "float", "доля при балле",
              "percent of participants with this primary score, score_000 …; empty = nobody, or no such "
              "score in the paper",
              fault="row", minimum=0, maximum=100, per_cent=True),
    ),
)  # fmt: skip

#: Forms of ФИС ОКО whose rows are groups of participants.
OF_UNITS = (
    *(MARK_STATISTICS, MARK_VS_PRIOR, TASK_SHARES),
    *(TASK_SHARES_BY_GROUP, PLANNED_RESULTS, SCORE_SHARES),
)

#: Columns of :data:`MARKERS` with one paper each: (grade, subject) → column.
MARKER_PAPERS = {(4, "RU"): "ru4", (4, "MA"): "ma4", (5, "RU"): "ru5", (5, "MA"): "ma5"}

MARKERS = Contract(
    "markers",
    "официальные списки школ с маркерами необъективности",
    "One row per school and year in which ФИОКО listed it; a school that is not here was not listed.",
    ("year", "school"),
    (
        Field("year", "int", "год", "year of the list", True, "row", 2000, 2100),
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("school_name", "str", "название", "name of the school as printed in the list"),
        *(
            Field(name, "int", f"{grade} {SUBJECT_NAMES[subject][1].upper()}",
                  "1 = the list marks the school for this paper of ВПР; empty = 0",
                  minimum=0, maximum=1)
            for (grade, subject), name in MARKER_PAPERS.items()
        ),
        Field("markers", "int", "количество маркеров", "papers marked; must be their sum",
              minimum=1, maximum=len(MARKER_PAPERS)),
    ),
)  # fmt: skip

REFERENCE_SCORES = Contract(
    "reference_scores",
    "распределение первичных баллов вне результатов региона",
    "How many pupils of an independently observed sample, or of the whole country, reached each "
    "primary score: what schools are compared with first.",
    (*PAPER, "kind", "score"),
    (
        *_PAPER_FIELDS,
        Field("kind", "str", "выборка",
              "control = работы под независимым наблюдением, country = «Вся выборка» формы ФИС ОКО",
              True, "row", allowed=("control", "country")),
        Field("score", "int", "первичный балл", "primary score", True, "row", 0),
        Field("n", "int", "участников", "pupils with this score, persons",
              True, "row", 0, _MOST_PEOPLE),
    ),
)  # fmt: skip

MEDALISTS = Contract(
    "medalists",
    "медалисты",
    "One row per pupil who was given the medal «За особые успехи в учении».",
    ("year", "person"),
    (
        Field("year", "int", "год", "year of graduation", True, "row", 2000, 2100),
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("person", "str", "псевдоним участника",
              "salted hash, the same as in the results of ГИА", True, "row"),
        Field("degree", "int", "степень", "degree of the medal; empty before 2024",
              minimum=1, maximum=2),
    ),
)  # fmt: skip

LEVEL_COUNTS = Contract(
    "level_counts",
    "число участников по уровням",
    "Sources that give only how many pupils of a school reached each of some ordered levels. A level "
    "the source does not count has no row: that is not 0.",
    (*PAPER, "school", "level"),
    (
        *_PAPER_FIELDS,
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("level", "int", "уровень", "1 = the lowest, 2 the next …", True, "row", 1, 99),
        Field("title", "str", "название уровня", "what the source calls the level"),
        Field("n", "int", "участников", "pupils on this level and no other, persons",
              True, "row", 0, _MOST_PEOPLE),
    ),
)  # fmt: skip

SCHOOL_MEANS = Contract(
    "school_means",
    "средние результаты школ",
    "Sources that give only how many pupils of a school wrote a paper and their mean, perhaps beside the "
    "mean of their school marks.",
    (*PAPER, "school"),
    (
        *_PAPER_FIELDS,
        Field("municipality", "str", "муниципалитет", "code; a name if there is no code",
              True, "row"),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("n", "int", "участников", "pupils with a result, persons",
              True, "row", 0, _MOST_PEOPLE),
        Field("mean", "float", "средний результат", "mean in the units of the source",
              True, "row", 0, per_cent=True),
        Field("prior_mean", "float", "средняя отметка школы",
              "mean of the school marks of the same pupils, in marks", minimum=0),
    ),
)  # fmt: skip

SCHOOL_MEASURES = Contract(
    "school_measures",
    "меры поддержки школ",
    "One row per school and measure it was given, so that its later results can be compared with "
    "schools that were not.",
    ("year", "school", "measure"),
    (
        Field("year", "int", "год",
              "year of the last procedure before the measure began: one of autumn 2025 to spring "
              "2026 has 2025; its first results are those of the year after",
              True, "row", 2000, 2100),
        Field("school", "str", "школа", "login or code of the school", True, "row"),
        Field("measure", "str", "код меры", "the same for all schools that got the measure",
              True, "row"),
        Field("title", "str", "название меры", "what the measure is called"),
        Field("direction", "str", "направление", "direction of management it belongs to"),
    ),
)  # fmt: skip

CONTRACTS = {
    contract.name: contract
    for contract in (
        *(RESULTS, SCHOOLS, *OF_UNITS),
        *(MARKERS, REFERENCE_SCORES, MEDALISTS, LEVEL_COUNTS),
        *(SCHOOL_MEANS, SCHOOL_MEASURES),
    )
}
