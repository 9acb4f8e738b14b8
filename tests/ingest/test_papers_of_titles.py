"""Papers of another level or of an earlier programme are papers of their own, never the ordinary one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from msoko_analysis.errors import DataError
from msoko_analysis.ingest.headings import paper_from_name

HEADER = [
    "ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант",
    "1 (1б)", "2 (2б)", "Первичный балл", "Отметка", "Отметка по журналу",
]  # fmt: skip
PUPIL = ["edu990001", "Северный район(reg99_m001)", "Школа № 1", "10000", "8А", 1, 1, 2, 3, 4, 4]

Write = Callable[..., Path]
Derived = Callable[..., tuple]


@pytest.mark.parametrize(
    ("title", "paper"),
    [
        ("ВПР 2023 Математика 8 класс (углубленный)", ("VPR", 8, "MAU")),
        ("ВПР 2023 Математика (углублённый уровень) 7 класс", ("VPR", 7, "MAU")),
        ("ВПР 2026 Физика углубленного уровня 8 класс", ("VPR", 8, "FIU")),
        ("ВПР 2026 Математика, углубленный уровень, 8 класс", ("VPR", 8, "MAU")),
        ("ВПР 2026 Математика — углублённый уровень. 8 класс", ("VPR", 8, "MAU")),
        ("ВПР 2026. Углубленная математика 8 кл. (угл.)", ("VPR", 8, "MAU")),
        ("ВПР 2026 Физика (базовый уровень) 8 класс", ("VPR", 8, "FI")),
        ("ВПР 2026 Литературное чтение 4 класс", ("VPR", 4, "LC")),
        ("ВПР 2026 Литература 8 класс", ("VPR", 8, "LI")),
        ("ВПР 2026 Немецкий язык 7 класс", ("VPR", 7, "NYA")),
        ("ВПР 2020 Русский язык 6 класс (по программе 5 класса)", ("VPR_PREV", 5, "RU")),
        ("ВПР 2020 Русский язык (за 5 класс) 6 класс", ("VPR_PREV", 5, "RU")),
        ("ВПР 2020 Русский язык 6 класс по программе 6 класса", ("VPR", 6, "RU")),
    ],
)
def test_a_title_names_its_paper(
    title: str, paper: tuple[object, ...], write_xlsx: Write, derived: Derived
) -> None:
    report, _ = derived(
        write_xlsx([["Индивидуальные результаты"], [title], HEADER, PUPIL], "f1.xlsx")
    )
    (read,) = report.papers
    assert (read["procedure"], read["grade"], read["subject"]) == paper


def test_the_line_of_the_subject_may_tell_the_level(write_xlsx: Write, derived: Derived) -> None:
    rows = [["ВПР 2026 Математика 8 класс"], ["Предмет:", "Математика (углубленный уровень)"]]
    report, _ = derived(write_xlsx([*rows, HEADER, PUPIL], "f1.xlsx"))
    assert report.papers[0]["subject"] == "MAU"


def test_ordinary_and_advanced_papers_stand_side_by_side(
    write_xlsx: Write, derived: Derived
) -> None:
    plain = write_xlsx([["ВПР 2026 Математика 8 класс"], HEADER, PUPIL], "a.xlsx")
    title = ["ВПР 2026 Математика 8 класс (углубленный)"]
    report, out = derived(plain, write_xlsx([title, HEADER, PUPIL], "b.xlsx"))
    assert not report.rejected
    table = pl.read_parquet(out / "results" / "**/*.parquet")
    assert sorted(table["subject"]) == ["MA", "MAU"]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("ВПР 2026 Химия 8 класс (углубленный)", "предмета этого уровня"),
        ("ВПР 2026 Математика (повышенный уровень) 8 класс", "предмета"),
        ("ВПР 2026 Математика (профильный уровень) 8 класс", "предмета"),
        ("ВПР 2026 Математика 8 класс (у)", "после класса стоят слова"),
        ("ВПР 2026 Математика 8 класс пробная", "после класса стоят слова"),
        ("ВПР 2026 Математика 6 класс по программе 7 класса", "программа не того класса"),
        ("ОГЭ 2026 Математика 9 класс по программе 8 класса", "программа не того класса"),
    ],
)
def test_a_title_that_may_be_of_another_paper_is_refused(
    title: str, reason: str, write_xlsx: Write, derived: Derived
) -> None:
    path = write_xlsx([[title], HEADER, PUPIL], "f1.xlsx")
    with pytest.raises(DataError, match=rf"f1\.xlsx.*{reason}"):
        derived(path)


@pytest.mark.parametrize(
    ("stem", "subject"),
    [
        ("2026_ma8_угл", "MAU"),
        ("2026_ma8_углуб", "MAU"),
        ("2026_ma8_углубленный", "MAU"),
        ("2026_ma8u", "MAU"),
        ("2026_ма8у", "MAU"),
        ("2026 МА8(у)", "MAU"),
        ("2026_fi8_adv", "FIU"),
        ("2026_ma8_проф", None),
        ("2026_hi8_угл", None),  # there is no such paper: the file is refused
        ("Углич_2026_ma8", "MA"),
        ("2026_ma8б", "MA"),
        ("ЕГЭ профильная 2026_ma11", "MA"),
    ],
)
def test_a_file_name_tells_the_level(stem: str, subject: str | None) -> None:
    assert paper_from_name(stem).subject == subject
