"""The template of a roadmap goes out, comes back as it was filled, and says where it is wrong."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from shutil import copy

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from msoko_analysis.cli import app
from msoko_analysis.errors import DataError
from msoko_analysis.monitoring.editions import load_editions
from msoko_analysis.monitoring.roadmap.keywords import load_keywords
from msoko_analysis.monitoring.roadmap.reading import read_roadmap
from msoko_analysis.monitoring.roadmap.template import DIRECTIONS as CHOICES
from msoko_analysis.monitoring.roadmap.template import (
    DRAFT_HEAD,
    HEAD,
    HEAD_ROW,
    SHEET,
    write_roadmap_template,
)
from msoko_analysis.monitoring.roadmap.terms import Span

PLAN = Span(date(2026, 1, 1), date(2027, 12, 31))
DIRECTIONS = ("Воспитание", "Объективность оценки", "Профориентация")
SCHOOLS = ("Школа № 1", "Школа № 2", "Школа № 12")
STAGES = [stage.name for stage in load_keywords().stages.in_order]
FIRST = HEAD_ROW + 1


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template nobody has touched."""
    path = tmp_path_factory.mktemp("template") / "пустая.xlsx"
    write_roadmap_template(path, PLAN, directions=DIRECTIONS, schools=SCHOOLS)
    return path


@pytest.fixture
def path(fresh: Path, tmp_path: Path) -> Path:
    """A copy to fill in."""
    return copy(fresh, tmp_path / "карта.xlsx")


def rows() -> list[tuple]:
    """Thirty complete rows as a person would type them."""
    terms = ("до 01.03.2026", "май 2026 г.", "ежегодно, июнь", "в течение года", "2 раза в год")
    marks = ("", "Выполнено 20.02.2026", "не выполнено")
    return [
        (
            f"{n // 10 + 1}.{n % 10 + 1}", DIRECTIONS[n % 3], STAGES[n % len(STAGES)],
            f"Мероприятие {n} района", terms[n % 5], f"Справка {n}", f"Методист {n}",
            SCHOOLS[n % 3] if n % 2 else "", marks[n % 3], f"Приказ № {n}" if n % 3 == 1 else "",
        )
        for n in range(30)
    ]  # fmt: skip


def fill(path: Path) -> Worksheet:
    """Type the rows; returns the sheet, its workbook not yet saved."""
    sheet = load_workbook(path)[SHEET]
    for number, row in enumerate(rows(), FIRST):
        for place, cell in enumerate(row, 1):
            sheet.cell(number, place).value = cell or None
    return sheet


def test_what_is_typed_is_what_is_read(path: Path) -> None:
    sheet = fill(path)
    sheet.parent.save(path)
    read = read_roadmap(path, directions=DIRECTIONS, schools=SCHOOLS)
    code = {stage.name: stage.code for stage in load_keywords().stages.stages}
    assert [
        (
            one.number, one.direction, one.stages, one.text, one.term.text, one.evidence,
            one.responsible, one.school, one.mark, one.proof,
        )
        for one in read.activities
    ] == [(*row[:2], (code[row[2]],), *row[3:]) for row in rows()]  # fmt: skip
    assert read.plan == PLAN
    assert (read.problems, read.missing, read.doubts) == ((), (), ())
    assert len(read.skipped) == 4  # help and three lists


def test_an_empty_template_is_an_empty_roadmap(path: Path) -> None:
    read = read_roadmap(path)
    assert read.activities == ()
    assert (read.problems, read.missing, read.doubts) == ((), (), ())


def test_drop_downs_offer_the_words_the_reader_knows(path: Path) -> None:
    book = load_workbook(path)
    lists = [one for one in book[SHEET].data_validations.dataValidation if one.type == "list"]
    offered = {}
    for one in lists:
        title, span = one.formula1.split("!")
        words = [cell.value for (cell,) in book[title.strip("'")][span.replace("$", "")]]
        offered[str(one.sqref)[0]] = words
    assert offered == {"B": [*DIRECTIONS], "C": STAGES, "H": [*SCHOOLS]}
    assert book[SHEET]["A3"].number_format == "@"
    assert book[SHEET].cell(HEAD_ROW, 5).value == HEAD[4]


def test_twenty_planted_faults_give_twenty_places(path: Path) -> None:
    sheet = fill(path)
    planted = []

    def plant(column: str, row: int, value: object) -> None:
        sheet[f"{column}{row}"] = value
        planted.append(f"{column}{row}")

    plant("E", 3, "когда-нибудь")  # 1 no term at all
    plant("E", 4, "31.02.2026")  # 2 no such day
    plant("E", 5, "май 2026 – март 2026")  # 3 backwards
    plant("E", 6, "до марта 2026")  # 4 which day?
    plant("E", 7, "март")  # 5 which year?
    plant("E", 8, "#REF!")  # 6 an error of Excel
    plant("E", 9, "март 2062")  # 7 outside the plan
    plant("E", 10, "июнь 2026 г., 2027 г.")  # 8 a year without a month
    plant("D", 11, None)  # 9 nothing to do
    plant("A", 12, datetime(2026, 2, 1))  # 10 Excel made a date of 1.10
    plant("A", 13, "2.1а")  # 11 not a number
    plant("A", 14, "2.3")  # 12 the number of the next row: that one repeats it
    planted[-1] = "A15"
    plant("B", 16, "Воспитания")  # 13 no such direction
    plant("C", 17, "Мониторингг")  # 14 no such stage
    plant("H", 18, "Школа № 3")  # 15 no such school
    plant("I", 19, "хорошо")  # 16 what does it mean?
    plant("I", 20, "Выполнено 32.01.2026")  # 17 no such day
    plant("G", 21, None)  # 18 nobody answers for it
    plant("F", 22, "  ")  # 19 nothing to prove it by
    plant("E", 23, None)  # 20 no term
    sheet.parent.save(path)
    assert len(set(planted)) == 20
    read = read_roadmap(path, directions=DIRECTIONS, schools=SCHOOLS)
    found = [*read.problems, *read.missing, *read.doubts]
    # the numbers the faults took away are missed as well, where the next row notices
    noticed = [one for one in found if "пропущен" not in one.rule]
    assert sorted(one.cell for one in noticed) == sorted(planted)
    assert len(read.activities) == len(rows())
    for one in found:
        assert one.rule
        assert one.action
        assert str(one).startswith(f"карта.xlsx, лист «{SHEET}», ячейка {one.cell}: ")


def test_a_template_is_refused_rather_than_spoiled(path: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="файл уже есть"):
        write_roadmap_template(path, PLAN, directions=DIRECTIONS)
    with pytest.raises(DataError, match="ни одного направления"):
        write_roadmap_template(tmp_path / "a.xlsx", PLAN, directions=())
    half = Span(date(2026, 1, 1), date(2026, 6, 30))
    with pytest.raises(DataError, match="целые календарные или учебные годы"):
        write_roadmap_template(tmp_path / "a.xlsx", half, directions=DIRECTIONS)


# --- workbooks of other shapes -----------------------------------------------------------------


def workbook(tmp_path: Path, *lines: tuple) -> Path:
    """A workbook with these rows."""
    book = Workbook()
    for line in lines:
        book.active.append(line)
    book.save(tmp_path / "своя.xlsx")
    return tmp_path / "своя.xlsx"


def test_columns_are_known_by_their_words_in_any_order(tmp_path: Path) -> None:
    head = ("Ответственный исполнитель", "Сроки", "Примечание", "Конечный результат", "Мероприятия")
    row = ("Методист", date(2026, 5, 20), "важно", "Справка", "Семинар")
    read = read_roadmap(workbook(tmp_path, ("План на 2026 год",), head, row))
    (one,) = read.activities
    assert (one.text, one.term.text, one.evidence, one.responsible) == (
        "Семинар", "20.05.2026", "Справка", "Методист",
    )  # fmt: skip
    # a column nobody knows is named, not dropped in silence
    assert [(doubt.cell, "Примечание" in doubt.rule) for doubt in read.doubts] == [("C2", True)]


def test_a_cell_merged_over_rows_is_read_in_each(tmp_path: Path) -> None:
    head = ("№", "Мероприятие", "Срок", "Ответственный")
    path = workbook(tmp_path, head, (1, "А", "май 2026", "Методист"), (2, "Б", "июнь 2026", None))
    book = load_workbook(path)
    book.active.merge_cells("D2:D3")
    book.save(path)
    assert [one.responsible for one in read_roadmap(path).activities] == ["Методист"] * 2


def test_lines_below_a_table_are_named(tmp_path: Path) -> None:
    head = ("№", "Мероприятие", "Срок", "Ответственный", "Результат")
    row = (1, "А", "май 2026", "Методист", "Справка")
    read = read_roadmap(workbook(tmp_path, head, row, (), ("Начальник управления",)))
    assert len(read.activities) == 1
    assert [doubt.rule for doubt in read.doubts] == ["строка под таблицей не прочитана"]


def test_a_plan_that_does_not_say_its_years_is_asked_for_them(tmp_path: Path) -> None:
    head = ("№", "Мероприятие", "Срок", "Ответственный", "Результат")
    row = (1, "А", "ежегодно", "Методист", "Справка")
    (missing,) = read_roadmap(workbook(tmp_path, head, row)).missing
    assert "на какие годы план" in missing.rule


def test_a_broken_workbook_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="файла нет"):
        read_roadmap(tmp_path / "нет.xlsx")
    (tmp_path / "text.xlsx").write_text("не книга", encoding="utf-8")
    with pytest.raises(DataError, match="это не книга Excel"):
        read_roadmap(tmp_path / "text.xlsx")
    with pytest.raises(DataError, match="нет таблицы со столбцами мероприятий и сроков"):
        read_roadmap(workbook(tmp_path, ("Школа", "Балл"), ("Школа № 1", 5)))


def test_the_command_writes_the_roadmap_of_an_edition(tmp_path: Path) -> None:
    out = tmp_path / "карта.xlsx"
    told = CliRunner().invoke(
        app,
        ["template", "roadmap", str(out), "--year", "2026", "--edition", "2023", "--school-year"],
    )
    assert told.exit_code == 0, told.output
    roadmap = read_roadmap(out)
    assert roadmap.plan == Span(date(2026, 9, 1), date(2027, 8, 31))
    directions = load_workbook(out)[CHOICES]
    names = [row[0].value for row in directions.iter_rows()]
    assert {one.name for one in load_editions()["2023"].directions} <= set(names)


def test_columns_of_a_draft_are_passed_by_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "проект.xlsx"
    row = {"№ п/п": "1", "Мероприятие": "Семинар", "Срок исполнения": "до 01.03.2026"}
    row |= {"Результат, которым подтверждается": "Протокол", "Ответственный": "Методист"}
    aside = {
        "Этап процедуры": "проведение",
        "Чем измеряется": "Доля",
        "Было": "3",
        "Основание": "a:1",
    }
    write_roadmap_template(path, PLAN, directions=DIRECTIONS, draft=[row | aside])
    read = read_roadmap(path)
    assert [one.text for one in read.activities] == ["Семинар"]
    assert (read.problems, read.missing, read.doubts) == ((), (), ())
    book = load_workbook(path)
    head = {cell.value: cell for cell in book[SHEET][HEAD_ROW]}
    assert set(head) == {*HEAD, *DRAFT_HEAD}
    head["Было"].value = "Было плохо"
    book.save(path)
    (doubt,) = read_roadmap(path).doubts
    assert "столбец «Было плохо» не прочитан" in str(doubt)
