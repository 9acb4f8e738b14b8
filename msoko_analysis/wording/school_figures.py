"""The one figure of a named school: what its strongest sign is about, against what is usual."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msoko_analysis.facts.district import Facts
from msoko_analysis.facts.pictures import DISTANCES, AgainstUsual, SchoolPicture, TasksOfPaper
from msoko_analysis.figures import (
    Figure,
    NearCuts,
    SchoolMarks,
    SchoolTasks,
    school_marks,
    school_near_cuts,
    school_tasks,
)
from msoko_analysis.findings import Finding, Verdict
from msoko_analysis.params.signs import load_signs
from msoko_analysis.russian import number
from msoko_analysis.wording.names import paper_name, school_name

# Of the signs of a school the first of these is drawn; any other sign shows the distribution. A sign
# that may name a school goes before one that is told for attention.
_DRAWN = tuple(
    one.finding for one in sorted(load_signs().signs, key=lambda one: not one.names) if one.figure
)


def school_figure(
    facts: Facts, told: Iterable[Finding], title: Callable[[str], str]
) -> Figure | None:
    """The figure of a school whose ``told`` signs these are; ``title`` puts the number before.

    A sign that needs a check goes before one told for information. None where the year has no
    results of pupils.
    """
    ordered = sorted(told, key=lambda one: (one.verdict != Verdict.CONCERN, _order(one.code)))
    unit = ordered[0].unit
    picture = facts.pictures.get(unit)
    if picture is None:
        return None
    name = school_name(facts, unit)
    about = {"name": f"school-{unit}", "title": title, "school": name}
    for one in ordered:
        match load_signs().of_code(one.code).figure:
            case "near_cuts":
                return _cuts(picture, **about, extra=one.value)
            case "marks" if picture.marks is not None:
                return _marks(picture.marks, **about)
            case "tasks" if picture.tasks is not None:
                return _tasks(picture.tasks, paper_name(facts, picture.tasks.paper), **about)
    return _cuts(picture, **about)


def _number(task: str) -> str:
    """«3» for the column ``item_03``."""
    return task.rpartition("_")[2].lstrip("0")


def _order(code: str) -> int:
    return _DRAWN.index(code) if code in _DRAWN else len(_DRAWN)


def _cuts(
    picture: SchoolPicture, *, name: str, title: Callable, school: str, extra: float | None = None
) -> Figure:
    over = (
        f"лишних работ над границами около {number(extra)}"
        if extra is not None
        else "признака скопления у границ нет"
    )
    return school_near_cuts(
        NearCuts(
            DISTANCES, picture.near.seen, picture.near.usual, picture.tenths.seen,
            picture.tenths.usual, picture.stepped,
        ),
        name=name,
        caption=title(
            f"{school}: работы по расстоянию до ближайших границ отметок (слева) и по "
            "всей шкале (справа); чёрточки — сколько ожидается при уровне школы. Работа между двумя "
            "близкими границами учтена у обеих"
        ),
        description=f"{school}: столбцы числа работ у границ отметок и ожидаемые значения; {over}.",
    )  # fmt: skip


def _marks(marks: AgainstUsual, *, name: str, title: Callable, school: str) -> Figure:
    return school_marks(
        SchoolMarks(marks.seen, marks.usual),
        name=name,
        caption=title(
            f"{school}: отметки, которые поставила школа, по всем работам года; чёрточки — сколько "
            "таких отметок у учеников региона с такими же баллами. Величина признака в тексте учитывает "
            "ещё и уровень школы"
        ),
        description=(
            f"{school}: столбцы числа отметок от «2» до «5» и сколько их у учеников региона с такими же "
            "баллами."
        ),
    )


def _tasks(tasks: TasksOfPaper, paper: str, *, name: str, title: Callable, school: str) -> Figure:
    return school_tasks(
        SchoolTasks([_number(one) for one in tasks.tasks], tasks.seen, tasks.usual),
        name=name,
        caption=title(
            f"{school}, {paper}: какую часть баллов каждого задания получили ученики; чёрточки — сколько "
            "получают ученики региона с такими же баллами за всю работу"
        ),
        description=(
            f"{school}, {paper}: столбцы долей баллов по заданиям, от лёгких к трудным, и доли у учеников "
            "региона с такими же баллами."
        ),
    )
