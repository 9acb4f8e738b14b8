"""A roadmap in Excel, of whatever shape, read by the words of its headings."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from msoko_analysis.errors import Problem
from msoko_analysis.monitoring.cells import opened, unread
from msoko_analysis.monitoring.roadmap.grid import NUMBER, Grid, Row, grids
from msoko_analysis.monitoring.roadmap.keywords import Keywords, load_keywords, simple
from msoko_analysis.monitoring.roadmap.marks import read_mark
from msoko_analysis.monitoring.roadmap.roadmap import Activity, Place, Roadmap, Section
from msoko_analysis.monitoring.roadmap.term_reading import read_term
from msoko_analysis.monitoring.roadmap.terms import Kind, Span
from msoko_analysis.params.schema import nearest

_PLAN = re.compile(r"на\s+(20\d\d)(?:\s*[-–—]\s*(20\d\d))?\s*(учебн\w*)?\s*г")
_EMPTY = {"term": "срока", "responsible": "ответственного", "evidence": "результата"}
_DAY_RU = (
    "впишите срок, как «до 01.03.2027», «март 2027», «октябрь 2026 – май 2027», «ежегодно, май»"
)


def read_roadmap(
    path: Path,
    *,
    plan: Span | None = None,
    directions: Collection[str] = (),
    schools: Collection[str] = (),
    keywords: Keywords | None = None,
) -> Roadmap:
    """Read every table of activities of a workbook.

    Parameters
    ----------
    path : the workbook
    plan : the days it is for; None takes them from titles such as «на 2023–2024 учебный год»
    directions, schools : names that may stand in those columns; () allows any
    keywords : other words than those of ``params/cycle``

    Returns
    -------
    Roadmap. Every row of every table is an activity or a section, whatever is wrong with it; what is
    wrong stands in ``problems`` at its cell. A point whose sub-points follow and that has neither
    term nor evidence is a section; its responsible person answers for sub-points that name none.

    Raises
    ------
    DataError
        The file can not be opened, or no sheet has a table with columns of activities and terms.

    Examples
    --------
    >>> read_roadmap(Path("none.xlsx"))
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.DataError: none.xlsx: файла нет — проверьте имя и папку
    """
    book = opened(path)
    words = keywords or load_keywords()
    found = [(name, grids(sheet, words.columns)) for name, sheet in book.items()]
    if not any(tables for _, tables in found):
        rule = "нет таблицы со столбцами мероприятий и сроков"
        raise unread(path, rule, "проверьте заголовки столбцов")
    titles = [title for _, tables in found for grid in tables for title in grid.titles]
    reader = _Reader(path.name, words, plan or _plan(titles), directions, schools)
    for sheet, tables in found:
        for grid in tables:
            reader.table(sheet, grid)
    skipped = tuple(sheet for sheet, tables in found if not tables)
    return reader.roadmap(skipped)


def _plan(titles: list[str]) -> Span | None:
    """The days the titles say, None where they say none or several."""
    spans = set()
    for first, second, school in _PLAN.findall(" ".join(titles).lower()):
        start, end = int(first), int(second or first)
        whole = Span(date(start, 1, 1), date(end, 12, 31))
        spans.add(Span(date(start, 9, 1), date(end, 8, 31)) if school and second else whole)
    return spans.pop() if len(spans) == 1 else None


def _direction(titles: list[str]) -> str:
    """The name in quotation marks in titles of a roadmap, "" where there is none."""
    text = " ".join(titles)
    start = text.lower().rfind("дорожная карта")
    found = re.search(r"«\s*(.+)\s*»", text[max(start, 0) :])
    return found.group(1).strip() if found and start >= 0 else ""


@dataclass
class _Reader:
    """One pass over all tables that collects activities and faults."""

    file: str
    words: Keywords
    plan: Span | None
    allowed_directions: Collection[str]
    allowed_schools: Collection[str]
    activities: list[Activity] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    missing: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)

    def table(self, sheet: str, grid: Grid) -> None:
        """Read one table."""
        lines = [row.cells["activity"] for row in grid.rows if row.lone]
        direction = _direction(grid.titles) or _direction(lines)
        for name, what in _EMPTY.items():
            if name not in grid.columns:
                place = Place(self.file, sheet, grid.header, grid.columns)
                self.missing.append(
                    place.problem("activity", f"нет столбца {what}", "добавьте его")
                )
        for letter, heading in grid.unread.items():
            place = Place(self.file, sheet, grid.header, {"number": letter})
            rule = f"столбец «{heading[:60]}» не прочитан"
            action = "назовите его иначе или перенесите в другой столбец"
            self.doubts.append(place.problem("number", rule, action))
        for row, text in grid.tail:
            place = Place(self.file, sheet, row, grid.columns)
            rule = "строка под таблицей не прочитана"
            self.doubts.append(place.problem("activity", rule, f"проверьте: «{text[:60]}»"))
        section, parents = "", {}
        numbers = _Numbers()
        for place_in, row in enumerate(grid.rows):
            place = Place(self.file, sheet, row.row, grid.columns)
            number = row.cells.get("number", "").rstrip(".)")
            if not row.lone and grid.numbered:
                self._number(place, row, numbers)
            if row.lone or _has_children(grid.rows, place_in):
                text = row.cells["activity"]
                section = f"{number}. {text}" if number else text
                parents[number] = row.cells.get("responsible", "")
                self.sections.append(Section(place, number, text))
                continue
            above = parents.get(number.rpartition(".")[0], "") if "." in number else ""
            self._activity(place, row, number, section, direction, above)

    def _number(self, place: Place, row: Row, numbers: _Numbers) -> None:
        printed = row.cells["number"]
        if row.date_number:
            rule = "номер превращён в дату"
            self.problems.append(place.problem("number", rule, "впишите номер как текст"))
        elif not printed:
            self.doubts.append(place.problem("number", "у мероприятия нет номера", "впишите номер"))
        elif not NUMBER.fullmatch(printed):
            self.problems.append(place.problem("number", "номер не понят", "впишите его цифрами"))
        else:
            number = tuple(int(one) for one in re.findall(r"\d+", printed))
            if number in numbers.seen:
                rule = f"номер {printed} уже есть в строке {numbers.seen[number]}"
                action = "исправьте; номер вида 1.10 пишется как текст"
                self.problems.append(place.problem("number", rule, action))
            elif gap := numbers.skipped(number):
                rule = f"перед номером {printed} пропущен {gap}"
                self.doubts.append(place.problem("number", rule, "проверьте, не потерялся ли он"))
            numbers.seen.setdefault(number, row.row)

    def _activity(
        self, place: Place, row: Row, number: str, section: str, direction: str, above: str
    ) -> None:
        cells = row.cells
        term = read_term(cells["term"])
        made = Activity(
            place, number, cells["activity"], section, term, cells.get("evidence", ""),
            cells.get("responsible", "") or above, cells.get("participants", ""),
            cells.get("direction", "") or direction, cells.get("school", ""),
            self._stages(place, cells.get("stage", "")), cells.get("mark", ""),
            cells.get("proof", ""),
        )  # fmt: skip
        self.activities.append(made)
        if not made.text:
            self.problems.append(place.problem("activity", "нет мероприятия", "впишите его"))
        self._term(made)
        self._words(made)
        fault = read_mark(made.mark, made.proof, self.words.marks).fault
        if fault:
            action = "напишите «выполнено», дату и документ или «не выполнено»"
            self.problems.append(place.problem("mark", fault, action))
        for name, what in _EMPTY.items():
            empty = not (term.text.strip(" .-–—") if name == "term" else getattr(made, name))
            if empty and name in place.columns:
                self.missing.append(place.problem(name, f"нет {what}", "впишите"))

    def _term(self, made: Activity) -> None:
        """What is wrong with the term, or should be looked at."""
        place, term, plan = made.place, made.term, self.plan
        if term.unread:
            rule = f"срок не понят: {term.unread}"
            self.problems.append(place.problem("term", rule, _DAY_RU))
        elif term.needs_year(plan) and (plan or not term.recurrence):
            rule = "у месяца или дня нет года, а по периоду плана он не определяется"
            self.problems.append(place.problem("term", rule, "впишите год"))
        for doubt in term.doubts:
            self.doubts.append(place.problem("term", doubt, "проверьте"))
        if plan and any(
            span.end < plan.start or (span.start or span.end) > plan.end
            for span in term.occurrences(plan)
            if not term.following
        ):
            rule = "срок вне периода плана"
            self.doubts.append(place.problem("term", rule, "проверьте год"))

    def _words(self, made: Activity) -> None:
        """Words that must be those of a list, and activities that stand twice."""
        for name, allowed, what in (
            ("direction", self.allowed_directions, "направления"),
            ("school", self.allowed_schools, "школы"),
        ):
            word = getattr(made, name)
            if word and allowed and word not in allowed and name in made.place.columns:
                rule = f"такого {what} нет" if name == "direction" else f"такой {what} нет"
                self.problems.append(made.place.problem(name, rule, nearest(word, allowed)))
        same = [
            one
            for one in self.activities[:-1]
            if made.text
            and (simple(one.text), one.direction, one.school, one.term.text)
            == (simple(made.text), made.direction, made.school, made.term.text)
        ]
        if same:
            rule = f"то же мероприятие с тем же сроком уже есть в строке {same[0].place.row}"
            self.doubts.append(made.place.problem("activity", rule, "оставьте одно"))

    def _stages(self, place: Place, cell: str) -> tuple[str, ...]:
        """Codes of the stages a cell names."""
        known = {simple(stage.name): stage.code for stage in self.words.stages.stages}
        known |= {stage.code: stage.code for stage in self.words.stages.stages}
        found = []
        for word in filter(None, map(simple, re.split(r"[;\n]", cell))):
            if word in known:
                found.append(known[word])
            else:
                names = [stage.name for stage in self.words.stages.in_order]
                rule = f"такого этапа цикла нет: «{word}»"
                self.problems.append(place.problem("stage", rule, nearest(word, names)))
        return tuple(dict.fromkeys(found))

    def roadmap(self, skipped: tuple[str, ...]) -> Roadmap:
        """What was collected."""
        leaning = [
            one
            for one in self.activities
            if one.term.kind is Kind.PERIOD or one.term.needs_year(None)
        ]
        if self.plan is None and leaning:
            rule = "не сказано, на какие годы план: сроки без года не попадут в календарь"
            action = "допишите в название таблицы «на 2026–2027 учебный год» или «на 2026 год»"
            self.missing.insert(0, leaning[0].place.problem("term", rule, action))
        lists = (tuple(one) for one in (self.problems, self.missing, self.doubts))
        return Roadmap(
            tuple(self.activities), tuple(self.sections), self.plan, *lists, skipped
        )  # fmt: skip


@dataclass
class _Numbers:
    """Numbers of one table and the rows they stand in."""

    seen: dict[tuple[int, ...], int] = field(default_factory=dict)

    def skipped(self, number: tuple[int, ...]) -> str:
        """The number before this one if nobody has it, "" where it is there or not expected."""
        before = (*number[:-1], number[-1] - 1)
        if number[-1] <= 1 or before in self.seen:
            return ""
        return ".".join(map(str, before))


def _has_children(rows: list[Row], place: int) -> bool:
    """Whether a row only heads the numbered rows that follow."""
    row = rows[place]
    number = row.cells.get("number", "").rstrip(".)")
    following = next((one for one in rows[place + 1 :] if not one.lone), None)
    if not number or following is None or row.cells["term"] or row.cells.get("evidence"):
        return False
    return following.cells.get("number", "").startswith(f"{number}.") and bool(
        following.cells["number"].rstrip(".)") != number
    )
