"""The gate before which names and documents stay: sheets of cells → tables without them.

A protocol of ГИА or a list of medalists passes by a list of allowed columns, each with the form its
cells must have; what identifies a pupil is hashed row by row, everything else does not pass. A row
with a cell out of form is shifted or broken, so any cell of it may hold a name: of it only the line
number passes. From any other table with names the columns of names are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from msoko_analysis.ingest.alike import normal, spellings
from msoko_analysis.ingest.days import find_day
from msoko_analysis.ingest.gate_columns import (
    BARE_SCORE,
    IDENTITY,
    MEDALS,
    PROTOCOL,
    UNIT_CODE,
    Column,
    Kind,
    degree,
    outcome,
)
from msoko_analysis.ingest.gia_subjects import subject_called
from msoko_analysis.ingest.privacy import Pseudonyms, same_document, same_name
from msoko_analysis.ingest.spoilt import why_spoilt
from msoko_analysis.ingest.total_words import is_total

#: Column with the line number as seen in the file.
ROW = "_row"
#: Hashes of what identifies a pupil, in the tables that pass the gate.
DOCUMENT, NAME, CODE = HASHES = "_document", "_name", "_code"
#: Stands in the school cell of a row out of form, before the headings whose cells are out of form.
OUT_OF_FORM = "строка не по форме"
#: Stands in a cell out of form that costs its row nothing.
CELL_OUT_OF_FORM = "ячейка не по форме"
#: Column of a protocol with the reason why a participant has no score.
OUTCOME = "_outcome"
#: Stands before the hash of a school's name where a list has names instead of codes.
BY_NAME = "ОО по названию "

Row = Sequence[str | None]

#: Of these a protocol has at least four; other tables have at most one.
_OF_PROTOCOL = {"school", "short", "long", "primary", "score", "mark", "surname", "number"}
_FEW = 4
_SCORES = ("primary", "score", "mark")
#: Where a line of totals says that it is one.
_NAMED = ("school", "surname", "full_name", "class_group")
#: Words of a status that take nothing from a score.
_SAT = re.compile(r"явк\w+|явил\w+|участв\w+|сдавал\w?|сдан|действ\w+|заверш\w+|\+|да", re.I)
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
_TITLE = re.compile(r"(\D{0,60}?)(\d{1,2})\s*([-–—.:)]?)\s*(\D+)")
_SUBJECT = re.compile(r"(?:[^\d:]{0,40}:)?\s*(\d{1,2})\s*[-–—.:)]?\s*(\D+)")
#: A title has code, subject and day in one cell or in as many.
_TITLE_CELLS, _AFTER_DAY = 4, 60
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True)
class Title:
    """What the line above a protocol says: code and name of the subject, day of the exam.

    ``subject`` is None if the line has a name nobody knows.
    """

    code: str
    subject: str | None
    day: date


@dataclass(frozen=True)
class Part:
    """A table that passed: one block of a protocol, or a list of medalists.

    ``table`` has its cells under the headings of ``columns`` (name → heading), line numbers and
    hashes; ``years`` are those named above it; ``strange`` counts columns that are not allowed,
    ``skipped`` and ``totals`` are lines about nobody (signatures, means), ``unclear`` counts words of a
    status nobody knows; ``twice`` names columns that stand there again with other cells; the last part
    of a sheet has all its titles and headings in ``heads``.
    """

    kind: Kind
    header: int
    title: Title | None
    years: frozenset[int]
    table: pl.DataFrame
    columns: Mapping[str, str]
    strange: int
    skipped: tuple[int, ...]
    totals: tuple[int, ...]
    unclear: int
    twice: tuple[str, ...] = ()
    heads: tuple[int, ...] = ()


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
    return any(map(_PERSONAL.fullmatch, spellings(normal(heading))))


def parts_of(rows: Sequence[Row], words: str, pseudonyms: Pseudonyms) -> list[Part]:
    """Blocks of protocols and lists of medalists among the rows; empty if there are none.

    ``words`` (file and sheet name) may say that a list is one of medalists.
    """
    medals = "медал" in words.lower()
    parts: list[Part] = []
    builder: _Builder | None = None
    title: Title | None = None
    years: set[int] = set()
    heads: list[int] = []
    above: list[str] = []
    for line, row in enumerate(rows, 1):
        cells = [" ".join((cell or "").split()) for cell in row]
        header = _header(cells, medals)
        found = header is None and _title(cells)
        if header or found:
            heads.append(line)
            parts += builder.done() if builder else []
            title = found or title
            if header:
                title = title or _title_of_lines(above)
                builder = _Builder(*header, line, title, frozenset(years))
            elif builder:  # the next block goes on under the same headings
                builder = builder.again(title)
        elif builder:
            builder.add(line, cells, pseudonyms)
        else:
            years |= {int(year) for cell in cells for year in _YEAR.findall(cell)}
            above.append(" ".join(cell for cell in cells if cell))
    parts += builder.done(keep_empty=not parts) if builder else []
    return [*parts[:-1], *(replace(part, heads=tuple(heads)) for part in parts[-1:])]


def without_personal(rows: Sequence[Row]) -> list[list[str | None]]:
    """The rows with every column emptied, from its heading down, that identifies a person.

    A word of totals stays: it is nobody's name, and its line is nobody.
    """
    closed: set[int] = set()
    cleared = []
    for row in rows:
        closed |= {i for i, cell in enumerate(row) if cell and is_personal(cell)}
        cleared.append(
            [
                None if i in closed and not is_total(cell or "") else cell
                for i, cell in enumerate(row)
            ]
        )
    return cleared


def _title(cells: Sequence[str]) -> Title | None:
    filled = [cell for cell in cells if cell]
    text = " ".join(filled) if len(filled) <= _TITLE_CELLS else ""
    day, start, end = find_day(text) or (None, 0, 0)
    match = _TITLE.fullmatch(text[:start].rstrip(" ,;—–-"))
    if day is None or match is None or len(text) - end > _AFTER_DAY:
        return None
    before, code, dash, name = match.groups()
    subject = subject_called(name)
    # with a name nobody knows only the exact shape of such lines tells a title from other text
    plain = not before.strip() and dash in ("-", "–", "—") and not text[end:].strip()
    return Title(code.zfill(2), subject, day) if subject or plain else None


def _title_of_lines(lines: Sequence[str]) -> Title | None:
    """The title of a protocol that has subject and day in two lines, one of each."""
    named = [_SUBJECT.fullmatch(line) for line in lines]
    subjects = {(m[1].zfill(2), subject_called(m[2])) for m in named if m and subject_called(m[2])}
    days = {found[0] for found in map(find_day, lines) if found}
    if len(subjects) != 1 or len(days) != 1:
        return None
    ((code, subject),) = subjects
    return Title(code, subject, days.pop())


def _header(
    cells: Sequence[str], medals: bool
) -> tuple[Kind, dict[str, int], int, dict[int, str]] | None:
    """Kind, position of each known column, number of columns that are not known, and positions of
    known ones that stand there again, of a row of headings.
    """
    if not _OF_HEADER.search("\n".join(cells)):
        return None
    labels = [normal(cell) for cell in cells]
    at = _positions(labels, PROTOCOL | IDENTITY)
    if len(at.keys() & _OF_PROTOCOL) >= _FEW:
        return "protocol", at, sum(map(bool, labels)) - len(at), _again(labels, at)
    at = _positions(labels, MEDALS | IDENTITY)
    if (
        at.keys() & {"surname", "full_name", "code"}
        and "school" in at
        and ("degree" in at or medals)
    ):
        return "medals", at, sum(map(bool, labels)) - len(at), _again(labels, at)
    return None


def _again(labels: Sequence[str], at: Mapping[str, int]) -> dict[int, str]:
    """Positions of columns that stand there again, and which: under the same heading; of a final score
    under another one, too; «Медаль I степени» beside «Медаль II степени».
    """
    score = PROTOCOL["score"].label
    degrees = [degree(label) for label in labels]
    return {
        position: name
        for position, label in enumerate(labels)
        for name, taken in at.items()
        if name not in IDENTITY and position not in at.values()
        if label == labels[taken]
        or (name == "score" and any(map(score.fullmatch, spellings(label))))
        or (name == "degree" and degrees[taken] and degrees[position] not in (None, degrees[taken]))
    }


def _positions(labels: Sequence[str], columns: Mapping[str, Column]) -> dict[str, int]:
    at: dict[str, int] = {}
    for position, label in enumerate(labels):
        written = spellings(label) if label else ()
        for name, column in columns.items():
            if name not in at and any(map(column.label.fullmatch, written)):
                at[name] = position
                break
    bare = [k for k, label in enumerate(labels) if BARE_SCORE.fullmatch(label)]
    if len(bare) == 1 and "score" not in at and "school" in at:
        if "primary" not in at and "mark" in at:
            at["primary"] = bare[0]
        elif "primary" in at and "mark" not in at:
            at["score"] = bare[0]
    return at


class _Builder:
    """Collects the rows of one part."""

    def __init__(self, kind, at, strange, others, header, title, years) -> None:
        self.kind, self.at, self.strange, self.others = kind, at, strange, others
        self.header, self.title, self.years = header, title, years
        columns = PROTOCOL if kind == "protocol" else MEDALS
        self.known = {name: column for name, column in columns.items() if name in at}
        self.allowed = {name: one for name, one in self.known.items() if name != "outcome"}
        self.identity = {name: column for name, column in IDENTITY.items() if name in at}
        self.rows: list[tuple[int | str | None, ...]] = []
        self.skipped: list[int] = []
        self.totals: list[int] = []
        self.unclear = 0
        self.twice: set[str] = set()

    def again(self, title: Title | None) -> _Builder:
        """A builder for the next part under the same headings."""
        kept = self.kind, self.at, self.strange, self.others, self.header
        return _Builder(*kept, title, self.years)

    def add(self, line: int, cells: Sequence[str], pseudonyms: Pseudonyms) -> None:
        """Take what is allowed of a row."""
        values = {name: cells[at] if at < len(cells) else "" for name, at in self.at.items()}
        first = next((cell for cell in cells if cell), "")
        if any(is_total(text) for text in (first, *(values.get(name, "") for name in _NAMED))):
            self.totals.append(line)
            return
        if not any(values.get(name) for name in self._about()):
            self.skipped += [line] if any(cells) else []
            return
        known = self.known | self.identity
        for place, name in self.others.items():
            other = cells[place] if place < len(cells) else ""
            if other not in ("", values[name]):
                self.twice.add(known[name].heading)
        ended = self._ended(values)
        wrong = [
            name
            for name, v in values.items()
            if v and (why_spoilt(v) or not known[name].cell.fullmatch(v))
        ]
        if all(known[name].cheap for name in wrong):
            values |= dict.fromkeys(wrong, CELL_OUT_OF_FORM)
            kept = {name: values[name] or None for name in self.allowed}
            if self.kind == "medals":
                kept = _medal(kept, pseudonyms)
            hashes = _hashes(values, pseudonyms)
        else:
            kept = dict.fromkeys(self.allowed, None) | {
                "school": f"{OUT_OF_FORM}: {', '.join(known[name].heading for name in wrong)}"
            }
            hashes, ended = (None, None, None), None
        self.rows.append((line, *(kept.get(name) for name in self.allowed), ended, *hashes))

    def _ended(self, values: dict[str, str]) -> str | None:
        """Why the participant has no score; what was scored all the same is taken out then."""
        if self.kind == "medals":
            return None
        told = [outcome(values.get(name, "")) for name in ("outcome", *_SCORES, "short", "long")]
        ended = next((one for one in told if one), None)
        if ended:
            values |= {n: "" for n in (*_SCORES, "short", "long", "outcome") if n in values}
        elif values.get("outcome") and not _SAT.fullmatch(values["outcome"]):
            self.unclear += 1
        return ended

    def _about(self) -> Iterator[str]:
        """Columns one of which is filled if a row is about a pupil."""
        yield "school"
        yield from _SCORES if self.kind == "protocol" else self.identity

    def done(self, *, keep_empty: bool = False) -> list[Part]:
        """The part, unless it has no rows: a header may be repeated on every page."""
        if not self.rows and not keep_empty:
            return []
        columns = {name: column.heading for name, column in self.allowed.items()}
        names = [*columns.values(), OUTCOME, DOCUMENT, NAME, CODE]
        types = {ROW: pl.UInt32} | dict.fromkeys(names, pl.String)
        table = pl.DataFrame(self.rows, schema=types, orient="row")
        return [
            Part(
                self.kind,
                self.header,
                self.title,
                self.years,
                table,
                columns,
                self.strange,
                tuple(self.skipped),
                tuple(self.totals),
                self.unclear,
                tuple(sorted(self.twice)),
            )
        ]


def _medal(kept: dict[str, str | None], pseudonyms: Pseudonyms) -> dict[str, str | None]:
    """A row of a list of medalists: a school's name hashed, the degree as a number."""
    school = kept["school"]
    if school and not re.fullmatch(UNIT_CODE, school, re.I):
        kept |= {"school": BY_NAME + pseudonyms.hash("school", same_name(school))}
    if kept.get("degree"):
        kept |= {"degree": degree(kept["degree"] or "") or CELL_OUT_OF_FORM}
    if kept.get("year"):
        kept |= {"year": _YEAR.findall(kept["year"] or "")[-1]}
    return kept


def _hashes(
    values: Mapping[str, str], pseudonyms: Pseudonyms
) -> tuple[str | None, str | None, str | None]:
    """Hashes of document, name and participant code, each None if the row does not have it."""
    given = {name: values.get(name, "") for name in IDENTITY}
    document = same_document(given["series"], given["number"])
    full = given["full_name"] or f"{given['surname']} {given['name']} {given['patronymic']}"
    name, code = same_name(full), given["code"].upper()
    return (
        pseudonyms.hash("document", document) if document else None,
        pseudonyms.hash("name", name) if name else None,
        pseudonyms.hash("code", code) if code else None,
    )
