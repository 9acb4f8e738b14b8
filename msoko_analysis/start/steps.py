"""``msoko start``: files → what was understood → a draft of the run → notes; again for new files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from msoko_analysis.errors import DataError, Problem
from msoko_analysis.home import WORK
from msoko_analysis.ingest import IngestReport, read_files
from msoko_analysis.measures.scale_recovery import Recovery
from msoko_analysis.params.papers import unheard_of
from msoko_analysis.params.run import RunParams, load_run, run_schema
from msoko_analysis.params.scales import STATUS_RU, Paper, PaperOfYear, ScaleRow, Status
from msoko_analysis.params.values import text_hash
from msoko_analysis.provenance.manifest import files_below, hashes
from msoko_analysis.publish.runner import RunSummary, run_notes
from msoko_analysis.russian import counted
from msoko_analysis.safe_names import file_name
from msoko_analysis.start.draft import (
    Contents,
    contents,
    draft_districts,
    draft_run,
    official_papers,
    unofficial,
)
from msoko_analysis.start.place_names import declined
from msoko_analysis.start.recovered import disagreement, recovered_rows, recoveries, told
from msoko_analysis.start.scales_form import (
    FilledScales,
    paper_title,
    read_scales_form,
    write_scales,
    write_scales_form,
)
from msoko_analysis.wording.requisites import UNNAMED_ORGANISATION, UNNAMED_REGION

_STATE = ".start.json"
Say = Callable[[str], None]
Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Asked:
    """What the person said with the command; nothing here is needed."""

    region: str = ""
    organisation: str = ""
    years: tuple[int, ...] = ()
    districts: tuple[str, ...] = ()


def start(folder: Path, asked: Asked, *, say: Say, ask: Ask, reports: Path) -> RunSummary:
    """Read a folder of files and make the notes of its last year.

    Parameters
    ----------
    folder : the files as they were exported, in whatever folders.
    asked : names, years and municipalities, as far as somebody gave them.
    say : told every line a person reads.
    ask : puts a question, True for yes.
    reports : where the notes go.

    Returns
    -------
    RunSummary of the notes. Data already read from the same files are not read again; a run file that
    somebody changed is not written again.

    Raises
    ------
    DataError : a file can not be read, or nothing in the folder is a table of results.
    ParamsError : the changed run file is wrong.
    """
    if not folder.is_dir():
        rule = "это не папка" if folder.exists() else "папки нет"
        fault = Problem(rule, "укажите папку, в которой лежат файлы", str(folder))
        raise DataError.from_problems("Данные не загружены", [fault])
    name = file_name(folder.resolve().name)
    data = WORK / "data" / "derived" / name
    if data.is_relative_to(folder.resolve()):
        rule = "в этой папке лежит и то, что программа уже прочитала"
        fault = Problem(rule, "укажите папку одних исходных файлов, например data/raw", str(folder))
        raise DataError.from_problems("Данные не загружены", [fault])
    say("1. Файлы")
    _read(folder, data, say)
    of = contents(data)
    if not of.papers:
        fault = Problem(
            "в файлах нет результатов ни одной работы",
            "добавьте протоколы или формы с результатами: списка школ для справки мало",
            str(folder),
        )
        raise DataError.from_problems("Справки не сделаны", [fault])
    for paper in unheard_of(of.papers):
        say(f"Проверьте год, класс и предмет: {_code(paper)} среди работ этого года не найдена.")
    years = asked.years or of.years[-1:]
    say("\n2. Шкалы и названия")
    run_file = WORK / "params" / "runs" / f"{name}.yaml"
    form = run_file.with_name(f"{name}.scales.xlsx")
    filled = read_scales_form(form) if form.is_file() else FilledScales((), ())
    found = recoveries(data)
    recovered = _recovered(of, found, say)
    scales = run_file.with_name(f"{name}.scales.csv")
    if filled.rows or recovered or scales.is_file():
        scales.parent.mkdir(parents=True, exist_ok=True)
        write_scales(scales, [*filled.rows, *recovered])
    _draft(run_file, name, data, of, years, filled, recovered, asked, say, ask)
    run = load_run(run_file)
    for paper in sorted(found.keys() & run.scales.keys()):
        against = disagreement(run.scales[paper], found[paper])
        if against:
            say(against)
    rows = [*filled.rows, *recovered]
    taken = [row for row in rows if _in_use(row, run)]
    if taken:
        say(f"Шкалы из {_short(scales)}: {len(taken)}.")
    if len(taken) < len(rows):
        say(
            f"Чтобы взять из {_short(scales)} и остальные ({len(rows) - len(taken)}), впишите в файл"
        )
        say(f"  запуска scales: [{scales.name}] и статусы этих шкал в scale_statuses.")
    _ask_for_scales(run, of, form, filled, say)
    say("\n3. Справки")
    made = run_notes(run_file, districts=list(asked.districts) or None, reports=reports)
    say(made.text())
    say("\n4. Что дальше")
    for line in _next_steps(run, run_file, of, data):
        say(f"  {line}")
    return made


def _read(folder: Path, data: Path, say: Say) -> None:
    """Read the folder unless the very same files were read into ``data`` before."""
    found = hashes(files_below(folder), folder)
    # a name in another encoding is for the reader of files to tell
    seen = text_hash(
        {name.encode(errors="backslashreplace").decode(): found[name] for name in found}
    )
    state = data.with_name(f".{data.name}{_STATE}")
    known = json.loads(state.read_text("utf-8")) if state.is_file() else {}
    place = _short(folder.resolve())
    if data.is_dir() and known.get("folder", place) != place:
        rule = f"под именем «{data.name}» уже прочитана другая папка: {known['folder']}"
        fault = Problem(rule, "назовите папку иначе", str(folder))
        raise DataError.from_problems("Данные не загружены", [fault])
    if data.is_dir() and known.get("files") == seen:
        say(f"Файлы те же, что и в прошлый раз: они уже прочитаны в {_short(data)}.")
        return

    def progress(done: int, of: int, name: str) -> None:
        say(f"  читается {done + 1} из {of}: {name}")

    report: IngestReport = read_files([folder], data, replace=data.is_dir(), progress=progress)
    say(report.text())
    state.write_text(json.dumps({"files": seen, "folder": place}), encoding="utf-8", newline="\n")


def _in_use(row: ScaleRow, run: RunParams) -> bool:
    scale = run.scales.get(PaperOfYear(row.year_from, *row.paper))
    return scale is not None and (scale.status, scale.source) == (row.status, row.source)


def _recovered(of: Contents, found: dict[PaperOfYear, Recovery], say: Say) -> list[ScaleRow]:
    """Scales that the data determine where none is official; of the others why they do not."""
    rows = recovered_rows(found)
    best = unofficial(of, of.years, rows)
    for paper in sorted(found.keys() - official_papers(of)):
        say(told(paper, found[paper]))
    return [row for row in rows if best.get(PaperOfYear(row.year_from, *row.paper)) == "recovered"]


def _draft(
    run_file: Path,
    name: str,
    data: Path,
    of: Contents,
    years: Sequence[int],
    filled: FilledScales,
    recovered: Sequence[ScaleRow],
    asked: Asked,
    say: Say,
    ask: Ask,
) -> None:
    """Write the run file and its municipalities, unless somebody changed what stands there."""
    state = run_file.with_name(f".{run_file.stem}{_STATE}")
    known = json.loads(state.read_text("utf-8")) if state.is_file() else {}
    districts = run_file.with_name(f"{name}.districts.yaml")
    own = [
        file
        for file in (run_file, districts)
        if file.is_file() and known.get(file.name) != _of(file)
    ]
    if own:
        say(f"Файл запуска изменён вами и оставлен как есть: {', '.join(map(_short, own))}.")
        return
    said = {"region": asked.region, "organisation": asked.organisation}
    said = known.get("said", {}) | {key: word for key, word in said.items() if word}
    typed = {PaperOfYear(row.year_from, *row.paper) for row in filled.rows}
    possible = unofficial(of, years, recovered)
    others = {key: one for key, one in possible.items() if key not in typed}
    accepted = _accepted(others, known.get("statuses", []), say, ask)
    statuses = [*accepted, *(row.status for row in filled.rows)]
    region = declined(said.get("region", UNNAMED_REGION))
    organisation = said.get("organisation", UNNAMED_ORGANISATION)
    place = data.relative_to(WORK).as_posix()
    text = draft_run(
        name, of, years=years, region=region, organisation=organisation, data=place,
        scales=[f"{name}.scales.csv"] if filled.rows or recovered else [], statuses=statuses,
    )  # fmt: skip
    names, unsure = draft_districts(of)
    run_file.parent.mkdir(parents=True, exist_ok=True)
    run_file.write_text(text, encoding="utf-8", newline="\n")
    (run_file.parents[1] / "run.schema.json").write_text(
        run_schema(), encoding="utf-8", newline="\n"
    )
    districts.write_text(names, encoding="utf-8", newline="\n")
    written = {file.name: _of(file) for file in (run_file, districts)}
    told = json.dumps(written | {"said": said, "statuses": accepted}, ensure_ascii=False)
    state.write_text(told, encoding="utf-8", newline="\n")
    say(f"Написан файл запуска {_short(run_file)}: годы справок {', '.join(map(str, years))}.")
    say(f"Муниципалитетов: {len(of.municipalities)}, названия в падежах — {_short(districts)}.")
    if unsure:
        names_told = counted(unsure, "названия", "названий", "названий")
        say(f"  Проверьте падежи {names_told}: строки с пометкой «проверьте падежи».")
    if len(said) < 2:
        say("  Название региона и организации можно добавить: --region, --organisation.")


def _accepted(
    found: dict[PaperOfYear, Status], before: Sequence[Status], say: Say, ask: Ask
) -> list[Status]:
    """Statuses of scales that are not official and that the person takes, or took ``before``."""
    taken: list[Status] = []
    for status in dict.fromkeys(found.values()):
        papers = ", ".join(_code(paper) for paper in found if found[paper] == status)
        say(f"Официальной шкалы нет, есть другая ({STATUS_RU[status]}): {papers}.")
        if status in before or ask("Взять её? В справке будет сказано, что она не официальная."):
            taken.append(status)
    return taken


def _ask_for_scales(
    run: RunParams, of: Contents, form: Path, filled: FilledScales, say: Say
) -> None:
    """Which papers of the data have no scale, what that costs, and the form to fill in."""
    scored = set(of.papers) - of.unscored
    missing = [paper for paper, _ in run.missing_scales if paper in scored]
    if not missing:
        return
    say(
        f"Без шкалы: {', '.join(map(_code, missing))}. Границы отметок у них не "
        "рассмотрены, а отметки взяты только там, где они стоят рядом с каждым баллом."
    )
    if not set(missing) <= set(filled.papers):
        titles = {
            paper: paper_title(run.subjects, paper)
            for paper in dict.fromkeys([*filled.papers, *missing])
        }
        write_scales_form(form, titles, filled.rows)
    say(f"  Впишите границы отметок в {_short(form)} и выполните команду снова.")
    reasons = (why for paper, why in run.missing_scales if paper in missing)
    for printed in dict.fromkeys(why.partition("; ")[2] for why in reasons):
        if printed:
            say(f"  Шкала: {printed}.")


def _next_steps(run: RunParams, run_file: Path, of: Contents, data: Path) -> Iterator[str]:
    """What would make the notes better, and the commands that go on from here."""
    if len(of.municipalities) == 1:
        yield "В данных один муниципалитет: сравнить его с регионом не с чем. Добавьте файлы региона"
        yield "или «Распределение первичных баллов» со строкой «Вся выборка»."
    if len(of.years) == 1:
        yield f"Данные одного года ({of.years[0]}): добавьте файлы прошлых лет, чтобы видеть изменения."
    if _names_no_school(data):
        yield "Списка школ нет: с ним в справке будут названия и условия школ."
    yield f"msoko notes {_short(run_file)} --kind letters   письма школам (есть и другие виды)"
    yield f"msoko explore {_short(run_file)}   исследовать данные в JupyterLab"
    yield "msoko start ПАПКА   снова, когда добавите файлы: сделается только новое"


def _names_no_school(data: Path) -> bool:
    """Whether no file gave the schools their names."""
    names = pl.read_parquet(data / "schools.parquet", columns=["name"])["name"]
    return names.drop_nulls().is_empty()


def _code(paper: PaperOfYear) -> str:
    return f"{Paper(*paper[1:]).code} {paper.year}"


def _of(file: Path) -> str:
    return text_hash(file.read_text("utf-8"))


def _short(path: Path) -> str:
    return path.relative_to(WORK).as_posix() if path.is_relative_to(WORK) else str(path)
