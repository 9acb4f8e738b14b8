"""Reading what headings, titles and file names say: columns, subject, grade, year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from msoko_analysis.ingest.absence import is_absent
from msoko_analysis.ingest.alike import normal, spellings
from msoko_analysis.ingest.contracts import SUBJECT_LEVELS, SUBJECT_NAMES
from msoko_analysis.ingest.sheets import Sheet
from msoko_analysis.params.procedures import procedures

#: Name in files (lower case) → code; languages also go by the codes of collection forms (en8).
SUBJECT_BY_NAME = {name: code for code, names in SUBJECT_NAMES.items() for name in names} | {
    "en": "AYA",
    "de": "NYA",
    "fr": "FYA",
}
PROCEDURE_BY_NAME = {name: code for code, known in procedures().items() for name in known.files}

_TITLE = re.compile(r"(впр|огэ|егэ)\.?\s+(20\d\d)\.?\s+(.+?)\.?\s+(\d{1,2})\s*(?:класс|кл)\b(.*)")
_LIKE_TITLE = r"(?i)(?:впр|огэ|егэ)\.?\s+20\d\d"
# A level and a programme may stand before or after the grade, in brackets or without.
_LEVEL = re.compile(
    r"\(?\s*(?:\b(?:с|на) )?\s*\b(углубл\w*|угл\.|базов\w*|профильн\w*)"
    r"\s*(?:уров\w*|изучени\w*(?: предмета)?)?\s*\)?"
)
_PROGRAMME = re.compile(
    r"\(?\s*(?:(?:по|за) )?(?:программ\w+|курс\w*|материал\w*|за) (?:за )?(?:курс\w* )?"
    r"(\d{1,2})(?:-?го)? класс[а]?\s*\)?(?! классы?\b)"
)
_PLAIN_TAIL = re.compile(r"[\s.,;:()-]*(\d\d\.\d\d\.\d{4})?[\s.,;:()-]*")
# «ma8u», «ma8_угл», «ma8_adv»; Углич is a town.
_NAME_LEVEL = re.compile(
    r"(?<![а-я])угл(?:уб[а-я]*)?(?![а-я])|\([uу]\)|(?<=\d)[uу](?![a-zа-я])|(?<![a-z])adv(?:anced)?(?![a-z])"
)
_NAME_PROFILE = re.compile(r"(?<![а-я])проф(?:ил[а-я]*)?(?![а-я])")
_NAME_PAPER = re.compile(r"(?<![a-zа-я])([a-zа-я]{2,3})[ _-]?(\d{1,2})(?!\d)")
_NAME_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_NAME_SCHOOL = re.compile(r"(?<![a-zа-я])((?:edu|sch)\d{4,8})")


@dataclass(frozen=True)
class Header:
    """Where the header stands (index from 0) and which column is what."""

    row: int
    columns: Mapping[str, int]
    labels: tuple[str, ...]


def find_header(
    sheet: Sheet, patterns: Mapping[str, re.Pattern[str]], need: Iterable[str]
) -> Header | None:
    """The first row of the head whose cells match all ``need``ed patterns, by words not position.

    The first column that fits a pattern gets its name; letters of another alphabet may stand for those
    that they look like. None if there is no such row.
    """
    for index, row in enumerate(sheet.head):
        labels = tuple(normal(cell) for cell in row)
        columns: dict[str, int] = {}
        for position, label in enumerate(labels):
            written = spellings(label) if label else ()
            for name, pattern in patterns.items():
                if name not in columns and any(map(pattern.fullmatch, written)):
                    columns[name] = position
                    break
        if set(need) <= columns.keys():
            return Header(index, columns, labels)
    return None


def second_header(sheet: Sheet, header: Header, numeric: Iterable[str]) -> int | None:
    """Line number of a second row of headings next to the header, or None.

    Above: a row as full as the header. Below: words where numbers must stand, or the same headings.
    """
    head = sheet.head
    filled = sum(map(bool, header.labels))
    if header.row > 0 and sum(bool(cell.strip()) for cell in head[header.row - 1]) > filled / 2:
        return header.row
    if header.row + 1 >= len(head):
        return None
    below = [normal(cell) for cell in head[header.row + 1]]
    words = [below[header.columns[name]] for name in numeric if name in header.columns]
    repeated = sum(a == b for a, b in zip(below, header.labels, strict=True) if a)
    letters = [word for word in words if re.search(r"[a-zа-я]{3}", word) and not is_absent(word)]
    return header.row + 2 if repeated >= 3 or len(letters) >= 2 else None


@dataclass(frozen=True)
class PaperName:
    """What a title or a file name says about the paper; None where it is silent.

    ``doubt``: why the title can not be taken for the paper it seems to name.
    """

    year: int | None = None
    procedure: str | None = None
    grade: int | None = None
    subject: str | None = None
    doubt: str = ""


def paper_from_title(sheet: Sheet) -> PaperName:
    """The paper named in the lines above the header of a form of ФИС ОКО.

    The line reads «ВПР 2026 Русский язык 4 класс»; the level may stand in the line «Предмет:» only. Two
    papers on one sheet are in doubt, wherever they stand: whose the rows are nobody can tell.
    """
    said = [cell for row in sheet.head for cell in row if cell.strip()]
    named = [after for cell, after in pairwise(said) if normal(cell).startswith("предмет:")]
    papers = [
        paper
        for column in sheet.cells.iter_columns()
        for cell in column.filter(column.str.contains(_LIKE_TITLE)).unique(maintain_order=True)
        if (paper := paper_of_title(cell, *named[:1])).year is not None
    ]
    if len({replace(paper, doubt="") for paper in papers}) > 1:
        return replace(papers[0], doubt="названы разные работы (каждой нужен свой лист)")
    return papers[0] if papers else PaperName()


def paper_of_title(cell: str, named: str = "") -> PaperName:
    """The paper of a title; a level and an earlier programme make it another paper.

    ``named``: the subject as another line names it. A level without a code of its own leaves the
    subject unknown: the ordinary paper is another one.

    >>> paper_of_title("ВПР 2026 Математика (углублённый уровень) 7 класс").subject
    'MAU'
    >>> paper_of_title("ВПР 2026 Химия 8 класс углубленный").subject is None
    True
    >>> paper = paper_of_title("ВПР 2022 Русский язык 6 класс (по программе 5 класса)")
    >>> paper.procedure, paper.grade, paper.subject
    ('VPR_PREV', 5, 'RU')
    >>> bool(paper_of_title("ВПР 2026 Русский язык 4 класс, пробная").doubt)
    True
    """
    text = normal(cell)
    level = _LEVEL.search(text) or _LEVEL.search(normal(named))
    programme = _PROGRAMME.search(text)
    match = _TITLE.search(" ".join(_PROGRAMME.sub(" ", _LEVEL.sub(" ", text)).split()))
    if match is None:
        return PaperName()
    word, year, name, grade, tail = match.groups()
    procedure = PROCEDURE_BY_NAME[word]
    subject = _of_level(
        SUBJECT_BY_NAME.get(name.strip(" .,;:–—-")), level[1] if level else "", procedure
    )
    doubt = (
        "" if _PLAIN_TAIL.fullmatch(tail) else "после класса стоят слова, которых формы не знают"
    )
    if programme and programme[1] != grade:
        if procedure != "VPR" or int(programme[1]) > int(grade):
            doubt = "программа не того класса, что участники"
        procedure, grade = "VPR_PREV", programme[1]
    return PaperName(int(year), procedure, int(grade), subject, doubt)


def _of_level(subject: str | None, level: str, procedure: str) -> str | None:
    """The code of the paper of a level; ordinary ВПР are of the base level."""
    if subject is None or not level or (level.startswith("базов") and procedure == "VPR"):
        return subject
    if level.startswith("профильн"):
        return subject if procedure == "EGE" else None
    return SUBJECT_LEVELS.get((subject, "base" if level.startswith("базов") else "advanced"))


def paper_from_name(stem: str) -> PaperName:
    """The paper named in a file name; ВПР unless the name says another procedure.

    >>> paper_from_name("regional_export_layout2021_ma4")
    PaperName(year=2021, procedure='VPR', grade=4, subject='MA', doubt='')
    >>> paper_from_name("РУ5 ВПР 2020").subject, paper_from_name("ma7_угл_2026").subject
    ('RU', 'MAU')
    """
    name = normal(stem)
    year = _NAME_YEAR.search(name)
    procedure = next((code for word, code in PROCEDURE_BY_NAME.items() if word in name), "VPR")
    for letters, number in _NAME_PAPER.findall(name):
        if letters in SUBJECT_BY_NAME and 1 <= int(number) <= 12:
            grade, subject = int(number), SUBJECT_BY_NAME[letters]
            break
    else:
        grade = subject = None
    if _NAME_LEVEL.search(name):
        subject = _of_level(subject, "углубл", procedure)
    elif _NAME_PROFILE.search(name):
        subject = _of_level(subject, "профильн", procedure)
    return PaperName(int(year[1]) if year else None, procedure, grade, subject)


def school_from_name(stem: str) -> str | None:
    """The school login in a file name.

    >>> school_from_name("edu990001_ma4_2026")
    'edu990001'
    """
    match = _NAME_SCHOOL.search(normal(stem))
    return match[1] if match else None
