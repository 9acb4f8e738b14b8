"""From files to a derived folder: open, recognise, clean, merge, check, write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.ingest import (
    aggregates,
    distributions,
    fisoko,
    forms,
    gia,
    mapped,
    markers,
    medals,
    persons,
    regional,
    tables,
    task_forms,
)
from msoko_analysis.ingest.accounts import Lines, account
from msoko_analysis.ingest.block import Block
from msoko_analysis.ingest.contracts import (
    PLANNED_RESULTS,
    SCORE_SHARES,
    TASK_SHARES,
    TASK_SHARES_BY_GROUP,
)
from msoko_analysis.ingest.fractions import fractions_of
from msoko_analysis.ingest.gia_codes import with_own_codes
from msoko_analysis.ingest.layout import SUFFIX, Layout, layouts_for
from msoko_analysis.ingest.merge import merge
from msoko_analysis.ingest.other_marks import without_other_marks
from msoko_analysis.ingest.privacy import SALT, Pseudonyms
from msoko_analysis.ingest.report import Faults, IngestReport, faults_of, origin_cards
from msoko_analysis.ingest.sheets import ROW, SUFFIXES, EmptyTableError, Sheet, open_sheets
from msoko_analysis.ingest.spelling import one_spelling
from msoko_analysis.ingest.store import (
    Fingerprint,
    check_target,
    fill_folder,
    fingerprint,
    papers_table,
    write_folder,
)
from msoko_analysis.ingest.told_names import file_of_person
from msoko_analysis.ingest.totals import without_totals
from msoko_analysis.walls import printable

_TITLE = "Данные не загружены"
#: Readers in the order they are tried; each returns nothing for a sheet that is not its own.
READERS: tuple[Callable[[Sheet], Block | list[Block] | None], ...] = (
    fisoko.read_individual,
    distributions.read,  # its scores 2…5 look like the marks of Ф3
    distributions.read_export,
    task_forms.read_tasks_by_group,
    task_forms.read_tasks,
    task_forms.read_planned,
    aggregates.read_mark_statistics,
    aggregates.read_mark_vs_prior,
    fisoko.read_collection,
    markers.read,
    regional.read,
    tables.read,
)


def read_files(
    paths: Iterable[Path | str],
    out: Path | str,
    *,
    strict: bool = False,
    replace: bool = False,
    layout: Path | None = None,
    salt: Path | None = None,
    today: date | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> IngestReport:
    """Read files, set aside what breaks the contracts, write the derived folder ``out``.

    Parameters
    ----------
    paths : files or folders; of a folder, all files a reader recognises, the others are reported.
    out : folder to make. It appears complete or not at all.
    strict : a row set aside or a cell emptied is an error.
    replace : an existing derived folder may be replaced; it is kept until the new one is complete.
    layout : description of the files' columns (YAML); by default one that lies beside a file.
    salt : file with the secret of the pseudonyms; it is made when the first one is needed
        (default: ``data/.salt``).
    today : date for the origin cards (default: today).
    progress : called before each file with (files done, files in all, file name).

    Raises DataError with every fault of every file that can not be read at all, for ``strict`` also
    with those of rows and with columns of marks on another scale; nothing is written then.

    >>> import tempfile
    >>> lines = [
    ...     "year;procedure;grade;subject;municipality;school;pupil;total",
    ...     "2021;ВПР;4;МА;M01;S1;1;12",
    ...     "2021;ВПР;4;МА;M01;S1;2;отсутствовал",
    ... ]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.csv"
    ...     _ = file.write_text("\\n".join(lines), encoding="cp1251")
    ...     report = read_files([file], Path(folder) / "derived")
    >>> report.cards[0]["rows_out"], report.papers[0]["scored"]
    (2, 1)
    """
    out = Path(out)
    standing = check_target(out, replace=replace)
    pseudonyms = Pseudonyms(salt or SALT)
    files = _files([Path(path) for path in paths])
    layouts = layouts_for([file for file, _ in files], layout)
    blocks, prints, unknown, notes, sheets = _read_all(files, layouts, pseudonyms, progress)
    if not blocks:
        listed = [Problem("файл не распознан", _KNOWN, name) for name in unknown] or [
            Problem("нет ни одного файла с данными", "укажите файлы или папку с ними")
        ]
        raise DataError.from_problems(_TITLE, [*listed, *notes])
    empty = tuple(notes)
    blocks, other_marks = without_other_marks(blocks)
    blocks, folded = one_spelling(blocks)
    notes += [*fractions_of(blocks), *other_marks, *folded]
    notes += persons.in_two_schools(blocks)
    blocks = persons.link(with_own_codes(blocks), pseudonyms)
    merged = merge(blocks)
    rejected, cells = (faults_of(faults, blocks) for faults in (merged.rejected, merged.cells))
    if strict and (rejected or cells or other_marks):
        raise _strict_error([*rejected, *cells], other_marks)
    day = (today or date.today()).isoformat()
    cards = origin_cards(blocks, merged, prints, day)
    accounts, unread = account(sheets, blocks, merged, empty)
    rows = [one.as_dict() for one in accounts]
    write_folder(out, lambda folder: fill_folder(folder, blocks, merged, cards, rows), standing)
    unused = [told for name, told in _UNUSED.items() if name in merged.tables]
    return IngestReport(
        out,
        tuple(cards),
        tuple(papers_table(merged.tables.get("results"))),
        rejected,
        cells,
        tuple(unknown),
        (*notes, *unread, *merged.warnings, *unused),
        tuple(accounts),
    )


_KEPT = "если они не нужны, удалите их; если нужны, ничего делать не нужно"
_OF_FORM = Problem(
    "таблица записана, но документы по ней пока не делаются",
    "для документов нужны результаты участников, Ф3 или «Сравнение отметок»",
)
_UNUSED = {
    **{
        one.name: replace(_OF_FORM, rule=f"«{one.title}»: {_OF_FORM.rule}")
        for one in (TASK_SHARES, TASK_SHARES_BY_GROUP, PLANNED_RESULTS)
    },
    SCORE_SHARES.name: replace(
        _OF_FORM,
        rule=f"«{SCORE_SHARES.title}»: по таблице только восстанавливаются границы отметок",
    ),
    "school_means": Problem(
        "средние результаты школ записаны, но документы по ним не делаются",
        "для документов нужны результаты участников, формы ФИС ОКО или число участников по уровням",
    ),
}
_KNOWN = (
    "известны: таблицы по контракту (docs/data-dictionary.md), региональные выгрузки 2020 и 2021, "
    "формы ФИС ОКО Ф1, Ф3, «Сравнение отметок», «Распределение первичных баллов», «Выполнение заданий» "
    "(и группами участников), «Достижение планируемых результатов», форма сбора, "
    "списки школ с маркерами необъективности"
)


def _files(paths: Sequence[Path]) -> list[tuple[Path, bool]]:
    """(file, whether it was named itself), each once; lock files of Excel are passed by."""
    found: dict[Path, tuple[Path, bool]] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            passed = [p for p in _inside(path, problems) if not p.name.startswith(("~$", "."))]
            listed = [(p, False) for p in passed if not p.name.endswith(SUFFIX)]
        elif path.exists():
            listed = [(path, True)]
        else:
            problems.append(Problem("файла или папки нет", "проверьте путь", printable(str(path))))
            continue
        for file, named in listed:
            if printable(str(file)) != str(file):
                rule = "имя файла или его папки не в UTF-8"
                problems.append(Problem(rule, "переименуйте", printable(str(file))))
            called = file.suffix.lower() in SUFFIXES and file_of_person(file)
            problems += [called] if called else []
            found.setdefault(file.resolve(), (file, named))
    if problems:
        raise DataError.from_problems(_TITLE, problems)
    return list(found.values())


def _inside(folder: Path, problems: list[Problem]) -> list[Path]:
    """All that stands in a folder and in those inside it but folders; pipes too: they are told, and so
    are links to folders, which are not followed.
    """

    def closed(error: OSError) -> None:
        rule = f"папка не читается ({error.strerror})"
        problems.append(
            Problem(rule, "откройте доступ к ней или уберите её", printable(str(error.filename)))
        )

    return sorted(
        path
        for place, folders, names in os.walk(folder, onerror=closed)
        for path in (Path(place, name) for name in (*names, *folders))
        if path.name in names or path.is_symlink()
    )


def _read_all(
    files: Sequence[tuple[Path, bool]],
    layouts: Mapping[Path, Layout],
    pseudonyms: Pseudonyms,
    progress: Callable[[int, int, str], None] | None,
) -> tuple[list[Block], dict[Path, Fingerprint], list[str], list[Problem], list[Lines]]:
    """Blocks of all files, check sums of what was read, names of files nobody knows, notes that sheets
    are empty, and the lines of all sheets.

    Raises DataError with the faults of all files.
    """
    blocks: list[Block] = []
    prints: dict[Path, Fingerprint] = {}
    unknown: list[str] = []
    notes: list[Problem] = []
    sheets: list[Lines] = []
    problems: list[Problem] = []
    for index, (file, named) in enumerate(files):
        if progress is not None:
            progress(index, len(files), file.name)
        if not named and (file.is_dir() or file.suffix.lower() not in SUFFIXES):
            unknown.append(f"{file.name} (ссылка на папку)" if file.is_dir() else file.name)
            continue
        prints[file] = fingerprint(file)
        found, faults, empty, lines = _read_file(file, layouts.get(file), pseudonyms)
        sheets += lines
        if fingerprint(file) != prints[file]:
            rule, action = "файл изменился, пока его читали", "закройте его и повторите загрузку"
            problems.append(Problem(rule, action, file.name))
        blocks += (without_totals(block).of_allowed() for block in found)
        # in a folder an unfilled form among filled ones is no reason to stop
        (problems if named else notes).extend(empty)
        problems += faults
        if found or faults or empty:
            continue
        if named:
            problems.append(Problem("файл не распознан", _KNOWN, file.name))
        else:
            unknown.append(file.name)
    if problems:
        raise DataError.from_problems(_TITLE, problems)
    return blocks, prints, unknown, notes, sheets


def _read_file(
    file: Path, layout: Layout | None, pseudonyms: Pseudonyms
) -> tuple[list[Block], list[Problem], list[Problem], list[Lines]]:
    """Blocks of a file, its faults, notes that a sheet is empty, and the lines of its sheets.

    A sheet that nobody sees in Excel is not read, and told if it holds a table; rows and columns that
    nobody sees are read and counted: a filter left on hides them.
    """
    try:
        sheets = open_sheets(file, pseudonyms, layout.encoding if layout else None)
    except DataError as error:
        return [], list(error.problems), [], []
    lines = [Lines.of(sheet) for sheet in sheets]
    blocks, problems, empty = _read_sheets([one for one in sheets if not one.hidden], layout)
    hidden = [one for one in sheets if one.hidden]
    unseen, _, _ = _read_sheets(hidden, layout)
    told = []
    for sheet in hidden:
        rows = max((b.original.height for b in unseen if b.sheet == sheet.name), default=0)
        if rows:
            rule = f"лист скрыт и не прочитан, строк таблицы на нём: {rows}"
            action = "если они нужны, скопируйте их на видимый лист; если нет, удалите лист"
            told.append(sheet.problem(rule, action))
    if not blocks:
        return [], [*problems, *told], empty, lines
    blocks = [
        replace(block, warnings=(*block.warnings, *_unseen(block, sheet)))
        for block in blocks
        for sheet in sheets
        if sheet.name == block.sheet
    ]
    blocks[0] = replace(blocks[0], warnings=(*blocks[0].warnings, *told))
    return blocks, problems, empty, lines


def _unseen(block: Block, sheet: Sheet) -> Iterator[Problem]:
    """A word on rows and on filled columns that nobody sees in Excel and that were read, and on merged cells
    that were read in each of their rows.
    """
    rows = block.original.filter(pl.col(ROW).is_in(sheet.hidden_rows))[ROW]
    if len(rows):
        rule = (
            f"строк: {len(rows)} — скрыты в Excel (фильтром или вручную), прочитаны как остальные"
        )
        yield sheet.problem(rule, _KEPT, int(rows[0]))
    columns = sheet.unseen_columns
    if columns:
        numbers = ", ".join(map(str, columns))
        rule = (
            f"столбцов: {len(columns)} — скрыты в Excel, прочитаны как остальные (номера {numbers})"
        )
        yield sheet.problem(rule, _KEPT)
    lines = set(block.original[ROW]) if sheet.merged else set()
    put = [(row, column) for row, column in sheet.merged if row in lines]
    if put:
        numbers = ", ".join(map(str, sorted({column for _, column in put})))
        rule = (
            f"строк: {len({row for row, _ in put})} — в них прочитано значение объединённой ячейки "
            f"(столбцы {numbers})"
        )
        yield sheet.problem(rule, "если оно относится только к первой строке, разъедините ячейки")


def _read_sheets(
    sheets: Sequence[Sheet], layout: Layout | None
) -> tuple[list[Block], list[Problem], list[Problem]]:
    """Blocks of some sheets of a file, their faults, and notes that a sheet is empty."""
    blocks: list[Block] = []
    problems: list[Problem] = []
    empty: list[Problem] = []
    if layout is not None and sheets:
        try:
            return mapped.read(sheets, layout), [], []
        except EmptyTableError as error:
            return [], [], list(error.problems)
        except DataError as error:
            return [], list(error.problems), []
    for sheet in sheets if layout is None else ():
        try:
            read = [*gia.read(sheet), *medals.read(sheet)]
            if not sheet.parts:
                read = next(filter(None, map(_blocks_of(sheet), READERS)), [])
                if not read:
                    forms.refuse_unread(sheet)
        except EmptyTableError as error:
            empty += error.problems
        except DataError as error:
            problems += error.problems
        else:
            blocks += read
    return blocks, problems, empty


def _blocks_of(
    sheet: Sheet,
) -> Callable[[Callable[[Sheet], Block | list[Block] | None]], list[Block]]:
    """What a reader makes of a sheet, as a list."""

    def read(reader: Callable[[Sheet], Block | list[Block] | None]) -> list[Block]:
        found = reader(sheet)
        return [found] if isinstance(found, Block) else found or []

    return read


def _strict_error(faults: Sequence[Faults], columns: Sequence[Problem]) -> DataError:
    problems = [
        Problem(
            f"{fault.reason} — {fault.n} (строки {', '.join(map(str, fault.rows))}"
            f"{' …' if fault.n > len(fault.rows) else ''})",
            "исправьте файл или загрузите без --strict: такие строки и ячейки будут отложены",
            fault.file,
            fault.sheet,
            column=fault.column,
        )
        for fault in faults
    ]
    return DataError.from_problems("Данные не загружены: строгий режим", [*problems, *columns])
