"""The words of which Russian terms are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_MONTH = (
    r"(?:январ[ьяе]|феврал[ьяе]|март[ае]?|апрел[ьяе]|ма[йяе]|июн[ьяе]|июл[ьяе]|август[ае]?|"
    r"сентябр[ьяе]|октябр[ьяе]|ноябр[ьяе]|декабр[ьяе]|янв\.|февр?\.|апр\.|авг\.|сент?\.|окт\.|"
    r"нояб?\.|дек\.)(?![а-я])"
)
_OPEN = (
    r"по мере|в соответствии с|согласно|по результатам|по итогам|по окончании|по завершении|после|"
    r"по отдельному|по плану|по графику|по запрос\w*|по факту|при необходимости|в сроки"
)
_WHOLE = (
    r"(?:в течени[еи]|на протяжении|весь|за весь)\s+(?:вс[ея]го\s+)?"
    r"(?:(?:учебного|календарного|отчетного)\s+)?(?:года|год|периода|период|срока)"
    r"(?:\s+реализации(?:\s+(?:проекта|программы|плана))?)?|"
    r"постоянно|непрерывно|систематически|регулярно"
)
# Order matters: what is longer stands first. Nothing here is taken out of the middle of a word.
_WORDS = {
    "years": r"20\d\d20\d\d(?!\d)",
    "date": r"\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d\d)(?!\d)",
    "school_year": r"20\d\d\s*[-/]\s*(?:20)?\d\d\s*(?:уч\.|учебн\w*)\s*(?:год\w*|гг?\.?)?|20\d\d/20\d\d",
    "days": rf"\d{{1,2}}\s*(?:-|по)\s*\d{{1,2}}\s*{_MONTH}",
    "day": rf"\d{{1,2}}\s*(?:-?го)?\s*{_MONTH}",
    "quarter": r"(?:[1-4]|iv|i{1,3})\s*-?(?:й|ый|ий|ой|го|ого)?\s*(?:кв\.|квартал\w*)",
    "half": r"(?:[12]|i{1,2}|перв\w+|втор\w+)\s*-?(?:е|ое|го|ого)?\s*полугоди\w*",
    "times": (
        r"(?:не\s+(?:реже|менее)\s+)?(?:(?:\d+|один|одного|два|три|четыре)\s*раза?|раз|дважды|трижды)"
        r"\s+в\s+(?:\d+\s+)?(?:год\w*|лет|полугоди\w*|полгода|квартал\w*|месяц\w*|недел\w*)"
    ),
    "each": r"ежегодн\w*|каждый год|ежемесячн\w*|каждый месяц|ежеквартальн\w*|еженедельн\w*",
    "following": r"года,?\s*следующего\s+за\s+отчетным(?:\s+годом)?",
    "year": r"20\d\d(?!\d)",
    "throughout": _WHOLE,
    "open": rf"(?:{_OPEN})[^,;()\d\n]*",
    "month": _MONTH,
    "year_word": r"г\s*\.?\s*г\.?(?![а-я])|годы|годов|года|году|год(?![а-я])|г\.?(?![а-я])",
    "deadline": r"не\s+позднее|до(?![а-я])|к(?![а-я])",
    "start": r"начиная\s+с(?:о)?(?![а-я])|со?(?![а-я])",
    "dash": r"-|по(?![а-я])",
    "then": (
        r"(?:далее|затем|в\s+дальнейшем|впоследствии|пополнение|обновление|актуализация|"
        r"корректировка)\s*-?"
    ),
    "each_one": r"для\s+(?:кажд|всех)[^,;()\d\n]*",
    "filler": r"включительно|в\s+течени[еи]|в(?![а-я])|:",
    "comma": r"[,;]|и(?![а-я])|а\s+также",
    "line": r"\n",
    "bracket": r"[().]",
}
_WORD = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _WORDS.items()))


@dataclass(frozen=True)
class Word:
    """One word of a term: its kind and its text."""

    kind: str
    text: str


def plain(text: str) -> str:
    """The text in lower case, one kind of dash, single spaces, line breaks kept.

    >>> plain("Октябрь 2023\\u00a0г. — май  2024 г.")
    'октябрь 2023 г. - май 2024 г.'
    """
    text = re.sub(r"[–—−‒]", "-", text.lower().replace("ё", "е"))
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def words(text: str) -> Iterator[Word]:
    """The words of a plain text; kind "unknown" for the rest of a word nobody knows.

    >>> [word.kind for word in words("до 1 марта 2024 г.")]
    ['deadline', 'day', 'year', 'year_word']
    """
    place = 0
    while place < len(text):
        if text[place] == " ":
            place += 1
            continue
        found = _WORD.match(text, place)
        if found and not (text[place - 1 : place].isalpha() and text[place].isalpha()):
            yield Word(found.lastgroup, found.group())
            place = found.end()
        else:
            unknown = re.match(r"\S+", text[place:]).group()
            yield Word("unknown", unknown)
            place += len(unknown)


def month_of(text: str) -> int:
    """The number of the month a text names.

    >>> month_of("15 мая"), month_of("марта")
    (5, 3)
    """
    name = re.search(r"[а-я]{3,}", text).group()
    return max((len(stem), n) for n, stem in enumerate(MONTHS, 1) if name.startswith(stem))[1]
