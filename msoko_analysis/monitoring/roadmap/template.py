"""An Excel template of a roadmap that the reader reads back: drop-downs, checks, help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from msoko_analysis.errors import DataError
from msoko_analysis.monitoring.roadmap.keywords import load_keywords
from msoko_analysis.monitoring.roadmap.terms import Span
from msoko_analysis.monitoring.workbook import drop_down, write_head, write_help, write_list

HELP, SHEET = "Как заполнять", "Дорожная карта"
DIRECTIONS, STAGES, SCHOOLS = "Направления", "Этапы цикла", "Школы"
HEAD = (
    *("№ п/п", "Направление", "Этап цикла", "Мероприятие", "Срок исполнения"),
    *("Результат, которым подтверждается", "Ответственный", "Школа"),
    *("Отметка об исполнении", "Документ или ссылка"),
)
#: What a draft tells beside it: the reader of roadmaps passes these columns by (params/cycle/columns.yaml).
DRAFT_HEAD = ("Этап процедуры", "Чем измеряется", "Было", "Стало", "Основание")
HEAD_ROW = 2  # the title with the years of the plan stands above
_WIDTH = {
    "№ п/п": 8, "Направление": 34, "Этап цикла": 26, "Мероприятие": 60, "Срок исполнения": 26,
    "Результат, которым подтверждается": 40, "Ответственный": 30, "Школа": 24,
    "Отметка об исполнении": 24, "Документ или ссылка": 30,
    "Этап процедуры": 20, "Чем измеряется": 36, "Было": 44, "Стало": 20, "Основание": 30,
}  # fmt: skip
_HELP = (
    "На листе «Дорожная карта» одна строка — одно мероприятие. Номера 1.1, 1.2, …, 1.10 пишутся как "
    "текст: ячейки столбца уже так настроены.",
    "Направление, этап цикла и школа выбираются из списка. Если школа не указана, мероприятие — для всех.",
    "Если мероприятие относится к нескольким этапам, впишите их через точку с запятой.",
    "Срок пишется как обычно: «до 01.03.2027», «март 2027», «октябрь 2026 – май 2027», «август, сентябрь "
    "2026», «ежегодно, май», «2 раза в год», «в течение года». Год нужен, если план больше чем на год.",
    "«До марта», «к лету», «по мере необходимости» сроком не считаются.",
    "Результат — то, чем подтвердится исполнение: приказ, справка, протокол, программа.",
    "Когда мероприятие исполнено, впишите в отметку «Выполнено» и дату, а рядом — номер и дату документа "
    "или ссылку. Если мероприятие повторяется, перечислите все даты.",
    "Первую строку листа с годами плана не удаляйте: по ней понимаются сроки без года.",
)


def write_roadmap_template(
    path: Path,
    plan: Span,
    *,
    directions: Sequence[str],
    schools: Sequence[str] = (),
    rows: int = 200,
    draft: Sequence[Mapping[str, str]] = (),
) -> None:
    """Write a roadmap: empty, or a draft to be edited.

    Parameters
    ----------
    path : where to; a file that is there already is not touched
    plan : whole calendar years, or school years from 1 September to 31 August
    directions, schools : names to choose from; without schools that column takes any text
    rows : how many empty rows have drop-downs
    draft : activities, a text by heading of :data:`HEAD` and :data:`DRAFT_HEAD` each; what is left out
        stays empty

    Raises DataError when the file is there already, no direction is given or the plan is not of
    whole years.

    >>> from tempfile import TemporaryDirectory
    >>> from msoko_analysis.monitoring.roadmap.reading import read_roadmap
    >>> plan = Span(date(2026, 9, 1), date(2027, 8, 31))
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.xlsx"
    ...     write_roadmap_template(path, plan, directions=["Воспитание"])
    ...     read_roadmap(path).plan == plan
    True
    """
    if path.exists():
        raise DataError(f"{path}: файл уже есть — выберите другое имя, чтобы не потерять вписанное")
    if not directions:
        raise DataError("Не задано ни одного направления — перечислите их")
    book = Workbook()
    write_help(book.active, HELP, _HELP)
    sheet = book.create_sheet(SHEET)
    sheet["A1"], sheet["A1"].font = f"Дорожная карта {_years(plan)}", Font(bold=True, size=13)
    head = (*HEAD, *DRAFT_HEAD) if draft else HEAD
    write_head(sheet, head, _WIDTH, row=HEAD_ROW)
    stages = [stage.name for stage in load_keywords().stages.in_order]
    first, last = HEAD_ROW + 1, HEAD_ROW + len(draft) + rows
    for title, heading, names in (
        (DIRECTIONS, "Направление", directions),
        (STAGES, "Этап цикла", stages),
        (SCHOOLS, "Школа", schools),
    ):
        if names:
            words = write_list(book.create_sheet(title), names)
            drop_down(sheet, words, _letter(heading), last, first=first)
    # several stages in one cell are allowed, so that list only advises
    sheet.data_validations.dataValidation[1].errorStyle = "information"
    _checks(sheet, first, last)
    if draft:
        _fill(sheet, draft, head)
    book.active = book.index(sheet)
    book.save(path)


def _fill(sheet: Worksheet, draft: Sequence[Mapping[str, str]], head: Sequence[str]) -> None:
    """Write the activities, and let the sheet be printed as wide as the paper."""
    for row, activity in enumerate(draft, HEAD_ROW + 1):
        for place, name in enumerate(head, 1):
            cell = sheet.cell(row, place, activity.get(name) or None)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.value is not None:
                cell.data_type = TYPE_STRING  # a name somebody typed must not run as a formula
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(head))}{HEAD_ROW + len(draft)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    sheet.print_area = f"A1:{get_column_letter(len(head))}{HEAD_ROW + len(draft)}"


def _letter(heading: str) -> str:
    return get_column_letter(HEAD.index(heading) + 1)


def _years(plan: Span) -> str:
    """«на 2026–2027 учебный год», «на 2026 год» or «на 2026–2028 годы»."""
    start, end = plan.start, plan.end
    if start and (start.month, start.day, end.month, end.day) == (9, 1, 8, 31):
        return f"на {start.year}–{end.year} учебный год"
    if start is None or (start, end) != (date(start.year, 1, 1), date(end.year, 12, 31)):
        raise DataError("План должен быть на целые календарные или учебные годы — исправьте даты")
    return f"на {start.year} год" if start.year == end.year else f"на {start.year}–{end.year} годы"


def _checks(sheet: Worksheet, first: int, last: int) -> None:
    """What Excel asks for; the reader checks it all again."""
    activity, term, who = (
        _letter(name) for name in ("Мероприятие", "Срок исполнения", "Ответственный")
    )
    number = _letter("№ п/п")
    for column, formula, words in (
        (
            number,
            f"COUNTIF(${number}${first}:${number}${last},{number}{first})=1",
            "Номер уже есть",
        ),
        (term, f'AND({activity}{first}<>"",LEN({term}{first})>3)', "Сначала впишите мероприятие"),
        (who, f'{activity}{first}<>""', "Сначала впишите мероприятие"),
    ):
        rule = DataValidation("custom", formula1=formula, allow_blank=True)
        rule.error, rule.errorTitle, rule.showErrorMessage = words, "Проверьте строку", True
        rule.add(f"{column}{first}:{column}{last}")
        sheet.add_data_validation(rule)
    for row in range(first, last + 1):
        for place, name in enumerate(HEAD, 1):
            cell = sheet.cell(row, place)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if name in ("№ п/п", "Срок исполнения"):
                cell.number_format = "@"  # or Excel makes 1.2 a date and 1.10 the number 1.1
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(HEAD))}{last}"
