"""Counts of one school in words: figures and tables of the explorer, for service use only."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from msoko_analysis.disclosure import count_to_entitled
from msoko_analysis.facts.counts import PaperCounts
from msoko_analysis.facts.district import Facts
from msoko_analysis.facts.pictures import DISTANCES, SchoolPicture
from msoko_analysis.figures import (
    Figure,
    NearCuts,
    SchoolMarks,
    SchoolScores,
    school_marks,
    school_near_cuts,
    school_scores,
)
from msoko_analysis.page.prose import Paragraph
from msoko_analysis.page.tables import Digits, Table
from msoko_analysis.params.procedures import procedures
from msoko_analysis.russian import NBSP, counted, number
from msoko_analysis.wording.names import paper_name, school_name

SERVICE = "Для служебного пользования"
"""What a table or a figure with numbers of small groups begins with."""
NO_CUTS = (
    "Работ, которые школа проводит и проверяет сама и у которых известны границы отметок, у школы нет: "
    "сравнивать у границ нечего."
)
# More scores than this are shown in tens.
_MANY = 60
_WORKS = ("работа", "работы", "работ")


def pooled_figure(facts: Facts, unit: str, picture: SchoolPicture | None) -> Figure | Paragraph:
    """All papers of a school together: around the cuts and over the scale, as in the note."""
    if picture is None or not np.nansum(picture.near.seen.counts):
        return Paragraph(NO_CUTS)
    name = school_name(facts, unit)
    near, tenths = picture.near, picture.tenths
    return school_near_cuts(
        NearCuts(DISTANCES, near.seen, near.usual, tenths.seen, tenths.usual, picture.stepped),
        name=f"counts-{unit}",
        caption=(
            f"{SERVICE}. {name}, {facts.year}{NBSP}год: работы по расстоянию до ближайших границ отметок "
            "(слева) и по всей шкале (справа); чёрточки — сколько ожидается при уровне школы. Работа между "
            "двумя близкими границами учтена у обеих"
        ),
        description=f"{name}: столбцы числа работ у границ отметок и ожидаемые значения.",
    )


def marks_figure(facts: Facts, unit: str, picture: SchoolPicture | None) -> Figure | Paragraph:
    """Marks of the school over all papers beside those of the region's pupils of such scores."""
    if picture is None or picture.marks is None:
        return Paragraph("Отметок школы в данных нет.")
    name = school_name(facts, unit)
    return school_marks(
        SchoolMarks(picture.marks.seen, picture.marks.usual),
        name=f"marks-{unit}",
        caption=(
            f"{SERVICE}. {name}, {facts.year}{NBSP}год: отметки, которые поставила школа, по всем работам; "
            "чёрточки — сколько таких отметок у учеников региона с такими же баллами"
        ),
        description=f"{name}: столбцы числа отметок от «2» до «5» и ожидаемые значения.",
    )


def paper_figure(facts: Facts, unit: str, counts: PaperCounts) -> Figure:
    """One paper of a school score by score, or in tens of the test score."""
    name, paper = school_name(facts, unit), paper_name(facts, counts.paper)
    seen, expected, labels, cuts = counts.seen, counts.expected, [], counts.cuts
    if len(seen) > _MANY:
        # a line stands between tens: within one it would be drawn where its cut is not
        cuts = tuple(cut // 10 for cut in cuts) if not any(cut % 10 for cut in cuts) else ()
        seen, expected, labels = _tens(seen), _tens(expected), _ranges(len(seen) - 1)
    few = facts.run.thresholds["spike_min_tested"].value
    at_school = procedures()[counts.paper.procedure].kind == "school"
    usual = (
        "чёрточки — сколько ожидается при её уровне"
        if np.isfinite(expected).any()
        else f"работ меньше {number(few)} или сравнить не с чем, поэтому ожидание не показано"
    )
    return school_scores(
        SchoolScores(
            count_to_entitled(seen), expected, cuts, labels,
            shade=at_school and not labels and bool(np.isfinite(expected).any()),
        ),
        axis_title="первичный балл" if counts.cuts or not labels else "тестовый балл",
        name=f"counts-{unit}-{counts.paper.code}",
        caption=(
            f"{SERVICE}. {name}, {facts.year}{NBSP}год, {paper}: "
            f"{counted(counts.n, *_WORKS)} по баллам; {usual}"
        ),
        description=f"{name}, {paper}: столбцы числа работ по баллам и ожидаемые значения.",
    )  # fmt: skip


def _tens(cells: np.ndarray) -> np.ndarray:
    """Cells 0…top by tens; the last holds the top as well."""
    tens = np.minimum(np.arange(len(cells)) // 10, (len(cells) - 1) // 10 - 1)
    return np.bincount(tens, cells)


def _ranges(top: int) -> list[str]:
    starts = range(0, top - 9, 10)
    return [f"{start}–{top if start + 10 >= top else start + 9}" for start in starts]


def scores_table(facts: Facts, unit: str, counts: PaperCounts) -> Table:
    """Works of a school at every score of one paper, seen and expected."""
    scores = np.arange(len(counts.seen))
    frame = pd.DataFrame({"Балл": scores, "Работ": counts.seen, "Ожидается": counts.expected})
    if counts.cuts:
        marks = 2 + np.searchsorted(counts.cuts, scores, side="right")
        frame.insert(1, "Отметка", [f"«{mark}»" for mark in marks])
    if len(scores) > _MANY:
        frame = frame[frame["Работ"] > 0]
    return Table(
        "counts",
        f"{SERVICE}. {school_name(facts, unit)}, {facts.year}{NBSP}год, "
        f"{paper_name(facts, counts.paper)}: работы по баллам",
        frame,
        {"Балл": Digits(), "Работ": Digits(), "Ожидается": Digits(1)},
        ("Не для публикации: видны группы меньше допустимой. Ожидается — при уровне самой школы.",),
        service=True,
    )


def medals_table(facts: Facts, unit: str, rows: pd.DataFrame) -> Table:
    """Medalists of a school; ``rows`` those of the table of measures, before the gate."""
    mine = rows.set_index("indicator")
    found = [
        {"Медалистов": name, "Из": mine.loc[code, "n"], "Число": mine.loc[code, "count"]}
        for code, name in _MEDALS.items()
        if code in mine.index
    ]
    return Table(
        "medalists",
        f"{SERVICE}. {school_name(facts, unit)}, {facts.year}{NBSP}год: подсчёты медалистов",
        pd.DataFrame(found),
        {"Из": Digits(), "Число": Digits()},
        (
            "Не для публикации: видны группы меньше допустимой. Вывод сделан по медалистам трёх лет вместе.",
        ),
        empty="Медалистов этого года нет.",
        service=True,
    )


_MEDALS = {
    "medals": "найдены в результатах ЕГЭ",
    "medals_p29": "с результатом ниже 70 по какому-либо предмету",
    "medals_p29_second": "с результатом ниже 60 (медали II степени)",
    "medals_rule": "результаты не соответствуют правилу года",
}


def papers_table(facts: Facts, unit: str, counts: Iterable[PaperCounts]) -> Table:
    """Works of a school by mark, a row for every paper."""
    rows = []
    for one in counts:
        marks = one.marks if len(one.marks) else np.full(4, np.nan)
        rows.append(
            {
                "Предмет, класс": paper_name(facts, one.paper),
                "Работ": one.n,
                "Средний результат, %": one.mean_percent,
                **{f"«{mark}»": n for mark, n in zip((2, 3, 4, 5), marks, strict=True)},
                "Отметка школы известна": one.pairs.sum(),
                "школьная выше": np.tril(one.pairs, -1).sum(),
                "школьная ниже": np.triu(one.pairs, 1).sum(),
            }
        )
    frame = pd.DataFrame(rows)
    return Table(
        "papers",
        f"{SERVICE}. {school_name(facts, unit)}, {facts.year}{NBSP}год: подсчёты по работам",
        frame,
        dict.fromkeys(frame.columns[1:], Digits()) | {"Средний результат, %": Digits(1)},
        (
            "Не для публикации: видны группы меньше допустимой. Средний результат — % максимального балла, "
            "по ЕГЭ — тестовый балл; прочерк — отметок у этой работы нет.",
        ),
        empty="Подсчётов по этой школе нет: есть только формы.",
        service=True,
    )
