"""A report made anew: what should matter is found and laid at the right door, what should not passes.

A small run stands in for a note: the same ingest, parameters, runner, claims and comparison.
"""

from __future__ import annotations

import copy
import html
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import small_report
from report_changes import again, edit, kinds, rehash, texts
from small_report import CELLS, YEAR, SmallReport

from msoko_analysis.errors import ParamsError
from msoko_analysis.provenance.claims import with_claims, write_claims
from msoko_analysis.provenance.crate import CRATE
from msoko_analysis.provenance.manifest import NAME, file_hash
from msoko_analysis.publish import runner
from msoko_analysis.verify import recompute as verify_module
from msoko_analysis.verify.check import check_reports
from msoko_analysis.verify.protocol import Requisites, write_protocol
from msoko_analysis.verify.recompute import CHANGED, HOLDS, NOT_COMPUTED, Verification, verify
from msoko_analysis.verify.what_if import Conditions
from msoko_analysis.verify.words import protocol_sentence

pytestmark = pytest.mark.usefixtures("warm_runner")


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
    told = (tmp_path / "out" / "verify.json").read_text("utf-8")
    assert json.loads(told)["exit_code"] == CHANGED
    # the document less the page is the school left out: no number of the page made anew is told
    made = [one.new.text for one in document.changes if one.state != "same" and one.new]
    assert made
    assert not [one for one in made if one in text or one in told]
    assert "Новые числа не печатаются" in text


def test_another_limit_tells_what_the_page_becomes(report: SmallReport, tmp_path: Path) -> None:
    given = {"data": report.data, "run_file": report.run_file, "notebook": report.notebook}
    done = verify(report.reports, conditions=Conditions({"spike_min_tested": 1000.0}), **given)
    page = write_protocol(done, tmp_path / "out", Requisites("a", "b", "c", "d", "e"), {})
    made = [one.new.text for one in done.documents[0].changes if one.state != "same" and one.new]
    assert made
    assert all(one in html.unescape(page.read_text("utf-8")) for one in made)


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
