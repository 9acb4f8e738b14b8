"""The gate before which names and documents stay: sheets of cells → tables without them.

A protocol of ГИА or a list of medalists passes by a list of allowed columns, each with the form its
cells must have; what identifies a pupil is hashed row by row, everything else does not pass. A row
with a cell out of form is shifted or broken, so any cell of it may hold a name: of it only the line
number passes. From any other table with names the columns of names are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from msoko_analysis.ingest.gia_subjects import subject_called
from msoko_analysis.ingest.privacy import Pseudonyms, same_document, same_name

#: Column with the line number as seen in the file.
ROW = "_row"
#: Hashes of what identifies a pupil, in the tables that pass the gate.
DOCUMENT, NAME, CODE = HASHES = "_document", "_name", "_code"
#: Stands in the school cell of a row out of form, before the heading whose cell is out of form.
OUT_OF_FORM = "строка не по форме"
#: Stands before the hash of a school's name where a list has names instead of codes.
BY_NAME = "ОО по названию "

Row = Sequence[str | None]


@dataclass(frozen=True)
class Column:
    """An allowed column: how messages call it, its headings in files, the form of its cells."""

    heading: str
    label: re.Pattern[str]
    cell: re.Pattern[str]


def _column(heading: str, label: str, cell: str) -> Column:
    return Column(heading, re.compile(label), re.compile(cell, re.I))


_SCORE = r"\d{1,3}([.,]0+)?|[-–—xх]"
_UNIT_CODE = r"(?=.*\d)[0-9a-z_]{1,12}"
_WORDS = r"[^\d]{1,120}"
_PROTOCOL = {
    "school": _column("Код ОО", r"код оо|schoolcode", _UNIT_CODE),
    "municipality": _column("Код МСУ", r"код мсу|governmentcell", _UNIT_CODE),
    "class_group": _column("Класс", r"класс|classcode", r"\d{0,2}[ «\"-]*[а-яёa-z]{0,2}[»\"]?"),
    "variant": _column("Вариант", r"вариант", r"\d{1,4}"),
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
    "primary": _column("Первичный балл", r"первичный балл|primarymark", _SCORE),
    "score": _column("Итоговый балл", r"(итоговый|тестовый) балл", _SCORE),
    "mark": _column("Оценка", r"оценка|mark5", _SCORE),
}
_MEDALS = {
    "school": _column(
        "ОО", r"(код )?оо|школа|((полное|краткое) )?(наименование|название) оо|организация", r".+"
    ),
    "degree": _column(
        "Степень", r"степень( медали)?|медаль", r"([12]|i{1,2})( .*)?|(перв|втор|золот|сереб).*"
    ),
    "year": _column("Год", r"год( выпуска)?", r"20\d\d"),
}
_IDENTITY = {
    "surname": _column("Фамилия", r"фамилия|surnamecell", _WORDS),
    "name": _column("Имя", r"имя|namecell", _WORDS),
    "patronymic": _column("Отчество", r"отчество|secondnamecell", _WORDS),
    "full_name": _column("ФИО", r"ф\.? ?и\.? ?о\.?( .*)?|фамилия,? имя,? отчество.*", _WORDS),
    "series": _column("Серия", r"серия( документа)?|documentseriescode", r"[\w -]{1,10}"),
    "number": _column("Номер", r"номер( документа)?|documentnumbercode", r"[\w -]*\d[\w -]*"),
    "code": _column("Код участника", r"код участника|псевдоним|ключ участника", r"[0-9a-z_-]+"),
}
#: Of these a protocol has at least four; other tables have at most one.
_OF_PROTOCOL = {"school", "short", "long", "primary", "score", "mark", "surname", "number"}
_FEW = 4
_PERSONAL = re.compile(
    r"фамилия.*|имя|отчество|ф\.? ?и\.? ?о\.?( .*)?|(sur|second|first|last)[_ ]?name(cell)?|"
    r"namecell|patronymic|паспорт.*|снилс.*|дата рождения|(серия|номер) (документа|паспорта).*|"
    r"document(series|number)code|№ бланка"
)
#: What only texts with any of the above can contain; cheap to look for.
_TRIGGER = re.compile(
    r"фамили|отчеств|ф\.? ?и\.? ?о|имя|name|patronymic|паспорт|снилс|рождени|документ|document|"
    r"псевдоним|участника|код оо|бланк",
    re.I,
)
#: Every header the gate knows has one of these; looked for first, since few rows are headers.
_OF_HEADER = re.compile(r"код|балл|ответ|фамили|ф\.? ?и\.? ?о|code|cell|псевдоним|ключ", re.I)
_TITLE = re.compile(r"(\d{1,2})\s*[-–—]\s*(.+?)\s+(\d{4}\.\d{2}\.\d{2})")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True)
class Title:
    """What the line above a protocol says: code and name of the subject, day as 2026.05.30.

    ``subject`` is None if the line has a name nobody knows.
    """

    code: str
    subject: str | None
    day: str


@dataclass(frozen=True)
class Part:
    """A table that passed: one block of a protocol, or a list of medalists.

    ``table`` has its cells under the headings of ``columns`` (name → heading), line numbers and
    hashes; ``years`` are those named above it; ``strange`` counts columns that are not allowed,
    ``skipped`` lines that are about nobody (signatures).
    """

    kind: Literal["protocol", "medals"]
    header: int
    title: Title | None
    years: frozenset[int]
    table: pl.DataFrame
    columns: Mapping[str, str]
    strange: int
    skipped: int


def suspicious(texts: Iterable[str]) -> bool:
    """Whether any of the texts (cells, or a whole file) may name a column the gate must see.

    >>> suspicious(["school", "pupil"]), suspicious(["Код ОО", "Фамилия"])
    (False, True)
    """
    return any(_TRIGGER.search(text) for text in texts)


def is_personal(heading: str) -> bool:
    """Whether a column with this heading identifies a person.

    >>> is_personal("ФИО директора"), is_personal("Название ОО")
    (True, False)
    """
    return bool(_PERSONAL.fullmatch(_normal(heading)))


def parts_of(rows: Sequence[Row], words: str, pseudonyms: Pseudonyms) -> list[Part]:
    """Blocks of protocols and lists of medalists among the rows; empty if there are none.

    ``words`` (file and sheet name) may say that a list is one of medalists.
    """
    medals = "медал" in words.lower()
    parts: list[Part] = []
    builder: _Builder | None = None
    title: Title | None = None
    years: set[int] = set()
    for line, row in enumerate(rows, 1):
        cells = [(cell or "").strip() for cell in row]
        header = _header(cells, medals)
        found = header is None and _title(cells)
        if header or found:
            parts += builder.done() if builder else []
            title = found or title
            if header:
                builder = _Builder(*header, line, title, frozenset(years))
            elif builder:  # the next block goes on under the same headings
                builder = builder.again(title)
        elif builder:
            builder.add(line, cells, pseudonyms)
        else:
            years |= {int(year) for cell in cells for year in _YEAR.findall(cell)}
    return parts + (builder.done(keep_empty=not parts) if builder else [])


def without_personal(rows: Sequence[Row]) -> list[list[str | None]]:
    """The rows with every column emptied, from its heading down, that identifies a person."""
    closed: set[int] = set()
    cleared = []
    for row in rows:
        closed |= {i for i, cell in enumerate(row) if cell and is_personal(cell)}
        cleared.append([None if i in closed else cell for i, cell in enumerate(row)])
    return cleared


def _normal(heading: str) -> str:
    return " ".join(heading.lower().replace("ё", "е").split())


def _title(cells: Sequence[str]) -> Title | None:
    filled = [cell for cell in cells if cell]
    match = _TITLE.fullmatch(filled[0]) if len(filled) == 1 else None
    return Title(match[1].zfill(2), subject_called(match[2]), match[3]) if match else None


def _header(
    cells: Sequence[str], medals: bool
) -> tuple[Literal["protocol", "medals"], dict[str, int], int] | None:
    """(kind, position of each known column, columns that are not known) of a row of headings."""
    if not _OF_HEADER.search("\n".join(cells)):
        return None
    labels = [_normal(cell) for cell in cells]
    at = _positions(labels, _PROTOCOL | _IDENTITY)
    if len(at.keys() & _OF_PROTOCOL) >= _FEW:
        return "protocol", at, sum(map(bool, labels)) - len(at)
    at = _positions(labels, _MEDALS | _IDENTITY)
    if (
        at.keys() & {"surname", "full_name", "code"}
        and "school" in at
        and ("degree" in at or medals)
    ):
        return "medals", at, sum(map(bool, labels)) - len(at)
    return None


def _positions(labels: Sequence[str], columns: Mapping[str, Column]) -> dict[str, int]:
    at: dict[str, int] = {}
    for position, label in enumerate(labels):
        for name, column in columns.items():
            if label and name not in at and column.label.fullmatch(label):
                at[name] = position
                break
    return at


class _Builder:
    """Collects the rows of one part."""

    def __init__(self, kind, at, strange, header, title, years) -> None:
        self.kind, self.at, self.strange = kind, at, strange
        self.header, self.title, self.years = header, title, years
        columns = _PROTOCOL if kind == "protocol" else _MEDALS
        self.allowed = {name: column for name, column in columns.items() if name in at}
        self.identity = {name: column for name, column in _IDENTITY.items() if name in at}
        self.rows: list[tuple[int | str | None, ...]] = []
        self.skipped = 0

    def again(self, title: Title | None) -> _Builder:
        """A builder for the next part under the same headings."""
        return _Builder(self.kind, self.at, self.strange, self.header, title, self.years)

    def add(self, line: int, cells: Sequence[str], pseudonyms: Pseudonyms) -> None:
        """Take what is allowed of a row."""
        values = {name: cells[at] if at < len(cells) else "" for name, at in self.at.items()}
        if not any(values.get(name) for name in self._about()):
            self.skipped += any(cells)
            return
        known = self.allowed | self.identity
        wrong = [name for name, v in values.items() if v and not known[name].cell.fullmatch(v)]
        if wrong:
            kept = dict.fromkeys(self.allowed, None) | {
                "school": f"{OUT_OF_FORM}: {', '.join(known[name].heading for name in wrong)}"
            }
            hashes: Sequence[str | None] = (None, None, None)
        else:
            kept = {name: values[name] or None for name in self.allowed}
            if self.kind == "medals":
                kept = _medal(kept, pseudonyms)
            hashes = _hashes(values, pseudonyms)
        self.rows.append((line, *(kept.get(name) for name in self.allowed), *hashes))

    def _about(self) -> Iterator[str]:
        """Columns one of which is filled if a row is about a pupil."""
        yield "school"
        yield from ("primary", "score", "mark") if self.kind == "protocol" else self.identity

    def done(self, *, keep_empty: bool = False) -> list[Part]:
        """The part, unless it has no rows: a header may be repeated on every page."""
        if not self.rows and not keep_empty:
            return []
        columns = {name: column.heading for name, column in self.allowed.items()}
        names = [*columns.values(), DOCUMENT, NAME, CODE]
        types = {ROW: pl.UInt32} | dict.fromkeys(names, pl.String)
        table = pl.DataFrame(self.rows, schema=types, orient="row")
        title, skipped = self.title, self.skipped
        return [
            Part(self.kind, self.header, title, self.years, table, columns, self.strange, skipped)
        ]


def _medal(kept: dict[str, str | None], pseudonyms: Pseudonyms) -> dict[str, str | None]:
    """A row of a list of medalists: a school's name hashed, the degree as a number."""
    school, degree = kept["school"], (kept.get("degree") or "").lower()
    if school and not re.fullmatch(_UNIT_CODE, school, re.I):
        kept |= {"school": BY_NAME + pseudonyms.hash("school", same_name(school))}
    if degree:
        second = degree.startswith(("2", "ii", "втор", "сереб"))
        kept |= {"degree": "2" if second else "1"}
    return kept


def _hashes(
    values: Mapping[str, str], pseudonyms: Pseudonyms
) -> tuple[str | None, str | None, str | None]:
    """Hashes of document, name and participant code, each None if the row does not have it."""
    given = {name: values.get(name, "") for name in _IDENTITY}
    document = same_document(given["series"], given["number"])
    full = given["full_name"] or f"{given['surname']} {given['name']} {given['patronymic']}"
    name, code = same_name(full), given["code"].upper()
    return (
        pseudonyms.hash("document", document) if document else None,
        pseudonyms.hash("name", name) if name else None,
        pseudonyms.hash("code", code) if code else None,
    )
