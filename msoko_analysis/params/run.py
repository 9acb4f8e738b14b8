"""Everything one run needs to know before it touches data, read from ``params/`` and checked.

``load_run`` is the only way in. It reads all files, collects every fault of every file and either
returns frozen :class:`RunParams` or raises one :class:`ParamsError` that lists them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from msoko_analysis.errors import DataError, ParamsError, Problem
from msoko_analysis.home import SHIPPED, WORK, located
from msoko_analysis.params.districts import Cases, District, read_districts
from msoko_analysis.params.equity import EquityModels, read_equity_models
from msoko_analysis.params.maxima import FILE as MAXIMA
from msoko_analysis.params.maxima import MaximumRow, read_maxima
from msoko_analysis.params.medals import MedalRules, read_medal_rules
from msoko_analysis.params.minimums import FILE as MINIMUMS
from msoko_analysis.params.minimums import Minimum, read_minimums
from msoko_analysis.params.own_lists import SUBJECTS, name_run, own_list
from msoko_analysis.params.procedures import Procedure, procedures
from msoko_analysis.params.recommendations import Recommendation
from msoko_analysis.params.scales import (
    Paper,
    PaperOfYear,
    PlacedRow,
    Scale,
    Status,
    Substitution,
    choose_scales,
    read_scales,
    unknown_subjects,
)
from msoko_analysis.params.schema import (
    Document,
    Fault,
    Number,
    Strict,
    Text,
    Whole,
    by_key,
    filled,
    nearest,
    read_yaml,
    shown,
    validate,
)
from msoko_analysis.params.shnor import ShnorRules, read_shnor_rules
from msoko_analysis.params.task_topics import TaskTopic, read_task_topics

PARAMS = SHIPPED / "params"
DEMO_RUN = PARAMS / "runs" / "demo.yaml"


def _paper(code: str) -> str:
    Paper.parse(code)
    return code


class Subject(Strict):
    """A school subject: its code in the tables, the short code of the forms, and its name.

    ``of`` and ``level`` say that it is the paper of another level in the subject ``of``; ``scale``
    names the subject whose scale holds where it has none of its own.
    """

    code: Text
    short: Text
    nominative: Text
    genitive: Text
    dative: Text
    prepositional: Text
    of: Text | None = None
    level: Literal["base", "advanced"] | None = None
    scale: Text | None = None


class Threshold(Strict):
    """One limit: what it is, its value and unit, since when, by whose word.

    ``kind`` tells whose rule it is (an official one, a published recommendation, or our own model);
    ``status`` tells how well its source is known. A run may not set a value below ``floor``: the
    limits of the gate keep single pupils from being told (decision 0038).
    """

    name: Text
    title_ru: Text
    value: Number
    floor: Number | None = None
    unit: Literal["share", "percent", "z", "pupils", "schools", "marks", "ratio", "markers", "sd"]
    date: date
    kind: Literal["official", "recommended", "own"]
    status: Literal["found_official", "found_secondary", "calculated", "proposed"]
    source: Text

    @model_validator(mode="after")
    def _above_its_floor(self) -> Threshold:
        if self.floor is not None and self.value < self.floor:
            raise Fault(f"порог меньше {self.floor:g}, своего floor", "исправьте value")
        return self


class Thresholds(Strict):
    """The limits by name: ``thresholds["spike_q"].value``."""

    entries: dict[str, Threshold]

    def __getitem__(self, name: str) -> Threshold:
        """The limit of that name; a :class:`ParamsError` tells the nearest name there is."""
        if name not in self.entries:
            advice = nearest(name, self.entries)
            raise ParamsError(
                f"params/thresholds.yaml: нет порога «{name}» — верните его; {advice}"
            )
        return self.entries[name]


def _day_of_year(text: str) -> str:
    try:
        date.fromisoformat(f"2001-{text}")
    except ValueError as error:
        raise Fault(f"дня «{text}» не бывает", "впишите месяц и день, например '06-01'") from error
    return text


class Monitoring(Strict):
    """What a run knows of motivating monitoring.

    ``folder`` with the filled forms, relative to the project; ``status_day`` month and day of the
    note's year on which roadmaps are looked at; ``score`` how a value is set against the best.
    """

    folder: Text
    status_day: Annotated[Text, AfterValidator(_day_of_year)]
    score: Literal["to_best", "min_max"]


class Observation(Strict):
    """What a municipality can spend on the next procedures, and where its observers were.

    ``observers`` schools can be visited and ``works`` marked again; ``observed`` the schools that had
    an observer, by the year of the procedures.
    """

    observers: Annotated[int, Field(strict=True, ge=0)]
    works: Annotated[int, Field(strict=True, ge=0)]
    observed: Annotated[dict[int, tuple[Text, ...]], Field(default_factory=dict)]


class RunFile(Strict):
    """The schema of ``params/runs/*.yaml``."""

    run: Text
    region: Cases
    organisation: Text
    data: Text | None
    years: Annotated[tuple[Whole, ...], AfterValidator(filled)]
    papers: Annotated[
        tuple[Annotated[Text, AfterValidator(_paper)], ...],
        AfterValidator(filled),
    ]
    districts: Text
    scales: tuple[Text, ...] = ()
    scale_statuses: Annotated[tuple[Status, ...], AfterValidator(filled)] = ("found_official",)
    scale_substitutions: tuple[Substitution, ...] = ()
    monitoring: Monitoring | None = None
    observation: Observation | None = None
    thresholds: Annotated[dict[str, Number], Field(default_factory=dict)]
    seed: Annotated[int, Field(strict=True, ge=0)]


def run_schema() -> str:
    """The schema of a run file as JSON, for editors that help to fill one in; ``params/run.schema.json``.

    >>> '"years"' in run_schema()
    True
    """
    return json.dumps(RunFile.model_json_schema(), ensure_ascii=False, indent=1) + "\n"


class RunParams(Strict):
    """All parameters of one run.

    ``scales`` covers the years of the notes and two years before each (for dynamics and cohorts); a
    paper of the notes' years without a usable scale stands in ``missing_scales`` with the reason in
    Russian. Papers of ЕГЭ have ``minimums`` instead of a scale; ``maxima`` are known of papers that
    may have none.
    """

    run: str
    region: Cases
    organisation: str
    data: Path
    years: tuple[int, ...]
    papers: tuple[Paper, ...]
    districts: dict[str, District]
    scales: dict[PaperOfYear, Scale]
    missing_scales: tuple[tuple[PaperOfYear, str], ...]
    minimums: dict[PaperOfYear, Minimum]
    maxima: dict[PaperOfYear, MaximumRow]
    medal_rules: MedalRules
    equity_models: EquityModels
    shnor_rules: ShnorRules
    thresholds: Thresholds
    subjects: dict[str, Subject]
    procedures: dict[str, Procedure]
    recommendations: tuple[Recommendation, ...]
    monitoring: Monitoring | None
    observation: Observation | None
    task_topics: dict[tuple[PaperOfYear, int], TaskTopic]
    seed: int

    def without_data(self, *, means: bool = False) -> DataError:
        """The error to raise where the folder of the run holds no derived data that documents use.

        ``means``: it holds means of schools, of which no document is made.
        """
        told = (
            (
                "в папке только средние результаты школ, документы по ним не делаются",
                "добавьте результаты участников, формы ФИС ОКО или число участников по уровням",
            )
            if means
            else (
                "в папке нет результатов, приведённых к общему виду",
                "сначала выполните: msoko ingest ФАЙЛЫ --out ПАПКА",
            )
        )
        fault = Problem(*told, file=str(self.data))
        return DataError.from_problems("Данные запуска не найдены", [fault])


def load_run(run_file: Path | str, *, data: Path | None = None, params: Path = PARAMS) -> RunParams:
    """Read and check the parameters of a run.

    Parameters
    ----------
    run_file : a YAML file like ``params/runs/demo.yaml``; lists of subjects and procedures beside it
        add to the project's and are in force in this process from now on
    data : folder of derived data; overrides the run file's ``data``. It and ``run_file`` may be
        relative to the current folder or to the project
    params : the folder of parameters; another one than the project's is for tests

    Returns
    -------
    RunParams

    Raises
    ------
    ParamsError
        Lists every fault of every file. Whether the data folder exists is for its reader to say.

    Examples
    --------
    >>> load_run("params/runs/none.yaml")
    Traceback (most recent call last):
        ...
    msoko_analysis.errors.ParamsError: Параметры запуска params/runs/none.yaml не приняты
      1. params/runs/none.yaml: файла нет — проверьте имя и папку
    """
    run_file = located(Path(run_file))
    name_run(run_file)
    problems: list[Problem] = []
    document = read_yaml(run_file, problems)
    run = validate(RunFile, document, problems) if document else None
    subjects = read_subjects(params / SUBJECTS, problems)
    thresholds = _read_list(Threshold, "name", params / "thresholds.yaml", problems)
    catalogue = _read_list(Recommendation, "id", params / "recommendations.yaml", problems)
    rows = read_scales([*scale_files(params), *_own_scales(document, run)], problems)
    minimum_rows, minimums = read_minimums(params / "scales" / MINIMUMS, problems)
    maximum_rows, maxima = read_maxima(params / "scales" / MAXIMA, problems)
    medal_rules = read_medal_rules(params / "medal_rules.yaml", subjects, problems)
    equity_models = read_equity_models(params / "equity_models.yaml", problems)
    shnor_rules = read_shnor_rules(params / "shnor.yaml", problems)
    task_topics = read_task_topics(params / "tasks", problems)
    if subjects:
        unknown_subjects([*rows, *minimum_rows, *maximum_rows], subjects, problems)
    districts = read_districts(document, params, problems)
    fields = {}
    if document and run and thresholds:
        thresholds = _own_limits(document, run, thresholds, problems)
        fields = _resolve(run, document, rows, subjects, data, problems)
    if problems:
        title = f"Параметры запуска {shown(run_file)} не приняты"
        raise ParamsError(str(DataError.from_problems(title, problems)))
    return RunParams(
        **fields,
        districts=districts,
        minimums=minimums,
        maxima=maxima,
        task_topics=task_topics,
        medal_rules=medal_rules,
        equity_models=equity_models,
        shnor_rules=shnor_rules,
        thresholds=Thresholds(entries=thresholds),
        subjects=subjects,
        procedures=procedures(),
        recommendations=tuple(catalogue.values()),
    )


def read_subjects(file: Path, problems: list[Problem]) -> dict[str, Subject]:
    """The subjects of a file by code; those beside the run in force go before them.

    Faults of both are added to ``problems``.

    >>> read_subjects(PARAMS / "subjects.yaml", [])["MA"].short
    'МА'
    """
    own = own_list(SUBJECTS)
    mine = _read_list(Subject, "code", own, problems) if own else {}
    return _read_list(Subject, "code", file, problems) | mine


def _read_list(schema: type, key: str, path: Path, problems: list[Problem]) -> dict[str, Any]:
    """A YAML list of records as a dict by their key, which must be unique."""
    document = read_yaml(path, problems)
    return by_key(schema, key, document, problems) if document else {}


def _own_limits(
    document: Document, run: RunFile, limits: dict[str, Threshold], problems: list[Problem]
) -> dict[str, Threshold]:
    """The limits with the values a run sets for itself; the source then says what was changed."""
    changed = dict(limits)
    for name, value in run.thresholds.items():
        if name not in limits:
            rule = f"порога «{name}» нет в params/thresholds.yaml"
            problems.append(document.problem(("thresholds", name), rule, nearest(name, limits)))
            continue
        usual = limits[name]
        if usual.floor is not None and value < usual.floor:
            rule = f"порог «{name}» меньше {usual.floor:g}: стали бы видны отдельные ученики"
            action = f"впишите не меньше {usual.floor:g} или уберите строку; обычно {usual.value:g}"
            problems.append(document.problem(("thresholds", name), rule, action))
            continue
        if value == usual.value:
            continue
        told = f"{value:g} вместо {usual.value:g}".replace(".", ",")
        changed[name] = usual.model_copy(
            update={
                "value": float(value),
                "kind": "own",
                "status": "proposed",
                "source": f"Изменён в файле запуска: {told}. {usual.source}",
            }
        )
    return changed


def scale_files(params: Path) -> list[Path]:
    """The files of scales of a folder of parameters.

    >>> [file.name for file in scale_files(PARAMS)]
    ['demo.csv', 'ege.csv', 'oge.csv', 'vpr.csv']
    """
    files = sorted((params / "scales").glob("*.csv"))
    return [file for file in files if file.name not in (MAXIMA, MINIMUMS)]


def _own_scales(document: Document | None, run: RunFile | None) -> list[Path]:
    """Files of scales beside the run that hold for it alone, besides those of ``params/scales``."""
    return [document.path.parent / name for name in run.scales] if document and run else []


def _resolve(
    run: RunFile,
    document: Document,
    rows: Sequence[PlacedRow],
    subjects: Mapping[str, Subject],
    data: Path | None,
    problems: list[Problem],
) -> dict[str, Any]:
    """What the run file says, made concrete: folder, papers, scales."""
    papers = tuple(Paper.parse(code) for code in run.papers)
    for number, paper in enumerate(papers):
        if subjects and paper.subject not in subjects:
            rule = f"предмета «{paper.subject}» нет в params/subjects.yaml"
            problems.append(
                document.problem(("papers", number), rule, nearest(paper.subject, subjects))
            )
    if data is None and run.data is None:
        rule, action = "папка данных не указана", "впишите её или добавьте к команде --data ПАПКА"
        problems.append(document.problem(("data",), rule, action))
    swapped = [item.year for item in run.scale_substitutions]
    if len(set(swapped)) < len(swapped):
        rule = "для одного года указаны две замены шкал"
        problems.append(document.problem(("scale_substitutions",), rule, "оставьте одну"))
    # Two years before ЕГЭ its cohort sat ОГЭ.
    years = sorted({year - before for year in run.years for before in (0, 1, 2)})
    try:
        choice = choose_scales(
            [row for row, _, _ in rows],
            years,
            papers,
            run.scale_statuses,
            run.scale_substitutions,
            {code: subject.scale for code, subject in subjects.items() if subject.scale},
        )
    except Fault as fault:
        problems.append(document.problem(("scale_statuses",), fault.rule, fault.action))
        return {}
    return {
        **run.model_dump(include={"run", "organisation", "years", "seed"}),
        "region": run.region,
        "monitoring": run.monitoring,
        "observation": run.observation,
        "data": located(Path(data)).resolve() if data is not None else WORK / (run.data or ""),
        "papers": papers,
        "scales": choice.scales,
        "missing_scales": tuple(item for item in choice.missing if item[0].year in run.years),
    }
