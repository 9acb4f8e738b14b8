"""The words by which a line of totals or means is known."""

from __future__ import annotations

import re

#: What only a line of totals begins with, in whatever column.
TOTAL = (
    r"(?:(?:общий |общее |общие )?итоги?|(?:итого|всего)\b.*|в среднем|total|grand total|"
    r"средн(?:ий|яя|ее) (?:балл|оценка|отметка|процент|результат|значение|арифметическое)[а-я ]*)"
)
#: The same where a unit or a pupil should stand.
_UNIT = rf"(?:{TOTAL}|среднее|сумма(?: баллов)?|mean|average)"
#: The same where a pupil or a class should stand.
_PUPIL = (
    rf"(?:{_UNIT}|средний|медиана|минимум|максимум|мин|макс|min|max|sum|avg|median|"
    r"процент.*|%.*|доля.*|качество.*|успеваемость.*|количество.*|кол-во.*|стандартное .*|ст\. ?откл.*)"
)
TAIL = r"(?:,? (?:по|за|в|на|для|из) .*)?(?: ?\(.*\))?[\s:.…]*"
#: Contract column → the words of a total in it.
TOTAL_WORDS = {
    **dict.fromkeys(("pupil", "person", "class_group"), _PUPIL),
    **dict.fromkeys(("school", "name", "school_name"), _UNIT),
    "municipality": rf"(?:{TOTAL}|среднее по .*)",  # there is a settlement called Среднее
}


def is_total(text: str) -> bool:
    """Whether a cell where a unit should stand names a total or a mean.

    >>> [is_total(text) for text in ("Итого:", "Среднее по району", "Всего: 5 чел.", "Средняя школа 5")]
    [True, True, True, False]
    """
    return re.fullmatch(_UNIT + TAIL, " ".join(text.split()), re.I) is not None
