"""The ``msoko`` command: start, ingest, notes, demo, check, verify, template."""

from __future__ import annotations

import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msoko_analysis.cli.russian import Command, Group, UsageError, refusal
from msoko_analysis.documents.kinds import KINDS, NOTES
from msoko_analysis.errors import MsokoError, ParamsError, RenderError
from msoko_analysis.params.own_lists import name_run
from msoko_analysis.params.run import DEMO_RUN, load_run
from msoko_analysis.publish.pdf import print_pages
from msoko_analysis.publish.runner import DEFAULT_JOBS, REPORTS, RunSummary, run_notes

if TYPE_CHECKING:
    from msoko_analysis.monitoring.editions import Edition
    from msoko_analysis.monitoring.registry import Registry

app = typer.Typer(
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Анализ результатов школ: можно ли им верить и справедливы ли они.",
)
_INTERRUPTED, _NOT_UNDERSTOOD = 130, 2
template = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Шаблоны Excel: показатели, дорожная карта, баллы экспертов, шкалы отметок.",
)
app.add_typer(template, name="template")
command, template_command = (
    partial(app.command, cls=Command),
    partial(template.command, cls=Command),
)
_COMPLETE = "_MSOKO_COMPLETE"
_SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def main() -> None:
    """Run the command; an error made on purpose ends with its message and exit code, no trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a console of Windows may lack a letter, a file there would be in its code page
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8")
    if _COMPLETE in os.environ:  # the shell asks what may follow
        from typer.completion import completion_init

        completion_init()
    try:
        code = app(prog_name="msoko", standalone_mode=False)
    except MsokoError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except UsageError as error:
        print(refusal(error), file=sys.stderr)
        sys.exit(_NOT_UNDERSTOOD)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        print("Остановлено. Ничего недоделанного не осталось.", file=sys.stderr)
    sys.exit(code or 0)


@command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help="Файлы и папки с результатами и списком школ.")
    ],
    out: Annotated[Path, typer.Option(help="Куда записать, например data/derived/2026.")],
    strict: Annotated[
        bool, typer.Option("--strict", help="Считать отложенные строки ошибкой.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Заменить прежние данные.")] = False,
    layout: Annotated[
        Path | None, typer.Option(help="Описание столбцов файла, которого программа не знает.")
    ] = None,
    salt: Annotated[
        Path | None, typer.Option(help="Файл соли псевдонимов вместо data/.salt.")
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Файл запуска, рядом с которым свои subjects.yaml и procedures.yaml."),
    ] = None,
) -> None:
    """Прочитать файлы, проверить и привести к общему виду."""
    if run is not None:
        if not run.exists():
            raise ParamsError(f"{run}: файла запуска нет — проверьте --run")
        name_run(run)  # before the import: contracts take the lists in force
    from msoko_analysis.ingest import read_files  # pandera and polars: only where needed

    report = read_files(paths, out, strict=strict, replace=replace, layout=layout, salt=salt)
    print(report.text())
    _next(
        f"msoko notes ЗАПУСК --data {out}",
        "файл запуска напишет msoko start ПАПКА_С_ФАЙЛАМИ или копия params/runs/demo.yaml",
    )


@command()
def notes(
    run: Annotated[Path, typer.Argument(help="Файл запуска, например params/runs/demo.yaml.")],
    data: Annotated[
        Path | None, typer.Option(help="Папка данных вместо указанной в запуске.")
    ] = None,
    district: Annotated[
        list[str] | None, typer.Option(help="Только этот муниципалитет (можно повторять).")
    ] = None,
    year: Annotated[
        list[int] | None, typer.Option(help="Только этот год (можно повторять).")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"Вид документа: {', '.join(KINDS)} (можно повторять).")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Сколько справок готовить сразу.")] = DEFAULT_JOBS,
    force: Annotated[
        bool, typer.Option("--force", help="Сделать заново и то, что не изменилось.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Напечатать документы и в PDF (нужен Chromium).")
    ] = False,
    reports: Annotated[Path, typer.Option(help="Папка готовых справок.")] = REPORTS,
) -> None:
    """Сделать аналитические справки по муниципалитетам и годам."""
    made = run_notes(
        run, data=data, kinds=kind or (NOTES,), districts=district, years=year, jobs=jobs,
        force=force, reports=reports,
    )  # fmt: skip
    _finish(made, print_pages(made.pages(reports), jobs) if pdf else "")
    _next(f"msoko check {reports}", "целы ли документы; другие их виды — ключом --kind")


@command()
def demo(
    reports: Annotated[Path, typer.Option(help="Папка готовых справок.")] = REPORTS,
) -> None:
    """Сделать справки по демонстрационной области: данные вымышлены и лежат в проекте."""
    from msoko_analysis.ingest.demo import read_demo

    read_demo()
    _finish(run_notes(DEMO_RUN, reports=reports))
    _next("msoko init ПАПКА", "рабочая папка для своих файлов")


@command()
def init(
    folder: Annotated[Path, typer.Argument(help="Папка, которую сделать, например мсоко.")],
) -> None:
    """Сделать рабочую папку: данные, файлы запуска, тетради, справки."""
    from msoko_analysis.start.workspace import README, make_workspace

    made = make_workspace(folder)
    print(f"Рабочая папка {made}: что где лежит, сказано в {README}")
    print(f"Дальше: положите файлы в {made / 'data' / 'raw'} и выполните в этой папке")
    print("  msoko start data/raw")


@command()
def start(
    folder: Annotated[Path, typer.Argument(help="Папка с файлами, какие есть.")],
    region: Annotated[str, typer.Option(help="Название региона, например «Алтайский край».")] = "",
    organisation: Annotated[str, typer.Option(help="Кто выпускает справки.")] = "",
    district: Annotated[
        list[str] | None, typer.Option(help="Только этот муниципалитет (можно повторять).")
    ] = None,
    year: Annotated[
        list[int] | None, typer.Option(help="Год справок вместо последнего (можно повторять).")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Не спрашивать: принять то, что предлагается.")
    ] = False,
    reports: Annotated[Path, typer.Option(help="Папка готовых справок.")] = REPORTS,
) -> None:
    """Прочитать папку с файлами и сделать справки; файл запуска напишется сам."""
    from msoko_analysis.start.steps import Asked, start

    def ask(question: str) -> bool:
        if yes or not sys.stdin.isatty():
            print(f"{question} — {'да' if yes else 'нет (ответить «да» заранее: --yes)'}")
            return yes
        answer = input(f"{question} [да/нет]: ").strip().lower()
        return answer in ("д", "да", "y", "yes")

    asked = Asked(region, organisation, tuple(year or ()), tuple(district or ()))
    made = start(folder, asked, say=print, ask=ask, reports=reports)
    if made.exit_code:
        sys.exit(made.exit_code)


@command()
def scales(
    data: Annotated[Path, typer.Argument(help="Папка данных, например data/derived/2026.")],
    out: Annotated[
        Path | None, typer.Option(help="Куда записать шкалы, например params/runs/2026.scales.csv.")
    ] = None,
    form: Annotated[
        Path | None, typer.Option(help="Заполненная форма шкал, которые добавить к ним.")
    ] = None,
) -> None:
    """Восстановить шкалы по отметкам рядом с баллами и долям отметок, где данные её определяют."""
    from msoko_analysis.start.recovered import recovered_rows, recoveries, told
    from msoko_analysis.start.scales_form import read_scales_form, write_scales

    found = recoveries(data)
    rows = [*(read_scales_form(form).rows if form else ()), *recovered_rows(found)]
    for paper, one in found.items():
        print(told(paper, one))
    if not found:
        print("Ни отметок рядом с баллами, ни долей отметок Ф3 для тех же участников в данных нет.")
    if out is not None and rows:
        write_scales(out, rows)
        print(f"{out}: шкал — {len(rows)}. Дальше: впишите в файл запуска")
        print(f"  scales: [{out.name}]")
        statuses = ", ".join(dict.fromkeys(row.status for row in rows))
        print(f"  scale_statuses: [found_official, {statuses}]")


@command()
def doctor() -> None:
    """Проверить, всё ли есть для работы, и сказать, что сделать."""
    from msoko_analysis.start.doctor import examine

    found = list(examine())
    print("\n".join(one.text for one in found))
    if any(one.cure and one.needed for one in found):
        sys.exit(1)


@command()
def completion(
    shell: Annotated[str, typer.Argument(help=f"Оболочка: {', '.join(_SHELLS)}.")],
) -> None:
    """Напечатать то, что научит оболочку дополнять команды по Tab: msoko completion bash >> ~/.bashrc."""
    from typer.completion import get_completion_script

    if shell not in _SHELLS:
        raise ParamsError(f"Оболочки «{shell}» программа не знает. Есть: {', '.join(_SHELLS)}")
    print(get_completion_script(prog_name="msoko", complete_var=_COMPLETE, shell=shell))


@command()
def explore(
    run: Annotated[
        Path, typer.Argument(help="Файл запуска; без него — демонстрационный.")
    ] = DEMO_RUN,
    data: Annotated[
        Path | None, typer.Option(help="Папка данных вместо указанной в запуске.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Не открывать браузер, только назвать адрес.")
    ] = False,
) -> None:
    """Исследовать данные в JupyterLab: школа, её признаки, что за ними стоит."""
    from msoko_analysis.explorer.laboratory import open_laboratory
    from msoko_analysis.ingest.demo import read_demo
    from msoko_analysis.measures.prepare import prepare

    params = load_run(run, data=data)
    if data is None and run.resolve() == DEMO_RUN:
        read_demo()
    print("Подготовка таблиц: в первый раз до нескольких минут.", flush=True)
    prepare(params)
    sys.exit(open_laboratory(run, params.data, ["--no-browser"] if no_browser else []))


@command()
def check(
    reports: Annotated[Path, typer.Argument(help="Папка отчётов или одного документа.")] = REPORTS,
) -> None:
    """Сверить отчёты с их описями: файлы, контрольные суммы, утверждения. Ничего не считает."""
    from msoko_analysis.verify.check import check_reports

    documents = check_reports(reports)
    print(f"Отчёты соответствуют описям. Документов: {documents}")
    _next(f"msoko verify {reports}", "следуют ли они из данных: расчёт заново")


@command()
def verify(
    report: Annotated[Path, typer.Argument(help="Папка одного документа или папка со многими.")],
    data: Annotated[
        Path | None, typer.Option(help="Папка данных вместо записанной в описи.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", "--params", help="Файл запуска вместо записанного.")
    ] = None,
    with_threshold: Annotated[
        list[str] | None, typer.Option(help="Что будет при другом пределе: ИМЯ=ЗНАЧЕНИЕ.")
    ] = None,
    without_school: Annotated[
        list[str] | None, typer.Option(help="Что будет без этой школы: её код.")
    ] = None,
    without_year: Annotated[
        list[int] | None, typer.Option(help="Что будет без данных этого года.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Куда записать протокол; обычно _verify в папке отчётов.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Сколько документов считать сразу.")] = DEFAULT_JOBS,
) -> None:
    """Пересчитать документы заново и сказать, какие утверждения подтвердились. Отчёт не меняется."""
    from msoko_analysis.verify.protocol import verify_report
    from msoko_analysis.verify.what_if import Conditions, parse_threshold

    conditions = Conditions(
        dict(map(parse_threshold, with_threshold or ())),
        tuple(without_school or ()),
        tuple(without_year or ()),
    )
    done = verify_report(report, data=data, run_file=run, conditions=conditions, out=out, jobs=jobs)
    print(done.text)
    sys.exit(done.exit_code)


@template_command("write")
def template_write(
    run: Annotated[Path, typer.Argument(help="Файл запуска: из него берутся муниципалитеты.")],
    out: Annotated[Path, typer.Option(help="Куда записать, например шаблон-2026.xlsx.")],
    year: Annotated[list[int], typer.Option(help="За какой год (можно повторять).")],
) -> None:
    """Записать пустой шаблон."""
    from msoko_analysis.monitoring.template import write_template, year_periods

    registry, names = _monitoring(run)
    rows = write_template(out, registry, names, year_periods(year, registry))
    print(f"{out}: строк для заполнения — {rows}")
    _next(f"msoko template read {run} {out} --out ЗНАЧЕНИЯ.csv", "когда шаблон заполнен")


@template_command("roadmap")
def template_roadmap(
    out: Annotated[Path, typer.Argument(help="Куда записать, например карта-2026.xlsx.")],
    year: Annotated[int, typer.Option(help="Год плана; для учебного года — тот, где сентябрь.")],
    edition: Annotated[str, typer.Option(help="Редакция оценки механизмов: её направления.")],
    school_year: Annotated[
        bool, typer.Option("--school-year", help="План на учебный год, с 1 сентября.")
    ] = False,
) -> None:
    """Записать пустую дорожную карту."""
    from datetime import date

    from msoko_analysis.monitoring.roadmap.template import write_roadmap_template
    from msoko_analysis.monitoring.roadmap.terms import Span

    plan = (
        Span(date(year, 9, 1), date(year + 1, 8, 31))
        if school_year
        else Span(date(year, 1, 1), date(year, 12, 31))
    )
    directions = [direction.name for direction in _edition(edition).directions]
    write_roadmap_template(out, plan, directions=directions)
    print(f"{out}: направлений — {len(directions)}")


@template_command("experts")
def template_experts(
    run: Annotated[Path, typer.Argument(help="Файл запуска: из него берутся муниципалитеты.")],
    out: Annotated[Path, typer.Option(help="Куда записать, например эксперты-2026.xlsx.")],
    year: Annotated[int, typer.Option(help="Год оценки.")],
    edition: Annotated[str, typer.Option(help="Редакция оценки механизмов, например 2023.")],
    expert: Annotated[list[str], typer.Option(help="Обозначение эксперта (можно повторять).")],
) -> None:
    """Записать пустую форму баллов экспертов."""
    from msoko_analysis.monitoring.expert_form import write_expert_form

    _, names = _monitoring(run)
    rows = write_expert_form(out, _edition(edition), year, names, expert)
    print(f"{out}: строк для заполнения — {rows}")


@template_command("scales")
def template_scales(
    run: Annotated[Path, typer.Argument(help="Файл запуска: его работы без шкалы.")],
    out: Annotated[Path, typer.Argument(help="Куда записать, например шкалы-2026.xlsx.")],
) -> None:
    """Записать пустую форму шкал для работ, у которых шкалы нет."""
    from msoko_analysis.start.scales_form import paper_title, write_scales_form

    params = load_run(run)
    titles = {paper: paper_title(params.subjects, paper) for paper, _ in params.missing_scales}
    write_scales_form(out, titles)
    print(f"{out}: работ без шкалы — {len(titles)}. Заполненную форму прочитает")
    print(f"  msoko scales ПАПКА_ДАННЫХ --form {out} --out ФАЙЛ.csv")


@template_command("read")
def template_read(
    run: Annotated[Path, typer.Argument(help="Тот же файл запуска.")],
    files: Annotated[list[Path], typer.Argument(help="Заполненные шаблоны.")],
    out: Annotated[Path, typer.Option(help="Куда записать значения, файл CSV.")],
) -> None:
    """Прочитать заполненные шаблоны, перечислить пропуски и ошибки, посчитать значения."""
    from msoko_analysis.monitoring.engine import indicator_values
    from msoko_analysis.monitoring.reading import read_templates

    registry, names = _monitoring(run)
    filled = read_templates(files, registry, names)
    indicator_values(filled.entries, registry).to_csv(out, index=False, encoding="utf-8")
    for problem in filled.missing:
        print(problem)
    print(f"{out}: значений — {len(filled.entries)}, пустых строк — {len(filled.missing)}")


def _edition(name: str) -> Edition:
    from msoko_analysis.monitoring.editions import load_editions

    editions = load_editions()
    if name not in editions:
        raise ParamsError(f"Редакции «{name}» нет. Есть: {', '.join(editions)}")
    return editions[name]


def _monitoring(run: Path) -> tuple[Registry, dict[str, str]]:
    """The registry of indicators and the municipalities of a run."""
    from msoko_analysis.monitoring.registry import load_registry

    districts = load_run(run).districts
    return load_registry(), {code: one.name.nominative for code, one in districts.items()}


def _next(line: str, what_for: str) -> None:
    """Name the command that comes after this one."""
    print(f"Дальше: {line}  — {what_for}.")


def _finish(made: RunSummary, not_printed: str = "") -> None:
    """Tell what was made; ``not_printed`` is why a PDF that was asked for is missing."""
    print(made.text())
    if not_printed:
        raise RenderError(not_printed)
    if made.exit_code:
        sys.exit(made.exit_code)
