"""Columns that pass the gate: protocols of РИС ГИА, lists of medalists, what identifies a person.

Each has the headings it goes by in files and the form its cells must have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from msoko_analysis.ingest.absence import is_absent


@dataclass(frozen=True)
class Column:
    """An allowed column: how messages call it, its headings in files, the form of its cells.

    ``cheap``: a cell out of form costs no more than itself if nothing else of its row is.
    """

    heading: str
    label: re.Pattern[str]
    cell: re.Pattern[str]
    cheap: bool = False


def _column(heading: str, label: str, cell: str, *, cheap: bool = False) -> Column:
    return Column(heading, re.compile(label), re.compile(cell, re.I), cheap)


#: Why a participant who came has no score → how files say it, in a score or a column for it.
OUTCOMES = {
    "не завершил": r"не ?заверш\w+|не ?законч\w+|досрочно ?заверш\w+",
    "удалён": r"удал[её]н\w{0,2}|удаление",
    "аннулирован": r"аннул\w+|отмен[её]н\w*|недействит\w+",
}
_OUTCOME = {
    name: re.compile(rf"(?:(?:результат|работа|экзамен)\s+)?(?:{words})(?:[ ,(].{{0,80}})?", re.I)
    for name, words in OUTCOMES.items()
}


def outcome(cell: str) -> str | None:
    """Why a participant has no score, if the cell says it.

    >>> outcome("Удалена с экзамена"), outcome("не завершил (уваж.)"), outcome("н/я"), outcome("60")
    ('удалён', 'не завершил', 'неявка', None)
    """
    if is_absent(cell):
        return "неявка"
    return next((name for name, said in _OUTCOME.items() if said.fullmatch(cell)), None)


_SCHOOL_CODE = r"код (оо|оу|школы|(обще)?образовательно(й организации|го учреждения))|schoolcode"
_SCORE = r"\d{1,3}([.,]0+)?|[-–—xх]"
UNIT_CODE = r"(?=.*\d)[0-9a-z_]{1,12}"
_WORDS = r"[^\d]{1,120}"
_NOTE = r"( ?\(.*\))?"
PROTOCOL = {
    "school": _column("Код ОО", _SCHOOL_CODE, UNIT_CODE),
    "municipality": _column("Код МСУ", r"код мсу|governmentcell", UNIT_CODE),
    "class_group": _column(
        "Класс", r"класс|classcode", r"\d{0,2}[ «\"-]*[а-яёa-z]{0,2}[»\"]?", cheap=True
    ),
    "variant": _column("Вариант", r"вариант", r"\d{1,4}", cheap=True),
    "short": _column(
        "Краткие ответы",
        r"ответы в краткой форме|задания с кратким ответом|кр\.? ?ответы?|testresultbcell",
        r"[-+−–\d ]{1,99}",
    ),
    "long": _column(
        "Развёрнутые ответы",
        r"ответы в развернутой форме|задания с развернутым ответом|разв\.? ?ответы?|testresultccell",
        r"(([\dxх-]|\d\d)\(\d{1,2}\) ?){0,60}",
    ),
    "primary": _column(
        "Первичный балл",
        r"((общий|суммарный) )?первичный балл|первичные баллы|сумма первичных баллов|primarymark",
        _SCORE,
    ),
    "score": _column(
        "Итоговый балл",
        r"(итоговый|тестовый|итоговый тестовый|вторичный|стобалльный) балл"
        + _NOTE
        + r"|баллы? егэ|"
        r"(балл|результат).* 100.?балл?ьной шкале",
        _SCORE,
    ),
    "mark": _column(
        "Оценка", r"((итоговая|экзаменационная) )?(оценка|отметка)" + _NOTE + "|mark5", _SCORE
    ),
    "outcome": _column(
        "Статус",
        r"(статус|состояние)( (участника|работы|результата|экзамена))?|явка",
        r".*",
    ),
}
#: A heading that says too little: it is the score of ЕГЭ, or the points beside a mark of ОГЭ.
BARE_SCORE = re.compile(r"баллы?" + _NOTE)
_FIRST = r"1(?:-?[а-я]{1,2})?|i|перв(?:ая|ой|ую)|золот(?:ая|ой|ую|о)"
_SECOND = r"2(?:-?[а-я]{1,2})?|ii|втор(?:ая|ой|ую)|серебр(?:яная|яной|яную|о)"
_DEGREES = {"1": re.compile(rf"\b(?:{_FIRST})\b"), "2": re.compile(rf"\b(?:{_SECOND})\b")}
#: Cyrillic І and the Latin l, where a Roman one is meant.
_ROMAN = re.compile(r"\b[іli]{1,2}\b")
_SCHOOL_WORDS = (
    r"оо|оу|школ[аыу]|организаци[яи]|учреждени[ея]|"
    r"(обще)?образовательн\w+ (организаци|учреждени)\w+"
)
_KIND = r"((полное|краткое|сокращенное|официальное) )?(наименование|название) "
MEDALS = {
    "school": _column("ОО", rf"(код |{_KIND})?({_SCHOOL_WORDS}){_NOTE}", r".+"),
    "degree": _column(
        "Степень",
        r"степень( .*)?|((вид|тип|наименование) )?медал[ьи]( .*)?|награда",
        rf"(?:.*\W)?(?:{_FIRST}|{_SECOND}|[іl]{{1,2}}|медал\w+|учении|отличием?)(?:\W.*)?",
    ),
    "year": _column(
        "Год",
        r"год( (выпуска|окончания( школы| оо)?|награждения|вручения))?|учебный год",
        r"(20\d\d ?[/–-] ?)?20\d\d( ?г\.?| год\w*)?",
    ),
}
IDENTITY = {
    "surname": _column("Фамилия", r"фамилия|surnamecell", _WORDS),
    "name": _column("Имя", r"имя|namecell", _WORDS),
    "patronymic": _column("Отчество", r"отчество|secondnamecell", _WORDS),
    "full_name": _column("ФИО", r"ф\.? ?и\.? ?о\.?( .*)?|фамилия,? имя,? отчество.*", _WORDS),
    "series": _column("Серия", r"серия( документа)?|documentseriescode", r"[\w -]{1,10}"),
    "number": _column("Номер", r"номер( документа)?|documentnumbercode", r"[\w -]*\d[\w -]*"),
    "code": _column("Код участника", r"код участника|псевдоним|ключ участника", r"[0-9a-z_-]+"),
}


def degree(cell: str) -> str | None:
    """Degree of a medal in the words of an order or of a list; None if they tell none, or both.

    >>> degree("медаль «За особые успехи в учении» I степени"), degree("2-й степени"), degree("медаль")
    ('1', '2', None)
    >>> degree("-1") is None
    True
    """
    if cell.strip().startswith(("-", "−", "–")):
        return None
    text = _ROMAN.sub(lambda found: "i" * len(found[0]), cell.lower())
    told = [number for number, said in _DEGREES.items() if said.search(text)]
    return told[0] if len(told) == 1 else None


#: Whether a protocol or a list of medalists: the kinds of part a sheet may have.
Kind = Literal["protocol", "medals"]
