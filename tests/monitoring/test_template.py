"""The template goes out, comes back with the same numbers, and says where it is wrong."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from msoko_analysis.cli import app
from msoko_analysis.errors import DataError
from msoko_analysis.monitoring.engine import KEY, NUMBERS
from msoko_analysis.monitoring.periods import Period
from msoko_analysis.monitoring.reading import read_template, read_templates
from msoko_analysis.monitoring.registry import load_registry
from msoko_analysis.monitoring.template import (
    INPUT,
    PLACES,
    TARGETS,
    write_template,
    year_periods,
)

REGISTRY = load_registry()
PLACES_BY_CODE = {
    "M01": "Заречный городской округ",
    "M02": "Северный район",
    "M03": "Луговой район",
}
CODES = {name: code for code, name in PLACES_BY_CODE.items()}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template of 2026 nobody has touched."""
    made = tmp_path_factory.mktemp("template") / "пустой.xlsx"
    write_template(made, REGISTRY, PLACES_BY_CODE, year_periods([2026], REGISTRY))
    return made


@pytest.fixture
def path(fresh: Path, tmp_path: Path) -> Path:
    """A copy to fill in."""
    return copy(fresh, tmp_path / "ввод.xlsx")


def row_of(sheet: Worksheet, code: str, place: str, period: str) -> int:
    """The row of a key in the sheet of numbers."""
    wanted = (code, PLACES_BY_CODE[place], Period.parse(period).title)
    for row in range(2, sheet.max_row + 1):
        if (sheet.cell(row, 1).value, sheet.cell(row, 3).value, sheet.cell(row, 4).value) == wanted:
            return row
    raise AssertionError(f"no row for {wanted}")


def filled_at_random(path: Path, seed: int) -> pd.DataFrame:
    """Fill every row as a person would; returns what was typed, by codes."""
    rng = np.random.default_rng(seed)
    book = load_workbook(path)
    sheet, typed = book[INPUT], []
    for row in range(2, sheet.max_row + 1):
        code, place, period = (sheet.cell(row, column).value for column in (1, 3, 4))
        if code is None:
            continue
        one = REGISTRY[code]
        if one.numerator is None:
            numbers = [np.nan, np.nan, round(rng.uniform(0, one.maximum or 500), 2)]
        else:
            below = int(rng.integers(1, 5000))
            above = int(rng.integers(0, below + 1 if one.shares else 2 * below))
            numbers = [above, below, np.nan]
        for column, number in zip("EFG", numbers, strict=True):
            sheet[f"{column}{row}"] = None if np.isnan(number) else number
        typed.append((code, CODES[place], Period.parse(period).code, *numbers))
    book.save(path)
    return pd.DataFrame(typed, columns=KEY + NUMBERS).astype(dict.fromkeys(NUMBERS, float))


# --- there and back ----------------------------------------------------------------------------


def test_what_is_typed_is_what_is_read(path: Path) -> None:
    typed = filled_at_random(path, 7)
    filled = read_template(path, REGISTRY, PLACES_BY_CODE)
    assert len(typed) == sum(one.times_a_year for one in REGISTRY.typed) * len(PLACES_BY_CODE)
    pd.testing.assert_frame_equal(filled.entries, typed)
    assert filled.missing == ()


def test_targets_of_the_sources_are_there_and_can_be_overruled(path: Path) -> None:
    book = load_workbook(path)
    last = max(row for row in range(2, 60) if book[TARGETS].cell(row, 1).value)
    words = ("ДК1", "Северный район", "год 2026", "7,5", "План района")
    for column, word in enumerate(words, 1):
        book[TARGETS].cell(last + 1, column, word)
    book.save(path)
    targets = read_template(path, REGISTRY, PLACES_BY_CODE).targets
    named = [one for one in REGISTRY if one.target is not None]
    assert len(targets) == len(named) * len(PLACES_BY_CODE)
    own = targets[targets["indicator"] == "ДК1"].set_index("municipality")
    assert own["target"].to_dict() == {"M01": 5, "M02": 7.5, "M03": 5}
    assert own.loc["M02", "source"] == "План района"


def test_empty_rows_are_missing_with_their_cells(path: Path) -> None:
    book = load_workbook(path)
    row = row_of(book[INPUT], "П8", "M02", "2026-H2")
    book[INPUT][f"E{row}"], book[INPUT][f"F{row}"] = 1, 4
    value = row_of(book[INPUT], "П21", "M01", "2026")
    rows = book[INPUT].max_row - 1
    book.save(path)
    filled = read_template(path, REGISTRY, PLACES_BY_CODE)
    assert len(filled.entries) == 1
    assert len(filled.missing) == rows - 1
    cells = {problem.cell for problem in filled.missing}
    assert f"G{value}" in cells
    assert f"E{row}:F{row}" not in cells
    assert all(problem.sheet == INPUT for problem in filled.missing)


def test_zero_of_zero_and_decimal_commas_are_numbers(path: Path) -> None:
    book = load_workbook(path)
    row = row_of(book[INPUT], "П8", "M01", "2026-H1")
    book[INPUT][f"E{row}"], book[INPUT][f"F{row}"] = 0, 0
    row = row_of(book[INPUT], "П2", "M01", "2026-H1")
    book[INPUT][f"E{row}"], book[INPUT][f"F{row}"] = "1 234,5", "2\u00a0000"
    book.save(path)
    entries = read_template(path, REGISTRY, PLACES_BY_CODE).entries.set_index("indicator")
    assert entries.loc["П8", ["numerator", "denominator"]].tolist() == [0, 0]
    assert entries.loc["П2", ["numerator", "denominator"]].tolist() == [1234.5, 2000]


def test_drop_downs_and_checks_are_in_the_workbook(path: Path) -> None:
    book = load_workbook(path)
    rules = book[INPUT].data_validations.dataValidation
    lists = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in rules if rule.type == "list"}
    assert set(lists) == {"A2", "C2", "D2"}
    for cell, words in lists.items():
        title, span = words.split("!")
        offered = [one.value for (one,) in book[title.strip("'")][span.replace("$", "")]]
        column = book[INPUT][cell[0]][1:]
        assert {one.value for one in column if one.value} <= set(offered)
        assert len(set(offered)) == len(offered)
        assert None not in offered
    assert "П19" not in [one.value for one in book[INPUT]["A"]]
    row = row_of(book[INPUT], "П8", "M01", "2026-H1")
    mine = {
        str(rule.sqref)[0]: rule
        for rule in rules
        if book[INPUT][f"E{row}"].coordinate in rule.sqref
    }
    assert f"E{row}<=F{row}" in mine["E"].formula1
    assert book[PLACES]["A2"].value == "все"


# --- twenty faults -----------------------------------------------------------------------------


def test_twenty_planted_faults_give_twenty_places(path: Path) -> None:
    filled_at_random(path, 11)
    book = load_workbook(path)
    sheet, targets = book[INPUT], book[TARGETS]
    planted = set()

    def plant(code: str, place: str, period: str, column: str, value: object) -> None:
        row = row_of(sheet, code, place, period)
        sheet[f"{column}{row}"] = value
        planted.add((INPUT, f"{column}{row}"))

    plant("П1", "M01", "2026-H1", "A", "П100")  # 1 no such indicator
    plant("П1", "M02", "2026-H1", "C", "Северный раён")  # 2 no such municipality
    plant("П1", "M03", "2026-H1", "D", "3-е полугодие 2026")  # 3 no such period
    plant("П2", "M01", "2026-H1", "D", "год 2026")  # 4 another frequency
    plant("П2", "M02", "2026-H1", "E", "около ста")  # 5 words
    plant("П2", "M03", "2026-H1", "F", "#DIV/0!")  # 6 an error of Excel
    plant("П3", "M01", "2026-H1", "E", -5)  # 7 below zero
    plant("П3", "M02", "2026-H1", "E", None)  # 8 half a fraction
    plant("П3", "M03", "2026-H1", "F", None)  # 9 the other half
    plant("П3", "M03", "2026-H2", "F", 0)  # 10 nobody to divide by
    sheet[f"E{row_of(sheet, 'П3', 'M03', '2026-H2')}"] = 12
    plant("П4", "M01", "2026-H1", "E", 10**6)  # 11 a part above the whole
    plant("П4", "M02", "2026-H1", "G", 55)  # 12 a percentage typed beside the parts
    plant("П21", "M01", "2026", "E", 3)  # 13 a numerator of a ready value
    plant("П17", "M01", "2026", "G", 101)  # 14 above the largest possible
    plant("П17", "M02", "2026", "G", pd.Timestamp("2026-05-01").to_pydatetime())  # 15 a date
    plant("П18", "M01", "2026", "A", "П19")  # 16 computed from results
    plant("П8", "M03", "2026-H1", "C", None)  # 17 no municipality
    first, second = (row_of(sheet, "П9", "M01", period) for period in ("2026-H1", "2026-H2"))
    sheet[f"D{second}"] = sheet[f"D{first}"].value  # 18 the same row twice
    planted.add((INPUT, f"A{second}"))
    targets["D2"], targets["E3"] = 105, None  # 19 a target above 100 %, 20 one without a document
    planted |= {(TARGETS, "D2"), (TARGETS, "E3")}
    book.save(path)
    assert len(planted) == 20
    with pytest.raises(DataError) as caught:
        read_template(path, REGISTRY, PLACES_BY_CODE)
    found = [(problem.sheet, problem.cell) for problem in caught.value.problems]
    assert sorted(found) == sorted(planted)
    for problem in caught.value.problems:
        assert problem.rule
        assert problem.action
        assert str(problem).startswith(
            f"ввод.xlsx, лист «{problem.sheet}», ячейка {problem.cell}: "
        )


def test_a_broken_workbook_is_said_to_be_one(path: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="файла нет"):
        read_template(tmp_path / "нет.xlsx", REGISTRY, PLACES_BY_CODE)
    (tmp_path / "text.xlsx").write_text("не книга", encoding="utf-8")
    with pytest.raises(DataError, match="это не книга Excel"):
        read_template(tmp_path / "text.xlsx", REGISTRY, PLACES_BY_CODE)
    Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(DataError, match="лист «Ввод»: такого листа нет"):
        read_template(tmp_path / "empty.xlsx", REGISTRY, PLACES_BY_CODE)
    book = load_workbook(path)
    book[INPUT].delete_cols(2)
    book.save(path)
    with pytest.raises(DataError, match="ячейка B1: здесь должен стоять заголовок «Наименование»"):
        read_template(path, REGISTRY, PLACES_BY_CODE)


def test_several_files_become_one(path: Path, tmp_path: Path) -> None:
    other = copy(path, tmp_path / "второй.xlsx")
    for file, place in ((path, "M01"), (other, "M02")):
        book = load_workbook(file)
        row = row_of(book[INPUT], "П8", place, "2026-H1")
        book[INPUT][f"E{row}"], book[INPUT][f"F{row}"] = 1, 4
        book.save(file)
    both = read_templates([path, other], REGISTRY, PLACES_BY_CODE)
    assert both.entries["municipality"].tolist() == ["M01", "M02"]
    with pytest.raises(DataError, match="П8, M01, 2026-H1 есть в двух файлах"):
        read_templates([path, path], REGISTRY, PLACES_BY_CODE)
    with pytest.raises(DataError, match="файла нет"):
        read_templates([path, tmp_path / "нет.xlsx"], REGISTRY, PLACES_BY_CODE)


def test_a_template_is_not_written_over_or_empty(path: Path, tmp_path: Path) -> None:
    periods = year_periods([2026], REGISTRY)
    with pytest.raises(DataError, match="файл уже есть"):
        write_template(path, REGISTRY, PLACES_BY_CODE, periods)
    with pytest.raises(DataError, match="одно имя"):
        write_template(tmp_path / "a.xlsx", REGISTRY, {"a": "Район", "b": "Район"}, periods)
    with pytest.raises(DataError, match="Шаблон пуст"):
        write_template(tmp_path / "a.xlsx", REGISTRY, PLACES_BY_CODE, [])


def test_the_command_writes_and_reads(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    run, made = str(project / "params/runs/demo.yaml"), tmp_path / "шаблон.xlsx"
    command = ["template", "write", run, "--out", str(made), "--year", "2026"]
    app(command, standalone_mode=False)
    typed = filled_at_random(made, 3)
    out = tmp_path / "значения.csv"
    app(["template", "read", run, str(made), "--out", str(out)], standalone_mode=False)
    assert f"значений — {len(typed)}, пустых строк — 0" in capsys.readouterr().out
    assert len(pd.read_csv(out)) == len(typed)
