"""Protocols of РИС ГИА and lists of medalists in their layouts, about invented people."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import openpyxl

#: (surname, name, patronymic, series, number, participant code, school)
PEOPLE = (
    ("Кузьмичёв-Заречный", "Аристарх", "Вениаминович", "0871", "654321", "771100000001", "050101"),
    ("Перепелицына", "Евдокия", "Модестовна", "0872", "654322", "771100000002", "050101"),
    ("Твердохлебов", "Никанор", "Ипполитович", "0873", "654323", "771100000003", "050102"),
)
FORMS = ("2080000000017", "2080000000024", "2080000000031")

EGE = [
    *("№", "Код ППЭ", "Код ОО", "Класс", "Код ООП", "Профиль", "Фамилия", "Имя", "Отчество"),
    *("Вариант", "Код участника", "№ бланка", "Ответы в краткой форме"),
    *("Ответы в развернутой форме", "Первичный балл", "Итоговый балл"),
]
REGIONAL = [
    *("№", "Код МСУ", "Код ОО", "Класс", "Код ППЭ", "Фамилия", "Имя", "Отчество"),
    *("Задания с кратким ответом", "Задания с развёрнутым ответом"),
    *("Первичный балл", "Тестовый балл"),
]
OGE = [
    *("№", "Код ОО", "Класс", "Код ППЭ", "Аудитория", "Код МСУ", "Фамилия", "Имя", "Отчество"),
    *("Серия", "Номер", "кр. ответ", "разв. ответ", "Первичный балл", "Оценка"),
]
OGE_CSV = [
    *("SchoolCode", "ClassCode", "StationCode", "AuditoriumCode", "GovernmentCell"),
    *("SurnameCell", "NameCell", "SecondNameCell", "DocumentSeriesCode", "DocumentNumberCode"),
    *("TestResultBCell", "TestResultCCell", "PrimaryMark", "Mark5"),
]


def ege_row(k: int, short: str, long: str, primary: object, score: object) -> list[object]:
    """A pupil's line of a protocol of ЕГЭ."""
    surname, name, patronymic, _, _, code, school = PEOPLE[k]
    return [
        *(k + 1, "0101", school, "11А", "", "", surname, name, patronymic),
        *("301", code, FORMS[k], short, long, primary, score),
    ]


def regional_row(k: int, score: object) -> list[object]:
    """A pupil's line of the regional variant."""
    surname, name, patronymic, _, _, _, school = PEOPLE[k]
    return [
        *(k + 1, "501", school, "11", "0101", surname.upper(), name.upper(), patronymic.upper()),
        *("+-", "1(2)", 2, score),
    ]


def oge_row(k: int, short: str, long: str, primary: object, mark: object) -> list[object]:
    """A pupil's line of a protocol of ОГЭ."""
    surname, name, patronymic, series, number, _, school = PEOPLE[k]
    return [
        *(k + 1, school, "9Б", "0101", "0007", "501", surname, name, patronymic),
        *(series, number, short, long, primary, mark),
    ]


def oge_csv_row(k: int, primary: object, mark: object) -> list[object]:
    """A pupil's line of a CSV of ОГЭ."""
    surname, name, patronymic, series, number, _, school = PEOPLE[k]
    return [
        *(school, "9Б", "0101", "0007", "501", surname, name, patronymic, series, number),
        *("++-", "2(2)", primary, mark),
    ]


def workbook(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """Write a workbook of named sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def table(path: Path, rows: Sequence[Sequence[object]], encoding: str = "cp1251") -> Path:
    """Write a CSV with semicolons."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


SCHOOLS = [
    ["school", "name", "municipality"],
    ["050101", "МБОУ «СОШ № 1»", "M01"],
    ["050102", "МБОУ «Гимназия № 2»", "M01"],
]
