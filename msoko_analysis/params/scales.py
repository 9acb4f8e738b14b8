"""Scales «primary score → mark»: dated rows with status and source, and the choice for one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from msoko_analysis.errors import Problem
from msoko_analysis.params.procedures import ProcedureCode, procedures
from msoko_analysis.params.schema import Fault, Strict, Text, Whole, nearest, read_csv, shown

Status = Literal[
    "found_official",
    "found_recommended",
    "found_code",
    "found_secondary",
    "found_secondary_confirmed_by_data",
    "inferred",
    "recovered",
    "synthetic",
    "unconfirmed",
]
STATUS_RU = {
    "found_official": "официальная",
    "found_recommended": "официально рекомендована, субъект мог принять другую",
    "found_code": "взята из программного кода, официальный текст не найден",
    "found_secondary": "вторичный источник",
    "found_secondary_confirmed_by_data": "вторичный источник, сверена с данными",
    "inferred": "вывод из соседних лет, источника нет",
    "recovered": "восстановлена по данным",
    "synthetic": "учебная, для синтетических данных",
    "unconfirmed": "не подтверждена",
    "absent": "шкалы нет",
    "marks_told": "шкалы нет, отметки взяты из загруженных данных",
}


class Paper(NamedTuple):
    """A paper without its year.

    >>> Paper.parse("VPR-4-RU").code
    'VPR-4-RU'
    """

    procedure: str
    grade: int
    subject: str

    @property
    def code(self) -> str:
        """The paper as run files write it."""
        return f"{self.procedure}-{self.grade}-{self.subject}"

    @classmethod
    def parse(cls, code: str) -> Paper:
        """The paper of a code «PROCEDURE-GRADE-SUBJECT»; raises :class:`Fault` if it is not one."""
        procedure, _, rest = code.partition("-")
        grade, _, subject = rest.partition("-")
        if procedure not in procedures() or not subject or grade not in map(str, range(1, 13)):
            raise Fault(f"«{code}» — не код работы", "запишите его в виде VPR-4-RU")
        return cls(procedure, int(grade), subject)


class PaperOfYear(NamedTuple):
    """What identifies a paper everywhere: year, procedure, grade, subject."""

    year: int
    procedure: str
    grade: int
    subject: str


def _points(text: object) -> object:
    """«12 30 44» as a cell of a table has it → points; anything else is for the schema to judge."""
    return tuple(text.split()) if isinstance(text, str) else text


class RowOfYears(Strict):
    """A line of a table about one paper: the years in which it holds, and how well it is known."""

    year_from: int
    year_to: int
    procedure: ProcedureCode
    grade: Annotated[int, Field(ge=1, le=12)]
    subject: Text
    status: Status
    source: Text

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.year_to < self.year_from:
            raise Fault("year_to раньше, чем year_from", "исправьте годы")
        return self

    @property
    def paper(self) -> Paper:
        """The paper the row is about."""
        return Paper(self.procedure, self.grade, self.subject)


class ScaleRow(RowOfYears):
    """One line of ``params/scales/*.csv``: a scale and the years in which it holds.

    ``min_4`` and ``min_5`` are left out where an exam is only passed or failed. ``other_cuts``: points
    from which something else changes that a work may be lifted over (a mark 6, a distinction, a
    place), separated by blanks. ``step``: how many points one step of the scale is; marks from 1 to 10
    kept as 200 points and given in halves have 10 (docs/decisions/0040).
    """

    max_primary: Annotated[int, Field(ge=1)]
    min_3: Annotated[int, Field(ge=1)]
    min_4: int | None = None
    min_5: int | None = None
    other_cuts: Annotated[tuple[int, ...], BeforeValidator(_points)] = ()
    step: Annotated[int, Field(ge=1)] = 1
    condition: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_4 is None and self.min_5 is not None:
            raise Fault("граница «5» есть, а границы «4» нет", "заполните min_4")
        cuts = _cuts(self)
        if list(cuts) != sorted(set(cuts)):
            raise Fault("границы отметок не возрастают", "проверьте min_3 < min_4 < min_5")
        if cuts[-1] > self.max_primary:
            mark = 2 + len(cuts)
            rule = f"граница «{mark}» больше максимального балла"
            raise Fault(rule, f"проверьте min_{mark} и max_primary")
        if not all(0 < cut <= self.max_primary for cut in self.other_cuts):
            raise Fault("граница из other_cuts не на шкале", "проверьте other_cuts и max_primary")
        if self.step > self.max_primary:
            raise Fault(
                "шаг больше максимального балла", "step — сколько баллов в одном шаге шкалы"
            )
        return self


def _cuts(scale: ScaleRow | Scale) -> tuple[int, ...]:
    several = (scale.min_3, scale.min_4, scale.min_5)
    return tuple(cut for cut in several if cut is not None)


class Scale(Strict):
    """The scale of one paper of one year: lowest primary scores of the marks 3, 4 and 5.

    ``min_4``, ``min_5``, ``other_cuts`` and ``step`` as in :class:`ScaleRow`.
    Without any cut it is not a scale, only the highest score known (:func:`highest_known`).
    ``note`` is None for an official scale used as published; otherwise it says, in Russian, what a
    reader of the note must know: that the scale is not official, was taken from another year, or
    that the mark also depends on conditions the primary score does not show.
    """

    year: int
    procedure: str
    grade: int
    subject: str
    max_primary: int
    min_3: int | None = None
    min_4: int | None = None
    min_5: int | None = None
    other_cuts: tuple[int, ...] = ()
    step: int = 1
    status: Status | Literal["absent", "marks_told"]
    source: str
    note: str | None = None

    @property
    def cuts(self) -> tuple[int, ...]:
        """Lowest primary scores of the marks 3, 4, 5, as many as the scale has."""
        return _cuts(self)

    @property
    def every_cut(self) -> tuple[int, ...]:
        """All scores over which a work may be lifted: those of the marks and others, rising."""
        return tuple(sorted({*self.cuts, *self.other_cuts}))

    @property
    def full(self) -> bool:
        """Whether it gives the marks 2…5, so that school marks can be set beside them."""
        return self.min_5 is not None


HIGHEST = "наибольший балл в данных"


def highest_known(paper: PaperOfYear, score: int) -> Scale:
    """What stands for the scale of a paper that has none: the highest score in the data, no marks.

    >>> highest_known(PaperOfYear(2026, "VPR", 7, "MA"), 19).cuts
    ()
    """
    return Scale(**paper._asdict(), max_primary=score, status="absent", source=HIGHEST)


class Substitution(Strict):
    """A run's decision to use the scales of ``use_year`` in ``year``, with its reason."""

    year: Whole
    use_year: Whole
    reason: Text


class PlacedRow(NamedTuple):
    """A row of a parameter table (:class:`ScaleRow` or another) and where it stands."""

    row: Any
    file: Path
    line: int


def read_scales(files: Sequence[Path], problems: list[Problem]) -> list[PlacedRow]:
    """All rows of all scale files; faults of any row are added to ``problems``."""
    rows = [
        PlacedRow(row, file, line)
        for file in files
        for row, line in read_csv(ScaleRow, file, problems)
    ]
    problems.extend(_overlaps(rows))
    return rows


def _overlaps(rows: Sequence[PlacedRow]) -> Iterable[Problem]:
    """Two rows for one paper and year; scales made up and scales recovered are worlds apart."""
    seen: dict[tuple[str, Paper], list[PlacedRow]] = {}
    for row, file, line in rows:
        world = row.status if row.status in ("synthetic", "recovered") else ""
        others = seen.setdefault((world, row.paper), [])
        for other, other_file, other_line in others:
            if row.year_from <= other.year_to and other.year_from <= row.year_to:
                yield Problem(
                    f"годы шкалы {row.paper.code} пересекаются со строкой {other_line} "
                    f"файла {shown(other_file)}",
                    "оставьте на каждый год одну строку",
                    shown(file),
                    row=line,
                )
        others.append(PlacedRow(row, file, line))


class ScaleChoice(NamedTuple):
    """The scales of a run, and the papers that have none, each with the reason in Russian."""

    scales: dict[PaperOfYear, Scale]
    missing: tuple[tuple[PaperOfYear, str], ...]


def choose_scales(
    rows: Sequence[ScaleRow],
    years: Iterable[int],
    papers: Iterable[Paper],
    statuses: Sequence[Status],
    substitutions: Sequence[Substitution] = (),
    shared: Mapping[str, str] | None = None,
) -> ScaleChoice:
    """For each year and paper the one scale whose status the run accepts.

    A substitution fills only the papers of its year that have no accepted scale of their own.

    Parameters
    ----------
    rows : rows of the scale files, without overlaps
    years, papers : the papers wanted (each year × each paper)
    statuses : statuses the run accepts
    substitutions : at most one for a year
    shared : subject → the subject whose scale it has in years without a row of its own

    Returns
    -------
    ScaleChoice
        A paper without an accepted scale is in ``missing``, never guessed; papers of ЕГЭ need none.

    Raises
    ------
    Fault
        An accepted made-up scale and an accepted real one compete for a paper.
    """
    instead = {item.year: item for item in substitutions}
    scales: dict[PaperOfYear, Scale] = {}
    missing: list[tuple[PaperOfYear, str]] = []
    papers = tuple(papers)
    for year in years:
        for paper in papers:
            key = PaperOfYear(year, *paper)
            row, swap = _accepted(_rows_of(rows, year, paper, shared), year, paper, statuses), None
            if row is None and year in instead:
                swap = instead[year]
                found = _rows_of(rows, swap.use_year, paper, shared)
                row = _accepted(found, swap.use_year, paper, statuses)
            if row is None and paper.procedure == "EGE":
                continue  # test scores 0–100 have minimums, not marks: msoko_analysis.params.minimums
            if row is None:
                missing.append((key, _why_missing(paper, _rows_of(rows, year, paper, shared))))
            else:
                scales[key] = _scale(key, row, swap)
    return ScaleChoice(scales, tuple(missing))


def _accepted(
    rows: Sequence[ScaleRow], year: int, paper: Paper, statuses: Sequence[Status]
) -> ScaleRow | None:
    """The row of a paper and year whose status is accepted (overlaps were reported on reading).

    A scale that the data determine goes behind an official one and before all others.
    """
    found = [row for row in rows if row.status in statuses]
    found.sort(key=lambda row: (row.status != "found_official", row.status != "recovered"))
    if len({row.status == "synthetic" for row in found}) > 1:
        raise Fault(
            f"для {paper.code} {year} года запуск принимает и настоящую, и учебную шкалу",
            "оставьте в scale_statuses либо «synthetic», либо остальные статусы",
        )
    return found[0] if found else None


def _rows_of(
    rows: Sequence[ScaleRow], year: int, paper: Paper, shared: Mapping[str, str] | None
) -> list[ScaleRow]:
    """The rows of a paper and year, else those of the subject whose scale it shares."""
    now = [row for row in rows if row.year_from <= year <= row.year_to]
    common = paper._replace(subject=(shared or {}).get(paper.subject, paper.subject))
    own = [row for row in now if row.paper == paper]
    return own or [row for row in now if row.paper == common]


#: Where the scale of a year that nobody has entered is printed, by procedure.
_PRINTED = {
    "VPR": "её печатают опубликованные ФИОКО «образец и описание» этой работы",
    "OGE": "её рекомендует письмо Рособрнадзора этого года и утверждает субъект",
}


def _why_missing(paper: Paper, found: Sequence[ScaleRow]) -> str:
    """Why a paper has no scale, and what would give it one."""
    if not found:
        printed = _PRINTED.get(paper.procedure)
        said = "шкалы этого года нет в params/scales"
        return f"{said}; {printed}" if printed else said
    real = [row for row in found if row.status != "synthetic"] or found
    statuses = " и ".join(f"«{row.status}» ({STATUS_RU[row.status]})" for row in real)
    return f"статус шкалы {statuses} не принят запуском (scale_statuses)"


def _scale(key: PaperOfYear, row: ScaleRow, swap: Substitution | None) -> Scale:
    """The scale of a paper from its row, with the note a reader needs."""
    notes = []
    if swap:
        notes.append(f"шкала {swap.use_year} года применена к {swap.year} году: {swap.reason}")
    if row.status != "found_official":
        notes.append(f"статус шкалы: {STATUS_RU[row.status]}")
    if row.condition:
        notes.append(f"отметка зависит и от условия, не видного по баллу: {row.condition}")
    return Scale(
        **key._asdict(),
        **row.model_dump(
            include=set(Scale.model_fields) & set(ScaleRow.model_fields) - set(key._fields)
        ),
        note="; ".join(notes) or None,
    )


def unknown_subjects(
    rows: Sequence[PlacedRow], subjects: Iterable[str], problems: list[Problem]
) -> None:
    """Add a problem for each row whose subject is not in ``params/subjects.yaml``."""
    known = set(subjects)
    problems.extend(
        Problem(
            f"предмета «{row.subject}» нет в params/subjects.yaml",
            nearest(row.subject, known),
            shown(file),
            row=line,
            column="subject",
        )
        for row, file, line in rows
        if row.subject not in known
    )
