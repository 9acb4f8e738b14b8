"""The Excel template people fill in: drop-downs, checks at typing, and a sheet of help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from msoko_analysis.errors import DataError
from msoko_analysis.monitoring.periods import Period, periods_of
from msoko_analysis.monitoring.registry import KIND_RU, Indicator, Registry
from msoko_analysis.monitoring.workbook import drop_down, write_head, write_help, write_list

HELP, INPUT, TARGETS = "Как заполнять", "Ввод", "Цели"
INDICATORS, PLACES, PERIODS = "Показатели", "Муниципалитеты", "Периоды"
# Headings the reader looks for; the column of each is its place in the list.
INPUT_HEAD = (
    *("Показатель", "Наименование", "Муниципалитет", "Период"),
    *("Числитель", "Знаменатель", "Значение", "Что вписать"),
)
TARGETS_HEAD = ("Показатель", "Муниципалитет", "Период", "Цель", "Основание")
EVERYWHERE = "все"
_SPARE = 100  # empty rows below the filled ones that have drop-downs too
_CLOSED = PatternFill("solid", fgColor="E5E5E5")
_WIDTH = {"Наименование": 60, "Что вписать": 60, "Муниципалитет": 28, "Период": 26, "Основание": 50}
_HELP = (
    "На листе «Ввод» заполните белые ячейки; серые к показателю не относятся.",
    "Если показатель считается из двух чисел, впишите числитель и знаменатель, а не процент: "
    "процент программа посчитает сама.",
    "Если сведений нет, оставьте ячейки строки пустыми. Ноль значит «посчитали, и нет ни одного».",
    "Показатель, муниципалитет и период выбираются из списка. Лишние строки можно удалить.",
    "На листе «Цели» стоят целевые значения и документ, которым они установлены. "
    "«все» вместо муниципалитета — цель для каждого; строка с муниципалитетом важнее.",
    "Показатели с пометкой «вычисляется» программа берёт из результатов школ, их вписывать нельзя.",
    "Файл читается целиком: все ошибки перечисляются сразу, с листом и адресом ячейки.",
)


def year_periods(years: Iterable[int], registry: Registry) -> tuple[Period, ...]:
    """All periods of the years in which something of the registry is collected.

    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> len(year_periods([2026], load_registry()))
    15
    """
    times = sorted({one.times_a_year for one in registry.typed})
    return tuple(period for year in years for n in times for period in periods_of(year, n))


def write_template(
    path: Path, registry: Registry, municipalities: Mapping[str, str], periods: Sequence[Period]
) -> int:
    """Write the workbook: a row for every typed indicator, municipality and period of its frequency.

    Parameters
    ----------
    path : where to; a file that is there already is not touched
    registry : the indicators
    municipalities : names by code; the names stand in the workbook
    periods : of any frequency, see :func:`year_periods`

    Returns
    -------
    How many rows wait for numbers. Raises DataError when the file is there already, when two
    municipalities have one name, or when no period suits any indicator.

    >>> from tempfile import TemporaryDirectory
    >>> from msoko_analysis.monitoring.registry import load_registry
    >>> with TemporaryDirectory() as folder:  # П38–П40, П47, П51–П55 are quarterly
    ...     path = Path(folder) / "a.xlsx"
    ...     write_template(path, load_registry(), {"M01": "Северный район"}, [Period(2026, 4, 1)])
    9
    """
    if path.exists():
        raise DataError(f"{path}: файл уже есть — выберите другое имя, чтобы не потерять вписанное")
    if len(set(municipalities.values())) < len(municipalities):
        raise DataError("У двух муниципалитетов одно имя — различите их в списке муниципалитетов")
    rows = [
        (indicator, name, period)
        for indicator in registry.typed
        for name in municipalities.values()
        for period in periods
        if period.times == indicator.times_a_year
    ]
    if not rows:
        raise DataError("Шаблон пуст — нет показателя, который собирают с такой частотой")
    book = Workbook()
    write_help(book.active, HELP, _HELP)
    entry, targets = book.create_sheet(INPUT), book.create_sheet(TARGETS)
    lists = _lists(book, registry, municipalities, periods)
    _input(entry, rows, lists)
    _targets(targets, registry, periods, lists)
    book.active = book.index(entry)
    book.save(path)
    return len(rows)


def _lists(
    book: Workbook, registry: Registry, municipalities: Mapping[str, str], periods: Sequence[Period]
) -> dict[str, str]:
    """The three sheets of lists; returns the range each drop-down takes its words from."""
    sheet = book.create_sheet(INDICATORS)
    head = ("Код", "Наименование", "Ед.", "Раз в год", "Как считается", "Числитель", "Знаменатель")
    write_head(sheet, (*head, "Источник"), _WIDTH)
    computed = [one for one in registry if one.kind == "computed"]
    for one in (*registry.typed, *computed):  # the drop-down holds the typed ones, they come first
        how = KIND_RU[one.kind] if one.kind != "rate" else f"{one.per} · числитель / знаменатель"
        source = registry.file_of(one.code).source
        cells = (one.code, one.name, one.unit_ru, one.times_a_year, how)
        sheet.append((*cells, one.numerator, one.denominator or one.computed_from, source))
    ranges = {INDICATORS: f"'{INDICATORS}'!$A$2:$A${len(registry.typed) + 1}"}
    for title, names in (
        (PLACES, [EVERYWHERE, *municipalities.values()]),
        (PERIODS, [period.title for period in periods]),
    ):
        ranges[title] = write_list(book.create_sheet(title), names)
    return ranges


def _input(sheet: Worksheet, rows: Sequence[tuple], lists: Mapping[str, str]) -> None:
    write_head(sheet, INPUT_HEAD, _WIDTH)
    for indicator, name, period in rows:
        cells = (indicator.code, indicator.name, name, period.title, None, None, None)
        sheet.append((*cells, _what(indicator)))
    last = len(rows) + 1 + _SPARE
    places = lists[PLACES].replace("$A$2", "$A$3")  # a value is never of «все»
    for column, words in (("A", lists[INDICATORS]), ("C", places), ("D", lists[PERIODS])):
        drop_down(sheet, words, column, last)
    first = 2
    for indicator, group in groupby(rows, key=lambda row: row[0]):
        end = first + len(list(group)) - 1
        _checks(sheet, indicator, first, end)
        first = end + 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(INPUT_HEAD))}{last}"


def _what(indicator: Indicator) -> str:
    if indicator.numerator is None:
        limit = f", не больше {indicator.maximum:g}" if indicator.maximum is not None else ""
        return f"Значение, {indicator.unit_ru}{limit}"
    return f"Числитель: {indicator.numerator} Знаменатель: {indicator.denominator}"


def _checks(sheet: Worksheet, indicator: Indicator, first: int, last: int) -> None:
    """What Excel allows in the cells of one indicator; the reader checks it all again."""
    counted = indicator.numerator is not None
    above, below = f"E{first}", f"F{first}"
    part = f'AND(ISNUMBER({above}),{above}>=0,OR({below}="",{above}<={below}))'
    if counted and indicator.shares:
        _check(sheet, "E", first, last, "Число от 0, не больше знаменателя", custom=part)
    elif counted:
        _check(sheet, "E", first, last, "Число от 0")
    if counted:
        _check(sheet, "F", first, last, "Число от 0")
    else:
        words = (
            "Число от 0" if indicator.maximum is None else f"Число от 0 до {indicator.maximum:g}"
        )
        _check(sheet, "G", first, last, words, maximum=indicator.maximum)
    for column in "G" if counted else "EF":
        _check(sheet, column, first, last, "К этому показателю не относится", custom="FALSE")
        for row in range(first, last + 1):
            sheet[f"{column}{row}"].fill = _CLOSED


def _check(
    sheet: Worksheet,
    column: str,
    first: int,
    last: int,
    words: str,
    *,
    custom: str = "",
    maximum: float | None = None,
) -> None:
    if custom:
        rule = DataValidation("custom", formula1=custom, allow_blank=True)
    elif maximum is not None:
        rule = DataValidation("decimal", formula1="0", formula2=f"{maximum:g}", allow_blank=True)
    else:
        rule = DataValidation(
            "decimal", formula1="0", operator="greaterThanOrEqual", allow_blank=True
        )
    rule.error, rule.errorTitle, rule.showErrorMessage = words, "Проверьте число", True
    rule.add(f"{column}{first}:{column}{last}")
    sheet.add_data_validation(rule)


def _targets(
    sheet: Worksheet, registry: Registry, periods: Sequence[Period], lists: Mapping[str, str]
) -> None:
    """Targets the sources name stand there already; people add theirs below."""
    write_head(sheet, TARGETS_HEAD, _WIDTH)
    for one in registry:
        for period in periods:
            if one.target is not None and period.times == one.times_a_year:
                sheet.append((one.code, EVERYWHERE, period.title, one.target, one.target_source))
    last = sheet.max_row + _SPARE
    everything = f"'{INDICATORS}'!$A$2:$A${len(list(registry)) + 1}"
    for column, words in (("A", everything), ("B", lists[PLACES]), ("C", lists[PERIODS])):
        drop_down(sheet, words, column, last)
    _check(sheet, "D", 2, last, "Число от 0")
