"""Verification verified: planted changes of a report, its inputs and its program.

Each change that matters must be found and laid at the right door; each that does not must pass. A
small run stands in for a note: the same ingest, parameters, runner, claims and comparison.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import small_report
from small_report import CELLS, DISTRICT, YEAR, SmallReport

from msoko_analysis import manifest as manifest_module
from msoko_analysis import runner
from msoko_analysis import verify as verify_module
from msoko_analysis.check import check_document, check_reports
from msoko_analysis.claims import with_claims, write_claims
from msoko_analysis.crate import CRATE
from msoko_analysis.errors import ParamsError, ReportError
from msoko_analysis.jobs import job_template
from msoko_analysis.kernels import kernel_template
from msoko_analysis.manifest import NAME, describe_note, describe_run, file_hash
from msoko_analysis.params import PARAMS, PROJECT, load_run
from msoko_analysis.roots import Root, differences
from msoko_analysis.verify import CHANGED, HOLDS, NOT_COMPUTED, DocumentCheck, Verification, verify
from msoko_analysis.verify_page import Requisites, write_protocol
from msoko_analysis.verify_words import protocol_sentence
from msoko_analysis.what_if import Conditions


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """Templates started once; the small notebook counts nothing beforehand."""
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        for name, start in (("kernel_template", kernel_template), ("job_template", job_template)):
            template = start()
            running = stack.enter_context(template) if template else None
            patch.setattr(
                runner, name, lambda running=running: running and contextlib.nullcontext(running)
            )
        patch.setattr(runner, "prepare_region", lambda run: None)
        yield


@pytest.fixture(scope="module")
def issued(_warm, tmp_path_factory) -> SmallReport:
    """The report as it was issued; nobody changes it."""
    return small_report.make_report(tmp_path_factory.mktemp("issued"))


@pytest.fixture
def report(issued: SmallReport, tmp_path: Path) -> SmallReport:
    """A copy of the report that a test may change."""
    folder = Path(shutil.copytree(issued.reports, tmp_path / "reports"))
    return SmallReport(issued.run_file, issued.data, issued.notebook, folder)


def again(report: SmallReport, **options: Any) -> tuple[int, DocumentCheck]:
    """The report made anew: exit code and what became of its document."""
    given = {"data": report.data, "run_file": report.run_file, "notebook": report.notebook}
    done = verify(report.reports, jobs=2, **{**given, **options})
    (document,) = done.documents
    return done.exit_code, document


def kinds(roots: tuple[Root, ...]) -> set[str]:
    """Kinds of the roots that may change a result; the checkout of a developer is never clean."""
    return {root.kind for root in roots if not root.remark}


def texts(roots: tuple[Root, ...]) -> str:
    return "\n".join(root.text for root in roots)


# --- files of the report: found without computing anything ---------------------------------------


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a piece of a file of the document, which must be there."""

    def change(document: Path) -> None:
        text = (document / name).read_text(encoding="utf-8")
        assert old in text
        (document / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def rehash(document: Path) -> None:
    """Put the present hashes of the files into the manifest, as a forger would."""
    told = json.loads((document / NAME).read_text(encoding="utf-8"))
    there = {
        path.relative_to(document).as_posix(): path
        for path in document.rglob("*")
        if path.is_file() and path.name != NAME
    }
    told["outputs"] = {name: file_hash(path) for name, path in sorted(there.items())}
    (document / NAME).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def then_rehash(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The change, hidden by a manifest that agrees with it."""
    return lambda document: (change(document), rehash(document))[1]


FILES = {
    "a sentence edited in HTML": (
        edit("note.html", "балл не ниже", "балл выше"),
        ("note.html: файл изменён после выпуска", "стоит не то, что в перечне утверждений"),
    ),
    "a value forged in claims.json": (
        edit("claims.json", '"value": 12.6', '"value": 12.9'),
        ("claims.json: файл изменён после выпуска", "стоит не то, что в перечне утверждений"),
    ),
    "a value forged in claims.json and in the manifest": (
        then_rehash(edit("claims.json", '"value": 12.6', '"value": 12.9')),
        ("стоит не то, что в перечне утверждений",),
    ),
    "a hash forged in the manifest": (
        lambda document: edit(NAME, file_hash(document / "note.docx"), "0" * 64)(document),
        ("note.docx: файл изменён после выпуска",),
    ),
    "the Word document replaced": (
        lambda document: (document / "note.docx").write_bytes(b"other"),
        ("note.docx: файл изменён после выпуска",),
    ),
    "a figure deleted": (
        lambda document: (document / "figures" / "one.png").unlink(),
        ("figures/one.png: файла нет, а в описи он есть",),
    ),
    "findings.json edited": (
        edit("findings.json", '"CONCERN"', '"NO_CONCERN"'),
        ("findings.json: файл изменён после выпуска",),
    ),
    "a table edited": (
        edit("tables/schools.csv", "S001", "S002"),
        ("tables/schools.csv: файл изменён после выпуска",),
    ),
    "an extra file": (
        lambda document: (document / "tables" / "more.csv").write_text("1"),
        ("tables/more.csv: файла нет в описи",),
    ),
    "claims.json missing": (
        lambda document: (document / "claims.json").unlink(),
        ("claims.json: файла нет, а в описи он есть",),
    ),
    "claims.json missing from the manifest too": (
        then_rehash(lambda document: (document / "claims.json").unlink()),
        ("перечня утверждений нет",),
    ),
    "the manifest missing": (
        lambda document: (document / NAME).unlink(),
        ("описи нет или она не читается",),
    ),
    "the manifest cut short": (
        lambda document: (document / NAME).write_text("{"),
        ("описи нет или она не читается",),
    ),
    "the crate without its run": (
        then_rehash(edit(CRATE, '"CreateAction"', '"Action"')),
        ("RO-Crate составлено неверно",),
    ),
    "the crate without a file": (
        then_rehash(edit(CRATE, '"note.docx"', '"other.docx"')),
        ("в описании RO-Crate нет файлов: note.docx",),
    ),
    "a file beside the documents": (
        lambda document: (document.parent / "list.xlsx").write_bytes(b"1"),
        ("list.xlsx: файл не относится ни к одному документу",),
    ),
}
HARMLESS_FILES = {
    "nothing": lambda document: None,
    "times of files": lambda document: os.utime(document / "note.html", (0, 0)),
    "the list of documents": lambda document: (document.parents[1] / "index.html").write_text(
        "anew"
    ),
    "an earlier verification": lambda document: (
        (document.parents[1] / "_verify").mkdir(),
        (document.parents[1] / "_verify" / "verify.html").write_text("1"),
    ),
}


@pytest.mark.parametrize("planted", FILES)
def test_a_changed_file_is_found_without_computing(report: SmallReport, planted: str) -> None:
    change, said = FILES[planted]
    change(report.document)
    with pytest.raises(ReportError) as caught:
        check_reports(report.reports)
    assert caught.value.exit_code == CHANGED
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize("planted", HARMLESS_FILES)
def test_what_is_no_change_of_a_document_passes(report: SmallReport, planted: str) -> None:
    HARMLESS_FILES[planted](report.document)
    assert check_reports(report.reports) == 1


def test_every_problem_is_told_at_once(report: SmallReport) -> None:
    for planted in ("a sentence edited in HTML", "a figure deleted", "an extra file"):
        FILES[planted][0](report.document)
    with pytest.raises(ReportError) as caught:
        check_reports(report.reports)
    places = {
        problem.file.rpartition("/")[2].partition("#")[0] for problem in caught.value.problems
    }
    assert {"note.html", "one.png", "more.csv"} <= places


def test_a_single_document_can_be_checked_and_an_empty_folder_can_not(
    report: SmallReport, tmp_path: Path
) -> None:
    assert check_document(report.document, report.document) == []
    assert check_reports(report.document) == 1
    with pytest.raises(ParamsError, match="нет ни одного документа"):
        check_reports(tmp_path / "nothing")
    with pytest.raises(ParamsError, match="нет ни одного документа"):
        verify(tmp_path / "nothing")


# --- inputs: found by comparing what two manifests say about them ---------------------------------


def described(report: SmallReport, run_file: Path | None = None, **load: Any) -> dict[str, Any]:
    """The manifest a document of the small run would have."""
    path = run_file or report.run_file
    shared = describe_run(load_run(path, data=report.data, **load), run_file=path)
    about = {"district": DISTRICT, "year": YEAR}
    told = describe_note(shared, notebook=report.notebook, kind="notes", about=about)
    return json.loads(json.dumps(told))


def replaced(*path: str, by: Any) -> Callable[[dict], None]:
    """Another value at a path of a manifest."""

    def change(manifest: dict) -> None:
        place = manifest
        for name in path[:-1]:
            place = place[name]
        assert path[-1] in place or by is not None
        place[path[-1]] = by

    return change


MANIFESTS = {
    "a score edited": (
        replaced("inputs", "data", "results/year=2026/part-0.parquet", by="0"),
        "data",
        "данные: изменено results/year=2026/part-0.parquet",
    ),
    "a year removed": (
        lambda one: one["inputs"]["data"].pop("results/year=2025/part-0.parquet"),
        "data",
        "данные: нет results/year=2025/part-0.parquet",
    ),
    "a list of medalists added": (
        replaced("inputs", "data", "medalists.parquet", by="0"),
        "data",
        "данные: добавлено medalists.parquet",
    ),
    "a form of monitoring edited": (
        replaced("inputs", "monitoring", "indicators/2026.xlsx", by="0"),
        "monitoring",
        "данные мониторинга: добавлено indicators/2026.xlsx",
    ),
    "a version of a package": (
        replaced("versions", "numpy", by="0.1"),
        "version",
        "версия пакета numpy",
    ),
    "a version of Python": (replaced("versions", "python", by="3.9"), "version", "версия Python"),
    "the code of the program": (
        replaced("inputs", "package", "msoko_analysis/stats/spike.py", by="0"),
        "package",
        "код программы: изменено msoko_analysis/stats/spike.py",
    ),
    "the notebook": (
        replaced("inputs", "notebook", "small.ipynb", by="0"),
        "notebook",
        "тетрадь: изменено small.ipynb",
    ),
    "the lock": (replaced("inputs", "lock", by="0"), "lock", "requirements.lock"),
    "a version of a method": (
        replaced("methods", "spike", by={"version": 9, "title": "скопление", "changed": "точнее"}),
        "method",
        "версия метода «скопление» (spike): 1 → 9, точнее",
    ),
    "a version of a method with its file": (
        lambda one: (
            one["methods"]["spike"].update(version=9, changed="иначе"),
            one["inputs"]["params"].update({"methods.yaml": "0"}),
        ),
        "method",
        "(spike): 1 → 9, иначе",
    ),
}
REMARKS = {
    "a dirty checkout": (replaced("dirty", by=True), "dirty", "незафиксированные изменения"),
    "another commit of the same code": (replaced("commit", by="0" * 40), "commit", "0000000000"),
    "another name of the run file": (
        lambda one: one["inputs"].update(
            run_file={"other.yaml": next(iter(one["inputs"]["run_file"].values()))}
        ),
        "run_file",
        "файл запуска переименован: small.yaml → other.yaml",
    ),
    "a comment in the run file": (
        replaced("inputs", "run_file", "small.yaml", by="0"),
        "run_file",
        "файл запуска small.yaml изменён",
    ),
}


@pytest.mark.parametrize("planted", MANIFESTS)
def test_a_changed_input_is_named(issued: SmallReport, planted: str) -> None:
    change, kind, said = MANIFESTS[planted]
    old = described(issued)
    new = copy.deepcopy(old)
    change(new)
    roots = differences(old, new)
    assert kinds(roots) == {kind}
    assert said in texts(roots)


@pytest.mark.parametrize("planted", REMARKS)
def test_what_can_change_no_result_is_only_remarked(issued: SmallReport, planted: str) -> None:
    change, kind, said = REMARKS[planted]
    old = described(issued) | {"dirty": False, "commit": "a" * 40}
    new = copy.deepcopy(old)
    change(new)
    roots = differences(old, new)
    assert [root.kind for root in roots] == [kind]
    assert kinds(roots) == set()
    assert said in texts(roots)


def scales(folder: Path) -> dict[str, Any]:
    """The demo's scales with another cut, beside the run."""
    text = (PARAMS / "scales" / "demo.csv").read_text(encoding="utf-8")
    head, *rows = text.splitlines()
    names = head.split(",")
    for place, row in enumerate(rows):
        cells = row.split(",")
        if cells[names.index("procedure")] == "VPR" and cells[names.index("subject")] == "MA":
            cells[names.index("min_3")] = str(int(cells[names.index("min_3")]) + 1)
            rows[place] = ",".join(cells)
    (folder / "scales" / "demo.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return {}


def in_params(name: str, old: str, new: str) -> Callable[[Path], dict[str, Any]]:
    """Edit a file of a copy of params/."""

    def change(folder: Path) -> dict[str, Any]:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return {}

    return change


PARAMETERS = {
    "a limit": (
        in_params("thresholds.yaml", "value: 0.10", "value: 0.2"),
        {"threshold"},
        "порог spike_q: 0,1 → 0,2",
    ),
    "a limit for this run alone": (
        lambda _: {"thresholds": {"spike_min_pupils": 5}},
        {"threshold"},
        "порог spike_min_pupils: 3 → 5",
    ),
    "the source of a limit": (
        in_params("thresholds.yaml", "Benjamini, Hochberg, 1995", "BH, 1995"),
        {"params"},
        "параметры, разделы thresholds",
    ),
    "a cut of a scale": (scales, {"scale"}, "шкала 2026-VPR-4-MA"),
    "the name of a municipality": (
        in_params("districts/demo.yaml", "Заречный городской округ", "Заречный округ"),
        {"district"},
        "название муниципалитета M01: Заречный городской округ → Заречный округ",
    ),
    "a case of the name of a municipality": (
        in_params("districts/demo.yaml", "Заречном городском округе", "Заречном ГО"),
        {"params"},
        "параметры, разделы districts",
    ),
    "the wording of a recommendation": (
        in_params("recommendations.yaml", "Выборочно перепроверить", "Перепроверить"),
        {"recommendation"},
        "рекомендация spike_school.municipality.recheck: изменён текст",
    ),
    "a rule of medals": (
        in_params("medal_rules.yaml", "score: 70", "score: 71"),
        {"params"},
        "параметры, разделы medal_rules",
    ),
    "the seed": (lambda _: {"seed": 7}, {"seed"}, "начальное число: 2026 → 7"),
    "the organisation": (
        lambda _: {"organisation": "Другой центр"},
        {"run"},
        "организация в файле запуска: Демонстрационный центр",
    ),
}


@pytest.mark.parametrize("planted", PARAMETERS)
def test_a_changed_parameter_is_named_with_its_values(
    issued: SmallReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    change, expected, said = PARAMETERS[planted]
    old = described(issued)
    folder = Path(shutil.copytree(PARAMS, tmp_path / "params"))
    run_file = small_report.write_run(tmp_path / "small.yaml", **change(folder))
    monkeypatch.setattr(manifest_module, "PROJECT", tmp_path)
    shutil.copy(PROJECT / "requirements.lock", tmp_path)
    new = described(issued, run_file, params=folder)
    new["inputs"]["package"] = old["inputs"]["package"]  # a developer may be editing it just now
    roots = differences(old, new)
    assert kinds(roots) == expected
    assert said in texts(roots)


# --- the whole way: made anew and compared --------------------------------------------------------


def test_an_untouched_report_holds(report: SmallReport) -> None:
    before = {path: file_hash(path) for path in report.reports.rglob("*") if path.is_file()}
    code, document = again(report)
    assert (code, document.state) == (HOLDS, "holds")
    assert {change.state for change in document.changes} == {"same"}
    after = {path: file_hash(path) for path in report.reports.rglob("*") if path.is_file()}
    assert before == after, "the report is only read"


def rearranged(results: pd.DataFrame, planted: str) -> pd.DataFrame:
    if planted == "columns":
        return results[list(reversed(results.columns))]
    return results.sample(frac=1, random_state=1) if planted == "rows" else results


@pytest.mark.parametrize("planted", ["rows", "columns", "csv"])
def test_the_same_data_in_another_order_or_format_hold(
    report: SmallReport, tmp_path: Path, planted: str
) -> None:
    tables = small_report.source_tables()
    tables["results"] = rearranged(tables["results"], planted)
    data = small_report.derived(tables, tmp_path, kind="csv" if planted == "csv" else "parquet")
    code, document = again(report, data=data)
    assert (code, document.state) == (HOLDS, "holds")
    assert "data" in kinds(document.roots), "the bytes do differ"
    said = protocol_sentence(Verification((document,), Conditions()))
    assert "подтвердились все утверждения" in said
    assert "выводы те же, хотя отличаются: данные (побайтно)" in said


def test_shuffled_rows_of_the_derived_data_hold(report: SmallReport, tmp_path: Path) -> None:
    data = Path(shutil.copytree(report.data, tmp_path / "data"))
    for path in (data / "results").rglob("*.parquet"):
        table = pd.read_parquet(path, partitioning=None).sample(frac=1, random_state=2)
        table.to_parquet(path, index=False)
    code, document = again(report, data=data)
    assert code == HOLDS
    assert "data" in kinds(document.roots)


def score_edited(tables: dict[str, pd.DataFrame]) -> None:
    results = tables["results"]
    mine = results[(results["school"] == "S003") & (results["year"] == YEAR)]
    results.loc[mine.index[:20], [name for name in results if name.startswith("item_")]] = None
    results.loc[mine.index[:20], "total"] = 1
    results.loc[mine.index[:20], "mark"] = 2


def school_removed(tables: dict[str, pd.DataFrame]) -> None:
    tables["results"] = tables["results"][tables["results"]["school"] != "S007"]


def school_type_changed(tables: dict[str, pd.DataFrame]) -> None:
    schools = tables["schools"]
    schools.loc[schools["school"] == "S001", "school_type"] = "gymnasium"


@pytest.mark.parametrize(
    ("plant", "state", "told"),
    [
        (score_edited, "changed", "S003"),
        (school_removed, "gone", "S007"),
        (school_type_changed, "changed", "lyceum"),
    ],
)
def test_changed_data_change_claims(
    report: SmallReport, tmp_path: Path, plant: Callable, state: str, told: str
) -> None:
    tables = small_report.source_tables()
    plant(tables)
    code, document = again(report, data=small_report.derived(tables, tmp_path))
    assert (code, document.state) == (CHANGED, "changed")
    assert "data" in kinds(document.roots)
    assert any(one.state == state and told in one.claim.text for one in document.changes)
    assert all(one.state == "same" for one in document.changes if "S005" in one.claim.text)


def test_a_year_removed_can_not_be_issued(report: SmallReport, tmp_path: Path) -> None:
    tables = small_report.source_tables()
    tables["results"] = tables["results"][tables["results"]["year"] != YEAR]
    code, document = again(report, data=small_report.derived(tables, tmp_path))
    assert code == CHANGED
    assert "при проверке: нет результатов" in document.message
    assert "data" in kinds(document.roots)


def test_data_that_are_gone_can_not_be_computed(report: SmallReport, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, document = again(report, data=tmp_path / "empty")
    assert (code, document.state) == (NOT_COMPUTED, "failed")
    assert document.message


def test_a_changed_limit_changes_a_verdict(report: SmallReport, tmp_path: Path) -> None:
    run_file = small_report.write_run(
        tmp_path / report.run_file.name, thresholds={"spike_min_tested": 17}
    )
    code, document = again(report, run_file=run_file)
    assert code == CHANGED
    assert "threshold" in kinds(document.roots)
    assert "порог spike_min_tested: 10 → 17" in texts(document.roots)
    lost = {one.unit for one in document.verdicts if one.old != one.new}
    assert lost
    gone = {one.claim.text for one in document.changes if one.state == "gone"}
    assert gone == {f"Требует проверки: {code}." for code in lost}


def test_an_altered_cell_of_the_notebook_is_named(report: SmallReport, tmp_path: Path) -> None:
    cells = [cell.replace("средний балл", "балл в среднем") for cell in CELLS]
    notebook = small_report.changed_notebook(tmp_path / "small.ipynb", cells)
    code, document = again(report, notebook=notebook)
    assert code == CHANGED
    assert "notebook" in kinds(document.roots)
    (changed,) = (one for one in document.changes if one.state == "changed")
    assert changed.old.values == changed.new.values, "other words, the same numbers"


def forged_page(document: Path) -> None:
    """A number changed everywhere: on the page, in the claims and in the manifest."""
    edit("note.html", "средний балл 12,6", "средний балл 12,7")(document)
    claims = with_claims((document / "note.html").read_text(encoding="utf-8"))[1]
    write_claims(document, claims, json.loads((document / "claims.json").read_text())["document"])
    rehash(document)


def forged_word(document: Path) -> None:
    (document / "note.docx").write_bytes(b"other")
    rehash(document)


def forged_extra(document: Path) -> None:
    (document / "tables" / "more.csv").write_text("1")
    edit(CRATE, '"hasPart": [', '"hasPart": [{"@id": "tables/more.csv"},')(document)
    rehash(document)


@pytest.mark.parametrize(
    ("forge", "named"),
    [(forged_page, "note.html"), (forged_word, "note.docx"), (forged_extra, "tables/more.csv")],
)
def test_a_forgery_the_manifest_agrees_with_is_found_by_computing(
    report: SmallReport, monkeypatch: pytest.MonkeyPatch, forge: Callable, named: str
) -> None:
    forge(report.document)
    assert check_reports(report.reports) == 1, "nothing to be seen without computing"
    told = json.loads((report.document / NAME).read_text(encoding="utf-8"))
    told["inputs"].pop("notebook")
    for module in (runner, verify_module):  # the program may be edited by a developer just now
        monkeypatch.setattr(module, "describe_run", lambda run, run_file: copy.deepcopy(told))
    code, document = again(report)
    assert code == CHANGED
    assert kinds(document.roots) == {"forged"}
    assert named in texts(document.roots)


def test_an_edited_page_is_laid_at_the_file(report: SmallReport) -> None:
    edit("note.html", "средний балл 12,6", "средний балл 14,6")(report.document)
    code, document = again(report)
    assert code == CHANGED
    assert "file" in kinds(document.roots)
    assert "note.html" in texts(document.roots)
    (changed,) = (one for one in document.changes if one.state != "same")
    assert "14,6" in changed.old.text
    assert "12,6" in changed.new.text


# --- which conclusions survive --------------------------------------------------------------------


def test_conclusions_under_another_limit_and_without_a_school(
    report: SmallReport, tmp_path: Path
) -> None:
    given = {"data": report.data, "run_file": report.run_file, "notebook": report.notebook}
    conditions = Conditions({"spike_min_tested": 1000.0}, schools=("S007",))
    done = verify(report.reports, conditions=conditions, jobs=2, **given)
    assert done.exit_code == CHANGED
    (document,) = done.documents
    assert [root.text for root in document.roots][:2] == [
        "порог spike_min_tested принят равным 1000",
        "школа S007 исключена из данных",
    ]
    assert "data" not in kinds(document.roots), "the data themselves are as they were"
    assert "сохраняется 0 из 2\u00a0выводов" in protocol_sentence(done), "S007 is out by condition"
    page = write_protocol(
        done, tmp_path / "out", Requisites("a", "b", "c", "d", "e"), {"S001": "Школа № 1"}
    )
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "Школа № 1" in text
    assert json.loads((tmp_path / "out" / "verify.json").read_text())["exit_code"] == CHANGED


def test_conclusions_that_survive(report: SmallReport) -> None:
    code, document = again(report, conditions=Conditions(schools=("S003",)))
    assert code == HOLDS, "numbers change, verdicts do not"
    assert any(one.state == "gone" and "S003" in one.claim.text for one in document.changes)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (Conditions({"spike_min_test": 1.0}), "имелось в виду «spike_min_tested»"),
        (Conditions(schools=("S999",)), "Школы «S999» в данных нет"),
        (Conditions(years=(1999,)), "Данных за 1999 год нет"),
    ],
)
def test_a_condition_about_nothing_is_refused(
    report: SmallReport, conditions: Conditions, said: str
) -> None:
    with pytest.raises(ParamsError, match=said):
        again(report, conditions=conditions)
