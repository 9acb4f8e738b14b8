"""What all templates of the project look like: headings, help, drop-downs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

_HEAD = PatternFill("solid", fgColor="D9E2EC")
_USUAL = 16


def write_help(sheet: Worksheet, title: str, lines: Sequence[str]) -> None:
    """Fill a sheet with lines of help.

    >>> from openpyxl import Workbook
    >>> sheet = Workbook().active
    >>> write_help(sheet, "Как заполнять", ["Впишите числа."])
    >>> sheet.title, sheet["A1"].value
    ('Как заполнять', 'Впишите числа.')
    """
    sheet.title = title
    sheet.column_dimensions["A"].width = 110
    for row, text in enumerate(lines, 1):
        sheet.cell(row, 1, text).alignment = Alignment(wrap_text=True, vertical="top")


def write_head(
    sheet: Worksheet, names: Sequence[str], widths: Mapping[str, int], *, row: int = 1
) -> None:
    """Write a row of headings that stays in sight; ``widths`` of columns by heading.

    >>> from openpyxl import Workbook
    >>> sheet = Workbook().active
    >>> write_head(sheet, ["Код"], {})
    >>> sheet["A1"].value, sheet.freeze_panes
    ('Код', 'A2')
    """
    for place, name in enumerate(names, 1):
        cell = sheet.cell(row, place, name)
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[get_column_letter(place)].width = widths.get(name, _USUAL)
    sheet.freeze_panes = f"A{row + 1}"


def write_list(sheet: Worksheet, names: Sequence[str]) -> str:
    """Write the words of a drop-down below the sheet's title; returns their range.

    >>> from openpyxl import Workbook
    >>> write_list(Workbook().create_sheet("Школы"), ["Школа № 1", "Школа № 2"])
    "'Школы'!$A$2:$A$3"
    """
    write_head(sheet, (sheet.title,), {})
    for name in names:
        sheet.append((name,))
    sheet.column_dimensions["A"].width = 40
    return f"'{sheet.title}'!$A$2:$A${len(names) + 1}"


def drop_down(sheet: Worksheet, words: str, column: str, last: int, *, first: int = 2) -> None:
    """Let cells of a column take only words of a range.

    >>> from openpyxl import Workbook
    >>> sheet = Workbook().active
    >>> drop_down(sheet, "'Школы'!$A$2:$A$3", "B", 10)
    >>> sheet.data_validations.dataValidation[0].formula1
    "'Школы'!$A$2:$A$3"
    """
    rule = DataValidation("list", formula1=words, allow_blank=True)
    rule.error, rule.errorTitle, rule.showErrorMessage = "Выберите из списка", "Нет в списке", True
    rule.add(f"{column}{first}:{column}{last}")
    sheet.add_data_validation(rule)
